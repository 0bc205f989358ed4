"""Raw transactions of types 0, 1 and 2: what wallets sign, and what nobody signed."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
import rlp
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.chain.node import RpcError
from simulator.chain.node.transactions import CURVE_ORDER, decoded
from tests.unit.simulator.chain.node.conftest import BOB, CHAIN_ID, GWEI, Client

KEY = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"
CAROL = bytes.fromhex("3c44cdddb6a900fa2b585dd299e03d12fa4293bc")

COMMON: dict[str, Any] = {
    "to": bytes.fromhex(BOB[2:]), "value": 5, "gas": 60_000, "nonce": 0, "data": "0x1234",
    "chainId": CHAIN_ID,
}  # fmt: skip
LISTED = [{"address": BOB, "storageKeys": ["0x" + "01" * 32, "0x" + "00" * 32]}]
PRICE = {"gasPrice": 3 * GWEI}
DYNAMIC = {"maxFeePerGas": 3 * GWEI, "maxPriorityFeePerGas": GWEI}

KINDS: dict[str, dict[str, Any]] = {
    "legacy": COMMON | PRICE,
    "creation": {key: value for key, value in (COMMON | PRICE).items() if key != "to"},
    "access list": COMMON | PRICE | {"accessList": LISTED},
    "dynamic fee": COMMON | DYNAMIC,
    "dynamic fee with a list": COMMON | DYNAMIC | {"accessList": LISTED},
}


def signed(fields: dict[str, Any]) -> tuple[bytes, bytes]:
    """Raw transaction and hash, by the library that wallets in Python use."""
    done = Account.sign_transaction(fields, KEY)
    return bytes(done.raw_transaction), bytes(done.hash)


@pytest.mark.parametrize("kind", KINDS)
def test_a_raw_transaction_comes_back_with_its_sender_and_hash(kind: str) -> None:
    raw, hash_ = signed(KINDS[kind])
    transaction = decoded(raw, CHAIN_ID)
    assert transaction.sender == CAROL and transaction.hash == hash_
    assert transaction.encoded() == raw
    assert (transaction.to is None) == (kind == "creation")
    assert transaction.value == 5 and transaction.data == b"\x12\x34"
    assert transaction.max_fee == 3 * GWEI


def test_a_legacy_transaction_without_replay_protection_is_taken() -> None:
    fields = {key: value for key, value in (COMMON | PRICE).items() if key != "chainId"}
    raw, hash_ = signed(fields)
    transaction = decoded(raw, CHAIN_ID)
    assert transaction.chain_id is None and transaction.v in (27, 28)
    assert transaction.sender == CAROL and transaction.hash == hash_


@pytest.mark.parametrize("kind", KINDS)
def test_a_raw_transaction_is_mined(client: Client, kind: str) -> None:
    raw, hash_ = signed(KINDS[kind])
    assert client("eth_sendRawTransaction", "0x" + raw.hex()) == "0x" + hash_.hex()
    receipt = client("eth_getTransactionReceipt", "0x" + hash_.hex())
    assert receipt["from"] == "0x" + CAROL.hex()
    found = client("eth_getTransactionByHash", "0x" + hash_.hex())
    assert found["type"] == receipt["type"] == hex(max(raw[0] if raw[0] < 0xC0 else 0, 0))
    assert client("eth_getRawTransactionByHash", "0x" + hash_.hex()) == "0x" + raw.hex()
    again = client.refusal("eth_sendRawTransaction", "0x" + raw.hex())
    assert "nonce too low" in str(again)


@pytest.mark.parametrize("kind", KINDS)
def test_another_chain_s_transaction_is_refused(kind: str) -> None:
    raw, _ = signed(KINDS[kind] | {"chainId": 1})
    with pytest.raises(RpcError, match="invalid chain id for signer: have 1, want 31337"):
        decoded(raw, CHAIN_ID)


def test_the_twin_of_a_signature_is_refused() -> None:
    raw, _ = signed(KINDS["legacy"])
    items = rlp.decode(raw)
    high = CURVE_ORDER - int.from_bytes(items[8], "big")
    parity = int.from_bytes(items[6], "big") - (35 + 2 * CHAIN_ID)
    items[6] = (35 + 2 * CHAIN_ID + 1 - parity).to_bytes(3, "big").lstrip(b"\0")
    items[8] = high.to_bytes(32, "big")
    with pytest.raises(RpcError, match="invalid transaction v, r, s"):
        decoded(rlp.encode(items), CHAIN_ID)


@pytest.mark.parametrize(
    ("field", "value"),
    [(0, b"\0"), (0, b"\1" * 9), (1, b"\1" * 9), (2, []), (3, b"\1" * 19), (5, []), (6, b"\x05"),
     (7, b""), (8, b""), (7, b"\xff" * 32)],
)  # fmt: skip
def test_a_malformed_field_is_refused(field: int, value: object) -> None:
    items = rlp.decode(signed(KINDS["legacy"])[0])
    items[field] = value
    with pytest.raises(RpcError):
        decoded(rlp.encode(items), CHAIN_ID)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40)  # recovering a key in Python takes 10 ms
@given(data=st.data())
def test_rubbish_is_refused_and_never_breaks_anything(kind: str, data: st.DataObject) -> None:
    raw = bytearray(signed(KINDS[kind])[0])
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(raw)), st.integers(0, len(raw))))
    try:
        transaction = decoded(bytes(raw[:cut]), CHAIN_ID)
    except RpcError:
        return
    assert transaction.encoded() == bytes(raw[:cut])


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_a_transaction(raw: bytes) -> None:
    with contextlib.suppress(RpcError):
        assert decoded(raw, CHAIN_ID).encoded() == raw


def test_blobs_and_other_types_are_refused_by_name(any_client: Client) -> None:
    for kind in (3, 4, 5):
        refused = any_client.refusal("eth_sendRawTransaction", f"0x0{kind}c0")
        assert f"type 0x{kind}" in str(refused)
    refused = any_client.refusal("eth_call", {"to": BOB, "maxFeePerBlobGas": "0x1"}, "latest")
    assert "only types 0, 1 and 2" in str(refused)
