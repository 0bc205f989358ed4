"""Price impact: how forced and discretionary flow moves a market's price. Its only home.

`square_root` also holds the impact that the engine follows block by block; the rest is static.
"""

from simulator.liquidity.concentrated import (
    SwapStep,
    amount0_delta,
    amount1_delta,
    next_sqrt_price_from_input,
    next_sqrt_price_from_output,
    swap_step,
)
from simulator.liquidity.constant_product import (
    Sale,
    constant_product_mid_ratio,
    constant_product_sale,
    largest_profitable_sale,
    uniswap_v2_amount_in,
    uniswap_v2_amount_out,
)
from simulator.liquidity.functions import (
    ConstantProductImpact,
    FittedImpact,
    LinearImpact,
    PriceImpact,
    SquareRootImpact,
)
from simulator.liquidity.gmx import ImpactEntry, gmx_entry_price, gmx_price_impact_usd
from simulator.liquidity.order_book import (
    Fill,
    book_depth,
    distance_for_quantity,
    impact_after,
    remaining_consumption,
    walk_book,
)
from simulator.liquidity.slippage_table import SlippageTable, TableImpact, table_impact
from simulator.liquidity.square_root import (
    Depth,
    ImpactParameters,
    ImpactState,
    advance,
    cascade_impact,
    depth_of_path,
    square_root_move,
    square_root_moves,
)

__all__ = [
    "ConstantProductImpact",
    "Depth",
    "Fill",
    "FittedImpact",
    "ImpactEntry",
    "ImpactParameters",
    "ImpactState",
    "LinearImpact",
    "PriceImpact",
    "Sale",
    "SlippageTable",
    "SquareRootImpact",
    "SwapStep",
    "TableImpact",
    "advance",
    "amount0_delta",
    "amount1_delta",
    "book_depth",
    "cascade_impact",
    "constant_product_mid_ratio",
    "constant_product_sale",
    "depth_of_path",
    "distance_for_quantity",
    "gmx_entry_price",
    "gmx_price_impact_usd",
    "impact_after",
    "largest_profitable_sale",
    "next_sqrt_price_from_input",
    "next_sqrt_price_from_output",
    "remaining_consumption",
    "square_root_move",
    "square_root_moves",
    "swap_step",
    "table_impact",
    "uniswap_v2_amount_in",
    "uniswap_v2_amount_out",
    "walk_book",
]
