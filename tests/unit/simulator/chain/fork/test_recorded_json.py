"""Recorded state in verbs' format: byte orders, padding, hashes, and what does not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from eth_hash.auto import keccak

from simulator.chain.fork import Capsule, load_recorded_json
from simulator.errors import CapsuleError

ADDRESS = bytes(range(1, 21))
CODE = bytes.fromhex("600160005500")  # ends in a zero that is code
PADDING = bytes(33)


def account(code: bytes = CODE, address: bytes = ADDRESS) -> list[Any]:
    balance = (10**18 + 7).to_bytes(32, "little").hex()
    return [address.hex(), [balance, 3, keccak(code).hex(), (code + PADDING).hex()]]


def slot(number: int = 258, value: int = 772, address: bytes = ADDRESS) -> list[str]:
    little = [item.to_bytes(32, "little").hex() for item in (number, value)]
    return [address.hex(), *little]


def document() -> list[Any]:
    return [1_710_884_183, 19_471_508, [account(), account(b"", bytes(20))], [slot()]]


def load(tmp_path: Path, content: object) -> Capsule:
    path = tmp_path / "cache.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return load_recorded_json(path)


def test_byte_orders_and_padding_are_undone(tmp_path: Path) -> None:
    capsule = load(tmp_path, document())
    known = capsule.state.accounts[ADDRESS]
    assert known is not None and (known.balance, known.nonce) == (10**18 + 7, 3)
    assert capsule.state.codes == {keccak(CODE): CODE}
    assert capsule.state.slots == {ADDRESS: {(258).to_bytes(32, "big"): (772).to_bytes(32, "big")}}
    plain = capsule.state.accounts[bytes(20)]
    assert plain is not None and plain.has_no_code and not plain.has_no_storage
    assert (capsule.block.number, capsule.block.timestamp) == (19_471_508, 1_710_884_183)
    assert (capsule.verification, capsule.hardfork, capsule.chain_id) == ("off", "cancun", 1)


def changed(place: tuple[int, ...], value: object) -> list[Any]:
    content = document()
    target: Any = content
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    return content


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[1, 2", "is no JSON"),
        ("[" * 100_000, "nested deeper than 64 levels"),
        ("{}", "is no recorded state"),
        ("7", "is no recorded state"),
        ([1, 2, []], "is no recorded state"),
        (changed((0,), "now"), "'now' is no block number or timestamp"),
        (changed((1,), -1), "-1 is no block number or timestamp"),
        (changed((2, 0, 0), "00"), "address has 1 bytes instead of 20"),
        (changed((2, 0, 0), 7), "address = 7 is no text"),
        (changed((2, 0, 1), []), "is no recorded state"),
        (changed((2, 0, 1, 0), "00"), "balance has 1 bytes instead of 32"),
        (changed((2, 0, 1, 2), "00" * 32), "does not have the hash 0x0000"),
        (changed((2, 0, 1, 3), CODE.hex()), "does not end in 33 zero bytes"),
        (changed((2, 0, 1, 3), "xx"), "is no recorded state"),
        (changed((2, 1), account()), "is there twice"),
        (changed((3, 0), slot(address=b"\7" * 20)), "which is no account of the file"),
        (changed((3,), [slot(), slot()]), "is there twice"),
        (changed((3, 0, 1), "00"), "slot has 1 bytes instead of 32"),
    ],
)
def test_what_does_not_fit_the_format_is_named(tmp_path: Path, content: object, said: str) -> None:
    with pytest.raises(CapsuleError, match=r"cache\.json: ") as caught:
        load(tmp_path, content)
    assert said in str(caught.value)


def test_a_file_that_is_not_there_is_a_capsule_error(tmp_path: Path) -> None:
    with pytest.raises(CapsuleError, match="cannot be read"):
        load_recorded_json(tmp_path / "none.json")
