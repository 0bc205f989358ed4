"""One exception tree. Every message names the field, the value and the rule.

Exit codes of the command line: 0 good, 1 a property was violated, 2 bad input or a missing
component, 130 interrupted.
"""

from __future__ import annotations


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
