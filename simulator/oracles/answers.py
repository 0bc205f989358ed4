"""What a source says: the one shape that feeds read from each other."""

from __future__ import annotations

from typing import NamedTuple


class Answer(NamedTuple):
    """A price in the source's smallest unit, 0 for none, and when it was known to be right."""

    value: int
    updated_at: int
    """Seconds since 1970."""


NO_ANSWER = Answer(0, 0)


def is_fresh(answer: Answer, timestamp: int, maximum_age: int) -> bool:
    """Whether there is an answer, not from the future and at most `maximum_age` seconds old."""
    return answer.value > 0 and 0 <= timestamp - answer.updated_at <= maximum_age
