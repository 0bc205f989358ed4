"""A world without a node: a contract, the calls of a population in one batch, what they did."""

import numpy as np

from simulator.chain import BlockEnvironment
from simulator.chain.artifacts import encode_call
from underwater import (
    Names,
    batch_of_calls,
    compile_vyper,
    decode_logs,
    deploy,
    open_chain,
    pack_calls,
    trace_text,
    unpack_outputs,
)

SOURCE = """
# pragma version 0.4.3
event Paid:
    payer: indexed(address)
    amount: uint256

balances: public(HashMap[address, uint256])

@external
def pay(amount: uint256):
    assert amount < 1000, "too much"
    self.balances[msg.sender] += amount
    log Paid(payer=msg.sender, amount=amount)
"""
OWNER = bytes([1]) * 20
PEOPLE = np.arange(1, 201, dtype=np.uint8).repeat(20).reshape(200, 20)


def main(folder: str) -> None:
    path = f"{folder}/Till.vy"
    with open(path, "w", encoding="utf-8") as file:
        file.write(SOURCE)
    till = compile_vyper(path, evm_version="cancun")
    chain = open_chain()
    address = deploy(chain, till, OWNER)
    chain.set_block(BlockEnvironment(number=2, timestamp=12))

    # 200 calls at once: calldata in numpy, receipts and logs as columns.
    amounts = np.arange(200) * 5 + 10
    calls = pack_calls("pay(uint256)", amounts)
    batch = batch_of_calls(calls, PEOPLE, address, gas_limit=100_000)
    receipts = chain.execute(batch, trace=True)
    print(f"{np.count_nonzero(receipts.status == 1)} of {len(batch)} were paid")
    paid = decode_logs(receipts, till.abi)["Paid"]
    print(f"{len(paid)} logs, {paid['amount'].sum():,} in all")

    # The contract's own numbers, one read-only call per person, on all cores.
    views = batch_of_calls(pack_calls("balances(address)", PEOPLE), OWNER, address, 100_000)
    (balances,) = unpack_outputs(
        "balances(address)(uint256)", chain.call_many(views), integers="int64"
    )
    print(f"the contract agrees: {int(balances.sum()):,}")

    # A question without a consequence.
    answer = chain.what_if(OWNER, address, encode_call(till, "pay", 999))
    print(f"paying 999 would take {answer.gas_used:,} gas; so far the owner has paid nothing")

    assert receipts.trace is not None
    names = Names({address: ("Till", till.abi)})
    for transaction in (0, 199):
        print(trace_text(receipts.trace, transaction, names))


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        main(folder)
