# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
"""
@title What a careful reader of a push feed checks
@notice Each check has its own reason. The sequencer's feed answers 0 while it is up, 1 while it is
        down, and its round began when that changed; without one, no check of it.
@license MIT
"""
interface IRounds:
    def latest_round_data() -> (uint256, int256, uint256, uint256, uint256): view
    def MINIMUM_ANSWER() -> int256: view
    def MAXIMUM_ANSWER() -> int256: view


FEED: public(immutable(IRounds))
SEQUENCER: public(immutable(IRounds))
MAXIMUM_AGE: public(immutable(uint256))
GRACE: public(immutable(uint256))


@deploy
def __init__(feed: address, sequencer: address, maximum_age: uint256, grace: uint256):
    FEED = IRounds(feed)
    SEQUENCER = IRounds(sequencer)
    MAXIMUM_AGE = maximum_age
    GRACE = grace


@external
@view
def read() -> uint256:
    """@notice The answer, or a revert with the rule it breaks."""
    if SEQUENCER.address != empty(address):
        self._check_sequencer()
    round_id: uint256 = 0
    answer: int256 = 0
    started_at: uint256 = 0
    updated_at: uint256 = 0
    answered_in: uint256 = 0
    round_id, answer, started_at, updated_at, answered_in = staticcall FEED.latest_round_data()
    assert round_id > 0, "no round"
    assert answer > 0, "not positive"
    assert block.timestamp - updated_at <= MAXIMUM_AGE, "stale"
    assert answer > staticcall FEED.MINIMUM_ANSWER(), "at minimum"
    assert answer < staticcall FEED.MAXIMUM_ANSWER(), "at maximum"
    return convert(answer, uint256)


@internal
@view
def _check_sequencer():
    round_id: uint256 = 0
    status: int256 = 0
    started_at: uint256 = 0
    updated_at: uint256 = 0
    answered_in: uint256 = 0
    round_id, status, started_at, updated_at, answered_in = (
        staticcall SEQUENCER.latest_round_data()
    )
    assert status == 0, "sequencer down"
    assert block.timestamp - started_at > GRACE, "grace period"
