# pragma version 0.4.3
# pragma evm-version cancun

# A module with a struct that has the name of one in the module that imports it.

import Shapes as shapes

struct Position:
    units: uint256
    shape: shapes.Position

entries: HashMap[address, Position]
count: public(uint256)

@deploy
def __init__():
    self.count = 7

@external
@view
def entry(owner: address) -> Position:
    return self.entries[owner]

@external
def set_entry(owner: address, entry: Position):
    self.entries[owner] = entry
    self.count += 1
