"""What is known about addresses: labels, contracts with their ABIs, errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from simulator.chain.abi.signatures import Entry, Function, functions_of
from simulator.chain.abi.values import call_text, unknown_error
from simulator.chain.reverts import ERROR_SELECTOR, PANIC_SELECTOR, revert_reason
from simulator.errors import InputError
from simulator.types import Address

_BY_LANGUAGE = (ERROR_SELECTOR, PANIC_SELECTOR)

Selectors = Mapping[bytes, Function]


class Names:
    """Contracts and people by their address.

    contracts: 20 raw bytes -> name and ABI; people: 20 raw bytes -> name; libraries: further ABIs,
    whose functions and errors may come from any address. With `guess`, a selector that the ABI of
    its own address does not have is looked up in all of them, which also tells calls of proxies; if
    two of them read it differently it stays unknown.
    """

    def __init__(
        self,
        contracts: Mapping[Address, tuple[str, Iterable[Entry]]] | None = None,
        *,
        people: Mapping[Address, str] | None = None,
        libraries: Iterable[Iterable[Entry]] = (),
        guess: bool = True,
    ) -> None:
        contracts = contracts or {}
        for address in [*contracts, *(people or {})]:
            if not isinstance(address, bytes) or len(address) != 20:
                raise InputError("names", address, "an address is 20 raw bytes")
        abis = {address: list(abi) for address, (_, abi) in contracts.items()}
        self._labels = dict(people or {}) | {at: name for at, (name, _) in contracts.items()}
        self._functions = {at: _by_selector(abi, "function") for at, abi in abis.items()}
        self._errors = {at: _by_selector(abi, "error") for at, abi in abis.items()}
        everything = [*abis.values(), *map(list, libraries)] if guess else []
        self._all_functions = _agreed(everything, "function")
        self._all_errors = _agreed(everything, "error")

    def label(self, address: Address) -> str:
        """The name of an address, or its hex text."""
        return self._labels.get(address, "0x" + address.hex())

    def label_of_text(self, address: str) -> str:
        """The same for an address as 0x text."""
        return self.label(bytes.fromhex(address[2:]))

    def function(self, address: Address, data: bytes) -> Function | None:
        """The function that calldata to an address calls, if it is known."""
        return self._find(self._functions, self._all_functions, address, data)

    def error(self, address: Address, data: bytes) -> Function | None:
        """The custom error that revert data of an address is, if it is known."""
        return self._find(self._errors, self._all_errors, address, data)

    def reason(self, address: Address, data: bytes) -> str:
        """Revert data of an address in words."""
        if len(data) < 4 or data[:4] in _BY_LANGUAGE:
            return revert_reason(data)
        error = self.error(address, data)
        return call_text(error, data, self.label_of_text) if error else unknown_error(data)

    @staticmethod
    def _find(
        known: Mapping[Address, Selectors], everywhere: Selectors, address: Address, data: bytes
    ) -> Function | None:
        if len(data) < 4:
            return None
        return known.get(address, {}).get(data[:4]) or everywhere.get(data[:4])


def _by_selector(abi: Iterable[Mapping[str, Any]], kind: str) -> dict[bytes, Function]:
    return {function.selector: function for function in functions_of(abi, kind)}


def _agreed(abis: Iterable[Iterable[Entry]], kind: str) -> Selectors:
    """Selector -> function, where all ABIs that have the selector give it the same signature."""
    found: dict[bytes, Function] = {}
    disputed = set()
    for abi in abis:
        for function in functions_of(abi, kind):
            other = found.setdefault(function.selector, function)
            if other.signature != function.signature:
                disputed.add(function.selector)
    return {at: function for at, function in found.items() if at not in disputed}
