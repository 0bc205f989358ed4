"""One exception tree. Every message names the field, the value and the rule.

Exit codes of the command line: 0 good, 1 a property was violated, 2 bad input or a missing
component, 130 interrupted.
"""

from __future__ import annotations

from collections.abc import Sequence


class UnderwaterError(Exception):
    """Base of what this project raises on purpose; the command line exits with `exit_code`."""

    exit_code = 2


class InputError(UnderwaterError, ValueError):
    """A value given by the user breaks a rule. Correct the field that the message names."""

    def __init__(self, field: str, value: object, rule: str) -> None:
        super().__init__(f"{field} = {value!r}: {rule}")
        self.field = field
        self.value = value
        self.rule = rule

    def rename(self, field: str) -> None:
        """Say it of another field: of the caller's argument instead of an inner one."""
        self.args = (f"{field} = {self.value!r}: {self.rule}",)
        self.field = field


class InvalidArgument(InputError):
    """An argument of the risk core breaks a rule: not finite, negative, of another shape, unsorted.

    `field` is the argument's name, with an index where one item is at fault.
    """


class MissingComponentError(UnderwaterError):
    """An engine, compiler or optional package is absent. The message says how to get it."""


class ChainError(UnderwaterError):
    """The EVM or the node could not do what was asked (unknown snapshot, refused hardfork, ...)."""


class RevertError(ChainError):
    """A call or set-up transaction reverted. `data` holds the raw revert data."""

    def __init__(
        self, message: str, data: bytes = b"", transaction_index: int | None = None
    ) -> None:
        super().__init__(message)
        self.data = data
        self.transaction_index = transaction_index


class BatchAborted(ChainError):
    """A batch ended before its end: a state source failed, or a deadline passed.

    transaction_index: the first transaction that was not executed. Those before it stay, and
    `receipts` (simulator.chain.Receipts) are theirs. What the source raised is `__cause__`.
    """

    def __init__(self, message: str, transaction_index: int, receipts: object) -> None:
        super().__init__(f"transaction {transaction_index}: {message}")
        self.transaction_index = transaction_index
        self.receipts = receipts


class ForkError(ChainError):
    """The state of a real chain cannot be had, or cannot be trusted."""


class EndpointError(ForkError):
    """One endpoint failed. `endpoint` is its address without secrets, `fault` says what it did.

    wait_seconds: how long it asked to be left alone, 0 if it did not say.
    """

    def __init__(self, endpoint: str, fault: str, detail: str, wait_seconds: float = 0.0) -> None:
        super().__init__(f"{endpoint}: {fault}: {detail}")
        self.endpoint = endpoint
        self.fault = fault
        self.detail = detail
        self.wait_seconds = wait_seconds


class ProofError(EndpointError):
    """An answer does not follow from the block's hash. `what` names the value that was false."""

    def __init__(self, endpoint: str, what: str, detail: str) -> None:
        super().__init__(endpoint, f"false {what}", detail)
        self.what = what


class UpstreamError(ForkError):
    """No endpoint gave an answer that can be used. `faults` says what each of them did."""

    def __init__(self, wanted: str, faults: Sequence[EndpointError]) -> None:
        told = "; ".join(str(fault) for fault in faults)
        super().__init__(f"no endpoint could answer {wanted}" + (f": {told}" if told else ""))
        self.wanted = wanted
        self.faults = tuple(faults)


class CapsuleError(ForkError):
    """A capsule file cannot be read, written or believed. Make it anew, or take a whole copy."""

    def __init__(self, path: object, rule: str) -> None:
        super().__init__(f"capsule {path}: {rule}")
        self.path = path
        self.rule = rule


class NotInCapsule(ForkError):
    """Something was read that a capsule does not hold: an account, its slot, or a block's hash.

    address: 20 bytes, or None for a block's hash; slot: 32 bytes, or None for the account itself.
    """

    def __init__(
        self, address: bytes | None, slot: bytes | None = None, block: int | None = None
    ) -> None:
        what = f"the hash of block {block}"
        if address is not None:
            what = f"account 0x{address.hex()}"
            if slot is not None:
                what = f"slot 0x{slot.hex()} of {what}"
        super().__init__(f"{what} is not in the capsule: record it anew with this read in the run")
        self.address = address
        self.slot = slot
        self.block = block


class ScriptError(UnderwaterError):
    """A user's script failed. The message begins with its file and line."""

    def __init__(self, place: str, message: str, exit_code: int = 2) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place
        self.exit_code = exit_code


class CompileError(UnderwaterError):
    """A contract did not compile. The message carries the compiler's own words."""


class RecordError(UnderwaterError):
    """Results could not be written (full disk, folder that already holds a run)."""


class PropertyViolation(UnderwaterError):
    """A property does not hold. The message is generated from its catalogue entry."""

    exit_code = 1


class Interrupted(UnderwaterError):
    """The user pressed Ctrl-C; what was recorded until then is kept."""

    exit_code = 130
