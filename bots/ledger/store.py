"""The ledger: the only memory. One object, synchronous, one short transaction a method."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, delete, insert

from bots.errors import LedgerError
from bots.ledger import leases, library, memory, migrate, progress, reading, recalling, recording
from bots.ledger.access import Access
from bots.ledger.engine import connect, named, translated
from bots.ledger.engine import reading as read
from bots.ledger.engine import writing as write
from bots.ledger.feedback import Feedback
from bots.ledger.inbox import Inbox
from bots.ledger.leases import Owner
from bots.ledger.letters import Letters
from bots.ledger.library import Library
from bots.ledger.mailings import Mailings
from bots.ledger.readers import Readers
from bots.ledger.recalling import Recalled
from bots.ledger.rows import (
    PASSED_OVER,
    VOUCHED,
    Adoption,
    Change,
    Delivery,
    Intent,
    IssueRow,
    Lease,
    Past,
    Pool,
    SectionRow,
    Texts,
    Trouble,
)
from bots.ledger.rulings import Rulings
from bots.ledger.tables import stamps, switches
from bots.model import Destination, Kind, Message, Receipt, State
from bots.platforms.base import Sighting

PAUSED = "paused"
"""The switch that stops all sending."""
_SENDING = Intent()


def system_now() -> datetime:
    return datetime.now(UTC)


def nothing(_: str) -> None:
    """The hook of an ordinary run."""


class Ledger:
    """Deliveries and what became of them. Every method raises LedgerError when the database can't be used.

    Writers of one process queue up here instead of at the database, where waiting is unfair and ends after 5 s.
    """

    def __init__(
        self, engine: Engine, *, now: Callable[[], datetime] = system_now, point: Callable[[str], None] = nothing
    ) -> None:
        self._engine, self._now, self._point = engine, now, point
        self._turn = threading.Lock()
        self.instance = self._stamp()
        access = Access(lambda: read(self._engine), self._writing, now, point)
        self.letters, self.inbox, self.rulings = Letters(access), Inbox(access), Rulings(access)
        self.feedback = Feedback(access)
        self.library, self.readers = Library(access), Readers(access)
        self.mailings = Mailings(access, self.instance)

    @classmethod
    def open(
        cls,
        where: Path | str,
        *,
        now: Callable[[], datetime] = system_now,
        point: Callable[[str], None] = nothing,
    ) -> Self:
        """Open a SQLite file (made if missing) or a database URL, and bring it to today's schema.

        `point` is called inside transactions, at `plan.during`, `intent.during` and `confirm.during`: for kill tests.
        """
        engine = connect(where if isinstance(where, str) and "://" in where else f"sqlite:///{where}")
        _make_room(engine)
        try:
            with translated(engine):
                migrate.upgrade(engine)
            return cls(engine, now=now, point=point)
        except BaseException:
            engine.dispose()
            raise

    def close(self) -> None:
        self._engine.dispose()

    @property
    def database(self) -> str:
        """The kind of the database and its version."""
        return named(self._engine)

    # Reading

    def issue(self, issue_id: str) -> IssueRow | None:
        with read(self._engine) as connection:
            return reading.issue(connection, issue_id)

    def issues(self) -> tuple[IssueRow, ...]:
        with read(self._engine) as connection:
            return reading.all_issues(connection)

    def past(self, issue_id: str) -> Past:
        with read(self._engine) as connection:
            return reading.past(connection, issue_id)

    def section_digests(self) -> Mapping[str, frozenset[str]]:
        """Issue to the hashes of its sections, see `bots.planning.matching.identify`."""
        with read(self._engine) as connection:
            return reading.section_digests(connection)

    def deliveries(self, issue_id: str, destination: str) -> tuple[Delivery, ...]:
        with read(self._engine) as connection:
            return reading.of_destination(connection, issue_id, destination)

    def delivery(self, delivery_id: int) -> Delivery | None:
        with read(self._engine) as connection:
            return reading.delivery(connection, delivery_id)

    def unsettled(self, destination: str) -> tuple[Delivery, ...]:
        with read(self._engine) as connection:
            return reading.unsettled(connection, destination)

    def unfinished(self) -> tuple[Delivery, ...]:
        """Every delivery that is pending, sending, failed, in doubt or passed over: what `status` names."""
        with read(self._engine) as connection:
            return reading.unfinished(connection)

    def made_at(self) -> datetime:
        """When this ledger was begun: what is older was never its business."""
        with read(self._engine) as connection:
            return reading.made_at(connection)

    def begun(self) -> frozenset[str]:
        """The issues of which something was handed to a platform."""
        with read(self._engine) as connection:
            return reading.begun(connection)

    def staying(self) -> frozenset[str]:
        """The issues of which readers see something that is to stay."""
        with read(self._engine) as connection:
            return reading.staying(connection)

    def recall(self, platform: str, since: datetime) -> Recalled:
        """What is known of a platform's chats since then."""
        with read(self._engine) as connection:
            return recalling.recall(connection, platform, since)

    # Evidence

    def known_ids(self, destination: str, above: str | None) -> frozenset[str]:
        """Recorded message ids of ours in the destination's chat that are higher than `above`, all of them for None."""
        with read(self._engine) as connection:
            return reading.known_ids(connection, destination, above)

    def strays(self, row: Delivery) -> bool:
        """True when another send of the destination may have left a message above `row.after` that none owns."""
        with read(self._engine) as connection:
            return reading.strays(connection, row)

    def sightings(self, platform: str, chat: str, above: str | None) -> tuple[Sighting, ...]:
        """What witnesses showed us of a chat, ids higher than `above`, in their order."""
        with read(self._engine) as connection:
            return reading.seen(connection, platform, chat, above)

    def sight(self, platform: str, chat: str, message_id: str, payload: Mapping[str, Any]) -> None:
        """Keep what a witness showed us of a message; a chat with two names is kept under both, one call each."""
        with self._writing() as connection:
            memory.sight(connection, platform, chat, Sighting(message_id, payload), self._now())

    # Planning

    def record(
        self, issue: IssueRow, sections: Sequence[SectionRow], changes: Sequence[Change], texts: Texts | None = None
    ) -> None:
        """Freeze a plan, all of it or nothing. Raises LedgerError if `issue.revision` is no longer the latest.

        `texts` are the issue's words for the library, None to leave those it has.
        """
        stamp = recording.Stamp(self.instance, self._now())
        with self._writing() as connection:
            recording.issue(connection, issue)
            recording.issue_sections(connection, issue.id, sections)
            if texts is not None:
                library.keep(connection, issue.id, texts)
            self._point("plan.during")
            for change in changes:
                recording.change(connection, issue.id, change, stamp)

    def adopt(self, issue: IssueRow, sections: Sequence[SectionRow], found: Sequence[Adoption | Change]) -> None:
        """Record messages that are out there, all of them or none, with the changes that go with them.

        Raises LedgerError as `record` does.
        """
        stamp = recording.Stamp(self.instance, self._now())
        with self._writing() as connection:
            recording.issue(connection, issue)
            recording.issue_sections(connection, issue.id, sections)
            self._point("plan.during")
            for one in found:
                change = one.change if isinstance(one, Adoption) else one
                recording.change(connection, issue.id, change, stamp)
                if isinstance(one, Adoption):
                    progress.adopt(connection, issue.id, one, stamp.now)

    # Carrying out

    def claim(self, row: Delivery, owner: Owner, intent: Intent = _SENDING) -> Delivery:
        """Commit the intent, if `owner` still holds the destination's lease, and extend that."""
        with self._writing() as connection:
            leases.acquire(connection, row.destination, owner, self._now())
            claimed = progress.claim(connection, row, intent, self._now())
            self._point("intent.during")
            return claimed

    def confirm(self, row: Delivery, receipt: Receipt) -> Delivery:
        """Commit that the task of `row` was carried out."""
        with self._writing() as connection:
            confirmed = progress.confirm(connection, row.id, receipt, self._now())
            self._point("confirm.during")
            return confirmed

    def release(self, row: Delivery, trouble: Trouble) -> Delivery:
        """Back to pending: the platform provably did not take it, it may be tried again."""
        return self._put(row, State.PENDING, trouble)

    def fail(self, row: Delivery, trouble: Trouble) -> Delivery:
        """The platform refuses it; a new plan is needed."""
        return self._put(row, State.FAILED, trouble)

    def doubt(self, row: Delivery, trouble: Trouble) -> Delivery:
        """Nobody knows how it ended."""
        return self._put(row, State.IN_DOUBT, trouble)

    def give_up(self, row: Delivery, why: str, struck: Message | None = None) -> Delivery:
        """Its task can't be carried out, ever: it stays out there as it is, and no plan tries again.

        What can't be taken back is to become `struck`, if given.
        """
        with self._writing() as connection:
            return progress.give_up(connection, row.id, why, self._now(), struck)

    def retry(self, issue_id: str, destination: str) -> None:
        """What failed may be tried again as it was planned."""
        with self._writing() as connection:
            progress.retry(connection, issue_id, destination, self._now())

    def pass_over(self, row: Delivery, why: str, *, vouched: bool = False) -> Delivery:
        """The issue goes on without it although it may be missing; only a correction sends it.

        `vouched` says that the author saw it: not even a correction sends it then.
        """
        with self._writing() as connection:
            trouble = Trouble(VOUCHED if vouched else PASSED_OVER, why)
            return progress.pass_over(connection, row.id, trouble, self._now())

    def reopen(self, row: Delivery) -> Delivery:
        """What was passed over is in doubt again."""
        with self._writing() as connection:
            return progress.reopen(connection, row.id, self._now())

    # What the platforms remember

    def uploaded(self, pool: Pool, digests: Iterable[str]) -> Mapping[str, str]:
        """Hash of a picture to the platform's id of it, for those that were sent before."""
        with read(self._engine) as connection:
            return reading.uploaded(connection, pool, digests)

    def remember(self, pool: Pool, files: Mapping[str, str]) -> None:
        """Keep the platform's ids of pictures, by the hash of what was sent."""
        with self._writing() as connection:
            memory.remember(connection, pool, files)

    def forget(self, pool: Pool, digests: Iterable[str]) -> None:
        """Ids the platform does not know any more."""
        with self._writing() as connection:
            memory.forget(connection, pool, digests)

    def located(self, destination: Destination) -> Destination:
        """The destination at the chat's present id, when the one that config.yaml names has become a supergroup."""
        moved_to = self.moved(destination.platform, destination.chat)
        return destination if moved_to is None else replace(destination, chat=moved_to, kind=Kind.SUPERGROUP)

    def moved(self, platform: str, chat: str) -> str | None:
        """Where a chat went, None if it did not move."""
        with read(self._engine) as connection:
            return reading.moved(connection, platform, chat)

    def move(self, platform: str, chat: str, moved_to: str) -> None:
        """Keep that a chat lives on under another id."""
        with self._writing() as connection:
            memory.move(connection, platform, chat, moved_to, self._now())

    def _put(self, row: Delivery, state: State, trouble: Trouble) -> Delivery:
        with self._writing() as connection:
            return progress.put(connection, row, state, trouble, self._now())

    # Leases and switches

    def acquire(self, name: str, owner: Owner) -> Lease:
        """Take or extend a lease. Raises LedgerError, naming owner and end, while another living owner holds it."""
        with self._writing() as connection:
            return leases.acquire(connection, name, owner, self._now())

    def give_back(self, name: str, owner: Owner) -> None:
        with self._writing() as connection:
            leases.release(connection, name, owner)

    def paused(self) -> str | None:
        """Why sending is paused, None when it is not."""
        with read(self._engine) as connection:
            return reading.switch(connection, PAUSED)

    def pause(self, why: str) -> None:
        """Stop all sending, in running processes too, before their next call."""
        with self._writing() as connection:
            connection.execute(delete(switches).where(switches.c.name == PAUSED))
            connection.execute(insert(switches).values(name=PAUSED, value=why, updated_at=self._now()))

    def go_on(self) -> str | None:
        """Take the pause back; why there was one, None when there was none."""
        with self._writing() as connection:
            why = reading.switch(connection, PAUSED)
            connection.execute(delete(switches).where(switches.c.name == PAUSED))
            return why

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._turn, write(self._engine) as connection:
            yield connection

    def _stamp(self) -> str:
        """The ledger's own name, made at first use: nonces of two ledgers never meet."""
        with read(self._engine) as connection:
            found = reading.instance(connection)
        if found is not None:
            return found
        with self._writing() as connection:
            # Another process may have opened the new ledger in between.
            if reading.instance(connection) is None:
                connection.execute(insert(stamps).values(instance=secrets.token_hex(8), created_at=self._now()))
            made = reading.instance(connection)
        if made is None:
            raise LedgerError("The ledger does not keep what is written to it. Restore a backup.")
        return made


def _make_room(engine: Engine) -> None:
    """Make the folder of a SQLite file."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return
    try:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(f"The ledger's folder can't be made: {error}. Choose another place.") from error
