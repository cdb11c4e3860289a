"""What readers wrote, filed: the same whatever order the events come in, and however often.

A row stands for one message of a chat. Its words are those of its last change; once it is gone nothing of it but its
place is kept, and it never comes back. What belongs nowhere yet (its issue is empty) is held back for two days, as
long as the inbox keeps what it was told: the message it answers may be on its way still. Nobody is shown such a row.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, exists, insert, select, update

from bots.events import Mark
from bots.ledger import places, reading
from bots.ledger.places import Known, Spot
from bots.ledger.tables import comments, readers, switches

HELD = timedelta(days=2)
"""How long what belongs nowhere yet is held back."""

_NOTHING = {"who": "", "name": "", "text": "", "marks": "[]", "url": None, "edited_at": None}
"""The columns of a row of which only its place is kept."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody wrote, before it is known whether it belongs to an issue. Name and text are clean already."""

    spot: Spot
    who: str
    """Hash of the writer, see `bots.privacy.who`."""
    name: str
    text: str
    at: datetime
    """When it was written, for a changed one when it was changed."""
    marks: tuple[Mark, ...] = ()
    edited: bool = False
    reply_to: str | None = None
    thread: str | None = None
    url: str | None = None
    by_author: bool = False
    private: bool = False
    """In a chat with the bot alone, where nothing but an answer to an issue concerns us."""
    withheld: bool = False
    """Its writer does not want it kept: only where it was is, so that answers to it find their place."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A reader's message that belongs to an issue."""

    id: int
    platform: str
    chat: str
    message_id: str
    issue: str
    section: str | None
    """None for the issue as a whole."""
    parent: str | None
    """Message id of the one it answers, in the same chat; None when it answers the issue itself."""
    who: str
    """Hash of the writer; empty once it was let go of."""
    name: str
    text: str
    marks: tuple[Mark, ...]
    url: str | None
    said_at: datetime
    edited_at: datetime | None
    gone_at: datetime | None
    hidden_at: datetime | None
    by_author: bool
    blocked: bool = False
    """Its writer is blocked."""

    @property
    def spot(self) -> Spot:
        return Spot(self.platform, self.chat, self.message_id)

    @property
    def visible(self) -> bool:
        return self.gone_at is None and self.hidden_at is None and not self.blocked


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a row belongs, as its columns have it; held back, the thread it was said in stands for the section."""

    issue: str
    section: str | None
    parent: str | None


def file(connection: Connection, remark: Remark, known: Known, now: datetime) -> Comment | None:
    """Take in a message or a change of one; None for what is no comment, or not known to be one yet."""
    row = _row(connection, remark.spot)
    place = _place(connection, remark.spot, remark.reply_to, remark.thread, known)
    if row is None and place is None and (remark.private or not (remark.reply_to or remark.thread)):
        return None
    withheld = remark.withheld or _is_unwanted(connection, remark) or _is_echo(connection, remark, place)
    if row is None:
        held = place or _Place("", remark.thread, remark.reply_to)
        connection.execute(insert(comments).values(**_new(remark, held, now, withheld=withheld)))
    else:
        placed = _placed(row, place, remark)
        changed = {**asdict(placed), "said_at": _said_at(row, remark), **_content(row, remark, now, withheld=withheld)}
        connection.execute(update(comments).where(comments.c.id == row.id).values(**changed))
    if place is not None and (row is None or not row.issue):
        _place_answers(connection, remark.spot, known)
    return one(connection, _at(remark.spot) & (comments.c.issue != ""))


def unsay(connection: Connection, spot: Spot, now: datetime) -> None:
    """A message was deleted; one not heard of yet will not be taken in when it is."""
    row = _row(connection, spot)
    if row is None:
        connection.execute(insert(comments).values(**_bare(spot, now)))
    elif row.gone_at is None:
        connection.execute(update(comments).where(comments.c.id == row.id).values(**_NOTHING, gone_at=now))


def settle(connection: Connection, known: Known, now: datetime) -> None:
    """Find places for what was held back, and better ones for what answers a message of ours not known then."""
    held = (comments.c.issue == "") & (comments.c.section.is_not(None) | comments.c.parent.is_not(None))
    parents = comments.alias()
    known_parent = exists().where(
        and_(
            parents.c.platform == comments.c.platform,
            parents.c.chat == comments.c.chat,
            parents.c.message_id == comments.c.parent,
        )
    )
    recent = (comments.c.said_at >= now - HELD) & comments.c.parent.is_not(None) & ~known_parent
    for row in connection.execute(select(comments).where(held | recent)).all():
        spot = Spot(row.platform, row.chat, row.message_id)
        place = _place(connection, spot, row.parent, None if row.issue else row.section, known)
        if place is not None:
            connection.execute(update(comments).where(comments.c.id == row.id).values(**asdict(place)))
            _place_answers(connection, spot, known)


def forget(connection: Connection, condition: ColumnElement[bool], now: datetime) -> int:
    """Keep nothing of some rows but their place, for good; returns how many."""
    query = update(comments).where(condition & comments.c.gone_at.is_(None))
    return connection.execute(query.values(**_NOTHING, gone_at=now)).rowcount


def expire(connection: Connection, before: datetime) -> int:
    """Let go of words and writers of what was said before that moment; returns how many."""
    kept = (comments.c.text != "") | (comments.c.who != "") | (comments.c.name != "")
    query = update(comments).where((comments.c.said_at < before) & kept)
    return connection.execute(query.values(**{**_NOTHING, "edited_at": comments.c.edited_at})).rowcount


def drop_held(connection: Connection, before: datetime) -> None:
    """Delete what belonged nowhere for too long."""
    connection.execute(delete(comments).where((comments.c.issue == "") & (comments.c.said_at < before)))


def one(connection: Connection, condition: ColumnElement[bool]) -> Comment | None:
    found = some(connection, condition)
    return found[0] if found else None


def some(connection: Connection, condition: ColumnElement[bool]) -> tuple[Comment, ...]:
    """Comments in the order in which they were written."""
    mine = (readers.c.platform == comments.c.platform) & (readers.c.who == comments.c.who)
    query = select(comments, readers.c.blocked_at).outerjoin(readers, mine).where(condition)
    rows: Sequence[Row[Any]] = connection.execute(query.order_by(comments.c.said_at, comments.c.id)).all()
    return tuple(_comment(row) for row in rows)


def blocked(connection: Connection, platform: str, who: str) -> bool:
    """True for a reader whose words are not wanted."""
    mine = (readers.c.platform == platform) & (readers.c.who == who) & readers.c.blocked_at.is_not(None)
    return connection.scalar(select(readers.c.who).where(mine)) is not None


def forgotten_key(platform: str, who: str) -> str:
    """Name of the switch that says up to when nothing of a reader is to be kept."""
    return f"forgotten:{platform}:{who}"


def _is_unwanted(connection: Connection, remark: Remark) -> bool:
    """True when its writer is blocked, or withdrew what they had written by then."""
    until = connection.scalar(
        select(switches.c.value).where(switches.c.name == forgotten_key(remark.spot.platform, remark.who))
    )
    forgotten = until is not None and remark.at <= datetime.fromisoformat(until)
    return forgotten or blocked(connection, remark.spot.platform, remark.who)


def _is_echo(connection: Connection, remark: Remark, place: _Place | None) -> bool:
    """True when the author says once more what the issue says, such as by a repost into the thread."""
    if not remark.by_author or place is None:
        return False
    said = _letters(remark.text)
    return any(_letters(row.payload.text) == said for row in reading.of_issue(connection, place.issue))


def _letters(text: str) -> str:
    """A text without what copying it may change: blanks, and the joiners that keep names from becoming links."""
    return " ".join(text.replace("\u2060", "").split())


# Places


def _place(connection: Connection, spot: Spot, reply_to: str | None, thread: str | None, known: Known) -> _Place | None:
    """Where a message belongs by what it answers, else by the thread it stands in; None for nowhere yet."""
    if reply_to is not None:
        answered = places.home(connection, spot.beside(reply_to), known)
        if answered is not None:
            return _Place(answered.issue, answered.section, None)
        parent = _row(connection, spot.beside(reply_to))
        if parent is not None and parent.issue:
            return _Place(parent.issue, parent.section, reply_to)
    about = places.thread(connection, spot.beside(thread), known) if thread is not None else None
    return _Place(about.issue, about.section, reply_to) if about is not None else None


def _placed(row: Row[Any], place: _Place | None, remark: Remark) -> _Place:
    """A message does not move, so the place it has is kept; one without gets its place, or what it is held back by."""
    if row.issue:
        return _Place(row.issue, row.section, row.parent)
    if place is not None:
        return place
    return _Place("", row.section or remark.thread, row.parent or remark.reply_to)


def _place_answers(connection: Connection, spot: Spot, known: Known) -> None:
    """Whatever answers a message belongs where that belongs."""
    waiting, seen = [spot], {spot}
    while waiting:
        answered = waiting.pop()
        here = (comments.c.platform == spot.platform) & (comments.c.chat == spot.chat)
        for row in connection.execute(select(comments).where(here & (comments.c.parent == answered.message_id))).all():
            place = _place(connection, answered, row.parent, None, known)
            own = spot.beside(row.message_id)
            if place is not None and own not in seen:
                connection.execute(update(comments).where(comments.c.id == row.id).values(**asdict(place)))
                seen.add(own)
                waiting.append(own)


# Columns


def _new(remark: Remark, place: _Place, now: datetime, *, withheld: bool) -> dict[str, Any]:
    gone = {**_NOTHING, "gone_at": now}
    return {
        **_spot(remark.spot),
        **asdict(place),
        "said_at": remark.at,
        "by_author": remark.by_author,
        **(gone if withheld else _words(remark)),
    }


def _bare(spot: Spot, now: datetime) -> dict[str, Any]:
    """A deletion without its message."""
    nowhere = asdict(_Place("", None, None))
    return {**_spot(spot), **nowhere, **_NOTHING, "said_at": now, "gone_at": now, "by_author": False}


def _words(remark: Remark) -> dict[str, Any]:
    return {
        "who": remark.who,
        "name": remark.name,
        "text": remark.text,
        # Only ASCII, as everything that came from outside.
        "marks": json.dumps([asdict(mark) for mark in remark.marks]),
        "url": remark.url,
        "edited_at": remark.at if remark.edited else None,
    }


def _said_at(row: Row[Any], remark: Remark) -> datetime:
    """A change may come before the message itself, and a deletion knows no time."""
    bare = not row.issue and row.section is None and row.parent is None
    said_at: datetime = row.said_at
    return remark.at if bare else min(said_at, remark.at)


def _content(row: Row[Any], remark: Remark, now: datetime, *, withheld: bool) -> dict[str, Any]:
    """The words that count: those of the latest change, none of what is gone."""
    by_author = {"by_author": remark.by_author}
    if row.gone_at is not None:
        return by_author
    if withheld:
        return {**_NOTHING, **by_author, "gone_at": now}
    latest = row.edited_at is None or remark.at >= row.edited_at if remark.edited else row.edited_at is None
    return {**_words(remark), **by_author} if latest else {}


def _spot(spot: Spot) -> dict[str, Any]:
    return {"platform": spot.platform, "chat": spot.chat, "message_id": spot.message_id}


def _at(spot: Spot) -> ColumnElement[bool]:
    here = (comments.c.platform == spot.platform) & (comments.c.chat == spot.chat)
    return here & (comments.c.message_id == spot.message_id)


def _row(connection: Connection, spot: Spot) -> Row[Any] | None:
    return connection.execute(select(comments).where(_at(spot))).first()


def _comment(row: Row[Any]) -> Comment:
    return Comment(
        id=row.id,
        platform=row.platform,
        chat=row.chat,
        message_id=row.message_id,
        issue=row.issue,
        section=row.section,
        parent=row.parent,
        who=row.who,
        name=row.name,
        text=row.text,
        marks=tuple(_marks(json.loads(row.marks))),
        url=row.url,
        said_at=row.said_at,
        edited_at=row.edited_at,
        gone_at=row.gone_at,
        hidden_at=row.hidden_at,
        by_author=row.by_author,
        blocked=row.blocked_at is not None,
    )


def _marks(raw: Iterable[dict[str, Any]]) -> Iterable[Mark]:
    return (Mark(**each) for each in raw)
