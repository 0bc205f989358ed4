"""The same transactions on a node and on a world of ours, which then must agree on everything."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import rlp
from eth_hash.auto import keccak
from trie import HexaryTrie

from simulator.chain.base import BlockEnvironment, Chain, Receipts
from simulator.chain.fees import next_base_fee
from simulator.types import AnyArray
from tests.differential.anvil import Anvil
from tests.differential.assembler import word
from tests.differential.scripts import (
    COINBASE,
    CONTRACTS,
    DYNAMIC_FEE,
    LEGACY,
    SENDERS,
    START_BALANCE,
    Call,
    batch_of,
    place,
)

HISTORY = "0x0000f90827f1c53a10cb7a02335b175320002935"
DEVELOPMENT_ACCOUNT = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"

Dump = dict[str, dict[str, Any]]


def text(data: bytes) -> str:
    return "0x" + data.hex()


def raw(hexadecimal: str) -> bytes:
    return bytes.fromhex(hexadecimal[2:])


def set_up_node(node: Anvil, fork: str) -> None:
    """The state that `scripts.set_up` gives a world."""
    calls: list[tuple[str, list[object]]] = [("anvil_setCoinbase", [text(COINBASE)])]
    for sender in SENDERS:
        calls.append(("anvil_setBalance", [text(sender), hex(START_BALANCE)]))
    for name, code in CONTRACTS.items():
        calls.append(("anvil_setCode", [text(place(name)), text(code)]))
        calls.append(("anvil_setBalance", [text(place(name)), hex(1000)]))
    for slot in range(8):
        for name in ("store", "mortal"):
            value = [text(place(name)), text(word(slot)), text(word(slot + 1))]
            calls.append(("anvil_setStorageAt", list[object](value)))
    if fork in ("prague", "osaka"):
        # The EIP gives the contract nonce 1; anvil puts it there with nonce 0.
        calls.append(("anvil_setNonce", [HISTORY, "0x1"]))
    node.requests(calls)


def transaction(call: Call, nonce: int) -> dict[str, Any]:
    """A call as a node wants it."""
    fields: dict[str, Any] = {
        "from": text(call.sender),
        "data": text(call.data),
        "value": hex(call.value),
        "gas": hex(call.gas_limit),
        "nonce": hex(nonce),
        "type": hex(call.type),
    }
    if call.target is not None:
        fields["to"] = text(call.target)
    if call.type == DYNAMIC_FEE:
        fields["maxFeePerGas"] = hex(call.max_fee)
        fields["maxPriorityFeePerGas"] = hex(call.priority_fee)
    else:
        fields["gasPrice"] = hex(call.max_fee)
    if call.type != LEGACY:
        fields["accessList"] = [
            {"address": text(address), "storageKeys": [text(word(slot)) for slot in slots]}
            for address, slots in call.access_list
        ]
    return fields


def environment_of(header: dict[str, Any]) -> BlockEnvironment:
    """The block of a node's header."""
    return BlockEnvironment(
        number=int(header["number"], 16),
        timestamp=int(header["timestamp"], 16),
        base_fee=int(header["baseFeePerGas"], 16),
        gas_limit=int(header["gasLimit"], 16),
        coinbase=raw(header["miner"]),
        prevrandao=raw(header["mixHash"]),
        parent_hash=raw(header["parentHash"]),
    )


