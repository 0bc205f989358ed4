"""Rows of the price benchmark: `measure(rounds)` gives rates, `results` what was promised."""
