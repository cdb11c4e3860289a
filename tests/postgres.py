"""A real PostgreSQL server for the tests, made in seconds and thrown away; each test gets a database of its own.

Without PostgreSQL these tests are skipped, or fail where nothing may be skipped.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bots.ledger.engine import connect
from bots.ledger.migrate import upgrade
from bots.ledger.postgres import SCHEMA
from bots.ledger.tables import metadata
from tests.ledgers import laid_out

_TEMPLATE = "template_ledger"
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "40",
    "shared_buffers": "16MB",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    # Not the zone the ledger's times are in, so that a mix-up shows.
    "timezone": "Asia/Shanghai",
}
# One user has a password; the others may enter freely, as nobody but the tests can reach the socket.
_RULES = "local all secretive scram-sha-256\nlocal all all trust\n"


def binaries() -> Path | None:
    """The folder with `initdb` and `postgres`, of the newest version; Debian keeps it off the PATH."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda path: int(path.parent.name))
    other = shutil.which("initdb")
    return Path(other).resolve().parent if other else None


@dataclass
class Server:
    """A server that is reached through a socket in its folder."""

    binaries: Path
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _spare: list[str] = field(default_factory=list)

    @property
    def socket(self) -> Path:
        return self.folder / ".s.PGSQL.5432"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str, user: str = "postgres") -> str:
        """As a host would hand it out; `user` may hold a password."""
        return f"postgres://{user}@/{database}?host={self.folder}"

    def make(self) -> None:
        """Make an empty cluster."""
        command = [str(self.binaries / "initdb"), "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        command = [*_as_other_user(), *command, "--locale=C.UTF-8", "--no-sync"]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
        assert done.returncode == 0, done.stderr
        (self.data / "pg_hba.conf").write_text(_RULES)

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = _SETTINGS | {"unix_socket_directories": str(self.folder)}
        given = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [*_as_other_user(), str(self.binaries / "postgres"), "-D", str(self.data), *given]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        while not self.answers():
            if self.process.poll() is not None:
                pytest.fail(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()}")
            time.sleep(0.01)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends every session and saves; SIGQUIT is a crash."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None

    def answers(self) -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(self.url("postgres")):
            return True
        return False

    def run(self, statement: str, *values: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """As the superuser, outside of any transaction; the rows it gives."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def hang_up(self, database: str) -> None:
        """End all its sessions, as an administrator can, and wait until they are gone."""
        self.run("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", database)

    @contextmanager
    def database(self) -> Iterator[str]:
        """The name of an empty database."""
        name = self._new("template0")
        yield name
        self.run(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def ledger(self) -> Iterator[str]:
        """The name of a database with a ledger as new: emptied and used again, as making one takes ten times longer."""
        name = self._spare.pop() if self._spare else self._new(self._template())
        yield name
        self.hang_up(name)
        self.run(f"ALTER DATABASE {name} RESET ALL")
        self.run(
            f"TRUNCATE {', '.join(f'{SCHEMA}.{table}' for table in metadata.tables)} RESTART IDENTITY", database=name
        )
        self._spare.append(name)

    def _new(self, template: str) -> str:
        name = f"weekly_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def _template(self) -> str:
        """The name of a database with today's schema."""
        if not self.run("SELECT 1 FROM pg_database WHERE datname = %s", _TEMPLATE):
            self.run(f"CREATE DATABASE {_TEMPLATE}")
            engine = connect(self.url(_TEMPLATE))
            upgrade(engine)
            engine.dispose()
        return _TEMPLATE


def _as_other_user() -> tuple[str, ...]:
    """PostgreSQL refuses to be run by root."""
    if os.geteuid() != 0:
        return ()
    return ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=INT", "--")


def _installed() -> Path:
    found = binaries()
    if found is None and os.environ.get("WEEKTECH_NO_SKIPS"):
        pytest.fail("PostgreSQL is not installed")
    if found is None:
        pytest.skip("PostgreSQL is not installed")
    return found


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One server a test process, started when the first test wants it."""
    installed = _installed()
    # pytest's own folders can be entered by their owner alone, and a socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="weektech-") as folder:
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        server = Server(installed, Path(folder))
        server.make()
        server.start()
        yield server
        server.stop(signal.SIGQUIT)


DATABASES = ["sqlite", "postgresql"]


@contextmanager
def ledger_in(request: pytest.FixtureRequest, kind: str, folder: Path) -> Iterator[str]:
    """The address of a new ledger in a file in `folder`, or on the server."""
    if kind == "sqlite":
        yield f"sqlite:///{laid_out(folder / 'ledger.db')}"
        return
    server: Server = request.getfixturevalue("postgres")
    with server.ledger() as name:
        yield server.url(name)


@pytest.fixture(params=DATABASES)
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a new ledger, in each kind of database."""
    with ledger_in(request, request.param, tmp_path) as url:
        yield url