@dataclass(slots=True)
class Pair:
    """A node and a world of ours that mine the same blocks. Counts what it compared."""

    node: Anvil
    chain: Chain
    free: bool = False
    outputs: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    types: Counter[int] = field(default_factory=Counter)
    base_fees: list[int] = field(default_factory=list)

    def next_base_fee(self) -> int:
        """The base fee of the block to be mined, by EIP-1559 unless all is free."""
        if self.free:
            return 0
        header = self.node.request("eth_getBlockByNumber", "latest", False)
        fields = ("baseFeePerGas", "gasUsed", "gasLimit")
        base_fee, gas_used, gas_limit = (int(header[name], 16) for name in fields)
        if int(header["number"], 16) == 0:
            return base_fee  # anvil gives its first block the fee of its genesis
        return next_base_fee(base_fee, gas_used, gas_limit)

    def mine(self, calls: list[Call], sample: int = 0) -> Receipts:
        """One block of calls on both; a `sample` of them is asked for its return data too."""
        base_fee = self.next_base_fee()
        if self.free:
            self.node.request("anvil_setNextBlockBaseFeePerGas", "0x0")
        hashes = self._send(calls)
        self.node.request("evm_mine")
        header = self.node.request("eth_getBlockByNumber", "latest", False)
        assert header["transactions"] == hashes, "the node mined others, or in another order"
        assert int(header["baseFeePerGas"], 16) == base_fee
        self.follow(header)
        ours = self.chain.execute(batch_of(calls), diff=True)
        assert not [reason for row, reason in ours.reasons.items() if ours.status[row] == 3]
        receipts = self.node.request("eth_getBlockReceipts", header["number"])
        assert_same_receipts(calls, ours, receipts)
        assert self.chain.block_gas_used == int(header["gasUsed"], 16)
        for row in range(0, len(calls), max(1, len(calls) // sample) if sample else len(calls) + 1):
            self._compare_output(ours, row, hashes[row])
        self.statuses.update(ours.status.tolist())
        self.types.update(call.type for call in calls)
        self.base_fees.append(base_fee)
        return ours

    def follow(self, header: dict[str, Any]) -> None:
        """Start the block that the node has mined."""
        self.chain.set_block(environment_of(header))

    def _send(self, calls: list[Call]) -> list[str]:
        nonces = {sender: self.chain.nonce(sender) for sender in SENDERS}
        hashes = []
        for call in calls:
            sent = transaction(call, nonces[call.sender])
            hashes.append(self.node.request("eth_sendTransaction", sent))
            nonces[call.sender] += 1
        return hashes

    def _compare_output(self, ours: Receipts, row: int, hash_: str) -> None:
        call = self.node.request("debug_traceTransaction", hash_, {"tracer": "callTracer"})
        assert text(ours.output_of(row)) == call.get("output", "0x"), (row, call)
        self.outputs += 1

    def assert_same_state(self) -> None:
        """Accounts, slots and the state root are the node's, and nothing else is there."""
        dump = self.node.dump()
        header = self.node.request("eth_getBlockByNumber", "latest", False)
        # anvil counts slots of zero and empty accounts as leaves.
        assert root_of(dump, canonical=False) == raw(header["stateRoot"])
        del dump[DEVELOPMENT_ACCOUNT]
        assert state_of(self.chain) == state_of_dump(dump)
        assert self.chain.state_root() == root_of(dump, canonical=True)


def assert_same_receipts(calls: list[Call], ours: Receipts, node: list[dict[str, Any]]) -> None:
    """Status, gas, price, logs."""

    def column(name: str) -> list[int]:
        return [int(receipt[name], 16) for receipt in node]

    assert column("type") == [call.type for call in calls]
    assert [int(status == 1) for status in ours.status] == column("status")
    assert ours.gas_used.tolist() == column("gasUsed")
    assert ours.gas_price.tolist() == column("effectiveGasPrice")
    logs = [(index, log) for index, receipt in enumerate(node) for log in receipt["logs"]]
    assert ours.log_transaction.tolist() == [index for index, _ in logs]
    for row, (_, log) in enumerate(logs):
        assert text(ours.log_address[row].tobytes()) == log["address"]
        count = int(ours.log_topic_count[row])
        topics = [text(topic.tobytes()) for topic in ours.log_topics[row, :count]]
        assert topics == log["topics"]
        start, end = ours.log_data_offsets[row : row + 2]
        assert text(ours.log_data[start:end].tobytes()) == log["data"]


State = dict[bytes, tuple[int, int, bytes, dict[int, int]]]
"""Address -> balance, nonce, code, slots that are not zero; no empty accounts."""


def state_of(chain: Chain) -> State:
    """All that a world holds."""
    return {
        address: (
            chain.balance(address),
            chain.nonce(address),
            chain.code(address),
            _pairs(*chain.slots_of(address)),
        )
        for address in chain.accounts()
    }


def _pairs(slots: AnyArray, values: AnyArray) -> dict[int, int]:
    return {
        int.from_bytes(slot.tobytes(), "big"): int.from_bytes(value.tobytes(), "little")
        for slot, value in zip(slots, values, strict=True)
    }


def state_of_dump(dump: Dump) -> State:
    """The same of a node's dump."""
    state = {}
    for address, account in dump.items():
        slots = {int(s, 16): int(v, 16) for s, v in account["storage"].items() if int(v, 16)}
        entry = (int(account["balance"], 16), account["nonce"], raw(account["code"]), slots)
        if any(entry[:3]):
            state[raw(address)] = entry
    return state


def root_of(dump: Dump, canonical: bool) -> bytes:
    """Root of a dump's trie; if not canonical, zero slots and empty accounts are leaves."""
    trie = HexaryTrie({})
    for address, account in dump.items():
        balance, nonce, code = int(account["balance"], 16), account["nonce"], raw(account["code"])
        if canonical and not (balance or nonce or code):
            continue
        storage = HexaryTrie({})
        for slot, value in account["storage"].items():
            if int(value, 16) or not canonical:
                storage[keccak(word(int(slot, 16)))] = rlp.encode(int(value, 16))
        leaf = [nonce, balance, storage.root_hash, keccak(code)]
        trie[keccak(raw(address))] = rlp.encode(leaf)
    return bytes(trie.root_hash)
