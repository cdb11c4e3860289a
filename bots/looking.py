"""When to look again at what is not done yet. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bots.ledger import Delivery, Task
from bots.model import State

LOOKS = tuple(timedelta(seconds=seconds) for seconds in (30, 90, 330))
"""After a send of unknown outcome: how long until evidence is looked for, again and again (telegram.md 7.5)."""
HOPELESS = LOOKS[-1]
"""From then on only the author knows."""
RARELY = timedelta(hours=1)
_FIRST, _LONGEST = timedelta(seconds=30), timedelta(hours=1)


def due(rows: Iterable[Delivery], now: datetime) -> tuple[Delivery, ...]:
    """Which of all open rows are to be tried now: none that waits behind another one that is not to be tried."""
    rows = tuple(rows)
    in_doubt = {row.destination for row in rows if row.unsettled and not due_again(row, now)}
    refused = [row for row in rows if row.state is State.FAILED]
    return tuple(
        row
        for row in rows
        if due_again(row, now) and row.destination not in in_doubt and not any(_stops(one, row) for one in refused)
    )


def _stops(refused: Delivery, row: Delivery) -> bool:
    """True when a walk never comes to `row` while the other stays refused, see `bots.walk`."""
    if (refused.destination, refused.issue) != (row.destination, row.issue):
        return False
    if row.task in {Task.NONE, Task.FINISH}:
        return True
    later = row.task not in {Task.SEND, Task.EDIT} or bool((row.target or row.payload).slots) or row.seq > refused.seq
    return refused.task is Task.SEND and later


def due_again(row: Delivery, now: datetime) -> bool:
    """True when an open row is to be tried once more by itself. What failed waits for the author.

    A try that lies ahead of the clock was made before that was set back, and says nothing.
    """
    if row.state is State.FAILED:
        return False
    if row.state is State.PENDING or row.todo or (row.state is State.IN_DOUBT and not row.unsettled):
        return row.attempt == 0 or not timedelta() <= now - row.updated_at < pause(row.attempt)
    if not row.unsettled or row.state is State.SENDING or row.claimed_at is None:
        return True
    if now < row.claimed_at:
        return not timedelta() <= now - row.updated_at < RARELY
    return _look(row.updated_at - row.claimed_at, now - row.claimed_at)


def pause(tries: int) -> timedelta:
    """How long to leave something alone that did not work `tries` times."""
    return min(_LONGEST, _FIRST * 2 ** min(tries - 1, 10)) if tries else timedelta()


def hopeless(row: Delivery, now: datetime) -> bool:
    """True for a send in doubt for which no evidence came in time: the author is asked."""
    age = now - (row.claimed_at or now)
    return row.unsettled and row.state is State.IN_DOUBT and not timedelta() <= age < HOPELESS


def _look(last: timedelta, age: timedelta) -> bool:
    """True when one of the moments at which to look lies between the last look and now."""
    later = HOPELESS + RARELY * max(0, (age - HOPELESS) // RARELY)
    return any(last < moment <= age for moment in _moments(later))


def _moments(later: timedelta) -> Iterable[timedelta]:
    return (*LOOKS, later)
