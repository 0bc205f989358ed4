"""Takers of one block share what the maker's quotes have left."""

from agents.book import Book
from simulator.agent import Fill, Outcome, Quote

WAD = 10**18
MAKER = 9


def book_with(bid: int, ask: int) -> Book:
    book = Book(MAKER, 1)
    book.open_with([Quote(MAKER, 0, 99 * WAD, bid * WAD, 101 * WAD, ask * WAD)])
    return book


def test_two_takers_never_count_on_the_same_size() -> None:
    book = book_with(bid=5, ask=5)
    first = book.take(1, 0, 4.0, 100 * WAD, 20_000)
    second = book.take(2, 0, 4.0, 100 * WAD, 20_000)
    assert first is not None and first.size == 4 * WAD
    assert second is not None and second.size == 1 * WAD
    assert book.take(3, 0, 1.0, 100 * WAD, 20_000) is None


def test_buyers_and_sellers_draw_on_different_sides() -> None:
    book = book_with(bid=2, ask=0)
    assert book.take(1, 0, 1.0, 100 * WAD, 20_000) is None
    sale = book.take(1, 0, -1.0, 100 * WAD, 20_000)
    assert sale is not None and sale.size == -WAD


def test_the_limit_price_lies_on_the_takers_side_of_the_mark() -> None:
    book = book_with(bid=5, ask=5)
    buy, sell = book.take(1, 0, 1.0, 100 * WAD, 20_000), book.take(1, 0, -1.0, 100 * WAD, 20_000)
    assert buy is not None and buy.limit_price == 102 * WAD
    assert sell is not None and sell.limit_price == 98 * WAD


def test_a_reverted_fill_gives_its_size_back() -> None:
    book = book_with(bid=5, ask=5)
    fill = book.take(1, 0, 4.0, 100 * WAD, 20_000)
    assert fill is not None
    book.learn(Outcome([fill], bytes([0])))
    assert book.ask_left == [5 * WAD]
    book.learn(Outcome([fill], bytes([1])))
    assert book.ask_left == [1 * WAD]


def test_a_new_quote_replaces_what_was_left_before_it() -> None:
    book = book_with(bid=5, ask=5)
    quote = Quote(MAKER, 0, 98 * WAD, 7 * WAD, 102 * WAD, 8 * WAD)
    book.learn(Outcome([Fill(1, MAKER, 0, WAD, 0), quote], bytes([1, 1])))
    assert (book.bid_left, book.ask_left) == ([7 * WAD], [8 * WAD])


def test_sizes_are_whole_lots_and_rounded_toward_zero() -> None:
    fill = book_with(bid=5, ask=5).take(1, 0, 0.1234567891, 100 * WAD, 0)
    assert fill is not None and fill.size == 123_456 * 10**12
