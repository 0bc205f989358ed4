"""verbs: as its documentation shows it, by its queue, and tuned with our ideas.

verbs moves its clock by itself, so its end state differs; the counts of transactions that succeed
are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.engine_rows import small_perp
from benchmarks.engine_rows.small_perp import KEEPER, WAD, IntegerOrders, SmallPerp
from benchmarks.engine_rows.workload import Workload
from simulator.chain.abi import address_word, selector
from simulator.types import Address, Float1D, Float2D

ABSENT = "verbs is not installed: run make bench-setup"
BALANCE_WEI = 10**20
ACCOUNT = selector("accounts(address)")
FUNDING_INDEX = selector("funding_index()")
FIRST_FEES = (2, 1)
"""Priority fees of a block's first transactions (price, quote): they come before all others."""

Transactions = list[Any]


def is_installed() -> bool:
    """Whether verbs can be imported."""
    try:
        import verbs  # noqa: F401
    except ImportError:
        return False
    return True


class Verbs:
    """Environments that all start from one snapshot after the set-up."""

    def __init__(self, workload: Workload) -> None:
        from verbs.envs import EmptyEnvGasPriority

        self._workload = workload
        # As quick as the shuffling environment (within 2 %), and the price comes first.
        self._environment = EmptyEnvGasPriority
        environment = EmptyEnvGasPriority(1)
        calls = [*workload.set_up, *(call for block in workload.blocks for call in block.calls)]
        for address in sorted({call.sender for call in calls}):
            environment.create_account(address, BALANCE_WEI)
        for call in workload.set_up:
            if call.target is None:
                environment.deploy_contract(call.sender, "contract", call.data)
            else:
                environment.execute(call.sender, call.target, call.data, 0)
        self._snapshot = environment.export_snapshot()

    def fresh(self) -> Any:
        """A new environment after the set-up."""
        return self._environment(1, snapshot=self._snapshot)

    def packed(self, index: int) -> Transactions:
        """A block's transactions, packed by hand."""
        calls = self._workload.pack_by_hand(index)
        transactions: Transactions = [(*call, False, None, None, None) for call in calls]
        for place, fee in enumerate(FIRST_FEES):
            transactions[place] = (*calls[place], False, fee, None, None)
        return transactions

    def trade_sequence(self, environment: Any) -> None:
        """All blocks through the queue, packing included."""
        for index in range(len(self._workload.blocks)):
            environment.submit_transactions(self.packed(index))
            environment.process_block()

    def ready(self) -> list[Transactions]:
        """All blocks packed beforehand."""
        return [self.packed(index) for index in range(len(self._workload.blocks))]

    def ready_sequence(self, environment: Any, blocks: list[Transactions]) -> None:
        for transactions in blocks:
            environment.submit_transactions(transactions)
            environment.process_block()

    def check_counts(self, succeeded: int) -> None:
        """Run once and raise unless as many transactions succeed as on our engine."""
        environment = self.fresh()
        self.trade_sequence(environment)
        environment.process_block()  # the history ends before the last block
        # Every success logs something, and `success` of the history is True for reverted ones.
        theirs = sum(1 for event in environment.get_event_history() if event[2])
        if theirs != succeeded:
            raise SystemExit(f"verbs: {theirs} transactions succeeded instead of {succeeded}")


class VerbsSteps(Verbs):
    """Full steps on SmallPerp: trades, price, and the health of all accounts in Python."""

    def __init__(self, exchange: SmallPerp) -> None:
        import verbs.abi

        super().__init__(exchange)
        self._exchange = exchange
        # It renames overloaded entries in place.
        entries = [dict(entry) for entry in exchange.artifact.abi]
        self._abi = verbs.abi.get_abi("SmallPerp", entries)

    def tuned(self, environment: Any) -> list[Float1D]:
        """Queue, hand packing, only touched accounts read again, health of all in numpy."""
        exchange = self._exchange
        state = np.array([self._account(environment, trader) for trader in exchange.traders])
        answers = []
        with np.errstate(divide="ignore"):
            for index, orders in enumerate(exchange.integers):
                environment.submit_transactions(self.packed(index))
                environment.process_block()
                answers.append(self._healths(environment, state, orders))
        return answers

    def _healths(self, environment: Any, state: Float2D, orders: IntegerOrders) -> Float1D:
        addresses = self._exchange.traders
        touched = [self._account(environment, addresses[trader]) for trader in orders.traders]
        state[orders.traders] = touched
        output = environment.call(KEEPER, self._exchange.perp, FUNDING_INDEX, 0)[0]
        funding = int.from_bytes(output, "big", signed=True) / WAD
        margins, sizes, costs, checkpoints = state.T
        price = orders.price / WAD
        return small_perp.healths(margins, sizes, costs, checkpoints, price, funding)

    def _account(self, environment: Any, address: Address) -> list[float]:
        call = ACCOUNT + address_word(address)
        output = bytes(environment.call(KEEPER, self._exchange.perp, call, 0)[0])
        words = (output[at : at + 32] for at in (0, 32, 64, 96))
        return [int.from_bytes(word, "big", signed=True) / WAD for word in words]

    def documented(self, environment: Any) -> list[list[float]]:
        """Agents in a Sim, its own ABI encoding, and one health call per agent and step."""
        from verbs.sim import Sim

        sim = Sim(1, environment, self._agents())
        records = sim.run(len(self._exchange.blocks), show_progress=False)
        return [record[1:] for record in records]

    def _agents(self) -> Sequence[Any]:
        exchange = self._exchange
        orders: list[dict[int, tuple[int, int]]] = [{} for _ in exchange.traders]
        for step, block in enumerate(exchange.integers):
            for trader, size, limit in zip(block.traders, block.sizes, block.limits, strict=True):
                orders[trader][step] = (size, limit)
        prices = [block.price for block in exchange.integers]
        make_keeper, make_trader = _agent_classes(self._abi, exchange.perp)
        pairs = zip(exchange.traders, orders, strict=True)
        return [make_keeper(prices), *(make_trader(trader, theirs) for trader, theirs in pairs)]


def _agent_classes(abi: Any, perp: Address) -> tuple[Any, Any]:
    """Agents in the style of verbs' documentation; their base class needs verbs."""
    from verbs.sim import BaseAgent

    class Keeper(BaseAgent):  # type: ignore[misc]
        def __init__(self, prices: list[int]) -> None:
            self.prices, self.step = prices, 0

        def update(self, rng: Any, env: Any) -> Transactions:
            price = self.prices[self.step]
            self.step += 1
            fee = FIRST_FEES[0]
            call = abi.set_price.transaction(KEEPER, perp, [price], False, gas_priority_fee=fee)
            return [call]

        def record(self, env: Any) -> float:
            return self.prices[self.step - 1] / WAD

    class Trader(BaseAgent):  # type: ignore[misc]
        def __init__(self, address: Address, orders: dict[int, tuple[int, int]]) -> None:
            self.address, self.orders, self.step = address, orders, 0

        def update(self, rng: Any, env: Any) -> Transactions:
            order = self.orders.get(self.step)
            self.step += 1
            if order is None:
                return []
            return [abi.trade.transaction(self.address, perp, list(order), checked=False)]

        def record(self, env: Any) -> float:
            (health,), _, _ = abi.health.call(env, self.address, perp, [self.address])
            return float(health / WAD)

    return Keeper, Trader
