"""What was decided about an issue that the posts can't say, and destinations that rest for a while."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from bots.ledger.access import Access
from bots.ledger.tables import issues, pauses, rulings


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision."""

    value: str
    made_by: str
    """The author's id on a platform, "cli", or the rule that made it."""
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Pause:
    """A destination that is left alone until it may be tried again; it is never given up."""

    destination: str
    why: str
    since: datetime
    retry_at: datetime
    tries: int


class Rulings:
    """Decisions by issue and by what they are about."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def rule(self, issue: str, what: str, value: str, made_by: str) -> None:
        """Decide; a later decision about the same replaces an earlier one."""
        with self._access.writing() as connection:
            connection.execute(delete(rulings).where(_about(issue, what)))
            connection.execute(insert(rulings).values(**self._row(issue, what, value, made_by)))

    def of(self, issue: str) -> Mapping[str, Ruling]:
        """What was decided about one issue."""
        with self._access.reading() as connection:
            rows = connection.execute(select(rulings).where(rulings.c.issue == issue))
            return {row.what: Ruling(row.value, row.made_by, row.made_at) for row in rows}

    def rule_once(self, issue: str, what: str, value: str, made_by: str) -> None:
        """Decide unless it was decided before."""
        with self._access.writing() as connection:
            if connection.scalar(select(rulings.c.value).where(_about(issue, what))) is None:
                connection.execute(insert(rulings).values(**self._row(issue, what, value, made_by)))

    def all(self) -> Mapping[str, Mapping[str, Ruling]]:
        """Every decision, by issue and by what it is about."""
        found: defaultdict[str, dict[str, Ruling]] = defaultdict(dict)
        with self._access.reading() as connection:
            for row in connection.execute(select(rulings)):
                found[row.issue][row.what] = Ruling(row.value, row.made_by, row.made_at)
        return found

    def revoke(self, issue: str, what: str) -> None:
        with self._access.writing() as connection:
            connection.execute(delete(rulings).where(_about(issue, what)))

    def hold(self, issue: str, why: str | None) -> None:
        """Nothing of the issue may be sent for the reason given; None lets it go."""
        with self._access.writing() as connection:
            connection.execute(update(issues).where(issues.c.id == issue).values(hold=why))

    def _row(self, issue: str, what: str, value: str, made_by: str) -> dict[str, Any]:
        return {"issue": issue, "what": what, "value": value, "made_by": made_by, "made_at": self._access.now()}

    # Destinations

    def rest(self, destination: str, why: str, retry_at: datetime) -> Pause:
        """Leave a destination alone until `retry_at`; counts how often in a row."""
        with self._access.writing() as connection:
            found = _pause(connection, destination)
            made = Pause(
                destination,
                why,
                found.since if found else self._access.now(),
                retry_at,
                found.tries + 1 if found else 1,
            )
            connection.execute(delete(pauses).where(pauses.c.destination == destination))
            connection.execute(
                insert(pauses).values(
                    destination=destination, why=why, since=made.since, retry_at=retry_at, tries=made.tries
                )
            )
            return made

    def wake(self, destination: str) -> None:
        """It works again."""
        with self._access.writing() as connection:
            connection.execute(delete(pauses).where(pauses.c.destination == destination))

    def resting(self) -> Mapping[str, Pause]:
        with self._access.reading() as connection:
            return {row.destination: Pause(*row) for row in connection.execute(select(pauses))}


def _about(issue: str, what: str) -> ColumnElement[bool]:
    return (rulings.c.issue == issue) & (rulings.c.what == what)


def _pause(connection: Connection, destination: str) -> Pause | None:
    row = connection.execute(select(pauses).where(pauses.c.destination == destination)).first()
    return None if row is None else Pause(*row)
