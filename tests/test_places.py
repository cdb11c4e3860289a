"""Where the messages of an issue are: what links lead to, which thread they share, what a reply answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bots.ledger import Delivery, Task
from bots.ledger.rows import LEFT_OVER
from bots.model import Destination, Kind, Slot, State
from bots.planning.places import addresses, answered, head_of, links_of, renamed, thread_of
from tests.planrows import UNSENT, message, row

A1, A2, B1 = row(1), row(2, message(part=2)), row(3, message("b"))
ADDRESSES = [
    # what is out there, section to the number of the message that links lead to
    ("nothing", [], {}),
    ("the first message of each section", [A1, A2, B1], {"a": 1, "b": 3}),
    ("whatever order they were sent in", [A2, B1, A1], {"a": 1, "b": 3}),
    ("the second where the first is gone", [replace(A1, state=State.DELETED), A2], {"a": 2}),
    ("the second where the first is going", [replace(A1, task=Task.DELETE), A2], {"a": 2}),
    ("the second where the first can't be deleted", [replace(A1, error_code=LEFT_OVER), A2], {"a": 2}),
    ("the second where the first has no address", [replace(A1, url=None), A2], {"a": 2}),
    ("of two first ones the earlier", [row(9), A1], {"a": 1}),
    ("no reply", [row(9, message(answers=True)), A2], {"a": 2}),
    ("nothing that was never sent", [row(1, **UNSENT | {"url": "https://chat/1"})], {}),
    ("being edited", [replace(A1, task=Task.EDIT), A2], {"a": 1}),
]


@pytest.mark.parametrize(("rows", "wanted"), [one[1:] for one in ADDRESSES], ids=[one[0] for one in ADDRESSES])
def test_a_link_leads_to_a_section_s_first_message(rows: list[Delivery], wanted: dict[str, int]) -> None:
    assert addresses(rows) == {section: f"https://chat/{number}" for section, number in wanted.items()}


def test_a_contents_message_has_the_links_it_has_room_for() -> None:
    contents = message("lead", slots=(Slot("a", 0, 1), Slot("c", 2, 1)))
    assert links_of(contents, {"a": "1", "b": "2"}) == {"a": "1"}


INSIDE = row(5, message("a", inside=True), within="1")
HEADS = [
    # what is in the chat, number of the message a thread belongs to
    ("the first one", [row(2), row(1)], 1),
    ("none inside", [INSIDE, row(7)], 7),
    ("no reply", [row(1, message(answers=True)), row(7)], 7),
    ("one that stays", [replace(A1, task=Task.DELETE), row(7)], 7),
    ("one that is there", [replace(A1, state=State.DELETED), row(7)], 7),
    ("one that is to come, where none is there", [row(8, **UNSENT), row(9, **UNSENT)], 8),
    ("one that is there already, not one to come", [row(8, **UNSENT), row(9)], 9),
    ("where all go the first", [replace(A1, task=Task.DELETE), replace(A2, task=Task.DELETE)], 1),
    ("none", [INSIDE], None),
]


@pytest.mark.parametrize(("rows", "number"), [one[1:] for one in HEADS], ids=[one[0] for one in HEADS])
def test_a_thread_belongs_to_the_issue_s_first_message(rows: list[Delivery], number: int | None) -> None:
    head = head_of(rows)
    assert (head.id if head else None) == number


THREADS = [
    # what is in the chat, the thread the next message goes into
    ("the head's", [A1], "1"),
    ("the one in use, whatever the head", [row(4), INSIDE], "1"),
    ("the one used last", [INSIDE, row(6, message(inside=True), within="4")], "4"),
    ("not one of what was never sent", [A1, row(6, message(inside=True), **UNSENT | {"within": "4"})], "1"),
    ("not one of what can't be deleted", [A1, replace(INSIDE, within="4", error_code=LEFT_OVER)], "1"),
    ("none while the head is to come", [row(8, **UNSENT)], None),
    ("none while the head is gone", [replace(A1, state=State.DELETED)], None),
    ("none without a head", [replace(INSIDE, within=None)], None),
]


@pytest.mark.parametrize(("rows", "thread"), [one[1:] for one in THREADS], ids=[one[0] for one in THREADS])
def test_the_thread_of_an_issue(rows: list[Delivery], thread: str | None) -> None:
    assert thread_of(iter(rows)) == thread


HERE = "-100"
ANSWERED = [
    # what is in the chat, the thread of the reply, the message it answers
    ("the section's first", [replace(A1, chat=HERE), replace(A2, chat=HERE)], None, "1"),
    ("whatever order they were sent in", [replace(A2, chat=HERE), replace(A1, chat=HERE)], None, "1"),
    ("of two first ones the earlier", [row(9, chat=HERE), row(8, chat=HERE)], None, "8"),
    ("one from before chats were recorded", [A1], None, "1"),
    ("not one in the chat it was before", [replace(A1, chat="-4"), replace(A2, chat=HERE)], None, "2"),
    ("none in another chat", [replace(A1, chat="-4")], None, None),
    ("not of another section", [B1], None, None),
    ("no reply", [row(1, message(answers=True)), A2], None, "2"),
    ("none that was never sent", [row(1, **UNSENT)], None, None),
    ("none that goes", [replace(A1, task=Task.DELETE), A2], None, "2"),
    ("none that can't be deleted", [replace(A1, error_code=LEFT_OVER), A2], None, "2"),
    ("one in the same thread", [replace(A1, within="7"), replace(A2, within="6")], "6", "2"),
    ("none outside the thread", [A1], "6", None),
    ("the thread's own head", [A1], "1", "1"),
    ("none inside from outside", [replace(A1, within="7")], None, None),
    ("an album is answered by its first picture", [replace(A1, ids=("1", "2"))], None, "1"),
]


@pytest.mark.parametrize(("rows", "within", "wanted"), [one[1:] for one in ANSWERED], ids=[one[0] for one in ANSWERED])
def test_what_an_erratum_answers(rows: list[Delivery], within: str | None, wanted: str | None) -> None:
    assert answered(rows, "a", HERE, within) == wanted


NEWS = Destination("news", "telegram", Kind.CHANNEL, "@news")
OLD = row(1, destination="old", chat="@news")
RENAMED = [
    # what the ledger has, the destination, the names in config.yaml, whether it is asked about
    ("a name that is served", [replace(OLD, destination="news")], NEWS, ["news"], False),
    ("a new name for the same chat", [OLD], NEWS, ["news"], True),
    ("a second name beside the old one", [OLD], NEWS, ["news", "old"], False),
    ("another chat", [replace(OLD, chat="@other")], NEWS, ["news"], False),
    ("it has some of the issue already", [OLD, row(2, destination="news", chat="@news")], NEWS, ["news"], False),
    ("what was there is gone", [replace(OLD, state=State.DELETED)], NEWS, ["news"], False),
    ("a topic: the chat has many", [OLD], replace(NEWS, topic="5"), ["news"], False),
]


@pytest.mark.parametrize(
    ("rows", "place", "names", "asked"), [one[1:] for one in RENAMED], ids=[one[0] for one in RENAMED]
)
def test_a_destination_under_a_new_name_is_asked_about(
    rows: list[Delivery], place: Destination, names: list[str], asked: bool
) -> None:
    found = renamed(iter(rows), [place], iter(names))
    assert bool(found) is asked
    assert all("news is @news" in one and "published as old: call it that again" in one for one in found)
