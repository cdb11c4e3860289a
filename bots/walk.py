"""One destination's way through what the ledger says is still to be done there, in order and resumable anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bots.courier import LONG, Courier, Crew, Job
from bots.errors import ChatClosed, InDoubt, SendError, TokenRejected, TryLater
from bots.ledger import Delivery, Task, Trouble
from bots.ledger.rows import SENT_AGAIN
from bots.model import Destination, State
from bots.plan import Limits
from bots.planning.places import addresses, answered, head_of, links_of, thread_of
from bots.platforms.base import EARLY
from bots.report import Progress, Report, Tally, report


@dataclass(frozen=True, slots=True)
class Rules:
    """How patient and how careful a run is."""

    limits: Limits = field(default_factory=Limits)
    tries: int = 6
    """Calls made for one delivery before it is left for the next run."""
    patience: float = 60.0
    """Most seconds waited between two tries when the platform names no time."""
    grace: float = 8.0
    """Seconds a cancelled run waits for a call under way; with closing both senders it stays below 20."""
    in_doubt: Literal["ask", "resend", "skip"] = "ask"
    """A send whose fate no evidence tells: wait for the author, send it again, or go on without it."""


@dataclass(slots=True)
class Run:
    """What the destinations of one run share."""

    sends_left: int
    held: set[str] = field(default_factory=set)
    closed: dict[str, str] = field(default_factory=dict)
    """Platform to the reason why its token can't be used."""


class _Stopped(Exception):
    """The destination goes no further in this run."""


