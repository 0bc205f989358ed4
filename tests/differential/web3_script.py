"""A stock web3.py script, as one writes it for a live development node. Nothing in it knows us.

`python web3_script.py http://127.0.0.1:8545 token.json` prints what it saw; token.json holds the
`abi` and the `bytecode` of the token in `test_web3_script.py`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from eth_account import Account
from web3 import Web3
from web3.exceptions import ContractLogicError, TransactionNotFound, Web3RPCError
from web3.middleware import SignAndSendRawMiddlewareBuilder
from web3.types import RPCEndpoint

# A well-known key of development nodes, and one that no node has.
CAROL = Account.from_key("0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a")
DAVE = Account.from_key("0x" + "da" * 32)

GWEI = 10**9
FEES = {"maxFeePerGas": 20 * GWEI, "maxPriorityFeePerGas": GWEI}


def main(w3: Any, abi: list[dict[str, Any]], bytecode: str) -> dict[str, Any]:
    """What the script saw, without what depends on a block's hash or time."""
    alice, bob = w3.eth.accounts[:2]
    w3.eth.default_account = alice
    seen: dict[str, Any] = {
        "connected": w3.is_connected(),
        "chain": w3.eth.chain_id,
        "accounts": list(w3.eth.accounts),
        "syncing": w3.eth.syncing,
        "block": w3.eth.block_number,
        "tip": w3.eth.max_priority_fee,
    }
    token = deploy(w3, abi, bytecode, seen)
    events(w3, token, alice, bob, seen)
    local_accounts(w3, token, alice, seen)
    failures(w3, token, bob, seen)
    looking(w3, token, alice, bob, seen)
    control(w3, alice, bob, seen)
    return seen


def deploy(w3: Any, abi: list[dict[str, Any]], bytecode: str, seen: dict[str, Any]) -> Any:
    factory = w3.eth.contract(abi=abi, bytecode=bytecode)
    seen["gas of deployment"] = factory.constructor().estimate_gas()
    receipt = w3.eth.wait_for_transaction_receipt(factory.constructor().transact(FEES))
    seen["deployed"] = [receipt["status"], receipt["contractAddress"], receipt["gasUsed"]]
    seen["code"] = w3.eth.get_code(receipt["contractAddress"]).hex()
    return w3.eth.contract(address=receipt["contractAddress"], abi=abi)


def shown(log: Any) -> list[Any]:
    return [log["event"], dict(log["args"]), log["blockNumber"], log["logIndex"], log["address"]]


def events(w3: Any, token: Any, alice: str, bob: str, seen: dict[str, Any]) -> None:
    """Transactions with events, and every way to read those."""
    transfers = token.events.Transfer()
    live = token.events.Transfer.create_filter(from_block="latest")
    to_bob = token.events.Transfer.create_filter(from_block=0, argument_filters={"receiver": bob})
    blocks, pending = w3.eth.filter("latest"), w3.eth.filter("pending")
    hashes = [
        token.functions.mint(alice, 1_000).transact(FEES),
        token.functions.transfer(bob, 250).transact(FEES),
        token.functions.transfer(alice, 50).transact({"from": bob} | FEES),
    ]
    receipts = [w3.eth.wait_for_transaction_receipt(hash_) for hash_ in hashes]
    seen["gas"] = [receipt["gasUsed"] for receipt in receipts]
    seen["processed"] = [shown(log) for r in receipts for log in transfers.process_receipt(r)]
    seen["new logs"] = [shown(log) for log in live.get_new_entries()]
    seen["newer logs"] = live.get_new_entries()
    seen["logs to bob"] = [shown(log) for log in to_bob.get_all_entries()]
    seen["new blocks"] = len(blocks.get_new_entries())
    seen["sent"] = pending.get_new_entries() == hashes
    seen["uninstalled"] = w3.eth.uninstall_filter(live.filter_id)
    seen["all logs"] = [shown(log) for log in transfers.get_logs(from_block=0)]
    seen["from alice"] = [
        shown(log) for log in transfers.get_logs(from_block=0, argument_filters={"sender": alice})
    ]
    raw = w3.eth.get_logs({"address": token.address, "fromBlock": 0, "toBlock": "latest"})
    seen["raw logs"] = [[log["data"].hex(), [t.hex() for t in log["topics"]]] for log in raw]
    block = w3.eth.get_block(receipts[1]["blockNumber"], full_transactions=True)
    decoded = token.decode_function_input(block["transactions"][0]["input"])
    seen["decoded"] = [decoded[0].fn_name, dict(decoded[1])]
    seen["balances"] = [token.functions.balances(who).call() for who in (alice, bob)]
    seen["history"] = [
        token.functions.balances(bob).call(block_identifier=receipt["blockNumber"])
        for receipt in receipts
    ]


