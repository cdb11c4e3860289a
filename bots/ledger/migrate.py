"""Brings a ledger to today's schema, after a backup, in one transaction."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from bots.errors import LedgerError
from bots.ledger import postgres
from bots.ledger.engine import reading, writing
from bots.ledger.tables import VERSION_TABLE


def upgrade(engine: Engine) -> Path | None:
    """Apply what is missing; returns the backup it made first, None when there was nothing to lose or to do.

    Raises LedgerError when the ledger was made by a newer weektech.
    """
    scripts = _scripts()
    with reading(engine) as connection:
        found = _revision(connection, scripts)
    if found == scripts.get_current_head():
        return None
    backup = _backup(engine, found) if found else None
    with writing(engine) as connection:
        _apply(connection)
    return backup


def _apply(connection: Connection) -> None:
    """All of it in the caller's transaction, which has the write lock: who starts at the same time finds it done."""
    if connection.dialect.name == "postgresql":
        postgres.make_schema(connection)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "bots.ledger:migrations")
    config.set_main_option("path_separator", "os")
    return config


@cache
def _scripts() -> ScriptDirectory:
    """The migrations there are; reading them takes longer than looking whether one is missing."""
    return ScriptDirectory.from_config(_config())


def _revision(connection: Connection, scripts: ScriptDirectory) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    found = context.get_current_revision()
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise LedgerError(
            f"The ledger was written by a newer weektech (schema {found}, this one knows "
            f"{scripts.get_current_head()}). Install the newer weektech, or point it at another ledger."
        )
    return found


def _backup(engine: Engine, revision: str) -> Path | None:
    """A copy beside the file, named after the schema it has; PostgreSQL has its own backups."""
    database = engine.url.database
    if engine.dialect.name != "sqlite" or not database:
        return None
    copy = Path(f"{database}.schema-{revision}.backup")
    # Copying the file would miss what is still in the write-ahead log.
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy
