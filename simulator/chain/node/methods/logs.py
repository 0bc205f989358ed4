"""Logs and filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from simulator.chain.node import wire
from simulator.chain.node.faults import RESOURCE_NOT_FOUND, RpcError, invalid
from simulator.chain.node.filters import Filter, LogQuery, find_logs
from simulator.chain.node.methods.declared import Method, Parameter
from simulator.chain.node.node import Node
from simulator.chain.node.views import Json, log_json
from simulator.chain.node.wire import hex_data

Fields = Mapping[str, object]

MOST_TOPICS: Final = 4
_FIELDS: Final = ("address", "topics", "fromBlock", "toBlock", "blockHash")


def _query(given: Fields) -> LogQuery:
    wire.only_fields("filter", given, _FIELDS)
    return LogQuery(
        frozenset(_one_or_many("filter.address", given.get("address"), wire.address)),
        _topics("filter.topics", given.get("topics")),
    )


def _one_or_many(name: str, value: object, read: Any) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, (list, tuple)):
        return wire.list_of(read)(name, value)
    return [read(name, value)]


def _topics(name: str, value: object) -> tuple[frozenset[bytes] | None, ...]:
    positions = wire.list_of(wire.anything)(name, value or [])
    if len(positions) > MOST_TOPICS:
        raise invalid(name, f"{len(positions)} topics", f"at most {MOST_TOPICS}")
    return tuple(_position(f"{name}[{i}]", item) for i, item in enumerate(positions))


def _position(name: str, value: object) -> frozenset[bytes] | None:
    """The topics allowed at one position; None (also within a list, or an empty one) for any."""
    if value is None or (isinstance(value, (list, tuple)) and (not value or None in value)):
        return None
    return frozenset(_one_or_many(name, value, wire.hash_))


def _range(node: Node, given: Fields) -> tuple[int | None, int | None]:
    """First and last block, None for the latest. RpcError for a hash together with bounds, or an
    unknown hash."""
    if given.get("blockHash") is not None:
        if given.get("fromBlock") is not None or given.get("toBlock") is not None:
            raise invalid("filter.blockHash", given["blockHash"], "excludes fromBlock and toBlock")
        block = node.ledger.block_of_hash(wire.hash_("filter.blockHash", given["blockHash"]))
        if block is None:
            raise RpcError(RESOURCE_NOT_FOUND, "unknown block")
        return block.number, block.number
    return _bound(node, given, "fromBlock"), _bound(node, given, "toBlock")


def _bound(node: Node, given: Fields, field: str) -> int | None:
    if given.get(field) is None:
        return None
    reference = wire.block(f"filter.{field}", given[field])
    if reference.hash is not None:
        raise invalid(f"filter.{field}", given[field], "must be a number or a tag")
    return node.ledger.first.number if reference.tag == "earliest" else reference.number


def _find(node: Node, query: LogQuery, first: int | None, last: int | None) -> list[Json]:
    head = node.ledger.head.number
    begin, end = head if first is None else first, head if last is None else last
    return [log_json(*found) for found in find_logs(node.ledger, query, begin, end)]


def logs(node: Node, given: Fields) -> list[Json]:
    return _find(node, _query(given), *_range(node, given))


def new_filter(node: Node, given: Fields) -> str:
    """Of the logs of blocks to come; getFilterLogs also tells those of blocks that are there."""
    query, (first, last) = _query(given), _range(node, given)
    upcoming = max(first or 0, node.ledger.head.number + 1)
    return hex(node.filters.add(Filter("logs", upcoming, query, first, last)))


def new_block_filter(node: Node) -> str:
    return hex(node.filters.add(Filter("blocks", node.ledger.head.number + 1)))


def new_pending_filter(node: Node) -> str:
    return hex(node.filters.add(Filter("transactions", len(node.filters.announced))))


def changes(node: Node, identifier: int) -> list[Any]:
    """What is new since the last time it was asked."""
    known = node.filters.get(identifier)
    begin, head = known.next, node.ledger.head.number
    if known.kind == "transactions":
        known.next = len(node.filters.announced)
        return list(map(hex_data, node.filters.announced[begin:]))
    known.next = max(begin, head + 1)
    if known.kind == "blocks":
        return [hex_data(block.hash) for block in node.ledger.from_number(begin)]
    return _find(node, known.query, begin, known.last)


def all_logs(node: Node, identifier: int) -> list[Json]:
    """All logs of a log filter's range."""
    known = node.filters.get(identifier)
    if known.kind != "logs":
        raise invalid("filter id", hex(identifier), "is no filter of logs")
    return _find(node, known.query, known.first, known.last)


def uninstall(node: Node, identifier: int) -> bool:
    return node.filters.remove(identifier)


_FILTER: Final = Parameter("filter", wire.mapping)
_IDENTIFIER: Final = Parameter("filter id", wire.quantity)

METHODS: Final = {
    "eth_getLogs": Method(logs, (_FILTER,)),
    "eth_newFilter": Method(new_filter, (_FILTER,)),
    "eth_newBlockFilter": Method(new_block_filter),
    "eth_newPendingTransactionFilter": Method(new_pending_filter),
    "eth_getFilterChanges": Method(changes, (_IDENTIFIER,)),
    "eth_getFilterLogs": Method(all_logs, (_IDENTIFIER,)),
    "eth_uninstallFilter": Method(uninstall, (_IDENTIFIER,)),
}
