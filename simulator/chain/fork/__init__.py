"""Worlds on the state of a real chain: loaded from nodes, verified, recorded, replayed offline."""

from simulator.chain.fork.capsule import Capsule, RecordedAccount, RecordedState, Verification
from simulator.chain.fork.capsule_file import read_capsule, write_capsule
from simulator.chain.fork.mainnet import load_recorded_json
from simulator.chain.fork.open import open_capsule, open_fork
from simulator.chain.fork.source import CapsuleSource, Missing
from simulator.chain.fork.world import ForkedWorld

__all__ = [
    "Capsule",
    "CapsuleSource",
    "ForkedWorld",
    "Missing",
    "RecordedAccount",
    "RecordedState",
    "Verification",
    "load_recorded_json",
    "open_capsule",
    "open_fork",
    "read_capsule",
    "write_capsule",
]
