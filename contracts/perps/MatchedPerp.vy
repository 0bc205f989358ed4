# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
"""
@title MatchedPerp: the reference perpetual exchange
@notice Cross margin over at most 8 markets, quotes filled on chain, funding by index, liquidation
        by takeover, and a waterfall for losses: margin, insurance fund, auto-deleveraging,
        close-out, socialised loss, deficit.

        Units: quote, sizes and prices are 1e-18 integers; sizes are multiples of LOT, prices and
        indices of TICK, so size * price / 1e18 is exact. Only requirements, fees, penalties,
        average costs and socialised charges round: against the account, for the system.

        Assumes what IToken and IPriceFeed say, and an honest `adl_keeper`: the contract checks the
        order and the merit of the candidates it is given, not that the list is complete.
@license MIT
"""
from ..interfaces import IPriceFeed
from ..interfaces import IToken

WAD: constant(uint256) = 10**18
SIGNED_WAD: constant(int256) = 10**18
LOT: constant(uint256) = 10**12
TICK: constant(uint256) = 10**6
TOKEN_UNIT: constant(uint256) = 10**12  # quote per 1e-6 token
DAY: constant(int256) = 86_400
MAX_MARKETS: constant(uint256) = 8
MAX_CANDIDATES: constant(uint256) = 32
MAX_SIZE: constant(uint256) = 10**32  # a quote; keeps every product below 2**255
MAX_PRICE: constant(uint256) = 10**36
MAX_AMOUNT: constant(uint256) = 10**30  # tokens in one transfer
NO_LEAST: constant(int256) = min_value(int256)

TOKEN: public(immutable(address))
FEED: public(immutable(address))
PARAMETERS: immutable(Parameters)


struct Parameters:
    initial_margin: uint256  # WAD fraction of gross notional
    maintenance_margin: uint256
    liquidation_penalty: uint256  # of closed notional
    liquidator_share: uint256  # of the penalty
    taker_fee: uint256  # of notional
    maker_rebate: uint256
    funding_cap_per_day: uint256  # of the index
    minimum_notional: uint256  # quote
    stale_trade_seconds: uint256
    stale_liquidation_seconds: uint256
    socialised_loss_cap: uint256  # of the mark for one bankruptcy; 2**256 - 1 is none


struct Position:
    size: int256
    cost: int256  # quote received for the open size: below 0 for a long
    checkpoint: int256  # side index up to which funding and losses are settled


struct Market:
    open_interest: uint256  # of the longs, and so of the shorts
    funding_index: int256  # quote per unit paid by longs since listing
    loss_long: int256  # socialised loss per unit long
    loss_short: int256
    accrued_at: uint256


struct Quote:
    bid_price: uint256
    bid_size: uint256
    ask_price: uint256
    ask_size: uint256


struct Health:
    equity: int256
    notional: uint256  # gross
    oldest: uint256  # time of the oldest index in use


owner: public(address)
adl_keeper: public(address)
market_count: public(uint256)
insurance: public(uint256)
deficit: public(uint256)
markets: public(Market[MAX_MARKETS])
margin: public(HashMap[address, int256])
held: public(HashMap[address, uint256])  # bit m: there is a position in market m
positions: public(HashMap[address, Position[MAX_MARKETS]])
quotes: public(HashMap[address, Quote[MAX_MARKETS]])
exhausted_in: public(HashMap[address, uint256[MAX_MARKETS]])  # 1 + block of the last ADL


event MarketListed:
    market: indexed(uint256)

event AdlKeeperSet:
    keeper: indexed(address)

event Deposit:
    account: indexed(address)
    amount: uint256  # quote

event Withdraw:
    account: indexed(address)
    amount: uint256  # quote

event QuoteSet:
    maker: indexed(address)
    market: indexed(uint256)
    bid_price: uint256
    bid_size: uint256
    ask_price: uint256
    ask_size: uint256

event Accrued:
    market: indexed(uint256)
    payment: int256  # quote per unit, paid by longs
    funding_index: int256
    index: uint256
    mark: uint256
    elapsed: uint256
    open_interest: uint256

event Settled:
    account: indexed(address)
    market: indexed(uint256)
    payment: int256  # above 0: the account paid
    checkpoint: int256

event Fill:
    maker: indexed(address)
    taker: indexed(address)
    market: indexed(uint256)
    size: int256  # of the taker
    price: uint256
    fee: uint256
    rebate: uint256

