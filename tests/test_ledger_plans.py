"""What a plan leaves in the ledger: queues, nonces, and rows that hold what is wanted of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bots.errors import Busy
from bots.ledger import Change, Delivery, SectionRow, Task
from bots.ledger.recording import nonce
from bots.ledger.rows import NOTED
from bots.model import Message, State
from tests.book import NOW, SECTION, WHY, Book, book_at, issue_row

PLAIN = Message("a", 1, "send", {"text": "x"}, "x", after=("pin",))
BETTER = Message("a", 1, "photo", {"text": "better"}, "better", after=("pin",))


@pytest.fixture
def book(where: str) -> Iterator[Book]:
    with book_at(where) as made:
        yield made


def test_each_destination_counts_its_own_queue_over_all_issues(book: Book) -> None:
    rows = [book.queued(*one) for one in (("news", "one"), ("talk", "one"), ("news", "two"), ("news", "one"))]
    assert [row.seq for row in rows] == [1, 1, 2, 3]


def test_a_new_row_has_no_past(book: Book) -> None:
    row = book.queued(message=PLAIN)
    assert row == Delivery(
        row.id, "news", "one", "a", 1, 1, State.PENDING, Task.SEND, PLAIN, "words", row.nonce, 0, NOW
    )


def test_what_is_only_noted_is_never_sent(book: Book) -> None:
    row = book.noted()
    assert (row.state, row.task, row.error_code, row.error) == (State.DELETED, Task.NONE, NOTED, "")
    assert (row.payload.text, row.source, row.todo, row.ids) == ("x", "words", (), ())
    with pytest.raises(Busy, match="is deleted, not pending"):
        book.tried(row, Task.SEND)
    with pytest.raises(Busy, match="is deleted, not pending"):
        book.tried(row, Task.EDIT)


KEYS = [
    # ledger, destination, issue, section, part
    ("ledger", "news", "one", "a", "1"),
    ("other", "news", "one", "a", "1"),
    ("ledger", "talk", "one", "a", "1"),
    ("ledger", "news", "two", "a", "1"),
    ("ledger", "news", "one", "b", "1"),
    ("ledger", "news", "one", "a", "2"),
    ("ledger", "news", "one", "a1", ""),
]


def test_a_nonce_names_one_delivery_of_one_ledger(book: Book) -> None:
    made = [nonce(*key) for key in KEYS]
    assert len(set(made)) == len(KEYS)
    assert made == [nonce(*key) for key in KEYS]
    assert {len(one) for one in made} == {25}
    assert all(one.isalnum() and one.islower() for one in made)
    assert book.queued().nonce == nonce(book.ledger.instance, "news", "one", "a", "1")


def test_a_plan_changes_what_it_names_and_clears_old_errors(book: Book) -> None:
    other, row = book.queued(), book.queued()
    failed = book.ledger.fail(book.tried(row, Task.SEND), WHY)
    book.later()
    again = book.planned(failed, Task.SEND, BETTER, "new words")
    assert again == replace(
        failed, state=State.PENDING, payload=BETTER, source="new words", error_code="", error="", updated_at=book.now
    )
    assert book.ledger.delivery(other.id) == other


def test_a_message_to_be_taken_back_stays_what_it_is_until_then(book: Book) -> None:
    row = book.sent("7", message=PLAIN)
    book.later()
    due = book.planned(row, Task.DELETE, BETTER, "new words")
    assert due == replace(row, state=State.PENDING, task=Task.DELETE, updated_at=book.now)


@pytest.mark.parametrize(("left", "todo"), [(None, ("pin", "sing")), ((), ()), (("sing",), ("sing",))])
def test_a_correction_that_is_not_wanted_any_more_leaves_the_message_as_it_is(
    book: Book, left: tuple[str, ...] | None, todo: tuple[str, ...]
) -> None:
    row = book.planned(book.sent("7", message=replace(PLAIN, after=("pin", "sing"))), Task.EDIT, BETTER)
    change = Change("news", "a", 1, Task.NONE, row.payload, "new words", row, left)
    book.recorded("one", change)
    found = book.row(change)
    assert (found.task, found.target, found.target_source) == (Task.NONE, None, "")
    assert (found.state, found.source, found.payload, found.todo) == (State.SENT, "new words", row.payload, todo)


def test_a_section_is_refreshed_in_its_own_issue_and_one_that_left_keeps_its_row(book: Book) -> None:
    book.ledger.record(issue_row("one"), [SECTION, replace(SECTION, id="b", position=2)], ())
    book.ledger.record(issue_row("two"), [SECTION], ())
    changed = SectionRow("a", "New", ("Top", "New"), 3, "new digest", "new opening")
    added = replace(SECTION, id="c", position=4)
    book.ledger.record(replace(issue_row("one"), revision=1), [changed, added], ())
    assert book.ledger.past("one").sections == (replace(SECTION, id="b", position=2), changed, added)
    assert book.ledger.past("two").sections == (SECTION,)


@pytest.mark.parametrize("revision", [0, 2])
def test_a_plan_made_from_another_revision_is_refused(book: Book, revision: int) -> None:
    book.recorded("one")
    book.recorded("two")
    with pytest.raises(Busy, match="Issue 'one' was planned by another command"):
        book.ledger.record(replace(issue_row("one"), revision=revision, title="New"), (), ())
    assert [one.revision for one in book.ledger.issues()] == [1, 1]
    assert [one.title for one in book.ledger.issues()] == ["Title of one", "Title of two"]
    book.ledger.record(replace(issue_row("one"), revision=1, title="New"), (), ())
    assert [one.revision for one in book.ledger.issues()] == [2, 1]
    assert [one.title for one in book.ledger.issues()] == ["New", "Title of two"]