def local_accounts(w3: Any, token: Any, alice: str, seen: dict[str, Any]) -> None:
    """Transactions of all types, signed here."""
    price = {"gasPrice": 20 * GWEI}
    listed = [{"address": token.address, "storageKeys": ["0x" + "00" * 32]}]
    kinds: list[dict[str, Any]] = [
        price,
        price | {"accessList": listed},
        FEES,
        FEES | {"accessList": listed},
    ]
    seen["signed"] = []
    for kind in kinds:
        built = token.functions.mint(CAROL.address, 7).build_transaction(
            {"from": CAROL.address, "nonce": w3.eth.get_transaction_count(CAROL.address)} | kind
        )
        signed = CAROL.sign_transaction(built)
        hash_ = w3.eth.send_raw_transaction(signed.raw_transaction)
        receipt = w3.eth.wait_for_transaction_receipt(hash_)
        found = w3.eth.get_transaction(hash_)
        same_raw = w3.eth.get_raw_transaction(hash_) == signed.raw_transaction
        seen["signed"].append(
            [hash_.hex(), receipt["type"], receipt["gasUsed"], receipt["from"], found["nonce"],
             found["gasPrice"], len(found.get("accessList", ())), same_raw]
        )  # fmt: skip
    # Signed by a middleware, for an account that the node has never heard of.
    w3.eth.wait_for_transaction_receipt(
        w3.eth.send_transaction({"to": DAVE.address, "value": 10**18, "from": alice} | FEES)
    )
    w3.middleware_onion.inject(SignAndSendRawMiddlewareBuilder.build(DAVE), "signer", layer=0)
    hash_ = w3.eth.send_transaction(
        {"from": DAVE.address, "to": alice, "value": 5, "gas": 21_000} | FEES
    )
    receipt = w3.eth.wait_for_transaction_receipt(hash_)
    w3.middleware_onion.remove("signer")
    seen["dave"] = [receipt["from"], w3.eth.get_balance(DAVE.address)]
    seen["carol"] = token.functions.balances(CAROL.address).call()
    seen["signature"] = w3.eth.sign(alice, text="hello").hex()


def failures(w3: Any, token: Any, bob: str, seen: dict[str, Any]) -> None:
    def failure(run: Any) -> list[Any]:
        try:
            return ["no failure", run()]
        except ContractLogicError as error:
            return ["reverted", error.message, error.data]
        except Web3RPCError as error:
            return ["refused", (error.rpc_response or {}).get("error", {}).get("code")]
        except TransactionNotFound:
            return ["not found"]

    too_much = token.functions.transfer(bob, 10**30)
    overflow = token.functions.move(bob, bob, 1)
    seen["failures"] = [
        failure(too_much.call),
        failure(too_much.estimate_gas),
        failure(overflow.call),
        failure(lambda: w3.eth.get_transaction("0x" + "22" * 32)),
        failure(lambda: w3.eth.send_raw_transaction("0x1234")),
        failure(lambda: w3.eth.send_transaction({"to": bob, "value": 10**30, "gas": 21_000})),
        failure(lambda: w3.eth.get_balance(bob, 10**6)),
    ]
    receipt = w3.eth.wait_for_transaction_receipt(too_much.transact({"gas": 100_000} | FEES))
    seen["failed"] = [receipt["status"], receipt["gasUsed"], list(receipt["logs"])]


