"""A made-up run with every table filled plausibly, written through the Recorder as the engine does.

It is not a model of anything: two falls, liquidations in them, a fund that runs dry in the base
variant, so that every picture has something to show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from simulator.recorder import Recorder, TableRecord, run_schemas
from simulator.results import Json, write_manifest, write_timings
from simulator.types import Float1D, Int2D

START = 1_583_884_800  # 2020-03-11T00:00Z
MARKETS = ("eth", "btc")
OPENING = {"eth": 200.0, "btc": 7_900.0}
SIZES = {"eth": 30_000.0, "btc": 700.0}


@dataclass(frozen=True)
class Variant:
    """How badly a variant goes."""

    name: str = "base"
    impact: float = 1.0
    shortage: float = 1.0
    calm: bool = False


VARIANTS = {
    "base": Variant(),
    "no-impact": Variant("no-impact", impact=0.0, shortage=0.25),
    "unlimited-capital": Variant("unlimited-capital", impact=0.45, shortage=0.0),
    "calm": Variant("base", calm=True),
}
TWINS = ("base", "no-impact", "unlimited-capital")
MakeRun: TypeAlias = Callable[..., Path]


def exact(value: float) -> int:
    """1e-18 units, on the contract's ticks."""
    return round(value * 1e12) * 10**6


def write_variant(folder: Path, kind: Variant, blocks: int, seed: int, **manifest: Json) -> None:
    """Tables, manifest and timings of one variant."""
    folder.mkdir(parents=True, exist_ok=True)
    recorder = Recorder(folder, run_schemas(MARKETS))
    if blocks:
        _fill(recorder, kind, blocks, seed)
    records = recorder.close()
    write_timings(folder, {"total": 1.0, "engine": 0.5})
    write_manifest(folder, _manifest(kind, records, seed, blocks) | manifest)


