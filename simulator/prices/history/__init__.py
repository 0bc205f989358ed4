"""Price history: files of exchanges and tools, the sanity gate, and the events made from them.

`look` reads and inspects, `event_files` makes the event or refuses, `write_event` puts it in place.
"""

from simulator.prices.history.findings import (
    RULES,
    Finding,
    Repair,
    parse_override,
    parse_repair,
)
from simulator.prices.history.gate import Gate, Inspection, Reference, inspect
from simulator.prices.history.importing import Looked, Order, event_files, look, usual_name
from simulator.prices.history.measures import Measures, measure
from simulator.prices.history.points import aligned_ratio
from simulator.prices.history.reading import FORMATS, parse_resolution, read_file
from simulator.prices.history.store import place_of, write_event
from simulator.prices.history.times import zone_of

__all__ = [
    "FORMATS",
    "RULES",
    "Finding",
    "Gate",
    "Inspection",
    "Looked",
    "Measures",
    "Order",
    "Reference",
    "Repair",
    "aligned_ratio",
    "event_files",
    "inspect",
    "look",
    "measure",
    "parse_override",
    "parse_repair",
    "parse_resolution",
    "place_of",
    "read_file",
    "usual_name",
    "write_event",
    "zone_of",
]
