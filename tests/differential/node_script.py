"""One sequence of raw requests for any development node, and what is comparable in the answers.

Block hashes differ from node to node (prevrandao is drawn, roots are told differently), and with
them whatever contains them; everything else must be the same.
"""

from __future__ import annotations

import time
from typing import Any

from eth_account import Account
from eth_hash.auto import keccak

from simulator.chain.node import RpcError
from tests.differential import contracts
from tests.differential.assembler import initcode, word
from tests.differential.nodes import CHAIN_ID, START_SECONDS, Answers

ALICE = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
BOB = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"
CAROL = "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc"
CAROL_KEY = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"
STRANGER = "0x00000000000000000000000000000000000057a9"
NOWHERE = "0x000000000000000000000000000000000000dead"

ERROR_NO = "0x08c379a0" + (word(32) + word(2) + b"no".ljust(32, b"\0")).hex()
PANIC = "0x4e487b71" + word(0x11).hex()

UNLIKE = {
    "blockHash", "hash", "parentHash", "stateRoot", "mixHash", "timestamp", "blockTimestamp",
    "size",
}  # fmt: skip

FEES = {"maxFeePerGas": hex(10**10), "maxPriorityFeePerGas": hex(10**9)}

OPTIONAL = {"blobGasPrice", "blobGasUsed", "blockTimestamp", "totalDifficulty"}
"""Fields that nodes have or leave out."""


ERRORS = {"StateChangeDuringStaticCall": "write protection"}
"""anvil's words for an error -> geth's, which are ours, where they differ."""


def text(data: bytes) -> str:
    return "0x" + data.hex()


def comparable(value: Any) -> Any:
    """An answer without what differs from node to node. A transaction's own hash stays."""
    if isinstance(value, dict):
        unlike = UNLIKE - {"hash"} if "nonce" in value and "from" in value else UNLIKE
        return {
            key: comparable(item)
            for key, item in sorted(value.items())
            if key not in unlike and key not in OPTIONAL
        }
    return [comparable(item) for item in value] if isinstance(value, list) else value


class Recorder:
    """Sends requests and keeps what was answered, errors by their code and data."""

    def __init__(self, node: Answers) -> None:
        self._node = node
        self.kept: list[tuple[str, Any]] = []
        self.shapes: list[tuple[str, frozenset[str]]] = []
        self.estimates: list[tuple[str, int]] = []

    def ask(self, method: str, *parameters: Any) -> Any:
        """The result, not kept."""
        return self._node.call(method, list(parameters))

    def keep(self, method: str, *parameters: Any) -> Any:
        """The result, kept for the comparison."""
        result = self.ask(method, *parameters)
        self.kept.append((f"{method} {parameters}", comparable(result)))
        if isinstance(result, dict):
            self.shapes.append((method, frozenset(result) - OPTIONAL))
        return result

    def near(self, method: str, *parameters: Any) -> None:
        """An amount of gas; other nodes stop to search for the least one a little before."""
        self.estimates.append((f"{method} {parameters}", int(self.ask(method, *parameters), 16)))

    def fail(self, method: str, *parameters: Any) -> None:
        """An error must come; its code and data are kept."""
        try:
            result = self.ask(method, *parameters)
        except RpcError as error:
            self.kept.append((f"{method} {parameters}", (error.code, error.data)))
        else:
            raise AssertionError(f"{method} {parameters} gave {result}")

    def send(self, transaction: dict[str, Any]) -> dict[str, Any]:
        """The receipt of a transaction (other nodes mine a moment later). What is offered for gas
        is said, since nodes guess differently once tips have varied."""
        if not {"gasPrice", "maxFeePerGas"} & set(transaction):
            transaction = transaction | FEES
        return self.receipt(self.ask("eth_sendTransaction", transaction))

    def send_bare(self, transaction: dict[str, Any]) -> dict[str, Any]:
        """The same as it is."""
        return self.receipt(self.ask("eth_sendTransaction", transaction))

    def wait_for(self, hash_: str) -> None:
        """Until the transaction is mined."""
        deadline = time.monotonic() + 10
        while (self.ask("eth_getTransactionByHash", hash_) or {}).get("blockNumber") is None:
            assert time.monotonic() < deadline, "it is not mined"
            time.sleep(0.01)

    def receipt(self, hash_: str) -> dict[str, Any]:
        """The receipt of a transaction, as soon as it is mined; kept, as the transaction is."""
        self.wait_for(hash_)
        self.keep("eth_getTransactionByHash", hash_)
        return self.keep("eth_getTransactionReceipt", hash_)  # type: ignore[no-any-return]


