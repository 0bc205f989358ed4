"""The tally tells which actions never worked."""

from __future__ import annotations

from audits.tally import Tally


def test_reasons_are_counted_per_action_and_dead_actions_are_named() -> None:
    tally = Tally()
    tally.count("fill", None)
    tally.count("fill", "initial margin")
    tally.count("liquidate", "healthy")
    tally.count("liquidate", "healthy")
    assert tally.steps == 4
    assert tally.never_succeeded() == ["liquidate"]
    assert tally.as_table() == {
        "fill": {"tries": 2, "successes": 1, "reverts": {"initial margin": 1}},
        "liquidate": {"tries": 2, "successes": 0, "reverts": {"healthy": 2}},
    }