class Walk:
    """One destination's way through its open rows."""

    def __init__(
        self, crew: Crew, courier: Courier, rules: Rules, run: Run, progress: Callable[[Progress], None]
    ) -> None:
        self._crew, self._courier, self._rules, self._run, self._progress = crew, courier, rules, run, progress
        self._tally = Tally()
        self._destination = ""
        self._post = Path()
        self._left = 0
        self._held: list[str] = []
        """What the next run has to do, in words."""
        self._again: set[int] = set()
        """Sent again in this run: once is enough, whatever swallows the answers."""
        self._taken = 0
        """Of the run's sends by the call under way; a picture that can't be read fails before it takes one."""

    async def go(self, issue: str, configured: Destination) -> Report:
        """Do all that can be done now; `configured` is the destination as config.yaml names it."""
        ledger = self._crew.ledger
        self._destination = configured.name
        found = await self._courier.ledger(ledger.issue, issue)
        self._post = Path(found.path) if found else Path()
        stopped = ""
        try:
            await self._settle_old(issue)
            await self._parts(await self._rows(issue))
            await self._contents(await self._rows(issue))
            await self._deletions(await self._rows(issue))
            await self._last_things(await self._rows(issue))
        except _Stopped as stop:
            stopped = str(stop)
        self._tally.advice = [*self._courier.given_up, *_moved(configured, self._courier.chat)]
        unsettled = await self._courier.ledger(ledger.unsettled, configured.name)
        rows = await self._rows(issue)
        return report(configured.name, self._tally, rows, unsettled, stopped or " ".join(self._held))

    async def _rows(self, issue: str) -> tuple[Delivery, ...]:
        rows = await self._courier.ledger(self._crew.ledger.deliveries, issue, self._destination)
        self._left = sum((row.task not in {Task.NONE, Task.FINISH}) + bool(row.todo) for row in rows)
        return rows

    async def _settle_old(self, issue: str) -> None:
        """Sends of a dead process, and those in doubt, of any issue, come before anything new."""
        unsettled = await self._courier.ledger(self._crew.ledger.unsettled, self._destination)
        if unsettled:
            await self._rows(issue)  # all of it waits for them
        for row in unsettled:
            await self._settled(row)

    async def _parts(self, rows: Iterable[Delivery]) -> None:
        """New messages and edits, in sending order; the contents message is edited when all links are known."""
        for row in rows:
            if row.task is Task.SEND and row.state is State.FAILED:
                raise _Stopped(f"{row.section} part {row.part} failed and the rest keeps its order: {row.error}")
            if row.task is Task.SEND or (
                row.task is Task.EDIT and row.state is not State.FAILED and not _contents(row)
            ):
                await self._carried(row, row.task)

    async def _contents(self, rows: tuple[Delivery, ...]) -> None:
        urls = addresses(rows)
        for row in rows:
            if not row.out_there or row.left_over or row.task is Task.DELETE or not _contents(row):
                continue
            links = links_of(row.target or row.payload, urls)
            if row.task is Task.EDIT:
                await self._carried(row, Task.EDIT, links)
            elif row.task is Task.LINK or links != dict(row.links or {}):
                await self._carried(row, Task.LINK, links)

    async def _deletions(self, rows: Iterable[Delivery]) -> None:
        for row in rows:
            if row.task is not Task.DELETE or row.state is State.FAILED:
                continue
            await self._carried(row, Task.DELETE)
            left = await self._fresh(row)
            if left.left_over and left.task is Task.EDIT:
                await self._carried(left, Task.EDIT)

    async def _last_things(self, rows: tuple[Delivery, ...]) -> None:
        """Crosspost, pin: once and for good, so nothing may be missing that followers or readers would be led to."""
        if any(row.task not in {Task.NONE, Task.FINISH} for row in rows):
            return
        for row in rows:
            if row.todo and row.out_there:
                await self._carried(row, Task.FINISH)

    async def _within(self, row: Delivery) -> str | None:
        """The thread a new message goes into. Raises _Stopped while there is none."""
        if not row.payload.inside:
            return None
        rows = await self._courier.ledger(self._crew.ledger.deliveries, row.issue, self._destination)
        thread = thread_of(rows)
        if thread is None:
            raise _Stopped(
                f"{row.section} part {row.part} and what follows go into the thread of the issue's first message, "
                f"which is not out there: {_fate(head_of(rows))}"
            )
        return thread

    async def _answered(self, row: Delivery, within: str | None) -> str | None:
        """The message an erratum replies to; asked at each try, because a chat that moved has other ids."""
        if not row.payload.answers:
            return None
        rows = await self._courier.ledger(self._crew.ledger.deliveries, row.issue, self._destination)
        return answered(rows, row.section, self._courier.chat, within)

    async def _carried(self, row: Delivery, task: Task, links: Mapping[str, str] | None = None) -> None:
        """Carry one task out, with as many tries as the rules allow. Raises _Stopped if the destination has to wait."""
        within = await self._within(row) if task is Task.SEND else None
        for trial in range(self._rules.tries):
            answers = await self._answered(row, within) if task is Task.SEND else None
            job = Job(row, task, self._post, links, within, answers, max(1, self._left))
            self._taken = 0
            error = await self._courier.carry(job, lambda: self._may_go(task))
            if error is None or await self._overcome(row, task, error, trial):
                break
            row = await self._fresh(row)
        else:
            raise _Stopped(f"{row.section} part {row.part} was tried {self._rules.tries} times: {row.error}")
        # A change that ended with an error was refused or given up; only of a send may evidence say that it is there.
        await self._count(row, done=None if error and task is not Task.SEND else task)

    async def _overcome(self, row: Delivery, task: Task, error: SendError, trial: int) -> bool:
        """True when there is nothing more to do for the row, False to try again."""
        self._run.sends_left += self._taken
        match error:
            case ChatClosed(moved_to=str(moved_to)) if moved_to != self._courier.chat:
                await self._courier.follow(moved_to)
                return False
            case TokenRejected():
                self._run.closed[self._platform] = str(error)
                raise _Stopped(str(error))
            case _ if task is Task.FINISH:
                return await self._put_off(row, error, trial)
            case InDoubt() if task is Task.SEND:
                await self._settled(await self._fresh(row))
                return (await self._fresh(row)).state is State.SENT
            case TryLater() | InDoubt():
                await self._wait(error, trial)
                return False
            case ChatClosed():
                raise _Stopped(str(error))
        if task is Task.SEND:
            raise _Stopped(f"{row.section} part {row.part} was refused: {error}")
        return True

    async def _put_off(self, row: Delivery, error: SendError, trial: int) -> bool:
        """True when it is left for the next run: a wait of an hour must keep neither the run nor the token."""
        soon = isinstance(error, InDoubt) or (isinstance(error, TryLater) and error.after < LONG)
        if soon and trial + 1 < self._rules.tries:
            await self._wait(error, trial)
            return False
        self._held.append(f"{' and '.join(row.todo)}: {(await self._fresh(row)).error}")
        return True

    async def _settled(self, row: Delivery) -> None:
        """Ask for evidence until there is an answer. Raises _Stopped while the row stays in doubt."""
        error: SendError | None = None
        for trial in range(self._rules.tries):
            error = await self._courier.settle(row, max(1, self._left))
            if not isinstance(error, TryLater):
                break
            await self._wait(error, trial)
        if error is not None and not (isinstance(error, InDoubt) and await self._decided(row)):
            raise _Stopped(f"{row.section} part {row.part} of {row.issue} is in doubt: {error}")

    async def _decided(self, row: Delivery) -> bool:
        """What the author decided beforehand about what stays in doubt; False to wait for their word."""
        ledger = self._crew.ledger
        if self._rules.in_doubt == "skip":
            await self._courier.ledger(ledger.pass_over, row, "Nobody knows whether it is there; the rest went on.")
            return True
        if self._rules.in_doubt == "resend" and row.id not in self._again:
            self._again.add(row.id)
            await self._courier.ledger(
                ledger.release, row, Trouble(SENT_AGAIN, "It is sent again and may be there twice.")
            )
            return True
        return False

    async def _wait(self, error: SendError, trial: int) -> None:
        after, here = (error.after, error.here) if isinstance(error, TryLater) else (0.0, False)
        if here or error.code == EARLY:
            await self._crew.clock.sleep(after)
        elif after > 0:
            self._crew.limiter.refused(self._platform, after)
        else:
            await self._crew.clock.sleep(min(self._rules.patience, 2.0**trial))

    async def _may_go(self, task: Task) -> None:
        """The last look before an intent. Raises _Stopped."""
        paused = await self._courier.ledger(self._crew.ledger.paused)
        if paused is not None:
            raise _Stopped(f"Sending is paused: {paused}")
        if self._platform in self._run.closed:
            raise _Stopped(self._run.closed[self._platform])
        if task is Task.SEND:
            if self._run.sends_left < 1:
                raise _Stopped(f"One run sends at most {self._rules.limits.sends} messages. Publish again to go on.")
            self._taken = 1
            self._run.sends_left -= self._taken

    async def _count(self, row: Delivery, done: Task | None) -> None:
        row = await self._fresh(row)
        self._tally.calls += 1
        if done is not None and not row.passed_over:
            self._tally.count(row, done)
        self._left = max(0, self._left - 1)
        self._progress(Progress(self._destination, self._tally.calls, self._tally.calls + self._left, row))

    async def _fresh(self, row: Delivery) -> Delivery:
        return await self._courier.ledger(self._crew.ledger.delivery, row.id) or row

    @property
    def _platform(self) -> str:
        return self._crew.destinations[self._destination].platform


def _fate(head: Delivery | None) -> str:
    if head is None:
        return "the issue has none here."
    return f"it is {head.state}. {head.error}".strip()


def _moved(configured: Destination, chat: str) -> list[str]:
    """What the author has to write into config.yaml when the group became a supergroup."""
    if chat == configured.chat:
        return []
    name = f"destinations.{configured.name}"
    return [
        f'The group has become a supergroup: in config.yaml set {name}.chat to "{chat}" and its kind to supergroup.'
    ]


def _contents(row: Delivery) -> bool:
    """True for a message that links to sections, or will."""
    return bool((row.target or row.payload).slots)
