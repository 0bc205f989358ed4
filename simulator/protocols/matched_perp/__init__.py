"""MatchedPerp: the reference perpetual exchange, seen from outside.

Assumes
- the storage layout that the compiler emitted with the bytecode (margin, held, positions, markets,
  insurance, deficit of the exchange; index, mark, updated_at of the feed; balanceOf of the token).
  If it is false: the mirror reads zeros, and every residual is off at once.
- every account with margin or a position is registered with the mirror. If not: open interest,
  custody and zero-sum show residuals although the contract is right.
- `PriceFeed.update` accrues before it writes, and nothing else writes prices. If not: funding up to
  now, computed from the stored prices, differs from what the contract will charge.
- tokens reach the exchange by deposit or fund_insurance only; a bare transfer (donation) is counted
  apart by whoever sends it. If not: custody shows the donation as a surplus.
- the ADL keeper gives complete lists; the contract checks order and merit only.

Units: exact integers of 1e-18 (sizes, prices, quote); token amounts in calls are 1e-6. float64 is
quote or units. Tolerance against the contract: 0.
"""
