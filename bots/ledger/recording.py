"""A plan into the database: identities frozen, deliveries queued, all in the caller's transaction."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select, update

from bots.errors import Busy
from bots.ledger.codec import dump, dump_todo, fingerprint
from bots.ledger.rows import NOTED, Change, Delivery, IssueRow, SectionRow, Task
from bots.ledger.tables import deliveries, issues, sections
from bots.model import Message, State

NONCE_LENGTH = 25
"""Discord takes no longer one (discord.md 3.3)."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who records, and when."""

    instance: str
    now: datetime


def issue(connection: Connection, row: IssueRow) -> None:
    """Freeze or refresh an issue. Raises Busy if another plan was recorded since `row.revision` was read."""
    found = connection.scalar(select(issues.c.revision).where(issues.c.id == row.id))
    if (found or 0) != row.revision:
        raise Busy(f"Issue {row.id!r} was planned by another command in the meantime. Run the command again.")
    values: dict[str, Any] = {"slug": row.slug, "title": row.title, "path": row.path}
    values |= {"revision": row.revision + 1, "withdrawn_at": row.withdrawn_at}
    if found is None:
        connection.execute(insert(issues).values(id=row.id, **values))
    else:
        connection.execute(update(issues).where(issues.c.id == row.id).values(**values))


def issue_sections(connection: Connection, issue_id: str, rows: Sequence[SectionRow]) -> None:
    """Freeze new sections, refresh known ones; one that left the file keeps its row, its deliveries hang on it."""
    known = set(connection.scalars(select(sections.c.id).where(sections.c.issue == issue_id)))
    for row in rows:
        values = {
            "title": row.title,
            "path": json.dumps(row.path),
            "position": row.position,
            "digest": row.digest,
            "sample": row.sample,
        }
        if row.id in known:
            here = (sections.c.issue == issue_id) & (sections.c.id == row.id)
            connection.execute(update(sections).where(here).values(**values))
        else:
            connection.execute(insert(sections).values(issue=issue_id, id=row.id, **values))


def change(connection: Connection, issue_id: str, wanted: Change, stamp: Stamp) -> None:
    """Queue one delivery's task."""
    if wanted.row is None:
        _insert(connection, issue_id, wanted, stamp)
        return
    values = {**_values(wanted), "updated_at": stamp.now, "error_code": "", "error": ""}
    if connection.execute(update(deliveries).where(_as_seen(wanted.row)).values(**values)).rowcount != 1:
        raise Busy(f"{wanted.row.key} has changed since it was planned. Run the command again.")


def _as_seen(row: Delivery) -> ColumnElement[bool]:
    """Only the row the plan was made from: another writer may have sent it since."""
    return and_(
        deliveries.c.id == row.id,
        deliveries.c.state == row.state.value,
        deliveries.c.task == row.task.value,
        deliveries.c.attempt == row.attempt,
    )


_EMPTY = {"target_source": "", "error_code": "", "error": "", "todo": ""}
_NOTED = {"task": Task.NONE.value, "state": State.DELETED.value, "error_code": NOTED}


def _insert(connection: Connection, issue_id: str, wanted: Change, stamp: Stamp) -> None:
    here = deliveries.c.destination == wanted.destination
    last = connection.scalar(select(func.max(deliveries.c.seq)).where(here))
    row = {**new_row(issue_id, wanted, stamp), **named(issue_id, wanted, stamp, wanted.destination, (last or 0) + 1)}
    connection.execute(insert(deliveries).values(**row))


def new_row(issue_id: str, wanted: Change, stamp: Stamp) -> dict[str, Any]:
    """The columns of a new delivery that are the same wherever it goes."""
    noted = wanted.task is Task.NONE
    return {
        "issue": issue_id,
        "section": wanted.section,
        "part": wanted.part,
        "attempt": 0,
        "updated_at": stamp.now,
        **_EMPTY,
        **(_NOTED | _payload(wanted.message, wanted.source) if noted else _values(wanted)),
    }


def named(issue_id: str, wanted: Change, stamp: Stamp, destination: str, seq: int) -> dict[str, Any]:
    """The columns of a new delivery that say where it goes."""
    key = (stamp.instance, destination, issue_id, wanted.section, str(wanted.part))
    return {"destination": destination, "seq": seq, "nonce": nonce(*key)}


def nonce(*key: str) -> str:
    """A name for a delivery that is the same after a crash and differs between ledgers."""
    raw = hashlib.sha256(json.dumps(key).encode()).digest()
    return base64.b32encode(raw).decode().lower()[:NONCE_LENGTH]


def _values(wanted: Change) -> dict[str, Any]:
    """The columns a task sets."""
    match wanted.task:
        case Task.SEND:
            return {**_payload(wanted.message, wanted.source), **_queued(Task.SEND)}
        case Task.EDIT:
            target = {"target": dump(wanted.message), "target_source": wanted.source}
            return {**target, **_queued(Task.EDIT)}
        case Task.DELETE:
            return _queued(Task.DELETE)
        case _:
            rest: dict[str, Any] = {"target": None, "target_source": "", "task": Task.NONE.value}
            left = {} if wanted.todo is None else {"todo": dump_todo(wanted.todo)}
            return {"source": wanted.source, "state": State.SENT.value, **rest, **left}


def _payload(message: Message, source: str) -> dict[str, Any]:
    return {
        "method": message.method,
        "payload": dump(message),
        "payload_hash": fingerprint(message),
        "source": source,
    }


def _queued(task: Task) -> dict[str, Any]:
    return {"task": task.value, "state": State.PENDING.value}
