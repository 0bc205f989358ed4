"""Small contracts that between them reach every kind of state change and gas rule."""

from __future__ import annotations

from tests.differential.assembler import assemble, initcode

RETURN_WORD = "0 MSTORE 32 0 RETURN"
LOG_RETURN_DATA = "RETURNDATASIZE 0 0 RETURNDATACOPY RETURNDATASIZE 0 LOG1"

STORE_PAIRS = assemble(
    f"""
    0
    next: DUP1 CALLDATASIZE GT ISZERO @done JUMPI
    DUP1 32 ADD CALLDATALOAD  DUP2 CALLDATALOAD  SSTORE
    64 ADD @next JUMP
    done: {RETURN_WORD}
    """
)
"""Writes (slot, value) pairs; returns how many bytes it read."""

STORE_AND_REVERT = assemble(
    "1 0 SSTORE 7 1 SSTORE CALLDATASIZE 0 0 CALLDATACOPY CALLDATASIZE 0 REVERT"
)
"""Changes its storage, logs nothing, and reverts with what it was given."""

HALTS = {
    "invalid": assemble("1 0 SSTORE INVALID"),
    "underflow": assemble("1 0 SSTORE POP POP"),
    "bad jump": assemble("1 0 SSTORE 3 JUMP"),
    "endless": assemble("loop: @loop JUMP"),
    "overflow": assemble("loop: 1 @loop JUMP"),
    "past the end": assemble("1 0 0 RETURNDATACOPY"),
    "static write": assemble("0 0 0 0 ADDRESS 50000 STATICCALL 1 0 SSTORE STOP"),
    "huge memory": assemble("1 0xffffffffffff MSTORE"),
}

MORTAL = assemble("CALLDATASIZE @die JUMPI STOP die: 0 CALLDATALOAD SELFDESTRUCT")
"""Takes ether; with an argument, destroys itself in favour of that address."""

MORTAL_INITCODE = initcode(MORTAL, "TIMESTAMP 0 SSTORE 0x1234 1 SSTORE")

CREATOR = assemble(
    f"""
    32 CALLDATASIZE SUB DUP1 32 0 CALLDATACOPY
    0 CALLDATALOAD SWAP1 0 CALLVALUE CREATE2
    DUP1 0 CALLDATALOAD SSTORE {RETURN_WORD}
    """
)
"""CREATE2 with (salt, initcode...); keeps and returns the address. Fails on a second life."""

CREATOR_BY_NONCE = assemble(
    f"CALLDATASIZE 0 0 CALLDATACOPY CALLDATASIZE 0 CALLVALUE CREATE {RETURN_WORD}"
)

BIRTH_AND_DEATH = assemble(
    f"""
    32 CALLDATASIZE SUB DUP1 32 0 CALLDATACOPY
    0 CALLDATALOAD SWAP1 0 CALLVALUE CREATE2
    0x40 MSTORE  0xbeef 0 MSTORE
    0 0 32 0 0 0x40 MLOAD GAS CALL
    0x20 MSTORE
    0 0 0 0 1 0x40 MLOAD GAS CALL POP
    0x40 MLOAD EXTCODESIZE 0x20 MLOAD ADD 3 SSTORE
    0x40 MLOAD {RETURN_WORD}
    """
)
"""Creates a MORTAL by CREATE2, lets it destroy itself and sends it a wei, in one transaction."""

TRANSIENT = assemble(
    f"""
    CALLDATASIZE @inner JUMPI
    0 TLOAD DUP1 1 ADD 0 TSTORE
    1 0 MSTORE 32 64 32 0 0 ADDRESS GAS CALL POP
    64 MLOAD 100 MUL ADD {RETURN_WORD}
    inner: 0 TLOAD 1 TSTORE 1 TLOAD {RETURN_WORD}
    """
)
"""Counts in transient storage and reads it in an inner call: 100 in every transaction."""

FORWARD = assemble(
    f"""
    96 CALLDATASIZE SUB 96 0 CALLDATACOPY
    0 0 96 CALLDATASIZE SUB 0 64 CALLDATALOAD 0 CALLDATALOAD 32 CALLDATALOAD CALL
    {LOG_RETURN_DATA} STOP
    """
)
"""CALL with (target, gas, value, data...); logs success as topic and what came back."""

FORWARD_CALLCODE = assemble(
    f"""
    64 CALLDATASIZE SUB 64 0 CALLDATACOPY
    0 0 64 CALLDATASIZE SUB 0 32 CALLDATALOAD 0 CALLDATALOAD GAS CALLCODE
    {LOG_RETURN_DATA} STOP
    """
)
"""CALLCODE with (target, value, data...); logs success as topic and what came back."""

