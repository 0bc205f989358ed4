# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
"""
@title An answer that anybody may set
@notice For tests and scenarios that play a source: no rule at all.
@license MIT
"""
from ..interfaces import IAnswerSource

implements: IAnswerSource

answer: uint256
updated_at: uint256


@external
def set(answer: uint256, updated_at: uint256):
    self.answer = answer
    self.updated_at = updated_at


@external
@view
def peek() -> (uint256, uint256):
    return self.answer, self.updated_at
