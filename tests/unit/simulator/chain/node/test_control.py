"""What development nodes allow: snapshots, poking the state, impersonation, mining on demand."""

from __future__ import annotations

import gzip

import pytest

from tests.unit.simulator.chain.node.conftest import (
    ALICE,
    BOB,
    COUNTER,
    NOBODY,
    Client,
    word,
    world_on,
)


def test_a_snapshot_brings_back_state_blocks_and_clock(client: Client) -> None:
    counter = client.place(COUNTER)
    client.mined(to=counter)
    before = client.head()
    snapshot = client("evm_snapshot")
    sent = client.mined(to=counter)
    client("evm_increaseTime", 1_000)
    client("evm_mine")
    client("evm_increaseTime", 5_000)
    assert client("evm_revert", snapshot) is True
    assert client.head() == before
    assert client("eth_getStorageAt", counter, "0x0", "latest") == word(1)
    assert client("eth_getTransactionReceipt", sent["transactionHash"]) is None
    assert client("eth_getBlockByHash", sent["blockHash"], False) is None
    again = client.mined(to=counter)
    assert again["blockHash"] == sent["blockHash"]
    assert client("evm_revert", snapshot) is False


def test_a_revert_forgets_later_snapshots(client: Client) -> None:
    first = client("evm_snapshot")
    client.mined(to=BOB)
    second = client("evm_snapshot")
    client.mined(to=BOB)
    assert client("evm_revert", first) is True
    assert client("evm_revert", second) is False
    assert client("eth_blockNumber") == "0x0"
    assert client("evm_revert", "0x77") is False


def test_states_of_blocks_that_are_gone_are_gone(client: Client) -> None:
    counter = client.place(COUNTER)
    snapshot = client("evm_snapshot")
    for _ in range(3):
        client.mined(to=counter)
    client("evm_revert", snapshot)
    client("anvil_setStorageAt", counter, "0x0", "0x9")
    client("evm_mine")
    assert client("eth_getStorageAt", counter, "0x0", "0x1") == word(9)
    assert client.refusal("eth_getStorageAt", counter, "0x0", "0x2").code == -32602


def test_a_snapshot_that_the_world_itself_forgot_cannot_be_used(client: Client) -> None:
    outer = client.chain.snapshot()
    inner = client("evm_snapshot")
    client.chain.revert(outer)
    assert client("evm_revert", inner) is False


@pytest.mark.parametrize("prefix", ["anvil", "hardhat"])
def test_the_state_can_be_poked(client: Client, prefix: str) -> None:
    assert client(f"{prefix}_setBalance", NOBODY, "0x5") is None
    assert client(f"{prefix}_setNonce", NOBODY, "0x6") is None
    assert client(f"{prefix}_setCode", NOBODY, "0x0102") is None
    assert client(f"{prefix}_setStorageAt", NOBODY, "0x7", word(8)) is True
    assert client("eth_getBalance", NOBODY) == "0x5"
    assert client("eth_getTransactionCount", NOBODY) == "0x6"
    assert client("eth_getCode", NOBODY) == "0x0102"
    assert client("eth_getStorageAt", NOBODY, "0x7") == word(8)


def test_anybody_can_be_impersonated_also_a_contract(client: Client) -> None:
    contract = client.place(COUNTER)
    client("anvil_setBalance", contract, hex(10**18))
    sent = {"from": contract, "to": BOB, "value": "0x5"}
    assert client.refusal("eth_sendTransaction", sent).code == -32602
    client("anvil_impersonateAccount", contract)
    receipt = client("eth_getTransactionReceipt", client("eth_sendTransaction", sent))
    assert receipt["from"] == contract and receipt["status"] == "0x1"
    client("anvil_stopImpersonatingAccount", contract)
    assert client.refusal("eth_sendTransaction", sent).code == -32602
    client("anvil_autoImpersonateAccount", True)
    assert client("eth_sendTransaction", sent)
    client("anvil_autoImpersonateAccount", False)
    assert client.refusal("eth_sendTransaction", sent).code == -32602


def test_two_impersonated_senders_of_the_same_have_two_hashes(any_client: Client) -> None:
    any_client("anvil_autoImpersonateAccount", True)
    hashes = set()
    for sender in (NOBODY, "0x" + "77" * 20):
        any_client("anvil_setBalance", sender, hex(10**18))
        hashes.add(any_client.send(sender=sender, to=BOB, gas=21_000))
    assert len(hashes) == 2


def test_blocks_are_made_on_demand(any_client: Client) -> None:
    assert any_client("evm_mine") == "0x0"
    assert any_client("anvil_mine", "0xa") is None
    assert any_client("hardhat_mine") is None
    assert any_client("evm_mine", {"blocks": 2}) == "0x0"
    assert any_client("eth_blockNumber") == hex(14)
    assert any_client("anvil_mine", "0x0") is None
    assert any_client("eth_blockNumber") == hex(14)
    assert any_client.refusal("anvil_mine", hex(10**6)).code == -32602
    assert any_client.refusal("evm_mine", {"stamp": 1}).code == -32602


