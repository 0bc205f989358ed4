"""Dated rules: what a table allows, and that a date without one is an error."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from simulator.errors import InvalidArgument
from simulator.risk import (
    ClientAccount,
    Holding,
    PolicyTables,
    Violation,
    close_out_due,
    leverage_allowed,
    load_policy_tables,
    policy_table,
    policy_violations,
)

DAY = date(2019, 5, 1)


@pytest.fixture
def tables() -> PolicyTables:
    return load_policy_tables()


def names(found: list[Violation]) -> list[str]:
    return [violation.rule for violation in found]


def account(*holdings: Holding, equity: float = 1000.0, required: float = 1000.0) -> ClientAccount:
    return ClientAccount(holdings, equity, required)


def test_the_cap_itself_is_allowed_and_one_cent_of_margin_less_is_not(tables: PolicyTables) -> None:
    esma = policy_table(tables, "esma", DAY)
    assert leverage_allowed(10_000, 5000, "crypto", esma)
    assert not leverage_allowed(10_000, Decimal("4999.99"), "crypto", esma)
    assert leverage_allowed(30_000, 1000, "major_fx", esma)
    assert not leverage_allowed(Decimal("30000.01"), 1000, "major_fx", esma)
    assert leverage_allowed(10**9, 0, "weather", esma)  # a class without a cap
    assert leverage_allowed(0, 0, "crypto", esma) and not leverage_allowed(1, 0, "crypto", esma)
    assert esma.minimum_margin_share("other_commodity") == Fraction(1, 10)
    assert esma.minimum_margin_share("weather") is None


def test_close_out_is_due_at_half_of_the_required_margin(tables: PolicyTables) -> None:
    esma = policy_table(tables, "esma", DAY)
    due = [close_out_due(equity, 5000, esma) for equity in (2501, 2500, 2499, -1)]
    assert due == [False, True, True, True]
    assert not close_out_due(0, 0, esma)  # nothing is open
    assert not close_out_due(0, 5000, policy_table(tables, "japan", date(2021, 1, 1)))


def test_a_table_counts_from_its_first_to_its_last_day(tables: PolicyTables) -> None:
    assert policy_table(tables, "esma", date(2018, 8, 1)).verified
    policy_table(tables, "esma", date(2019, 7, 31))
    policy_table(tables, "uk", date(2021, 1, 6))
    policy_table(tables, "japan", date(2030, 1, 1))
    for jurisdiction, day in (
        ("esma", date(2018, 7, 31)),
        ("esma", date(2019, 8, 1)),
        ("uk", date(2021, 1, 5)),
    ):
        with pytest.raises(InvalidArgument, match="day"):
            policy_violations(account(), jurisdiction, day, tables)


def test_what_has_no_table_is_an_error_and_not_a_pass(tables: PolicyTables) -> None:
    for jurisdiction in ("us", "singapore", "eu"):
        with pytest.raises(InvalidArgument, match="named only"):
            policy_violations(account(), jurisdiction, DAY, tables)
    with pytest.raises(InvalidArgument, match="there are esma, japan, uk"):
        policy_violations(account(), "mars", DAY, tables)
    with pytest.raises(InvalidArgument, match="professional"):
        policy_violations(account(), "esma", DAY, tables, client="professional")
    with pytest.raises(InvalidArgument, match="day"):
        policy_violations(account(), "esma", datetime(2019, 5, 1), tables)


def test_violations_are_listed_with_their_source(tables: PolicyTables) -> None:
    good = Holding("crypto", 2000, 1000)
    assert policy_violations(account(good), "esma", DAY, tables) == []
    bad = account(good, Holding("equity", 5001, 1000), equity=-5, required=100)
    found = policy_violations(bad, "esma", DAY, tables)
    assert names(found) == ["leverage", "close-out", "negative balance"]
    assert "5001" in found[0].detail and "at most 5x" in found[0].detail
    assert [violation.detail for violation in found[1:]] == [
        "equity -5 on a required margin of 100",
        "the client owes 5",
    ]
    assert "ESMA" in found[0].source and found[0].verified
    assert names(policy_violations(account(equity=0, required=0), "esma", DAY, tables)) == []
    assert names(policy_violations(account(equity=-1, required=0), "esma", DAY, tables)) == [
        "negative balance"
    ]


def test_a_banned_class_is_a_violation_at_any_leverage(tables: PolicyTables) -> None:
    held = account(Holding("crypto", 100, 100), Holding("equity", 100, 1))
    found = policy_violations(held, "uk", date(2021, 1, 6), tables)
    assert names(found) == ["banned"] and not found[0].verified
    # No protection is part of that table, so a debt is no violation of it.
    assert names(policy_violations(account(equity=-1), "uk", date(2022, 1, 1), tables)) == []
    japan = policy_violations(
        account(Holding("crypto", 201, 100)), "japan", DAY.replace(2020), tables
    )
    assert names(japan) == ["leverage"]


def test_amounts_that_cannot_be_are_refused(tables: PolicyTables) -> None:
    esma = policy_table(tables, "esma", DAY)
    for notional, margin in ((-1, 1), (1, -1), (float("nan"), 1), (1, float("inf"))):
        with pytest.raises(InvalidArgument):
            leverage_allowed(notional, margin, "crypto", esma)
    for equity, required in ((float("nan"), 1), (1, -1), (Decimal("inf"), 1)):
        with pytest.raises(InvalidArgument):
            close_out_due(equity, required, esma)


TABLE = """
[[tables]]
jurisdiction = "here"
client = "retail"
from = {first}
to = {last}
source = "test"
verified = "no"
caps = {{ crypto = {cap} }}
close_out_share = {share}
negative_balance_protection = true
banned = []
"""


def written(tmp_path: Path, *entries: str) -> Path:
    path = tmp_path / "tables.toml"
    path.write_text("".join(entries), encoding="utf-8")
    return path


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(InvalidArgument) as refused:
        call()
    return str(refused.value)


def entry(first: str = "2020-01-01", last: str = '""', cap: str = "2", share: str = "0.5") -> str:
    return TABLE.format(first=first, last=last, cap=cap, share=share)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (entry(cap="0"), "tables[0].caps.crypto = '0': must be above 0"),
        (entry(cap="-1"), "tables[0].caps.crypto = '-1': must be above 0"),
        (entry(share="1.01"), "tables[0].close_out_share = '101/100': must be in [0, 1]"),
        (entry(share="-0.1"), "tables[0].close_out_share = '-1/10': must be in [0, 1]"),
        (
            entry(last="2019-12-31"),
            "tables[0].to = '2019-12-31': must not be before its first day",
        ),
        (
            entry(first='"2020-01-01"'),
            "tables[0].from = '2020-01-01': must be a date such as 2018-08-01",
        ),
        (
            entry(first="2020-01-01T00:00:00"),
            "tables[0].from = datetime.datetime(2020, 1, 1, 0, 0): "
            "must be a date such as 2018-08-01",
        ),
        (entry(last="0"), "tables[0].to = 0: must be a date such as 2018-08-01"),
        (
            entry() + entry(first="2021-01-01"),
            "tables[1] = 'here, retail': overlaps an earlier table",
        ),
        (
            entry(first="2021-01-01") + entry(last="2021-01-01"),
            "tables[1] = 'here, retail': overlaps an earlier table",
        ),
    ],
)
def test_tables_that_cannot_be_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    assert refusal(lambda: load_policy_tables(path)) == message


@pytest.mark.parametrize(
    "field",
    [
        "jurisdiction",
        "client",
        "from",
        "to",
        "source",
        "verified",
        "caps",
        "negative_balance_protection",
        "banned",
    ],
)
def test_a_table_without_a_field_is_refused_by_its_name(tmp_path: Path, field: str) -> None:
    path = written(tmp_path, entry().replace(f"\n{field} =", f"\nnot_{field} ="))
    assert refusal(lambda: load_policy_tables(path)) == f"tables[0].{field} = None: is missing"


def test_refusals_name_what_was_asked_and_why(tables: PolicyTables) -> None:
    esma = policy_table(tables, "esma", DAY)
    assert [
        refusal(lambda: leverage_allowed(-1, 1, "crypto", esma)),
        refusal(lambda: leverage_allowed(1, float("inf"), "crypto", esma)),
        refusal(lambda: close_out_due(1, -2, esma)),
        refusal(lambda: close_out_due(float("nan"), 1, esma)),
        refusal(lambda: policy_violations(account(equity=float("nan")), "uk", DAY, tables)),
        refusal(lambda: policy_table(tables, "singapore", DAY)),
        refusal(lambda: policy_table(tables, "mars", DAY)),
        refusal(lambda: policy_table(tables, "esma", datetime(2019, 5, 1))),
    ] == [
        "notional = -1: must be at least 0",
        "margin = inf: must be finite",
        "required_margin = -2: must be at least 0",
        "equity = nan: must be finite",
        "day = '2019-05-01': no table of uk for retail clients is in force on that day",
        "jurisdiction = 'singapore': is named only, without rules: MAS",
        "jurisdiction = 'mars': has no table for retail clients; there are esma, japan, uk",
        "day = datetime.datetime(2019, 5, 1, 0, 0): must be a date without a time",
    ]
    broke = account(equity=float("nan"), required=0)
    assert refusal(lambda: policy_violations(broke, "esma", DAY, tables)).startswith("equity = nan")


def test_tables_that_follow_each_other_are_told_apart(tmp_path: Path) -> None:
    later = entry(first="2021-01-01", cap="3.5", share="1")
    path = written(tmp_path, entry(last="2020-12-31"), later)
    both = load_policy_tables(path)
    assert policy_table(both, "here", date(2020, 12, 31)).caps["crypto"] == 2
    following = policy_table(both, "here", date(2021, 1, 1))
    assert following.caps["crypto"] == Fraction(7, 2) and following.close_out_share == 1
    half = entry(cap="0.1", share="0.1")
    assert load_policy_tables(written(tmp_path, half)).tables[0].caps["crypto"] == Fraction(1, 10)
    one_day = load_policy_tables(written(tmp_path, entry(last="2020-01-01", share="0")))
    assert policy_table(one_day, "here", date(2020, 1, 1)).close_out_share == 0
    assert load_policy_tables(written(tmp_path, "")).tables == ()
