# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
"""
@title A small perpetual exchange for measuring engines
@notice One market. Everybody trades against the pool at the oracle's price.
        Amounts are 1e18; the token has 6 decimals. A trade costs about what it costs elsewhere:
        four slots of the trader, one of the market, one event.
@license MIT
"""
from ..interfaces import IToken

WAD: constant(int256) = 10**18
WAD_PER_TOKEN: constant(uint256) = 10**12
SECONDS_PER_DAY: constant(int256) = 86400
TAKER_FEE: constant(int256) = 5 * 10**14
INITIAL_MARGIN: constant(int256) = 10**17
FUNDING_PER_DAY_CAP: constant(int256) = 10**15
SKEW_SCALE: constant(int256) = 10**6 * WAD
MAX_OPEN_INTEREST: constant(uint256) = 10**7 * 10**18

struct Account:
    margin: int256  # 1e18 quote, funding settled up to the checkpoint
    size: int256  # 1e18 base, below 0 for a short
    cost: int256  # 1e18 quote paid for the size
    checkpoint: int256  # funding index of the last settlement

event Deposit:
    account: indexed(address)
    amount: uint256

event Withdraw:
    account: indexed(address)
    amount: uint256

event Trade:
    account: indexed(address)
    size: int256
    price: uint256
    fee: int256
    realised: int256

event PriceUpdate:
    price: uint256
    funding_index: int256

keeper: address
token: IToken
price: public(uint256)
funding_index: public(int256)
funded_at: uint256
open_long: public(uint256)
open_short: public(uint256)
accounts: public(HashMap[address, Account])


@deploy
def __init__(token: IToken, keeper: address, first_price: uint256):
    assert first_price > 0, "price"
    self.keeper = keeper
    self.token = token
    self.price = first_price
    self.funded_at = block.timestamp


@external
def set_price(price: uint256):
    assert msg.sender == self.keeper, "keeper"
    assert price > 0, "price"
    index: int256 = self._accrue(self.price)
    self.price = price
    log PriceUpdate(price=price, funding_index=index)


@external
def deposit(amount: uint256):
    assert amount > 0, "amount"
    assert extcall self.token.transferFrom(msg.sender, self, amount), "transfer"
    self.accounts[msg.sender].margin += convert(amount * WAD_PER_TOKEN, int256)
    log Deposit(account=msg.sender, amount=amount)


@external
def withdraw(amount: uint256):
    assert amount > 0, "amount"
    price: uint256 = self.price
    account: Account = self._settled(self.accounts[msg.sender], self._accrue(price))
    account.margin -= convert(amount * WAD_PER_TOKEN, int256)
    self._check_margin(account, price)
    self.accounts[msg.sender] = account
    assert extcall self.token.transfer(msg.sender, amount), "transfer"
    log Withdraw(account=msg.sender, amount=amount)


@external
def trade(size: int256, limit_price: uint256):
    """
    @notice Buy (size > 0) or sell at the oracle's price, which must not be worse than the limit.
    """
    assert size != 0, "size"
    price: uint256 = self.price
    if size > 0:
        assert price <= limit_price, "limit price"
    else:
        assert price >= limit_price, "limit price"
    account: Account = self._settled(self.accounts[msg.sender], self._accrue(price))
    before: int256 = account.size
    after: int256 = before + size
    realised: int256 = 0
    closes: bool = (before > 0 and size < 0) or (before < 0 and size > 0)
    if closes:
        closed: int256 = before
        if abs(size) < abs(before):
            closed = -size
        part: int256 = account.cost * closed // before
        realised = self._value(closed, price) - part
        opened: int256 = after - (before - closed)
        account.cost = account.cost - part + self._value(opened, price)
    else:
        account.cost += self._value(size, price)
    fee: int256 = abs(self._value(size, price)) * TAKER_FEE // WAD
    account.margin += realised - fee
    account.size = after
    self._check_margin(account, price)
    self._move_open_interest(before, after)
    self.accounts[msg.sender] = account
    log Trade(account=msg.sender, size=size, price=price, fee=fee, realised=realised)


@external
@view
def health(who: address) -> int256:
    """
    @notice Equity over notional at the oracle's price, 1e18; the largest number without a position.
    """
    account: Account = self._settled(self.accounts[who], self.funding_index)
    if account.size == 0:
        return max_value(int256)
    price: uint256 = self.price
    notional: int256 = abs(self._value(account.size, price))
    return self._equity(account, price) * WAD // notional


@internal
def _accrue(price: uint256) -> int256:
    """@notice Longs pay shorts in proportion to the skew and to the time since the last accrual."""
    index: int256 = self.funding_index
    elapsed: uint256 = block.timestamp - self.funded_at
    if elapsed == 0:
        return index
    skew: int256 = convert(self.open_long, int256) - convert(self.open_short, int256)
    rate: int256 = skew * WAD // SKEW_SCALE
    rate = max(-FUNDING_PER_DAY_CAP, min(FUNDING_PER_DAY_CAP, rate))
    paid: int256 = convert(price, int256) * rate // WAD * convert(elapsed, int256)
    index += paid // SECONDS_PER_DAY
    self.funding_index = index
    self.funded_at = block.timestamp
    return index


@internal
@pure
def _settled(account: Account, index: int256) -> Account:
    settled: Account = account
    if settled.size != 0:
        settled.margin -= settled.size * (index - settled.checkpoint) // WAD
    settled.checkpoint = index
    return settled


@internal
@pure
def _value(size: int256, price: uint256) -> int256:
    return size * convert(price, int256) // WAD


@internal
@pure
def _equity(account: Account, price: uint256) -> int256:
    return account.margin + self._value(account.size, price) - account.cost


@internal
@pure
def _check_margin(account: Account, price: uint256):
    notional: int256 = abs(self._value(account.size, price))
    assert self._equity(account, price) >= notional * INITIAL_MARGIN // WAD, "margin"


@internal
def _move_open_interest(before: int256, after: int256):
    if before > 0 or after > 0:
        longs: uint256 = self.open_long - convert(max(before, 0), uint256)
        longs += convert(max(after, 0), uint256)
        assert longs <= MAX_OPEN_INTEREST, "open interest"
        self.open_long = longs
    if before < 0 or after < 0:
        shorts: uint256 = self.open_short - convert(max(-before, 0), uint256)
        shorts += convert(max(-after, 0), uint256)
        assert shorts <= MAX_OPEN_INTEREST, "open interest"
        self.open_short = shorts
