"""Chosen variables of a contract off chain, for many keys at once, kept current batch by batch.

    mirror = open_mirror(chain, perp, artifact, [Watched("positions", accounts)])
    receipts = chain.execute(batch)
    changed = mirror.apply(chain, receipts)          # {"positions": rows that changed}
    mirror.columns("positions")["size"].floats(1e18)

Where the storage layout is known, `StorageMirror` puts the slots on the chain's watch list, and a
batch costs one numpy assignment. Where it is not, `CallMirror` asks view functions again, all of
them in one `call_many`. Both are used alike.
"""

from __future__ import annotations

from collections.abc import Sequence

from simulator.chain.artifacts import Artifact
from simulator.chain.base import Chain
from simulator.chain.layout import UndescribedTypeError
from simulator.chain.mirror.calls import CallMirror
from simulator.chain.mirror.storage import StorageMirror
from simulator.chain.mirror.wanted import Mirror, Watched
from simulator.types import Address

__all__ = ["CallMirror", "Mirror", "StorageMirror", "Watched", "open_mirror"]


def open_mirror(
    chain: Chain, contract: Address, artifact: Artifact, wanted: Sequence[Watched]
) -> Mirror:
    """By storage where the artifact's layout describes all that is wanted, else by calls."""
    if artifact.layout is not None:
        try:
            return StorageMirror(chain, contract, artifact.layout, wanted)
        except UndescribedTypeError:
            pass  # the layout names a struct of which nobody told the members
    return CallMirror(chain, contract, artifact, wanted)
