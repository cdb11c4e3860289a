"""withdrawn and held issues, rulings and letters, the inbox, paused destinations, sightings"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# As in 0001: a migration spells its types out.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("issues", sa.Column("withdrawn_at", MOMENT))
    op.add_column("issues", sa.Column("hold", sa.Text()))
    _author()
    _listening()
    op.create_table(
        "pauses",
        _text("destination"),
        _text("why"),
        _moment("since"),
        _moment("retry_at"),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("destination", name="pk_pauses"),
    )


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _moment(name: str, *, null: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, MOMENT, nullable=null)


def _author() -> None:
    op.create_table(
        "rulings",
        _text("issue"),
        _text("what"),
        _text("value"),
        _text("made_by"),
        _moment("made_at"),
        sa.PrimaryKeyConstraint("issue", "what", name="pk_rulings"),
    )
    op.create_table(
        "letters",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        _text("key"),
        _text("issue", null=True),
        _text("text"),
        _text("choices"),
        _text("state"),
        sa.Column("attempt", sa.Integer(), nullable=False),
        _text("platform", null=True),
        _text("chat", null=True),
        _text("message_id", null=True),
        _moment("written_at"),
        _moment("sent_at", null=True),
        _text("answer", null=True),
        _text("answered_by", null=True),
        _moment("answered_at", null=True),
        _text("error"),
        sa.PrimaryKeyConstraint("id", name="pk_letters"),
        sa.UniqueConstraint("key", name="uq_letters_key"),
    )
    op.create_index("ix_letters_state", "letters", ["state"])


def _listening() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        _text("platform"),
        _text("key"),
        _text("kind"),
        _text("payload"),
        _moment("received_at"),
        _moment("done_at", null=True),
        _text("error"),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        sa.UniqueConstraint("platform", "key", name="uq_inbox_platform"),
    )
    op.create_index("ix_inbox_done_at", "inbox", ["done_at"])
    op.create_table(
        "cursors",
        _text("name"),
        _text("value"),
        _moment("updated_at"),
        sa.PrimaryKeyConstraint("name", name="pk_cursors"),
    )
    op.create_table(
        "sightings",
        _text("platform"),
        _text("chat"),
        _text("message_id"),
        _text("payload"),
        _moment("seen_at"),
        sa.PrimaryKeyConstraint("platform", "chat", "message_id", name="pk_sightings"),
    )