event Liquidation:
    account: indexed(address)
    liquidator: indexed(address)
    market: indexed(uint256)
    size: int256  # taken over
    remaining: int256
    price: uint256
    notional: uint256
    penalty: uint256
    reward: uint256
    equity_before: int256

event Shortfall:
    account: indexed(address)
    market: indexed(uint256)
    amount: uint256
    from_insurance: uint256
    socialised: uint256
    deficit: uint256

event Socialised:
    market: indexed(uint256)
    long_side: bool
    per_unit: uint256
    charged: uint256  # rounding up included

event InsuranceMoved:
    account: indexed(address)
    market: indexed(uint256)
    amount: uint256

event Deleveraged:
    account: indexed(address)
    candidate: indexed(address)
    market: indexed(uint256)
    size: int256  # closed for the bankrupt account
    mark: uint256
    draw: uint256  # quote from the candidate below the mark
    rank: uint256

event CloseOut:
    account: indexed(address)
    market: indexed(uint256)
    size: int256
    remaining: int256
    price: uint256
    equity_before: int256

event Matched:
    account: indexed(address)
    counterparty: indexed(address)
    market: indexed(uint256)
    size: int256  # closed for the account
    price: uint256

event InsuranceFunded:
    sender: indexed(address)
    amount: uint256

event DeficitRepaid:
    amount: uint256


@deploy
def __init__(token: address, feed: address, parameters: Parameters):
    assert parameters.maintenance_margin > 0, "maintenance"
    assert parameters.maintenance_margin < parameters.initial_margin, "maintenance"
    assert parameters.initial_margin <= WAD, "initial"
    assert parameters.liquidation_penalty <= WAD, "penalty"
    assert parameters.liquidator_share <= WAD, "share"
    assert parameters.maker_rebate <= parameters.taker_fee, "rebate"
    assert parameters.taker_fee <= WAD, "fee"
    assert parameters.funding_cap_per_day <= WAD, "funding cap"
    assert parameters.minimum_notional <= MAX_PRICE, "minimum"
    TOKEN = token
    FEED = feed
    PARAMETERS = parameters
    self.owner = msg.sender
    self.adl_keeper = msg.sender


@external
@view
def parameters() -> Parameters:
    return PARAMETERS


@external
def set_adl_keeper(keeper: address):
    assert msg.sender == self.owner, "owner"
    self.adl_keeper = keeper
    log AdlKeeperSet(keeper=keeper)


@external
def list_market():
    """@notice Take the feed's next market, which has a price from its listing on."""
    assert msg.sender == self.owner, "owner"
    market: uint256 = self.market_count
    assert market < MAX_MARKETS, "markets"
    assert market < staticcall IPriceFeed(FEED).market_count(), "no price"
    self.market_count = market + 1
    self.markets[market].accrued_at = block.timestamp
    log MarketListed(market=market)


@external
@nonreentrant
def deposit(amount: uint256):
    """@notice `amount` in token units of 1e-6; credited exactly."""
    assert amount > 0 and amount <= MAX_AMOUNT, "amount"
    quote: uint256 = amount * TOKEN_UNIT
    self.margin[msg.sender] += convert(quote, int256)
    log Deposit(account=msg.sender, amount=quote)
    assert extcall IToken(TOKEN).transferFrom(msg.sender, self, amount), "transfer"


@external
@nonreentrant
def withdraw(amount: uint256):
    """@notice Open profit cannot leave: both equity and settled cash must cover initial margin."""
    assert amount > 0 and amount <= MAX_AMOUNT, "amount"
    self._settle(msg.sender)
    quote: uint256 = amount * TOKEN_UNIT
    self.margin[msg.sender] -= convert(quote, int256)
    health: Health = self._health(msg.sender)
    self._check_fresh(health, PARAMETERS.stale_trade_seconds)
    required: int256 = self._initial_up(health)
    assert min(health.equity, self.margin[msg.sender]) >= required, "initial margin"
    log Withdraw(account=msg.sender, amount=quote)
    assert extcall IToken(TOKEN).transfer(msg.sender, amount), "transfer"


