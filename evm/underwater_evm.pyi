"""Types of the extension. Arrays in and out are as in `simulator/chain/base.py`."""

from typing import final

import numpy as np
from numpy.typing import NDArray

HARDFORKS: list[str]
__version__: str

class EngineError(Exception): ...

class BatchError(Exception):
    """An argument breaks a rule; `args` is (field, value, rule)."""

_Bytes = NDArray[np.uint8]
_Ints = NDArray[np.int64]
_Limbs = NDArray[np.uint64]
_Diff = tuple[_Bytes, _Bytes, _Limbs, _Limbs]
_Receipts = tuple[
    _Bytes,  # status
    _Limbs,  # gas used
    _Bytes,  # output
    _Ints,  # output offsets
    _Ints,  # transaction of a log
    _Bytes,  # address of a log
    _Bytes,  # topics of a log
    _Bytes,  # number of topics of a log
    _Bytes,  # data of the logs
    _Ints,  # offsets of that data
    _Ints,  # watched: index
    _Limbs,  # watched: value
    dict[int, str],  # reasons
    _Diff | None,  # address, slot, old, new
]
_Outcome = tuple[int, bytes, str | None, bytes | None]
"""Status, output, reason, created address."""

@final
class World:
    def __new__(
        cls, hardfork: str, *, chain_id: int = 1, limit_code_size: bool = True
    ) -> World: ...
    @property
    def hardfork(self) -> str: ...
    @property
    def block_gas_used(self) -> int: ...
    def set_block(
        self,
        number: int,
        timestamp: int,
        base_fee: int,
        gas_limit: int,
        coinbase: bytes,
        prevrandao: bytes,
    ) -> None: ...
    def execute(
        self,
        senders: _Bytes,
        targets: _Bytes,
        data: _Bytes,
        data_offsets: _Ints,
        gas_limits: _Limbs,
        creates: _Bytes | None,
        values: _Limbs | None,
        max_fees: _Limbs | None,
        priority_fees: _Limbs | None,
        nonces: _Limbs | None,
        diff: bool,
    ) -> _Receipts: ...
    def transact(
        self, sender: bytes, target: bytes | None, data: bytes, value: bytes, gas_limit: int
    ) -> _Outcome: ...
    def call(self, sender: bytes, target: bytes, data: bytes) -> _Outcome: ...
    def snapshot(self) -> int: ...
    def revert(self, snapshot: int) -> None: ...
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
