"""When a leveraged client is closed out, by asset class."""

from datetime import date

from simulator.risk import load_policy_tables, policy_table

TITLE = "Adverse move until close-out at the largest leverage, ESMA table of 2019-05-01"
X = "maximum leverage"
Y = "adverse move"
LOG_Y = True


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (cap, move): the margin at the cap, less the share at which positions are closed."""
    table = policy_table(load_policy_tables(), "esma", date(2019, 5, 1))
    caps = sorted(float(cap) for cap in table.caps.values())
    share = float(table.close_out_share or 0)
    return {
        "close-out": (caps, [(1 - share) / cap for cap in caps]),
        "margin lost": (caps, [1 / cap for cap in caps]),
    }
