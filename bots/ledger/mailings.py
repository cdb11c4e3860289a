"""What goes to subscribers: deliveries like any other, taken in and counted by the thousand.

A subscriber's chat is a destination named `~platform:chat`, with what it got of an issue behind that (see
`bots.ledger.readers`), so a send is recorded before and after its call and nothing is sent twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func, insert, or_, select

from bots.ledger import reading, recording
from bots.ledger.access import Access
from bots.ledger.readers import DIGEST, FULL, SOME, drop, name_of, read_name
from bots.ledger.recording import Stamp
from bots.ledger.rows import SUBSCRIBER, Change, Past, Task
from bots.ledger.tables import deliveries, issues
from bots.model import State

BATCH = 200
"""Subscribers taken in at once: others who write to the ledger wait no longer than that takes."""
_OURS = deliveries.c.destination.like(f"{SUBSCRIBER}%")
_LEFT = [State.PENDING.value, State.SENDING.value, State.IN_DOUBT.value]


@dataclass(frozen=True, slots=True)
class Open:
    """A subscriber's destination in which something of an issue is still to be done."""

    issue: str
    destination: str
    tried: bool
    """It was begun, or did not work."""
    attempt: int
    """The most tries that any of its messages has had."""
    updated_at: datetime


class Mailings:
    """The subscribers' deliveries of one ledger, whose name is `instance`."""

    def __init__(self, access: Access, instance: str) -> None:
        self._access, self._instance = access, instance

    def enroll(self, issue: str, names: Sequence[str], changes: Sequence[Change]) -> int:
        """Queue the same sends for many destinations; one with anything of the issue, in whatever form, is left out.

        Returns how many were taken in. A kill in between leaves out those that come later, and can be made up for.
        """
        taken = 0
        for start in range(0, len(names), BATCH):
            with self._access.writing() as connection:
                new = _without(connection, issue, names[start : start + BATCH])
                self._insert(connection, issue, new, changes)
                self._access.point("enroll.during")
                taken += len(new)
        return taken

    def past(self, issue: str) -> Past:
        """An issue as subscribers have it."""
        with self._access.reading() as connection:
            return reading.past(connection, issue, subscribers=True)

    def left(self) -> tuple[Open, ...]:
        """Where something is still to be done, oldest first; of a withdrawn issue nothing is sent any more."""
        undone = _OURS & (deliveries.c.task != "") & deliveries.c.state.in_(_LEFT)
        goes_on = or_(issues.c.withdrawn_at.is_(None), deliveries.c.task != Task.SEND.value)
        tried = case(((deliveries.c.error_code != "") | (deliveries.c.state != State.PENDING.value), 1), else_=0)
        columns = (deliveries.c.issue, deliveries.c.destination)
        most = (func.max(tried), func.max(deliveries.c.attempt), func.max(deliveries.c.updated_at))
        query = select(*columns, *most).join(issues, issues.c.id == deliveries.c.issue).where(undone & goes_on)
        with self._access.reading() as connection:
            rows = connection.execute(query.group_by(*columns).order_by(func.min(deliveries.c.id)))
            return tuple(Open(issue, name, bool(tried), *rest) for issue, name, tried, *rest in rows)

    def trouble(self, destination: str, code: str) -> bool:
        """True when a delivery there ended with that error code."""
        here = (deliveries.c.destination == destination) & (deliveries.c.error_code == code)
        with self._access.reading() as connection:
            return connection.scalar(select(deliveries.c.id).where(here).limit(1)) is not None

    def tally(self, issue: str) -> Mapping[State, int]:
        """How many subscribers' messages of an issue stand where."""
        query = select(deliveries.c.state, func.count()).where(_OURS & (deliveries.c.issue == issue))
        with self._access.reading() as connection:
            rows = connection.execute(query.group_by(deliveries.c.state))
            return Counter({State(state): number for state, number in rows})

    def sweep(self, before: datetime) -> int:
        """Forget what was sent of issues that came out before that moment; returns how many messages."""
        old = select(issues.c.id).where(issues.c.first_published_at < before)
        with self._access.writing() as connection:
            return drop(connection, _OURS & deliveries.c.issue.in_(old))

    def _insert(self, connection: Connection, issue: str, names: Sequence[str], changes: Sequence[Change]) -> None:
        stamp = Stamp(self._instance, self._access.now())
        last = _last(connection, names)
        rows: list[dict[str, Any]] = []
        shared = [(change, recording.new_row(issue, change, stamp)) for change in changes]
        for name in names:
            for number, (change, row) in enumerate(shared, last.get(name, 0) + 1):
                rows.append({**row, **recording.named(issue, change, stamp, name, number)})
        if rows:
            connection.execute(insert(deliveries), rows)


def _without(connection: Connection, issue: str, names: Sequence[str]) -> list[str]:
    """The names of those chats that have nothing of the issue."""
    forms = {name_of(*read_name(name)[:2], form): name for name in names for form in (DIGEST, FULL, SOME)}
    here = (deliveries.c.issue == issue) & deliveries.c.destination.in_(list(forms))
    served = {forms[found] for found in connection.scalars(select(deliveries.c.destination).where(here).distinct())}
    return [name for name in names if name not in served]


def _last(connection: Connection, names: Iterable[str]) -> Mapping[str, int]:
    query = select(deliveries.c.destination, func.max(deliveries.c.seq)).group_by(deliveries.c.destination)
    rows = connection.execute(query.where(deliveries.c.destination.in_(list(names))))
    return {row[0]: row[1] for row in rows}