def run(node: Answers) -> Recorder:
    """The whole sequence."""
    recorder = Recorder(node)
    for part in (beginning, transfers, contracts_and_logs, reading, failing, raw_transactions,
                 traces, snapshots_and_time, waiting, poking, refused):  # fmt: skip
        part(recorder)
    return recorder


def beginning(node: Recorder) -> None:
    for method in ("net_version", "net_listening", "eth_chainId", "eth_syncing", "eth_accounts",
                   "eth_blockNumber", "eth_gasPrice", "eth_maxPriorityFeePerGas",
                   "eth_coinbase", "eth_blobBaseFee"):  # fmt: skip
        node.keep(method)
    node.keep("eth_getBlockByNumber", "0x0", False)
    node.keep("eth_getBlockByNumber", "0x99", False)


def transfers(node: Recorder) -> None:
    """Transactions that leave out almost everything, and the fees from block to block."""
    for value in range(3):
        node.send_bare({"from": ALICE, "to": BOB, "value": hex(value)})
    node.send({"from": ALICE, "to": BOB, "gasPrice": hex(3 * 10**9)})
    node.send({"from": BOB, "to": NOWHERE, "value": "0x7", "maxFeePerGas": hex(4 * 10**9)})
    listed = [{"address": NOWHERE, "storageKeys": [text(word(3))]}]
    node.send({"from": BOB, "to": NOWHERE, "accessList": listed, "gasPrice": hex(2 * 10**9)})
    for number in range(7):
        node.keep("eth_getBlockByNumber", hex(number), number % 2 == 0)
        node.keep("eth_getBlockTransactionCountByNumber", hex(number))
    for address in (ALICE, BOB, NOWHERE, STRANGER):
        node.keep("eth_getBalance", address, "latest")
        node.keep("eth_getBalance", address, "0x2")
        node.keep("eth_getTransactionCount", address, "latest")
        node.keep("eth_getTransactionCount", address, "0x1")
    node.keep("eth_feeHistory", "0x4", "latest", [0, 50, 100])


def deployed(node: Recorder, runtime: bytes) -> str:
    receipt = node.send({"from": ALICE, "data": text(initcode(runtime)), "gas": hex(3_000_000)})
    address: str = receipt["contractAddress"]
    node.keep("eth_getCode", address, "latest")
    return address


def contracts_and_logs(node: Recorder) -> None:
    logger, store = deployed(node, contracts.LOGGER), deployed(node, contracts.STORE_PAIRS)
    by_address = node.ask("eth_newFilter", {"address": logger})
    by_topic = node.ask("eth_newFilter", {"topics": [None, text(word(1))]})
    blocks = node.ask("eth_newBlockFilter")
    node.send({"from": ALICE, "to": logger, "data": "0x1234", "gas": hex(200_000)})
    node.send({"from": BOB, "to": logger, "data": "0x", "gas": hex(200_000)})
    pairs = b"".join(map(word, (1, 11, 2, 22, 1, 0)))
    node.send({"from": BOB, "to": store, "data": text(pairs), "gas": hex(200_000)})
    for name, known in (("by address", by_address), ("by topic", by_topic)):
        for method in ("eth_getFilterChanges", "eth_getFilterChanges", "eth_getFilterLogs"):
            node.kept.append((f"{method} {name}", comparable(node.ask(method, known))))
        assert node.ask("eth_uninstallFilter", known) is True
        assert node.ask("eth_uninstallFilter", known) is False
    assert len(node.ask("eth_getFilterChanges", blocks)) == 3
    for query in (
        {"fromBlock": "0x0", "address": logger},
        {"fromBlock": "0x0", "address": [logger, store], "topics": [text(word(4))]},
        {"fromBlock": "0x0", "topics": [[text(word(5)), text(word(7))]]},
        {"fromBlock": "0x0", "topics": [None, None, None, text(word(4))]},
        {"fromBlock": "earliest", "toBlock": "0x9"},
        {"fromBlock": "0x9", "toBlock": "0x2"},
        {"address": store},
        {},
    ):
        node.keep("eth_getLogs", query)
    node.keep("eth_getBlockReceipts", "0x9")
    for slot in (0, 1, 2):
        node.keep("eth_getStorageAt", store, hex(slot), "latest")
        node.keep("eth_getStorageAt", store, text(word(slot)), "0x8")


