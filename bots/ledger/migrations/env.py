"""Alembic runs this file; it only ever gets a connection with a transaction already begun on it."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from bots.ledger.tables import VERSION_TABLE, metadata


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=metadata, version_table=VERSION_TABLE, render_as_batch=True
    )
    context.run_migrations()


_run(context.config.attributes["connection"])
