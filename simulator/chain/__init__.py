"""EVM worlds behind one interface (`base.Chain`): the fast engine and the reference engine.

Back ends are imported where they are opened, because py-evm alone takes a second to import.
"""

from simulator.chain.base import Batch, BlockEnvironment, Chain, Receipts, StorageDiff
from simulator.chain.select import EngineChoice, open_chain, select_engine

__all__ = [
    "Batch",
    "BlockEnvironment",
    "Chain",
    "EngineChoice",
    "Receipts",
    "StorageDiff",
    "open_chain",
    "select_engine",
]
