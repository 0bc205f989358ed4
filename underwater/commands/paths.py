"""`underwater paths preview`: what a model of prices does, as numbers and as a picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from simulator.errors import InputError, InvalidArgument
from simulator.types import Float3D
from underwater import console
from underwater.commands.failures import GOOD
from underwater.commands.options import did_you_mean, one_of, seed_number, whole_number

MOST_PATHS: Final = 100_000
MOST_CELLS: Final = 50_000_000
"""400 MB of prices."""
_HOURS_PER_YEAR: Final = 8760
_EVENT: Final = "event"
_ASSET: Final = "asset"


@dataclass(frozen=True, slots=True)
class PreviewOptions:
    """The options as typed; None where not given."""

    set: tuple[str, ...] = ()
    paths: str | None = None
    days: str | None = None
    step_minutes: str | None = None
    spot: str | None = None
    seed: str | None = None
    out: str | None = None
    json: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """A model, its paths, and what was measured on them."""

    name: str
    model: Any
    spot: float
    step_years: float
    prices: Float3D
    moments: Any
    expected: Mapping[str, float]
    """By field of the moments, where a formula tells."""
    source: str
    """Of the returns of a bootstrap; empty for the others."""
    seed: int


def preview(name: str, options: PreviewOptions) -> int:
    """Simulate, print the moments, and write a page with the picture."""
    shown = simulated(name, options)
    folder = _claim(name, options.out)

    from underwater.report.paths import write_paths_report

    page = write_paths_report(folder, shown, rows(shown), parameters(shown))
    if options.json:
        console.print_json(
            {
                "model": name,
                "parameters": dict(parameters(shown)),
                "paths": len(shown.prices),
                "steps": shown.prices.shape[1],
                "step_years": shown.step_years,
                "spot": shown.spot,
                "seed": shown.seed,
                "moments": _measured(shown),
                "expected": dict(shown.expected),
                "report": str(page),
            }
        )
        return GOOD
    spoken = ", ".join(f"{key} {value}" for key, value in parameters(shown))
    console.print_result(f"{name}: {spoken}" + (f" ({shown.source})" if shown.source else ""))
    console.print_result("")
    console.print_result(console.aligned(("", "measured", "formula"), rows(shown)))
    console.print_result("")
    console.print_result(f"Picture: {page}")
    return GOOD


def simulated(name: str, options: PreviewOptions) -> Preview:
    """The paths of the model with the options applied."""
    import numpy as np

    from simulator.prices import Bootstrap, Grid, generator, path_moments, simulate
    from simulator.prices.models.catalogue import PRESETS

    one_of("MODEL", name, tuple(PRESETS))
    settings = _settings(options.set)
    history: dict[str, str] = {
        key: settings.pop(key) for key in (_EVENT, _ASSET) if key in settings
    }
    model = _changed(name, PRESETS[name], settings)
    if history and not isinstance(model, Bootstrap):
        raise InputError("--set", next(iter(history)), "is for bootstrap, which takes history")
    minutes = _number("--step-minutes", options.step_minutes, 60, 1, 1440)
    days = _number("--days", options.days, 30, 1, 3650)
    count = _number("--paths", options.paths, 2000, 2, MOST_PATHS)
    steps = max(1, days * 1440 // minutes)
    if steps * count > MOST_CELLS:
        cells = f"{count:,} paths of {steps:,} steps"
        raise InputError("--paths", cells, f"must be at most {MOST_CELLS:,} prices together")
    grid = Grid(count, steps, minutes / 60 / _HOURS_PER_YEAR)
    spot = _spot(name, options.spot)
    seed = seed_number(options.seed)
    source = ""
    try:
        if isinstance(model, Bootstrap):
            prices, source = _bootstrapped(model, history, spot, grid, generator(seed), minutes)
        else:
            # What overflows is found by the check below.
            with np.errstate(over="ignore", invalid="ignore"):
                prices = simulate(model, spot, grid, generator(seed))
    except InvalidArgument as error:
        raise _named(error, name, model) from None
    _check_prices(name, prices)
    moments = path_moments(prices, spot, grid.step_years)
    expected = _expected(model, spot, grid)
    return Preview(name, model, spot, grid.step_years, prices, moments, expected, source, seed)


def parameters(shown: Preview) -> tuple[tuple[str, str], ...]:
    """Names and values of the model's fields."""
    listed = []
    for field in fields(shown.model):
        listed.append((field.name, _spoken(getattr(shown.model, field.name))))
    return tuple(listed)


