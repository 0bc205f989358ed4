"""A mirror of storage slots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.chain.base import Chain
from simulator.chain.checks import check_address
from simulator.chain.columns import Receipts
from simulator.chain.layout import Columns, SlotTable, StorageLayout, StorageView
from simulator.chain.mirror.wanted import Watched, distinct
from simulator.chain.mirror.words import MirrorWords
from simulator.types import Address, Int1D


class StorageMirror:
    """A mirror that follows the chain's watch list."""

    def __init__(
        self,
        chain: Chain,
        contract: Address,
        layout: StorageLayout | None,
        wanted: Sequence[Watched],
    ) -> None:
        """Adds the slots to the watch list of `chain`. InputError as from `StorageView.slots`."""
        self.contract = check_address("contract", contract)
        view = StorageView(layout)
        self._tables: dict[str, SlotTable] = {
            item.name: view.slots(item.path, *item.keys) for item in distinct(wanted)
        }
        shapes = {name: table.slots.shape[:2] for name, table in self._tables.items()}
        self._words = MirrorWords(shapes)
        flat = [table.flat_slots() for table in self._tables.values()]
        self._slots = np.concatenate([*flat, np.zeros((0, 32), np.uint8)])
        self._first = chain.watch(contract, self._slots)
        self.reload(chain)

    def columns(self, name: str) -> Columns:
        words = self._words.table(name)
        return self._tables[name].decode(words)

    def apply(self, chain: Chain, receipts: Receipts) -> dict[str, Int1D]:
        index = receipts.watched_index
        bounds = (self._first, self._first + len(self._slots))
        first, last = np.searchsorted(index, bounds)
        places = index[first:last] - self._first
        self._words.values[places] = receipts.watched_value[first:last]
        return self._words.rows_of(places) if len(places) else {}

    def reload(self, chain: Chain) -> None:
        self._words.values[:] = chain.storage(self.contract, self._slots)

    def verify(self, chain: Chain) -> list[str]:
        return list(self._words.differences(chain.storage(self.contract, self._slots)))
