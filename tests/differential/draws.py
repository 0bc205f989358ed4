"""Random but repeatable transactions: every kind of action on every contract of the scripts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from eth._utils.address import generate_contract_address
from eth_hash.auto import keccak

from tests.differential import contracts
from tests.differential.assembler import word
from tests.differential.markets import PERP, POOL, TOKEN, compiled, encoded
from tests.differential.scripts import (
    ACCESS_LIST,
    BENEFICIARIES,
    DYNAMIC_FEE,
    LEGACY,
    SENDERS,
    Call,
    place,
)
from tests.differential.vectors import Vector

Action = tuple[bytes | None, bytes, int]
"""Target (None creates), calldata and value."""

KEEPER = SENDERS[0]
MINTED = 10**24


def created(sender: bytes, nonce: int) -> bytes:
    """The address of what a sender's transaction creates."""
    return bytes(generate_contract_address(sender, nonce))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Markets:
    """Where the keeper's first transactions put the Vyper contracts."""

    tokens: list[bytes] = field(default_factory=lambda: [created(KEEPER, n) for n in (0, 1)])
    pool: bytes = field(default_factory=lambda: created(KEEPER, 2))
    perp: bytes = field(default_factory=lambda: created(KEEPER, 3))

    def opening(self, fork: str, price: int) -> list[Call]:
        """Deploys, mints, approvals and first deposits, all at one gas price."""
        arguments = b"".join(bytes(12) + token for token in self.tokens)
        calls = [
            Call(KEEPER, None, compiled(TOKEN, fork)),
            Call(KEEPER, None, compiled(TOKEN, fork)),
            Call(KEEPER, None, compiled(POOL, fork) + arguments),
            Call(KEEPER, None, compiled(PERP, fork) + arguments[:32] + word(2000)),
        ]
        for sender in SENDERS:
            for token in self.tokens:
                mint = encoded("mint(address,uint256)", sender, MINTED)
                calls.append(Call(sender, token, mint))
                for spender in (self.pool, self.perp):
                    approve = encoded("approve(address,uint256)", spender, MINTED)
                    calls.append(Call(sender, token, approve))
            calls.append(Call(sender, self.pool, encoded("add(uint256,uint256)", 10**9, 10**9)))
            calls.append(Call(sender, self.perp, encoded("deposit(uint256)", 10**6)))
        return [replace(call, gas_limit=2_000_000, max_fee=price, type=LEGACY) for call in calls]


