"""One adapter per protocol: deploy, observe, encode, and the same numbers in Python integers."""
