"""How Hypothesis behaves in all tests."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

# The same examples every time: a red run is about the change, not about luck. No deadline, because
# a shared machine makes any limit lie.
settings.register_profile("quick", deadline=None, derandomize=True, database=None)
settings.register_profile(
    "campaign",
    deadline=None,
    max_examples=2_000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("quick")


def pytest_configure() -> None:
    """A shell starts what runs in its background with Ctrl-C ignored, and so would every child be:
    tests of interruptions would wait for ever."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
