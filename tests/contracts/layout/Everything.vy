# pragma version 0.4.3
# pragma evm-version cancun
# pragma enable-decimals

# Storage of every kind, with a getter for each.

import Ledger as ledger

initializes: ledger

exports: (ledger.entry, ledger.set_entry, ledger.count)

interface Token:
    def decimals() -> uint8: view

flag Roles:
    ADMIN
    KEEPER

struct Inner:
    opened: uint32
    tick: int24
    owner: address

struct Position:
    size: int128
    open: bool
    role: Roles
    inner: Inner
    tag: bytes4
    marks: uint16[5]
    name: String[40]
    token: Token

SIZE: constant(uint256) = 3

positions: public(HashMap[address, Position])
ticks: public(HashMap[address, HashMap[uint32, int40]])
known: public(HashMap[bytes4, bool])
by_name: public(HashMap[String[50], uint256])
by_bytes: public(HashMap[Bytes[5], uint256])
by_sign: public(HashMap[bool, HashMap[int16, uint256]])
by_role: public(HashMap[Roles, uint256])
history: public(DynArray[Position, 4])
numbers: public(DynArray[uint40, 10])
three: public(uint128[SIZE])
grid: public(uint72[2][3])
title: public(String[100])
blob: public(Bytes[70])
notes: public(HashMap[address, Bytes[64]])
series: public(HashMap[uint256, DynArray[int24, 6]])
price: public(decimal)
role: public(Roles)
token: public(Token)
tag: public(bytes5)

@deploy
def __init__():
    ledger.__init__()

@external
@view
def all_numbers() -> DynArray[uint40, 10]:
    return self.numbers

@external
@view
def series_of(key: uint256) -> DynArray[int24, 6]:
    return self.series[key]

@external
def set_position(owner: address, position: Position):
    self.positions[owner] = position

@external
def push_history(position: Position):
    self.history.append(position)

@external
def set_tick(owner: address, key: uint32, tick: int40):
    self.ticks[owner][key] = tick

@external
def set_known(key: bytes4, yes: bool):
    self.known[key] = yes

@external
def set_by_name(name: String[50], number: uint256):
    self.by_name[name] = number

@external
def set_by_bytes(name: Bytes[5], number: uint256):
    self.by_bytes[name] = number

@external
def set_by_sign(sign: bool, key: int16, number: uint256):
    self.by_sign[sign][key] = number

@external
def set_by_role(key: Roles, number: uint256):
    self.by_role[key] = number

@external
def set_numbers(numbers: DynArray[uint40, 10]):
    self.numbers = numbers

@external
def set_series(key: uint256, numbers: DynArray[int24, 6]):
    self.series[key] = numbers

@external
def set_arrays(numbers: uint128[3], cells: uint72[2][3]):
    self.three = numbers
    self.grid = cells

@external
def set_texts(text: String[100], raw: Bytes[70]):
    self.title = text
    self.blob = raw

@external
def set_note(owner: address, note: Bytes[64]):
    self.notes[owner] = note

@external
def set_small(price: decimal, role: Roles, token: Token, tag: bytes5):
    self.price = price
    self.role = role
    self.token = token
    self.tag = tag
