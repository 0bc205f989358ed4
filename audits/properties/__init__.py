"""The checks behind the catalogue: one file per property, and the order in which they are tried."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from audits.catalogue import PROPERTY_IDS, entry
from audits.properties.custody import Custody
from audits.properties.funding_conservation import FundingConservation
from audits.properties.initial_margin_kept import InitialMarginKept
from audits.properties.open_interest import OpenInterest
from audits.properties.zero_sum import ZeroSum
from simulator.property import Ledger, Operation, Property, Totals

__all__ = ["Violation", "check_all", "default_properties"]


@dataclass(frozen=True, slots=True)
class Violation:
    """A property that does not hold, with the sentence and the numbers in `message`.

    margin: signed distance to violation in 1e-18 of the property's unit (negative).
    """

    property_id: str
    label: str
    block: int
    margin: int
    message: str


def default_properties(ids: Iterable[str] | None = None) -> tuple[Property, ...]:
    """The properties of a run or an audit, in catalogue order.

    ids: only these (default: all). Raises InputError for an id that is not in the catalogue.
    """
    every: tuple[Property, ...] = (
        OpenInterest(),
        Custody(),
        ZeroSum(),
        FundingConservation(),
        InitialMarginKept(),
    )
    wanted = {entry(item).id for item in (PROPERTY_IDS if ids is None else ids)}
    return tuple(item for item in every if item.id in wanted)


def check_all(
    properties: Sequence[Property], before: Totals, ledger: Ledger, operation: Operation
) -> Violation | None:
    """The first property (in the given order) that the operation violated, or None."""
    for item in properties:
        verdict = item.check(before, ledger, operation)
        if verdict is not None and verdict.margin < 0:
            where = f"in block {operation.block} ({operation.label})"
            message = entry(item.id).describe(where, verdict.detail)
            return Violation(item.id, operation.label, operation.block, verdict.margin, message)
    return None
