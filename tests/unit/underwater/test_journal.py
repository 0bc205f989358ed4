"""What a run writes down agrees with itself: tables with tables, and tables with the summary.

Two variants of one short run of the crash, everybody recorded in every block, so that each number
can be found a second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from simulator.agent import View
from simulator.results import load_run
from tests.unit.underwater.runs import (
    ACCOUNTS,
    BLOCKS,
    WITH_REVM,
    crash_hour,
)
from underwater.runs import Play, never, run_scenario

pytestmark = WITH_REVM

WAD = 10**18
MARKETS = ("eth", "btc")
SEED = 4


@dataclass(frozen=True)
class Recorded:
    """A recorded run: its tables, and what its summary says."""

    folder: Path
    values: dict[str, object]

    def table(self, name: str) -> pd.DataFrame:
        return load_run(self.folder).table(name)

    @cached_property
    def system(self) -> pd.DataFrame:
        return self.table("system")

    @cached_property
    def accounts(self) -> pd.DataFrame:
        return self.table("accounts")

    def total(self, table: str, column: str) -> int:
        """Exact sum of a column of Python integers."""
        return sum(self.table(table)[column].tolist())

    def quote(self, name: str) -> float:
        value = self.values[name]
        assert isinstance(value, (int, float))
        return float(value)


def record(folder: Path, variant: str, everybody: bool = True) -> Recorded:
    scenario = crash_hour(variant=variant)
    summary = run_scenario(scenario, seed=SEED, folder=folder, record_all_accounts=everybody)
    assert summary.status == "complete"
    return Recorded(folder, summary.values)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record(tmp_path_factory.mktemp("base"), "base")


@pytest.fixture(scope="module")
def asleep(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record(tmp_path_factory.mktemp("asleep"), "adl-asleep")


@pytest.fixture(params=["base", "asleep"])
def run(request: pytest.FixtureRequest) -> Recorded:
    recorded: Recorded = request.getfixturevalue(request.param)
    return recorded


def test_every_block_has_one_row_of_the_system_and_of_the_histogram(run: Recorded) -> None:
    assert run.system["block"].tolist() == list(range(BLOCKS))
    assert run.table("margin_histogram")["block"].tolist() == list(range(BLOCKS))
    assert (np.diff(run.system["timestamp"]) == 12).all()
    assert run.system["timestamp"][0] == int(crash_hour().prices.start.timestamp())


def test_everybody_is_recorded_in_every_block(run: Recorded) -> None:
    assert len(run.accounts) == BLOCKS * ACCOUNTS
    assert run.accounts.groupby("block")["account"].nunique().tolist() == [ACCOUNTS] * BLOCKS
    assert run.accounts["role"].value_counts().to_dict() == {
        "trader": BLOCKS * 40,
        "market_maker": BLOCKS,
        "liquidator": BLOCKS * 8,
    }


def test_accounts_fund_and_deficit_add_up_to_the_tokens_in_every_block(run: Recorded) -> None:
    """Margin and costs of everybody, less what is pending, is what the exchange has."""
    rows = run.accounts
    owed = rows["margin"] + sum(rows[f"cost_{m}"] - rows[f"pending_{m}"] for m in MARKETS)
    books = owed.groupby(rows["block"]).sum() + run.system["insurance"] - run.system["deficit"]
    assert (books == run.system["custody"]).all()


def test_equities_at_the_mark_add_up_to_the_tokens_too(run: Recorded) -> None:
    equity = run.accounts.groupby("block")["equity"].sum()
    books = equity + run.system["insurance"] - run.system["deficit"]
    assert (books == run.system["custody"]).all()


@pytest.mark.parametrize("market", MARKETS)
def test_open_interest_is_the_sum_of_the_longs_in_every_block(run: Recorded, market: str) -> None:
    sizes = run.accounts[f"size_{market}"]
    longs = sizes.clip(lower=0).groupby(run.accounts["block"]).sum()
    assert (longs == run.system[f"open_interest_{market}"]).all()
    assert (sizes.groupby(run.accounts["block"]).sum() == 0).all()


def test_the_histogram_counts_who_held_a_position_when_the_block_began(run: Recorded) -> None:
    rows = run.accounts
    holds = (rows[[f"size_{market}" for market in MARKETS]] != 0).any(axis=1)
    held = holds.groupby(rows["block"]).sum().to_numpy()
    counted = run.table("margin_histogram").drop(columns="block").to_numpy().sum(axis=1)
    assert counted[1:].tolist() == held[:-1].tolist()
    assert len(set(counted.tolist())) > 1


def test_nobody_is_liquidatable_who_is_not_in_the_lower_bins(run: Recorded) -> None:
    """Bin 17 begins at the maintenance margin: 1 below, then 16 bins of an eighth of an octave."""
    below = run.table("margin_histogram").drop(columns="block").to_numpy()[:, :17].sum(axis=1)
    assert below.tolist() == run.system["liquidatable"].tolist()
    assert max(below) > 0


def test_the_shortfall_grows_by_what_the_liquidation_and_adl_tables_say(run: Recorded) -> None:
    shortfall = run.system["shortfall"]
    assert (shortfall.diff().dropna() >= 0).all() and shortfall.iloc[-1] > 0
    adl = run.table("adl")
    draws = [
        abs(price - mark) * abs(size) // WAD
        for price, mark, size in zip(adl["price"], adl["mark"], adl["size"], strict=True)
    ]
    paid = run.total("liquidations", "shortfall") + run.total("adl", "insurance_moved") + sum(draws)
    # A price is a rounded draw per unit, so each row may be off by its size.
    assert abs(paid - shortfall.iloc[-1]) <= sum(abs(size) for size in adl["size"]) // WAD + len(
        adl
    )
    assert run.quote("shortfall") == pytest.approx(shortfall.iloc[-1] / WAD, abs=1e-6)


def test_who_paid_is_told_alike_by_the_summary_and_the_tables(run: Recorded) -> None:
    for name in ("socialised", "deficit"):
        assert run.quote(name) == pytest.approx(run.total("liquidations", name) / WAD, abs=1e-6)
    used = run.total("liquidations", "from_insurance") + run.total("adl", "insurance_moved")
    assert run.quote("insurance_used") == pytest.approx(used / WAD, abs=1e-6)
    assert run.quote("adl_notional") == pytest.approx(run.total("adl", "notional") / WAD, abs=1e-6)
    forced = run.total("liquidations", "notional") + run.total("adl", "notional")
    assert run.quote("forced_notional") == pytest.approx(forced / WAD, abs=1e-3)


def test_the_two_runs_show_both_ways_to_pay(base: Recorded, asleep: Recorded) -> None:
    kinds = set(asleep.table("liquidations")["kind"])
    assert "close_out" in kinds and {"partial", "full"} & kinds
    assert len(base.table("adl")) > 0
    assert (base.table("adl")["candidate"] != "").any()
    assert (asleep.table("adl")["candidate"] == "").all(), "the fund's money alone"


def test_counts_of_the_summary_are_sums_over_the_blocks(run: Recorded) -> None:
    for name in ("transactions", "reverted", "not_included", "gas_used"):
        assert run.values[name] == run.system[name].sum()
    assert len(run.table("reverts")) == run.system[["reverted", "not_included"]].sum().sum()
    assert run.values["liquidations"] == (run.table("liquidations")["kind"] != "close_out").sum()
    assert run.values["underwater_max"] == run.system["underwater"].max()
    assert run.quote("latent_shortfall_max") == pytest.approx(run.system["latent_shortfall"].max())
    lowest = min(run.system["insurance"].min(), round(run.quote("insurance_start") * 1e6) * 10**12)
    assert run.quote("insurance_minimum") == pytest.approx(lowest / WAD, abs=1e-6)


def test_a_revert_is_recorded_with_who_what_and_why(base: Recorded) -> None:
    reverts = base.table("reverts")
    assert len(reverts) > 0
    known = set(base.accounts["account"])
    assert all(sender in known or sender.startswith("keeper ") for sender in reverts["sender"])
    assert reverts["action"].isin(["Fill", "Liquidate", "Deposit", "Deleverage", "CloseOut"]).all()
    assert (reverts["reason"] != "").all() and (reverts["gas_used"] > 21_000).all()
    failed = base.system.set_index("block")[["reverted", "not_included"]].sum(axis=1)
    assert reverts["block"].value_counts().to_dict() == failed[failed > 0].to_dict()
    sent = base.system.set_index("block")["transactions"][reverts["block"]]
    assert (reverts["transaction"].to_numpy() < sent.to_numpy()).all()


def test_the_cascade_is_diagnosed_in_blocks_with_forced_closures_and_only_there(
    run: Recorded,
) -> None:
    forced = set(run.table("liquidations")["block"]) | set(run.table("adl")["block"])
    system = run.system
    diagnosed = system[(system["rounds"] > 0) | (system["first_round_notional"] > 0)]
    assert set(diagnosed["block"]) <= forced and len(diagnosed) > 0
    assert (system["fixed_point_notional"] >= system["first_round_notional"] - 1e-6).all()
    extra = (system["fixed_point_notional"] - system["first_round_notional"]).max()
    share = extra / run.quote("opening_open_interest")
    assert run.quote("fixed_point_extra") == pytest.approx(share)


def test_the_first_round_of_a_diagnosis_is_whom_the_chain_would_liquidate_now() -> None:
    """With the true price in place of the oracle's, the first round would be another set."""
    play = Play(crash_hour(), SEED, "auto")
    diagnose = play.journal._diagnose
    compared: list[tuple[float, float]] = []

    def compare(view: View) -> tuple[float, float, int]:
        found = diagnose(view)
        compared.append((found[0], float(view.notional[view.liquidatable].sum())))
        return found

    play.journal._diagnose = compare  # type: ignore[method-assign]  # to listen in
    play.run(never, None)
    assert len(compared) >= 5
    assert [one for one, _ in compared] == pytest.approx([other for _, other in compared])


