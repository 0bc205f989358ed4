"""What a transaction must satisfy to be included, and reasons in the words of the Rust engine."""

from __future__ import annotations

from dataclasses import dataclass

from eth import exceptions

from simulator.chain.base import BlockEnvironment
from simulator.chain.pyevm.batches import AccessList
from simulator.chain.pyevm.state import Account
from simulator.chain.pyevm.transactions import Transaction

NEWER_THAN_PARIS = ("shanghai", "cancun", "prague")
MAX_INITCODE_SIZE = 49_152  # EIP-3860
MAX_NONCE = (1 << 64) - 1

HALTS: tuple[tuple[type[exceptions.VMError], str], ...] = (
    (exceptions.OutOfGas, "out of gas"),
    (exceptions.InvalidInstruction, "invalid opcode"),
    (exceptions.InvalidJumpDestination, "invalid jump destination"),
    (exceptions.InsufficientStack, "stack underflow"),
    (exceptions.FullStack, "stack overflow"),
    (exceptions.OutOfBoundsRead, "return data out of bounds"),
    (exceptions.ContractCreationCollision, "address collision"),
    (exceptions.WriteProtection, "write in a static call"),
    (exceptions.ReservedBytesInCode, "contract code starts with 0xEF"),
    (exceptions.StackDepthLimit, "call too deep"),
    (exceptions.InsufficientFunds, "insufficient balance"),
)


def halt_reason(error: exceptions.VMError) -> str:
    """Why a transaction halted, in a few words."""
    if "code size exceeds" in str(error):
        return "contract code too large"
    return next((word for kind, word in HALTS if isinstance(error, kind)), "precompile failed")


def is_delegation(code: bytes) -> bool:
    """Whether an account's code names another one whose code it runs (EIP-7702)."""
    return len(code) == 23 and code.startswith(b"\xef\x01\x00")


@dataclass(frozen=True, slots=True)
class IntrinsicGas:
    """Gas that a transaction costs before it runs.

    `upfront` is what py-evm takes from the gas limit; `initcode` (EIP-3860) it charges within the
    execution, though a transaction that cannot pay it is invalid; `floor` is that of EIP-7623.
    """

    upfront: int
    initcode: int
    floor: int

    @property
    def least(self) -> int:
        return max(self.upfront + self.initcode, self.floor)


def intrinsic_gas(
    hardfork: str, data: bytes, creates: bool, access_list: AccessList = ()
) -> IntrinsicGas:
    """21,000, 4 and 16 per zero and other byte, 32,000 for a creation, 2 per word of initcode,
    and 2,400 and 1,900 for an address and a slot of the access list (EIP-2930)."""
    zeros = data.count(0)
    tokens = zeros + 4 * (len(data) - zeros)
    charges_initcode = creates and hardfork in NEWER_THAN_PARIS
    listed = sum(2_400 + 1_900 * len(slots) for _, slots in access_list)
    return IntrinsicGas(
        upfront=21_000 + 4 * tokens + (32_000 if creates else 0) + listed,
        initcode=2 * ((len(data) + 31) // 32) if charges_initcode else 0,
        floor=21_000 + 10 * tokens if hardfork == "prague" else 0,
    )


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one world. `check_senders` False lets accounts with code send (EIP-3607)."""

    hardfork: str
    limit_code_size: bool
    check_senders: bool

    def gas_of(self, transaction: Transaction) -> IntrinsicGas:
        creates = transaction.to == b""
        return intrinsic_gas(self.hardfork, transaction.data, creates, transaction.access_list)

    def why_not_called(self, transaction: Transaction) -> str | None:
        """The first rule that a read-only call breaks, in the order of revm; None if it may run."""
        if transaction.max_priority_fee_per_gas > transaction.max_fee_per_gas:
            return "priority fee above the max fee"
        return self._why_initcode_cannot(transaction) or self._why_gas_cannot(transaction)

    def why_not_included(
        self, transaction: Transaction, account: Account, block: BlockEnvironment
    ) -> str | None:
        """The first rule that a transaction breaks, in the order of revm; None if it is valid."""
        max_fee = transaction.max_fee_per_gas
        if transaction.max_priority_fee_per_gas > max_fee:
            return "priority fee above the max fee"
        if max_fee < block.base_fee:
            return "max fee below the base fee"
        reason = self._why_initcode_cannot(transaction)
        if reason is None and transaction.nonce == MAX_NONCE:
            return "nonce overflow"
        return (
            reason
            or self._why_gas_cannot(transaction)
            or self._why_sender_cannot(transaction, account)
        )

    def _why_initcode_cannot(self, transaction: Transaction) -> str | None:
        limits_initcode = self.limit_code_size and self.hardfork in NEWER_THAN_PARIS
        is_too_large = transaction.to == b"" and len(transaction.data) > MAX_INITCODE_SIZE
        return "initcode too large" if limits_initcode and is_too_large else None

    def _why_gas_cannot(self, transaction: Transaction) -> str | None:
        least = self.gas_of(transaction).least
        if transaction.gas >= least:
            return None
        return f"gas limit below intrinsic gas: {transaction.gas}, needs {least}"

    def _why_sender_cannot(self, transaction: Transaction, account: Account) -> str | None:
        if self.check_senders and account.code and not is_delegation(account.code):
            return "sender has code"
        if transaction.nonce != account.nonce:
            side = "high" if transaction.nonce > account.nonce else "low"
            return f"nonce too {side}: {transaction.nonce}, the account has {account.nonce}"
        needs = transaction.gas * transaction.max_fee_per_gas + transaction.value
        if needs > account.balance:
            return f"insufficient balance: needs {needs} wei, has {account.balance}"
        return None
