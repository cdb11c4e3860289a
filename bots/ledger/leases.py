"""One writer at a time: a lease with an owner and an end, taken over when its owner is known to be dead."""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, update

from bots.errors import Busy
from bots.ledger.rows import Lease
from bots.ledger.tables import leases

LIFETIME = timedelta(seconds=150)
"""Longer than the longest request (60 s) and a wait for its late answer."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A process, so described that another one on the same machine can tell whether it still runs."""

    host: str
    """Host name, the kernel's run and the process namespace: a process id means nothing outside of them."""
    pid: int
    started: str
    """The system's own start time of the process, "" where it can't be had; process ids are used again."""
    token: str
    """Tells two writers of one process apart."""

    @classmethod
    def this_process(cls) -> Owner:
        return cls(_host(), os.getpid(), _started(os.getpid()), secrets.token_hex(4))

    @classmethod
    def parse(cls, text: str) -> Owner:
        host, pid, started, token = text.rsplit("|", 3)
        return cls(host, int(pid), started, token)

    def __str__(self) -> str:
        return f"{self.host}|{self.pid}|{self.started}|{self.token}"

    @property
    def alive(self) -> bool:
        """False only when it is certain that the process is gone."""
        if self.host != _host():
            return True
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return _started(self.pid) == self.started


def acquire(connection: Connection, name: str, owner: Owner, now: datetime) -> Lease:
    """Take or extend a lease. Raises Busy while another living owner holds it."""
    found = connection.execute(select(leases).where(leases.c.name == name)).first()
    lease = Lease(name, str(owner), now + LIFETIME)
    if found is None:
        connection.execute(insert(leases).values(name=name, owner=lease.owner, expires=lease.expires))
        return lease
    if found.owner != lease.owner and found.expires > now and Owner.parse(found.owner).alive:
        raise Busy(_refusal(name, Owner.parse(found.owner), found.expires))
    connection.execute(update(leases).where(leases.c.name == name).values(owner=lease.owner, expires=lease.expires))
    return lease


def release(connection: Connection, name: str, owner: Owner) -> None:
    connection.execute(delete(leases).where((leases.c.name == name) & (leases.c.owner == str(owner))))


def _refusal(name: str, owner: Owner, expires: datetime) -> str:
    return (
        f"Another weektech is at work on {name}: process {owner.pid} on {owner.host.partition('/')[0]}, "
        f"at most until {expires:%Y-%m-%d %H:%M:%S} UTC unless it goes on. Wait for it, or stop it first."
    )


def _host() -> str:
    """Two containers may share a host name, but not a process namespace; two machines may share both names, but not
    the number their kernel gave itself at its start."""
    namespace, boot = Path("/proc/self/ns/pid"), Path("/proc/sys/kernel/random/boot_id")
    run = boot.read_text().strip() if boot.is_file() else ""
    return f"{socket.gethostname()}/{run}/{namespace.readlink() if namespace.is_symlink() else ''}"


def _started(pid: int) -> str:
    """Field 22 of /proc/<pid>/stat, counted behind the name, which may hold spaces; "dead" for a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "dead" if fields[0] in {"Z", "X"} else fields[19]
