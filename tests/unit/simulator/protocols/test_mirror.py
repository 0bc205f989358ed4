"""The mirror: exact and float state from watched slots, without a view call."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from simulator.chain.abi import address_word, int_at, selector, uint_word
from simulator.chain.base import Batch
from simulator.errors import ChainError
from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.layout import balance_slots
from simulator.protocols.matched_perp.mirror import Mirror
from simulator.protocols.matched_perp.session import Session, address_of
from simulator.units import TOKEN, WAD, words_to_integers

NAMES = ("maker", "trader", "rival", "liquidator")
MAKER, TRADER, RIVAL = 0, 1, 2


@pytest.fixture
def mirror(exchange: Session) -> Mirror:
    return Mirror(exchange.chain, exchange.deployment, [address_of(name) for name in NAMES])


def run(exchange: Session, mirror: Mirror, calls: Sequence[tuple[str, bytes]]) -> list[int]:
    """A batch of calls to the exchange; the rows that changed."""
    senders = [address_of(name) for name, _ in calls]
    targets = [exchange.deployment.perp] * len(calls)
    batch = Batch.of(senders, targets, [data for _, data in calls], 2_000_000)
    return [int(row) for row in mirror.apply(exchange.chain.execute(batch))]


def trade(size: int = 10 * WAD) -> list[tuple[str, bytes]]:
    quote = encode.quote(0, 200 * WAD, abs(size), 200 * WAD, abs(size))
    return [("maker", quote), ("trader", encode.fill(address_of("maker"), 0, size, 200 * WAD))]


def test_it_starts_with_what_is_on_chain(mirror: Mirror) -> None:
    assert mirror.margins.tolist() == [10_000.0] * 4
    assert mirror.mark_prices.tolist() == [200.0, 8_000.0]
    assert mirror.custody == 40_000 * WAD
    assert mirror.custody_residual() == 0


def test_a_batch_changes_exact_numbers_floats_and_names_the_rows(
    exchange: Session, mirror: Mirror
) -> None:
    assert run(exchange, mirror, trade()) == [MAKER, TRADER]
    assert mirror.size(TRADER, 0) == 10 * WAD and mirror.sizes[TRADER, 0] == 10.0
    assert mirror.cost(MAKER, 0) == 2_000 * WAD and mirror.costs[MAKER, 0] == 2_000.0
    assert mirror.margin(TRADER) == exchange.margin("trader")
    assert (mirror.held(TRADER), mirror.held(RIVAL)) == (1, 0)
    assert mirror.open_interest(0) == 10 * WAD
    assert mirror.recompute(exchange.chain) == []


def test_float_views_stay_valid(exchange: Session, mirror: Mirror) -> None:
    sizes = mirror.sizes
    run(exchange, mirror, trade())
    assert sizes[TRADER].tolist() == [10.0, 0.0]


def test_an_empty_batch_changes_nothing(exchange: Session, mirror: Mirror) -> None:
    assert run(exchange, mirror, [("trader", encode.withdraw(0))]) == []


def test_equity_and_requirements_are_those_of_the_rules(exchange: Session, mirror: Mirror) -> None:
    run(exchange, mirror, trade())
    exchange.price(190 * WAD)
    mirror.reload(exchange.chain)
    assert mirror.settled_equity(TRADER) == mirror.margin(TRADER) - 100 * WAD
    assert mirror.notional(TRADER) == 1_900 * WAD
    assert mirror.initial(TRADER) == 190 * WAD
    assert mirror.maintenance(TRADER) == 11_875 * WAD // 100
    assert mirror.equity_at(TRADER, [300 * WAD, WAD]) == mirror.margin(TRADER) + 1_000 * WAD


def test_pending_funding_is_what_settling_would_charge(exchange: Session, mirror: Mirror) -> None:
    run(exchange, mirror, trade())
    exchange.price(200 * WAD, basis=WAD // 100)
    mirror.reload(exchange.chain)
    exchange.wait(5_000)
    mirror.timestamp = exchange.chain.block.timestamp
    expected = {row: mirror.settled_margin(row) for row in (MAKER, TRADER)}
    owed = mirror.pending(TRADER)
    assert owed > 0 and mirror.pending(MAKER) == -owed
    assert mirror.pendings()[TRADER, 0] == pytest.approx(owed / 1e18, rel=1e-12)
    assert mirror.funding_index(0) > mirror.stored_funding_index(0)
    run(exchange, mirror, [("rival", encode.settle(address_of(n))) for n in ("maker", "trader")])
    assert {row: mirror.margin(row) for row in expected} == expected
    assert mirror.pending(TRADER) == 0


def test_reload_follows_a_revert_of_the_chain(exchange: Session, mirror: Mirror) -> None:
    before = mirror.words(range(4))
    snapshot = exchange.chain.snapshot()
    run(exchange, mirror, trade())
    assert not np.array_equal(mirror.words(range(4)), before)
    exchange.chain.revert(snapshot)
    assert mirror.recompute(exchange.chain) != []
    mirror.reload(exchange.chain)
    assert np.array_equal(mirror.words(range(4)), before)
    assert mirror.recompute(exchange.chain) == []


def test_words_are_the_exact_state(exchange: Session, mirror: Mirror) -> None:
    run(exchange, mirror, trade(-10 * WAD))
    words = mirror.words([TRADER])
    assert words.shape == (1, 2 + 3 * 2, 4)
    margin = exchange.margin("trader")
    values = words_to_integers(words[0], signed=True)
    assert values == [margin, 1, -10 * WAD, 2_000 * WAD, 0, 0, 0, 0]


def test_a_donation_is_a_surplus_unless_it_is_counted_apart(
    exchange: Session, mirror: Mirror
) -> None:
    gift = encode.transfer(exchange.deployment.perp, 7 * TOKEN)
    exchange.chain.transact(address_of("rival"), exchange.deployment.token, gift)
    mirror.reload(exchange.chain)
    assert mirror.custody_residual() == 7 * WAD
    assert mirror.zero_sum_residual([WAD, WAD]) == -7 * WAD
    mirror.donated = 7 * TOKEN
    assert mirror.custody_residual() == 0


def test_a_position_out_of_nothing_shows_in_every_residual(
    exchange: Session, mirror: Mirror
) -> None:
    run(exchange, mirror, trade())
    perp, layout = exchange.deployment.perp, exchange.deployment.perp_artifact.storage_layout
    exchange.chain.set_storage(perp, layout["markets"].slot, 11 * WAD)
    mirror.reload(exchange.chain)
    assert mirror.open_interest_residual(0) == WAD
    assert mirror.open_interest_residual(1) == 0


def test_two_mirrors_on_one_chain_do_not_disturb_each_other(
    exchange: Session, mirror: Mirror
) -> None:
    second = Mirror(exchange.chain, exchange.deployment, [address_of("trader")])
    batch = Batch.of([address_of("trader")], [exchange.deployment.perp], [encode.deposit(5)], 10**6)
    receipts = exchange.chain.execute(batch)
    assert [mirror.apply(receipts).tolist(), second.apply(receipts).tolist()] == [[TRADER], [0]]
    assert second.margin(0) == mirror.margin(TRADER) == exchange.margin("trader")


def test_foreign_slots_between_the_mirrors_own_are_refused(
    exchange: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = type(exchange.chain).watch
    slots = balance_slots(exchange.deployment, [address_of("trader")])

    def intruding(chain: object, address: bytes, wanted: object) -> int:
        watch(exchange.chain, exchange.deployment.token, slots)
        return watch(exchange.chain, address, wanted)  # type: ignore[arg-type]

    monkeypatch.setattr(type(exchange.chain), "watch", intruding)
    with pytest.raises(ChainError, match="not consecutive"):
        Mirror(exchange.chain, exchange.deployment, [address_of("trader")])


def test_the_getters_agree_with_the_mirror(exchange: Session, mirror: Mirror) -> None:
    run(exchange, mirror, trade())
    for row, name in enumerate(NAMES):
        key = address_word(address_of(name)) + uint_word(0)
        call = selector("positions(address,uint256)") + key
        data = exchange.chain.call(exchange.deployment.perp, call)
        stored = (mirror.size(row, 0), mirror.cost(row, 0), mirror.checkpoint(row, 0))
        assert stored == tuple(int_at(data, word) for word in range(3))
