"""A block's calldata in a few numpy operations."""

from __future__ import annotations

import numpy as np

from benchmarks.engine_rows.scenario import (
    GAS_LIMIT,
    KEEPER,
    SET_PRICE,
    TRADE,
    TRADES,
    WEI_PER_LOT,
    Orders,
    Scenario,
)
from simulator.chain import Batch

_PRICE_BYTES = 36
_TRADE_BYTES = 68
_ODD, _SHIFT = WEI_PER_LOT >> 12, 12
"""1e12 is 5^12 x 2^12: the odd part fits an int64 product, the rest is a shift."""


class Packer:
    """Orders of a block to a batch. What never changes is made once; `pack` overwrites the rest."""

    def __init__(self, scenario: Scenario) -> None:
        count = 1 + TRADES
        self._rows = scenario.trader_rows
        senders = np.empty((count, 20), np.uint8)
        senders[0] = np.frombuffer(KEEPER, np.uint8)
        data = np.zeros(_PRICE_BYTES + TRADES * _TRADE_BYTES, np.uint8)
        data[:4] = np.frombuffer(SET_PRICE, np.uint8)
        trades = data[_PRICE_BYTES:].reshape(TRADES, _TRADE_BYTES)
        trades[:, :4] = np.frombuffer(TRADE, np.uint8)
        offsets = np.zeros(count + 1, np.int64)
        offsets[1:] = _PRICE_BYTES + _TRADE_BYTES * np.arange(count)
        self._traders = senders[1:]
        self._price = data[4:_PRICE_BYTES]
        # The words of all trades as four limbs, most significant first, though none is aligned.
        limbs = np.ndarray(
            (TRADES, 2, 4), ">i8", data, _PRICE_BYTES + 4, (_TRADE_BYTES, 32, 8)
        )
        self._signs, self._highs, self._lows = limbs[..., :2], limbs[..., 2], limbs[..., 3]
        targets = np.tile(np.frombuffer(scenario.perp, np.uint8), (count, 1))
        gas = np.full(count, GAS_LIMIT, np.uint64)
        self._batch = Batch(senders, targets, data, offsets, gas)

    def pack(self, orders: Orders) -> Batch:
        """Sizes and limits below 2^35 in magnitude become words of 1e-18."""
        price = (orders.price_lots * WEI_PER_LOT).to_bytes(32, "big")
        self._price[:] = np.frombuffer(price, np.uint8)
        odd = orders.sizes_and_limits * _ODD
        self._lows[:] = odd << _SHIFT
        self._highs[:] = odd >> (64 - _SHIFT)
        self._signs[:] = (odd >> 63)[..., None]
        self._rows.take(orders.traders, axis=0, out=self._traders, mode="clip")
        return self._batch
