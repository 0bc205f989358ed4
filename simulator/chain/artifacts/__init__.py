"""Compiled contracts: from sources, and from what other tools have compiled."""

from simulator.chain.artifacts.cache import cache_folder
from simulator.chain.artifacts.deployment import check_hardfork, deploy, place
from simulator.chain.artifacts.interface import (
    creation_code,
    decode_result,
    encode_call,
    error_entry,
    event_entry,
    function_entry,
    merge_events,
)
from simulator.chain.artifacts.linking import link, with_immutables
from simulator.chain.artifacts.load import load_artifact
from simulator.chain.artifacts.model import (
    MAX_RUNTIME_SIZE,
    Artifact,
    Code,
    Immutable,
    Link,
    StorageVariable,
)
from simulator.chain.artifacts.solc_finder import SolidityCompiler, find_compiler
from simulator.chain.artifacts.solidity_compiler import compile_solidity
from simulator.chain.artifacts.vyper_compiler import (
    VYPER_VERSION,
    compile_contract,
    compile_vyper,
)

__all__ = [
    "MAX_RUNTIME_SIZE",
    "VYPER_VERSION",
    "Artifact",
    "Code",
    "Immutable",
    "Link",
    "SolidityCompiler",
    "StorageVariable",
    "cache_folder",
    "check_hardfork",
    "compile_contract",
    "compile_solidity",
    "compile_vyper",
    "creation_code",
    "decode_result",
    "deploy",
    "encode_call",
    "error_entry",
    "event_entry",
    "find_compiler",
    "function_entry",
    "link",
    "load_artifact",
    "merge_events",
    "place",
    "with_immutables",
]