@external
@nonreentrant
def fund_insurance(amount: uint256):
    """@notice A gift to the fund, in token units; repays the deficit first."""
    assert amount > 0 and amount <= MAX_AMOUNT, "amount"
    quote: uint256 = amount * TOKEN_UNIT
    self._income(quote)
    log InsuranceFunded(sender=msg.sender, amount=quote)
    assert extcall IToken(TOKEN).transferFrom(msg.sender, self, amount), "transfer"


@external
def quote(
    market: uint256, bid_price: uint256, bid_size: uint256, ask_price: uint256, ask_size: uint256
):
    """@notice Replace the caller's bid and ask. Quotes reserve no margin."""
    assert market < self.market_count, "market"
    assert max(bid_price, ask_price) <= MAX_PRICE, "price"
    assert max(bid_size, ask_size) <= MAX_SIZE, "size"
    assert bid_price % TICK == 0 and ask_price % TICK == 0, "tick"
    assert bid_size % LOT == 0 and ask_size % LOT == 0, "lot"
    assert (bid_size == 0 or bid_price > 0) and (ask_size == 0 or ask_price > 0), "price"
    self.quotes[msg.sender][market] = Quote(
        bid_price=bid_price, bid_size=bid_size, ask_price=ask_price, ask_size=ask_size
    )
    log QuoteSet(
        maker=msg.sender,
        market=market,
        bid_price=bid_price,
        bid_size=bid_size,
        ask_price=ask_price,
        ask_size=ask_size,
    )


@external
@nonreentrant
def fill(maker: address, market: uint256, size: int256, limit_price: uint256):
    """
    @notice Buy (size above 0) at the maker's ask or sell at his bid, up to what is left there.
            A party that only reduces must not get worse; any other needs initial margin.
    """
    assert market < self.market_count, "market"
    assert maker != msg.sender, "self"
    assert size != 0, "size"
    assert size % convert(LOT, int256) == 0, "lot"
    price: uint256 = 0
    amount: uint256 = 0
    price, amount = self._take_quote(maker, market, size, limit_price)
    signed: int256 = convert(amount, int256)
    if size < 0:
        signed = -signed

    self._accrue(market)
    self._settle(msg.sender)
    self._settle(maker)
    taker_least: int256 = self._least_excess(msg.sender, market, signed)
    maker_least: int256 = self._least_excess(maker, market, -signed)

    self._trade(msg.sender, market, signed, price)
    self._trade(maker, market, -signed, price)
    notional: uint256 = amount * price // WAD
    fee: uint256 = self._mul_wad_up(notional, PARAMETERS.taker_fee)
    rebate: uint256 = notional * PARAMETERS.maker_rebate // WAD
    self.margin[msg.sender] -= convert(fee, int256)
    self.margin[maker] += convert(rebate, int256)
    self._income(fee - rebate)

    self._check_party(msg.sender, taker_least)
    self._check_party(maker, maker_least)
    log Fill(
        maker=maker,
        taker=msg.sender,
        market=market,
        size=signed,
        price=price,
        fee=fee,
        rebate=rebate,
    )


@external
@nonreentrant
def settle(account: address):
    """@notice Realise an account's pending funding and losses; anyone may."""
    self._settle(account)


@external
@nonreentrant
def accrue(market: uint256):
    """@notice Bring a market's funding index up to now; anyone may, the feed does before it writes."""
    assert market < self.market_count, "market"
    self._accrue(market)


