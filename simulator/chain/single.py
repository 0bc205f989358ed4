"""One what-if by way of `what_if_many`, for the chains where a batch of one is quick enough."""

from __future__ import annotations

import numpy as np

from simulator.chain.base import Chain
from simulator.chain.checks import WORD_LIMIT, check_address, check_bytes, check_number, check_wish
from simulator.chain.columns import Batch, WhatIf
from simulator.types import Address
from simulator.units import integers_to_words


def single_what_if(
    chain: Chain,
    sender: Address,
    target: Address,
    data: bytes,
    value: int,
    gas_limit: int,
    diff: bool,
) -> WhatIf:
    """`Chain.what_if`: the transaction pays the base fee and no more."""
    check_address("sender", sender)
    check_address("target", target)
    check_bytes("data", data)
    check_number("gas_limit", gas_limit)
    check_number("value", value, WORD_LIMIT)
    check_wish("diff", diff)
    plain = Batch.of([sender], [target], [data], gas_limit)
    batch = Batch(
        senders=plain.senders,
        targets=plain.targets,
        data=plain.data,
        data_offsets=plain.data_offsets,
        gas_limits=plain.gas_limits,
        values=integers_to_words([value], signed=False),
        max_fees=np.array([chain.block.base_fee], np.uint64),
    )
    receipts = chain.what_if_many(batch)
    assert receipts.diff is not None
    return WhatIf(
        status=int(receipts.status[0]),
        gas_used=int(receipts.gas_used[0]),
        output=receipts.output_of(0),
        reason=receipts.reasons.get(0),
        diff=receipts.diff._replace(transaction=None) if diff else None,
    )
