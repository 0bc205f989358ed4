"""Which engine a command will run on, said before it starts."""

from __future__ import annotations

from underwater import console


def announce_engine(chain: str) -> str:
    """The name of the engine that `chain` means here; one line if the choice fell on the slow one.

    Raises MissingComponentError if an engine was asked for by name and is not there.
    """
    from simulator.chain.select import select_engine

    choice = select_engine(chain)
    if choice.note:
        console.note(choice.note)
    return choice.name
