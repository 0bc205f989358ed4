"""Steps survive the way to a finding file and back, and read as sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.step_rows import from_row, to_row
from audits.step_words import in_words
from audits.steps import FORMS, Names, Step, Wait, action_name
from simulator.agent import (
    ADL_KEEPER,
    FUNDING_KEEPER,
    Accrue,
    CloseOut,
    Deleverage,
    Deposit,
    Fill,
    FundInsurance,
    Liquidate,
    Quote,
    Settle,
    UpdatePrice,
    Withdraw,
)
from simulator.errors import InputError

WAD = 10**18
NAMES = Names(("trader", "maker", "rival"), ("ETH", "BTC"))

accounts = st.integers(0, 2)
markets = st.integers(0, 1)
amounts = st.integers(0, 10**40)
signed_amounts = st.integers(-(10**40), 10**40)
some_accounts = st.lists(accounts, max_size=3, unique=True).map(tuple)
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(Wait, amounts),
    st.builds(UpdatePrice, markets, st.integers(1, 10**40), signed_amounts),
    st.builds(Accrue, markets, st.sampled_from([0, FUNDING_KEEPER])),
    st.builds(Deposit, accounts, amounts),
    st.builds(Withdraw, accounts, amounts),
    st.builds(FundInsurance, accounts, amounts),
    st.builds(Quote, accounts, markets, amounts, amounts, amounts, amounts),
    st.builds(Fill, accounts, accounts, markets, signed_amounts, amounts),
    st.builds(Settle, accounts, accounts),
    st.builds(Liquidate, accounts, accounts, markets, amounts),
    st.builds(Deleverage, accounts, markets, some_accounts, st.sampled_from([0, ADL_KEEPER])),
    st.builds(CloseOut, accounts, markets, some_accounts),
)


@given(steps)
def test_a_step_read_back_from_its_row_is_the_same_step(step: Step) -> None:
    assert from_row(to_row(step, NAMES), NAMES, "steps[1]") == step


@given(steps)
def test_every_step_but_a_wait_is_one_line_in_words(step: Step) -> None:
    lines = in_words([Wait(3_600), step, Settle(0, 0)], NAMES)
    assert len(lines) == (1 if isinstance(step, Wait) else 2)
    assert isinstance(step, Wait) or lines[0].startswith("t=+1 h ")


def test_a_wait_at_the_end_is_told() -> None:
    assert in_words([Settle(0, 0), Wait(60)], NAMES)[-1] == "t=+1 min nothing else has happened"


def test_the_words_carry_actor_amount_and_time() -> None:
    story: list[Step] = [
        Quote(1, 0, 0, 0, 201 * WAD, 5 * WAD),
        Fill(0, 1, 0, 5 * WAD, 201 * WAD),
        Wait(3_600),
        Withdraw(0, 1_234_500_000),
        UpdatePrice(1, 8_000 * WAD, -WAD // 100),
        Fill(0, 1, 0, -5 * WAD, 0),
    ]
    assert in_words(story, NAMES) == (
        "t=+0 s maker asks 201 for 5 in ETH",
        "t=+0 s trader buys 5 ETH from maker",
        "t=+1 h trader withdraws 1,234.5",
        "t=+1 h BTC index is written as 8,000, basis -1 %",
        "t=+1 h trader sells 5 ETH to maker",
    )


def test_every_action_has_its_form_and_its_phrase() -> None:
    from audits.step_words import _PHRASES

    assert list(_PHRASES) == list(FORMS)
    assert action_name(Wait(1)) == "wait"
    assert action_name(UpdatePrice(0, WAD, 0)) == "price"


@pytest.mark.parametrize(
    ("row", "field", "value"),
    [
        ("text", "steps[4]", "text"),
        ({"wait": "60"}, "steps[4].wait", "60"),
        ({"wait": -1}, "steps[4].wait", -1),
        ({"wait": True}, "steps[4].wait", True),
        ({"wait": 1, "actor": "trader"}, "steps[4].actor", "trader"),
        ({"market": "ETH", "price": "0", "basis": "0"}, "steps[4].price", "0"),
        ({"market": "SOL", "price": "1", "basis": "0"}, "steps[4].market", "SOL"),
        ({"market": "ETH", "price": "1"}, "steps[4].basis", None),
        ({"actor": "trader", "action": "steal"}, "steps[4].action", "steal"),
        ({"actor": "nobody", "action": "withdraw", "amount": "1"}, "steps[4].actor", "nobody"),
        ({"actor": "trader", "action": "withdraw", "amount": 1}, "steps[4].amount", 1),
        ({"actor": "trader", "action": "withdraw", "amount": "-1"}, "steps[4].amount", "-1"),
        ({"actor": "trader", "action": "withdraw", "amount": "x"}, "steps[4].amount", "x"),
        (
            {"actor": "trader", "action": "withdraw", "amount": "0.0000001"},
            "steps[4].amount",
            "0.0000001",
        ),
        ({"actor": "trader", "action": "withdraw"}, "steps[4].amount", None),
        (
            {
                "actor": "adl keeper",
                "action": "close_out",
                "account": "trader",
                "market": "ETH",
                "counterparties": "maker, ghost",
            },
            "steps[4].counterparties",
            "ghost",
        ),
    ],
)
def test_a_bad_row_is_refused_with_field_and_value(row: object, field: str, value: object) -> None:
    with pytest.raises(InputError) as refusal:
        from_row(row, NAMES, "steps[4]")
    assert (refusal.value.field, refusal.value.value) == (field, value)
