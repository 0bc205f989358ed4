"""A token, an automated market maker and a small perpetual exchange in Vyper, for the scripts."""

from __future__ import annotations

from functools import cache

import vyper
from eth_abi import encode
from eth_hash.auto import keccak

TOKEN = """
# pragma version 0.4.3

event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    amount: uint256

balances: public(HashMap[address, uint256])
allowances: public(HashMap[address, HashMap[address, uint256]])
supply: public(uint256)

@external
def mint(receiver: address, amount: uint256):
    self.balances[receiver] += amount
    self.supply += amount
    log Transfer(sender=empty(address), receiver=receiver, amount=amount)

@external
def approve(spender: address, amount: uint256):
    self.allowances[msg.sender][spender] = amount

@external
def transfer(receiver: address, amount: uint256) -> bool:
    assert self.balances[msg.sender] >= amount, "balance too low"
    self.balances[msg.sender] -= amount
    self.balances[receiver] += amount
    log Transfer(sender=msg.sender, receiver=receiver, amount=amount)
    return True

@external
def move(owner: address, receiver: address, amount: uint256) -> bool:
    self.allowances[owner][msg.sender] -= amount
    self.balances[owner] -= amount
    self.balances[receiver] += amount
    log Transfer(sender=owner, receiver=receiver, amount=amount)
    return True
"""

_TOKEN_INTERFACE = """
interface Token:
    def transfer(receiver: address, amount: uint256) -> bool: nonpayable
    def move(owner: address, receiver: address, amount: uint256) -> bool: nonpayable
"""

POOL = f"""
# pragma version 0.4.3
{_TOKEN_INTERFACE}
event Swap:
    trader: indexed(address)
    amount_in: uint256
    amount_out: uint256

token: address[2]
reserve: public(uint256[2])
shares: public(HashMap[address, uint256])
supply: public(uint256)

@deploy
def __init__(first: address, second: address):
    self.token = [first, second]

@nonreentrant
@external
def add(first: uint256, second: uint256) -> uint256:
    minted: uint256 = isqrt(first * second)
    if self.supply > 0:
        of_first: uint256 = first * self.supply // self.reserve[0]
        minted = min(of_first, second * self.supply // self.reserve[1])
    assert minted > 0, "nothing minted"
    extcall Token(self.token[0]).move(msg.sender, self, first)
    extcall Token(self.token[1]).move(msg.sender, self, second)
    self.reserve[0] += first
    self.reserve[1] += second
    self.shares[msg.sender] += minted
    self.supply += minted
    return minted

@nonreentrant
@external
def remove(amount: uint256):
    out: uint256[2] = [0, 0]
    for side: uint256 in range(2):
        out[side] = amount * self.reserve[side] // self.supply
        self.reserve[side] -= out[side]
        extcall Token(self.token[side]).transfer(msg.sender, out[side])
    self.shares[msg.sender] -= amount
    self.supply -= amount

@nonreentrant
@external
def swap(side: uint256, amount_in: uint256, least_out: uint256) -> uint256:
    assert side < 2, "side"
    other: uint256 = 1 - side
    with_fee: uint256 = amount_in * 997
    out: uint256 = with_fee * self.reserve[other] // (self.reserve[side] * 1000 + with_fee)
    assert out >= least_out, "slippage"
    extcall Token(self.token[side]).move(msg.sender, self, amount_in)
    extcall Token(self.token[other]).transfer(msg.sender, out)
    self.reserve[side] += amount_in
    self.reserve[other] -= out
    log Swap(trader=msg.sender, amount_in=amount_in, amount_out=out)
    return out
"""

PERP = f"""
# pragma version 0.4.3
{_TOKEN_INTERFACE}
struct Position:
    size: int256
    entry: int256

event Trade:
    trader: indexed(address)
    size: int256
    price: uint256

event Liquidation:
    trader: indexed(address)
    keeper: indexed(address)
    equity: int256

keeper: address
token: address
price: public(uint256)
updated: public(uint256)
margin: public(HashMap[address, int256])
positions: public(HashMap[address, Position])
skew: public(int256)

@deploy
def __init__(token: address, price: uint256):
    self.keeper = msg.sender
    self.token = token
    self.price = price

@external
def set_price(price: uint256):
    assert msg.sender == self.keeper, "not the keeper"
    assert block.timestamp > self.updated, "one price a block"
    self.price = price
    self.updated = block.timestamp

@external
def deposit(amount: uint256):
    extcall Token(self.token).move(msg.sender, self, amount)
    self.margin[msg.sender] += convert(amount, int256)

@external
def withdraw(amount: uint256):
    self.margin[msg.sender] -= convert(amount, int256)
    assert self._equity(msg.sender) * 10 >= self._notional(msg.sender), "margin"
    extcall Token(self.token).transfer(msg.sender, amount)

@external
def trade(size: int256):
    self._settle(msg.sender)
    self.positions[msg.sender].size += size
    self.positions[msg.sender].entry = convert(self.price, int256)
    self.skew += size
    assert self._equity(msg.sender) * 10 >= self._notional(msg.sender), "margin"
    log Trade(trader=msg.sender, size=size, price=self.price)

@external
def liquidate(trader: address):
    equity: int256 = self._equity(trader)
    assert self.positions[trader].size != 0 and equity * 20 < self._notional(trader), "healthy"
    self._settle(trader)
    self.skew -= self.positions[trader].size
    self.positions[trader] = empty(Position)
    self.margin[msg.sender] += max(self.margin[trader], 0) // 10
    self.margin[trader] -= max(self.margin[trader], 0) // 10
    log Liquidation(trader=trader, keeper=msg.sender, equity=equity)

@view
@external
def equity(trader: address) -> int256:
    return self._equity(trader)

@internal
def _settle(trader: address):
    self.margin[trader] = self._equity(trader)
    self.positions[trader].entry = convert(self.price, int256)

@view
@internal
def _equity(trader: address) -> int256:
    move: int256 = convert(self.price, int256) - self.positions[trader].entry
    return self.margin[trader] + self.positions[trader].size * move // 1000

@view
@internal
def _notional(trader: address) -> int256:
    return abs(self.positions[trader].size) * convert(self.price, int256) // 1000
"""


@cache
def compiled(source: str, fork: str) -> bytes:
    """Initcode without its arguments. Vyper knows no fork after prague."""
    settings = vyper.compiler.settings.Settings(evm_version=min_fork(fork))
    code = vyper.compile_code(source, output_formats=["bytecode"], settings=settings)["bytecode"]
    return bytes.fromhex(code[2:])


def min_fork(fork: str) -> str:
    """The newest fork that Vyper can compile for and that runs on the given one."""
    return "prague" if fork == "osaka" else fork


def encoded(signature: str, *arguments: object) -> bytes:
    """Calldata of a function by its signature."""
    types = [kind for kind in signature[signature.index("(") + 1 : -1].split(",") if kind]
    return keccak(signature.encode())[:4] + encode(types, arguments)
