"""Calldata, return data and logs, for one call by hand and for a whole population in numpy.

`words` has the hand-made parts of single calls; `pack_calls`, `unpack_outputs` and `decode_logs`
take and give columns; types without a fixed place go through eth-abi.
"""

from simulator.chain.abi.batches import batch_of_calls, concatenate, concatenate_calls
from simulator.chain.abi.logs import decode_logs
from simulator.chain.abi.outputs import unpack_outputs
from simulator.chain.abi.packing import Calls, pack_arguments, pack_calls
from simulator.chain.abi.signatures import Event, Function, events_of, function_of, functions_of
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
    "Calls",
    "Event",
    "Function",
    "address_array",
    "address_word",
    "batch_of_calls",
    "concatenate",
    "concatenate_calls",
    "decode_logs",
    "event_topic",
    "events_of",
    "function_of",
    "functions_of",
    "int_at",
    "int_word",
    "mapping_slot",
    "pack_arguments",
    "pack_calls",
    "selector",
    "signature_of",
    "uint_at",
    "uint_word",
    "unpack_outputs",
]
