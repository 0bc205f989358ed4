"""The rows of `benchmarks/engine.py`: one scenario, the ways to run it, and their ratios."""
