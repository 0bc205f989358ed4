"""The layout is an interface: the mirror reads slots by it, so a change must be noticed."""

from __future__ import annotations

from simulator.chain.abi import address_word, int_at, mapping_slot, selector, uint_word
from simulator.chain.artifacts import compile_contract
from simulator.protocols.matched_perp.deployment import FEED_SOURCE, PERP_SOURCE, TOKEN_SOURCE
from simulator.protocols.matched_perp.session import Session, address_of

PERP = {
    "owner": (0, "address"),
    "adl_keeper": (1, "address"),
    "market_count": (2, "uint256"),
    "insurance": (3, "uint256"),
    "deficit": (4, "uint256"),
    "markets": (5, "Market[8]"),
    "margin": (45, "HashMap[address, int256]"),
    "held": (46, "HashMap[address, uint256]"),
    "positions": (47, "HashMap[address, Position[8]]"),
    "quotes": (48, "HashMap[address, Quote[8]]"),
    "exhausted_in": (49, "HashMap[address, uint256[8]]"),
}
FEED = {
    "owner": (0, "address"),
    "keeper": (1, "address"),
    "perp": (2, "address"),
    "market_count": (3, "uint256"),
    "index": (4, "uint256[8]"),
    "mark": (12, "uint256[8]"),
    "updated_at": (20, "uint256[8]"),
    "basis": (28, "int256[8]"),
}


def layout_of(source: str) -> dict[str, tuple[int, str]]:
    layout = compile_contract(source).storage_layout
    return {name: (variable.slot, variable.type) for name, variable in layout.items()}


def test_the_layouts_are_those_that_the_mirror_was_written_for() -> None:
    assert layout_of(PERP_SOURCE) == PERP
    assert layout_of(FEED_SOURCE) == FEED
    balances = layout_of(TOKEN_SOURCE)["balanceOf"]
    assert balances == (1, "HashMap[address, uint256]")


def read(exchange: Session, signature: str, arguments: bytes, words: int) -> list[int]:
    data = exchange.chain.call(exchange.deployment.perp, selector(signature) + arguments)
    return [int_at(data, word) for word in range(words)]


def test_members_of_a_position_lie_one_after_the_other(exchange: Session) -> None:
    trader = address_of("trader")
    first = mapping_slot(PERP["positions"][0], trader) + 3 * 5
    for member, value in enumerate((11, 12, 13)):
        exchange.chain.set_storage(exchange.deployment.perp, first + member, value)
    key = address_word(trader) + uint_word(5)
    assert read(exchange, "positions(address,uint256)", key, 3) == [11, 12, 13]


def test_members_of_a_market_lie_one_after_the_other(exchange: Session) -> None:
    first = PERP["markets"][0] + 5 * 6
    for member in range(5):
        exchange.chain.set_storage(exchange.deployment.perp, first + member, 21 + member)
    assert read(exchange, "markets(uint256)", uint_word(6), 5) == [21, 22, 23, 24, 25]
    names = [
        component["name"]
        for entry in exchange.deployment.perp_artifact.abi
        if entry.get("name") == "markets"
        for component in entry["outputs"][0]["components"]
    ]
    assert names == ["open_interest", "funding_index", "loss_long", "loss_short", "accrued_at"]
