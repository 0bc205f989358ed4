"""Option texts to values. Every refusal names the option, the value given and what is allowed.

The command line takes all options as text, because the library's own message for a bad number does
not repeat the number.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from simulator.errors import InputError

CHAINS: Final = ("auto", "revm", "pyevm")
LARGEST_SEED: Final = 2**63 - 1
"""A seed is stored as a signed 64-bit number."""


def whole_number(option: str, text: str, low: int, high: int | None = None) -> int:
    """A whole number of at least `low` (and at most `high`); InputError otherwise."""
    allowed = f"from {low} to {high:,}" if high is not None else f"of at least {low}"
    rule = f"must be a whole number {allowed}"
    if not (text.isascii() and text.removeprefix("-").isdigit()):
        raise InputError(option, text, rule)
    value = int(text)
    if value < low or (high is not None and value > high):
        raise InputError(option, text, rule)
    return value


def seed_number(text: str | None) -> int:
    """The value of --seed; 1 if it is not given."""
    return 1 if text is None else whole_number("--seed", text, 0, LARGEST_SEED)


def full_hour(text: str) -> datetime:
    """The value of --from: an ISO 8601 time with a zone, at a full hour; UTC comes out."""
    rule = "must be a full hour in UTC, such as 2020-03-12T10:00Z"
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise InputError("--from", text, rule) from None
    if time.tzinfo is None or time.minute or time.second or time.microsecond:
        raise InputError("--from", text, rule)
    return time.astimezone(UTC)


def chain_name(text: str | None) -> str:
    """The value of --chain; auto if it is not given."""
    return "auto" if text is None else one_of("--chain", text, CHAINS)


def records_all_accounts(text: str | None) -> bool:
    """The value of --record: whether all accounts are recorded in every block."""
    if text is None:
        return False
    one_of("--record", text, ("accounts=all",))
    return True


def variant_names(
    text: str | None, known: Sequence[str], default: tuple[str, ...]
) -> tuple[str, ...]:
    """The value of --variant: names separated by commas, each known and named once."""
    if text is None:
        return default
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        one_of("--variant", name, known)
    if len(set(names)) != len(names):
        raise InputError("--variant", text, "names a variant twice")
    return names


def one_of(option: str, value: str, known: Sequence[str]) -> str:
    """The value, if it is one of the known ones; else an error with the list and near misses."""
    if value in known:
        return value
    rule = f"must be one of {', '.join(known)}{did_you_mean(value, known)}"
    raise InputError(option, value, rule)


def did_you_mean(value: str, known: Iterable[str]) -> str:
    """Words to append to an error when something close to the value exists."""
    close = difflib.get_close_matches(value, list(known), n=3)
    return f"; did you mean {' or '.join(close)}?" if close else ""


def named_option(error: InputError, options: Mapping[str, str]) -> InputError:
    """The same error under the name of the option that the user typed for that field."""
    option = options.get(error.field)
    return error if option is None else InputError(option, error.value, error.rule)