def looking(w3: Any, token: Any, alice: str, bob: str, seen: dict[str, Any]) -> None:
    head = w3.eth.get_block("latest")
    seen["head"] = [head["number"], head["gasUsed"], head["gasLimit"], len(head["transactions"])]
    seen["parent"] = w3.eth.get_block(head["number"] - 1)["hash"] == head["parentHash"]
    seen["by hash"] = w3.eth.get_block(head["hash"])["number"]
    seen["counts"] = [w3.eth.get_block_transaction_count(number) for number in (0, 1, "latest")]
    seen["receipts"] = [r["gasUsed"] for r in w3.eth.get_block_receipts(head["number"])]
    seen["nonces"] = [w3.eth.get_transaction_count(who, "pending") for who in (alice, bob)]
    seen["slot"] = w3.eth.get_storage_at(token.address, 2).hex()
    history = w3.eth.fee_history(3, "latest", [50])
    seen["fees"] = [history["oldestBlock"], history["baseFeePerGas"], history["reward"]]
    seen["proof"] = w3.eth.get_proof(alice, [], "latest")["nonce"]
    listed = w3.eth.create_access_list(
        {"from": alice, "to": token.address, "data": token.encode_abi("mint", [bob, 1])}
    )
    seen["access list"] = sorted(
        [entry["address"], sorted(entry["storageKeys"])] for entry in listed["accessList"]
    )
    supply = {token.address: {"stateDiff": {"0x" + "00" * 31 + "02": "0x" + "00" * 31 + "63"}}}
    seen["overridden"] = token.functions.supply().call(state_override=supply)
    with w3.batch_requests() as batch:
        batch.add(w3.eth.get_balance(bob))
        batch.add(w3.eth.get_block(1))
        batch.add(token.functions.supply())
        answers = batch.execute()
    seen["batch"] = [answers[0], answers[1]["number"], answers[2]]


def control(w3: Any, alice: str, bob: str, seen: dict[str, Any]) -> None:
    """What development nodes have beyond a real one."""

    def ask(method: str, *parameters: Any) -> Any:
        return w3.provider.make_request(RPCEndpoint(method), list(parameters))["result"]

    before = w3.eth.get_balance(bob)
    snapshot = ask("evm_snapshot")
    w3.eth.wait_for_transaction_receipt(w3.eth.send_transaction({"to": bob, "value": 9} | FEES))
    seen["richer"] = w3.eth.get_balance(bob) - before
    seen["reverted"] = [ask("evm_revert", snapshot), w3.eth.get_balance(bob) - before]
    time = w3.eth.get_block("latest")["timestamp"] + 1_000_000
    ask("evm_setNextBlockTimestamp", time)
    ask("evm_mine")
    seen["time"] = w3.eth.get_block("latest")["timestamp"] - time
    whale = "0x00000000000000000000000000000000000000ff"
    ask("anvil_setBalance", whale, hex(10**20))
    ask("anvil_impersonateAccount", whale)
    hash_ = w3.eth.send_transaction({"from": whale, "to": bob, "value": 3} | FEES)
    receipt = w3.eth.wait_for_transaction_receipt(hash_)
    options = {"tracer": "callTracer"}
    frame = ask("debug_traceTransaction", hash_.to_0x_hex(), options)
    seen["whale"] = [receipt["from"], frame["type"], frame["value"], frame["gasUsed"]]


if __name__ == "__main__":
    compiled = json.loads(Path(sys.argv[2]).read_text())
    node = Web3(Web3.HTTPProvider(sys.argv[1]))
    result = main(node, compiled["abi"], compiled["bytecode"])
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
