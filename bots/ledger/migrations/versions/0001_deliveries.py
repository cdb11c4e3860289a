"""issues, sections, deliveries, message ids, leases, switches"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# A migration never changes once released, so it spells the types out instead of importing today's tables.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _identities()
    _deliveries()
    _housekeeping()


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _identities() -> None:
    op.create_table(
        "issues",
        _text("id"),
        _text("slug"),
        _text("title"),
        _text("path"),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("first_published_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_issues"),
    )
    op.create_table(
        "sections",
        _text("issue"),
        _text("id"),
        _text("title"),
        _text("path"),
        sa.Column("position", sa.Integer(), nullable=False),
        _text("digest"),
        _text("sample"),
        sa.PrimaryKeyConstraint("issue", "id", name="pk_sections"),
        sa.ForeignKeyConstraint(["issue"], ["issues.id"], name="fk_sections_issue"),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        _text("destination"),
        _text("issue"),
        _text("section"),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        _text("state"),
        _text("task"),
        _text("method"),
        _text("payload"),
        _text("payload_hash"),
        _text("source"),
        _text("target", null=True),
        _text("target_source"),
        _text("links", null=True),
        _text("target_links", null=True),
        _text("nonce"),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("claimed_at", MOMENT),
        _text("after", null=True),
        sa.Column("updated_at", MOMENT, nullable=False),
        _text("error_code"),
        _text("error"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.ForeignKeyConstraint(["issue", "section"], ["sections.issue", "sections.id"], name="fk_deliveries_issue"),
        sa.UniqueConstraint("destination", "issue", "section", "part", name="uq_deliveries_destination"),
        sa.UniqueConstraint("destination", "seq", name="uq_deliveries_seq"),
    )
    op.create_index("ix_deliveries_state", "deliveries", ["state"])
    op.create_table(
        "messages",
        sa.Column("delivery", ROW_ID, nullable=False),
        sa.Column("ord", sa.Integer(), nullable=False),
        _text("destination"),
        _text("message_id"),
        _text("url", null=True),
        sa.PrimaryKeyConstraint("delivery", "ord", name="pk_messages"),
        sa.ForeignKeyConstraint(["delivery"], ["deliveries.id"], name="fk_messages_delivery"),
    )
    op.create_index("ix_messages_message_id", "messages", ["destination", "message_id"])


def _housekeeping() -> None:
    op.create_table(
        "stamps",
        _text("instance"),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("instance", name="pk_stamps"),
    )
    op.create_table(
        "leases",
        _text("name"),
        _text("owner"),
        sa.Column("expires", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.create_table(
        "switches",
        _text("name"),
        _text("value"),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_switches"),
    )
