"""The file of a capsule: `UWCAPS`, a version of two bytes, one RLP list, and the SHA-256 of it all.

Equal capsules are equal bytes: everything is sorted, and nothing is compressed, because
compressors differ between machines. A file is written beside its place, flushed to the disk and
moved there, so that a capsule is always the old one or the new one.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, Final

from eth_hash.auto import keccak

from simulator.chain.base import BlockEnvironment
from simulator.chain.fork.capsule import VERIFICATIONS, Capsule, RecordedAccount, RecordedState
from simulator.chain.fork.headers import Header, header_from_rlp
from simulator.errors import CapsuleError

MAGIC: Final = b"UWCAPS"
VERSION: Final = 1
_HEAD: Final = len(MAGIC) + 2
_CHECKSUM: Final = 32


def encode_capsule(capsule: Capsule) -> bytes:
    """The bytes of the file."""
    import rlp

    body = rlp.encode(
        [
            _number(capsule.chain_id),
            capsule.hardfork.encode(),
            capsule.verification.encode(),
            capsule.header.rlp() if capsule.header else _environment(capsule.block),
            capsule.block_hash,
            [_account_row(address, capsule.state) for address in sorted(capsule.state.accounts)],
            [capsule.state.codes[key] for key in sorted(capsule.state.codes)],
            [
                [_number(number), capsule.state.block_hashes[number]]
                for number in sorted(capsule.state.block_hashes)
            ],
        ]
    )
    content = MAGIC + VERSION.to_bytes(2, "big") + bytes(body)
    return content + hashlib.sha256(content).digest()


def decode_capsule(data: bytes, name: object = "data") -> Capsule:
    """The capsule of a file's bytes; CapsuleError if they are cut short, altered or no capsule."""
    if data[: len(MAGIC)] != MAGIC[: len(data)] or not data:
        raise CapsuleError(name, "is no capsule of underwater")
    if len(data) < _HEAD + _CHECKSUM:
        raise CapsuleError(name, "is cut short")
    content, checksum = data[:-_CHECKSUM], data[-_CHECKSUM:]
    if hashlib.sha256(content).digest() != checksum:
        raise CapsuleError(
            name, "is cut short or was altered: its checksum does not match its content"
        )
    version = int.from_bytes(content[len(MAGIC) : _HEAD], "big")
    if version != VERSION:
        raise CapsuleError(name, f"has format {version}, this program reads format {VERSION}")
    try:
        return _capsule(content[_HEAD:])
    except ValueError as error:
        raise CapsuleError(name, f"contradicts itself: {error}") from None


def read_capsule(path: Path) -> Capsule:
    """The capsule of a file; CapsuleError if it cannot be read or believed."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CapsuleError(path, f"cannot be read: {error.strerror or error}") from None
    return decode_capsule(data, path)


def write_capsule(capsule: Capsule, path: Path) -> None:
    """Put a capsule in its place, whole; CapsuleError if the disk refuses."""
    write_whole(encode_capsule(capsule), path)


def write_whole(data: bytes, path: Path) -> None:
    """Replace a file by `data`: whatever strikes meanwhile, the old or the new one is there."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        try:
            with unfinished.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except OSError as error:
        raise CapsuleError(path, f"cannot be written: {error.strerror or error}") from None


def _sync_folder(folder: Path) -> None:
    """Make the move last over a loss of power, where folders can be opened at all."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _environment(block: BlockEnvironment) -> list[bytes]:
    return [
        _number(block.number),
        _number(block.timestamp),
        _number(block.base_fee),
        _number(block.gas_limit),
        block.coinbase,
        block.prevrandao,
        block.parent_hash or b"",
    ]


def _account_row(address: bytes, state: RecordedState) -> list[Any]:
    account = state.accounts[address]
    if account is None:
        return [address]
    slots = state.slots.get(address, {})
    return [
        address,
        _number(account.balance),
        _number(account.nonce),
        account.code_hash,
        account.storage_hash,
        [[slot, slots[slot].lstrip(b"\0")] for slot in sorted(slots)],
    ]


def _capsule(body: bytes) -> Capsule:
    import rlp

    try:
        items: Any = rlp.decode(body)
        chain_id, hardfork, verification, block, block_hash, accounts, codes, hashes = items
        known = {word.encode(): word for word in VERIFICATIONS}
        header = header_from_rlp(block) if isinstance(block, bytes) else None
        capsule = Capsule(
            chain_id=int.from_bytes(chain_id, "big"),
            hardfork=hardfork.decode(),
            verification=known[verification],
            block=header.environment() if header else _block(block),
            block_hash=block_hash,
            header=header,
            state=_state(accounts, codes, hashes),
        )
    except (rlp.DecodingError, RecursionError, TypeError, AttributeError, KeyError) as error:
        raise ValueError(f"its parts are not those of a capsule ({error})") from None
    _check(capsule, header)
    return capsule


def _block(items: list[bytes]) -> BlockEnvironment:
    number, timestamp, base_fee, gas_limit, coinbase, prevrandao, parent_hash = items
    return BlockEnvironment(
        number=int.from_bytes(number, "big"),
        timestamp=int.from_bytes(timestamp, "big"),
        base_fee=int.from_bytes(base_fee, "big"),
        gas_limit=int.from_bytes(gas_limit, "big"),
        coinbase=coinbase,
        prevrandao=prevrandao,
        parent_hash=parent_hash or None,
    )


def _state(accounts: list[Any], codes: list[bytes], hashes: list[Any]) -> RecordedState:
    state = RecordedState()
    for address, *rest in accounts:
        if not rest:
            state.accounts[address] = None
            continue
        balance, nonce, code_hash, storage_hash, slots = rest
        state.accounts[address] = RecordedAccount(
            int.from_bytes(balance, "big"), int.from_bytes(nonce, "big"), code_hash, storage_hash
        )
        if slots:
            state.slots[address] = {slot: value.rjust(32, b"\0") for slot, value in slots}
    state.codes = {bytes(keccak(code)): code for code in codes}
    state.block_hashes = {int.from_bytes(number, "big"): value for number, value in hashes}
    return state


def _check(capsule: Capsule, header: Header | None) -> None:
    """ValueError unless lengths and hashes fit each other."""
    if header and capsule.verification != "off" and header.hash() != capsule.block_hash:
        raise ValueError("the header's hash is another than the block's")
    state = capsule.state
    words = [word for slots in state.slots.values() for pair in slots.items() for word in pair]
    words += state.block_hashes.values()
    if any(len(word) != 32 for word in words) or any(len(key) != 20 for key in state.accounts):
        raise ValueError("an address, slot, value or hash has the wrong length")
    for address, account in state.accounts.items():
        if account and account.code_hash not in state.codes and not account.has_no_code:
            raise ValueError(f"the code of account 0x{address.hex()} is missing")