class Draws:
    """Draws transactions, with gas limits that are sometimes too small.

    vectors: inputs of precompiled contracts. Without `fees` all are free.
    """

    def __init__(self, seed: int, vectors: list[Vector], fees: bool) -> None:
        self._random = np.random.default_rng(seed)
        self._vectors = vectors
        self._fees = fees
        self._markets = Markets()

    def calls(self, count: int, base_fee: int = 0, number: int = 0) -> list[Call]:
        """Transactions for block `number` of that base fee."""
        return [self._call(base_fee, number) for _ in range(count)]

    def pick(self, count: int) -> int:
        return int(self._random.integers(count))

    def _call(self, base_fee: int, number: int) -> Call:
        actions = [
            self._store, self._store, self._token, self._token, self._pool, self._pool,
            self._perp, self._perp, self._perp, self._forward, self._create, self._mortal,
            self._simple, self._precompile, self._halt, self._transfer, self._itself,
            self._new_opcode, self._read,
        ]  # fmt: skip
        choice = self.pick(len(actions) + 1)
        history = choice == len(actions)
        target, data, value = self._history(number) if history else actions[choice]()
        call = Call(SENDERS[self.pick(len(SENDERS))], target, data, value)
        call = self._with_fee(self._with_access_list(call), base_fee)
        if self.pick(8) == 0:
            return replace(call, gas_limit=call.least_gas + self.pick(60_000))
        return call

    def _with_access_list(self, call: Call) -> Call:
        kind = [LEGACY, ACCESS_LIST, DYNAMIC_FEE, DYNAMIC_FEE][self.pick(4)]
        if kind == LEGACY or self.pick(3) == 0:
            return replace(call, type=kind)
        addresses = [call.target or BENEFICIARIES[0], place("store"), BENEFICIARIES[1]]
        entries = tuple(
            (addresses[self.pick(3)], tuple(self.pick(8) for _ in range(self.pick(4))))
            for _ in range(self.pick(4))
        )
        return replace(call, type=kind, access_list=entries)

    def _with_fee(self, call: Call, base_fee: int) -> Call:
        if not self._fees:
            return call
        max_fee = base_fee + self.pick(1 + base_fee // 4)
        return replace(call, max_fee=max_fee, priority_fee=self.pick(1 + max_fee // 8))

    def _store(self) -> Action:
        pairs = [word(self.pick(8)) + word(self.pick(3)) for _ in range(1 + self.pick(6))]
        return place("store"), b"".join(pairs), 0

    def _token(self) -> Action:
        people = SENDERS + BENEFICIARIES
        one, other = (people[self.pick(len(people))] for _ in range(2))
        amount = self.pick(4) * MINTED // 2
        calls = [
            encoded("mint(address,uint256)", one, amount),
            encoded("transfer(address,uint256)", one, amount),
            encoded("approve(address,uint256)", one, amount),
            encoded("move(address,address,uint256)", one, other, amount),
        ]
        return self._markets.tokens[self.pick(2)], calls[self.pick(4)], 0

    def _pool(self) -> Action:
        amount = 1 + self.pick(10**6)
        swap = encoded("swap(uint256,uint256,uint256)", self.pick(2), amount, amount * 9 // 10)
        calls = [
            swap, swap, swap,
            encoded("swap(uint256,uint256,uint256)", self.pick(3), amount, amount * 2),
            encoded("add(uint256,uint256)", amount, self.pick(10**6)),
            encoded("remove(uint256)", self.pick(2 * 10**5)),
        ]  # fmt: skip
        return self._markets.pool, calls[self.pick(len(calls))], 0

    def _perp(self) -> Action:
        trade = encoded("trade(int256)", self.pick(4 * 10**6) - 2 * 10**6)
        calls = [
            trade, trade, trade,
            encoded("set_price(uint256)", 1000 + self.pick(2000)),
            encoded("deposit(uint256)", self.pick(10**6)),
            encoded("withdraw(uint256)", self.pick(10**6)),
            encoded("liquidate(address)", SENDERS[self.pick(len(SENDERS))]),
            encoded("no such function()")[:4],
        ]  # fmt: skip
        return self._markets.perp, calls[self.pick(len(calls))], 0

    def _forward(self) -> Action:
        names = ["store", "reverter", "transient", "logger", "halt: invalid", "mortal", "nobody",
                 "forward", "environment"]  # fmt: skip
        target = bytes(12) + place(names[self.pick(len(names))])
        data = word(self.pick(8)) + word(self.pick(3))
        if self.pick(2) == 0:
            if self.pick(3) == 0:
                # More than the 1,000 wei it has makes the call fail before it begins.
                sent = word([0, 1, 10**9][self.pick(3)])
                return place("forward callcode"), target + sent + data, 0
            name = ["forward static", "forward code"][self.pick(2)]
            return place(name), target + data, 0
        gas = word([0, 2_300, 30_000, 300_000][self.pick(4)])
        value = [0, 1, 2, 10**9][self.pick(4)]
        return place("forward"), target + gas + word(value) + data, self.pick(3)

    def _create(self) -> Action:
        salt = word(self.pick(4))
        ways: list[tuple[bytes | None, bytes]] = [
            (place("creator"), salt + contracts.MORTAL_INITCODE),
            (place("birth and death"), salt + contracts.MORTAL_INITCODE),
            (place("creator by nonce"), contracts.MORTAL_INITCODE),
            (place("creator"), salt + contracts.HALTS["invalid"]),
            (None, contracts.MORTAL_INITCODE),
            (None, contracts.STORE_AND_REVERT),
            (None, b"\x60\xef\x60\x00\x53\x60\x01\x60\x00\xf3"),
        ]
        target, data = ways[self.pick(len(ways))]
        return target, data, self.pick(3)

    def _mortal(self) -> Action:
        """Call (to destroy or to fund) a contract that may or may not live at the moment."""
        salt = word(self.pick(4))
        creator = place(["creator", "birth and death"][self.pick(2)])
        born = keccak(b"\xff" + creator + salt + keccak(contracts.MORTAL_INITCODE))[12:]
        target = [born, born, place("mortal")][self.pick(3)]
        beneficiary = [*BENEFICIARIES, target][self.pick(4)]
        return target, (bytes(12) + beneficiary) if self.pick(2) else b"", self.pick(3)

    def _simple(self) -> Action:
        names = ["transient", "logger", "environment", "reverter", "block hashes"]
        looked_at = bytes(12) + BENEFICIARIES[self.pick(3)]
        return place(names[self.pick(len(names))]), looked_at, self.pick(2)

    def _precompile(self) -> Action:
        if self.pick(3):
            vector = self._vectors[self.pick(len(self._vectors))]
            address, data = vector.address, vector.data
        else:
            # Not modexp: for lengths beyond all memory the engines have other words (the gas is
            # gone either way).
            address = [*range(1, 5), *range(6, 18)][self.pick(16)]
            sizes = [0, 32, 96, 128, 192, 256]
            data = self._random.bytes(sizes[self.pick(len(sizes))])
        if self.pick(4) == 0:
            return address.to_bytes(20, "big"), data, 0
        return place("forward static"), word(address) + data, 0

    def _halt(self) -> Action:
        names = list(contracts.HALTS)
        return place(f"halt: {names[self.pick(len(names))]}"), b"", 0

    def _new_opcode(self) -> Action:
        names = list(contracts.NEW_OPCODES)
        return place(f"new: {names[self.pick(len(names))]}"), b"", 0

    def _itself(self) -> Action:
        return place("self caller"), word(self.pick(6)), 0

    def _read(self) -> Action:
        return place("read slots"), b"".join(word(self.pick(8)) for _ in range(self.pick(6))), 0

    def _history(self, number: int) -> Action:
        return place("ask history"), word(max(0, number - self.pick(6))), 0

    def _transfer(self) -> Action:
        # Now and then to somebody new, to a precompiled contract, or to a sender.
        someone = keccak(word(self.pick(1000)))[:20]
        targets = [*BENEFICIARIES, bytes(19) + b"\x04", someone, *SENDERS[:2]]
        return targets[self.pick(len(targets))], b"", self.pick(3) * 10**15
