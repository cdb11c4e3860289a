"""What the ledger keeps beside the messages: what is still to be done to them, what can't be done, known pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bots.ledger import Change, Delivery, Intent, IssueRow, Ledger, Owner, Pool, SectionRow, Task, Trouble
from bots.model import Destination, Kind, Message, Receipt, Slot, State

ME = Owner.this_process()
HEAD = Message("a", 1, "createMessage", {"text": "hello"}, "hello", after=("crosspost", "pin"))


@pytest.fixture
def ledger(where: str) -> Iterator[Ledger]:
    made = Ledger.open(where)
    yield made
    made.close()


def queued(ledger: Ledger, task: Task, message: Message = HEAD, row: Delivery | None = None) -> Delivery:
    """The row after a plan that wants this of it."""
    found = ledger.issue("one") or IssueRow("one", "one", "One", "posts/one.md")
    section = SectionRow("a", "A", ("A",), 1, "digest", "opening")
    ledger.record(found, [section], [Change("news", "a", 1, task, message, "words:all:own", row)])
    return ledger.deliveries("one", "news")[0]


def sent(ledger: Ledger, message: Message = HEAD) -> Delivery:
    claimed = ledger.claim(queued(ledger, Task.SEND, message), ME, Intent(chat="-5", within="99"))
    return ledger.confirm(claimed, Receipt(("7",)))


def edited(ledger: Ledger, row: Delivery, after: tuple[str, ...]) -> Delivery:
    target = replace(HEAD, text="better", after=after)
    return ledger.confirm(ledger.claim(queued(ledger, Task.EDIT, target, row), ME, Intent(Task.EDIT)), Receipt(("7",)))


def test_a_message_keeps_where_it_went_and_what_is_to_be_done_to_it(ledger: Ledger) -> None:
    row = sent(ledger)
    assert (row.chat, row.within, row.todo, row.state) == ("-5", "99", ("crosspost", "pin"), State.SENT)
    assert ledger.unfinished() == (row,)


def test_an_edit_leaves_the_place_alone(ledger: Ledger) -> None:
    claimed = ledger.claim(sent(ledger), ME, Intent(Task.FINISH, chat="-6", within="98"))
    assert (claimed.chat, claimed.within) == ("-5", "99")


def test_finished_is_finished_and_a_lost_answer_is_repeated(ledger: Ledger) -> None:
    claimed = ledger.claim(sent(ledger), ME, Intent(Task.FINISH))
    assert (claimed.unsettled, claimed.out_there) == (False, True)
    ledger.doubt(claimed, Trouble("timeout", "lost"))
    again = ledger.claim(ledger.deliveries("one", "news")[0], ME, Intent(Task.FINISH))
    done = ledger.confirm(again, Receipt(()))
    assert (done.todo, done.ids, done.task, done.state) == ((), ("7",), Task.NONE, State.SENT)
    assert ledger.unfinished() == ()


EDITS = [
    # what was done before the edit, what the edited message wants, what is then still to be done
    ("nothing yet", False, ("crosspost", "pin"), ("crosspost", "pin")),
    ("all of it", True, ("crosspost", "pin"), ()),
    ("nothing, and the pin is not wanted any more", False, ("crosspost",), ("crosspost",)),
    ("all, and something new is wanted", True, ("crosspost", "pin", "sing"), ("sing",)),
]


@pytest.mark.parametrize(("done", "after", "todo"), [row[1:] for row in EDITS], ids=[row[0] for row in EDITS])
def test_an_edit_brings_nothing_back_that_was_done(
    ledger: Ledger, done: bool, after: tuple[str, ...], todo: tuple[str, ...]
) -> None:
    row = sent(ledger)
    if done:
        row = ledger.confirm(ledger.claim(row, ME, Intent(Task.FINISH)), Receipt(()))
    assert edited(ledger, row, after).todo == todo


def test_a_deleted_message_needs_nothing_more(ledger: Ledger) -> None:
    row = queued(ledger, Task.DELETE, row=sent(ledger))
    assert ledger.confirm(ledger.claim(row, ME, Intent(Task.DELETE)), Receipt(())).todo == ()


GIVEN_UP = [
    # what can't be done, is it a message that should be gone, source and links afterwards
    (Task.DELETE, True, "words:all:own", {}),
    (Task.EDIT, False, "new:all:own", {}),
    (Task.LINK, False, "words:all:own", {"b": "https://chat/9"}),
    (Task.FINISH, False, "words:all:own", {}),
]


@pytest.mark.parametrize(("task", "left_over", "source", "links"), GIVEN_UP, ids=[row[0].value for row in GIVEN_UP])
def test_what_is_given_up_is_never_tried_again(
    ledger: Ledger, task: Task, left_over: bool, source: str, links: dict[str, str]
) -> None:
    contents = replace(HEAD, slots=(Slot("b", 0, 1),))
    row = sent(ledger, contents)
    if task in {Task.EDIT, Task.DELETE}:
        ledger.record(
            ledger.issue("one") or pytest.fail("there is one"),
            [],
            [Change("news", "a", 1, task, contents, "new:all:own", row)],
        )
        (row,) = ledger.deliveries("one", "news")
    claimed = ledger.claim(row, ME, Intent(task, links={"b": "https://chat/9"}))
    given_up = ledger.give_up(claimed, "Too old.")
    assert (given_up.state, given_up.task, given_up.todo, given_up.error) == (State.SENT, Task.NONE, (), "Too old.")
    assert (given_up.left_over, given_up.source, given_up.links) == (left_over, source, links)
    assert ledger.unfinished() == ()


def test_pictures_sent_before_are_found_by_their_content(ledger: Ledger) -> None:
    photos, documents = Pool("telegram", "sendPhoto"), Pool("telegram", "sendDocument")
    ledger.remember(photos, {"one": "id 1", "two": "id 2"})
    ledger.remember(photos, {"two": "id 3"})
    assert ledger.uploaded(photos, ["one", "two", "three"]) == {"one": "id 1", "two": "id 3"}
    assert ledger.uploaded(documents, ["one"]) == {}
    ledger.forget(photos, ["one"])
    assert ledger.uploaded(photos, ["one", "two"]) == {"two": "id 3"}
    ledger.remember(photos, {})


def test_a_group_is_found_where_it_went_until_config_yaml_says_so_itself(ledger: Ledger) -> None:
    group = Destination("group", "telegram", Kind.GROUP, "-5")
    assert ledger.located(group) == group
    ledger.move("telegram", "-5", "-1006")
    ledger.move("telegram", "-5", "-1007")
    there = replace(group, chat="-1007", kind=Kind.SUPERGROUP)
    assert ledger.located(group) == there
    assert ledger.located(there) == there
    assert ledger.located(replace(group, platform="discord")).chat == "-5"