def test_mining_at_once_is_switched(any_client: Client) -> None:
    assert any_client("anvil_getAutomine") is True
    any_client("evm_setAutomine", False)
    assert any_client("anvil_getAutomine") is False
    assert any_client.mined is not None and any_client.send(to=BOB)
    assert any_client("eth_blockNumber") == "0x0"
    any_client("evm_setAutomine", True)
    any_client("evm_setIntervalMining", 0)
    assert any_client("anvil_getAutomine") is False
    refused = any_client.refusal("evm_setIntervalMining", 5)
    assert "on demand only" in str(refused)


def test_a_waiting_transaction_can_be_dropped(any_client: Client) -> None:
    any_client("evm_setAutomine", False)
    hash_ = any_client.send(to=BOB)
    assert any_client("anvil_dropTransaction", hash_) == hash_
    assert any_client("anvil_dropTransaction", hash_) is None
    assert any_client("hardhat_dropTransaction", any_client.send(to=BOB)) is True
    any_client("evm_mine")
    assert any_client.head()["transactions"] == []


def test_a_nonce_set_ahead_drops_what_can_no_longer_be_mined(any_client: Client) -> None:
    any_client("evm_setAutomine", False)
    any_client.send(to=BOB)
    any_client("anvil_setNonce", ALICE, "0x5")
    assert any_client("txpool_status") == {"pending": "0x0", "queued": "0x0"}


def test_signatures_are_those_of_other_nodes(any_client: Client) -> None:
    # As anvil 1.7.1 answers.
    assert (
        any_client("eth_sign", BOB, "0x1234")
        == any_client("personal_sign", "0x1234", BOB)
        == (
            "0xce373ebed01e3f137847cfc1e66014554adc73d662f0de91a993d8c392decf60"
            "06abf85c6c1d4368cd8334593ba623c4cb8d39b63635bed384d75f137f6c43611c"
        )
    )
    sent = {"from": BOB, "to": ALICE, "gas": "0x5208", "gasPrice": "0x3b9aca00", "nonce": "0x0",
            "value": "0x1"}  # fmt: skip
    assert any_client("eth_signTransaction", sent)["raw"] == (
        "0xf86580843b9aca0082520894f39fd6e51aad88f6f4ce6ab8827279cfffb92266018082f4f6a08f3ca940d068"
        "cdb35873e885da074230c5978f44e6f1a2a9d525a33cc20f7670a0485ff33785b6b9e75d43fea183545c784b8c"
        "9bf5ebe5f89ed5ac9de58cb2b057"
    )
    assert any_client.refusal("eth_sign", NOBODY, "0x12").code == -32602


def test_the_node_tells_about_itself(any_client: Client) -> None:
    assert any_client("web3_clientVersion").startswith("underwater/")
    assert any_client("net_version") == "31337" and any_client("eth_chainId") == "0x7a69"
    assert any_client("eth_syncing") is False and any_client("net_listening") is True
    assert any_client("anvil_nodeInfo")["environment"]["chainId"] == 31337
    empty = "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert any_client("web3_sha3", "0x") == empty


@pytest.mark.parametrize(
    "parameters", [(0, "latest", []), (2000, "latest", []), (1, "latest", [50, 20]),
                   (1, "latest", [101]), (1, "latest", ["x"]), (1, "0x99", [])]
)  # fmt: skip
def test_a_fee_history_of_nonsense_is_refused(
    any_client: Client, parameters: tuple[object, ...]
) -> None:
    assert any_client.refusal("eth_feeHistory", *parameters).code == -32602


def test_a_dump_brings_a_world_into_another(client: Client) -> None:
    counter = client.place(COUNTER)
    client.mined(to=counter)
    dump = client("anvil_dumpState")
    other = Client(world_on(client.chain.name))
    assert other("anvil_loadState", dump) is True
    assert other.chain.state_root() == client.chain.state_root()


def packed(text: bytes) -> bytes:
    """Without the time of packing: workers of pytest-xdist must name the same tests."""
    return gzip.compress(text, mtime=0)


@pytest.mark.parametrize(
    "state", [b"", b"rubbish", packed(b"[]"), packed(b"{"), packed(b"{}"),
              packed(b'{"accounts":{}}')[:-9],
              packed(b'{"accounts":{"0x12":{}}}'),
              pytest.param(packed(b'{"accounts":' + b"[" * 1_000_000), id="deep"),
              packed(b'{"accounts":{"0x' + b"11" * 20 + b'":{"balance":"0x5","code":1}}}')]
)  # fmt: skip
def test_what_is_no_dump_changes_nothing(any_client: Client, state: bytes) -> None:
    before = any_client.chain.state_root()
    assert any_client.refusal("anvil_loadState", "0x" + state.hex()).code == -32602
    assert any_client.chain.state_root() == before
