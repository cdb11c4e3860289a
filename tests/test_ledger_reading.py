"""What commands are told of the ledger: which rows, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from bots.ledger import Delivery, Intent, Past, Pool, SectionRow, Task
from bots.ledger.engine import reading as transaction
from bots.ledger.reading import of_issue
from bots.model import Message, Receipt, Slot, State
from tests.book import ME, NOW, SECTION, WHY, Book, book_at, issue_row

READER = "~telegram:5"
"""The name of a subscriber's destination."""
BETTER = Message("a", 1, "send", {"text": "better"}, "better")
CONTENTS = Message("a", 1, "send", {"text": "B"}, "B", slots=(Slot("b", 0, 1),))


@pytest.fixture
def book(where: str) -> Iterator[Book]:
    with book_at(where) as made:
        yield made


def names(rows: tuple[Delivery, ...]) -> list[str]:
    return [row.key for row in rows]


# One row, whole


def test_a_row_is_read_with_all_that_was_kept_of_it(book: Book) -> None:
    book.sent("6")
    sent = book.sent("7", "8", message=CONTENTS)
    book.later()
    queued = book.planned(sent, Task.EDIT, BETTER, "new words")
    book.later()
    begun = book.ledger.claim(queued, ME, Intent(Task.EDIT, {"b": "to/9"}))
    book.later()
    read = book.ledger.doubt(begun, WHY)
    assert read == Delivery(
        id=sent.id,
        destination="news",
        issue="one",
        section="a",
        part=2,
        seq=2,
        state=State.IN_DOUBT,
        task=Task.EDIT,
        payload=CONTENTS,
        source="words",
        nonce=sent.nonce,
        attempt=2,
        updated_at=book.now,
        target=BETTER,
        target_source="new words",
        links={},
        target_links={"b": "to/9"},
        claimed_at=begun.claimed_at,
        after="8",
        error_code="timeout",
        error="The answer was lost.",
        ids=("7", "8"),
        url="to/7",
        chat="-5",
    )
    assert begun.claimed_at == begun.updated_at
    assert NOW < queued.updated_at < begun.updated_at < book.now
    assert book.ledger.delivery(sent.id) == read
    assert book.ledger.delivery(4711) is None


def test_an_issue_is_read_with_why_it_rests_and_when_it_was_taken_back(book: Book) -> None:
    book.sent("7")
    book.later()
    out = replace(issue_row("one"), revision=1, first_published_at=NOW)
    assert book.ledger.issue("one") == out
    gone = replace(out, title="New", path="posts/new.md", slug="new", withdrawn_at=book.now)
    book.ledger.record(gone, (), ())
    book.ledger.rulings.hold("one", "A heading is missing.")
    assert book.ledger.issue("one") == replace(gone, revision=2, hold="A heading is missing.")
    assert book.ledger.issue("two") is None


def test_a_ledger_knows_when_it_was_begun(book: Book) -> None:
    book.later()
    assert book.ledger.made_at() == NOW


# Issues


def test_issues_come_by_their_ids(book: Book) -> None:
    for name in ("b", "c", "a"):
        book.queued(issue=name)
    assert [one.id for one in book.ledger.issues()] == ["a", "b", "c"]


def sections(*ids_at: tuple[str, int]) -> list[SectionRow]:
    return [SectionRow(name, name.upper(), ("Top", name.upper()), at, f"digest {name}", "") for name, at in ids_at]


def test_sections_come_in_reading_order_and_one_that_shares_its_place_by_its_id(book: Book) -> None:
    book.ledger.record(issue_row("one"), sections(("c", 1), ("d", 0), ("b", 1), ("a", 2)), ())
    book.ledger.record(issue_row("two"), sections(("z", 0)), ())
    assert list(book.ledger.past("one").sections) == sections(("d", 0), ("b", 1), ("c", 1), ("a", 2))


def test_issues_are_recognised_by_all_their_sections(book: Book) -> None:
    book.ledger.record(issue_row("one"), sections(("a", 0), ("b", 1)), ())
    book.ledger.record(issue_row("two"), sections(("b", 0)), ())
    assert book.ledger.section_digests() == {"one": {"digest a", "digest b"}, "two": {"digest b"}}


def test_an_issue_has_begun_once_anything_of_it_was_handed_over(book: Book) -> None:
    book.queued(issue="planned only")
    book.ledger.release(book.begun(issue="tried in vain"), WHY)
    book.sent("7", issue="out")
    book.queued(issue="out")
    book.begun(READER, issue="sent to a subscriber")
    assert book.ledger.begun() == {"tried in vain", "out"}