@external
@nonreentrant
def liquidate(account: address, market: uint256, max_size: uint256):
    """
    @notice Take over half (all below MM / 2, or if less than the minimum would remain) of a position
            at the mark, or `max_size` if that is less. Refused while the fund cannot cover the
            account, until auto-deleveraging was tried in the same block.
    """
    assert market < self.market_count, "market"
    assert account != msg.sender, "self"
    assert max_size > 0, "size"
    assert max_size % LOT == 0, "lot"
    self._settle(account)
    size: int256 = self.positions[account][market].size
    assert size != 0, "no position"
    health: Health = self._health(account)
    self._check_fresh(health, PARAMETERS.stale_liquidation_seconds)
    maintenance: int256 = self._maintenance_up(health)
    assert health.equity < maintenance, "healthy"
    covered: int256 = health.equity + convert(self.insurance, int256)
    if covered < 0:
        assert self.exhausted_in[account][market] == block.number + 1, "deleverage first"

    mark: uint256 = (staticcall IPriceFeed(FEED).price(market)).mark
    halve: bool = 2 * health.equity >= maintenance
    taken: uint256 = self._takeover_size(convert(abs(size), uint256), mark, halve, max_size)
    notional: uint256 = taken * mark // WAD
    penalty: uint256 = 0
    if covered > 0:
        penalty = self._mul_wad_up(notional, PARAMETERS.liquidation_penalty)
        penalty = min(penalty, convert(covered, uint256))
    reward: uint256 = penalty
    if health.equity >= 0:
        reward = penalty * PARAMETERS.liquidator_share // WAD

    signed: int256 = convert(taken, int256)
    if size < 0:
        signed = -signed
    self.margin[account] -= convert(penalty, int256)
    if signed == size and self.held[account] == 1 << market:
        self._cover(account, market, size, health.equity - convert(penalty, int256), mark)
    # After the loss index was raised: the liquidator may hold the side that is charged.
    self._settle(msg.sender)
    self._trade(account, market, -signed, mark)
    self._trade(msg.sender, market, signed, mark)
    self.margin[msg.sender] += convert(reward, int256)
    self._income(penalty - reward)

    after: Health = self._health(msg.sender)
    self._check_fresh(after, PARAMETERS.stale_liquidation_seconds)
    assert after.equity >= self._initial_up(after), "initial margin"
    log Liquidation(
        account=account,
        liquidator=msg.sender,
        market=market,
        size=signed,
        remaining=size - signed,
        price=mark,
        notional=notional,
        penalty=penalty,
        reward=reward,
        equity_before=health.equity,
    )


@external
@nonreentrant
def deleverage(account: address, market: uint256, candidates: DynArray[address, MAX_CANDIDATES]):
    """
    @notice Move the whole fund into an account that it cannot cover, then close the position
            against profitable candidates, best rank first, at the account's bankruptcy price.
            An empty list is legal: it says that nobody can be deleveraged.
    """
    assert msg.sender == self.adl_keeper, "adl keeper"
    health: Health = self._open_bankrupt(account, market)
    fund: uint256 = self.insurance
    if fund > 0:
        self.insurance = 0
        self.margin[account] += convert(fund, int256)
        log InsuranceMoved(account=account, market=market, amount=fund)
    self.exhausted_in[account][market] = block.number + 1

    mark: uint256 = (staticcall IPriceFeed(FEED).price(market)).mark
    last_rank: uint256 = max_value(uint256)
    last: address = empty(address)
    for candidate: address in candidates:
        if self.positions[account][market].size == 0:
            break
        self._settle(candidate)
        rank: uint256 = self._rank(candidate, market, mark)
        in_order: bool = rank < last_rank
        if rank == last_rank:
            in_order = convert(candidate, uint160) > convert(last, uint160)
        assert in_order, "order"
        self._deleverage_step(account, candidate, market, mark, rank)
        last_rank = rank
        last = candidate


@external
@nonreentrant
def close_out(account: address, market: uint256, counterparties: DynArray[address, MAX_CANDIDATES]):
    """
    @notice Last resort after auto-deleveraging in the same block: match what is left at the mark
            against any opposite accounts with equity, whoever they are.
    """
    assert msg.sender == self.adl_keeper, "adl keeper"
    health: Health = self._open_bankrupt(account, market)
    assert self.exhausted_in[account][market] == block.number + 1, "deleverage first"
    mark: uint256 = (staticcall IPriceFeed(FEED).price(market)).mark
    size: int256 = self.positions[account][market].size
    available: uint256 = 0
    for counterparty: address in counterparties:
        available += self._opposite(counterparty, market, size)
    if available >= convert(abs(size), uint256) and self.held[account] == 1 << market:
        self._cover(account, market, size, health.equity, mark)

    for counterparty: address in counterparties:
        left: int256 = self.positions[account][market].size
        if left == 0:
            break
        self._settle(counterparty)
        assert (self._health(counterparty)).equity >= 0, "counterparty"
        step: uint256 = min(
            convert(abs(left), uint256), self._opposite(counterparty, market, size)
        )
        signed: int256 = convert(step, int256)
        if size < 0:
            signed = -signed
        self._trade(account, market, -signed, mark)
        self._trade(counterparty, market, signed, mark)
        log Matched(
            account=account, counterparty=counterparty, market=market, size=signed, price=mark
        )
    remaining: int256 = self.positions[account][market].size
    log CloseOut(
        account=account,
        market=market,
        size=size - remaining,
        remaining=remaining,
        price=mark,
        equity_before=health.equity,
    )


