"""Each property holds on a ledger in balance and fails on one with a single doctored number."""

from __future__ import annotations

from typing import Any

import pytest

from audits.catalogue import CATALOGUE, PROPERTY_IDS, Entry
from audits.properties import Violation, check_all, default_properties
from simulator.errors import InputError
from simulator.property import FundingSettlement, Operation, Totals

WAD = 10**18
BEFORE = Totals(insurance=100 * WAD, deficit=0, custody=3_000 * WAD)


def check(
    ledger: Any,
    *ids: str,
    increased: tuple[int, ...] = (),
    withdrew: tuple[int, ...] = (),
    probe: bool = False,
    settlement: FundingSettlement | None = None,
    names: tuple[str, ...] = (),
) -> Violation | None:
    operation = Operation("a step", 7, increased, withdrew, probe, settlement, names)
    return check_all(default_properties(ids or None), BEFORE, ledger, operation)


def test_a_ledger_in_balance_violates_nothing(ledger: Any) -> None:
    settlement = FundingSettlement(payments_total=0, accounts_settled=2)
    found = check(ledger, increased=(0, 1), withdrew=(0,), probe=True, settlement=settlement)
    assert found is None


def test_open_interest_that_exceeds_the_long_sizes_is_found(ledger: Any) -> None:
    ledger.open_interest += 10**12
    violation = check(ledger, "PERP-01")
    assert violation is not None
    assert violation.margin == -(10**12)
    assert "0.000001 contracts" in violation.message


def test_open_interest_that_falls_short_of_the_long_sizes_is_found(ledger: Any) -> None:
    ledger.open_interest -= 3 * WAD
    assert check(ledger, "PERP-01") is not None


def test_sizes_that_do_not_add_up_to_zero_are_found(ledger: Any) -> None:
    ledger.sizes[1] += 10**12
    assert check(ledger, "PERP-01") is not None


def test_a_single_missing_token_unit_breaks_custody(ledger: Any) -> None:
    ledger.custody -= 1
    violation = check(ledger, "PERP-02")
    assert violation is not None
    assert violation.margin == -1
    assert "0.000000000000000001 quote less" in violation.message


def test_tokens_that_nobody_is_owed_break_custody(ledger: Any) -> None:
    ledger.margins[0] -= 5 * WAD
    violation = check(ledger, "PERP-02")
    assert violation is not None and "5 quote more" in violation.message


def test_a_receipt_that_is_not_credited_breaks_zero_sum_at_the_mark(ledger: Any) -> None:
    ledger.pendings[1] = 0
    violation = check(ledger, "PERP-03")
    assert violation is not None
    assert "fall short of the tokens owned by 20 quote" in violation.message


def test_unmatched_sizes_are_seen_only_away_from_the_mark_at_which_they_cancel(ledger: Any) -> None:
    # 1 more contract for 1,000 more quote: equal at the mark, so only the probe prices see it.
    ledger.sizes[0] += WAD
    ledger.costs[0] -= 1_000 * WAD
    assert check(ledger, "PERP-03", probe=False) is None
    violation = check(ledger, "PERP-03", probe=True)
    assert violation is not None
    assert "1/2 of the mark (500)" in violation.message


def test_funding_that_pays_out_more_than_it_takes_in_is_found(ledger: Any) -> None:
    violation = check(ledger, "PERP-04", settlement=FundingSettlement(-1, 2))
    assert violation is not None
    assert violation.margin == -1


def test_funding_that_takes_in_more_than_the_rounding_bound_is_found(ledger: Any) -> None:
    assert check(ledger, "PERP-04", settlement=FundingSettlement(2, 2, 2)) is None
    assert check(ledger, "PERP-04", settlement=FundingSettlement(3, 2, 2)) is not None


def test_funding_is_not_judged_without_a_settlement(ledger: Any) -> None:
    assert check(ledger, "PERP-04") is None


def test_an_account_that_increased_below_its_initial_margin_is_found(ledger: Any) -> None:
    ledger.pendings[0] = 500 * WAD + 1
    violation = check(ledger, "PERP-07", increased=(0,), names=("trader", "maker"))
    assert violation is not None
    assert violation.margin == -1
    assert "trader has settled equity 999.999999999999999999" in violation.message


def test_an_account_at_exactly_its_initial_margin_passes(ledger: Any) -> None:
    ledger.pendings[0] = 500 * WAD
    assert check(ledger, "PERP-07", increased=(0,), withdrew=(0,)) is None


def test_an_account_that_withdrew_its_open_profit_is_found(ledger: Any) -> None:
    ledger.price = 1_100 * WAD
    ledger.margins[0] = 1_000 * WAD
    ledger.pendings[0] = 0
    assert check(ledger, "PERP-07", increased=(0,)) is None
    violation = check(ledger, "PERP-07", withdrew=(0,))
    assert violation is not None and "After it withdrew, account 0" in violation.message


def test_a_poor_account_that_did_nothing_is_not_blamed(ledger: Any) -> None:
    ledger.pendings[0] = 1_400 * WAD
    assert check(ledger, "PERP-07", increased=(1,)) is None


def test_the_first_violation_in_catalogue_order_is_reported(ledger: Any) -> None:
    ledger.open_interest += WAD
    ledger.custody -= WAD
    violation = check(ledger)
    assert violation is not None and violation.property_id == "PERP-01"


@pytest.mark.parametrize("entry", CATALOGUE, ids=PROPERTY_IDS)
def test_a_message_is_made_from_its_entry(entry: Entry) -> None:
    message = entry.describe("in block 9 (block 9)", "Numbers.")
    assert message.startswith(f"{entry.id} ({entry.title})")
    assert entry.sentence in message
    assert message.endswith("Numbers.")


def test_every_entry_has_its_check_in_the_same_order() -> None:
    assert tuple(item.id for item in default_properties()) == PROPERTY_IDS


def test_the_chosen_ids_come_in_catalogue_order() -> None:
    assert [item.id for item in default_properties(["PERP-07", "PERP-01"])] == [
        "PERP-01",
        "PERP-07",
    ]


def test_an_unknown_property_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="PERP-99"):
        default_properties(["PERP-99"])
