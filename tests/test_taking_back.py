"""Taking an issue back, row by row, and whether it may go out by itself afterwards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bots.ledger import Delivery, Past, SectionRow, Task
from bots.ledger.rows import LEFT_OVER
from bots.model import Destination, Kind, State
from bots.pacing import PLATFORMS, Pace
from bots.plan import withdrawal
from bots.planning.steps import Action, Step
from bots.planning.withdrawing import held_back, taken_back
from tests.planrows import DOUBTED, ISSUE, NOON, UNSENT, message, row

CHANNEL = Destination("channel", "telegram", Kind.CHANNEL, "@news")
SERVER = Destination("server", "discord", Kind.TEXT, "77")

OUT = row(1)
UNDER_WAY = row(4, **DOUBTED | {"state": State.SENDING})
IN_DOUBT = row(5, message("b"), **DOUBTED)
LEFT = row(6, message(text="old"), error_code=LEFT_OVER)
TO_STRIKE = replace(LEFT, task=Task.EDIT, target=message(text="~old~"))
GONE = row(7, state=State.DELETED)

TAKEN_BACK = [
    # what is in the chat, what is done about it, and why
    ("nothing", [], []),
    ("a message", [OUT], ["delete a/1: the issue is withdrawn"]),
    (
        "several, some never sent",
        [OUT, row(2, message("b", 2), **UNSENT)],
        ["delete a/1: the issue is withdrawn", "delete b/2: the issue is withdrawn before this was sent"],
    ),
    ("what is gone already", [GONE, OUT], ["delete a/1: the issue is withdrawn"]),
    ("what can't be deleted", [LEFT], []),
    ("what can't be deleted, not struck through yet", [TO_STRIKE], ["edit a/1: it can't be deleted"]),
    ("what can't be deleted, to be pinned still", [replace(LEFT, task=Task.FINISH)], []),
    ("one in doubt, the rest waits", [OUT, IN_DOUBT], ["blocked b/1: nobody knows whether it is there: settle it"]),
    ("one under way", [UNDER_WAY, OUT], ["blocked a/1: nobody knows"]),
    ("two in doubt", [IN_DOUBT, UNDER_WAY], ["blocked b/1: nobody knows", "blocked a/1: nobody knows"]),
    (
        "what can't be deleted, beside one in doubt",
        [IN_DOUBT, TO_STRIKE, OUT],
        ["edit a/1: it can't be deleted", "blocked b/1: nobody knows"],
    ),
    ("an edit under way", [row(1, task=Task.EDIT, state=State.SENDING)], ["delete a/1: the issue is withdrawn"]),
]


def said(one: Step) -> str:
    return f"{one.action} {one.section}/{one.part}: {one.why}"


@pytest.mark.parametrize(("rows", "wanted"), [one[1:] for one in TAKEN_BACK], ids=[one[0] for one in TAKEN_BACK])
def test_what_is_done_about_each_message(rows: list[Delivery], wanted: list[str]) -> None:
    steps = list(taken_back(rows, {"a": "Models", "b": "Rockets"}))
    assert len(steps) == len(wanted)
    for one, words in zip(steps, wanted, strict=True):
        assert said(one).startswith(words)
        assert one.title == {"a": "Models", "b": "Rockets"}[one.section]
        assert one.row in rows
        assert one.destination == "channel"


def test_a_message_that_goes_is_shown_as_it_is_and_recorded_as_going() -> None:
    (one,) = taken_back([OUT], {})
    assert (one.old, one.new, one.gone) == (OUT.payload, None, True)
    assert one.why == "the issue is withdrawn"
    assert one.title == "a", "a section without a title is named by its id"
    assert one.change is not None
    assert (one.change.task, one.change.message, one.change.row) == (Task.DELETE, OUT.payload, OUT)
    assert (one.change.destination, one.change.section, one.change.part) == ("channel", "a", 1)
    assert one.change.source == OUT.source


def test_of_a_message_that_was_never_sent_readers_lose_nothing() -> None:
    (one,) = taken_back([row(**UNSENT)], {})
    assert (one.old, one.gone, one.diff) == (None, True, ())
    assert one.change is not None
    assert one.change.task is Task.DELETE


def test_a_message_in_doubt_is_shown_and_nothing_is_recorded_of_it() -> None:
    (one,) = taken_back([IN_DOUBT], {})
    assert (one.old, one.new, one.change, one.gone, one.title) == (None, IN_DOUBT.payload, None, False, "b")


def test_what_is_struck_through_is_shown_as_it_is_and_as_it_will_be() -> None:
    (one,) = taken_back([TO_STRIKE], {})
    assert (one.old, one.new, one.change) == (TO_STRIKE.payload, TO_STRIKE.target, None)
    assert (one.title, one.why) == ("a", "it can't be deleted, so it is struck through")


# A whole issue

TITLES = (SectionRow("a", "Models", ("Models",), 1, "0", "x"),)
ELSEWHERE = row(9, destination="server")


def test_an_issue_is_taken_back_where_it_is_named_and_nowhere_else() -> None:
    made = withdrawal(Past(ISSUE, TITLES, (OUT, ELSEWHERE)), [SERVER], NOON)
    assert [(one.action, one.row, one.title) for one in made.steps] == [(Action.DELETE, ELSEWHERE, "Models")]
    assert made.issue == replace(ISSUE, withdrawn_at=NOON)
    assert (made.sections, made.texts, made.questions) == ((), None, ())


def test_all_chats_of_an_issue_in_their_order_at_the_platforms_pace() -> None:
    past = Past(ISSUE, TITLES, (OUT, ELSEWHERE, row(2), row(3)))
    made = withdrawal(past, [SERVER, CHANNEL], NOON)
    assert [one.destination for one in made.steps] == ["server", "channel", "channel", "channel"]
    assert made.seconds == pytest.approx(2 * 1.05)
    slow = {name: replace(one, chat=Pace(100.0), private=Pace(100.0)) for name, one in PLATFORMS.items()}
    assert withdrawal(past, [SERVER, CHANNEL], NOON, slow).seconds == pytest.approx(200)


def test_what_was_never_planned_can_t_be_taken_back() -> None:
    with pytest.raises(ValueError, match="never planned"):
        withdrawal(Past(None, (), (OUT,)), [CHANNEL], NOON)


BACK = replace(ISSUE, withdrawn_at=NOON)
HELD = [
    # the issue, its rows, whether nothing of it goes out by itself in the channel
    ("never planned", Past(), False),
    ("never taken back", Past(ISSUE, (), (OUT,)), False),
    ("nothing of it there yet", Past(ISSUE), False),
    ("taken back", Past(BACK, (), (GONE,)), True),
    ("adopted as a whole", Past(BACK), True),
    ("taken back elsewhere", Past(BACK, (), (OUT, replace(ELSEWHERE, state=State.DELETED))), False),
    ("still there elsewhere alone", Past(BACK, (), (GONE, ELSEWHERE)), True),
    ("one message of it is still there", Past(BACK, (), (GONE, OUT)), False),
    ("being taken back", Past(BACK, (), (replace(OUT, task=Task.DELETE),)), True),
    ("what is there can't be deleted", Past(BACK, (), (LEFT,)), True),
    ("what was never sent", Past(BACK, (), (row(**UNSENT),)), True),
]


@pytest.mark.parametrize(("past", "held"), [one[1:] for one in HELD], ids=[one[0] for one in HELD])
def test_what_was_taken_back_goes_out_by_name_alone(past: Past, held: bool) -> None:
    assert held_back(past, "channel") is held
