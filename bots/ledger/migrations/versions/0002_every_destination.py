"""threads, what is done at the end, pictures sent before, chats that moved"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("chat", sa.Text()))
    op.add_column("deliveries", sa.Column("within", sa.Text()))
    # Nothing is left to do for what was sent before: an upgrade never touches the archive.
    op.add_column("deliveries", sa.Column("todo", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "uploads",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "method", "digest", name="pk_uploads"),
    )
    op.create_table(
        "moves",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("moved_to", sa.Text(), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("platform", "chat", name="pk_moves"),
    )
