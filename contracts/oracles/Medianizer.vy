# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
"""
@title The median of what the fresh sources say
@notice At least QUORUM sources must be fresh, or there is no answer. Of an even number the upper
        middle one counts. Fewer than half of the sources cannot move the answer beyond what the
        others say; half or more can put it anywhere.
@license MIT
"""
from ..interfaces import IAnswerSource

implements: IAnswerSource

MOST_SOURCES: constant(uint256) = 15

QUORUM: public(immutable(uint256))
MAXIMUM_AGE: public(immutable(uint256))

sources: public(DynArray[address, 15])


@deploy
def __init__(sources: DynArray[address, 15], quorum: uint256, maximum_age: uint256):
    assert quorum > 0 and quorum <= len(sources), "quorum"
    QUORUM = quorum
    MAXIMUM_AGE = maximum_age
    self.sources = sources


@external
@view
def peek() -> (uint256, uint256):
    """@notice The median and the oldest update that counts for it."""
    answers: DynArray[uint256, 15] = []
    oldest: uint256 = max_value(uint256)
    for source: address in self.sources:
        answer: uint256 = 0
        updated_at: uint256 = 0
        answer, updated_at = staticcall IAnswerSource(source).peek()
        if answer > 0 and updated_at <= block.timestamp:
            if block.timestamp - updated_at <= MAXIMUM_AGE:
                answers = self._inserted(answers, answer)
                oldest = min(oldest, updated_at)
    count: uint256 = len(answers)
    if count < QUORUM:
        return 0, 0
    return answers[count // 2], oldest


@internal
@pure
def _inserted(sorted_answers: DynArray[uint256, 15], answer: uint256) -> DynArray[uint256, 15]:
    answers: DynArray[uint256, 15] = []
    placed: bool = False
    for item: uint256 in sorted_answers:
        if not placed and answer < item:
            answers.append(answer)
            placed = True
        answers.append(item)
    if not placed:
        answers.append(answer)
    return answers
