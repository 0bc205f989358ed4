"""The words of everything that a mirror holds, in one array."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from simulator.errors import InputError
from simulator.types import Int1D, Words
from simulator.units import words_to_integers


@dataclass(frozen=True, slots=True)
class Section:
    """Rows of one `Watched` in the mirror's words: [n, width], from `start` on."""

    start: int
    rows: int
    width: int

    @property
    def stop(self) -> int:
        return self.start + self.rows * self.width


class MirrorWords:
    """The words of all sections, one after the other."""

    def __init__(self, shapes: Mapping[str, tuple[int, int]]) -> None:
        self.sections: dict[str, Section] = {}
        count = 0
        for name, (rows, width) in shapes.items():
            self.sections[name] = Section(count, rows, width)
            count += rows * width
        self.values: Words = np.zeros((count, 4), np.uint64)

    def table(self, name: str) -> Words:
        """uint64[n, width, 4], not to be written to."""
        section = self.sections.get(name)
        if section is None:
            known = ", ".join(self.sections)
            raise InputError("name", name, f"is not mirrored; there are: {known}")
        part = self.values[section.start : section.stop].reshape(section.rows, section.width, 4)
        part.flags.writeable = False
        return part

    def rows_of(self, places: Int1D) -> dict[str, Int1D]:
        """Per section the rows in which places (ascending) lie."""
        found = {}
        for name, section in self.sections.items():
            first, last = np.searchsorted(places, (section.start, section.stop))
            if last > first:
                found[name] = np.unique((places[first:last] - section.start) // section.width)
        return found

    def differences(self, fresh: Words) -> Iterator[str]:
        wrong = np.flatnonzero((self.values != fresh).any(axis=1))
        ours = words_to_integers(self.values[wrong], signed=False)
        theirs = words_to_integers(fresh[wrong], signed=False)
        for place, mine, other in zip(wrong.tolist(), ours, theirs, strict=True):
            for name, section in self.sections.items():
                if section.start <= place < section.stop:
                    row, word = divmod(place - section.start, section.width)
                    yield f"{name}, row {row}, word {word}: mirror {mine:#x}, chain {other:#x}"
