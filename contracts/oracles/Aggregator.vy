# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
"""
@title A push feed: the median of many nodes' observations
@notice As Chainlink's OCR aggregator: a transmitter brings the nodes' observations, sorted; the
        upper middle one is the answer, if it lies within the bounds, else the report is refused and
        the last answer stays. `due` is the nodes' own rule of when to report. Assumed: the
        observations are the nodes' (signatures are not checked), and at most F of them lie.
@license MIT
"""
from ..interfaces import IAnswerSource

implements: IAnswerSource

MOST_NODES: constant(uint256) = 31
PARTS: constant(uint256) = 10**9

MINIMUM_ANSWER: public(immutable(int256))
MAXIMUM_ANSWER: public(immutable(int256))
DEVIATION: public(immutable(uint256))
HEARTBEAT: public(immutable(uint256))
F: public(immutable(uint256))

owner: public(address)
transmitter: public(address)
round_id: public(uint256)
answer: public(int256)
updated_at: public(uint256)

event AnswerUpdated:
    answer: indexed(int256)
    round_id: indexed(uint256)
    updated_at: uint256


@deploy
def __init__(
    minimum_answer: int256, maximum_answer: int256, deviation: uint256, heartbeat: uint256, f: uint256
):
    """@notice deviation in parts per thousand million; heartbeat in seconds; f nodes may lie."""
    assert minimum_answer <= maximum_answer, "bounds"
    assert heartbeat > 0, "heartbeat"
    assert 2 * f < MOST_NODES, "f"
    MINIMUM_ANSWER = minimum_answer
    MAXIMUM_ANSWER = maximum_answer
    DEVIATION = deviation
    HEARTBEAT = heartbeat
    F = f
    self.owner = msg.sender
    self.transmitter = msg.sender


@external
def set_transmitter(transmitter: address):
    assert msg.sender == self.owner, "owner"
    self.transmitter = transmitter


@external
def transmit(observations: DynArray[int256, 31]):
    assert msg.sender == self.transmitter, "transmitter"
    count: uint256 = len(observations)
    assert count > 2 * F, "too few"
    last: int256 = min_value(int256)
    for observation: int256 in observations:
        assert observation >= last, "unsorted"
        last = observation
    median: int256 = observations[count // 2]
    assert median >= MINIMUM_ANSWER and median <= MAXIMUM_ANSWER, "range"
    self.round_id += 1
    self.answer = median
    self.updated_at = block.timestamp
    log AnswerUpdated(answer=median, round_id=self.round_id, updated_at=block.timestamp)


@external
@view
def due(median: int256) -> bool:
    """@notice Whether the nodes would report: first answer, heartbeat or deviation, inclusive."""
    if self.round_id == 0 or block.timestamp - self.updated_at >= HEARTBEAT:
        return True
    change: uint256 = convert(abs(median - self.answer), uint256)
    return change * PARTS >= DEVIATION * convert(abs(self.answer), uint256)


@external
@view
def latest_round_data() -> (uint256, int256, uint256, uint256, uint256):
    """@notice round_id, answer, started_at, updated_at, answered_in_round."""
    return self.round_id, self.answer, self.updated_at, self.updated_at, self.round_id


@external
@view
def peek() -> (uint256, uint256):
    if self.answer <= 0:
        return 0, self.updated_at
    return convert(self.answer, uint256), self.updated_at
