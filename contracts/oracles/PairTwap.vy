# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
"""
@title The average price of a pair over a fixed window
@notice Anybody may update once PERIOD seconds have passed; then the average price since the last
        update is the answer until the next one. An arithmetic mean of each price: the two are not
        each other's reciprocals. Nobody updating leaves an old answer: look at `timestamp`.
@license MIT
"""
from ..interfaces import ICumulativePair

Q112: constant(uint256) = 2**112
TIME_WRAP: constant(uint256) = 2**32

PAIR: public(immutable(ICumulativePair))
PERIOD: public(immutable(uint256))

price0_cumulative: public(uint256)
price1_cumulative: public(uint256)
timestamp: public(uint256)
average0: public(uint256)
average1: public(uint256)

event AverageUpdated:
    average0: uint256
    average1: uint256
    elapsed: uint256


@deploy
def __init__(pair: address, period: uint256):
    assert period > 0 and period < TIME_WRAP, "period"
    PAIR = ICumulativePair(pair)
    PERIOD = period
    self.price0_cumulative, self.price1_cumulative, self.timestamp = (
        staticcall ICumulativePair(pair).cumulative_prices()
    )


@external
def update():
    """@notice Close the window. Both averages are UQ112x112, down."""
    price0: uint256 = 0
    price1: uint256 = 0
    now: uint256 = 0
    price0, price1, now = staticcall PAIR.cumulative_prices()
    elapsed: uint256 = (now + TIME_WRAP - self.timestamp) % TIME_WRAP
    assert elapsed >= PERIOD, "period"
    # Accumulators wrap, and so do their differences.
    self.average0 = unsafe_sub(price0, self.price0_cumulative) // elapsed
    self.average1 = unsafe_sub(price1, self.price1_cumulative) // elapsed
    self.price0_cumulative = price0
    self.price1_cumulative = price1
    self.timestamp = now
    log AverageUpdated(average0=self.average0, average1=self.average1, elapsed=elapsed)


@external
@view
def consult(zero_for_one: bool, amount_in: uint256) -> uint256:
    """@notice What amount_in is worth at the average price, down."""
    average: uint256 = self.average0 if zero_for_one else self.average1
    assert average > 0, "no average"
    return average * amount_in // Q112