def poked(node: Recorder, name: str, code: bytes) -> str:
    """A contract put in place without a transaction."""
    place = text(bytes(keccak(name.encode())[:20]))
    node.ask("anvil_setCode", place, text(code))
    return place


def reading(node: Recorder) -> None:
    environment = poked(node, "environment", contracts.ENVIRONMENT)
    store = poked(node, "store", contracts.STORE_PAIRS)
    forward = poked(node, "forward", contracts.FORWARD)
    node.ask("anvil_setStorageAt", store, "0x5", text(word(55)))
    pairs = text(word(1) + word(2))
    to_store = text(bytes(12) + bytes.fromhex(store[2:]) + word(100_000) + word(0)) + pairs[2:]
    calls = [
        {"to": store, "data": pairs},
        {"to": store, "input": pairs, "from": ALICE},
        {"to": forward, "data": to_store, "from": BOB},
        {"from": ALICE, "to": NOWHERE, "value": "0x1"},
        {"from": ALICE, "data": text(initcode(contracts.LOGGER))},
    ]
    for call in calls:
        node.keep("eth_call", call, "latest")
        node.near("eth_estimateGas", call)
    # Words 0, 5 and 9: number, chain id and value; the clock differs by how long a test takes.
    seen = node.ask("eth_call", {"to": environment, "data": text(word(0)), "from": BOB}, "latest")
    words = [seen[2 + 64 * index :][:64] for index in range(17)]
    node.kept.append(("environment", [words[i] for i in (0, 2, 3, 4, 5, 6, 7, 8, 9)]))
    override = {NOWHERE: {"code": text(contracts.LOGGER), "balance": "0x5"}}
    node.keep("eth_call", {"to": NOWHERE, "data": "0x12"}, "latest", override)
    slots = {text(word(5)): text(word(66))}
    reader = poked(node, "reader", bytes.fromhex("60055460005260206000f3"))
    node.keep("eth_call", {"to": reader}, "latest", {reader: {"stateDiff": slots}})
    node.keep("eth_call", {"to": reader}, "latest", {reader: {"state": slots}})
    listed = node.ask("eth_createAccessList", {"from": ALICE, "to": reader}, "latest")
    node.kept.append(("access list", listed["accessList"]))


def failing(node: Recorder) -> None:
    """Reverts and halts, told by calls, estimates and receipts alike."""
    reverter = poked(node, "reverter", contracts.STORE_AND_REVERT)
    invalid = poked(node, "invalid", contracts.HALTS["invalid"])
    for data in (ERROR_NO, PANIC, "0x", "0x12345678"):
        node.fail("eth_call", {"to": reverter, "data": data}, "latest")
        node.fail("eth_estimateGas", {"to": reverter, "data": data})
        node.send({"from": ALICE, "to": reverter, "data": data, "gas": hex(100_000)})
    node.send({"from": ALICE, "to": invalid, "gas": hex(100_000)})
    node.send({"from": ALICE, "to": reverter})  # no gas given, and no estimate to be had


def raw_transactions(node: Recorder) -> None:
    common = {"to": bytes.fromhex(BOB[2:]), "value": 5, "gas": 40_000, "chainId": CHAIN_ID}
    price: dict[str, Any] = {"gasPrice": 3 * 10**9}
    listed = [{"address": NOWHERE, "storageKeys": [text(word(1))]}]
    for nonce, fields in enumerate(
        (
            price,
            price | {"accessList": listed, "type": 1},
            {"maxFeePerGas": 3 * 10**9, "maxPriorityFeePerGas": 10**9, "type": 2},
            {"maxFeePerGas": 3 * 10**9, "maxPriorityFeePerGas": 1, "accessList": listed, "type": 2},
        )
    ):
        signed = Account.sign_transaction(common | fields | {"nonce": nonce}, CAROL_KEY)
        raw = text(bytes(signed.raw_transaction))
        hash_ = node.ask("eth_sendRawTransaction", raw)
        assert hash_ == text(bytes(signed.hash))
        assert node.receipt(hash_)["from"] == CAROL
        node.keep("eth_getRawTransactionByHash", hash_)
    node.fail("eth_sendRawTransaction", raw)  # its nonce was used
    node.keep("eth_getTransactionCount", CAROL, "latest")


