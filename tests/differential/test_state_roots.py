"""State roots and proofs of both engines: py-evm's own account database and the `trie` package.

The node's root is compared in test_engine_against_anvil.py, after each of its runs.
"""

from __future__ import annotations

import numpy as np
import pytest
import rlp
from eth.db.account import AccountDB
from eth.db.atomic import AtomicDB
from eth_hash.auto import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from simulator.chain import Chain, open_chain, select
from simulator.chain.base import Proof
from simulator.types import Bytes2D
from tests.differential.assembler import word
from tests.differential.node_runs import state_of

EMPTY_ROOT = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
EMPTY_CODE_HASH = keccak(b"")

small_numbers = st.integers(0, 40)
words = st.one_of(st.just(0), small_numbers, st.integers(0, 2**256 - 1))
accounts = st.dictionaries(
    small_numbers.map(lambda number: bytes([number]) * 20),
    st.tuples(
        words,
        st.one_of(st.just(0), small_numbers, st.integers(0, 2**64 - 1)),
        # The engines refuse what starts like a delegation of EIP-7702 and is none.
        st.binary(max_size=40).filter(lambda code: not code.startswith(b"\xef\x01")),
        st.dictionaries(words, words, max_size=8),
    ),
    max_size=12,
)
"""Address -> balance, nonce, code, storage."""

World = dict[bytes, tuple[int, int, bytes, dict[int, int]]]

several = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(params=["revm", "pyevm"])
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if name == "revm" and not select.engine_is_installed():
        pytest.skip("the engine is not built; `make engine` builds it")
    return name


def chain_of(engine: str, world: World, hardfork: str = "cancun") -> Chain:
    chain = open_chain(engine, hardfork=hardfork)
    for address, (balance, nonce, code, storage) in world.items():
        chain.set_balance(address, balance)
        chain.set_nonce(address, nonce)
        chain.set_code(address, code)
        # What is empty otherwise is no account, whatever its storage.
        for slot, value in storage.items() if balance or nonce or code else ():
            chain.set_storage(address, slot, value)
    return chain


def database_of(chain: Chain) -> AccountDB:
    """The world in py-evm's own trie-backed account database."""
    database = AccountDB(AtomicDB())
    for raw, (balance, nonce, code, storage) in state_of(chain).items():
        address = raw  # py-evm's type is a NewType of bytes
        database.set_balance(address, balance)  # type: ignore[arg-type]
        database.set_nonce(address, nonce)  # type: ignore[arg-type]
        if code:
            database.set_code(address, code)  # type: ignore[arg-type]
        for slot, value in storage.items():
            database.set_storage(address, slot, value)  # type: ignore[arg-type]
    return database


def slots_of(numbers: list[int]) -> Bytes2D:
    return np.frombuffer(b"".join(map(word, numbers)), np.uint8).reshape(len(numbers), 32)


def proven(root: bytes, key: bytes, nodes: tuple[bytes, ...]) -> bytes:
    """What nodes say about a key; raises if they do not lead from the root to an answer."""
    if root == EMPTY_ROOT and not nodes:
        return b""
    path = [rlp.decode(node) for node in nodes]
    value: bytes = HexaryTrie.get_from_proof(root, keccak(key), path)  # type: ignore[no-untyped-call]
    return value


def check(root: bytes, proof: Proof) -> None:
    """Account and slots follow from the root by nothing but the nodes."""
    leaf = proven(root, proof.address, proof.account)
    if leaf:
        nonce, balance, storage_hash, code_hash = rlp.decode(leaf)
        assert int.from_bytes(nonce, "big") == proof.nonce
        assert int.from_bytes(balance, "big") == proof.balance
        assert (storage_hash, code_hash) == (proof.storage_hash, proof.code_hash)
    else:
        assert (proof.balance, proof.nonce) == (0, 0)
        assert (proof.storage_hash, proof.code_hash) == (EMPTY_ROOT, EMPTY_CODE_HASH)
    for slot, value, nodes in proof.slots:
        stored = proven(proof.storage_hash, slot, nodes)
        assert value == (int.from_bytes(rlp.decode(stored), "big") if stored else 0)


@pytest.mark.parametrize("hardfork", ["cancun", "prague"])
@several
@given(world=accounts)
def test_the_state_root_is_that_of_py_evm(engine: str, hardfork: str, world: World) -> None:
    chain = chain_of(engine, world, hardfork)
    assert chain.state_root() == database_of(chain).make_state_root()


def test_an_empty_world_has_the_root_of_an_empty_trie(engine: str) -> None:
    assert open_chain(engine).state_root() == EMPTY_ROOT


@several
@given(world=accounts, others=st.lists(words, max_size=4))
def test_proofs_of_what_is_there_and_of_what_is_not_follow_from_the_root(
    engine: str, world: World, others: list[int]
) -> None:
    chain = chain_of(engine, world)
    root = chain.state_root()
    for address in [*world, b"\xfe" * 20]:
        numbers = [*(world[address][3] if address in world else ()), *others]
        proof = chain.proof(address, slots_of(numbers))
        assert [slot for slot, _, _ in proof.slots] == [word(number) for number in numbers]
        assert proof.balance == chain.balance(address)
        values = [value for _, value, _ in proof.slots]
        stored = chain.storage(address, slots_of(numbers))
        assert values == [int.from_bytes(row.tobytes(), "little") for row in stored]
        check(root, proof)


def test_a_proof_against_another_root_does_not_hold(engine: str) -> None:
    chain = chain_of(engine, {bytes([n]) * 20: (n, 0, b"", {}) for n in range(1, 30)})
    proof = chain.proof(b"\x05" * 20, slots_of([]))
    chain.set_balance(b"\x05" * 20, 99)
    with pytest.raises(Exception, match=r"proof|missing|Missing"):
        check(chain.state_root(), proof)


@several
@given(world=accounts, others=st.lists(words, max_size=3))
def test_both_engines_prove_by_the_same_nodes(world: World, others: list[int]) -> None:
    if not select.engine_is_installed():
        pytest.skip("the engine is not built; `make engine` builds it")
    fast, reference = chain_of("revm", world), chain_of("pyevm", world)
    assert fast.state_root() == reference.state_root()
    for address in [*world, b"\xfe" * 20]:
        numbers = slots_of([*(world[address][3] if address in world else ()), *others])
        assert fast.proof(address, numbers) == reference.proof(address, numbers)
