"""Waits: from a second to 90 days, evenly over the orders of magnitude, and to the next event."""

from __future__ import annotations

from hypothesis import strategies as st

from audits.steps import Wait

LONGEST_SECONDS = 90 * 86_400
FUNDING_INTERVAL_SECONDS = 3_600
NEXT_FUNDING = 0
"""Drawn in place of a length: until the next full funding interval."""

_ROUND = (3_600, 1, 12, 60, 8 * 3_600, 86_400, 7 * 86_400, 30 * 86_400, LONGEST_SECONDS)
_STEPS = 64

WAITS = st.one_of(
    st.sampled_from(_ROUND),
    st.just(NEXT_FUNDING),
    st.integers(0, _STEPS).map(lambda step: round(LONGEST_SECONDS ** (step / _STEPS))),
)
"""Seconds to wait, or NEXT_FUNDING. No time at all is simply no wait between two steps.

Shrinks to an hour: shorter waits break nothing more and move amounts that nobody would notice.
"""


def wait(drawn: int, now: int) -> Wait:
    """The exact wait from `now` (seconds since 1970)."""
    if drawn == NEXT_FUNDING:
        return Wait(FUNDING_INTERVAL_SECONDS - now % FUNDING_INTERVAL_SECONDS)
    return Wait(drawn)
