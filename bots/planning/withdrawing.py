"""Taking an issue back, and what that means afterwards: it goes out again only when its author names it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bots.ledger import Change, Delivery, Past, Task
from bots.model import State
from bots.planning.steps import Action, Step


def held_back(past: Past, destination: str) -> bool:
    """True when nothing of the issue may go out there by itself: it was withdrawn, or adopted as done everywhere.

    A destination it was not taken from, where readers still see it, goes on being corrected.
    """
    if past.issue is None or past.issue.withdrawn_at is None:
        return False
    return not any(_stays(row) for row in past.of(destination))


def taken_back(rows: Iterable[Delivery], titles: Mapping[str, str]) -> Iterator[Step]:
    """The steps that take everything in `rows`, one destination's, back.

    While the outcome of a send is unknown nothing is: what turns out to be there would be left alone in the chat.
    """
    every = list(rows)
    yield from (_struck(row, titles) for row in every if row.left_over and row.task is Task.EDIT)
    rows = [row for row in every if row.state is not State.DELETED and not row.left_over]
    unsettled = [row for row in rows if row.unsettled]
    for row in unsettled or rows:
        title = titles.get(row.section, row.section)
        if row.unsettled:
            why = "nobody knows whether it is there: settle it, then withdraw the issue again"
            yield Step(Action.BLOCKED, row.destination, row.section, title, row.part, why, None, row.payload, row)
            continue
        why = "the issue is withdrawn" if row.out_there else "the issue is withdrawn before this was sent"
        old = row.payload if row.out_there else None
        change = Change(row.destination, row.section, row.part, Task.DELETE, row.payload, row.source, row)
        yield Step(Action.DELETE, row.destination, row.section, title, row.part, why, old, None, row, change, gone=True)


def _struck(row: Delivery, titles: Mapping[str, str]) -> Step:
    """What an earlier run found out that it can't delete, and did not strike through any more."""
    why = "it can't be deleted, so it is struck through"
    title = titles.get(row.section, row.section)
    return Step(Action.EDIT, row.destination, row.section, title, row.part, why, row.payload, row.target, row)


def _stays(row: Delivery) -> bool:
    return row.out_there and row.task is not Task.DELETE and not row.left_over
