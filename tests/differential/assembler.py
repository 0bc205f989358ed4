"""A few lines of assembler, so that the test contracts can be read.

Words are opcodes; numbers are pushed with the shortest PUSH (never PUSH0, so that the same code
runs before shanghai); `name:` is a jump target, `@name` pushes it.
"""

from __future__ import annotations

OPCODES = {
    "STOP": 0x00, "ADD": 0x01, "MUL": 0x02, "SUB": 0x03, "DIV": 0x04, "EXP": 0x0A,
    "LT": 0x10, "GT": 0x11, "EQ": 0x14, "ISZERO": 0x15, "AND": 0x16, "SHL": 0x1B, "SHR": 0x1C,
    "CLZ": 0x1E, "KECCAK256": 0x20,
    "ADDRESS": 0x30, "BALANCE": 0x31, "ORIGIN": 0x32, "CALLER": 0x33, "CALLVALUE": 0x34,
    "CALLDATALOAD": 0x35, "CALLDATASIZE": 0x36, "CALLDATACOPY": 0x37, "CODECOPY": 0x39,
    "GASPRICE": 0x3A, "EXTCODESIZE": 0x3B, "RETURNDATASIZE": 0x3D, "RETURNDATACOPY": 0x3E,
    "EXTCODEHASH": 0x3F, "BLOCKHASH": 0x40, "COINBASE": 0x41, "TIMESTAMP": 0x42, "NUMBER": 0x43,
    "PREVRANDAO": 0x44, "GASLIMIT": 0x45, "CHAINID": 0x46, "SELFBALANCE": 0x47, "BASEFEE": 0x48,
    "BLOBHASH": 0x49, "BLOBBASEFEE": 0x4A,
    "POP": 0x50, "MLOAD": 0x51, "MSTORE": 0x52, "SLOAD": 0x54, "SSTORE": 0x55, "JUMP": 0x56,
    "JUMPI": 0x57, "MSIZE": 0x59, "GAS": 0x5A, "TLOAD": 0x5C, "TSTORE": 0x5D, "MCOPY": 0x5E,
    "PUSH0": 0x5F, "DUP1": 0x80, "DUP2": 0x81, "DUP3": 0x82, "SWAP1": 0x90, "SWAP2": 0x91,
    "LOG0": 0xA0, "LOG1": 0xA1, "LOG2": 0xA2, "LOG3": 0xA3, "LOG4": 0xA4,
    "CREATE": 0xF0, "CALL": 0xF1, "CALLCODE": 0xF2, "RETURN": 0xF3, "DELEGATECALL": 0xF4,
    "CREATE2": 0xF5, "STATICCALL": 0xFA, "REVERT": 0xFD, "INVALID": 0xFE, "SELFDESTRUCT": 0xFF,
}  # fmt: skip

PUSH1, PUSH2, JUMPDEST = 0x60, 0x61, 0x5B


def assemble(text: str) -> bytes:
    """Bytecode of a program."""
    code, targets, references = bytearray(), dict[str, int](), dict[int, str]()
    for word in text.split():
        if word.endswith(":"):
            targets[word[:-1]] = len(code)
            code.append(JUMPDEST)
        elif word.startswith("@"):
            references[len(code) + 1] = word[1:]
            code += bytes([PUSH2, 0, 0])
        elif word in OPCODES:
            code.append(OPCODES[word])
        else:
            number = int(word, 0)
            size = max(1, (number.bit_length() + 7) // 8)
            code += bytes([PUSH1 + size - 1]) + number.to_bytes(size, "big")
    for position, name in references.items():
        code[position : position + 2] = targets[name].to_bytes(2, "big")
    return bytes(code)


def initcode(runtime: bytes, prelude: str = "") -> bytes:
    """Initcode that runs a prelude and returns a runtime."""
    head = assemble(prelude)
    tail_size = len(_copy(0, len(runtime)))
    return head + _copy(len(head) + tail_size, len(runtime)) + runtime


def _copy(offset: int, size: int) -> bytes:
    # PUSH2 everywhere, so that the length does not depend on the numbers.
    return (
        bytes([PUSH2]) + size.to_bytes(2, "big") + bytes([PUSH2]) + offset.to_bytes(2, "big")
        + bytes([PUSH1, 0, OPCODES["CODECOPY"], PUSH2]) + size.to_bytes(2, "big")
        + bytes([PUSH1, 0, OPCODES["RETURN"]])
    )  # fmt: skip


def word(number: int) -> bytes:
    """A 32-byte argument."""
    return (number % (1 << 256)).to_bytes(32, "big")
