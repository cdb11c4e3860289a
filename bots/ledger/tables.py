"""The ledger's tables, for SQLite and PostgreSQL alike."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import sqlalchemy
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    TypeDecorator,
    UniqueConstraint,
)

VERSION_TABLE = "weektech_version"
"""Alembic's own table under our name: a PostgreSQL database may belong to other programs too."""

_UNSTORABLE = re.compile("[\0\x1a\ud800-\udfff]")
_ESCAPED = re.compile("\x1a([0-9a-f]{4})")


class Text(TypeDecorator[str]):
    """Any text that Python can hold comes back as it was.

    A file's name may hold half a character, a platform's answer a NUL: PostgreSQL takes neither, SQLite's driver not
    the first. Each is kept as U+001A (substitute) and four hex digits, and so is that character itself.
    """

    impl = sqlalchemy.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _UNSTORABLE.sub(lambda found: f"\x1a{ord(found[0]):04x}", value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value) if isinstance(value, str) else None


class Moment(TypeDecorator[datetime]):
    """A time, zone-aware or refused; SQLite keeps it as UTC without a zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone reached the ledger: {value.isoformat()}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

# SQLite numbers rows by itself only for a column declared as exactly INTEGER.
RowId = BigInteger().with_variant(Integer(), "sqlite")

stamps = Table(
    "stamps",
    metadata,
    Column("instance", Text, primary_key=True),
    Column("created_at", Moment, nullable=False),
)

issues = Table(
    "issues",
    metadata,
    Column("id", Text, primary_key=True),
    Column("slug", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("first_published_at", Moment),
    Column("withdrawn_at", Moment),
    Column("hold", Text),
)

sections = Table(
    "sections",
    metadata,
    Column("issue", Text, ForeignKey("issues.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("sample", Text, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("destination", Text, nullable=False),
    Column("issue", Text, nullable=False),
    Column("section", Text, nullable=False),
    Column("part", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("task", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("payload_hash", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("target", Text),
    Column("target_source", Text, nullable=False),
    Column("links", Text),
    Column("target_links", Text),
    Column("nonce", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("claimed_at", Moment),
    Column("after", Text),
    Column("updated_at", Moment, nullable=False),
    Column("error_code", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("chat", Text),
    Column("within", Text),
    Column("todo", Text, nullable=False),
    ForeignKeyConstraint(["issue", "section"], ["sections.issue", "sections.id"]),
    UniqueConstraint("destination", "issue", "section", "part"),
    UniqueConstraint("destination", "seq", name="uq_deliveries_seq"),
    Index("ix_deliveries_state", "state"),
)

messages = Table(
    "messages",
    metadata,
    Column("delivery", RowId, ForeignKey("deliveries.id"), primary_key=True),
    Column("ord", Integer, primary_key=True),
    Column("destination", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("url", Text),
    # Not unique: a destination pointed at another chat meets the same small Telegram ids again.
    Index("ix_messages_message_id", "destination", "message_id"),
)

uploads = Table(
    "uploads",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("method", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("file", Text, nullable=False),
)

moves = Table(
    "moves",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("chat", Text, primary_key=True),
    Column("moved_to", Text, nullable=False),
    Column("noticed_at", Moment, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("expires", Moment, nullable=False),
)

switches = Table(
    "switches",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

# What the author said of an issue, or what was settled for them: which slot, which correction to leave alone.
rulings = Table(
    "rulings",
    metadata,
    Column("issue", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
)

letters = Table(
    "letters",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False),
    Column("issue", Text),
    Column("text", Text, nullable=False),
    Column("choices", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("platform", Text),
    Column("chat", Text),
    Column("message_id", Text),
    Column("written_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("answer", Text),
    Column("answered_by", Text),
    Column("answered_at", Moment),
    Column("error", Text, nullable=False),
    UniqueConstraint("key"),
    Index("ix_letters_state", "state"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("platform", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("done_at", Moment),
    Column("error", Text, nullable=False),
    UniqueConstraint("platform", "key"),
    Index("ix_inbox_done_at", "done_at"),
)

cursors = Table(
    "cursors",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

pauses = Table(
    "pauses",
    metadata,
    Column("destination", Text, primary_key=True),
    Column("why", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("retry_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
)

sightings = Table(
    "sightings",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("chat", Text, primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("payload", Text, nullable=False),
    Column("seen_at", Moment, nullable=False),
)

# Where else a message of ours is: a channel's post in its discussion group, a thread that hangs on it.
aliases = Table(
    "aliases",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("chat", Text, primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("delivery", RowId, ForeignKey("deliveries.id"), nullable=False),
    Column("seen_at", Moment, nullable=False),
    Index("ix_aliases_delivery", "delivery"),
)

comments = Table(
    "comments",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("platform", Text, nullable=False),
    Column("chat", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("issue", Text, nullable=False),
    Column("section", Text),
    Column("parent", Text),
    Column("who", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("marks", Text, nullable=False),
    Column("url", Text),
    Column("said_at", Moment, nullable=False),
    Column("edited_at", Moment),
    Column("gone_at", Moment),
    Column("hidden_at", Moment),
    Column("by_author", Boolean, nullable=False),
    UniqueConstraint("platform", "chat", "message_id"),
    Index("ix_comments_issue", "issue", "section"),
    Index("ix_comments_who", "platform", "who"),
)

tallies = Table(
    "tallies",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("chat", Text, primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("reaction", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

# Each reader's own reactions, where a platform tells them one by one.
reacted = Table(
    "reacted",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("chat", Text, primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("who", Text, primary_key=True),
    Column("reactions", Text, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

readers = Table(
    "readers",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("who", Text, primary_key=True),
    Column("language", Text),
    Column("blocked_at", Moment),
)

subscribers = Table(
    "subscribers",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("chat", Text, primary_key=True),
    Column("who", Text, nullable=False),
    Column("sections", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("why", Text, nullable=False),
)

texts = Table(
    "texts",
    metadata,
    Column("issue", Text, primary_key=True),
    Column("section", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("released_at", Moment, nullable=False),
)
