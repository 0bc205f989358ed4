# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
"""
@title Index and mark prices, written by a keeper
@notice mark = index * (1 + basis), the basis clamped to +-BASIS_CLAMP, down to TICK. The exchange's
        funding is accrued before each write. Assumes an honest keeper: the index is not checked
        against anything. See IPriceFeed for what the exchange relies on.
@license MIT
"""
from ..interfaces import IMatchedPerp
from ..interfaces import IPriceFeed

implements: IPriceFeed

WAD: constant(uint256) = 10**18
TICK: constant(uint256) = 10**6
MAX_PRICE: constant(uint256) = 10**36
MAX_MARKETS: constant(uint256) = 8

BASIS_CLAMP: public(immutable(uint256))

owner: public(address)
keeper: public(address)
perp: public(address)
market_count: public(uint256)
index: public(uint256[MAX_MARKETS])
mark: public(uint256[MAX_MARKETS])
updated_at: public(uint256[MAX_MARKETS])
basis: public(int256[MAX_MARKETS])

event PriceUpdated:
    market: indexed(uint256)
    index: uint256
    mark: uint256
    updated_at: uint256


@deploy
def __init__(basis_clamp: uint256):
    """@notice `basis_clamp` is a WAD fraction below 1, or a mark could be 0."""
    assert basis_clamp < WAD, "basis clamp"
    BASIS_CLAMP = basis_clamp
    self.owner = msg.sender
    self.keeper = msg.sender


@external
def set_perp(perp: address):
    assert msg.sender == self.owner, "owner"
    self.perp = perp


@external
def set_keeper(keeper: address):
    assert msg.sender == self.owner, "owner"
    self.keeper = keeper


@external
def list_market(index: uint256):
    """@notice Markets are numbered in the order of listing; a market is never without a price."""
    assert msg.sender == self.owner, "owner"
    market: uint256 = self.market_count
    assert market < MAX_MARKETS, "markets"
    self._check_index(index)
    self.market_count = market + 1
    self._write(market, index, 0, block.timestamp)


@external
def update(market: uint256, index: uint256, basis: int256):
    """
    @notice Write index and basis (WAD). With the stored index it is a write of the mark alone, and
            the time of the index stays; `confirm` says that an unchanged index is fresh.
    """
    self._check_write(market)
    self._check_index(index)
    if self.perp != empty(address):
        extcall IMatchedPerp(self.perp).accrue(market)
    updated_at: uint256 = self.updated_at[market]
    if index != self.index[market]:
        updated_at = block.timestamp
    self._write(market, index, basis, updated_at)


@external
def confirm(market: uint256):
    """@notice Heartbeat of an index that has not changed. Moves its time, no price."""
    self._check_write(market)
    self.updated_at[market] = block.timestamp
    log PriceUpdated(
        market=market,
        index=self.index[market],
        mark=self.mark[market],
        updated_at=block.timestamp,
    )


@external
@view
def price(market: uint256) -> IPriceFeed.Price:
    return IPriceFeed.Price(
        index=self.index[market], mark=self.mark[market], updated_at=self.updated_at[market]
    )


@internal
@view
def _check_write(market: uint256):
    assert msg.sender == self.keeper, "keeper"
    assert market < self.market_count, "market"


@internal
@pure
def _check_index(index: uint256):
    assert index > 0 and index <= MAX_PRICE, "index"
    assert index % TICK == 0, "tick"


@internal
def _write(market: uint256, index: uint256, basis: int256, updated_at: uint256):
    limit: int256 = convert(BASIS_CLAMP, int256)
    clamped: int256 = min(max(basis, -limit), limit)
    mark: uint256 = index * convert(convert(WAD, int256) + clamped, uint256) // WAD
    mark -= mark % TICK
    assert mark > 0, "mark"
    self.index[market] = index
    self.mark[market] = mark
    self.basis[market] = clamped
    self.updated_at[market] = updated_at
    log PriceUpdated(market=market, index=index, mark=mark, updated_at=updated_at)
