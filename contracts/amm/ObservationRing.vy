# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
"""
@title The observation ring of a concentrated-liquidity pool
@notice Accumulators of tick and of seconds per liquidity, as Uniswap v3's Oracle.sol keeps them.
        The owner (the pool) writes the tick and the liquidity that were in force since the last
        write. Reading before the oldest observation reverts with OLD.
@license MIT
"""
struct Observation:
    timestamp: uint256
    tick_cumulative: int256
    seconds_per_liquidity: uint256
    initialised: bool


LARGEST_RING: constant(uint256) = 65535
TIME_WRAP: constant(uint256) = 2**32
LIQUIDITY_WRAP: constant(uint256) = 2**160
TICK_HALF: constant(int256) = 2**55
LARGEST_TICK: constant(int256) = 887272
MOST_STEPS: constant(uint256) = 17

owner: public(address)
index: public(uint256)
cardinality: public(uint256)
grown: public(uint256)
tick: public(int256)
liquidity: public(uint256)
observations: public(Observation[65535])


@deploy
def __init__(tick: int256, liquidity: uint256):
    self.owner = msg.sender
    self._check(tick, liquidity)
    self.tick = tick
    self.liquidity = liquidity
    self.cardinality = 1
    self.grown = 1
    self.observations[0] = Observation(
        timestamp=block.timestamp % TIME_WRAP,
        tick_cumulative=0,
        seconds_per_liquidity=0,
        initialised=True,
    )


@external
def grow(size: uint256):
    """@notice Make room; the new slots come into use when the ring next reaches its end."""
    assert size > 0 and size <= LARGEST_RING, "size"
    self.grown = max(self.grown, size)


@external
def write(tick: int256, liquidity: uint256):
    """@notice Record what held until now, then take over the new tick and liquidity."""
    assert msg.sender == self.owner, "owner"
    self._check(tick, liquidity)
    now: uint256 = block.timestamp % TIME_WRAP
    last: Observation = self.observations[self.index]
    if last.timestamp != now:
        size: uint256 = self.cardinality
        if self.grown > size and self.index == size - 1:
            size = self.grown
            self.cardinality = size
        place: uint256 = (self.index + 1) % size
        self.observations[place] = self._transformed(last, now)
        self.index = place
    self.tick = tick
    self.liquidity = liquidity


@external
@view
def observe(seconds_ago: uint256) -> (int256, uint256):
    """@notice Both accumulators as of seconds_ago."""
    return self._observe(seconds_ago)


@external
@view
def consult(seconds_ago: uint256) -> (int256, uint256):
    """@notice Mean tick, toward minus infinity, and harmonic mean liquidity, down."""
    assert seconds_ago > 0, "window"
    tick_before: int256 = 0
    liquid_before: uint256 = 0
    tick_before, liquid_before = self._observe(seconds_ago)
    tick_now: int256 = 0
    liquid_now: uint256 = 0
    tick_now, liquid_now = self._observe(0)
    change: int256 = self._wrapped(tick_now - tick_before)
    window: int256 = convert(seconds_ago, int256)
    mean: int256 = change // window
    if change < 0 and change % window != 0:
        mean -= 1
    liquid: uint256 = (liquid_now + LIQUIDITY_WRAP - liquid_before) % LIQUIDITY_WRAP
    harmonic: uint256 = seconds_ago * (LIQUIDITY_WRAP - 1) // (liquid << 32) % 2**128
    return mean, harmonic


@internal
@pure
def _check(tick: int256, liquidity: uint256):
    assert tick >= -LARGEST_TICK and tick <= LARGEST_TICK, "tick"
    assert liquidity < 2**128, "liquidity"


@internal
@view
def _observe(seconds_ago: uint256) -> (int256, uint256):
    assert seconds_ago < TIME_WRAP, "window"
    now: uint256 = block.timestamp % TIME_WRAP
    target: uint256 = (now + TIME_WRAP - seconds_ago) % TIME_WRAP
    last: Observation = self.observations[self.index]
    if self._age(now, last.timestamp) >= seconds_ago:
        if last.timestamp != target:
            last = self._transformed(last, target)
        return last.tick_cumulative, last.seconds_per_liquidity
    return self._between(now, target)


@internal
@view
def _between(now: uint256, target: uint256) -> (int256, uint256):
    size: uint256 = self.cardinality
    age: uint256 = self._age(now, target)
    oldest: uint256 = (self.index + 1) % size
    if not self.observations[oldest].initialised:
        oldest = 0
    assert self._age(now, self.observations[oldest].timestamp) >= age, "OLD"
    low: uint256 = 0
    high: uint256 = (self.index + size - oldest) % size
    for step: uint256 in range(MOST_STEPS):
        if high - low <= 1:
            break
        middle: uint256 = (low + high) // 2
        if self._age(now, self.observations[(oldest + middle) % size].timestamp) >= age:
            low = middle
        else:
            high = middle
    before: Observation = self.observations[(oldest + low) % size]
    after: Observation = self.observations[(oldest + high) % size]
    if target == after.timestamp:
        return after.tick_cumulative, after.seconds_per_liquidity
    if target == before.timestamp:
        return before.tick_cumulative, before.seconds_per_liquidity
    span: uint256 = self._age(after.timestamp, before.timestamp)
    passed: uint256 = self._age(target, before.timestamp)
    slope: int256 = (
        self._wrapped(after.tick_cumulative - before.tick_cumulative) // convert(span, int256)
    )
    liquid: uint256 = (
        (after.seconds_per_liquidity + LIQUIDITY_WRAP - before.seconds_per_liquidity)
        % LIQUIDITY_WRAP
    )
    return (
        self._wrapped(before.tick_cumulative + slope * convert(passed, int256)),
        (before.seconds_per_liquidity + liquid * passed // span) % LIQUIDITY_WRAP,
    )


@internal
@view
def _transformed(last: Observation, now: uint256) -> Observation:
    elapsed: uint256 = self._age(now, last.timestamp)
    per_liquidity: uint256 = (elapsed << 128) // max(self.liquidity, 1)
    return Observation(
        timestamp=now,
        tick_cumulative=self._wrapped(last.tick_cumulative + self.tick * convert(elapsed, int256)),
        seconds_per_liquidity=(last.seconds_per_liquidity + per_liquidity) % LIQUIDITY_WRAP,
        initialised=True,
    )


@internal
@pure
def _age(now: uint256, then: uint256) -> uint256:
    """Seconds between two times, across the wrap at 2**32."""
    return (now + TIME_WRAP - then) % TIME_WRAP


@internal
@pure
def _wrapped(amount: int256) -> int256:
    """Two's complement of 56 bits, as the accumulator of ticks wraps."""
    shifted: int256 = (amount + TICK_HALF) % (2 * TICK_HALF)
    if shifted < 0:
        shifted += 2 * TICK_HALF
    return shifted - TICK_HALF
