"""Worlds as bytes: equal ones for equal worlds, refused when touched, the same elsewhere."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from random import Random

import numpy as np
import pytest

from simulator.chain import Batch, BlockEnvironment
from simulator.errors import ChainError, InputError
from tests.differential.assembler import assemble
from tests.unit.simulator.chain.conftest import (
    RECEIVER,
    SENDER,
    SET_AND_GET,
    initcode_of,
    slots,
    word,
)

pytest.importorskip("underwater_evm", reason="the engine is not built; `make engine` builds it")

from simulator.chain.revm import RevmChain

STORE = bytes([0x44]) * 20
BLOCK = BlockEnvironment(
    70, 700, base_fee=3, gas_limit=9_000_000, coinbase=b"\xc0" * 20, prevrandao=b"\x0a" * 32
)
NUMBERS = [0, 1, 5, (1 << 255) + 1]


def world(hardfork: str = "prague", order: int = 1) -> RevmChain:
    """The same world, whichever way its parts were put in."""
    chain = RevmChain(hardfork, chain_id=31337, block=BLOCK)
    for person in (SENDER, RECEIVER)[::order]:
        chain.set_balance(person, 10**20)
    for store in (STORE, b"\x02" * 20)[::order]:
        chain.set_code(store, SET_AND_GET)
        for number in NUMBERS[::order]:
            chain.set_storage(store, number, number + 1)
    chain.watch(STORE, slots(5, 1, 5))
    return chain


def puts(*pairs: tuple[int, int]) -> Batch:
    data = [word(slot) + word(value) for slot, value in pairs]
    return Batch.of([SENDER] * len(data), [STORE] * len(data), data, 90_000)


FREE = BlockEnvironment(71, 712)


def goes_on_alike(one: RevmChain, other: RevmChain) -> None:
    """The rest of their lives is the same."""
    assert one.to_bytes() == other.to_bytes()
    assert (one.hardfork, one.chain_id, one.block) == (other.hardfork, other.chain_id, other.block)
    assert one.block_gas_used == other.block_gas_used
    assert one.state_root() == other.state_root()
    for chain in (one, other):
        chain.set_block(FREE)
    first, second = (chain.execute(puts((5, 9), (1, 0)), diff=True) for chain in (one, other))
    assert first.gas_used.tolist() == second.gas_used.tolist()
    assert first.watched_index.tolist() == second.watched_index.tolist() == [0, 1, 2]
    assert (one.watched() == other.watched()).all()
    assert one.deploy(initcode_of(SET_AND_GET), SENDER) == other.deploy(
        initcode_of(SET_AND_GET), SENDER
    )
    assert one.to_bytes() == other.to_bytes()


def test_equal_worlds_give_equal_bytes_however_they_came_to_be() -> None:
    expected = world().to_bytes()
    assert world(order=-1).to_bytes() == expected
    layered = world()
    for number in range(20):
        layered.snapshot()
        layered.set_storage(STORE, 100 + number, 1)
    for number in range(20):
        layered.set_storage(STORE, 100 + number, 0)
        layered = layered.clone()
    assert layered.to_bytes() == expected
    changed = world()
    snapshot = changed.snapshot()
    changed.set_storage(STORE, 1, 99)
    assert changed.to_bytes() != expected
    changed.revert(snapshot)
    assert changed.to_bytes() == expected


def test_anything_that_differs_shows_in_the_bytes() -> None:
    expected = world().to_bytes()
    others = [world("osaka"), *(world() for _ in range(8))]
    others[1].set_balance(RECEIVER, 1)
    others[2].set_nonce(RECEIVER, 1)
    others[3].set_code(RECEIVER, b"\0")
    others[4].set_storage(STORE, 1, 9)
    others[5].watch(STORE, slots(9))
    others[6].set_block(BLOCK)
    others[7].transact(SENDER, STORE, word(1) + word(2))
    others[8] = RevmChain("prague", chain_id=1, block=BLOCK)
    assert len({expected, *(other.to_bytes() for other in others)}) == 1 + len(others)


@pytest.mark.parametrize("hardfork", ["london", "paris", "shanghai", "cancun", "prague", "osaka"])
def test_a_restored_world_goes_on_as_the_one_that_was_saved(hardfork: str) -> None:
    chain = world(hardfork)
    chain.set_block(FREE)
    chain.execute(puts((7, 7)))
    goes_on_alike(chain.clone(), RevmChain.from_bytes(chain.to_bytes()))
    goes_on_alike(chain.clone(), pickle.loads(pickle.dumps(chain)))
    goes_on_alike(chain.clone(), copy.deepcopy(chain))


def test_switches_hashes_of_blocks_and_snapshots_are_kept_as_said() -> None:
    chain = RevmChain(limit_code_size=False, check_senders=False, block=BLOCK)
    chain.set_block(BlockEnvironment(71, 712, parent_hash=b"\x77" * 32))
    chain.set_code(SENDER, assemble("70 BLOCKHASH 0 MSTORE 32 0 RETURN"))
    identifier = chain.snapshot()
    restored = RevmChain.from_bytes(chain.to_bytes())
    assert restored.call(SENDER, b"") == b"\x77" * 32
    assert restored.transact(SENDER, SENDER, b"") == b"\x77" * 32
    large = bytes.fromhex("6175306000f3")
    assert len(restored.code(restored.deploy(large, RECEIVER))) == 30_000
    with pytest.raises(ChainError, match="unknown"):
        restored.revert(identifier)
    assert restored.block == chain.block


def test_storage_of_an_account_that_is_empty_otherwise_is_kept() -> None:
    """Set-up code may set slots before it sets the code."""
    chain = RevmChain()
    chain.set_storage(STORE, 1, 5)
    restored = RevmChain.from_bytes(chain.to_bytes())
    restored.set_code(STORE, SET_AND_GET)
    assert restored.storage(STORE, slots(1))[0, 0] == chain.storage(STORE, slots(1))[0, 0] == 5


def test_codes_of_all_kinds_are_kept() -> None:
    codes = {
        b"\1" * 20: b"\0", b"\2" * 20: b"\xfe" * 30_000, b"\3" * 20: b"\xef\x01\x00" + STORE,
        b"\4" * 20: b"\xef\xff", b"\5" * 20: b"\x5b" * 33 + b"\x7f", b"\6" * 20: SET_AND_GET,
        b"\7" * 20: SET_AND_GET,
    }  # fmt: skip
    chain = RevmChain("prague")
    for address, code in codes.items():
        chain.set_code(address, code)
    restored = RevmChain.from_bytes(chain.to_bytes())
    assert {address: restored.code(address) for address in codes} == codes
    assert restored.state_root() == chain.state_root()


def test_bytes_that_are_cut_off_anywhere_are_refused() -> None:
    saved = world().to_bytes()
    for size in range(len(saved)):
        with pytest.raises(InputError) as caught:
            RevmChain.from_bytes(saved[:size])
        assert caught.value.field == "world" and caught.value.rule
    with pytest.raises(InputError, match="checksum"):
        RevmChain.from_bytes(saved + b"\0")


def test_bytes_with_any_bit_flipped_are_refused() -> None:
    saved = world().to_bytes()
    for position in range(len(saved)):
        changed = bytearray(saved)
        changed[position] ^= 1 << position % 8
        with pytest.raises(InputError):
            RevmChain.from_bytes(bytes(changed))


def test_bytes_of_other_things_are_refused() -> None:
    random = Random(1)
    for size in (0, 1, 7, 8, 9, 39, 40, 41, 200, 5_000):
        for head in (b"", b"UWWORLD1", b"UWWORLD2"):
            with pytest.raises(InputError):
                RevmChain.from_bytes(head + random.randbytes(size))


def test_a_body_that_is_wrong_under_a_right_checksum_is_refused_without_a_panic() -> None:
    from eth_hash.auto import keccak

    body, random = world().to_bytes()[:-32], Random(2)
    refused = 0
    for _ in range(3_000):
        changed = bytearray(body)
        for _ in range(random.randrange(1, 4)):
            changed[random.randrange(8, len(changed))] = random.choice((0, 1, 127, 255))
        if random.random() < 0.3:
            del changed[random.randrange(8, len(changed)) :]
        try:
            restored = RevmChain.from_bytes(bytes(changed) + keccak(bytes(changed)))
        except InputError:
            refused += 1
        else:
            RevmChain.from_bytes(restored.to_bytes())
            restored.set_block(FREE)
            restored.execute(puts((1, 2)))
    assert 500 < refused < 3_000


def test_a_fork_is_no_bytes_and_no_pickle() -> None:
    class Nothing:
        def account(self, address: bytes) -> None:
            return None

        def slot(self, address: bytes, slot: bytes) -> bytes:
            return bytes(32)

        def block_hash(self, number: int) -> bytes:
            return bytes(32)

    chain = RevmChain(source=Nothing())
    for use in (chain.to_bytes, lambda: pickle.dumps(chain), chain.clone().to_bytes):
        with pytest.raises(ChainError, match="capsule"):
            use()


ELSEWHERE = """
import pickle, sys
from simulator.chain import Batch
chain, batch = pickle.load(sys.stdin.buffer)
receipts = chain.execute(batch, diff=True, coverage=True, trace=True)
sys.stdout.buffer.write(pickle.dumps((receipts, chain)))
"""


def test_a_world_in_another_process_gives_the_same_results_to_the_last_cell() -> None:
    chain = world()
    chain.set_block(FREE)
    chain.set_code(RECEIVER, assemble("3 again: 1 SWAP1 SUB DUP1 @again JUMPI 7 0 SSTORE"))
    batch = Batch.of([SENDER] * 2, [RECEIVER, STORE], [b"", word(5) + word(1)], 90_000)
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        input=pickle.dumps((chain, batch)), capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    theirs, their_chain = pickle.loads(done.stdout)
    ours = chain.execute(batch, diff=True, coverage=True, trace=True)
    assert ours.status.tolist() == theirs.status.tolist() == [1, 1]
    assert ours.gas_used.tolist() == theirs.gas_used.tolist()
    assert ours.coverage is not None and np.count_nonzero(ours.coverage) > 0
    assert (ours.coverage == theirs.coverage).all()
    assert ours.trace is not None and (ours.trace.gas_used == theirs.trace.gas_used).all()
    assert chain.to_bytes() == their_chain.to_bytes()