def traces(node: Recorder) -> None:
    reverter = poked(node, "reverter", contracts.STORE_AND_REVERT)
    inner = poked(node, "creator by nonce", contracts.CREATOR_BY_NONCE)
    names = {
        "forward": contracts.FORWARD,
        "forward static": contracts.FORWARD_STATIC,
        "forward code": contracts.FORWARD_CODE,
    }
    for name, code in names.items():
        outer = poked(node, name, code)
        for target in (reverter, inner, NOWHERE):
            head = bytes(12) + bytes.fromhex(target[2:])
            middle = word(200_000) + word(3) if name == "forward" else b""
            data = text(head + middle + contracts.MORTAL_INITCODE)
            sent = {"from": ALICE, "to": outer, "data": data, "gas": hex(600_000), "value": "0x9"}
            receipt = node.send(sent)
            options = {"tracer": "callTracer"}
            node.kept.append(
                (
                    f"trace of {name} to {target}",
                    call_tree(
                        node.ask("debug_traceTransaction", receipt["transactionHash"], options)
                    ),
                )
            )
            traced = node.ask("debug_traceCall", sent, "latest", options)
            node.kept.append((f"trace of a call of {name} to {target}", call_tree(traced)))


def call_tree(frame: dict[str, Any], is_top: bool = True) -> dict[str, Any]:
    """A frame of callTracer. The outermost has the transaction's gas on some nodes, the frame's on
    others, and some keep the address of a creation that failed, or a static call's value."""
    kept = {
        key: frame.get(key)
        for key in ("type", "from", "to", "gas", "gasUsed", "input", "output", "error", "value")
    }
    kept["error"] = ERRORS.get(str(kept["error"]), kept["error"])
    if is_top:
        del kept["gas"]
    if frame.get("error") and frame["type"].startswith("CREATE"):
        del kept["to"]
    if frame["type"] == "STATICCALL":
        del kept["value"]
    return kept | {"calls": [call_tree(inner, False) for inner in frame.get("calls", [])]}


def snapshots_and_time(node: Recorder) -> None:
    before = node.ask("eth_blockNumber")
    identifier = node.ask("evm_snapshot")
    node.ask("evm_setNextBlockTimestamp", START_SECONDS + 100_000)
    node.ask("evm_mine")
    head = node.ask("eth_getBlockByNumber", "latest", False)
    node.kept.append(("timestamp", head["timestamp"]))
    node.send({"from": ALICE, "to": BOB, "value": hex(10**18)})
    node.keep("eth_getBalance", BOB, "latest")
    node.keep("evm_revert", identifier)
    node.keep("eth_getBalance", BOB, "latest")
    assert node.ask("eth_blockNumber") == before
    node.keep("evm_revert", identifier)
    node.ask("anvil_mine", "0x3")
    node.kept.append(("three more", int(node.ask("eth_blockNumber"), 16) - int(before, 16)))
    node.fail("evm_setNextBlockTimestamp", 1)
    node.ask("anvil_setNextBlockBaseFeePerGas", hex(123_456_789))
    node.send({"from": ALICE, "to": BOB})
    node.keep("eth_getBlockByNumber", "latest", False)


def waiting(node: Recorder) -> None:
    """Without automine: the pool, its order, replacement, a gap in the nonces."""
    node.ask("evm_setAutomine", False)
    nonce = int(node.ask("eth_getTransactionCount", ALICE, "latest"), 16)

    def from_alice(ahead: int, gwei: int) -> dict[str, Any]:
        fee = hex(gwei * 10**9)
        return {"from": ALICE, "to": NOWHERE, "nonce": hex(nonce + ahead), "gas": hex(21_000),
                "maxFeePerGas": fee, "maxPriorityFeePerGas": fee}  # fmt: skip

    first = node.ask("eth_sendTransaction", from_alice(0, 5))
    node.fail("eth_sendTransaction", from_alice(0, 5) | {"value": "0x1"})
    second = node.ask("eth_sendTransaction", from_alice(0, 6) | {"value": "0x2"})
    gapped = node.ask("eth_sendTransaction", from_alice(2, 50))
    other = node.ask(
        "eth_sendTransaction",
        {"from": BOB, "to": NOWHERE, "gas": hex(21_000), "gasPrice": hex(20 * 10**9)},
    )
    assert node.ask("eth_getTransactionReceipt", second) is None
    waiting_one = node.keep("eth_getTransactionByHash", second)
    assert waiting_one["blockNumber"] is None
    node.kept.append(("replaced", node.ask("eth_getTransactionByHash", first)))
    node.keep("txpool_status")
    node.keep("eth_getTransactionCount", ALICE, "pending")
    node.keep("eth_getTransactionCount", ALICE, "latest")
    node.keep("eth_getBlockTransactionCountByNumber", "pending")
    node.ask("evm_mine")
    block = node.keep("eth_getBlockByNumber", "latest", False)
    assert block["transactions"] == [other, second]
    node.keep("txpool_status")
    closing = node.ask("eth_sendTransaction", from_alice(1, 5))
    node.keep("txpool_status")
    node.ask("evm_mine")
    assert node.ask("eth_getBlockByNumber", "latest", False)["transactions"] == [closing, gapped]
    dropped = node.ask("eth_sendTransaction", from_alice(3, 5))
    node.keep("anvil_dropTransaction", dropped)
    node.keep("anvil_dropTransaction", dropped)
    for hash_ in (second, other):
        node.keep("eth_getTransactionReceipt", hash_)
    node.ask("evm_setAutomine", True)


