"""Where an issue stands, and a plan in a few words: tables over rows and steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bots.ledger import Delivery, IssueRow, Past, Task
from bots.ledger.rows import LEFT_OVER, NOTED
from bots.model import Message, State
from bots.plan import Plan
from bots.planning.standing import Standing, accounts, standing
from bots.planning.steps import Action, Step
from bots.planning.summary import LONGEST, summary

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ISSUE = IssueRow("one", "one", "One", "posts/one.md")
BACK = replace(ISSUE, withdrawn_at=NOON)


def row(state: State = State.SENT, task: Task = Task.NONE, **known: Any) -> Delivery:
    message = Message("a", 1, "send", {"text": "x"}, "x")
    ids = () if task is Task.SEND or known.get("error_code") == NOTED else ("7",)
    made = Delivery(1, "channel", "one", "a", 1, 1, state, task, message, "", "n", 1, NOON, ids=ids)
    return replace(made, **known)


SENT, GONE, WAITS = row(), row(State.DELETED), row(State.PENDING, Task.SEND)
STANDINGS = [
    # what the ledger has, the issue, where it stands, what the author reads
    ("nothing", ISSUE, [], Standing.SCHEDULED, "retry"),
    ("adopted as a whole", BACK, [], Standing.ADOPTED, ""),
    ("planned only", ISSUE, [WAITS, WAITS], Standing.SCHEDULED, "retry"),
    ("refused at once", ISSUE, [row(State.FAILED, Task.SEND)], Standing.SCHEDULED, "failed"),
    ("some there, some not", ISSUE, [SENT, WAITS], Standing.PARTLY, "weektech retry one"),
    ("some there, one refused", ISSUE, [SENT, row(State.FAILED, Task.SEND)], Standing.PARTLY, "see what failed"),
    ("a call under way", ISSUE, [SENT, row(State.SENDING, Task.SEND)], Standing.PUBLISHING, "finds out"),
    ("a send in doubt", ISSUE, [SENT, row(State.IN_DOUBT, Task.SEND, id=17)], Standing.IN_DOUBT, "settle 17 --there"),
    ("all there", ISSUE, [SENT, SENT], Standing.PUBLISHED, ""),
    ("all there, one of an earlier version gone", ISSUE, [SENT, GONE], Standing.PUBLISHED, ""),
    ("all there, a mark noted", ISSUE, [SENT, row(State.DELETED, error_code=NOTED)], Standing.PUBLISHED, ""),
    ("a correction waits", ISSUE, [SENT, row(State.PENDING, Task.EDIT)], Standing.OUTDATED, "goes on"),
    ("a pin waits", ISSUE, [SENT, row(todo=("pin",))], Standing.OUTDATED, "goes on"),
    ("taken back", BACK, [GONE, GONE], Standing.WITHDRAWN, ""),
    ("taken back, one can't be deleted", BACK, [GONE, row(error_code=LEFT_OVER)], Standing.WITHDRAWN, ""),
    ("taken back in part", BACK, [GONE, row(State.PENDING, Task.DELETE)], Standing.WITHDRAWING, "unpublish one"),
    ("taken back elsewhere", BACK, [SENT, SENT], Standing.PUBLISHED, ""),
]


@pytest.mark.parametrize(
    ("issue", "rows", "wanted", "says"), [one[1:] for one in STANDINGS], ids=[one[0] for one in STANDINGS]
)
def test_where_an_issue_stands(issue: IssueRow, rows: list[Delivery], wanted: Standing, says: str) -> None:
    assert standing(issue, rows) is wanted
    (account,) = accounts(Past(issue, (), tuple(rows)))
    assert (account.standing, account.destination) == (wanted, "channel" if rows else "")
    assert says in account.todo
    assert bool(says) == bool(account.todo)


def step(action: Action, old: str = "", new: str = "", **known: Any) -> Step:
    before, after = (Message("a", 1, "send", {"text": text}, text) if text else None for text in (old, new))
    made = Step(action, "channel", "a", "Models", 1, "why", before, after)
    return replace(made, **known)


ANSWER = Message("a", 1, "send", {}, "y" * 9, answers=True)
SUMMARIES = [
    # the steps, what the author reads
    ("nothing", [step(Action.KEEP, "x", "x")], "Nothing changes."),
    ("an edit", [step(Action.EDIT, "the word", "the term")], "1 edit in channel; “Models”: -4 +4 characters"),
    (
        "several in two chats",
        [
            step(Action.EDIT, "甲乙", "甲丙"),
            step(Action.SEND, "", "new"),
            step(Action.EDIT, "甲乙", "甲丙", destination="server"),
        ],
        "1 new message, 1 edit in channel; 1 edit in server; “Models”: -1 +4 characters",
    ),
    ("a deletion", [step(Action.DELETE, "gone")], "1 message taken back in channel; “Models”: -4 +0 characters"),
    ("a picture", [step(Action.EDIT, "x", "x")], "1 edit in channel; “Models”: only its look or its pictures"),
    ("links alone", [step(Action.LINK, "x", "x")], "only links or a pin in channel"),
    (
        "an erratum",
        [replace(step(Action.SEND), new=ANSWER)],
        "1 new message in channel; “Models”: -0 +9 characters\n1 erratum is sent as a reply.",
    ),
    (
        "a title with signs that would turn the line",
        [step(Action.EDIT, "a", "b", title="A\u202eB\nC\x1b[31m")],
        "1 edit in channel; “A B C [31m”: -1 +1 characters",
    ),
]


@pytest.mark.parametrize(("steps", "wanted"), [one[1:] for one in SUMMARIES], ids=[one[0] for one in SUMMARIES])
def test_a_plan_in_a_few_words(steps: list[Step], wanted: str) -> None:
    assert summary(Plan(ISSUE, (), tuple(steps))) == wanted


def test_a_summary_says_what_needs_a_yes_and_is_never_long() -> None:
    made = Plan(ISSUE, (), (step(Action.EDIT, "a", "b"),))
    assert summary(made, "It would take 3 of 4 back.").endswith("\nIt needs a yes: It would take 3 of 4 back.")
    many = [step(Action.EDIT, "a", "b", section=str(number), title="字" * 500) for number in range(40)]
    found = summary(Plan(ISSUE, (), tuple(many)), "why " * 500)
    assert "and 35 more sections" in found
    assert len(found) == LONGEST
