"""Logs into events, events into the tables of a run."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.chain.base import Batch
from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.events import LogDecoder
from simulator.protocols.matched_perp.session import Session, address_of
from simulator.protocols.matched_perp.tables import event_tables
from simulator.recorder import run_schemas
from simulator.units import TOKEN, WAD

MARKETS = ("eth", "btc")


def hexed(name: str) -> str:
    return "0x" + address_of(name).hex()


class Recording:
    """Runs batches and feeds their receipts to a decoder."""

    def __init__(self, exchange: Session) -> None:
        self.exchange = exchange
        self.decoder = LogDecoder(exchange.deployment)

    def run(self, *calls: tuple[str, bytes]) -> None:
        """Calls to the exchange, or to the feed for the oracle keeper."""
        deployment, chain = self.exchange.deployment, self.exchange.chain
        senders = [address_of(name) for name, _ in calls]
        targets = [
            deployment.feed if name == "oracle keeper" else deployment.perp for name, _ in calls
        ]
        batch = Batch.of(senders, targets, [data for _, data in calls], 2_000_000)
        receipts = chain.execute(batch)
        assert receipts.status.all(), "a call of this test reverted"
        self.decoder.add(chain.block.number, chain.block.timestamp, receipts)

    def tables(self) -> dict[str, dict[str, list[Any]]]:
        return event_tables(self.decoder.take(), MARKETS)


@pytest.fixture
def recording(exchange: Session) -> Recording:
    """The trader is long 400 at 200 against the maker, on 10,000 each."""
    recording = Recording(exchange)
    recording.run(
        ("maker", encode.quote(0, 200 * WAD, 400 * WAD, 200 * WAD, 400 * WAD)),
        ("trader", encode.fill(address_of("maker"), 0, 400 * WAD, 200 * WAD)),
    )
    return recording


def only(columns: dict[str, list[Any]]) -> dict[str, Any]:
    assert all(len(values) == 1 for values in columns.values())
    return {name: values[0] for name, values in columns.items()}


def test_events_carry_their_fields_and_their_place(recording: Recording) -> None:
    events = recording.decoder.take()
    assert only(events["Fill"]) == {
        "block": 1,
        "timestamp": recording.exchange.chain.block.timestamp,
        "transaction": 1,
        "log": 1,
        "maker": hexed("maker"),
        "taker": hexed("trader"),
        "market": 0,
        "size": 400 * WAD,
        "price": 200 * WAD,
        "fee": 40 * WAD,
        "rebate": 8 * WAD,
    }
    assert only(events["QuoteSet"])["ask_size"] == 400 * WAD


def test_taking_empties_the_buffer(recording: Recording) -> None:
    assert recording.decoder.take()
    assert recording.decoder.take() == {}


def test_blocks_are_decoded_together_in_order(recording: Recording) -> None:
    recording.exchange.wait(100)
    recording.run(("trader", encode.deposit(1)))
    recording.exchange.wait(100)
    recording.run(("maker", encode.deposit(2)), ("trader", encode.deposit(3)))
    deposits = recording.decoder.take()["Deposit"]
    assert deposits["block"] == [2, 3, 3]
    assert deposits["transaction"] == [0, 0, 1]
    assert deposits["amount"] == [10**12, 2 * 10**12, 3 * 10**12]


def test_price_writes_and_accruals_become_rows(recording: Recording) -> None:
    recording.exchange.wait()
    recording.run(("oracle keeper", encode.update_price(0, 200 * WAD, WAD // 100)))
    recording.exchange.wait(43_200)
    recording.run(("oracle keeper", encode.update_price(0, 201 * WAD, 0)))
    tables = recording.tables()
    assert tables["oracle_updates"]["kind"] == ["mark", "index"]
    assert tables["oracle_updates"]["mark"] == [202 * WAD, 201 * WAD]
    accrual = only(tables["funding"])
    assert accrual["payment_per_unit"] == accrual["funding_index"] == WAD
    assert accrual["rate"] == pytest.approx(0.01)
    assert (accrual["index"], accrual["mark"]) == (200 * WAD, 202 * WAD)
    assert accrual["market"] == "eth"


def test_settlements_and_socialised_losses_are_added_up(recording: Recording) -> None:
    recording.run(("oracle keeper", encode.update_price(0, 200 * WAD, WAD // 100)))
    recording.exchange.wait(43_200)
    recording.run(("rival", encode.settle(address_of("trader"))))
    recording.decoder.take()
    assert (recording.decoder.paid, recording.decoder.socialised) == (400 * WAD, 0)
    recording.run(("rival", encode.settle(address_of("maker"))))
    recording.decoder.take()
    assert recording.decoder.paid == 0


def test_a_partial_liquidation_is_a_row(recording: Recording) -> None:
    recording.run(
        ("oracle keeper", encode.update_price(0, 187 * WAD, 0)),  # equity 4,760, needs 4,675
    )
    recording.run(
        ("oracle keeper", encode.update_price(0, 186 * WAD, 0)),  # equity 4,360, needs 4,650
        ("liquidator", encode.liquidate(address_of("trader"), 0, 10 * WAD)),
    )
    row = only(recording.tables()["liquidations"])
    assert row["kind"] == "partial"
    assert (row["account"], row["liquidator"]) == (hexed("trader"), hexed("liquidator"))
    assert (row["size"], row["price"], row["notional"]) == (10 * WAD, 186 * WAD, 1_860 * WAD)
    assert row["penalty"] == 2 * row["reward"] == 465 * WAD // 10
    assert row["equity_before"] == 4_360 * WAD
    assert row["shortfall"] == row["from_insurance"] == row["socialised"] == row["deficit"] == 0


def bankrupt(recording: Recording) -> None:
    recording.run(
        ("oracle keeper", encode.update_price(0, 170 * WAD, 0)),  # equity 9,960 - 12,000
    )
    recording.decoder.take()


def test_a_close_out_is_a_row_with_its_shortfall(recording: Recording) -> None:
    bankrupt(recording)
    trader, maker = address_of("trader"), address_of("maker")
    recording.run(
        ("adl keeper", encode.deleverage(trader, 0, [])),
        ("adl keeper", encode.close_out(trader, 0, [maker])),
    )
    tables = recording.tables()
    row = only(tables["liquidations"])
    assert (row["kind"], row["liquidator"]) == ("close_out", "")
    assert (row["size"], row["notional"]) == (400 * WAD, 68_000 * WAD)
    assert row["equity_before"] == -2_008 * WAD, "the fund of 32 has moved in already"
    assert (row["shortfall"], row["from_insurance"]) == (2_040 * WAD - 32 * WAD, 0)
    assert (row["socialised"], row["deficit"]) == (2_008 * WAD, 0)
    assert recording.decoder.socialised == 2_008 * WAD
    fund = only(tables["adl"])
    assert (fund["candidate"], fund["size"], fund["insurance_moved"]) == ("", 0, 32 * WAD)


def test_a_full_takeover_after_adl_carries_the_loss(recording: Recording) -> None:
    bankrupt(recording)
    recording.run(
        ("adl keeper", encode.deleverage(address_of("trader"), 0, [])),
        ("maker", encode.liquidate(address_of("trader"), 0, 10**30)),
    )
    row = only(recording.tables()["liquidations"])
    assert (row["kind"], row["penalty"], row["shortfall"]) == ("full", 0, 2_008 * WAD)


def test_a_deleveraging_is_a_row_at_the_bankruptcy_price(recording: Recording) -> None:
    bankrupt(recording)
    call = encode.deleverage(address_of("trader"), 0, [address_of("maker")])
    recording.run(("adl keeper", call))
    row = only(recording.tables()["adl"])
    assert (row["account"], row["candidate"]) == (hexed("trader"), hexed("maker"))
    assert (row["size"], row["mark"], row["notional"]) == (400 * WAD, 170 * WAD, 68_000 * WAD)
    assert row["price"] == 170 * WAD + 2_008 * WAD // 400
    assert row["insurance_moved"] == 32 * WAD


def test_the_tables_have_the_columns_of_the_recorder(recording: Recording) -> None:
    recording.run(("oracle keeper", encode.update_price(0, 186 * WAD, WAD // 1000)))
    recording.exchange.wait(60)
    recording.run(
        ("oracle keeper", encode.update_price(0, 170 * WAD, 0)),
        ("rival", encode.deposit(TOKEN)),
        ("adl keeper", encode.deleverage(address_of("trader"), 0, [])),
        ("maker", encode.liquidate(address_of("trader"), 0, 10**30)),
    )
    tables = recording.tables()
    schemas = {schema.name: schema.column_names for schema in run_schemas(MARKETS)}
    assert set(tables) == {"liquidations", "adl", "funding", "oracle_updates"}
    for name, columns in tables.items():
        assert set(columns) == set(schemas[name]), name


def test_events_of_other_contracts_are_left_out(recording: Recording) -> None:
    recording.run(("trader", encode.deposit(1)))
    events = recording.decoder.take()
    assert "Transfer" not in events and "Deposit" in events
