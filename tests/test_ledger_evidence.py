"""What the ledger knows of a chat that a message may be in, and of messages nobody knows the fate of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from bots.errors import LedgerError
from bots.ledger import Delivery, Ledger, Task, Trouble
from bots.ledger.memory import WITNESSED
from bots.ledger.rows import AUTHOR, PASSED_OVER, SENT_AGAIN
from bots.model import Receipt, State
from bots.platforms.base import Sighting
from tests.book import WHY, Book, book_at


@pytest.fixture
def book(where: str) -> Iterator[Book]:
    with book_at(where) as made:
        yield made


ABOVE = [(None, {"9", "10", "11"}), ("9", {"10", "11"}), ("10", {"11"}), ("100", set())]


@pytest.mark.parametrize(("above", "known"), ABOVE)
def test_the_known_ids_above_one(book: Book, above: str | None, known: set[str]) -> None:
    book.sent("9")
    book.sent("10", "11")
    assert book.ledger.known_ids("news", above) == known


def test_ids_of_other_destinations_count_where_they_share_the_chat(book: Book) -> None:
    book.sent("9")
    book.sent("10", destination="talk")
    book.sent("11", destination="elsewhere", chat="-6")
    assert book.ledger.known_ids("news", None) == {"9", "10"}


def test_a_chat_that_counts_anew_begins_without_a_highest_id(book: Book) -> None:
    book.sent("5000", chat="-5")
    assert book.begun(chat="-5").after == "5000"
    assert book.begun(chat="-1005").after is None


STRAYS: list[tuple[str, Callable[[Ledger, Delivery], object], bool]] = [
    ("was confirmed", lambda ledger, row: ledger.confirm(row, Receipt(("9",))), False),
    ("is in doubt", lambda ledger, row: ledger.doubt(row, WHY), True),
    ("was cut off", lambda ledger, row: None, True),
    ("was passed over", lambda ledger, row: ledger.pass_over(row, "unknown"), True),
    ("is to be sent again", lambda ledger, row: ledger.release(row, Trouble(SENT_AGAIN, "")), True),
    ("was not seen by the author", lambda ledger, row: ledger.release(row, Trouble(AUTHOR, "")), True),
    ("did not get through", lambda ledger, row: ledger.release(row, WHY), False),
    ("was refused", lambda ledger, row: ledger.fail(row, WHY), False),
]


@pytest.mark.parametrize(("happens", "stray"), [row[1:] for row in STRAYS], ids=[row[0] for row in STRAYS])
def test_another_send_that_may_have_left_a_message(
    book: Book, happens: Callable[[Ledger, Delivery], object], stray: bool
) -> None:
    happens(book.ledger, book.begun())
    row = book.begun()
    assert book.ledger.strays(row) is stray
    book.ledger.confirm(row, Receipt(("12",)))
    assert not book.ledger.strays(book.begun()), "what was tried before a confirmed message lies below it"


def test_a_destination_is_not_troubled_by_another_one(book: Book) -> None:
    book.begun("elsewhere", "-6")
    assert not book.ledger.strays(book.begun())


def test_sightings_by_chat_and_id(book: Book) -> None:
    for number in ("9", "10", "11"):
        book.ledger.sight("telegram", "-100", number, {"text": number})
    book.ledger.sight("telegram", "-200", "12", {})
    book.ledger.sight("telegram", "@News", "13", {})
    assert [one.message_id for one in book.ledger.sightings("telegram", "-100", None)] == ["9", "10", "11"]
    assert book.ledger.sightings("telegram", "-100", "10") == (Sighting("11", {"text": "11"}),)
    assert [one.message_id for one in book.ledger.sightings("telegram", "@NEWS", None)] == ["13"]
    assert book.ledger.sightings("discord", "-100", None) == ()


def test_a_sighting_is_replaced_by_a_newer_one_and_forgotten_after_a_week(book: Book) -> None:
    book.ledger.sight("telegram", "-100", "9", {"text": "old"})
    book.ledger.sight("telegram", "-100", "9", {"text": "corrected \ud83d"})
    assert book.ledger.sightings("telegram", "-100", None) == (Sighting("9", {"text": "corrected \ud83d"}),)
    book.now += WITNESSED + timedelta(seconds=1)
    book.ledger.sight("telegram", "-100", "10", {})
    assert [one.message_id for one in book.ledger.sightings("telegram", "-100", None)] == ["10"]


def test_what_is_passed_over_is_named_and_can_be_asked_about_again(book: Book) -> None:
    row = book.ledger.pass_over(book.ledger.doubt(book.begun(), WHY), "Nobody knows.")
    assert (row.state, row.task, row.ids, row.error_code) == (State.SENT, Task.NONE, (), PASSED_OVER)
    assert (row.passed_over, row.out_there, row.unsettled) == (True, False, False)
    assert book.ledger.unfinished() == (row,)
    assert book.ledger.unsettled("news") == ()
    again = book.ledger.reopen(row)
    assert again.unsettled
    assert book.ledger.confirm(again, Receipt(("9",))).out_there
    assert book.ledger.unfinished() == ()


def test_only_what_is_in_doubt_can_be_passed_over_and_only_that_be_reopened(book: Book) -> None:
    sent = book.sent("9")
    with pytest.raises(LedgerError, match="only what is in doubt"):
        book.ledger.pass_over(sent, "")
    with pytest.raises(LedgerError, match="not passed over"):
        book.ledger.reopen(sent)
