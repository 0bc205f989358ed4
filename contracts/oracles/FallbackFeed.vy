# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
"""
@title Sources in order, each confirmed by another
@notice The first fresh source that some other fresh source confirms within MAXIMUM_DEVIATION
        answers. A single fresh source has nobody to confirm it and answers alone. If fresh sources
        all contradict each other, or none is fresh, the feed is frozen: the last answer stands and
        `frozen` says that only reducing risk should be allowed.
@license MIT
"""
from ..interfaces import IAnswerSource

PARTS: constant(uint256) = 10**4
MOST_SOURCES: constant(uint256) = 4
FROZEN: constant(uint256) = max_value(uint256)

MAXIMUM_DEVIATION: public(immutable(uint256))

sources: public(DynArray[address, 4])
maximum_ages: public(DynArray[uint256, 4])
answer: public(uint256)
used: public(uint256)

event Answered:
    answer: uint256
    used: uint256


@deploy
def __init__(
    sources: DynArray[address, 4], maximum_ages: DynArray[uint256, 4], maximum_deviation: uint256
):
    """@notice maximum_deviation in parts per 10,000 of the smaller of two answers."""
    assert len(sources) > 0 and len(sources) == len(maximum_ages), "sources"
    MAXIMUM_DEVIATION = maximum_deviation
    self.sources = sources
    self.maximum_ages = maximum_ages
    self.used = FROZEN


@external
def update() -> (uint256, uint256):
    """@notice The answer and the number of the source that gave it; 2**256 - 1 if frozen."""
    answers: DynArray[uint256, 4] = []
    fresh: uint256 = 0
    for number: uint256 in range(len(self.sources), bound=4):
        answer: uint256 = self._fresh_answer(number)
        if answer > 0:
            fresh += 1
        answers.append(answer)
    self.used = FROZEN
    for number: uint256 in range(len(answers), bound=4):
        if answers[number] > 0 and (fresh == 1 or self._confirmed(answers, number)):
            self.answer = answers[number]
            self.used = number
            break
    log Answered(answer=self.answer, used=self.used)
    return self.answer, self.used


@external
@view
def frozen() -> bool:
    return self.used == FROZEN


@internal
@view
def _fresh_answer(number: uint256) -> uint256:
    answer: uint256 = 0
    updated_at: uint256 = 0
    answer, updated_at = staticcall IAnswerSource(self.sources[number]).peek()
    if updated_at > block.timestamp or block.timestamp - updated_at > self.maximum_ages[number]:
        return 0
    return answer


@internal
@view
def _confirmed(answers: DynArray[uint256, 4], number: uint256) -> bool:
    mine: uint256 = answers[number]
    for other: uint256 in range(len(answers), bound=4):
        if other != number and answers[other] > 0:
            low: uint256 = min(mine, answers[other])
            high: uint256 = max(mine, answers[other])
            if (high - low) * PARTS <= MAXIMUM_DEVIATION * low:
                return True
    return False
