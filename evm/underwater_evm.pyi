"""Types of the extension. Arrays in and out are as in `simulator/chain/columns.py`."""

from collections.abc import Sequence
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

HARDFORKS: list[str]
__version__: str

class EngineError(Exception): ...

class BatchError(Exception):
    """An argument breaks a rule; `args` is (field, value, rule)."""

_Bytes: TypeAlias = NDArray[np.uint8]
_Limbs: TypeAlias = NDArray[np.uint64]
Columns: TypeAlias = tuple[Any, ...]
"""The fields of `Receipts` in their order; diff and trace are tuples of theirs, or None."""
_Outcome: TypeAlias = tuple[int, bytes, str | None, bytes | None]
"""Status, output, reason, created address."""
_Proof: TypeAlias = tuple[bytes, int, bytes, bytes, list[bytes], list[tuple[bytes, list[bytes]]]]
"""Balance, nonce, code hash, storage root, nodes, value and nodes of each slot."""

@final
class World:
    def __new__(
        cls,
        hardfork: str,
        *,
        chain_id: int = 1,
        limit_code_size: bool = True,
        check_senders: bool = True,
        source: object | None = None,
    ) -> World: ...
    @staticmethod
    def from_bytes(world: bytes) -> World: ...
    def to_bytes(self) -> bytes: ...
    @property
    def hardfork(self) -> str: ...
    @property
    def chain_id(self) -> int: ...
    @property
    def limit_code_size(self) -> bool: ...
    @property
    def check_senders(self) -> bool: ...
    @property
    def is_fork(self) -> bool: ...
    @property
    def block_gas_used(self) -> int: ...
    @property
    def block(self) -> tuple[int, int, int, int, bytes, bytes, bytes | None]:
        """Number, timestamp, base fee, gas limit, coinbase, prevrandao, parent hash."""

    def set_block(
        self,
        number: int,
        timestamp: int,
        base_fee: int,
        gas_limit: int,
        coinbase: bytes,
        prevrandao: bytes,
        parent_hash: bytes | None,
        begin: bool,
    ) -> None: ...
    def execute(
        self,
        batch: object,
        diff: bool,
        coverage: bool,
        trace: bool,
        deadline: float | None,
    ) -> tuple[Columns, Exception | None]:
        """What ended the batch early comes beside the receipts of its first part."""

    def call_many(self, batch: object, threads: int | None, deadline: float | None) -> Columns: ...
    def what_if_many(
        self, batch: object, threads: int | None, deadline: float | None
    ) -> Columns: ...
    def what_if(
        self,
        sender: bytes,
        target: bytes | None,
        data: bytes,
        value: bytes,
        gas_limit: int,
        diff: bool,
    ) -> tuple[int, int, bytes, str | None, tuple[_Bytes, _Bytes, _Limbs, _Limbs] | None]: ...
    def transact(
        self, sender: bytes, target: bytes | None, data: bytes, value: bytes, gas_limit: int
    ) -> _Outcome: ...
    def call(self, sender: bytes, target: bytes, data: bytes) -> _Outcome: ...
    def snapshot(self) -> int: ...
    def revert(self, snapshot: int) -> None: ...
    def diff_since(self, snapshot: int) -> tuple[_Bytes, _Bytes, _Limbs, _Limbs]: ...
    def clone(self) -> World: ...
    def watch(self, account: bytes, slots: _Bytes) -> int: ...
    def watched(self) -> _Limbs: ...
    def storage(self, account: bytes, slots: _Bytes) -> _Limbs: ...
    def set_storage(self, account: bytes, slot: bytes, value: bytes) -> None: ...
    def balance(self, account: bytes) -> bytes: ...
    def set_balance(self, account: bytes, wei: bytes) -> None: ...
    def nonce(self, account: bytes) -> int: ...
    def set_nonce(self, account: bytes, nonce: int) -> None: ...
    def code(self, account: bytes) -> bytes: ...
    def set_code(self, account: bytes, code: bytes) -> None: ...
    def accounts(self) -> list[bytes]: ...
    def slots_of(self, account: bytes) -> tuple[_Bytes, _Limbs]: ...
    def all_slots(self) -> list[tuple[bytes, _Bytes, _Limbs]]: ...
    def state_root(self) -> bytes: ...
    def proof(self, account: bytes, slots: _Bytes) -> _Proof: ...

def execute_many(
    worlds: Sequence[World],
    batches: Sequence[object],
    threads: int | None,
    diff: bool,
    deadline: float | None,
) -> list[tuple[Columns, Exception | None]]: ...
