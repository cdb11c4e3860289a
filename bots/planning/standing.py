"""Where an issue stands in one destination: read off the ledger's rows, kept nowhere. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bots.ledger import Delivery, IssueRow, Past, Task
from bots.model import State


class Standing(StrEnum):
    """What readers have of an issue."""

    SCHEDULED = "scheduled"
    """Planned; nothing of it is out there yet."""
    PUBLISHING = "publishing"
    """A call is under way, or its process died with it."""
    PARTLY = "partly published"
    """Some of it is out there, and some is not."""
    OUTDATED = "to be corrected"
    """All of it is out there, and something in it is still to be changed, taken back or done."""
    PUBLISHED = "published"
    """All of it is out there as planned."""
    IN_DOUBT = "in doubt"
    """Nobody knows whether a message is there; the destination waits."""
    WITHDRAWING = "partly withdrawn"
    """It was taken back, and some of it is still there."""
    WITHDRAWN = "withdrawn"
    """It was taken back; it goes out again only by name."""
    ADOPTED = "adopted"
    """Its author says that it was published without this ledger: nothing of it goes out by itself."""


@dataclass(frozen=True, slots=True)
class Account:
    """One issue in one destination."""

    issue: IssueRow
    destination: str
    standing: Standing
    counts: Mapping[State, int]
    """Messages by state, those taken back included."""
    todo: str = ""
    """What the author can do next, empty when there is nothing to do."""


def accounts(past: Past) -> tuple[Account, ...]:
    """The issue's destinations in the order they were served; one without a name for an issue adopted as a whole."""
    if past.issue is None:
        return ()
    names = list(dict.fromkeys(row.destination for row in past.deliveries))
    if not names:
        return (_account(past.issue, "", ()),)
    return tuple(_account(past.issue, name, past.of(name)) for name in names)


def standing(issue: IssueRow, rows: Sequence[Delivery]) -> Standing:
    """What the rows of one issue in one destination come to."""
    if not rows:
        return Standing.ADOPTED if issue.withdrawn_at else Standing.SCHEDULED
    if any(row.state is State.IN_DOUBT and row.unsettled for row in rows):
        return Standing.IN_DOUBT
    if any(row.state is State.SENDING for row in rows):
        return Standing.PUBLISHING
    live = [row for row in rows if row.out_there and row.task is not Task.DELETE and not row.left_over]
    if issue.withdrawn_at is not None and not live:
        return Standing.WITHDRAWING if any(map(is_open, rows)) else Standing.WITHDRAWN
    if any(row.task is Task.SEND and row.state is not State.DELETED for row in rows):
        return Standing.PARTLY if live else Standing.SCHEDULED
    return Standing.OUTDATED if any(map(is_open, rows)) else Standing.PUBLISHED


def _account(issue: IssueRow, name: str, rows: Sequence[Delivery]) -> Account:
    found = standing(issue, rows)
    shown = [row for row in rows if not row.noted]
    counts = Counter(row.state for row in shown)
    return Account(issue, name, found, counts, _todo(found, issue.id, shown))


def is_open(row: Delivery) -> bool:
    """True while something is still to be done with the message: what `weektech retry` tries again."""
    return row.state is not State.DELETED and (row.task is not Task.NONE or bool(row.todo))


def _todo(found: Standing, issue: str, rows: Iterable[Delivery]) -> str:
    doubted = next((row.id for row in rows if row.unsettled), None)
    failed = any(row.state is State.FAILED for row in rows)
    match found:
        case Standing.IN_DOUBT:
            return f"look into the chat, then `weektech settle {doubted} --there LINK` or `--again`"
        case Standing.PUBLISHING:
            return "wait; if no weektech is at work, `weektech publish` finds out what became of it"
        case Standing.WITHDRAWING:
            return f"`weektech unpublish {issue}` goes on"
        case Standing.PARTLY | Standing.OUTDATED | Standing.SCHEDULED:
            again = f"`weektech retry {issue}`"
            return f"see what failed, then {again}, or correct the post and publish" if failed else f"{again} goes on"
        case _:
            return ""
