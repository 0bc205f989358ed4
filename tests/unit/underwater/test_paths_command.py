"""`underwater paths preview`: moments on stdout, the picture in a page of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.prices.models.catalogue import PRESETS
from tests.unit.underwater.conftest import Answer

Command = Callable[..., Answer]
PREVIEW = ("paths", "preview")
SMALL = ("--paths", "200", "--days", "5")


@pytest.mark.parametrize("model", sorted(PRESETS))
def test_every_model_has_a_preview(model: str, underwater_command: Command, place: Path) -> None:
    answer = underwater_command(*PREVIEW, model, *SMALL)
    assert answer.code == 0, answer.stderr
    assert answer.stdout.startswith(f"{model}: ") and "mean price at the end" in answer.stdout
    assert f"Picture: runs/paths-{model}-1/report.html" in answer.stdout
    page = (place / "runs" / f"paths-{model}-1" / "report.html").read_text(encoding="utf-8")
    assert "<h2>Moments</h2>" in page and not re.search(r"<(script|link)[^>]+https?:", page)


def test_parameters_are_set_by_name(underwater_command: Command) -> None:
    answer = underwater_command(
        *PREVIEW,
        "heston",
        "--set",
        "kappa=2",
        "--set",
        "scheme=full-truncation",
        "--set",
        "rho=-0.7",
        *SMALL,
        "--json",
    )
    said = json.loads(answer.stdout)
    assert said["parameters"]["kappa"] == "2" and said["parameters"]["scheme"] == "full-truncation"
    assert (said["paths"], said["steps"], said["spot"], said["seed"]) == (200, 120, 100.0, 1)
    assert said["expected"]["mean"] == 100.0
    assert abs(said["moments"]["mean"] - 100.0) < 5 * said["moments"]["mean_error"]


def test_regimes_and_switches_are_set_as_text(underwater_command: Command) -> None:
    answer = underwater_command(
        *PREVIEW,
        "regimes",
        "--set",
        "drifts=0,0,0",
        "--set",
        "sigmas=0.1,0.2,0.3",
        "--set",
        "transitions=0.5,0.5,0;0,0.5,0.5;1,0,0",
        "--set",
        "start=2",
        *SMALL,
        "--json",
    )
    said = json.loads(answer.stdout)["parameters"]
    assert said["sigmas"] == "0.1,0.2,0.3" and said["start"] == "2"
    answer = underwater_command(*PREVIEW, "garch", "--set", "compensated=false", *SMALL, "--json")
    assert json.loads(answer.stdout)["expected"] == {}


def test_the_formula_of_gbm_stands_beside_what_was_measured(underwater_command: Command) -> None:
    answer = underwater_command(
        *PREVIEW,
        "gbm",
        "--set",
        "drift=0.5",
        "--set",
        "sigma=0.4",
        "--days",
        "365",
        "--paths",
        "50",
        "--step-minutes",
        "1440",
        "--spot",
        "10",
        "--json",
    )
    said = json.loads(answer.stdout)
    assert said["steps"] == 365 and said["step_years"] == pytest.approx(1 / 365)
    expected = said["expected"]
    assert expected["mean"] == pytest.approx(16.487, abs=1e-3)
    assert expected["median"] == pytest.approx(15.2196, abs=1e-3)
    assert expected["deviation"] == pytest.approx(16.487 * 0.41655, rel=1e-3)
    assert expected["log_deviation"] == pytest.approx(0.4)


def test_a_second_moment_that_is_infinite_has_no_formula(underwater_command: Command) -> None:
    for model, setting in (("heston", "kappa=0.1"), ("bates", "kappa=0.1"), ("kou", "eta_up=2")):
        answer = underwater_command(*PREVIEW, model, "--set", setting, *SMALL, "--json")
        expected = json.loads(answer.stdout)["expected"]
        assert expected["deviation"] is None and expected["log_deviation"] > 0


def test_the_same_seed_gives_the_same_page(underwater_command: Command, place: Path) -> None:
    for out, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert underwater_command(*PREVIEW, "kou", *SMALL, "--out", out, "--seed", seed).code == 0
    pages = [(place / name / "report.html").read_bytes() for name in "abc"]
    assert pages[0] == pages[1] != pages[2]


def test_history_can_be_drawn_again(underwater_command: Command) -> None:
    answer = underwater_command(
        *PREVIEW,
        "bootstrap",
        "--set",
        "event=black-thursday",
        "--set",
        "asset=BTC",
        "--set",
        "block=6",
        *SMALL,
    )
    assert answer.code == 0 and "BTC in black-thursday" in answer.stdout


def test_prices_that_stand_still_are_no_trouble(underwater_command: Command) -> None:
    assert underwater_command(*PREVIEW, "gbm", "--set", "sigma=0", *SMALL).code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nope",), "MODEL = 'nope': must be one of gbm"),
        (("heston", "--set", "kapa=2"), "did you mean kappa?"),
        (("heston", "--set", "kappa"), "--set = 'kappa': must be name=value"),
        (("heston", "--set", "=2"), "must be name=value"),
        (("heston", "--set", "kappa="), "must be name=value"),
        (("heston", "--set", "kappa=1", "--set", "kappa=2"), "sets kappa twice"),
        (("heston", "--set", "kappa=x"), "--set kappa = 'x': must be a number"),
        (("heston", "--set", "kappa=nan"), "--set kappa = 'nan': must be finite"),
        (("heston", "--set", "kappa=-1"), "--set kappa = -1.0: must be at least 0"),
        (("heston", "--set", "scheme=euler"), "--set scheme = 'euler'"),
        (("kou", "--set", "eta_up=1"), "--set eta_up = 1.0: must be above 1"),
        (("garch", "--set", "beta=0.95"), "--set beta = 0.95: must be below 1"),
        (("garch", "--set", "compensated=yes"), "--set compensated = 'yes'"),
        (("regimes", "--set", "transitions=0.9,0.2;0,1"), "--set transitions[0]"),
        (("regimes", "--set", "start=2"), "--set start = 2"),
        (("gbm", "--set", "event=luna-2022"), "is for bootstrap"),
        (("bootstrap", "--set", "event=nope"), "--set event = 'nope'"),
        (("bootstrap", "--set", "asset=NOPE"), "--set asset = 'NOPE'"),
        (("bootstrap", "--step-minutes", "5"), "must be 60, the length of the bars"),
        (("depeg", "--spot", "0.00001"), "--spot = 1e-05: must not be below the floor"),
        (("gbm", "--spot", "0"), "--spot = '0': must be above 0"),
        (("gbm", "--paths", "1"), "--paths = '1'"),
        (("gbm", "--days", "0"), "--days = '0'"),
        (("gbm", "--paths", "100000", "--days", "365"), "50,000,000 prices"),
        (("gbm", "--set", "sigma=100000"), "parameters are too large"),
        (("merton", "--set", "intensity=1e9"), "--set intensity"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    words: tuple[str, ...], message: str, underwater_command: Command, place: Path
) -> None:
    answer = underwater_command(*PREVIEW, *words)
    assert answer.code == 2 and message in answer.stderr and not answer.stdout
    assert not (place / "runs").exists()