@pytest.mark.parametrize("market", MARKETS)
def test_what_longs_pay_shorts_get_and_it_is_the_rate_times_the_open_interest(
    run: Recorded, market: str
) -> None:
    system, funding = run.system, run.table("funding")
    assert (system[f"funding_long_{market}"] == -system[f"funding_short_{market}"]).all()
    accrued = funding[funding["market"] == market]
    interest = system[f"open_interest_{market}"].shift(1)
    paid = sum(
        payment / WAD * interest[block] / WAD
        for block, payment in zip(accrued["block"], accrued["payment_per_unit"], strict=True)
        if block > 0
    )
    first = system[f"funding_long_{market}"][0]
    last = system[f"funding_long_{market}"].iloc[-1]
    assert last - first == pytest.approx(paid, rel=1e-9) and paid != 0


def test_oracle_updates_are_what_the_system_stands_on(run: Recorded) -> None:
    updates = run.table("oracle_updates")
    for market in MARKETS:
        mine = updates[updates["market"] == market].groupby("block").last()
        for price in ("index", "mark"):
            stands = run.system.set_index("block")[f"{price}_{market}"]
            assert (stands[mine.index] == mine[price]).all()
    assert set(updates["kind"]) == {"index", "mark"}


def test_without_the_option_only_every_300_blocks_and_the_parties_of_closures_are_recorded(
    run: Recorded, tmp_path: Path
) -> None:
    sparse = record(tmp_path, str(run.values["variant"]), everybody=False)
    assert hashes_of(sparse, "system") == hashes_of(run, "system")
    key = ["block", "account"]
    rows = sparse.accounts
    assert not rows.duplicated(key).any()
    same = rows.merge(run.accounts, how="left", indicator=True)
    assert (same["_merge"] == "both").all(), "the same rows as when everybody is recorded"
    assert (rows["block"] == 0).sum() == ACCOUNTS
    closures = pd.concat([run.table("liquidations"), run.table("adl")])
    parties = {
        (block, party)
        for name in ("account", "liquidator", "candidate")
        for block, party in zip(closures["block"], closures[name], strict=True)
        if isinstance(party, str) and party and block > 0
    }
    recorded = set(map(tuple, rows[rows["block"] > 0][key].to_numpy()))
    assert parties <= recorded and len(recorded) < BLOCKS


def hashes_of(run: Recorded, table: str) -> object:
    manifest = load_run(run.folder).manifest
    tables = manifest["tables"]
    assert isinstance(tables, dict)
    return tables[table]["content_hash"]
