"""What the sanity gate can find, in words: rules, findings, and what was done about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from simulator.errors import InputError

Severity = Literal["defect", "warning", "note"]
"""A defect stops an import until it is repaired or overridden; the others are only told."""

SHOWN_OFFENDERS: Final = 10


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of defect: what must hold, how it can be repaired, whether it may stand."""

    name: str
    sentence: str
    repairs: Mapping[str, str]
    """Way of repairing -> what it does, in words."""
    may_stand: bool
    """Whether an override with a reason keeps the data as they are."""


def _rule(name: str, sentence: str, may_stand: bool = False, **repairs: str) -> Rule:
    ways = {way.replace("_", "-"): words for way, words in repairs.items()}
    return Rule(name, sentence, MappingProxyType(ways), may_stand)


_RULES: Final = (
    _rule("time", "every row needs a time that can be read", drop="leave the row out"),
    _rule(
        "time-zone",
        "times are UTC, or say how far from it they are",
        may_stand=True,
        shift="move the series by the hours at which it fits the shipped one",
    ),
    _rule("time-unit", "a time is seconds, milliseconds, microseconds or nanoseconds since 1970"),
    _rule("order", "times increase", sort="put the rows in order (done without being told)"),
    _rule(
        "duplicate",
        "a time is there once",
        first="keep the first of the rows",
        last="keep the last of the rows",
    ),
    _rule(
        "not-a-price",
        "a price is a finite number above zero",
        drop="leave the row out, which makes a gap",
    ),
    _rule(
        "crossed",
        "high and low contain open and close, and high is not below low",
        widen="take the highest of the four as high and the lowest as low",
        drop="leave the row out, which makes a gap",
    ),
    _rule("resolution", "bars have the resolution that is declared"),
    _rule(
        "grid",
        "bars open at whole multiples of their resolution",
        shift="take the times as closing times: open = time + 1 - resolution",
        drop="leave the rows off the grid out",
    ),
    _rule(
        "gap",
        "no bar is missing",
        may_stand=True,
        fill="put flat bars at the last close into gaps of at most N bars: fill:N",
    ),
    _rule(
        "unit",
        "all prices are in one unit",
        scale="divide by the power of ten that brings the prices back",
    ),
    _rule(
        "outlier-print",
        "a price lies within a factor of 2 of its neighbours",
        may_stand=True,
        clip="a low becomes the lower of open and close, a high the higher one; "
        "a bar that is off as a whole becomes flat at the last close",
        drop="leave the row out, which makes a gap",
    ),
    _rule(
        "zero-volume",
        "trade bars have volume: without any they are mark or index prices in disguise",
        may_stand=True,
        mark="take the series as mark prices",
        index="take the series as index prices",
    ),
    _rule("thin", "at most 5 % of the bars are without trades", may_stand=True),
    _rule("stale", "a price does not stand still for 12 bars and more", may_stand=True),
    _rule("quote", "prices have the size that the declared quote implies", may_stand=True),
    _rule(
        "precision",
        "a price has at most 8 decimals",
        round="round to 8 decimals, half to even",
    ),
    _rule("unconfirmed", "a lone point far from its neighbours needs a second source", True),
    _rule(
        "stale-book",
        "a side of a book moves, and its prices lie inside its band",
        may_stand=True,
        drop="leave the side out from the first stale snapshot on",
    ),
    _rule("unfinished", "a bar is over", drop="leave the last bar out (done without being told)"),
    _rule("text", "a field has no blanks around it (they are taken away without being told)"),
)
RULES: Final[Mapping[str, Rule]] = MappingProxyType({rule.name: rule for rule in _RULES})
"""Every rule by its name, in the order in which they are applied."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that does not hold in one series."""

    rule: str
    severity: Severity
    count: int
    place: str
    """The first offender: file and row, such as `ETHUSDT-1m.csv row 5 (line 6)`."""
    field: str
    value: str
    """As it stands in the file."""
    words: str
    """What is wrong with it."""
    offenders: tuple[str, ...] = ()
    """The first ten places."""

    def line(self) -> str:
        """One line for people."""
        many = f" (and {self.count - 1:,} more)" if self.count > 1 else ""
        where = f"{self.place} {self.field} = {self.value}"
        return f"{self.severity} {self.rule}: {where}: {self.words}{many}"

    def error(self) -> InputError:
        """The refusal: file, row, field, value and rule, and what can be told to do about it."""
        many = f" ({self.count - 1:,} more rows like it)" if self.count > 1 else ""
        return InputError(
            f"{self.place} {self.field}", self.value, f"{self.words}{many}{_advice(self.rule)}"
        )

    def record(self) -> dict[str, object]:
        """Plain values for sources.toml and --json."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "count": self.count,
            "place": self.place,
            "field": self.field,
            "value": self.value,
            "words": self.words,
            "offenders": list(self.offenders),
        }


def _advice(name: str) -> str:
    rule = RULES[name]
    ways = [f"--repair {name}={way}" for way in rule.repairs]
    if rule.may_stand:
        ways.append(f"--override {name}=REASON")
    return (
        f" [{name}: {rule.sentence}; {' or '.join(ways)}]"
        if ways
        else f" [{name}: {rule.sentence}]"
    )


@dataclass(frozen=True, slots=True)
class Repair:
    """What was changed in a series, and why that was allowed."""

    rule: str
    way: str
    count: int
    what: str
    reason: str = ""

    def record(self) -> dict[str, object]:
        """Plain values for sources.toml and --json."""
        return {
            "rule": self.rule,
            "way": self.way,
            "count": self.count,
            "what": self.what,
            "reason": self.reason,
        }


def parse_repair(option: str, text: str) -> tuple[str, str]:
    """`RULE=WAY` (or `gap=fill:N`) checked against the catalogue; InputError otherwise."""
    name, _, way = text.partition("=")
    known = [rule.name for rule in RULES.values() if rule.repairs]
    if name not in known:
        raise InputError(option, text, f"must be RULE=WAY with a rule of {', '.join(known)}")
    stem, colon, number = way.partition(":")
    ways = RULES[name].repairs
    if stem not in ways or bool(colon) != (stem == "fill"):
        shown = [f"{item}:N" if item == "fill" else item for item in ways]
        raise InputError(option, text, f"{name} can be repaired by {', '.join(shown)}")
    if colon and not (number.isascii() and number.isdigit() and 1 <= int(number) <= 100_000):
        raise InputError(option, text, "fill needs the most bars in a row, such as gap=fill:3")
    return name, way


def parse_override(option: str, text: str) -> tuple[str, str]:
    """`RULE=REASON` checked against the catalogue; InputError otherwise."""
    name, _, reason = text.partition("=")
    known = [rule.name for rule in RULES.values() if rule.may_stand]
    if name not in known:
        raise InputError(option, text, f"must be RULE=REASON with a rule of {', '.join(known)}")
    if not reason.strip():
        raise InputError(option, text, "an override needs a reason, which is kept in the record")
    return name, reason.strip()