def _price(value: float) -> str:
    return f"{value:,.4g}"


def _four(value: float) -> str:
    # Without the sign that rounding leaves to a small negative number.
    return f"{round(value, 4) + 0.0:.4f}"


def _two(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}"


_ROWS: Final[tuple[tuple[str, str, Callable[[float], str]], ...]] = (
    ("mean", "mean price at the end", _price),
    ("deviation", "standard deviation of it", _price),
    ("low", "5 % end below", _price),
    ("median", "half end below", _price),
    ("high", "95 % end below", _price),
    ("log_mean", "mean log return", _four),
    ("log_deviation", "its standard deviation", _four),
    ("skewness", "its skewness", _two),
    ("excess_kurtosis", "its excess kurtosis", _two),
    ("step_volatility", "volatility of the steps, a year", console.percent),
    ("step_excess_kurtosis", "excess kurtosis of the steps", _two),
    ("median_drawdown", "largest fall, half of the paths", console.percent),
    ("worst_drawdown", "largest fall, 5 % of the paths", console.percent),
)


def rows(shown: Preview) -> list[tuple[str, str, str]]:
    """The table: words, measured, by formula."""
    listed = []
    for key, words, form in _ROWS:
        value = float(getattr(shown.moments, key))
        said = form(value) if math.isfinite(value) else "-"
        if key == "mean":
            said += f" \N{PLUS-MINUS SIGN} {shown.moments.mean_error:.2g}"
        expected = shown.expected.get(key)
        known = expected is not None and math.isfinite(expected)
        listed.append((words, said, form(expected) if known and expected is not None else ""))
    return listed


def _measured(shown: Preview) -> dict[str, float]:
    return {
        field.name: float(getattr(shown.moments, field.name)) for field in fields(shown.moments)
    }


def _expected(model: Any, spot: float, grid: Any) -> dict[str, float]:
    """What formulas say of the moments of this model."""
    from simulator.prices import Garch, Gbm, Regimes, log_cumulants
    from simulator.prices.models import HasCharacteristic

    expected: dict[str, float] = {}
    years = grid.years
    drift = getattr(model, "drift", None)
    if drift is not None:
        expected["mean"] = spot * math.exp(drift * years)
    if isinstance(model, HasCharacteristic):
        cumulants = log_cumulants(model, years)
        expected["log_mean"] = cumulants.mean
        expected["log_deviation"] = math.sqrt(max(cumulants.variance, 0.0))
        if cumulants.variance > 1e-12:
            expected["skewness"] = cumulants.third / cumulants.variance**1.5
            expected["excess_kurtosis"] = cumulants.fourth / cumulants.variance**2
        expected["deviation"] = _price_deviation(model, spot, years)
    if isinstance(model, Gbm):
        expected["median"] = model.price_moments(spot, years).median
        expected["step_volatility"] = model.sigma
    if isinstance(model, Garch) and model.compensated:
        expected["mean"] = spot * math.exp(model.mean * grid.steps)
    if isinstance(model, Regimes):
        expected["mean"] = spot * model.expected_growth(grid.steps, grid.step_years)
    return expected


def _price_deviation(model: Any, spot: float, years: float) -> float:
    """sqrt(E[S^2] - E[S]^2), E[S^2] = F^2 phi(-2i); NaN where the second moment is infinite."""
    import numpy as np

    from simulator.prices import Bates, Heston, Kou

    if isinstance(model, Kou) and model.eta_up <= 2.0:
        return math.nan

    diffusion = model.heston() if isinstance(model, Bates) else model
    if isinstance(diffusion, Heston) and not diffusion.square_has_mean:
        return math.nan
    forward = spot * math.exp(model.drift * years)
    try:
        with np.errstate(all="ignore"):
            second = float(model.characteristic(np.asarray(-2j), years).real)
    except OverflowError:
        return math.nan
    return forward * math.sqrt(second - 1.0) if second >= 1.0 else math.nan