@internal
@pure
def _mul_wad_up(amount: uint256, fraction: uint256) -> uint256:
    """@dev Up: requirements, fees and penalties favour the system."""
    return (amount * fraction + WAD - 1) // WAD


@internal
@view
def _initial_up(health: Health) -> int256:
    return convert(self._mul_wad_up(health.notional, PARAMETERS.initial_margin), int256)


@internal
@view
def _maintenance_up(health: Health) -> int256:
    return convert(self._mul_wad_up(health.notional, PARAMETERS.maintenance_margin), int256)


@internal
@view
def _check_fresh(health: Health, limit: uint256):
    assert block.timestamp <= health.oldest + limit, "stale"


@internal
@view
def _side_index(market: uint256, is_long: bool) -> int256:
    """@dev Quote per unit that a side owes since listing: funding and socialised loss in one."""
    if is_long:
        return self.markets[market].funding_index + self.markets[market].loss_long
    return self.markets[market].loss_short - self.markets[market].funding_index


@internal
def _accrue(market: uint256):
    """@dev Funding since the last accrual, at the premium that stood all that time."""
    elapsed: uint256 = block.timestamp - self.markets[market].accrued_at
    if elapsed == 0:
        return
    price: IPriceFeed.Price = staticcall IPriceFeed(FEED).price(market)
    limit: int256 = convert(price.index * PARAMETERS.funding_cap_per_day // WAD, int256)
    premium: int256 = convert(price.mark, int256) - convert(price.index, int256)
    premium = min(max(premium, -limit), limit)
    payment: int256 = premium * convert(elapsed, int256) // DAY
    payment -= payment % convert(TICK, int256)  # both truncate toward zero
    funding_index: int256 = self.markets[market].funding_index + payment
    self.markets[market].funding_index = funding_index
    self.markets[market].accrued_at = block.timestamp
    log Accrued(
        market=market,
        payment=payment,
        funding_index=funding_index,
        index=price.index,
        mark=price.mark,
        elapsed=elapsed,
        open_interest=self.markets[market].open_interest,
    )


@internal
def _settle(account: address):
    """@dev Accrue and settle every held market; after it, stored numbers are the true ones."""
    mask: uint256 = self.held[account]
    for market: uint256 in range(MAX_MARKETS):
        bit: uint256 = 1 << market
        if mask < bit:
            break
        if mask & bit == 0:
            continue
        self._accrue(market)
        size: int256 = self.positions[account][market].size
        index: int256 = self._side_index(market, size > 0)
        owed: int256 = index - self.positions[account][market].checkpoint
        if owed == 0:
            continue
        payment: int256 = abs(size) * owed // SIGNED_WAD  # exact: lots times ticks
        self.margin[account] -= payment
        self.positions[account][market].checkpoint = index
        log Settled(account=account, market=market, payment=payment, checkpoint=index)


@internal
@view
def _health(account: address) -> Health:
    """@dev Of a settled account: pending funding is not looked at."""
    health: Health = Health(equity=self.margin[account], notional=0, oldest=block.timestamp)
    mask: uint256 = self.held[account]
    for market: uint256 in range(MAX_MARKETS):
        bit: uint256 = 1 << market
        if mask < bit:
            break
        if mask & bit == 0:
            continue
        price: IPriceFeed.Price = staticcall IPriceFeed(FEED).price(market)
        size: int256 = self.positions[account][market].size
        worth: int256 = size * convert(price.mark, int256) // SIGNED_WAD
        health.equity += worth + self.positions[account][market].cost
        health.notional += convert(abs(worth), uint256)
        health.oldest = min(health.oldest, price.updated_at)
    return health


@internal
def _take_quote(
    maker: address, market: uint256, size: int256, limit_price: uint256
) -> (uint256, uint256):
    """@dev Price and amount of a fill; uses up the quote."""
    wanted: uint256 = convert(abs(size), uint256)
    if size > 0:
        ask: uint256 = self.quotes[maker][market].ask_price
        left: uint256 = self.quotes[maker][market].ask_size
        assert left > 0, "no quote"
        assert ask <= limit_price, "limit price"
        amount: uint256 = min(wanted, left)
        self.quotes[maker][market].ask_size = left - amount
        return ask, amount
    bid: uint256 = self.quotes[maker][market].bid_price
    left: uint256 = self.quotes[maker][market].bid_size
    assert left > 0, "no quote"
    assert bid >= limit_price, "limit price"
    amount: uint256 = min(wanted, left)
    self.quotes[maker][market].bid_size = left - amount
    return bid, amount


@internal
@view
def _least_excess(account: address, market: uint256, signed: int256) -> int256:
    """@dev What E - MM must not fall below if the trade only reduces; NO_LEAST otherwise."""
    size: int256 = self.positions[account][market].size
    if abs(signed) > abs(size) or (size > 0) == (signed > 0):
        return NO_LEAST
    health: Health = self._health(account)
    return health.equity - self._maintenance_up(health)


@internal
@view
def _check_party(account: address, least: int256):
    health: Health = self._health(account)
    if least == NO_LEAST:
        self._check_fresh(health, PARAMETERS.stale_trade_seconds)
        assert health.equity >= self._initial_up(health), "initial margin"
    else:
        assert health.equity >= 0, "negative equity"
        assert health.equity - self._maintenance_up(health) >= least, "reduction"


@internal
def _trade(account: address, market: uint256, signed: int256, price: uint256):
    """
    @dev Move `signed` of size at `price` for a settled account. A reduction realises its share of
         the average cost, down (the account keeps the dust as cost); a flip realises everything.
    """
    position: Position = self.positions[account][market]
    size: int256 = position.size
    after: int256 = size + signed
    paid: int256 = signed * convert(price, int256) // SIGNED_WAD  # exact: lots times ticks
    if size == 0 or (size > 0) == (signed > 0):
        position.cost -= paid
    elif abs(signed) <= abs(size):
        released: int256 = self._div_down(position.cost * abs(signed), abs(size))
        self.margin[account] += released - paid
        position.cost -= released
    else:
        closing: int256 = size * convert(price, int256) // SIGNED_WAD
        self.margin[account] += position.cost + closing
        position.cost = -(closing + paid)
    if after == 0:
        position.checkpoint = 0
        self.held[account] &= ~(1 << market)
    else:
        position.checkpoint = self._side_index(market, after > 0)
        self.held[account] |= 1 << market
    position.size = after
    self.positions[account][market] = position
    longs: int256 = max(after, 0) - max(size, 0)
    open_interest: int256 = convert(self.markets[market].open_interest, int256) + longs
    self.markets[market].open_interest = convert(open_interest, uint256)


@internal
@pure
def _div_down(numerator: int256, denominator: int256) -> int256:
    """@dev Floor for a denominator above 0; Vyper's // truncates toward zero."""
    quotient: int256 = numerator // denominator
    if numerator < 0 and quotient * denominator != numerator:
        quotient -= 1
    return quotient


@internal
def _income(amount: uint256):
    """@dev To the fund, after the deficit: insurance above 0 implies no deficit."""
    deficit: uint256 = self.deficit
    repaid: uint256 = min(amount, deficit)
    if repaid > 0:
        self.deficit = deficit - repaid
        log DeficitRepaid(amount=repaid)
    if amount > repaid:
        self.insurance += amount - repaid


@internal
@view
def _takeover_size(
    size: uint256, mark: uint256, halve: bool, max_size: uint256
) -> uint256:
    """@dev Half rounds up to the lot; what stays is worth the minimum or nothing."""
    wanted: uint256 = size
    if halve:
        wanted = (size // LOT + 1) // 2 * LOT
        if (size - wanted) * mark // WAD < PARAMETERS.minimum_notional:
            wanted = size
    taken: uint256 = min(wanted, max_size)
    if taken < size:
        assert (size - taken) * mark // WAD >= PARAMETERS.minimum_notional, "dust"
    return taken


@internal
def _cover(account: address, market: uint256, size: int256, equity: int256, mark: uint256):
    """
    @dev Shortfall of an account whose last position (`size`) is about to close at the mark with
         `equity`: fund, then a charge on the opposite side, then deficit. Runs before the transfer,
         when the winners still hold what is charged.
    """
    if equity >= 0:
        return
    amount: uint256 = convert(-equity, uint256)
    from_insurance: uint256 = min(amount, self.insurance)
    self.insurance -= from_insurance
    self.margin[account] += convert(amount, int256)
    rest: uint256 = amount - from_insurance
    socialised: uint256 = 0
    if rest > 0:
        socialised = self._socialise(market, size < 0, rest, mark)
        self.deficit += rest - socialised
    log Shortfall(
        account=account,
        market=market,
        amount=amount,
        from_insurance=from_insurance,
        socialised=socialised,
        deficit=rest - socialised,
    )


@internal
def _socialise(market: uint256, long_side: bool, loss: uint256, mark: uint256) -> uint256:
    """@dev Charge a side per unit, up to the tick; the excess goes to the fund. What was covered."""
    open_interest: uint256 = self.markets[market].open_interest
    step: uint256 = open_interest * TICK // WAD  # exact: lots times ticks
    per_unit: uint256 = (loss + step - 1) // step * TICK
    cap: uint256 = PARAMETERS.socialised_loss_cap
    if cap != max_value(uint256):
        limit: uint256 = mark * cap // WAD
        per_unit = min(per_unit, limit - limit % TICK)
    if long_side:
        self.markets[market].loss_long += convert(per_unit, int256)
    else:
        self.markets[market].loss_short += convert(per_unit, int256)
    charged: uint256 = open_interest * per_unit // WAD  # exact
    log Socialised(market=market, long_side=long_side, per_unit=per_unit, charged=charged)
    covered: uint256 = min(charged, loss)
    self._income(charged - covered)
    return covered


@internal
def _open_bankrupt(account: address, market: uint256) -> Health:
    """@dev Settle; the account has the position, fresh prices, and the fund cannot cover it."""
    assert market < self.market_count, "market"
    self._settle(account)
    assert self.positions[account][market].size != 0, "no position"
    health: Health = self._health(account)
    self._check_fresh(health, PARAMETERS.stale_liquidation_seconds)
    assert health.equity + convert(self.insurance, int256) < 0, "fund covers"
    return health


@internal
@view
def _opposite(candidate: address, market: uint256, size: int256) -> uint256:
    """@dev Size of a candidate on the side opposite to `size`."""
    held: int256 = self.positions[candidate][market].size
    assert held != 0 and (held > 0) != (size > 0), "side"
    return convert(abs(held), uint256)


@internal
@view
def _rank(candidate: address, market: uint256, mark: uint256) -> uint256:
    """@dev (open profit / |cost|) * (N / E) of a settled account in WAD, down at each division."""
    position: Position = self.positions[candidate][market]
    profit: int256 = position.size * convert(mark, int256) // SIGNED_WAD + position.cost
    assert profit > 0, "no profit"
    health: Health = self._health(candidate)
    assert health.equity > 0, "candidate"
    gain: uint256 = convert(profit, uint256) * WAD // convert(abs(position.cost), uint256)
    return gain * health.notional // convert(health.equity, uint256)


@internal
def _deleverage_step(
    account: address, candidate: address, market: uint256, mark: uint256, rank: uint256
):
    """
    @dev Close against one candidate at B = P * (1 - side * E / N): the candidate forgoes
         draw = -E * closed / N of his profit, up, so that the last step ends at E = 0.
    """
    size: int256 = self.positions[account][market].size
    opposite: uint256 = self._opposite(candidate, market, size)
    closed: uint256 = min(convert(abs(size), uint256), opposite)
    health: Health = self._health(account)
    loss: uint256 = convert(-health.equity, uint256)
    notional: uint256 = closed * mark // WAD
    draw: uint256 = (loss * notional + health.notional - 1) // health.notional
    position: Position = self.positions[candidate][market]
    profit: int256 = position.size * convert(mark, int256) // SIGNED_WAD + position.cost
    assert convert(profit, uint256) * closed > draw * opposite, "bankruptcy price"

    signed: int256 = convert(closed, int256)
    if size < 0:
        signed = -signed
    self._trade(account, market, -signed, mark)
    self._trade(candidate, market, signed, mark)
    self.margin[account] += convert(draw, int256)
    self.margin[candidate] -= convert(draw, int256)
    after: Health = self._health(candidate)
    assert after.equity >= self._maintenance_up(after), "candidate"
    log Deleveraged(
        account=account,
        candidate=candidate,
        market=market,
        size=signed,
        mark=mark,
        draw=draw,
        rank=rank,
    )
