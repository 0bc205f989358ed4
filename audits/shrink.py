"""Makes a failing sequence short: fewer steps first, then fewer waits.

Hypothesis shrinks the draws; this pass works on the exact steps afterwards and removes what only
mattered to the draws. A reduction counts only if the same property breaks in the same kind of step,
or a real break would shrink into a trivial one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from audits.steps import Step, Wait


def shrink_steps(steps: Sequence[Step], breaks: Callable[[Sequence[Step]], bool]) -> list[Step]:
    """The shortest sequence reachable by dropping runs of steps and merging neighbouring waits.

    breaks: replays a sequence and says whether the same violation occurs at its end.
    """
    current = list(steps)
    while True:
        reduced = _without_runs(_with_merged_waits(current, breaks), breaks)
        if len(reduced) == len(current):
            return reduced
        current = reduced


def _without_runs(steps: list[Step], breaks: Callable[[Sequence[Step]], bool]) -> list[Step]:
    """Drop runs of halving length, latest first, as delta debugging does."""
    length = max(len(steps) // 2, 1)
    while length:
        start = len(steps) - length
        while start >= 0:
            candidate = steps[:start] + steps[start + length :]
            if candidate and breaks(candidate):
                steps = candidate
            start -= length
            start = min(start, len(steps) - length)
        length //= 2
    return steps


def _with_merged_waits(steps: list[Step], breaks: Callable[[Sequence[Step]], bool]) -> list[Step]:
    merged: list[Step] = []
    for step in steps:
        last = merged[-1] if merged else None
        if isinstance(step, Wait) and isinstance(last, Wait):
            merged[-1] = Wait(last.seconds + step.seconds)
        else:
            merged.append(step)
    return merged if len(merged) == len(steps) or breaks(merged) else steps
