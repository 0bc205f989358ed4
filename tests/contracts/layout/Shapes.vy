# pragma version 0.4.3
# pragma evm-version cancun

struct Position:
    width: uint8
    height: int256
