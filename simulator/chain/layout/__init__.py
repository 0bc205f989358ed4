"""From a compiler's storage layout to values: slots of many entries at once, decoded in numpy.

Pure: arrays in, arrays out. Whoever has a chain reads the slots and hands the words back.
"""

from simulator.chain.layout.columns import Column
from simulator.chain.layout.dynamic import Items, read_items, read_texts
from simulator.chain.layout.fields import Field, UndescribedTypeError
from simulator.chain.layout.keys import Keys, mapping_slots
from simulator.chain.layout.solidity import parse_solidity
from simulator.chain.layout.types import StorageLayout, Variable
from simulator.chain.layout.view import Columns, Read, SlotTable, StorageView
from simulator.chain.layout.vyper import Structs, parse_vyper

__all__ = [
    "Column",
    "Columns",
    "Field",
    "Items",
    "Keys",
    "Read",
    "SlotTable",
    "StorageLayout",
    "StorageView",
    "Structs",
    "UndescribedTypeError",
    "Variable",
    "mapping_slots",
    "parse_solidity",
    "parse_vyper",
    "read_items",
    "read_texts",
]
