"""Random bytecode that mostly makes sense: it stores, logs, loops, and calls its neighbours."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.differential.assembler import OPCODES, initcode

PRECOMPILES = [number.to_bytes(20, "big") for number in (*range(1, 12), 0x100)]
PEOPLE = [bytes([0xA0 + index]) * 20 for index in range(4)]
CONTRACTS = [bytes([0xC0 + index]) * 20 for index in range(6)]
COINBASE = bytes([0xFE]) * 20
NOBODY = bytes([0x99]) * 20

SELFDESTRUCT = OPCODES["SELFDESTRUCT"]
PUSH1, JUMPDEST = 0x60, 0x5B
_ENVIRONMENT = bytes(
    OPCODES[name]
    for name in (
        "ADDRESS", "ORIGIN", "CALLER", "CALLVALUE", "CALLDATASIZE", "GASPRICE", "RETURNDATASIZE",
        "COINBASE", "TIMESTAMP", "NUMBER", "PREVRANDAO", "GASLIMIT", "CHAINID", "SELFBALANCE",
        "BASEFEE", "MSIZE", "GAS", "PUSH0", "BLOBBASEFEE",
    )
)  # fmt: skip
_ASKED = bytes(OPCODES[name] for name in ("BALANCE", "EXTCODESIZE", "EXTCODEHASH", "SLOAD",
                                          "BLOCKHASH", "CALLDATALOAD", "BLOBHASH", "TLOAD",
                                          "ISZERO", "CLZ", "MLOAD"))  # fmt: skip
_CALLS = bytes([OPCODES["CALL"], 0xF2, OPCODES["DELEGATECALL"], OPCODES["STATICCALL"]])
_SIZES = (0, 1, 4, 32, 36, 64, 96, 128)


def push(number: int) -> bytes:
    size = max(1, (number.bit_length() + 7) // 8)
    return bytes([PUSH1 + size - 1]) + number.to_bytes(size, "big")


def ops(*names: str) -> bytes:
    return bytes(OPCODES[name] for name in names)


class Programs:
    """Draws programs. Without `destroys` no code that can ever run holds SELFDESTRUCT.

    is_cancun: whether what cancun brought is used, which halts before.
    """

    def __init__(self, random: Random, destroys: bool, is_cancun: bool) -> None:
        self._random = random
        self._destroys = destroys
        self._is_cancun = is_cancun
        self._parts: list[Callable[[], bytes]] = [
            self._store, self._store, self._store, self._add, self._add, self._load, self._log,
            self._log, self._call, self._call, self._call, self._create, self._transient,
            self._environment, self._ask, self._memory, self._loop, self._skip, self._end,
        ]  # fmt: skip
        if destroys:
            self._parts += [self._destroy, self._noise]

    def runtime(self) -> bytes:
        """Code of a contract."""
        random = self._random
        if self._destroys and random.random() < 0.03:
            return random.randbytes(random.randrange(80))
        parts = self._parts
        code = b"".join(random.choice(parts)() for _ in range(random.randrange(9)))
        # Loops and skips jump by the place they were written at, so they come first.
        return self._loop_at(0) + code if random.random() < 0.3 else code

    def initcode(self) -> bytes:
        """Code of a creation, which deploys, reverts or does neither."""
        random = self._random
        draw = random.random()
        if draw < 0.7:
            return initcode(self.runtime()[:60], "1 0 SSTORE" if draw < 0.3 else "")
        return self.runtime() if draw < 0.9 else b""

    def address(self) -> bytes:
        random = self._random
        group = random.choice((CONTRACTS, CONTRACTS, CONTRACTS, PEOPLE, PRECOMPILES))
        return random.choice(group) if random.random() < 0.95 else NOBODY

    def calldata(self) -> bytes:
        random = self._random
        draw = random.random()
        if draw < 0.3:
            return b""
        if draw < 0.9:
            return random.randrange(8).to_bytes(32, "big") + random.randrange(4).to_bytes(32, "big")
        return random.randbytes(random.choice((1, 3, 31, 33, 128, 192, 213)))

    # --- the parts of a program: each leaves the stack as it was ----------------------------------

    def _slot(self) -> int:
        return self._random.randrange(5)

    def _store(self) -> bytes:
        return push(self._random.randrange(3)) + push(self._slot()) + ops("SSTORE")

    def _add(self) -> bytes:
        slot = self._slot()
        added = self._random.choice((push(1), push(0) + ops("CALLDATALOAD")))
        return push(slot) + ops("SLOAD") + added + ops("ADD") + push(slot) + ops("SSTORE")

    def _load(self) -> bytes:
        return push(self._slot()) + ops("SLOAD") + push(32 * self._slot()) + ops("MSTORE")

    def _log(self) -> bytes:
        count = self._random.randrange(5)
        topics = b"".join(push(self._slot()) for _ in range(count))
        size = push(self._random.choice(_SIZES))
        return topics + size + push(0) + bytes([OPCODES["LOG0"] + count])

    def _call(self) -> bytes:
        random = self._random
        opcode = random.choice(_CALLS)
        out = push(random.choice(_SIZES)) + push(0) + push(random.choice(_SIZES)) + push(0)
        value = push(random.choice((0, 0, 1, 7))) if opcode in (0xF1, 0xF2) else b""
        target = push(int.from_bytes(self.address(), "big"))
        gas = random.choice((ops("GAS"), push(30_000), push(30_000), push(2300), push(0)))
        ending = random.choice((ops("POP"), ops("POP"), push(3) + ops("SSTORE")))
        return out + value + target + gas + bytes([opcode]) + ending

    def _create(self) -> bytes:
        """The code to run lies in memory: from calldata, from this code, or a few known bytes."""
        random = self._random
        seed = push(int.from_bytes(self._small_initcode(), "big")) + push(0) + ops("MSTORE")
        salt = push(random.randrange(2))
        start = push(random.choice((0, 1, 4, 7)))
        value = push(random.choice((0, 0, 1)))
        if random.random() < 0.5:
            created = seed + push(32) + start + value + ops("CREATE")
        else:
            created = seed + salt + push(32) + start + value + ops("CREATE2")
        if random.random() < 0.5:
            return created + ops("POP")
        # Call what was made, if it was.
        arguments = push(0) * 5
        return arguments + created + ops("GAS", "CALL", "POP")

    def _small_initcode(self) -> bytes:
        """32 bytes that return one to three bytes of code."""
        runtime = push(0) + bytes([SELFDESTRUCT]) if self._destroys else push(1) + ops("POP")
        code = push(int.from_bytes(runtime, "big")) + push(0) + ops("MSTORE")
        code += push(len(runtime)) + push(32 - len(runtime)) + ops("RETURN")
        return code.ljust(32, b"\0")

    def _transient(self) -> bytes:
        if not self._is_cancun and self._random.random() < 0.9:
            return b""
        slot = push(self._slot())
        return slot + ops("TLOAD") + push(1) + ops("ADD") + slot + ops("TSTORE")

    def _environment(self) -> bytes:
        return bytes([self._random.choice(_ENVIRONMENT)]) + ops("POP")

    def _ask(self) -> bytes:
        about = self._random.choice((self._slot(), int.from_bytes(self.address(), "big")))
        if self._random.random() < 0.1:
            about = self._random.getrandbits(256)
        return push(about) + bytes([self._random.choice(_ASKED)]) + ops("POP")

    def _memory(self) -> bytes:
        random = self._random
        draw = random.randrange(4)
        if draw == 0:
            return (
                push(random.choice(_SIZES)) + push(0) + ops("KECCAK256") + push(2) + ops("SSTORE")
            )
        size, place = push(random.choice(_SIZES)), push(random.choice((0, 1, 32, 5_000)))
        if draw == 1:
            return size + push(0) + place + ops("CALLDATACOPY")
        if draw == 2:
            # Beyond what was returned it halts.
            much = size if random.random() < 0.2 else ops("RETURNDATASIZE")
            return much + push(0) + place + ops("RETURNDATACOPY")
        return size + push(0) + place + ops("MCOPY") if self._is_cancun else b""

    def _loop_at(self, place: int) -> bytes:
        """Some rounds of a store, from a known place in the code."""
        rounds = self._random.choice((1, 3, 20, 300))
        head = push(rounds)
        body = bytes([JUMPDEST]) + ops("DUP1") + push(self._slot()) + ops("SSTORE")
        again = push(1) + ops("SWAP1", "SUB", "DUP1") + push(place + len(head)) + ops("JUMPI")
        return head + body + again + ops("POP")

    def _loop(self) -> bytes:
        """A jump to a place that is none, hardly ever taken."""
        taken = self._random.random() < 0.05
        return push(int(taken)) + push(self._slot()) + ops("JUMPI")

    def _skip(self) -> bytes:
        return bytes([JUMPDEST])

    def _end(self) -> bytes:
        random = self._random
        if random.random() < 0.6:
            return b""
        end = push(random.choice(_SIZES)) + push(0)
        ways = (end + ops("RETURN"), end + ops("REVERT"), b"\0", ops("INVALID"))
        return random.choices(ways, (4, 4, 2, 1))[0]

    def _destroy(self) -> bytes:
        if self._random.random() < 0.5:
            return b""
        if self._random.random() < 0.3:
            return ops("ADDRESS", "SELFDESTRUCT")
        return push(int.from_bytes(self.address(), "big")) + ops("SELFDESTRUCT")

    def _noise(self) -> bytes:
        if self._random.random() < 0.6:
            return b""
        return self._random.randbytes(self._random.randrange(6))
