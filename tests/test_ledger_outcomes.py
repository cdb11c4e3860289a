"""What a row holds after each thing that can happen to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from bots.errors import Busy, LedgerError
from bots.ledger import Adoption, Change, Delivery, Intent, Task, Trouble
from bots.ledger.codec import fingerprint
from bots.ledger.engine import reading
from bots.ledger.rows import LEFT_OVER, OUT_OF_REACH, PASSED_OVER
from bots.ledger.tables import deliveries, messages
from bots.model import Message, Receipt, Slot, State
from tests.book import ME, SECTION, WHY, Book, book_at, issue_row

PLAIN = Message("a", 1, "send", {"text": "x"}, "x", after=("pin",))
BETTER = Message("a", 1, "photo", {"text": "better"}, "better", after=("pin",))
STRUCK = Message("a", 1, "send", {"text": "~x~"}, "~x~")
CONTENTS = Message("a", 1, "send", {"text": "B"}, "B", slots=(Slot("b", 0, 1),))
THERE = {"b": "to/9"}
REPEATED = [Task.EDIT, Task.LINK, Task.DELETE, Task.FINISH]
"""What may be done twice."""


@pytest.fixture
def book(where: str) -> Iterator[Book]:
    with book_at(where) as made:
        yield made


def settled(row: Delivery) -> bool:
    """Nothing is left to do with it, and nothing is left over from what was done."""
    return (row.task, row.target, row.target_source, row.target_links) == (Task.NONE, None, "", None)


# Carried out


def test_an_issue_is_dated_by_its_first_message_and_no_other_issue_is(book: Book) -> None:
    book.queued(issue="two")
    assert [one.first_published_at for one in book.ledger.issues() if one.id == "two"] == [None]
    book.later()
    book.sent("7")
    book.later()
    book.sent("8")
    dates = {one.id: one.first_published_at for one in book.ledger.issues()}
    assert dates == {"one": book.ledger.deliveries("one", "news")[0].updated_at, "two": None}


@pytest.mark.parametrize("task", REPEATED)
def test_only_a_send_dates_an_issue(book: Book, task: Task) -> None:
    row = book.planned(book.ledger.pass_over(book.begun(), "Nobody knows."), Task.EDIT)
    book.ledger.confirm(book.tried(row, task), Receipt(()))
    assert [one.first_published_at for one in book.ledger.issues()] == [None]


def test_a_send_is_confirmed_with_where_it_went_and_what_comes_after(book: Book) -> None:
    row = book.begun(within="99", message=PLAIN)
    book.later()
    sent = book.ledger.confirm(row, Receipt(("7", "8"), "to/7"))
    assert settled(sent)
    assert sent == replace(
        row, state=State.SENT, task=Task.NONE, ids=("7", "8"), url="to/7", todo=("pin",), updated_at=book.now
    )
    assert (sent.chat, sent.within, sent.links) == ("-5", "99", None)


@pytest.mark.parametrize("end", ["release", "doubt"])
def test_what_succeeds_after_all_has_no_error(book: Book, end: str) -> None:
    row = getattr(book.ledger, end)(book.begun(), WHY)
    again = book.tried(row, Task.SEND) if end == "release" else row
    sent = book.ledger.confirm(again, Receipt(("7",), "to/7"))
    assert (sent.state, sent.error_code, sent.error) == (State.SENT, "", "")


def test_a_confirmed_edit_is_what_is_out_there(book: Book) -> None:
    row = book.planned(book.sent("7", "8", message=CONTENTS), Task.EDIT, BETTER, "new words")
    edited = book.ledger.confirm(book.ledger.claim(row, ME, Intent(Task.EDIT, links=THERE)), Receipt(()))
    assert settled(edited)
    assert (edited.state, edited.payload, edited.source, edited.links) == (State.SENT, BETTER, "new words", THERE)
    assert (edited.ids, edited.url, edited.todo) == (("7", "8"), "to/7", ("pin",))


ANSWERS = [
    # what the platform answered, ids and address afterwards
    (Receipt(()), ("7", "8"), "to/7"),
    (Receipt(("7", "8"), "new/7"), ("7", "8"), "new/7"),
    (Receipt(("9",), None), ("9",), "to/7"),
    (Receipt(("8", "7", "6"), "to/8"), ("8", "7", "6"), "to/8"),
]


@pytest.mark.parametrize(("answer", "ids", "url"), ANSWERS)
def test_an_edit_may_give_a_message_other_ids(book: Book, answer: Receipt, ids: tuple[str, ...], url: str) -> None:
    other = book.sent("3")
    row = book.planned(book.sent("7", "8"), Task.EDIT, BETTER)
    edited = book.ledger.confirm(book.tried(row, Task.EDIT), answer)
    assert (edited.ids, edited.url) == (ids, url)
    assert book.ledger.delivery(other.id) == other


def test_linking_changes_the_links_alone(book: Book) -> None:
    row = book.sent("7", message=CONTENTS)
    linked = book.ledger.confirm(book.ledger.claim(row, ME, Intent(Task.LINK, links=THERE)), Receipt(()))
    assert settled(linked)
    assert linked == replace(row, links=THERE, attempt=2, after="7")


@pytest.mark.parametrize("task", [Task.DELETE, Task.FINISH])
def test_what_sends_nothing_gives_no_ids(book: Book, task: Task) -> None:
    row = book.sent("7", message=PLAIN)
    done = book.ledger.confirm(book.tried(row, task), Receipt(("9",), "to/9"))
    assert settled(done)
    assert (done.ids, done.url, done.todo) == (("7",), "to/7", ())
    assert done.state is (State.DELETED if task is Task.DELETE else State.SENT)


def test_an_edit_that_another_process_finished_is_not_begun_again(book: Book) -> None:
    """What was tried and put off is looked up once more before the next try."""
    edited = book.done(book.sent("7"), Task.EDIT)
    with pytest.raises(Busy, match="tried by another command in the meantime"):
        book.tried(edited, Task.EDIT)
    assert book.ledger.delivery(edited.id) == edited


def test_the_columns_for_people_agree_with_the_messages(book: Book) -> None:
    """`method`, `payload_hash` and the destination beside each id, for those who ask the database itself."""
    edit = book.planned(book.sent("7", message=PLAIN), Task.EDIT, BETTER)
    assert book.ledger.confirm(book.tried(edit, Task.EDIT), Receipt(())).payload.method == "photo"
    book.sent("8", destination="talk", message=replace(PLAIN, part=2))
    book.noted()
    book.queued(message=replace(BETTER, part=4))
    with reading(book.ledger._engine) as connection:
        rows = connection.execute(select(deliveries)).all()
        owned = connection.execute(select(messages).order_by(messages.c.message_id)).all()
    for row in rows:
        found = book.ledger.delivery(row.id)
        assert found is not None
        assert (row.method, row.payload_hash) == (found.payload.method, fingerprint(found.payload))
    assert [(row.message_id, row.destination, row.ord) for row in owned] == [("7", "news", 0), ("8", "talk", 0)]


# Not carried out


ENDS: list[tuple[str, Callable[[Book, Delivery], Delivery]]] = [
    ("is sending", lambda book, row: row),
    ("failed", lambda book, row: book.ledger.fail(row, WHY)),
    ("is in doubt", lambda book, row: book.ledger.doubt(row, WHY)),
]


@pytest.mark.parametrize("end", [row[1] for row in ENDS], ids=[row[0] for row in ENDS])
@pytest.mark.parametrize("task", REPEATED)
def test_what_does_no_harm_twice_is_tried_again_however_it_ended(
    book: Book, end: Callable[[Book, Delivery], Delivery], task: Task
) -> None:
    sent = book.sent("7")
    row = end(book, book.tried(book.planned(sent, task) if task in {Task.EDIT, Task.DELETE} else sent, task))
    assert (book.tried(row, task).attempt, book.tried(replace(row, attempt=3), task).attempt) == (3, 4)
    with pytest.raises(Busy, match="tried by another command in the meantime"):
        book.tried(row, task)


def test_a_call_that_did_not_succeed_leaves_its_task_and_says_why(book: Book) -> None:
    other, row = book.begun(), book.begun(within="99")
    book.later()
    failed = book.ledger.fail(row, Trouble("400", "Too long."))
    assert failed == replace(row, state=State.FAILED, error_code="400", error="Too long.", updated_at=book.now)
    assert book.ledger.delivery(other.id) == other


def test_what_is_passed_over_and_asked_about_again(book: Book) -> None:
    row = book.begun()
    with pytest.raises(LedgerError, match="news/one/a/1 is sending and was not passed over"):
        book.ledger.reopen(row)
    book.later()
    passed = book.ledger.pass_over(row, "Nobody knows.")
    assert settled(passed)
    assert passed == replace(
        row,
        state=State.SENT,
        task=Task.NONE,
        error_code=PASSED_OVER,
        error="Nobody knows.",
        updated_at=book.now,
    )
    book.later()
    asked = book.ledger.reopen(passed)
    assert asked == replace(passed, state=State.IN_DOUBT, task=Task.SEND, updated_at=book.now)
    sent = book.ledger.confirm(asked, Receipt(("7",)))
    with pytest.raises(LedgerError, match="is sent: only what is in doubt can be passed over"):
        book.ledger.pass_over(sent, "")


def old(book: Book, struck: Message | None = STRUCK) -> Delivery:
    """A message that should have been taken back and can't be any more."""
    row = book.planned(book.sent("7", message=PLAIN), Task.DELETE)
    return book.ledger.give_up(book.tried(row, Task.DELETE), "Too old.", struck)