FORWARD_STATIC = assemble(
    f"""
    32 CALLDATASIZE SUB 32 0 CALLDATACOPY
    0 0 32 CALLDATASIZE SUB 0 0 CALLDATALOAD GAS STATICCALL
    {LOG_RETURN_DATA} STOP
    """
)

FORWARD_CODE = assemble(
    f"""
    32 CALLDATASIZE SUB 32 0 CALLDATACOPY
    0 0 32 CALLDATASIZE SUB 0 0 CALLDATALOAD GAS DELEGATECALL
    {LOG_RETURN_DATA} STOP
    """
)

LOGGER = assemble(
    """
    CALLDATASIZE 0 0 CALLDATACOPY
    CALLDATASIZE 0 LOG0
    1 CALLDATASIZE 0 LOG1
    2 1 7 0 LOG2
    0 2 1 32 5 LOG3
    4 3 CALLER 1 CALLDATASIZE 0 LOG4
    STOP
    """
)

_ENVIRONMENT = "NUMBER TIMESTAMP BASEFEE GASLIMIT COINBASE CHAINID GASPRICE ORIGIN CALLER CALLVALUE"
_ENVIRONMENT += " SELFBALANCE PREVRANDAO"
_READS = " ".join(
    f"{opcode} {32 * index} MSTORE" for index, opcode in enumerate(_ENVIRONMENT.split())
)

ENVIRONMENT = assemble(
    f"""
    {_READS}
    COINBASE BALANCE 384 MSTORE  0 CALLDATALOAD BALANCE 416 MSTORE
    0 CALLDATALOAD EXTCODEHASH 448 MSTORE  0 CALLDATALOAD EXTCODESIZE 480 MSTORE
    GAS 512 MSTORE  0 SLOAD POP  544 0 LOG0  544 0 RETURN
    """
)
"""Logs and returns what a contract sees: block, transaction, and the account it is given."""

BLOCK_HASHES = assemble(
    """
    1 NUMBER SUB BLOCKHASH 0 MSTORE  256 NUMBER SUB BLOCKHASH 32 MSTORE
    257 NUMBER SUB BLOCKHASH 64 MSTORE  NUMBER BLOCKHASH 96 MSTORE
    3 NUMBER SUB BLOCKHASH 128 MSTORE  160 0 LOG0  160 0 RETURN
    """
)
"""Logs and returns the hashes of the parent and of some blocks that are further away."""

ASK_HISTORY = assemble(
    f"""
    CALLDATASIZE 0 0 CALLDATACOPY
    0 0 CALLDATASIZE 0 0x0000F90827F1C53a10cb7A02335B175320002935 GAS STATICCALL
    {LOG_RETURN_DATA} STOP
    """
)
"""Asks the history contract of EIP-2935 for the hash of a block; logs what came back."""

READ_SLOTS = assemble(
    """
    0
    next: DUP1 CALLDATASIZE GT ISZERO @done JUMPI
    DUP1 CALLDATALOAD SLOAD POP  DUP1 CALLDATALOAD BALANCE POP
    32 ADD @next JUMP
    done: GAS 0 MSTORE 32 0 LOG0
    """
)
"""Reads the slots and the accounts of its words, which an access list may have warmed up."""

SELF_CALLER = assemble(
    f"""
    0 CALLDATALOAD DUP1 ISZERO @done JUMPI
    1 SWAP1 SUB 0 MSTORE
    0 0 32 0 0 ADDRESS GAS CALL
    1 SLOAD ADD 1 SSTORE 1
    done: {LOG_RETURN_DATA} 1 SLOAD {RETURN_WORD}
    """
)
"""Calls itself as often as it is told and counts in its storage."""

NEW_OPCODES = {
    "PUSH0": ("shanghai", assemble("PUSH0 PUSH0 SSTORE 7 0 SSTORE STOP")),
    "TLOAD": ("cancun", assemble("5 1 TSTORE 1 TLOAD 0 SSTORE STOP")),
    "MCOPY": ("cancun", assemble("9 0 MSTORE 32 0 64 MCOPY 64 MLOAD 0 SSTORE STOP")),
    "BLOBHASH": ("cancun", assemble("3 0 SSTORE 0 BLOBHASH 0 SSTORE STOP")),
    "BLOBBASEFEE": ("cancun", assemble("BLOBBASEFEE 0 SSTORE STOP")),
    "CLZ": ("osaka", assemble("1 CLZ 0 SSTORE STOP")),
}
"""By name: the fork that brought an opcode, and a contract that uses it and then stops."""
