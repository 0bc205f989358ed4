# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
"""
@title Settlement token of the reference protocols
@notice 6 decimals; the owner mints. No fee, no rebase, no callback.
@license MIT
"""
from ..interfaces import IToken

implements: IToken

DECIMALS: constant(uint8) = 6

owner: public(address)
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
totalSupply: public(uint256)

event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    amount: uint256

event Approval:
    holder: indexed(address)
    spender: indexed(address)
    amount: uint256


@deploy
def __init__():
    self.owner = msg.sender


@external
@view
def decimals() -> uint8:
    return DECIMALS


@external
def mint(receiver: address, amount: uint256):
    assert msg.sender == self.owner, "owner"
    self.totalSupply += amount
    self.balanceOf[receiver] += amount
    log Transfer(sender=empty(address), receiver=receiver, amount=amount)


@external
def approve(spender: address, amount: uint256) -> bool:
    self.allowance[msg.sender][spender] = amount
    log Approval(holder=msg.sender, spender=spender, amount=amount)
    return True


@external
def transfer(receiver: address, amount: uint256) -> bool:
    self._move(msg.sender, receiver, amount)
    return True


@external
def transferFrom(sender: address, receiver: address, amount: uint256) -> bool:
    """@notice An allowance of 2**256 - 1 is not used up."""
    allowed: uint256 = self.allowance[sender][msg.sender]
    assert allowed >= amount, "allowance"
    if allowed != max_value(uint256):
        self.allowance[sender][msg.sender] = allowed - amount
    self._move(sender, receiver, amount)
    return True


@internal
def _move(sender: address, receiver: address, amount: uint256):
    held: uint256 = self.balanceOf[sender]
    assert held >= amount, "balance"
    self.balanceOf[sender] = held - amount
    self.balanceOf[receiver] += amount
    log Transfer(sender=sender, receiver=receiver, amount=amount)
