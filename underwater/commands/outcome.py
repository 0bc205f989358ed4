"""What a run came to: the table or the JSON object on stdout, and the exit code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from underwater import console
from underwater.commands.failures import GOOD, INTERRUPTED, REFUSED, VIOLATED

if TYPE_CHECKING:
    from underwater.outcome import RunsSummary, RunSummary

Form: TypeAlias = Callable[[object], str]

_ROWS: Final[tuple[tuple[str, str, Form], ...]] = (
    ("blocks", "blocks run", console.count),
    ("transactions", "transactions", console.count),
    ("reverted", "  of them reverted", console.count),
    ("not_included", "  not included in a block", console.count),
    ("opening_open_interest", "traders' opening positions, USD", console.money),
    ("liquidations", "liquidations (takeovers)", console.count),
    ("forced_notional", "positions closed by force, USD", console.money),
    ("forced_share", "  of the opening positions", console.percent),
    ("underwater_max", "most accounts under water at once", console.count),
    ("shortfall", "bad debt (shortfall), USD", console.money),
    ("shortfall_bp", "  of the opening positions", console.basis_points),
    ("insurance_start", "insurance fund at the start, USD", console.money),
    ("insurance_minimum", "  at its lowest, USD", console.money),
    ("adl_notional", "taken from winners (ADL), USD", console.money),
    ("adl_share", "  of the opening positions", console.percent),
    ("socialised", "loss shared by all, USD", console.money),
    ("deficit", "deficit that nobody has paid, USD", console.money),
    ("fixed_point_extra", "forced selling set off by impact", console.percent),
    ("lowest_basis", "lowest mark against index", console.percent),
)

_WORST_FIRST: Final = (("violated", VIOLATED), ("interrupted", INTERRUPTED), ("failed", REFUSED))


def exit_code(runs: RunsSummary) -> int:
    """1 if any variant violated a property, else 130 or 2 if one was cut short, else 0."""
    statuses = {run.status for run in runs.runs}
    for status, code in _WORST_FIRST:
        if status in statuses:
            return code
    return GOOD


def show_runs(runs: RunsSummary, *, as_json: bool) -> None:
    """Print the result on stdout; what went wrong goes to stderr in one line per variant."""
    for run in runs.runs:
        if run.status != "complete":
            console.note(f"underwater: {run.message}")
    if as_json:
        console.print_json(json_object(runs))
        return
    console.print_result(table([run.values for run in runs.runs]))
    console.print_result("")
    for line in (*_faults(runs.runs), *_properties(runs.runs)):
        console.print_result(line)
    console.print_result(f"Results: {runs.folder}")
    console.print_result(f"Report:  {runs.report}")


def json_object(runs: RunsSummary) -> dict[str, object]:
    """The numbers of the first variant, where the run lies, and every variant in `variants`.

    With a fault-free twin `verdict` says what the faults did to the shortfall.
    """
    variants = [{**run.values, "status": run.status, "message": run.message} for run in runs.runs]
    first = variants[0] if variants else {}
    places = {"run_dir": str(runs.folder), "report": str(runs.report)}
    said = _verdict(runs.runs)
    return {**first, **places, **({"verdict": said} if said else {}), "variants": variants}


def table(values: Sequence[Mapping[str, object]]) -> str:
    """The numbers that matter in plain words, a column per variant."""
    header = ["", *(str(value.get("variant", "base")) for value in values)]
    rows = [
        [words, *(form(value[key]) if key in value else "-" for value in values)]
        for key, words, form in _ROWS
        if any(key in value for value in values)
    ]
    return console.aligned(header, rows)


def _faults(runs: Sequence[RunSummary]) -> list[str]:
    """The faults of the scenario, and what they did to the shortfall if the twin has run."""
    texts = next((run.values["faults"] for run in runs if run.values.get("faults")), ())
    lines = [f"Fault: {text}." for text in texts] if isinstance(texts, list) else []
    said = _verdict(runs)
    return [*lines, said] if said else lines


def _verdict(runs: Sequence[RunSummary]) -> str:
    from underwater.faults import verdict

    return verdict({**run.values, "status": run.status} for run in runs)


def _properties(runs: Sequence[RunSummary]) -> list[str]:
    lines = []
    for run in runs:
        broken = run.values.get("violations")
        if isinstance(broken, (list, tuple)) and broken:
            # the sentence with all numbers went to stderr
            heads = [str(item).partition(":")[0] for item in broken]
            lines += [f"VIOLATED in {run.values.get('variant', 'base')}: {head}" for head in heads]
    return lines or ["Properties: all held in every block."]
