"""The capsule's file: the same bytes for the same content, whole or refused, old or new."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from simulator.chain.base import BlockEnvironment
from simulator.chain.fork.capsule import Capsule, RecordedAccount, RecordedState
from simulator.chain.fork.capsule_file import (
    VERSION,
    decode_capsule,
    encode_capsule,
    read_capsule,
    write_capsule,
)
from simulator.chain.fork.headers import FIELDS, Header
from simulator.chain.fork.proofs import EMPTY_CODE_HASH, EMPTY_ROOT
from simulator.errors import CapsuleError

words = st.binary(min_size=32, max_size=32)
addresses = st.binary(min_size=20, max_size=20)
numbers = st.integers(0, 2**64 - 1)
accounts = st.one_of(
    st.none(),
    st.builds(
        RecordedAccount,
        balance=st.integers(0, 2**256 - 1),
        nonce=numbers,
        code_hash=st.just(EMPTY_CODE_HASH),
        storage_hash=st.sampled_from([b"", EMPTY_ROOT, bytes(range(32))]),
    ),
)
blocks = st.builds(
    BlockEnvironment,
    number=numbers,
    timestamp=numbers,
    base_fee=numbers,
    gas_limit=numbers,
    coinbase=addresses,
    prevrandao=words,
    parent_hash=st.none() | words,
)


@st.composite
def capsules(draw: st.DrawFn) -> Capsule:
    state = RecordedState(accounts=draw(st.dictionaries(addresses, accounts, max_size=5)))
    for address, account in state.accounts.items():
        if account is None:
            continue
        code = draw(st.binary(max_size=40))
        if code:
            state.codes[keccak(code)] = code
            state.accounts[address] = replace(account, code_hash=keccak(code))
        slots = draw(st.dictionaries(words, words, max_size=4))
        if slots:
            state.slots[address] = slots
    state.block_hashes = draw(st.dictionaries(numbers, words, max_size=3))
    return Capsule(
        chain_id=draw(numbers),
        hardfork=draw(st.sampled_from(["london", "prague"])),
        verification=draw(st.sampled_from(["proof", "hash-only", "off"])),
        block=draw(blocks),
        block_hash=b"",
        header=None,
        state=state,
    )


def shuffled(state: RecordedState) -> RecordedState:
    """The same content, put in in another order."""
    return RecordedState(
        dict(reversed(state.accounts.items())),
        dict(reversed(state.codes.items())),
        {key: dict(reversed(slots.items())) for key, slots in reversed(state.slots.items())},
        dict(reversed(state.block_hashes.items())),
    )


@given(capsules())
def test_a_capsule_comes_back_as_it_went_and_order_does_not_matter(capsule: Capsule) -> None:
    data = encode_capsule(capsule)
    assert decode_capsule(data) == capsule
    assert encode_capsule(replace(capsule, state=shuffled(capsule.state))) == data


def small(number: int = 7) -> Capsule:
    code = b"\x60\x00"
    address = bytes(range(20))
    return Capsule(
        chain_id=1,
        hardfork="cancun",
        verification="off",
        block=BlockEnvironment(number=number, timestamp=1_700_000_000),
        block_hash=b"",
        header=None,
        state=RecordedState(
            accounts={
                address: RecordedAccount(5, 1, keccak(code), bytes(range(32))),
                bytes(20): None,
            },
            codes={keccak(code): code},
            slots={address: {bytes(31) + b"\1": bytes(30) + b"\1\0", bytes(32): bytes(32)}},
            block_hashes={6: bytes(range(32))},
        ),
    )


def test_every_cut_and_every_flipped_bit_is_refused() -> None:
    data = encode_capsule(small())
    for length in range(len(data)):
        with pytest.raises(CapsuleError, match=r"cut short|no capsule"):
            decode_capsule(data[:length])
    for position in range(len(data)):
        for bit in (1, 128):
            spoilt = bytearray(data)
            spoilt[position] ^= bit
            with pytest.raises(CapsuleError, match=r"was altered|no capsule"):
                decode_capsule(bytes(spoilt))
    with pytest.raises(CapsuleError, match="was altered"):
        decode_capsule(data + b"\0")


def sealed(content: bytes) -> bytes:
    """With a checksum that matches: what a newer program or a forger may write."""
    return content + hashlib.sha256(content).digest()


def test_another_version_is_refused_and_named() -> None:
    content = bytearray(encode_capsule(small())[:-32])
    content[6:8] = (VERSION + 1).to_bytes(2, "big")
    with pytest.raises(CapsuleError, match=f"has format {VERSION + 1}, this program reads format"):
        decode_capsule(sealed(bytes(content)))


@given(st.binary(max_size=200))
def test_rubbish_with_a_good_checksum_is_a_capsule_error(rubbish: bytes) -> None:
    with pytest.raises(CapsuleError, match="contradicts itself"):
        decode_capsule(sealed(b"UWCAPS" + VERSION.to_bytes(2, "big") + rubbish))


@given(st.binary(max_size=100))
def test_a_file_of_another_kind_is_a_capsule_error(data: bytes) -> None:
    with pytest.raises(CapsuleError):
        decode_capsule(data)


def header() -> Header:
    sizes = {"hash": 32, "address": 20, "bloom": 256, "nonce": 8, "bytes": 3, "number": 1}
    return Header(tuple(b"\1" * sizes[kind] for _, kind in FIELDS))


def of_header(block_hash: bytes) -> Capsule:
    return replace(
        small(),
        header=header(),
        block=header().environment(),
        block_hash=block_hash,
        verification="proof",
    )


def test_a_header_that_does_not_have_the_blocks_hash_is_refused() -> None:
    good = of_header(header().hash())
    assert decode_capsule(encode_capsule(good)) == good
    with pytest.raises(CapsuleError, match="the header's hash is another than the block's"):
        decode_capsule(encode_capsule(of_header(bytes(32))))


def test_an_account_without_its_code_is_refused() -> None:
    capsule = small()
    capsule.state.codes.clear()
    with pytest.raises(CapsuleError, match="the code of account 0x0001"):
        decode_capsule(encode_capsule(capsule))


@pytest.mark.parametrize("where", ["address", "slot", "hash"])
def test_a_value_of_the_wrong_length_is_refused(where: str) -> None:
    state = small().state
    if where == "address":
        state.accounts[b"\1"] = None
    elif where == "slot":
        state.slots[bytes(range(20))][b"\1"] = bytes(32)
    else:
        state.block_hashes[5] = b"\1"
    with pytest.raises(CapsuleError, match="wrong length"):
        decode_capsule(encode_capsule(replace(small(), state=state)))


def test_a_file_that_cannot_be_read_or_written_is_a_capsule_error(tmp_path: Path) -> None:
    with pytest.raises(CapsuleError, match="cannot be read: No such file"):
        read_capsule(tmp_path / "none")
    with pytest.raises(CapsuleError, match="cannot be written: No such file"):
        write_capsule(small(), tmp_path / "none" / "out")
    (tmp_path / "folder").mkdir()
    with pytest.raises(CapsuleError, match="cannot be written"):
        write_capsule(small(), tmp_path / "folder")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder"]


def test_a_full_disk_leaves_the_previous_capsule_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.capsule"
    write_capsule(small(1), path)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CapsuleError, match="cannot be written: No space left"):
        write_capsule(small(2), path)
    assert read_capsule(path) == small(1)
    assert [found.name for found in tmp_path.iterdir()] == ["out.capsule"]


KILLED = """
import os, signal, sys
from pathlib import Path
from simulator.chain.fork import capsule_file
from tests.unit.simulator.chain.fork.test_capsule_file import small

def die(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)

when, place = sys.argv[1:]
if when == "halfway":
    whole = capsule_file.encode_capsule(small(2))
    capsule_file.encode_capsule = lambda capsule: whole[: len(whole) // 2]
setattr(os, "fsync" if when in ("halfway", "written") else "replace", die)
if when == "moved":
    move = os.rename
    os.replace = lambda old, new: (move(old, new), die())
capsule_file.write_capsule(small(2), Path(place))
"""


@pytest.mark.parametrize("when", ["halfway", "written", "flushed", "moved"])
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 here")
def test_kill_minus_9_while_writing_leaves_the_old_capsule_or_the_new_one(
    tmp_path: Path, when: str
) -> None:
    path = tmp_path / "out.capsule"
    write_capsule(small(1), path)
    done = subprocess.run([sys.executable, "-c", KILLED, when, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert read_capsule(path) == small(2 if when == "moved" else 1)
    write_capsule(small(3), path)
    assert read_capsule(path) == small(3)
