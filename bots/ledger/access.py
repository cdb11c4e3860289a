"""How the parts of the ledger get at the database: the transactions and the clock of the one they belong to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

Transaction = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True, slots=True)
class Access:
    """What a part of the ledger is given. Either transaction raises LedgerError when the database can't be used."""

    reading: Transaction
    """One state of the ledger, without keeping a writer waiting."""
    writing: Transaction
    """Alone until it is committed."""
    now: Callable[[], datetime]
    point: Callable[[str], None]
    """For kill tests: called inside transactions."""
