"""Run a script on the state of a chain that is gone: all it needs is in the capsule beside it.

The same from the shell, and how such a capsule is made from a node:

    underwater fork --capsule examples/token.capsule --script examples/replay_a_capsule.py
    underwater fork --rpc URL --block N --script examples/replay_a_capsule.py --capsule new.capsule
"""

from pathlib import Path

from simulator.chain.fork import ForkedWorld, open_capsule
from simulator.errors import NotInCapsule

TOKEN = "0x00000000000000000000000000000000000704e4"
WHALE = "0x00000000000000000000000000000000000a4a1e"
BALANCE = "balanceOf(address)(uint256)"
UNIT = 10**6


def replay(world: ForkedWorld) -> dict[str, int]:
    """The whale, whose key nobody here has, pays somebody new; balances in whole tokens."""
    before = world.call(TOKEN, BALANCE, WHALE)
    friend = world.new_account("friend")
    world.send(WHALE, TOKEN, "transfer(address,uint256)", friend, 400_000 * UNIT)
    return {
        "whale before": before // UNIT,
        "whale after": world.call(TOKEN, BALANCE, WHALE) // UNIT,
        "friend after": world.call(TOKEN, BALANCE, friend) // UNIT,
    }


if __name__ == "__main__":
    with open_capsule(Path(__file__).with_name("token.capsule")) as world:
        facts = world.capsule().summary()
        print(f"block {facts['block']} of chain {facts['chain_id']}: {facts['verification']}")
        for name, tokens in replay(world).items():
            print(f"{name:>12}: {tokens:>9,}")
        try:
            world.call(TOKEN, "allowance(address,address)(uint256)", WHALE, TOKEN)
        except NotInCapsule as error:
            print(f"what nobody read then is no silent zero: {error.slot is not None}")
