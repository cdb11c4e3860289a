"""what readers answer, who they are as far as that is kept, whom to write to, and what can be searched"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# As in 0001: a migration spells its types out.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _answers()
    _readers()


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _moment(name: str, *, null: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, MOMENT, nullable=null)


def _place() -> tuple[sa.Column[str], ...]:
    return _text("platform"), _text("chat"), _text("message_id")


def _answers() -> None:
    op.create_table(
        "aliases",
        *_place(),
        sa.Column("delivery", ROW_ID, nullable=False),
        _moment("seen_at"),
        sa.PrimaryKeyConstraint("platform", "chat", "message_id", name="pk_aliases"),
        sa.ForeignKeyConstraint(["delivery"], ["deliveries.id"], name="fk_aliases_delivery"),
    )
    op.create_index("ix_aliases_delivery", "aliases", ["delivery"])
    op.create_table(
        "comments",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        *_place(),
        _text("issue"),
        _text("section", null=True),
        _text("parent", null=True),
        _text("who"),
        _text("name"),
        _text("text"),
        _text("marks"),
        _text("url", null=True),
        _moment("said_at"),
        _moment("edited_at", null=True),
        _moment("gone_at", null=True),
        _moment("hidden_at", null=True),
        sa.Column("by_author", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
        sa.UniqueConstraint("platform", "chat", "message_id", name="uq_comments_platform"),
    )
    op.create_index("ix_comments_issue", "comments", ["issue", "section"])
    op.create_index("ix_comments_who", "comments", ["platform", "who"])
    op.create_table(
        "tallies",
        *_place(),
        _text("reaction"),
        sa.Column("number", sa.Integer(), nullable=False),
        _moment("updated_at"),
        sa.PrimaryKeyConstraint("platform", "chat", "message_id", "reaction", name="pk_tallies"),
    )
    op.create_table(
        "reacted",
        *_place(),
        _text("who"),
        _text("reactions"),
        _moment("updated_at"),
        sa.PrimaryKeyConstraint("platform", "chat", "message_id", "who", name="pk_reacted"),
    )


def _readers() -> None:
    op.create_table(
        "readers",
        _text("platform"),
        _text("who"),
        _text("language", null=True),
        _moment("blocked_at", null=True),
        sa.PrimaryKeyConstraint("platform", "who", name="pk_readers"),
    )
    op.create_table(
        "subscribers",
        _text("platform"),
        _text("chat"),
        _text("who"),
        _text("sections"),
        _text("format"),
        _moment("since"),
        _moment("ended_at", null=True),
        _text("why"),
        sa.PrimaryKeyConstraint("platform", "chat", name="pk_subscribers"),
    )
    op.create_table(
        "texts",
        _text("issue"),
        _text("section"),
        _text("title"),
        _text("text"),
        sa.Column("position", sa.Integer(), nullable=False),
        _moment("released_at"),
        sa.PrimaryKeyConstraint("issue", "section", name="pk_texts"),
    )
