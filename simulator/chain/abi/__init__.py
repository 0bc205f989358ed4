"""Calldata, return data and logs, for one call by hand and for a whole population in numpy.

`words` has the hand-made parts of single calls, `packing` and `outputs` whole columns of calls,
`logs` events; types that are not static go through eth-abi.
"""

from simulator.chain.abi.words import (
    WORD,
    address_array,
    address_word,
    event_topic,
    int_at,
    int_word,
    mapping_slot,
    selector,
    signature_of,
    uint_at,
    uint_word,
)

__all__ = [
    "WORD",
    "address_array",
    "address_word",
    "event_topic",
    "int_at",
    "int_word",
    "mapping_slot",
    "selector",
    "signature_of",
    "uint_at",
    "uint_word",
]