def poking(node: Recorder) -> None:
    node.fail("eth_sendTransaction", {"from": STRANGER, "to": BOB})
    node.keep("anvil_setBalance", STRANGER, hex(10**18))
    node.keep("anvil_setNonce", STRANGER, "0x7")
    node.keep("anvil_setCode", STRANGER, "0x00")
    node.keep("anvil_impersonateAccount", STRANGER)
    paying = {"from": STRANGER, "to": BOB, "value": "0x1"} | FEES
    hash_ = node.ask("eth_sendTransaction", paying)
    node.wait_for(hash_)
    sent = node.ask("eth_getTransactionByHash", hash_)
    node.kept.append(("impersonated", {key: sent[key] for key in ("from", "nonce", "value", "to")}))
    node.keep("anvil_stopImpersonatingAccount", STRANGER)
    node.fail("eth_sendTransaction", {"from": STRANGER, "to": BOB})
    node.keep("eth_getBalance", STRANGER, "latest")
    node.keep("eth_getTransactionCount", STRANGER, "latest")
    node.keep("anvil_setCoinbase", NOWHERE)
    node.send({"from": ALICE, "to": BOB})
    node.keep("eth_getBalance", NOWHERE, "latest")
    node.keep("eth_sign", BOB, "0x1234")


def refused(node: Recorder) -> None:
    """Mistakes; the codes are what clients look at."""
    hash_ = "0x" + "11" * 32
    node.fail("eth_nosuch")
    node.fail("eth_getBalance")
    node.fail("eth_getBalance", "0x12", "latest")
    node.fail("eth_getBalance", ALICE, "nonsense")
    node.fail("eth_getBalance", ALICE, "latest", "more")
    node.fail("eth_sendRawTransaction", "0x")
    node.fail("eth_sendRawTransaction", "0x1234")
    node.fail("eth_sendRawTransaction", "zz")
    node.fail("eth_getFilterChanges", "0x99")
    node.fail("eth_getLogs", {"blockHash": hash_, "fromBlock": "0x0"})
    node.fail("eth_sendTransaction", {"from": ALICE, "to": BOB, "nonce": "0x0"})
    node.fail("eth_sendTransaction", {"from": ALICE, "to": BOB, "value": hex(10**30)})
    node.fail("eth_sendTransaction", {"from": ALICE, "to": BOB, "gas": "0x100"})
    node.fail("eth_sendTransaction", {"from": ALICE, "to": BOB, "gas": hex(10**9)})
    dear = {"maxFeePerGas": hex(2 * 10**9), "maxPriorityFeePerGas": hex(3 * 10**9)}
    node.fail("eth_sendTransaction", {"from": ALICE, "to": BOB, "gas": "0x5208"} | dear)
    cheap = {"maxFeePerGas": "0x1", "maxPriorityFeePerGas": "0x1"}
    node.fail("eth_sendTransaction", {"from": ALICE, "to": BOB, "gas": "0x5208"} | cheap)
    for method in ("eth_getBlockByHash", "eth_getTransactionByHash", "eth_getTransactionReceipt"):
        node.keep(method, hash_, *([False] if "Block" in method else []))
    node.keep("eth_getTransactionByBlockNumberAndIndex", "0x1", "0x9")
    node.keep("eth_getTransactionByBlockNumberAndIndex", "0x1", "0x0")
    node.keep("eth_getBlockReceipts", "0x9999")
