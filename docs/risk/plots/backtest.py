"""Kupiec's statistic by the number of exceptions, and where it rejects."""

from simulator.risk import kupiec

TITLE = "Kupiec's test of a 99 % VaR by the number of exceptions"
X = "exceptions"
Y = "likelihood ratio"


def series() -> dict[str, tuple[list[float], list[float]]]:
    """Label -> (exceptions, statistic)."""
    counts = list(range(21))
    found = {
        f"{days:,} days": (
            [float(count) for count in counts],
            [kupiec(count, days, 0.99).statistic for count in counts],
        )
        for days in (250, 500, 1000)
    }
    found["rejected above, 5 %"] = ([0.0, 20.0], [3.8415, 3.8415])
    return found
