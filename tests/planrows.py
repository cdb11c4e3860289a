"""Rows and steps for tests of the planner: what the ledger would hold, without one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bots.ledger import Change, Delivery, IssueRow, Task
from bots.model import Message, State
from bots.planning.steps import Action, Step

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ISSUE = IssueRow("one", "one", "One", "posts/one.md", revision=1)
UNSENT: dict[str, Any] = {"state": State.PENDING, "task": Task.SEND, "ids": (), "url": None}
DOUBTED: dict[str, Any] = {"state": State.IN_DOUBT, "task": Task.SEND, "ids": (), "url": None}


def message(section: str = "a", part: int = 1, text: str = "x", **known: Any) -> Message:
    return Message(section, part, "send", {"text": text}, text, **known)


def row(number: int = 1, payload: Message | None = None, **known: Any) -> Delivery:
    """A message that is out there as it should be, but for what is `known` of it."""
    payload = payload or message()
    values: dict[str, Any] = {
        "id": number,
        "destination": "channel",
        "issue": "one",
        "section": payload.section,
        "part": payload.part,
        "seq": number,
        "state": State.SENT,
        "task": Task.NONE,
        "payload": payload,
        "source": "words:pictures:own",
        "nonce": str(number),
        "attempt": 1,
        "updated_at": NOON,
        "ids": (str(number),),
        "url": f"https://chat/{number}",
    }
    return Delivery(**(values | known))


def step(action: Action, found: Delivery | None = None, new: Message | None = None, **known: Any) -> Step:
    """A step for a row, or for a new message where there is none."""
    section = found.section if found else new.section if new else "a"
    old = found.payload if found and found.out_there else None
    values: dict[str, Any] = {"destination": found.destination if found else "channel", "section": section}
    values |= {"title": section.upper(), "part": found.part if found else 1, "why": "", "old": old, "new": new}
    return Step(action, **(values | {"row": found} | known))


def change(task: Task, found: Delivery | None = None) -> Change:
    """What the ledger would be told of a step."""
    payload = found.payload if found else message()
    return Change("channel", payload.section, payload.part, task, payload, "words:pictures:own", found)
