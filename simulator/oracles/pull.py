"""A pull feed with confidence: contracts/oracles/PullFeed.vy in Python.

Whoever needs a price brings a signed one and pays for it. Source: Pyth's price feeds; the interval
is used against the account, price - confidence for collateral and price + confidence for debt.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from simulator.errors import InvalidArgument
from simulator.units import BPS


@dataclass(frozen=True, slots=True)
class PullFeed:
    """Prices and confidence in the feed's smallest unit, publish_time in seconds; 0: none yet."""

    maximum_confidence: int
    """Basis points of the price."""
    update_fee: int = 0
    """Wei."""
    price: int = 0
    confidence: int = 0
    publish_time: int = 0


def update_price(
    feed: PullFeed, price: int, confidence: int, publish_time: int, paid: int
) -> PullFeed:
    """The feed after an update that is newer; an older one changes nothing.

    paid: wei sent along. InvalidArgument ('fee') for less than the feed asks. The signature is the
    contract's affair.
    """
    if paid < feed.update_fee:
        raise InvalidArgument("paid", paid, f"fee: must be at least {feed.update_fee} wei")
    if publish_time <= feed.publish_time:
        return feed
    return replace(feed, price=price, confidence=confidence, publish_time=publish_time)


def collateral_price(feed: PullFeed, timestamp: int, maximum_age: int) -> int:
    """price - confidence, above 0; InvalidArgument with the contract's reason otherwise."""
    _check(feed, timestamp, maximum_age)
    if feed.price <= feed.confidence:
        raise InvalidArgument("confidence", feed.confidence, "confidence: must be below the price")
    return feed.price - feed.confidence


def debt_price(feed: PullFeed, timestamp: int, maximum_age: int) -> int:
    """price + confidence; InvalidArgument with the contract's reason otherwise."""
    _check(feed, timestamp, maximum_age)
    return feed.price + feed.confidence


def _check(feed: PullFeed, timestamp: int, maximum_age: int) -> None:
    if not feed.publish_time:
        raise InvalidArgument("publish_time", 0, "no price")
    # A clock that runs ahead is as bad as one that runs behind.
    age = abs(timestamp - feed.publish_time)
    if age > maximum_age:
        raise InvalidArgument("age", age, f"stale: must be at most {maximum_age} s")
    if feed.confidence * BPS > feed.maximum_confidence * feed.price:
        rule = f"confidence: must be at most {feed.maximum_confidence} bp of {feed.price}"
        raise InvalidArgument("confidence", feed.confidence, rule)
