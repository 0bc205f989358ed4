"""Inputs that precompiled contracts accept, by address and the fork from which they exist."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import blake2b, sha256
from typing import Any

from eth_keys.datatypes import PrivateKey
from py_ecc import optimized_bls12_381, optimized_bn128

from tests.differential.assembler import word

# The package says of neither curve which names it means to export.
bls: Any = optimized_bls12_381
bn: Any = optimized_bn128

FORKS = ("london", "paris", "shanghai", "cancun", "prague", "osaka")


@dataclass(frozen=True, slots=True)
class Vector:
    """answer: what it returns by its standard, None where only equality is tested.

    is_slow: seconds in pure Python; is_dear: loads a set-up that takes seconds in every engine.
    """

    name: str
    address: int
    data: bytes
    since: str = "london"
    answer: bytes | None = None

    @property
    def is_slow(self) -> bool:
        return "pairing" in self.name or self.is_dear

    @property
    def is_dear(self) -> bool:
        return self.name == "kzg"


def known_in(fork: str) -> list[Vector]:
    """The vectors whose precompiled contracts a fork has."""
    return [v for v in vectors() if FORKS.index(v.since) <= FORKS.index(fork)]


@cache
def vectors() -> tuple[Vector, ...]:
    return (*_frontier(), *_byzantium(), _blake(), *_bls(), _kzg(), _p256())


def _frontier() -> list[Vector]:
    key = PrivateKey(word(0x1234))
    digest = sha256(b"signed").digest()
    signature = key.sign_msg_hash(digest)
    recover = digest + word(27 + signature.v) + word(signature.r) + word(signature.s)
    signer = bytes(12) + key.public_key.to_canonical_address()
    return [
        Vector("ecrecover", 1, recover, answer=signer),
        Vector("ecrecover of a wrong v", 1, recover[:32] + word(29) + recover[64:], answer=b""),
        Vector("sha256", 2, b"abc" * 40, answer=sha256(b"abc" * 40).digest()),
        Vector("ripemd160", 3, b"", answer=bytes(12) + bytes.fromhex(
            "9c1185a5c5e9fc54612808977ee8f548b2258d31")),
        Vector("identity", 4, bytes(range(77)), answer=bytes(range(77))),
    ]  # fmt: skip


def _byzantium() -> list[Vector]:
    generator = word(1) + word(2)
    tripled = b"".join(map(word, _affine(bn.normalize(bn.multiply(bn.G1, 3)))))
    minus = word(1) + word(bn.field_modulus - 2)
    other = b"".join(word(c) for c in _bn_g2())
    big = word(40) + word(33) + word(48) + b"\xab" * 40 + b"\xcd" * 33 + b"\xef" * 48
    power = pow(int(b"\xab".hex() * 40, 16), int(b"\xcd".hex() * 33, 16), int("ef" * 48, 16))
    return [
        Vector("modexp", 5, word(1) + word(1) + word(2) + b"\x03\x05\x00\x64",
               answer=(3**5 % 100).to_bytes(2, "big")),
        Vector("modexp of large numbers", 5, big, answer=power.to_bytes(48, "big")),
        Vector("modexp without a modulus", 5, word(1) + word(1) + word(0) + b"\x03\x05",
               answer=b""),
        Vector("bn254 add", 6, generator * 2,
               answer=b"".join(map(word, _affine(bn.normalize(bn.double(bn.G1)))))),
        Vector("bn254 multiply", 7, generator + word(3), answer=tripled),
        Vector("bn254 off the curve", 7, word(1) + word(3) + word(3), answer=b""),
        Vector("bn254 pairing", 8, generator + other + minus + other, answer=word(1)),
        Vector("bn254 pairing that fails", 8, generator + other, answer=word(0)),
    ]  # fmt: skip


def _affine(point: tuple[object, object]) -> list[int]:
    return [int(str(coordinate)) for coordinate in point]


def _bn_g2() -> list[int]:
    (x0, x1), (y0, y1) = (c.coeffs for c in bn.normalize(bn.G2))
    return [int(x1), int(x0), int(y1), int(y0)]


def _blake() -> Vector:
    # Vector 5 of EIP-152: BLAKE2b of "abc".
    state = (
        "48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
        "d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b"
    )
    data = (
        (12).to_bytes(4, "big") + bytes.fromhex(state) + b"abc".ljust(128, b"\0")
        + (3).to_bytes(8, "little") + bytes(8) + b"\x01"
    )  # fmt: skip
    return Vector("blake2f", 9, data, answer=blake2b(b"abc").digest())


def _bls_word(number: object) -> bytes:
    return int(str(number)).to_bytes(64, "big")


def _bls_g1(point: object) -> bytes:
    x, y = bls.normalize(point)
    return _bls_word(x) + _bls_word(y)


def _bls_g2(point: object) -> bytes:
    x, y = bls.normalize(point)
    return b"".join(_bls_word(part) for part in (*x.coeffs, *y.coeffs))


def _bls() -> list[Vector]:
    g1, g2 = _bls_g1(bls.G1), _bls_g2(bls.G2)
    tripled = _bls_g1(bls.multiply(bls.G1, 3))
    pairing = g1 + g2 + _bls_g1(bls.neg(bls.G1)) + g2
    cases = [
        ("g1 add", 11, g1 + g1, _bls_g1(bls.double(bls.G1))),
        ("g1 multi-scalar", 12, g1 + word(1) + g1 + word(2), tripled),
        ("g2 add", 13, g2 + g2, _bls_g2(bls.double(bls.G2))),
        ("g2 multi-scalar", 14, g2 + word(3), _bls_g2(bls.multiply(bls.G2, 3))),
        ("pairing", 15, pairing, word(1)),
        ("map to g1", 16, _bls_word(7), None),
        ("map to g2", 17, _bls_word(7) + _bls_word(11), None),
        ("g1 add off the curve", 11, g1 + _bls_word(1) + _bls_word(1), b""),
    ]
    return [
        Vector(f"bls12-381 {name}", address, data, "prague", answer)
        for name, address, data, answer in cases
    ]


def _kzg() -> Vector:
    # The constant polynomial 1: its commitment is the generator, the proof is infinity.
    x, _ = bls.normalize(bls.G1)
    commitment = bytearray(int(str(x)).to_bytes(48, "big"))
    commitment[0] |= 0x80
    versioned = b"\x01" + sha256(commitment).digest()[1:]
    data = versioned + word(5) + word(1) + bytes(commitment) + b"\xc0" + bytes(47)
    return Vector("kzg", 10, data, "cancun", word(4096) + word(bls.curve_order))


def _p256() -> Vector:
    # RFC 6979 A.2.5: P-256, SHA-256, the message "sample".
    parts = [
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
        "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
        "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
    ]
    data = sha256(b"sample").digest() + bytes.fromhex("".join(parts))
    return Vector("p256 verify", 0x100, data, "osaka", word(1))
