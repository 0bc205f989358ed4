# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
"""
@title A constant-product pair with price accumulators
@notice Rounding and accumulators are those of Uniswap v2. Amounts are arguments, not what was sent
        before the call; tokens that arrive by themselves belong to the pool from its next step on.
        Assumes tokens without fee, rebase or callback (see IToken).
@license MIT
"""
from ..interfaces import ICumulativePair
from ..interfaces import IToken

implements: ICumulativePair

Q112: constant(uint256) = 2**112
LARGEST_RESERVE: constant(uint256) = 2**112 - 1
MINIMUM_SHARES: constant(uint256) = 1000
TIME_WRAP: constant(uint256) = 2**32

TOKEN0: public(immutable(IToken))
TOKEN1: public(immutable(IToken))
FEE_NUMERATOR: public(immutable(uint256))
FEE_DENOMINATOR: public(immutable(uint256))

reserve0: public(uint256)
reserve1: public(uint256)
price0_cumulative: public(uint256)
price1_cumulative: public(uint256)
timestamp: public(uint256)
totalSupply: public(uint256)
balanceOf: public(HashMap[address, uint256])

event Swap:
    sender: indexed(address)
    zero_for_one: bool
    amount_in: uint256
    amount_out: uint256

event Sync:
    reserve0: uint256
    reserve1: uint256


@deploy
def __init__(token0: address, token1: address, fee_numerator: uint256, fee_denominator: uint256):
    """@notice fee_numerator / fee_denominator of an input counts, 997 / 1000 in Uniswap v2."""
    assert token0 != token1, "tokens"
    assert fee_numerator > 0 and fee_numerator <= fee_denominator, "fee"
    assert fee_denominator <= 10**6, "fee"
    TOKEN0 = IToken(token0)
    TOKEN1 = IToken(token1)
    FEE_NUMERATOR = fee_numerator
    FEE_DENOMINATOR = fee_denominator


