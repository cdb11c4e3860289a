"""What happens to one delivery around a call: intent before, outcome after. Each is one short transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from bots.errors import Busy, LedgerError
from bots.ledger import reading
from bots.ledger.codec import dump, dump_links, dump_todo, fingerprint
from bots.ledger.rows import LEFT_OVER, OUT_OF_REACH, Adoption, Delivery, Intent, Task, Trouble
from bots.ledger.tables import deliveries, issues, messages
from bots.model import Message, Receipt, State

_REPEATABLE = {Task.EDIT, Task.LINK, Task.DELETE, Task.FINISH}
"""Tasks that do no harm when carried out twice, so an unknown outcome never stops them."""


def claim(connection: Connection, row: Delivery, intent: Intent, now: datetime) -> Delivery:
    """Record the intent; returns the row as it stands now, payload included.

    Raises Busy when the row is not where the caller believes it to be.
    """
    found = _found(connection, row.id)
    if found.state is not State.PENDING and not (intent.task in _REPEATABLE and found.state is not State.DELETED):
        raise Busy(f"{found.key} is {found.state}, not pending: another command has been here. Run it again.")
    # An edit that another process finished meanwhile has no target any more.
    if found.attempt != row.attempt or (intent.task is Task.EDIT and found.target is None):
        raise Busy(f"{found.key} was tried by another command in the meantime. Run the command again.")
    values = {
        "state": State.SENDING.value,
        "task": intent.task.value,
        "attempt": found.attempt + 1,
        "claimed_at": now,
        "after": reading.highest_id(connection, found.destination, intent.chat),
        "target_links": dump_links(intent.links),
    }
    if intent.task is Task.SEND:
        values |= {"chat": intent.chat, "within": intent.within}
    _update(connection, row.id, values, now)
    return _found(connection, row.id)


def confirm(connection: Connection, delivery_id: int, receipt: Receipt, now: datetime) -> Delivery:
    """Record that the call succeeded; `receipt` holds the ids the delivery owns from now on."""
    found = _found(connection, delivery_id)
    if found.state not in {State.SENDING, State.IN_DOUBT}:
        raise LedgerError(f"{found.key} is {found.state}: there is nothing to confirm.")
    # What could not be taken back stays a left-over, also after it was struck through.
    kept = {"error_code": found.error_code, "error": found.error} if found.left_over else {}
    _update(connection, delivery_id, {**_outcome(found), **_cleared(), **kept}, now)
    if found.task in {Task.SEND, Task.EDIT, Task.LINK}:
        _own(connection, found, receipt)
    if found.task is Task.SEND:
        _published(connection, found.issue, now)
    return _found(connection, delivery_id)


def put(connection: Connection, row: Delivery, state: State, trouble: Trouble, now: datetime) -> Delivery:
    """Record that the call did not succeed: its task stays, `state` says what may be done about it.

    Raises LedgerError when it is not this attempt's any more: another process has taken the chat over and knows better.
    """
    found = _found(connection, row.id)
    if found.attempt != row.attempt or found.task is Task.NONE:
        raise LedgerError(f"{found.key} is {found.state}: another command has settled it. Run the command again.")
    code = LEFT_OVER if found.left_over else trouble.code
    values = {"state": state.value, "error_code": code, "error": trouble.text}
    _update(connection, row.id, values, now)
    return _found(connection, row.id)


def give_up(
    connection: Connection, delivery_id: int, why: str, now: datetime, struck: Message | None = None
) -> Delivery:
    """Record that the platform will never carry the task out: the message stays as it is, and no plan tries again.

    What can't be taken back is to become `struck`, if given.
    """
    found = _found(connection, delivery_id)
    values = {**_cleared(), "state": State.SENT.value, "todo": "", "error_code": OUT_OF_REACH, "error": why}
    match found.task:
        case Task.DELETE:
            values["error_code"] = LEFT_OVER
            if struck is not None:
                edit = {"state": State.PENDING.value, "task": Task.EDIT.value, "target": dump(struck)}
                values |= {**edit, "target_source": found.source}
        case Task.EDIT:
            values["source"] = found.target_source
            values["error_code"] = LEFT_OVER if found.left_over else OUT_OF_REACH
        case Task.LINK:
            values["links"] = dump_links(found.target_links)
    _update(connection, delivery_id, values, now)
    return _found(connection, delivery_id)


def pass_over(connection: Connection, delivery_id: int, why: Trouble, now: datetime) -> Delivery:
    """Record that the issue goes on without a message nobody knows the fate of. Raises LedgerError for any other."""
    found = _found(connection, delivery_id)
    if not found.unsettled:
        raise LedgerError(f"{found.key} is {found.state}: only what is in doubt can be passed over.")
    left = {"state": State.SENT.value, "error_code": why.code, "error": why.text}
    _update(connection, delivery_id, {**_cleared(), **left}, now)
    return _found(connection, delivery_id)


def reopen(connection: Connection, delivery_id: int, now: datetime) -> Delivery:
    """Record that a delivery passed over is asked about again. Raises LedgerError for any other."""
    found = _found(connection, delivery_id)
    if not found.passed_over:
        raise LedgerError(f"{found.key} is {found.state} and was not passed over.")
    _update(connection, delivery_id, {"state": State.IN_DOUBT.value, "task": Task.SEND.value}, now)
    return _found(connection, delivery_id)


def adopt(connection: Connection, issue_id: str, found: Adoption, now: datetime) -> None:
    """Record that the message of a send just queued is out there already."""
    change = found.change
    here = (deliveries.c.destination == change.destination) & (deliveries.c.issue == issue_id)
    this = here & (deliveries.c.section == change.section) & (deliveries.c.part == change.part)
    row = _found(connection, connection.execute(select(deliveries.c.id).where(this)).scalar_one())
    values = {**_outcome(row), **_cleared(), "todo": ""}
    values |= {"chat": found.chat, "within": found.within, "links": dump_links(found.links)}
    if found.correct:
        edit = {"state": State.PENDING.value, "task": Task.EDIT.value, "target": dump(row.payload)}
        values |= {**edit, "target_source": row.source}
    _update(connection, row.id, values, now)
    _own(connection, row, found.receipt)
    _published(connection, issue_id, now)


def retry(connection: Connection, issue_id: str, destination: str, now: datetime) -> None:
    """What failed in a destination is as it was before it was tried; its errors stay until then."""
    here = (deliveries.c.issue == issue_id) & (deliveries.c.destination == destination)
    failed = here & (deliveries.c.state == State.FAILED.value) & (deliveries.c.task != Task.NONE.value)
    connection.execute(update(deliveries).where(failed).values(state=State.PENDING.value, updated_at=now))


def _published(connection: Connection, issue_id: str, now: datetime) -> None:
    first = (issues.c.id == issue_id) & issues.c.first_published_at.is_(None)
    connection.execute(update(issues).where(first).values(first_published_at=now))


def _outcome(found: Delivery) -> dict[str, Any]:
    """The columns that follow from a task carried out."""
    match found.task:
        case Task.SEND:
            unlinked = dump_links({} if found.payload.slots else None)
            return {"state": State.SENT.value, "links": unlinked, "todo": dump_todo(found.payload.after)}
        case Task.EDIT if found.target is not None:
            return {
                "state": State.SENT.value,
                "method": found.target.method,
                "payload": dump(found.target),
                "payload_hash": fingerprint(found.target),
                "source": found.target_source,
                "links": dump_links(found.target_links),
                "todo": dump_todo(_left(found, found.target.after)),
            }
        case Task.LINK:
            return {"state": State.SENT.value, "links": dump_links(found.target_links)}
        case Task.DELETE:
            return {"state": State.DELETED.value, "todo": ""}
        case Task.FINISH:
            return {"state": State.SENT.value, "todo": ""}
        case _:
            raise LedgerError(f"{found.key} has nothing to confirm.")


def _left(found: Delivery, after: Iterable[str]) -> tuple[str, ...]:
    """What is to be done after an edit: what was not done before, and what is new; nothing is done twice."""
    return tuple(what for what in after if what in found.todo or what not in found.payload.after)


def _cleared() -> dict[str, Any]:
    empty: dict[str, Any] = {"task": Task.NONE.value, "error_code": "", "error": ""}
    return {**empty, "target": None, "target_source": "", "target_links": None}


def _own(connection: Connection, found: Delivery, receipt: Receipt) -> None:
    """Replace the message ids; an edit that answers none keeps those it had."""
    if not receipt.message_ids:
        return
    url = receipt.url or found.url
    connection.execute(delete(messages).where(messages.c.delivery == found.id))
    rows = [
        {"delivery": found.id, "ord": order, "destination": found.destination, "message_id": name, "url": url}
        for order, name in enumerate(receipt.message_ids)
    ]
    connection.execute(insert(messages), rows)


def _found(connection: Connection, delivery_id: int) -> Delivery:
    found = reading.delivery(connection, delivery_id)
    if found is None:
        raise LedgerError(f"The ledger has no delivery {delivery_id}.")
    return found


def _update(connection: Connection, delivery_id: int, values: Mapping[str, Any], now: datetime) -> None:
    query = update(deliveries).where(deliveries.c.id == delivery_id)
    connection.execute(query.values(**values, updated_at=now))
