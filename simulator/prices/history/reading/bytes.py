"""A file's bytes, plain or from a zip, with its checksum verified where one lies beside it."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Final

from simulator.errors import InputError

LARGEST: Final = 1 << 30
"""Bytes, packed or not: a year of one-minute bars has 60 MB."""


def read_bytes(path: Path) -> tuple[bytes, str]:
    """Contents and SHA-256 of the file as it lies there.

    Raises InputError for a missing, empty or too large file, a wrong checksum in `<file>.CHECKSUM`,
    and a zip that is damaged, packed with a password, or has not exactly one member.
    """
    if not path.is_file():
        raise InputError("FILE", str(path), "is not a file")
    size = path.stat().st_size
    if size == 0:
        raise InputError(path.name, "(empty)", "must hold rows")
    if size > LARGEST:
        raise InputError(path.name, f"{size:,} bytes", f"must have at most {LARGEST:,} bytes")
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    _check_sum(path, digest)
    return (_unpacked(path) if path.suffix.lower() == ".zip" else data), digest


def read_text(path: Path) -> tuple[str, str]:
    """The same as UTF-8 text; a byte order mark is taken away."""
    data, digest = read_bytes(path)
    try:
        return data.decode("utf-8-sig"), digest
    except UnicodeDecodeError as error:
        raise InputError(path.name, f"byte {error.start}", "is not UTF-8 text") from None


def _check_sum(path: Path, digest: str) -> None:
    beside = path.with_name(path.name + ".CHECKSUM")
    if not beside.is_file():
        return
    words = beside.read_text(encoding="utf-8", errors="replace").split()
    if not words or words[0].lower() != digest:
        given = words[0] if words else "(empty)"
        rule = f"does not match the file, whose SHA-256 is {digest}; load both anew"
        raise InputError(beside.name, given, rule)


def _unpacked(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            return _only_member(path, archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        rule = f"is damaged or cut short ({error}); load it anew"
        raise InputError(path.name, "(zip)", rule) from None


def _only_member(path: Path, archive: zipfile.ZipFile) -> bytes:
    members = [item for item in archive.infolist() if not item.is_dir()]
    if len(members) != 1:
        names = ", ".join(item.filename for item in members[:3]) or "(none)"
        raise InputError(f"{path.name} members", names, "must hold exactly one file")
    member = members[0]
    inside = PurePosixPath(member.filename.replace("\\", "/"))
    if inside.is_absolute() or ".." in inside.parts or ":" in inside.parts[0]:
        raise InputError(f"{path.name} member", member.filename, "must not leave its folder")
    if member.flag_bits & 1:
        raise InputError(f"{path.name} member", member.filename, "must not need a password")
    if member.file_size > LARGEST:
        rule = f"must have at most {LARGEST:,} bytes"
        raise InputError(f"{path.name} member", f"{member.file_size:,} bytes", rule)
    with archive.open(member) as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise InputError(f"{path.name} member", "(unpacked)", f"exceeds {LARGEST:,} bytes")
    if not data:
        raise InputError(f"{path.name} member", "(empty)", "must hold rows")
    return data
