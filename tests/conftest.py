"""How Hypothesis behaves in all tests."""

from __future__ import annotations

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