def test_what_can_t_be_taken_back_is_to_be_struck_through(book: Book) -> None:
    row = old(book)
    assert (row.state, row.task, row.target, row.target_source) == (State.PENDING, Task.EDIT, STRUCK, "words")
    assert (row.left_over, row.error, row.payload, row.todo) == (True, "Too old.", PLAIN, ())
    assert settled(old(book, struck=None))


@pytest.mark.parametrize("end", ["confirm", "fail", "doubt", "release", "give_up"])
def test_what_could_not_be_taken_back_stays_so_however_striking_it_through_ends(book: Book, end: str) -> None:
    row = book.tried(old(book), Task.EDIT)
    said = {"confirm": Receipt(()), "give_up": "Not found."}.get(end, WHY)
    found = getattr(book.ledger, end)(row, said)
    assert (found.left_over, found.error_code) == (True, LEFT_OVER)
    assert found.error == {"confirm": "Too old.", "give_up": "Not found."}.get(end, WHY.text)
    assert found.payload == (STRUCK if end == "confirm" else PLAIN)


def test_an_edit_nobody_can_make_is_not_made_again(book: Book) -> None:
    row = book.tried(book.planned(book.sent("7", message=PLAIN), Task.EDIT, BETTER, "new words"), Task.EDIT)
    left = book.ledger.give_up(row, "Too old.", STRUCK)
    assert settled(left)
    assert (left.state, left.error_code, left.error, left.source) == (State.SENT, OUT_OF_REACH, "Too old.", "new words")
    assert (left.payload, left.todo, left.left_over) == (PLAIN, (), False)


