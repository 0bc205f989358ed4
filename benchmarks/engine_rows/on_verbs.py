"""The scenario on verbs: as its documentation shows it, by its queue, and tuned with our ideas.

verbs shuffles the transactions of a block and moves its clock by itself, so its end state differs;
the counts of transactions that succeed are the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.engine_rows.scenario import (
    ACCOUNTS,
    DEPLOYER,
    HEALTH,
    KEEPER,
    SET_PRICE,
    TRADE,
    Scenario,
)
from simulator.chain.abi import address_word, selector
from simulator.types import Float1D

VERSION = "0.4.1"
BALANCE_WEI = 10**20
WAD = 1e18
Integers = tuple[int, list[int], list[int], list[int]]
ACCOUNT = selector("accounts(address)")
FUNDING_INDEX = selector("funding_index()")


def find() -> bool:
    """Whether verbs can be imported."""
    try:
        import verbs  # noqa: F401
    except ImportError:
        return False
    return True


class Verbs:
    """Environments that all start from one snapshot after the set-up."""

    def __init__(self, scenario: Scenario) -> None:
        import verbs.abi
        from verbs.envs import EmptyEnvRandom

        self._scenario = scenario
        self._integers = [orders.integers() for orders in scenario.blocks]
        self._environment = EmptyEnvRandom
        environment = EmptyEnvRandom(1)
        for address in (DEPLOYER, KEEPER, *scenario.traders):
            environment.create_account(address, BALANCE_WEI)
        for call in scenario.set_up:
            if call.target is None:
                environment.deploy_contract(call.sender, "contract", call.data)
            else:
                environment.execute(call.sender, call.target, call.data, 0)
        self._snapshot = environment.export_snapshot()
        # It renames overloaded entries in place.
        self._abi = verbs.abi.get_abi("SmallPerp", [dict(entry) for entry in scenario.artifact.abi])

    def fresh(self) -> Any:
        """A new environment after the set-up."""
        return self._environment(1, snapshot=self._snapshot)

    # --- the queue -------------------------------------------------------------------------------

    def _submit(self, environment: Any, integers: Integers) -> None:
        price, traders, sizes, limits = integers
        perp, addresses = self._scenario.perp, self._scenario.traders
        call = SET_PRICE + price.to_bytes(32, "big")
        calls: list[Any] = [(KEEPER, perp, call, False, None, None, None)]
        for trader, size, limit in zip(traders, sizes, limits, strict=True):
            call = TRADE + size.to_bytes(32, "big", signed=True) + limit.to_bytes(32, "big")
            calls.append((addresses[trader], perp, call, False, None, None, None))
        environment.submit_transactions(calls)

    def trade_sequence(self, environment: Any) -> None:
        """All blocks through the queue, packed by hand."""
        for integers in self._integers:
            self._submit(environment, integers)
            environment.process_block()

    def ready(self) -> list[list[Any]]:
        """The same transactions made beforehand."""
        return [
            [(c.sender, c.target, c.data, False, None, None, None) for c in self._scenario.calls(o)]
            for o in self._scenario.blocks
        ]

    def run_ready(self, environment: Any, blocks: list[list[Any]]) -> None:
        for calls in blocks:
            environment.submit_transactions(calls)
            environment.process_block()

    # --- full steps ------------------------------------------------------------------------------

    def tuned_steps(self, environment: Any) -> list[Float1D]:
        """Queue, hand packing, only touched accounts read again, health of all in numpy."""
        perp, addresses = self._scenario.perp, self._scenario.traders
        state = np.zeros((ACCOUNTS, 4))
        for trader in range(ACCOUNTS):
            state[trader] = self._account(environment, addresses[trader])
        healths = []
        for integers in self._integers:
            self._submit(environment, integers)
            environment.process_block()
            touched = integers[1]
            state[touched] = [self._account(environment, addresses[trader]) for trader in touched]
            output = environment.call(KEEPER, perp, FUNDING_INDEX, 0)[0]
            funding = int.from_bytes(output, "big", signed=True) / WAD
            healths.append(_healths(state, integers[0] / WAD, funding))
        return healths

    def _account(self, environment: Any, address: bytes) -> list[float]:
        call = ACCOUNT + address_word(address)
        output = bytes(environment.call(KEEPER, self._scenario.perp, call, 0)[0])
        return [
            int.from_bytes(output[at : at + 32], "big", signed=True) / WAD
            for at in (0, 32, 64, 96)
        ]

    def documented_steps(self, environment: Any) -> list[list[float]]:
        """Agents in a Sim, its own ABI encoding, and one health call per agent and step."""
        from verbs.sim import BaseAgent, Sim

        perp, abi = self._scenario.perp, self._abi

        class Keeper(BaseAgent):  # type: ignore[misc]
            def __init__(self, prices: list[int]) -> None:
                self.address, self.prices, self.step = KEEPER, prices, 0

            def update(self, rng: Any, env: Any) -> list[Any]:
                price = self.prices[self.step]
                self.step += 1
                return [abi.set_price.transaction(self.address, perp, [price], checked=False)]

            def record(self, env: Any) -> float:
                return self.prices[self.step - 1] / WAD

        class Trader(BaseAgent):  # type: ignore[misc]
            def __init__(self, address: bytes, orders: dict[int, tuple[int, int]]) -> None:
                self.address, self.orders, self.step = address, orders, 0

            def update(self, rng: Any, env: Any) -> list[Any]:
                order = self.orders.get(self.step)
                self.step += 1
                if order is None:
                    return []
                return [abi.trade.transaction(self.address, perp, list(order), checked=False)]

            def record(self, env: Any) -> float:
                (health,), _, _ = abi.health.call(env, self.address, perp, [self.address])
                return health / WAD

        orders: list[dict[int, tuple[int, int]]] = [{} for _ in range(ACCOUNTS)]
        for step, (_, traders, sizes, limits) in enumerate(self._integers):
            for trader, size, limit in zip(traders, sizes, limits, strict=True):
                orders[trader][step] = (size, limit)
        agents: list[Any] = [Keeper([integers[0] for integers in self._integers])]
        pairs = zip(self._scenario.traders, orders, strict=True)
        agents += [Trader(address, theirs) for address, theirs in pairs]
        records = Sim(1, environment, agents).run(len(self._integers), show_progress=False)
        return [record[1:] for record in records]

    def call_health(self, environment: Any, address: bytes) -> int:
        """The contract's own answer."""
        call = HEALTH + address_word(address)
        return int.from_bytes(environment.call(KEEPER, self._scenario.perp, call, 0)[0], "big")


def _healths(state: Any, price: float, funding: float) -> Float1D:
    margins, sizes, costs, checkpoints = state.T
    values = sizes * price
    equities = margins - sizes * (funding - checkpoints) + values - costs
    with np.errstate(divide="ignore"):
        return np.asarray(equities / np.abs(values))
