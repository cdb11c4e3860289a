"""When to look again at what is not done yet. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bots.ledger import Delivery
from bots.model import State

LOOKS = tuple(timedelta(seconds=seconds) for seconds in (30, 90, 330))
"""After a send of unknown outcome: how long until evidence is looked for, again and again (telegram.md 7.5)."""
HOPELESS = LOOKS[-1]
"""From then on only the author knows."""
RARELY = timedelta(hours=1)
_FIRST, _LONGEST = timedelta(seconds=30), timedelta(hours=1)


def due_again(row: Delivery, now: datetime) -> bool:
    """True when an open row is to be tried once more by itself. What failed waits for the author."""
    if row.state is State.FAILED:
        return False
    if row.state is State.PENDING or row.todo:
        return row.attempt == 0 or now - row.updated_at >= pause(row.attempt)
    if not row.unsettled or row.state is State.SENDING or row.claimed_at is None:
        return True
    return _look(row.updated_at - row.claimed_at, now - row.claimed_at)


def pause(tries: int) -> timedelta:
    """How long to leave something alone that did not work `tries` times."""
    return min(_LONGEST, _FIRST * 2 ** min(tries - 1, 10)) if tries else timedelta()


def hopeless(row: Delivery, now: datetime) -> bool:
    """True for a send in doubt for which no evidence came in time: the author is asked."""
    return row.unsettled and row.state is State.IN_DOUBT and now - (row.claimed_at or now) >= HOPELESS


def _look(last: timedelta, age: timedelta) -> bool:
    """True when one of the moments at which to look lies between the last look and now."""
    later = HOPELESS + RARELY * max(0, (age - HOPELESS) // RARELY)
    return any(last < moment <= age for moment in _moments(later))


def _moments(later: timedelta) -> Iterable[timedelta]:
    return (*LOOKS, later)
