"""A transaction as py-evm's executor reads it."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.chain.pyevm.batches import AccessList
from simulator.types import Address


@dataclass(frozen=True, slots=True)
class Transaction:
    """What py-evm's executor reads of a transaction. `to` is empty for a creation.

    In types 0 and 1 both fees are the gas price.
    """

    sender: Address
    to: bytes
    data: bytes
    value: int
    gas: int
    nonce: int
    max_fee_per_gas: int
    max_priority_fee_per_gas: int
    intrinsic_gas: int
    access_list: AccessList
    type_id: int

    def validate(self) -> None:
        """Signatures are not needed, and the rest is checked before."""
