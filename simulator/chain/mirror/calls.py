"""A mirror of what view functions answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.chain.abi import batch_of_calls, concatenate, pack_calls
from simulator.chain.artifacts import Artifact, function_entry
from simulator.chain.artifacts.getters import Getter, getter_of
from simulator.chain.base import ZERO_ADDRESS, Batch, Chain
from simulator.chain.checks import CALL_GAS_LIMIT, check_address
from simulator.chain.columns import STATUS_SUCCESS, Receipts
from simulator.chain.layout import Columns
from simulator.chain.layout.words import words_from_slots
from simulator.chain.mirror.wanted import Watched, distinct
from simulator.chain.mirror.words import MirrorWords
from simulator.chain.reverts import revert_reason
from simulator.errors import InputError, RevertError
from simulator.types import Address, Int1D, Words


class CallMirror:
    """A mirror that asks view functions again after each batch."""

    def __init__(
        self, chain: Chain, contract: Address, artifact: Artifact, wanted: Sequence[Watched]
    ) -> None:
        """InputError for a getter that is not in the ABI or whose answer has no fixed size."""
        self.contract = check_address("contract", contract)
        self._getters: dict[str, Getter] = {}
        batches, shapes = [], {}
        for item in distinct(wanted):
            getter = getter_of(function_entry(artifact, item.getter))
            calls = pack_calls(getter.function, *getter.arguments(item.keys), rows=_rows(item))
            batch = batch_of_calls(calls, ZERO_ADDRESS, contract, CALL_GAS_LIMIT)
            self._getters[item.name] = getter
            shapes[item.name] = (len(batch), getter.width)
            batches.append(batch)
        self._batch: Batch = concatenate(batches)
        self._words = MirrorWords(shapes)
        self.reload(chain)

    def columns(self, name: str) -> Columns:
        words = self._words.table(name)
        return self._getters[name].decode(words)

    def apply(self, chain: Chain, receipts: Receipts) -> dict[str, Int1D]:
        fresh = self._fresh(chain)
        places = np.flatnonzero((self._words.values != fresh).any(axis=1))
        self._words.values[:] = fresh
        return self._words.rows_of(places) if len(places) else {}

    def reload(self, chain: Chain) -> None:
        self._words.values[:] = self._fresh(chain)

    def verify(self, chain: Chain) -> list[str]:
        return list(self._words.differences(self._fresh(chain)))

    def _fresh(self, chain: Chain) -> Words:
        """Answers of all calls as words; RevertError names the first that has none."""
        receipts = chain.call_many(self._batch)
        call, parts = 0, [np.zeros((0, 32), np.uint8)]
        for name, section in self._words.sections.items():
            calls = range(call, call + section.rows)
            self._check(name, receipts, calls, section.width)
            first, last = receipts.output_offsets[[calls.start, calls.stop]]
            # Answers may be longer than the ABI says, so each is cut by itself.
            answers = receipts.output[first:last]
            if len(answers) != 32 * section.rows * section.width:
                pieces = [receipts.output_of(at)[: 32 * section.width] for at in calls]
                answers = np.frombuffer(b"".join(pieces), np.uint8)
            parts.append(answers.reshape(-1, 32))
            call = calls.stop
        return words_from_slots(np.concatenate(parts))

    def _check(self, name: str, receipts: Receipts, calls: range, width: int) -> None:
        status = receipts.status[calls.start : calls.stop]
        failed = np.flatnonzero(status != STATUS_SUCCESS)
        if len(failed):
            call = calls.start + int(failed[0])
            output = receipts.output_of(call)
            reason = receipts.reasons.get(call, revert_reason(output))
            message = f"{name}, row {int(failed[0])}: the view function failed: {reason}"
            raise RevertError(message, output, call)
        sizes = np.diff(receipts.output_offsets[calls.start : calls.stop + 1])
        short = np.flatnonzero(sizes < 32 * width)
        if len(short):
            rule = (
                f"must have {32 * width} bytes: is there this contract at 0x{self.contract.hex()}?"
            )
            raise InputError(f"{name}, row {int(short[0])}", f"{int(sizes[short[0]])} bytes", rule)


def _rows(item: Watched) -> int:
    return len(item.keys[0]) if item.keys else 1
