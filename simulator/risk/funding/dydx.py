"""Funding of dYdX v4 in parts per million, to the last unit (risk-spec section 6).

Source: dydxprotocol/v4-chain, x/clob/memclob/memclob.go (premium of a book),
x/perpetuals/keeper/perpetual.go (samples, tick), x/perpetuals/funding/funding.go (index),
x/perpetuals/types/liquidity_tier.go (clamps), x/subaccounts (settlement), lib/math.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from simulator.errors import InvalidArgument
from simulator.risk import checks
from simulator.risk.funding.book import Exact
from simulator.units import PPM, div_floor, div_trunc, ppm_mul_floor

QUOTE_ATOMIC_RESOLUTION = -6
REALISATION_SECONDS = 28_800
"""Rates are per 8 hours."""
FUNDING_CLAMP_FACTOR_PPM = 6_000_000
VOTE_CLAMP_FACTOR_PPM = 60_000_000


def dydx_clamp_ppm(factor_ppm: int, initial_ppm: int, maintenance_ppm: int) -> int:
    """factor x (initial margin fraction - maintenance margin fraction), ppm, floored.

    initial_ppm, maintenance_ppm: fractions of the notional (not the maintenance's share of the
    initial one). factor_ppm: FUNDING_CLAMP_FACTOR_PPM for the rate, VOTE_CLAMP_FACTOR_PPM for a
    vote, by default.
    """
    checks.whole("factor_ppm", factor_ppm, 0)
    checks.whole("maintenance_ppm", maintenance_ppm, 0)
    checks.whole("initial_ppm", initial_ppm, 0)
    if maintenance_ppm > initial_ppm:
        raise InvalidArgument("maintenance_ppm", maintenance_ppm, "must not exceed initial_ppm")
    return ppm_mul_floor(initial_ppm - maintenance_ppm, factor_ppm)


def dydx_premium_ppm(
    impact_bid: Exact | None, impact_ask: Exact | None, index: Exact, clamp: int | None = None
) -> int:
    """trunc((impact / index - 1) x 1e6): with the bid above the index, the ask below it, else 0.

    Prices are integers or fractions in one unit, the index above 0; None where there is no impact
    price (an empty side or too little depth), which adds nothing. clamp: |premium| <= clamp.
    """
    if index <= 0:
        raise InvalidArgument("index", index, "must be above 0")
    if impact_bid is not None and impact_ask is not None and impact_bid > impact_ask:
        raise InvalidArgument("impact_bid", impact_bid, "must not be above the impact ask")
    if impact_bid is not None and impact_bid > index:
        impact: Exact = impact_bid
    elif impact_ask is not None and impact_ask < index:
        impact = impact_ask
    else:
        return 0
    premium = (Fraction(impact) / Fraction(index) - 1) * PPM
    return _clamped(div_trunc(premium.numerator, premium.denominator), clamp)


def dydx_sample_ppm(votes: Sequence[int], clamp: int | None = None, at_least: int = 0) -> int:
    """The sample of a minute: median of the votes, each within [-clamp, clamp]; 0 without votes.

    The list is padded with zeros to `at_least` votes. Of an even count the mean of the two middle
    ones is rounded away from zero (lib.Median).
    """
    padded = sorted(_padded([_clamped(vote, clamp) for vote in votes], at_least))
    if not padded:
        return 0
    middle = len(padded) // 2
    if len(padded) % 2:
        return padded[middle]
    total = padded[middle - 1] + padded[middle]
    away = (abs(total) + 1) // 2
    return away if total >= 0 else -away


def dydx_remove_tails(samples: Sequence[int], tail_ppm: int) -> list[int]:
    """Without the tails: floor(2 n ppm / 1e6) in all, floor of half from the bottom, rest on top.

    The result is sorted, except that a total of 0 or of at least n leaves the list as it is.
    """
    checks.whole("tail_ppm", tail_ppm, 0)
    total = ppm_mul_floor(len(samples), 2 * tail_ppm)
    if total == 0 or total >= len(samples):
        return list(samples)
    bottom = total // 2
    return sorted(samples)[bottom : len(samples) - (total - bottom)]


def dydx_tick_premium_ppm(samples: Sequence[int], at_least: int, tail_ppm: int = 0) -> int:
    """The hour's premium: pad with zeros to `at_least`, remove the tails, mean toward zero.

    0 if there is nothing to average.
    """
    kept = dydx_remove_tails(_padded(list(samples), at_least), tail_ppm)
    return div_trunc(sum(kept), len(kept)) if kept else 0


def dydx_rate_ppm(premium: int, default_funding_ppm: int, clamp: int) -> int:
    """premium + default funding within [-clamp, clamp], ppm per 8 hours."""
    return _clamped(premium + default_funding_ppm, checks.whole("clamp", clamp, 0))


def dydx_index_delta(
    rate_ppm: int,
    elapsed_seconds: int,
    price: int,
    price_exponent: int,
    atomic_resolution: int,
) -> int:
    """trunc(trunc(rate x elapsed x price x 10^(exponent + atomic resolution + 6)) / 28800).

    In 1e-6 quote quantums per base quantum; the index grows by it, longs pay when above 0. The
    oracle price is price x 10^exponent.
    """
    elapsed = checks.whole("elapsed_seconds", elapsed_seconds, 0)
    product = checks.whole("rate_ppm", rate_ppm) * elapsed * checks.whole("price", price, 0)
    power = price_exponent + atomic_resolution - QUOTE_ATOMIC_RESOLUTION
    scaled = product * 10**power if power >= 0 else div_trunc(product, 10**-power)
    return div_trunc(scaled, REALISATION_SECONDS)


def dydx_settlement(index_deltas: Sequence[int], quantums: Sequence[int]) -> int:
    """floor(-sum(index delta x quantums) / 1e6): what an account's quote balance changes by.

    One entry per perpetual of the account, quantums signed. Toward minus infinity: a receipt of
    102.5 gives 102, a payment of 204.5 takes 205, and the dust stays in the pool.
    """
    if len(index_deltas) != len(quantums):
        raise InvalidArgument("quantums", len(quantums), f"must be {len(index_deltas)} amounts")
    owed = sum(delta * size for delta, size in zip(index_deltas, quantums, strict=True))
    return div_floor(-owed, PPM)


def _padded(values: list[int], at_least: int) -> list[int]:
    return values + [0] * (checks.whole("at_least", at_least, 0) - len(values))


def _clamped(value: int, clamp: int | None) -> int:
    return value if clamp is None else max(-clamp, min(clamp, value))