def test_what_failed_in_a_destination_is_tried_again_and_nothing_else_is(book: Book) -> None:
    failed = book.ledger.fail(book.begun(), WHY)
    edit = book.ledger.fail(book.tried(book.planned(book.sent("7"), Task.EDIT, BETTER), Task.EDIT), WHY)
    others = [
        book.ledger.doubt(book.begun(), WHY),
        book.sent("8"),
        book.ledger.fail(book.begun(issue="two"), WHY),
        book.ledger.fail(book.begun("talk"), WHY),
    ]
    book.later()
    book.ledger.retry("one", "news")
    for row in (failed, edit):
        assert book.ledger.delivery(row.id) == replace(row, state=State.PENDING, updated_at=book.now)
    assert [book.ledger.delivery(row.id) for row in others] == others


# Out there already


def adopted(book: Book, message: Message, *, correct: bool, links: dict[str, str] | None = None) -> Delivery:
    change = replace(book.new(message=message), part=1)
    issue = book.ledger.issue("one")
    assert issue is not None
    found = Adoption(change, Receipt(("7", "8"), "to/7"), "-5", "99", links, correct)
    book.ledger.adopt(issue, [SECTION], [found])
    return book.row(change)


def neighbours(book: Book) -> list[Delivery]:
    """Rows that differ from the one adopted in one thing each."""
    book.ledger.record(issue_row("one"), [SECTION, replace(SECTION, id="b", position=2)], ())
    book.ledger.record(issue_row("two"), [SECTION], ())
    of_one = [
        Change("news", "a", 2, Task.SEND, PLAIN, "words"),
        Change("news", "b", 1, Task.SEND, PLAIN, "words"),
        Change("talk", "a", 1, Task.SEND, PLAIN, "words"),
    ]
    of_two = Change("news", "a", 1, Task.SEND, PLAIN, "words")
    book.recorded("one", *of_one)
    book.recorded("two", of_two)
    return [*(book.row(one) for one in of_one), book.row(of_two, "two")]


@pytest.mark.parametrize("links", [None, THERE])
def test_a_message_that_is_out_there_is_taken_for_what_was_planned(book: Book, links: dict[str, str] | None) -> None:
    others = neighbours(book)
    book.later()
    row = adopted(book, PLAIN, correct=False, links=links)
    assert settled(row)
    assert (row.state, row.payload, row.source, row.links, row.todo) == (State.SENT, PLAIN, "words", links, ())
    assert (row.ids, row.url, row.chat, row.within) == (("7", "8"), "to/7", "-5", "99")
    assert (row.attempt, row.error_code, row.updated_at) == (0, "", book.now)
    assert [book.ledger.delivery(one.id) for one in others] == others
    assert {one.id: one.first_published_at for one in book.ledger.issues()} == {"one": book.now, "two": None}


def test_a_message_that_is_out_there_is_turned_into_what_was_planned(book: Book) -> None:
    neighbours(book)
    row = adopted(book, PLAIN, correct=True, links=THERE)
    assert (row.state, row.task, row.target, row.target_source) == (State.PENDING, Task.EDIT, PLAIN, "words")
    assert (row.ids, row.todo, row.out_there) == (("7", "8"), (), True)
    assert (row.chat, row.within, row.links) == ("-5", "99", THERE)


def test_what_goes_with_a_message_found_is_recorded_with_it(book: Book) -> None:
    found = Adoption(book.new(), Receipt(("7",), "to/7"), "-5", None, None, correct=False)
    noted = book.new(task=Task.NONE)
    book.ledger.adopt(issue_row("one"), [SECTION], [found, noted])
    assert [row.out_there for row in book.ledger.deliveries("one", "news")] == [True, False]
    assert book.row(noted).noted
