"""Price and size rules of Hyperliquid and dYdX v4."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, trunc

from simulator.errors import InvalidArgument
from simulator.risk.checks import one_of
from simulator.risk.precision.exact import (
    ExactNumber,
    exact_above_zero,
    exact_at_least_zero,
    exact_decimal,
)
from simulator.risk.precision.orders import SIDES, quantise_price, quantise_size
from simulator.units import quantise_ceil, quantise_floor

HYPERLIQUID_FIGURES = 5
HYPERLIQUID_DECIMALS = {"perp": 6, "spot": 8}
DYDX_QUOTE_RESOLUTION = -6
"""A quote quantum is 1e-6 USDC."""


def hyperliquid_price_valid(price: ExactNumber, size_decimals: int, market: str = "perp") -> bool:
    """Whether the venue takes this price: at most 5 significant figures and at most
    (6 perp | 8 spot) - size_decimals decimals; a whole number always; above 0.

    Trailing zeros do not count. Source: Hyperliquid documentation, tick and lot size.
    """
    number = exact_decimal("price", price)
    decimals = _hyperliquid_decimals(size_decimals, market)
    if number <= 0:
        return False
    figures, places = _figures_and_places(number)
    return places == 0 or (figures <= HYPERLIQUID_FIGURES and places <= decimals)


def hyperliquid_price(
    price: ExactNumber, side: str, size_decimals: int, market: str = "perp"
) -> Decimal:
    """The valid price next to `price` that is not worse for its owner (0 if a buy rounds away)."""
    number = exact_at_least_zero("price", price)
    decimals = _hyperliquid_decimals(size_decimals, market)
    if number:
        decimals = min(decimals, HYPERLIQUID_FIGURES - 1 - number.adjusted())
    return quantise_price(number, Decimal((0, (1,), -max(decimals, 0))), side)


def hyperliquid_size_valid(size: ExactNumber, size_decimals: int) -> bool:
    """Whether the size has at most size_decimals decimals and is not 0."""
    number = exact_decimal("size", size)
    return number != 0 and _figures_and_places(number)[1] <= size_decimals


def hyperliquid_size(size: ExactNumber, size_decimals: int) -> Decimal:
    """The size with size_decimals decimals, toward zero."""
    return quantise_size(size, Decimal((0, (1,), -size_decimals)))


@dataclass(frozen=True, slots=True)
class DydxPrecision:
    """Integer units of a dYdX v4 market (x/clob ClobPair and x/perpetuals Perpetual).

    A base quantum is 10 ** atomic_resolution of the base asset; one subtick is
    10 ** quantum_conversion_exponent quote quantums per base quantum.
    """

    atomic_resolution: int
    quantum_conversion_exponent: int
    subticks_per_tick: int
    step_base_quantums: int

    def __post_init__(self) -> None:
        for name in ("subticks_per_tick", "step_base_quantums"):
            if getattr(self, name) <= 0:
                raise InvalidArgument(name, getattr(self, name), "must be above 0")

    def subticks(self, price: ExactNumber, side: str) -> int:
        """Price in USDC per base -> subticks, a multiple of subticks_per_tick and at least one.

        'buy' floors, 'sell' ceils; a price below one tick becomes one tick, as upstream clamps.
        """
        number = Fraction(exact_above_zero("price", price))
        return self.subticks_of_ratio(number * Fraction(10) ** self._quote_exponent, side)

    def subticks_of_ratio(self, quote_per_base_quantum: Fraction, side: str) -> int:
        """Quote quantums per base quantum (a fillable price) -> subticks, rounded as by `subticks`:
        up where a long is sold, down where a short is bought back; at most 64 bits."""
        one_of("side", side, SIDES)
        exact = quote_per_base_quantum / Fraction(10) ** self.quantum_conversion_exponent
        if side == "buy":
            rounded = quantise_floor(floor(exact), self.subticks_per_tick)
        else:
            rounded = quantise_ceil(ceil(exact), self.subticks_per_tick)
        highest = quantise_floor(2**64 - 1, self.subticks_per_tick)
        return min(max(rounded, self.subticks_per_tick), highest)

    def price(self, subticks: int) -> Fraction:
        """Subticks -> USDC per base, exactly."""
        exponent = self.quantum_conversion_exponent - self._quote_exponent
        return Fraction(subticks) * Fraction(10) ** exponent

    def quantums(self, size: ExactNumber) -> int:
        """Size in base -> base quantums, a multiple of step_base_quantums, toward zero."""
        exact = Fraction(exact_decimal("size", size)) / Fraction(10) ** self.atomic_resolution
        return trunc(exact / self.step_base_quantums) * self.step_base_quantums

    def quote_quantums(self, subticks: int, quantums: int) -> int:
        """subticks x quantums x 10 ** quantum_conversion_exponent, toward zero."""
        return trunc(subticks * quantums * Fraction(10) ** self.quantum_conversion_exponent)

    @property
    def _quote_exponent(self) -> int:
        """From USDC per base to quote quantums per base quantum."""
        return self.atomic_resolution - DYDX_QUOTE_RESOLUTION


def _hyperliquid_decimals(size_decimals: int, market: str) -> int:
    one_of("market", market, tuple(HYPERLIQUID_DECIMALS))
    if size_decimals < 0:
        raise InvalidArgument("size_decimals", size_decimals, "must be at least 0")
    return HYPERLIQUID_DECIMALS[market] - size_decimals


def _figures_and_places(number: Decimal) -> tuple[int, int]:
    """Significant figures and decimal places without trailing zeros."""
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)  # finite, so not 'n', 'N' or 'F'
    coefficient = "".join(map(str, digits)).lstrip("0")
    kept = coefficient.rstrip("0")
    places = max(-(exponent + len(coefficient) - len(kept)), 0)
    return len(kept), places