SHOWN: list[tuple[str, Callable[[Book], object], bool]] = [
    ("sent", lambda book: book.sent("7"), True),
    ("sent, and an edit is due", lambda book: book.planned(book.sent("7"), Task.EDIT), True),
    ("not sent yet", lambda book: book.queued(), False),
    ("nobody knows whether it was sent", lambda book: book.ledger.doubt(book.begun(), WHY), False),
    ("taken back", lambda book: book.done(book.sent("7"), Task.DELETE), False),
    ("about to be taken back", lambda book: book.planned(book.sent("7"), Task.DELETE), False),
    ("being taken back", lambda book: book.tried(book.sent("7"), Task.DELETE), False),
    ("can't be taken back", lambda book: book.ledger.give_up(book.tried(book.sent("7"), Task.DELETE), "Old."), False),
    ("sent to a subscriber", lambda book: book.sent("7", destination=READER), False),
    ("one of two taken back", lambda book: (book.done(book.sent("7"), Task.DELETE), book.sent("8")), True),
]


@pytest.mark.parametrize(("happened", "stays"), [row[1:] for row in SHOWN], ids=[row[0] for row in SHOWN])
def test_an_issue_stays_while_readers_see_something_that_is_to_stay(
    book: Book, happened: Callable[[Book], object], stays: bool
) -> None:
    book.sent("1", issue="other")
    happened(book)
    assert book.ledger.staying() == ({"other", "one"} if stays else {"other"})


# Deliveries


def test_rows_come_by_destination_in_the_order_they_are_sent_in(book: Book) -> None:
    late, early = book.new("b"), book.new("b")
    book.recorded("one", early, late, book.new("a"), book.new("a"))
    book.queued("a", issue="two")
    assert names(book.ledger.unfinished()) == ["a/one/a/3", "a/one/a/4", "a/two/a/5", "b/one/a/2", "b/one/a/1"]
    assert names(book.ledger.past("one").deliveries) == ["a/one/a/3", "a/one/a/4", "b/one/a/2", "b/one/a/1"]
    assert names(book.ledger.past("one").of("b")) == names(book.ledger.deliveries("one", "b"))
    assert names(book.ledger.deliveries("one", "b")) == ["b/one/a/2", "b/one/a/1"]
    assert [row.seq for row in book.ledger.deliveries("two", "a")] == [3]


def test_what_subscribers_get_is_read_apart(book: Book) -> None:
    for destination in ("news", "news~5", READER):
        for issue in ("one", "two"):
            book.queued(destination, issue)
    assert names(book.ledger.past("one").deliveries) == ["news/one/a/1", "news~5/one/a/3"]
    assert names(book.ledger.mailings.past("one").deliveries) == [f"{READER}/one/a/5"]
    assert book.ledger.mailings.past("one").issue == book.ledger.issue("one")
    assert book.ledger.mailings.past("one").sections == (SECTION,)
    assert book.ledger.past("three") == Past()
    with transaction(book.ledger._engine) as connection:
        assert of_issue(connection, "one") == book.ledger.past("one").deliveries


def again_in_doubt(book: Book) -> Delivery:
    return book.ledger.reopen(book.ledger.pass_over(book.begun(), "Nobody knows."))


LEFT: list[tuple[str, Callable[[Book], Delivery], bool, bool]] = [
    # what became of a message, is it unfinished, is its send unsettled
    ("planned", lambda book: book.queued(), True, False),
    ("handed over", lambda book: book.begun(), True, True),
    ("sent", lambda book: book.sent("7"), False, False),
    ("refused", lambda book: book.ledger.fail(book.begun(), WHY), True, False),
    ("in doubt", lambda book: book.ledger.doubt(book.begun(), WHY), True, True),
    ("in doubt once more", again_in_doubt, True, True),
    ("passed over", lambda book: book.ledger.pass_over(book.begun(), ""), True, False),
    ("vouched for", lambda book: book.ledger.pass_over(book.begun(), "", vouched=True), True, False),
    ("to be pinned", lambda book: book.sent("7", message=replace(BETTER, after=("pin",))), True, False),
    ("being changed", lambda book: book.tried(book.sent("7"), Task.LINK), True, False),
    ("perhaps changed", lambda book: book.ledger.doubt(book.tried(book.sent("7"), Task.LINK), WHY), True, False),
    ("taken back", lambda book: book.done(book.sent("7"), Task.DELETE), False, False),
    ("given up", lambda book: book.ledger.give_up(book.tried(book.sent("7"), Task.LINK), "Old."), False, False),
    ("noted, never to be sent", lambda book: book.noted(), False, False),
]


@pytest.mark.parametrize(
    ("happened", "unfinished", "unsettled"), [row[1:] for row in LEFT], ids=[row[0] for row in LEFT]
)
def test_what_is_left_to_do_and_what_nobody_knows_the_fate_of(
    book: Book, happened: Callable[[Book], Delivery], unfinished: bool, unsettled: bool
) -> None:
    row = happened(book)
    assert book.ledger.unfinished() == ((row,) if unfinished else ())
    assert book.ledger.unsettled("news") == ((row,) if unsettled else ())
    assert book.ledger.unsettled("elsewhere") == ()


def test_a_subscribers_message_in_doubt_is_no_ones_business_but_its_own_chats(book: Book) -> None:
    row = book.begun(READER)
    assert book.ledger.unfinished() == ()
    assert book.ledger.unsettled(READER) == (row,)


