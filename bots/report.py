"""What a run achieved, destination by destination."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bots.ledger import Delivery, Task
from bots.model import State


@dataclass(frozen=True, slots=True)
class Progress:
    """One call carried out, for a progress bar."""

    destination: str
    done: int
    total: int
    """Calls this destination needs as far as known now; it never shrinks."""
    row: Delivery
    """As it stands after the call."""


@dataclass(frozen=True, slots=True)
class Report:
    """One destination after a run."""

    destination: str
    sent: int = 0
    edited: int = 0
    """Links resolved count too."""
    deleted: int = 0
    kept: int = 0
    finished: int = 0
    """Messages crossposted or pinned."""
    failed: tuple[Delivery, ...] = ()
    """The platform refused them; fix the reason and publish again."""
    in_doubt: tuple[Delivery, ...] = ()
    """Possibly out there, also those of other issues; the destination waits for `settle`."""
    passed_over: tuple[Delivery, ...] = ()
    """Possibly missing: nobody knows how the send ended, and the rest went on, as config.yaml wants it."""
    waiting: tuple[Delivery, ...] = ()
    """Not tried, or given up for now; the next run goes on with them."""
    stopped: str = ""
    """Why the destination stopped before its work was done, or what has to wait for another run."""
    advice: tuple[str, ...] = ()
    """What the author should know or do although all is done that can be."""

    @property
    def ok(self) -> bool:
        """True when all is done that can be; what was passed over may be missing all the same."""
        return not (self.failed or self.in_doubt or self.waiting or self.stopped)

    @property
    def done(self) -> str:
        """What was done, as `3 sent, 1 edited`; empty when nothing was."""
        return _counted(sent=self.sent, edited=self.edited, deleted=self.deleted, finished=self.finished)

    @property
    def left(self) -> str:
        """What was not, as `1 failed, 2 waiting`; empty when nothing is left."""
        return _counted(failed=len(self.failed), in_doubt=len(self.in_doubt), waiting=len(self.waiting))


def _counted(**counts: int) -> str:
    return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items() if number)


@dataclass(slots=True)
class Tally:
    """Counts while a destination is being served."""

    sent: int = 0
    edited: int = 0
    deleted: int = 0
    finished: int = 0
    touched: set[int] = field(default_factory=set)
    calls: int = 0
    """Carried out, refused ones included."""
    advice: list[str] = field(default_factory=list)

    def count(self, row: Delivery, task: Task) -> None:
        self.touched.add(row.id)
        self.sent += task is Task.SEND
        self.edited += task in {Task.EDIT, Task.LINK}
        self.deleted += task is Task.DELETE
        self.finished += task is Task.FINISH


def report(
    destination: str, tally: Tally, rows: Iterable[Delivery], unsettled: Iterable[Delivery], stopped: str
) -> Report:
    """Sum up from the rows as the ledger has them at the end."""
    rows = tuple(rows)
    doubted = {row.id: row for row in (*unsettled, *rows) if row.unsettled}
    missed = tuple(row for row in rows if row.passed_over)
    return Report(
        destination=destination,
        sent=tally.sent,
        edited=tally.edited,
        deleted=tally.deleted,
        kept=sum(row.id not in tally.touched for row in rows if _is_kept(row)),
        finished=tally.finished,
        failed=tuple(row for row in rows if row.state is State.FAILED),
        in_doubt=tuple(doubted.values()),
        passed_over=missed,
        waiting=tuple(row for row in rows if _is_waiting(row)),
        stopped=stopped,
        advice=(*tally.advice, *(_unknown(row) for row in missed)),
    )


def _unknown(row: Delivery) -> str:
    return f"{row.section} part {row.part} was passed over. {row.error} `weektech settle {row.id}` says what is true."


def _is_kept(row: Delivery) -> bool:
    return row.state is State.SENT and not row.left_over and not row.passed_over


def _is_waiting(row: Delivery) -> bool:
    """Pending work, and edits or deletions with a lost answer: those are simply repeated."""
    return row.state is State.PENDING or (row.state in {State.SENDING, State.IN_DOUBT} and not row.unsettled)
