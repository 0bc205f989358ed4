# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
"""
@title A price that is usable one hop late
@notice As Maker's oracle security module: `poke` may be called once per hop, on the hop's own grid,
        and moves the next value to the current one. Who watches has a hop's time to stop it before
        a bad value counts; who relies on it is a hop late in a crash.
@license MIT
"""
from ..interfaces import IAnswerSource

implements: IAnswerSource

SOURCE: public(immutable(IAnswerSource))
HOP: public(immutable(uint256))

owner: public(address)
stopped: public(bool)
poked_at: public(uint256)
current: public(uint256)
following: public(uint256)

event Poked:
    current: uint256
    following: uint256


@deploy
def __init__(source: address, hop: uint256):
    assert hop > 0, "hop"
    SOURCE = IAnswerSource(source)
    HOP = hop
    self.owner = msg.sender


@external
def poke():
    """@notice A source without an answer changes nothing; the hop stays open."""
    assert not self.stopped, "stopped"
    assert block.timestamp >= self.poked_at + HOP, "not passed"
    answer: uint256 = 0
    updated_at: uint256 = 0
    answer, updated_at = staticcall SOURCE.peek()
    if answer > 0:
        self.current = self.following
        self.following = answer
        self.poked_at = block.timestamp - block.timestamp % HOP
        log Poked(current=self.current, following=answer)


@external
def stop():
    """@notice Freeze both values."""
    assert msg.sender == self.owner, "owner"
    self.stopped = True


@external
def start():
    assert msg.sender == self.owner, "owner"
    self.stopped = False


@external
def void():
    """@notice Forget both values and stop: no price at all rather than a bad one."""
    assert msg.sender == self.owner, "owner"
    self.current = 0
    self.following = 0
    self.stopped = True


@external
@view
def peek() -> (uint256, uint256):
    return self.current, self.poked_at