@external
@nonreentrant
def add_liquidity(amount0: uint256, amount1: uint256) -> uint256:
    """@notice Shares for a deposit, down. What is beyond the pool's ratio is a gift to it."""
    supply: uint256 = self.totalSupply
    shares: uint256 = 0
    if supply == 0:
        shares = isqrt(amount0 * amount1)
        assert shares > MINIMUM_SHARES, "shares"
        supply = MINIMUM_SHARES
        shares -= MINIMUM_SHARES
    else:
        shares = min(amount0 * supply // self.reserve0, amount1 * supply // self.reserve1)
        assert shares > 0, "shares"
    self._take(TOKEN0, amount0)
    self._take(TOKEN1, amount1)
    self.totalSupply = supply + shares
    self.balanceOf[msg.sender] += shares
    self._update()
    return shares


@external
@nonreentrant
def remove_liquidity(shares: uint256) -> (uint256, uint256):
    """@notice The part of both balances that belongs to the shares, down."""
    held: uint256 = self.balanceOf[msg.sender]
    assert shares > 0 and shares <= held, "shares"
    supply: uint256 = self.totalSupply
    amount0: uint256 = shares * staticcall TOKEN0.balanceOf(self) // supply
    amount1: uint256 = shares * staticcall TOKEN1.balanceOf(self) // supply
    assert amount0 > 0 and amount1 > 0, "amounts"
    self.balanceOf[msg.sender] = held - shares
    self.totalSupply = supply - shares
    self._give(TOKEN0, amount0)
    self._give(TOKEN1, amount1)
    self._update()
    return amount0, amount1


@external
@nonreentrant
def swap_exact_input(zero_for_one: bool, amount_in: uint256, minimum_out: uint256) -> uint256:
    """@notice Sell amount_in; the pool pays a n y // (x d + a n), down."""
    assert amount_in > 0, "amount"
    reserve_in: uint256 = 0
    reserve_out: uint256 = 0
    reserve_in, reserve_out = self._sides(zero_for_one)
    assert reserve_in > 0 and reserve_out > 0, "empty"
    effective: uint256 = amount_in * FEE_NUMERATOR
    amount_out: uint256 = effective * reserve_out // (reserve_in * FEE_DENOMINATOR + effective)
    assert amount_out >= minimum_out, "slippage"
    self._swap(zero_for_one, amount_in, amount_out)
    return amount_out


@external
@nonreentrant
def swap_exact_output(zero_for_one: bool, amount_out: uint256, maximum_in: uint256) -> uint256:
    """@notice Buy amount_out; the pool asks x b d // ((y - b) n) + 1."""
    assert amount_out > 0, "amount"
    reserve_in: uint256 = 0
    reserve_out: uint256 = 0
    reserve_in, reserve_out = self._sides(zero_for_one)
    assert reserve_in > 0 and amount_out < reserve_out, "empty"
    owed: uint256 = reserve_in * amount_out * FEE_DENOMINATOR
    amount_in: uint256 = owed // ((reserve_out - amount_out) * FEE_NUMERATOR) + 1
    assert amount_in <= maximum_in, "slippage"
    self._swap(zero_for_one, amount_in, amount_out)
    return amount_in


@external
@nonreentrant
def sync():
    """@notice Take what came by itself into the reserves."""
    self._update()


@external
@nonreentrant
def skim(receiver: address):
    """@notice Send away what came by itself."""
    excess0: uint256 = staticcall TOKEN0.balanceOf(self) - self.reserve0
    excess1: uint256 = staticcall TOKEN1.balanceOf(self) - self.reserve1
    assert extcall TOKEN0.transfer(receiver, excess0), "transfer"
    assert extcall TOKEN1.transfer(receiver, excess1), "transfer"


@external
@view
def cumulative_prices() -> (uint256, uint256, uint256):
    price0: uint256 = 0
    price1: uint256 = 0
    price0, price1 = self._accumulated()
    return price0, price1, block.timestamp % TIME_WRAP


@internal
@view
def _sides(zero_for_one: bool) -> (uint256, uint256):
    if zero_for_one:
        return self.reserve0, self.reserve1
    return self.reserve1, self.reserve0


@internal
def _swap(zero_for_one: bool, amount_in: uint256, amount_out: uint256):
    before: uint256 = self.reserve0 * self.reserve1
    if zero_for_one:
        self._take(TOKEN0, amount_in)
        self._give(TOKEN1, amount_out)
    else:
        self._take(TOKEN1, amount_in)
        self._give(TOKEN0, amount_out)
    self._update()
    assert self.reserve0 * self.reserve1 >= before, "k"
    log Swap(
        sender=msg.sender, zero_for_one=zero_for_one, amount_in=amount_in, amount_out=amount_out
    )


@internal
def _take(token: IToken, amount: uint256):
    assert extcall token.transferFrom(msg.sender, self, amount), "transfer"


@internal
def _give(token: IToken, amount: uint256):
    assert extcall token.transfer(msg.sender, amount), "transfer"


@internal
@view
def _accumulated() -> (uint256, uint256):
    """Times wrap at 2**32 and accumulators at 2**256; a reader takes differences of both."""
    # Not negative: a multiple of the wrap is added before the difference is taken.
    elapsed: uint256 = (block.timestamp % TIME_WRAP + TIME_WRAP - self.timestamp) % TIME_WRAP
    price0: uint256 = self.price0_cumulative
    price1: uint256 = self.price1_cumulative
    reserve0: uint256 = self.reserve0
    reserve1: uint256 = self.reserve1
    if elapsed > 0 and reserve0 > 0 and reserve1 > 0:
        price0 = unsafe_add(price0, reserve1 * Q112 // reserve0 * elapsed)
        price1 = unsafe_add(price1, reserve0 * Q112 // reserve1 * elapsed)
    return price0, price1


@internal
def _update():
    balance0: uint256 = staticcall TOKEN0.balanceOf(self)
    balance1: uint256 = staticcall TOKEN1.balanceOf(self)
    assert balance0 <= LARGEST_RESERVE and balance1 <= LARGEST_RESERVE, "reserve"
    self.price0_cumulative, self.price1_cumulative = self._accumulated()
    self.timestamp = block.timestamp % TIME_WRAP
    self.reserve0 = balance0
    self.reserve1 = balance1
    log Sync(reserve0=balance0, reserve1=balance1)
