# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
"""
@title A pull feed with confidence
@notice As Pyth: whoever needs a price brings a signed one and pays for it. An update that is not
        newer changes nothing. Readers say how old a price may be; collateral counts at the lower
        and debt at the upper end of the confidence interval.
@license MIT
"""
PARTS: constant(uint256) = 10**4

PUBLISHER: public(immutable(address))
UPDATE_FEE: public(immutable(uint256))
MAXIMUM_CONFIDENCE: public(immutable(uint256))

price: public(uint256)
confidence: public(uint256)
publish_time: public(uint256)

event PriceUpdated:
    price: uint256
    confidence: uint256
    publish_time: uint256


@deploy
def __init__(publisher: address, update_fee: uint256, maximum_confidence: uint256):
    """@notice update_fee in wei; confidence at most maximum_confidence parts per 10,000 of price."""
    assert publisher != empty(address), "publisher"
    PUBLISHER = publisher
    UPDATE_FEE = update_fee
    MAXIMUM_CONFIDENCE = maximum_confidence


@external
@payable
def update(
    price: uint256, confidence: uint256, publish_time: uint256, v: uint256, r: uint256, s: uint256
):
    """@notice (v, r, s) is the publisher's signature of keccak256(price, confidence, time, feed)."""
    assert msg.value >= UPDATE_FEE, "fee"
    digest: bytes32 = keccak256(abi_encode(price, confidence, publish_time, self))
    assert ecrecover(digest, v, r, s) == PUBLISHER, "signature"
    if publish_time <= self.publish_time:
        return
    self.price = price
    self.confidence = confidence
    self.publish_time = publish_time
    log PriceUpdated(price=price, confidence=confidence, publish_time=publish_time)


@external
@view
def collateral_price(maximum_age: uint256) -> uint256:
    """@notice price - confidence, above 0."""
    self._check(maximum_age)
    assert self.price > self.confidence, "confidence"
    return self.price - self.confidence


@external
@view
def debt_price(maximum_age: uint256) -> uint256:
    """@notice price + confidence."""
    self._check(maximum_age)
    return self.price + self.confidence


@internal
@view
def _check(maximum_age: uint256):
    assert self.publish_time > 0, "no price"
    # A clock that runs ahead is as bad as one that runs behind.
    age: uint256 = max(block.timestamp, self.publish_time) - min(block.timestamp, self.publish_time)
    assert age <= maximum_age, "stale"
    assert self.confidence * PARTS <= MAXIMUM_CONFIDENCE * self.price, "confidence"
