"""What a run came to, as a handful of numbers with fixed names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from simulator.engine import Ending
from simulator.scenario import Scenario
from underwater.faults import fault_texts
from underwater.tally import Tally

WAD_FLOAT = 1e18


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One variant. status: complete, violated or interrupted; message: a sentence if incomplete.

    values: money in quote to 1e-6, shares as fractions of the opening open interest.
    """

    status: str
    message: str
    values: dict[str, object]

    def into(self, folder: Path) -> RunSummary:
        """The same, with the folder that holds its tables."""
        return replace(self, values={"run_dir": str(folder), **self.values})


@dataclass(frozen=True, slots=True)
class RunsSummary:
    """All variants of one run folder, and the report on them."""

    folder: Path
    report: Path
    runs: tuple[RunSummary, ...]


def summarise(
    scenario: Scenario, seed: int, engine: str, open_interest: float, tally: Tally, ending: Ending
) -> RunSummary:
    """The summary of a run that has ended, however it ended."""
    message = ending.message
    if ending.status == "interrupted":
        done = f"after {ending.blocks_done} of {scenario.blocks} blocks"
        message = message or f"interrupted {done} ({scenario.variant}); what was recorded is kept"
    elif ending.status == "violated":
        message = f"{message} (scenario {scenario.name}, variant {scenario.variant}, seed {seed})"
    forced = tally.takeover_notional + tally.adl_notional + tally.close_out_notional
    values: dict[str, object] = {
        "scenario": scenario.name,
        "variant": scenario.variant,
        "seed": seed,
        "engine": engine,
        "blocks": ending.blocks_done,
        "transactions": tally.transactions,
        "reverted": tally.reverted,
        "not_included": tally.not_included,
        "gas_used": tally.gas_used,
        "opening_open_interest": round(open_interest, 6),
        "liquidations": tally.liquidations,
        "forced_notional": _quote(forced),
        "forced_share": _share(forced, open_interest),
        "underwater_max": tally.underwater_max,
        "latent_shortfall_max": round(tally.latent_shortfall_max, 6),
        "shortfall": _quote(tally.shortfall),
        "shortfall_bp": round(_share(tally.shortfall, open_interest) * 1e4, 6),
        "insurance_start": _quote(tally.insurance_start),
        "insurance_minimum": _quote(tally.insurance_minimum),
        "insurance_used": _quote(tally.from_insurance),
        "adl_notional": _quote(tally.adl_notional),
        "adl_share": _share(tally.adl_notional, open_interest),
        "adl_draw": _quote(tally.adl_draw),
        "close_out_notional": _quote(tally.close_out_notional),
        "socialised": _quote(tally.socialised),
        "socialised_moved_share": _part(tally.socialised_moved, tally.socialised_charged),
        "socialised_without_profit_share": _part(
            tally.socialised_without_profit, tally.socialised_charged
        ),
        "deficit": _quote(tally.deficit),
        "fixed_point_extra": tally.fixed_point_extra_max / max(open_interest, 1e-9),
        "cascade_rounds_max": tally.rounds_max,
        "lowest_basis": tally.lowest_basis,
        "faults": fault_texts(scenario),
        "violations": [message] if ending.status == "violated" else [],
    }
    return RunSummary(ending.status, message, values)


def _quote(amount: int) -> float:
    return round(amount / WAD_FLOAT, 6)


def _part(amount: float, whole: float) -> float:
    return amount / whole if whole > 0.0 else 0.0


def _share(amount: int, open_interest: float) -> float:
    return amount / WAD_FLOAT / max(open_interest, 1e-9)