def _fill(recorder: Recorder, variant: Variant, blocks: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    hours = np.arange(blocks) / 300
    stress = np.zeros(blocks) if variant.calm else _stress(hours)
    index = {market: _path(hours, OPENING[market], rng) for market in MARKETS}
    basis = {
        market: np.clip(-0.11 * stress * variant.impact * scale, -0.1, 0.1)
        + 0.0006 * rng.standard_normal(blocks)
        for market, scale in zip(MARKETS, (0.85, 1.1), strict=True)
    }
    left = 1 - 0.55 * np.cumsum(stress) / max(1.0, float(stress.sum()))
    opening = sum(SIZES[market] * OPENING[market] for market in MARKETS)
    closed = -np.diff(left, prepend=1.0) * opening * 1.3
    worst = np.cumsum(stress**3)
    missing = opening * 0.012 * variant.shortage * worst / max(1.0, float((stress**3).sum()))
    fund = np.maximum(opening * 0.002 * 0.02, opening * 0.002 + 0.012 * np.cumsum(closed) - missing)
    _system(recorder, variant, hours, index, basis, left, missing, fund, stress, opening, rng)
    for block in np.flatnonzero(closed > opening * 2e-6).tolist():
        _liquidate(recorder, variant, block, index, closed[block], stress[block], rng)
    for hour in range(int(hours[-1]) + 1):
        block = hour * 300
        for market in MARKETS:
            rate = float(np.clip(basis[market][block], -0.1, 0.1))
            row = (block, START + 12 * block, market, rate, exact(index[market][block]))
            recorder.row("funding", (*row, exact(index[market][block]), exact(rate), exact(rate)))
    recorder.rows("margin_histogram", {"block": np.arange(blocks), "bin": _bins(stress, rng)})


def _stress(hours: Float1D) -> Float1D:
    first = np.exp(-((hours - 34.5) ** 2) / 0.12)
    second = 0.8 * np.exp(-((hours - 47.6) ** 2) / 0.2)
    second = second + 0.3 * np.exp(-((hours - 50.3) ** 2) / 0.05)
    return np.asarray(first + second)


def _path(hours: Float1D, opening: float, rng: np.random.Generator) -> Float1D:
    noise = np.cumsum(rng.standard_normal(len(hours))) * 0.0007
    legs = -0.33 / (1 + np.exp(-(hours - 34.4) * 6)) - 0.42 * np.exp(-((hours - 49) ** 2) / 4)
    return np.asarray(opening * np.exp(legs + noise))


def _system(
    recorder: Recorder,
    variant: Variant,
    hours: Float1D,
    index: dict[str, Float1D],
    basis: dict[str, Float1D],
    left: Float1D,
    missing: Float1D,
    fund: Float1D,
    stress: Float1D,
    opening: float,
    rng: np.random.Generator,
) -> None:
    first_round = opening * 0.02 * (stress > 0.2) * stress
    extra = first_round * (1 + 2.2 * variant.impact * rng.random(len(hours)))
    for block in range(len(hours)):
        row: list[object] = [block, START + 12 * block]
        for market in MARKETS:
            price = float(index[market][block])
            size = SIZES[market] * float(left[block])
            paid = 800.0 * float(stress[: block + 1 : 50].sum()) * (1 if market == "eth" else 0.7)
            mark = price * (1 + float(basis[market][block]))
            row += [exact(price), exact(mark), exact(size), 0, 0, 0, -paid, paid, price]
        under = int(47 * variant.shortage * stress[block] ** 2)
        row += [exact(fund[block]), 0, exact(opening), exact(missing[block])]
        row += [float(missing[-1] * stress[block] ** 3 * 0.4), under * 2, under, 5, 1, 0, 600_000]
        row += [float(first_round[block]), float(extra[block]), 3, 0.0, opening * 0.5]
        recorder.row("system", tuple(row))


def _liquidate(
    recorder: Recorder,
    variant: Variant,
    block: int,
    index: dict[str, Float1D],
    notional: float,
    stress: float,
    rng: np.random.Generator,
) -> None:
    market = MARKETS[int(rng.random() < 0.4)]
    price = float(index[market][block])
    account, other = (f"0x{int(rng.integers(1, 900)):040x}" for _ in range(2))
    size = exact(notional / price)
    when = (block, START + 12 * block, market, account)
    lost = exact(notional * 0.03 * stress * variant.shortage)
    row = (other, "full", size, exact(price), exact(notional), exact(notional * 0.025))
    recorder.row("liquidations", (*when, *row, exact(notional * 0.0125), -lost, lost, lost, 0, 0))
    if variant.shortage > 0.9 and stress > 0.5 and block % 97 == 0:
        recorder.row("adl", (*when, "", 0, 0, 0, 0, exact(1.0)))  # the fund alone paid
    if variant.shortage > 0.9 and stress > 0.5 and block % 3 == 0:
        bankrupt = exact(price * 1.03)
        recorder.row(
            "adl",
            (*when, other, -size, bankrupt, exact(price), exact(notional), exact(notional * 0.002)),
        )


def _bins(stress: Float1D, rng: np.random.Generator) -> Int2D:
    places = np.arange(64)
    shape = 14 * np.exp(-((places - 42) ** 2) / 120) + 4 * np.exp(-((places - 30) ** 2) / 90)
    shape = np.where((places < 17) | (places > 58), 0, shape)
    counts = rng.poisson(np.broadcast_to(shape, (len(stress), 64)))
    falling = rng.poisson(np.outer(stress**2, np.where(places < 17, 2.4, 0)))
    return np.asarray(counts + falling, dtype=np.int64)


def _manifest(
    variant: Variant, records: dict[str, TableRecord], seed: int, blocks: int
) -> dict[str, Json]:
    return {
        "status": "complete",
        "variant": variant.name,
        "seed": seed,
        "blocks_done": blocks,
        "blocks_total": blocks,
        "engine": "revm",
        "versions": {"underwater": "0.1.0", "vyper": "0.4.3"},
        "tables": {
            name: {"rows": record.rows, "content_hash": record.content_hash}
            for name, record in records.items()
        },
        "properties": ["PERP-01", "PERP-02", "PERP-03", "PERP-04", "PERP-07"],
        "scenario": {
            "name": "black-thursday",
            "title": "Black Thursday (11-14 March 2020) on a matched perpetual exchange",
            "prices": {"start": "2020-03-11T00:00:00Z"},
            "population": {"accounts": 1000, "leverage": [{"share": "0.45", "low": "1"}]},
            "parameters": {
                "initial_margin": "0.1",
                "maintenance_margin": "0.0625",
                "funding_cap_per_day": "0.1",
            },
        },
        "sources": {
            "population.accounts": "assumed",
            "population.leverage": "assumed: <b>not</b> known",
            "parameters.initial_margin": "Perp v2 Curie",
        },
        "crash": {
            "facts": [
                {
                    "name": "eth_low",
                    "low": "86.00",
                    "high": "86.00",
                    "unit": "USDT",
                    "confidence": "H",
                    "source": "ETH.csv",
                    "note": "bar of 02:15",
                },
                {
                    "name": "maker_deficit",
                    "low": 4_000_000,
                    "high": 6_650_000,
                    "unit": "DAI",
                    "confidence": "M",
                    "source": "press",
                    "note": "",
                },
            ],
            "shapes": [
                {"name": "late_backstop", "sentence": "ADL comes late.", "source": "elsewhere"}
            ],
        },
    }


def write_run(
    folder: Path,
    variants: tuple[str, ...] = TWINS,
    blocks: int = 21_600,
    seed: int = 1,
    **manifest: Json,
) -> Path:
    """A run folder like the engine's: one variant in it, or a subfolder for each of several."""
    if len(variants) == 1:
        write_variant(folder, VARIANTS[variants[0]], blocks, seed, **manifest)
        return folder
    for name in variants:
        write_variant(folder / name, VARIANTS[name], blocks, seed, **manifest)
    write_manifest(folder, {"variants": list(variants), "seed": seed})
    return folder


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Writes a made-up run and returns its folder."""

    def make(name: str = "run", **options: object) -> Path:
        return write_run(tmp_path / name, **options)  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the demo's size with its three variants; tests only read it."""
    return write_run(tmp_path_factory.mktemp("whole") / "run")
