"""Rows of the risk benchmark: each module has measure(rounds) -> way -> {"min", "median"}.

Ways that are named as a key of `results.ROWS` are promises, the others are peers.
"""
