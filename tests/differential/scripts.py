"""Random but repeatable sequences of transactions over the contracts, for any back end."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from eth_hash.auto import keccak

from simulator.chain.base import Batch, BlockEnvironment, Chain
from simulator.chain.pyevm.flat import words
from tests.differential import contracts
from tests.differential.assembler import word

SENDERS = [bytes([0xA0 + index]) * 20 for index in range(5)]
BENEFICIARIES = [bytes([0xB0 + index]) * 20 for index in range(3)]
COINBASE = bytes([0xC0]) * 20
START_BALANCE = 10**21


def place(name: str) -> bytes:
    """The address of a contract of the script."""
    return keccak(name.encode())[:20]


CONTRACTS = {
    "store": contracts.STORE_PAIRS,
    "reverter": contracts.STORE_AND_REVERT,
    "creator": contracts.CREATOR,
    "creator by nonce": contracts.CREATOR_BY_NONCE,
    "birth and death": contracts.BIRTH_AND_DEATH,
    "mortal": contracts.MORTAL,
    "transient": contracts.TRANSIENT,
    "forward": contracts.FORWARD,
    "forward static": contracts.FORWARD_STATIC,
    "forward code": contracts.FORWARD_CODE,
    "logger": contracts.LOGGER,
    "environment": contracts.ENVIRONMENT,
    **{f"halt: {name}": code for name, code in contracts.HALTS.items()},
}


@dataclass(frozen=True, slots=True)
class Call:
    """One transaction; `target` None creates."""

    sender: bytes
    target: bytes | None
    data: bytes = b""
    value: int = 0
    gas_limit: int = 400_000
    max_fee: int = 0
    priority_fee: int = 0
    nonce: int | None = None


@dataclass(frozen=True, slots=True)
class Block:
    environment: BlockEnvironment
    calls: list[Call] = field(default_factory=list)


def batch_of(calls: list[Call]) -> Batch:
    """The columns of some calls."""
    offsets = np.zeros(len(calls) + 1, np.int64)
    np.cumsum([len(call.data) for call in calls], out=offsets[1:])
    gives_nonces = any(call.nonce is not None for call in calls)
    rows = len(calls)
    return Batch(
        senders=np.frombuffer(b"".join(c.sender for c in calls), np.uint8).reshape(rows, 20),
        targets=np.frombuffer(b"".join(c.target or bytes(20) for c in calls), np.uint8).reshape(
            rows, 20
        ),
        data=np.frombuffer(b"".join(c.data for c in calls), np.uint8),
        data_offsets=offsets,
        gas_limits=np.array([c.gas_limit for c in calls], np.uint64),
        creates=np.array([c.target is None for c in calls], np.uint8),
        values=words([c.value for c in calls]),
        max_fees=np.array([c.max_fee for c in calls], np.uint64),
        priority_fees=np.array([c.priority_fee for c in calls], np.uint64),
        nonces=np.array([c.nonce or 0 for c in calls], np.uint64) if gives_nonces else None,
    )


def set_up(chain: Chain) -> None:
    """Balances and contracts, some storage that can be cleared for a refund."""
    for sender in SENDERS:
        chain.set_balance(sender, START_BALANCE)
    for name, code in CONTRACTS.items():
        chain.set_code(place(name), code)
        chain.set_balance(place(name), 1000)
    for slot in range(8):
        chain.set_storage(place("store"), slot, slot + 1)
        chain.set_storage(place("mortal"), slot, slot + 1)


class Script:
    """Draws transactions: every kind of action, with gas limits that are sometimes too small."""

    def __init__(self, seed: int, token: bytes, fees: bool) -> None:
        self._random = np.random.default_rng(seed)
        self._token = token
        self._fees = fees

    def blocks(self, count: int, calls_per_block: int) -> list[Block]:
        return [
            Block(
                BlockEnvironment(
                    number=number + 1,
                    timestamp=1_700_000_000 + 12 * number,
                    base_fee=7 if self._fees else 0,
                    coinbase=COINBASE,
                    gas_limit=60_000_000,
                ),
                [self._call() for _ in range(calls_per_block)],
            )
            for number in range(count)
        ]

    def _pick(self, count: int) -> int:
        return int(self._random.integers(count))

    def _call(self) -> Call:
        actions = [
            self._store, self._store, self._token_call, self._token_call, self._forward,
            self._create, self._mortal, self._simple, self._precompile, self._halt, self._transfer,
        ]  # fmt: skip
        target, data, value = actions[self._pick(len(actions))]()
        gas_limit = 400_000
        if self._pick(8) == 0:
            gas_limit = 60_000 + self._pick(60_000)
        fee = 10 + self._pick(5) if self._fees else 0
        tip = self._pick(4) if self._fees else 0
        return Call(SENDERS[self._pick(5)], target, data, value, gas_limit, fee, tip)

    def _store(self) -> tuple[bytes, bytes, int]:
        pairs = [word(self._pick(8)) + word(self._pick(3)) for _ in range(1 + self._pick(6))]
        return place("store"), b"".join(pairs), 0

    def _token_call(self) -> tuple[bytes, bytes, int]:
        people = SENDERS + BENEFICIARIES
        one, other = (bytes(12) + people[self._pick(len(people))] for _ in range(2))
        amount = word(self._pick(4) * 50)
        calls = [
            ("mint(address,uint256)", one + amount),
            ("transfer(address,uint256)", one + amount),
            ("approve(address,uint256)", one + amount),
            ("move(address,address,uint256)", one + other + amount),
        ]
        signature, arguments = calls[self._pick(len(calls))]
        return self._token, keccak(signature.encode())[:4] + arguments, 0

    def _forward(self) -> tuple[bytes, bytes, int]:
        names = ["store", "reverter", "transient", "logger", "halt: invalid", "mortal", "nobody"]
        target = bytes(12) + place(names[self._pick(len(names))])
        data = word(self._pick(8)) + word(self._pick(3))
        if self._pick(3) == 0:
            name = ["forward static", "forward code"][self._pick(2)]
            return place(name), target + data, 0
        gas = word([0, 2_300, 30_000, 300_000][self._pick(4)])
        return place("forward"), target + gas + word(self._pick(3)) + data, self._pick(3)

    def _create(self) -> tuple[bytes | None, bytes, int]:
        salt = word(self._pick(4))
        ways: list[tuple[bytes | None, bytes]] = [
            (place("creator"), salt + contracts.MORTAL_INITCODE),
            (place("birth and death"), salt + contracts.MORTAL_INITCODE),
            (place("creator by nonce"), contracts.MORTAL_INITCODE),
            (place("creator"), salt + contracts.HALTS["invalid"]),
            (None, contracts.MORTAL_INITCODE),
            (None, contracts.STORE_AND_REVERT),
            (None, b"\x60\xef\x60\x00\x53\x60\x01\x60\x00\xf3"),
        ]
        target, data = ways[self._pick(len(ways))]
        return target, data, self._pick(3)

    def _mortal(self) -> tuple[bytes, bytes, int]:
        """Call (to destroy or to fund) a contract that may or may not live at the moment."""
        salt = word(self._pick(4))
        creator = place(["creator", "birth and death"][self._pick(2)])
        born = keccak(b"\xff" + creator + salt + keccak(contracts.MORTAL_INITCODE))[12:]
        target = [born, born, place("mortal")][self._pick(3)]
        beneficiary = [*BENEFICIARIES, target][self._pick(4)]
        return target, (bytes(12) + beneficiary) if self._pick(2) else b"", self._pick(3)

    def _simple(self) -> tuple[bytes, bytes, int]:
        names = ["transient", "logger", "environment", "reverter"]
        looked_at = bytes(12) + BENEFICIARIES[self._pick(3)]
        return place(names[self._pick(len(names))]), looked_at, self._pick(2)

    def _precompile(self) -> tuple[bytes, bytes, int]:
        address = word(1 + self._pick(10))
        sizes = [0, 32, 96, 128, 192, 213]
        garbage = self._random.bytes(sizes[self._pick(len(sizes))])
        modexp = word(2) + word(1) + word(2) + b"\x03\x05\x07\x01\x01"
        data = modexp if address == word(5) else [garbage, bytes(128)][self._pick(2)]
        return place("forward static"), address + data, 0

    def _halt(self) -> tuple[bytes, bytes, int]:
        names = list(contracts.HALTS)
        return place(f"halt: {names[self._pick(len(names))]}"), b"", 0

    def _transfer(self) -> tuple[bytes, bytes, int]:
        return [*BENEFICIARIES, bytes(19) + b"\x04"][self._pick(4)], b"", self._pick(3) * 10**15


def revival_blocks() -> list[Block]:
    """Contracts that are born, die, are funded and live again, in every order within a block."""
    salt = word(9)
    born = keccak(b"\xff" + place("creator") + salt + keccak(contracts.MORTAL_INITCODE))[12:]
    heir = bytes(12) + BENEFICIARIES[0]
    own = bytes(12) + born
    create = (place("creator"), salt + contracts.MORTAL_INITCODE, 3)
    in_one = (place("birth and death"), salt + contracts.MORTAL_INITCODE, 3)
    fund, die, die_to_itself = (born, b"", 5), (born, heir, 0), (born, own, 2)
    old = (place("mortal"), heir, 0)
    orders = [
        [create, die, fund],
        [create, fund, die, create, fund, die],
        [create, die, create, die_to_itself, fund, create],
        [fund, create, die_to_itself, create],
        [die, fund, create, die, fund],
        [in_one, in_one, fund, in_one],
        [old, (place("mortal"), b"", 4), old, (place("mortal"), b"", 4)],
        [create, create, die, die],
    ]
    return [
        Block(
            BlockEnvironment(number + 1, 1_700_000_000 + 12 * number, coinbase=COINBASE),
            [Call(SENDERS[0], target, data, value) for target, data, value in order],
        )
        for number, order in enumerate(orders)
    ]
