"""Versions and pragmas of Solidity."""

from __future__ import annotations

import pytest

from simulator.chain.artifacts.versions import (
    parse_version,
    pragmas_of,
    satisfies,
    without_comments,
)


@pytest.mark.parametrize(
    ("pragma", "inside", "outside"),
    [
        ("^0.8.0", "0.8.0 0.8.37", "0.7.6 0.9.0"),
        ("^0.4.24", "0.4.24 0.4.26", "0.4.23 0.5.0"),
        ("^0.0.3", "0.0.3", "0.0.4 0.0.2"),
        ("~0.8.2", "0.8.2 0.8.30", "0.8.1 0.9.0"),
        (">=0.7.0 <0.9.0", "0.7.0 0.8.37", "0.6.12 0.9.0"),
        (">0.7.0 <=0.8.1", "0.7.1 0.8.1", "0.7.0 0.8.2"),
        ("0.8.19", "0.8.19", "0.8.18 0.8.20"),
        ("=0.8.19", "0.8.19", "0.8.20"),
        ("0.8", "0.8.0 0.8.9", "0.7.9 0.9.0"),
        ("0.8.x", "0.8.0 0.8.9", "0.9.0"),
        ("*", "0.4.0 0.8.9", ""),
        ("0.8.1 || 0.8.3", "0.8.1 0.8.3", "0.8.2"),
        ("0.7.0 - 0.8.4", "0.7.0 0.8.4", "0.8.5"),
        ("^0.5.0 || ^0.8.1", "0.5.17 0.8.1", "0.6.0 0.8.0"),
    ],
)
def test_a_pragma_lets_in_what_it_says(pragma: str, inside: str, outside: str) -> None:
    for text in inside.split():
        version = parse_version(text)
        assert version is not None and satisfies(version, pragma), text
    for text in outside.split():
        version = parse_version(text)
        assert version is not None and not satisfies(version, pragma), text


def test_pragmas_are_read_outside_of_comments() -> None:
    sources = [
        "// pragma solidity 0.4.0;\npragma solidity ^0.8.0;",
        "/* pragma solidity 0.4.1; */ pragma solidity\n >=0.8.1\n <0.9.0 ;",
        'string constant A = "// no comment"; pragma abicoder v2;',
    ]
    assert pragmas_of(sources) == ["^0.8.0", ">=0.8.1\n <0.9.0"]
    assert '"// no comment"' in without_comments(sources[2])


def test_a_text_without_a_version_has_none() -> None:
    assert parse_version("solc, the compiler") is None
    assert parse_version("Version: 0.8.37+commit.f401782d") == (0, 8, 37)