def test_sends_in_doubt_of_several_issues_come_oldest_first(book: Book) -> None:
    rows = [book.queued(issue=name) for name in ("two", "one", "two")]
    for row in reversed(rows):
        book.ledger.claim(row, ME)
    assert names(book.ledger.unsettled("news")) == ["news/two/a/1", "news/one/a/2", "news/two/a/3"]


# Message ids


HIGHEST = [
    # chat and ids of what was sent before, the chat it is sent to now, the highest id there
    ("the longer number is higher", [("-5", ["999", "1000"])], "-5", "1000"),
    ("the last of equally long ones", [("-5", ["1001"]), ("-5", ["1002"]), ("-5", ["1000"])], "-5", "1002"),
    ("a chat that counts anew", [("-5", ["5000"]), ("-1005", ["3"])], "-1005", "3"),
    ("a chat that was not recorded counts as this one", [(None, ["8"]), ("-5", ["7"])], "-5", "8"),
    ("any chat where it is not known which", [("-5", ["7"]), ("-6", ["8"])], None, "8"),
    ("nothing sent there", [("-5", ["7"])], "-6", None),
]  # fmt: skip


@pytest.mark.parametrize(("before", "chat", "highest"), [row[1:] for row in HIGHEST], ids=[row[0] for row in HIGHEST])
def test_the_highest_id_before_a_send(
    book: Book, before: list[tuple[str | None, list[str]]], chat: str | None, highest: str | None
) -> None:
    book.sent("90000", destination="elsewhere")
    for place_, ids in before:
        book.sent(*ids, chat=place_)
    assert book.begun(chat=chat).after == highest


def test_ids_of_a_destination_whose_chat_is_not_known_are_its_own_alone(book: Book) -> None:
    book.sent("7", chat=None)
    book.sent("8", chat=None, destination="elsewhere")
    book.sent("9", chat="-6", destination="elsewhere")
    assert book.ledger.known_ids("news", None) == {"7"}


def test_ids_above_one_are_compared_as_numbers(book: Book) -> None:
    book.sent("99", "100", "101", "1000")
    assert book.ledger.known_ids("news", "100") == {"101", "1000"}
    assert book.ledger.known_ids("news", "99") == {"100", "101", "1000"}


STRAYS: list[tuple[str, Callable[[Book], object], bool]] = [
    ("still waiting, never tried", lambda book: book.queued(), False),
    ("noted, never sent", lambda book: book.noted(), False),
    ("sent", lambda book: book.ledger.confirm(book.begun(), Receipt(("5",))), False),
    ("begun", lambda book: book.begun(), True),
]


@pytest.mark.parametrize(("other", "stray"), [row[1:] for row in STRAYS], ids=[row[0] for row in STRAYS])
def test_only_what_was_handed_over_can_have_left_a_message(
    book: Book, other: Callable[[Book], object], stray: bool
) -> None:
    row = book.begun()
    other(book)
    book.ledger.confirm(book.begun(destination="elsewhere"), Receipt(("1",)))
    assert book.ledger.strays(row) is stray


def test_a_row_is_no_stray_of_its_own(book: Book) -> None:
    row = book.begun()
    assert not book.ledger.strays(row)
    assert not book.ledger.strays(book.ledger.doubt(row, WHY))


def test_what_was_tried_above_another_message_is_no_stray_of_this_one(book: Book) -> None:
    book.begun()
    book.sent("7")
    above = book.begun()
    assert not book.ledger.strays(above)
    book.begun()
    assert book.ledger.strays(above)


# What else is kept


def test_what_was_seen_of_a_chat_comes_in_the_order_of_its_ids(book: Book) -> None:
    for number in ("1000", "999", "1001", "98"):
        book.ledger.sight("telegram", "-100", number, {"text": number})
    book.ledger.sight("discord", "-100", "5", {})
    seen = book.ledger.sightings("telegram", "-100", None)
    assert [one.message_id for one in seen] == ["98", "999", "1000", "1001"]
    assert [one.payload["text"] for one in seen] == ["98", "999", "1000", "1001"]


def test_a_reader_who_is_forgotten_pauses_nothing(book: Book) -> None:
    book.ledger.feedback.forget("telegram", "5")
    assert book.ledger.paused() is None
    book.ledger.pause("holiday")
    book.ledger.feedback.forget("telegram", "6")
    assert book.ledger.paused() == "holiday"


def test_pictures_and_moved_chats_are_one_platforms(book: Book) -> None:
    mine, other = Pool("telegram", "sendPhoto"), Pool("discord", "sendPhoto")
    book.ledger.remember(mine, {"digest": "id 1"})
    book.ledger.remember(other, {"digest": "id 2"})
    assert book.ledger.uploaded(mine, ["digest"]) == {"digest": "id 1"}
    assert book.ledger.uploaded(other, ["digest"]) == {"digest": "id 2"}
    book.ledger.move("telegram", "-5", "-1005")
    book.ledger.move("discord", "-5", "7")
    book.ledger.move("telegram", "-6", "-1006")
    assert book.ledger.moved("telegram", "-5") == "-1005"
    assert book.ledger.moved("telegram", "-7") is None
