"""What the engine benchmark measures is what it says; nothing is timed here."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from benchmarks.engine_rows import bare, results, sequences
from benchmarks.engine_rows.matched_perp import MatchedPerp
from benchmarks.engine_rows.results import ROWS, Results
from benchmarks.engine_rows.small_perp import WAD, SmallPerp
from benchmarks.engine_rows.workload import Workload, batch_of, fresh_chain
from simulator.chain import open_chain

pytest.importorskip("underwater_evm", reason="the engine is not built; `make engine` builds it")

NO_POSITION = 2**255 - 1


@pytest.fixture(scope="module")
def exchange() -> SmallPerp:
    return SmallPerp()


def test_738_of_the_5100_transactions_revert(exchange: SmallPerp) -> None:
    _, succeeded = sequences.counted(fresh_chain(exchange), exchange.blocks)
    assert (sum(len(block.batch) for block in exchange.blocks), succeeded) == (5_100, 5_100 - 738)


@pytest.mark.parametrize("make", [SmallPerp, MatchedPerp])
def test_what_is_packed_in_the_timer_is_what_the_peers_get(make: type[Workload]) -> None:
    workload = make(3)  # type: ignore[call-arg]  # a protocol says nothing of construction
    for index, block in enumerate(workload.blocks):
        packed = workload.pack(index)
        for field in dataclasses.fields(packed):
            ours, ready = getattr(packed, field.name), getattr(block.batch, field.name)
            np.testing.assert_array_equal(ours, ready, err_msg=field.name)
        assert [tuple(call) for call in workload.pack_by_hand(index)] == [
            dataclasses.astuple(call) for call in block.calls
        ]


def test_the_mirror_has_the_health_that_the_contract_computes(exchange: SmallPerp) -> None:
    chain = fresh_chain(exchange)
    short = SmallPerp(12)
    healths = sequences.steps(chain, short)[-1]
    views = short.views()
    held = 0
    for row in range(len(views)):
        data = views.data[views.data_offsets[row] : views.data_offsets[row + 1]].tobytes()
        answer = int.from_bytes(chain.call(short.perp, data), "big", signed=True)
        if answer == NO_POSITION:
            assert np.isinf(healths[row])
            continue
        held += 1
        assert healths[row] == pytest.approx(answer / WAD, rel=1e-12)
    assert held > 150


def test_the_order_of_a_blocks_trades_decides_nothing(exchange: SmallPerp) -> None:
    """Some peers shuffle them."""
    chain = fresh_chain(exchange)
    for block in exchange.blocks[:20]:
        chain.set_block(block.environment)
        shuffled = chain.clone()
        price, *trades = block.calls
        order = np.random.default_rng(block.environment.number).permutation(len(trades))
        batch = batch_of([price, *(trades[place] for place in order)])
        statuses = chain.execute(block.batch).status[1:]
        np.testing.assert_array_equal(shuffled.execute(batch).status[1:], statuses[order])


def test_the_bare_loops_script_holds_every_transaction() -> None:
    exchange = SmallPerp(2)
    raw = bare.script(exchange)
    assert int.from_bytes(raw[:8], "little") == 1 + 2
    assert raw.count(exchange.perp) >= 2 * 51
    sizes = [len(call.data) for call in exchange.set_up]
    sizes += [len(call.data) for block in exchange.blocks for call in block.calls]
    assert len(raw) == 8 + 3 * 24 + len(sizes) * (20 + 1 + 20 + 16) + sum(sizes)


def test_a_row_knows_its_aim_its_limit_and_a_miss() -> None:
    above = next(row for row in ROWS if row.key == "trade_vs_verbs")
    below = next(row for row in ROWS if row.key == "step_vs_bare")
    assert [above.verdict(figure) for figure in (3.0, 2.9, 2.1)] == ["aim", "limit", "MISSED"]
    assert [below.verdict(figure) for figure in (1.15, 1.16, 1.41)] == ["aim", "limit", "MISSED"]


def test_what_was_not_measured_is_null_and_said_once() -> None:
    small, matched = Results(), Results()
    small.figures["trade_vs_verbs"] = 2.5
    for one in (small, matched):
        one.note("verbs is not installed")
    answer = results.document(small, matched, "a machine")
    assert answer["trade_vs_verbs"] == 2.5
    assert all(answer[key] is None for key in results.KEYS if key != "trade_vs_verbs")
    assert answer["notes"] == ["verbs is not installed"]
    shown = results.lines(small, matched, "a machine")
    assert sum("verbs is not installed" in line for line in shown) == 1


def test_the_set_up_of_the_reference_exchange_is_recorded_whole() -> None:
    workload = MatchedPerp(1)
    chain = fresh_chain(workload)
    gas, succeeded = sequences.counted(chain, workload.blocks)
    assert succeeded == len(workload.blocks[0].batch)
    assert gas > 100_000 * succeeded
    assert open_chain("revm").code(workload.exchange.perp) == b""