def _bootstrapped(
    model: Any, history: Mapping[str, str], spot: float, grid: Any, rng: Any, minutes: int
) -> tuple[Float3D, str]:
    """Paths from the bars of a shipped event."""
    import numpy as np

    from simulator.prices import bootstrap_paths, crash_names, load_crash, log_returns_of

    event = one_of("--set event", history.get(_EVENT, "black-thursday"), crash_names())
    series = load_crash(event).series
    asset = one_of("--set asset", history.get(_ASSET, next(iter(series))), tuple(series))
    bars = series[asset]
    if minutes * 60 != bars.bar_seconds:
        rule = f"must be {bars.bar_seconds // 60}, the length of the bars of {asset} in {event}"
        raise InputError("--step-minutes", str(minutes), rule)
    closes = np.asarray(bars.ticks[:, 3], dtype=np.float64)
    made = bootstrap_paths(model, log_returns_of(closes), spot, grid, rng)
    return made, f"{len(closes) - 1} returns of {asset} in {event}"


def _check_prices(name: str, prices: Float3D) -> None:
    """Parameters may be possible and still leave the range of floats within the horizon."""
    import numpy as np

    good = np.isfinite(prices) & (prices > 0.0)
    if not good.all():
        bad = prices[~good][0]
        raise InputError("--set", name, f"gives a price of {bad:g}: parameters are too large")


def _settings(texts: Sequence[str]) -> dict[str, str]:
    settings: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise InputError("--set", text, "must be name=value, such as kappa=2")
        if name in settings:
            raise InputError("--set", text, f"sets {name} twice")
        settings[name] = value
    return settings


def _changed(model: str, preset: Any, settings: Mapping[str, str]) -> Any:
    """The preset with the fields that were set."""
    names = tuple(field.name for field in fields(preset))
    known = names + ((_EVENT, _ASSET) if model == "bootstrap" else ())
    values = {}
    for name, text in settings.items():
        if name not in names:
            near = did_you_mean(name, known)
            raise InputError("--set", name, f"{model} has {', '.join(known)}{near}")
        values[name] = _parsed(name, text, getattr(preset, name))
    try:
        return replace(preset, **values)
    except InvalidArgument as error:
        raise _named(error, model, preset) from None


def _named(error: InvalidArgument, model: str, preset: Any) -> InputError:
    """Under the name of the option that the user typed."""
    name = error.field.partition("[")[0]
    if name in {field.name for field in fields(preset)}:
        return InputError(f"--set {error.field}", error.value, error.rule)
    return InputError(f"--{error.field}", error.value, error.rule)


def _parsed(name: str, text: str, example: object) -> object:
    """A value of the kind of the one that it replaces."""
    if isinstance(example, bool):
        return one_of(f"--set {name}", text, ("true", "false")) == "true"
    if isinstance(example, str):
        return text
    if isinstance(example, tuple):
        if example and isinstance(example[0], tuple):
            return tuple(_floats(name, row) for row in text.split(";"))
        return _floats(name, text)
    if example is None:
        return whole_number(f"--set {name}", text, 0)
    return _float(f"--set {name}", text)


def _floats(name: str, text: str) -> tuple[float, ...]:
    return tuple(_float(f"--set {name}", part) for part in text.split(","))


def _float(option: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise InputError(option, text, "must be a number") from None
    if not math.isfinite(value):
        raise InputError(option, text, "must be finite")
    return value


def _number(option: str, text: str | None, default: int, low: int, high: int) -> int:
    return default if text is None else whole_number(option, text, low, high)


def _spot(name: str, text: str | None) -> float:
    if text is None:
        return 1.0 if name == "depeg" else 100.0
    value = _float("--spot", text)
    if value <= 0.0:
        raise InputError("--spot", text, "must be above 0")
    return value


def _spoken(value: object) -> str:
    if isinstance(value, tuple):
        inner = [_spoken(item) for item in value]
        return (";" if value and isinstance(value[0], tuple) else ",").join(inner)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _claim(name: str, out: str | None) -> Path:
    from simulator.recorder import claim_out, claim_run_folder

    if out is not None:
        return claim_out(Path(out))
    return claim_run_folder(Path("runs"), f"paths-{name}")
