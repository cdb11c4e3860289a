"""Carries plans out, resumable at any moment: the ledger alone knows how far it got.

All destinations run at the same time; within one, calls are strictly serial and in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bots.courier import Courier, Crew, Job, Pictures
from bots.errors import ChatClosed, InDoubt, LedgerError, SendError, TokenRejected, TryLater
from bots.ledger import Delivery, Task, Trouble
from bots.ledger.leases import LIFETIME
from bots.model import Receipt, State
from bots.plan import Limits, Plan, approve
from bots.planning.comparing import addresses, links_of
from bots.report import Progress, Report, Tally, report

__all__ = ["Crew", "Pictures", "Progress", "Publisher", "Report", "Rules"]


@dataclass(frozen=True, slots=True)
class Rules:
    """How patient and how careful a run is."""

    limits: Limits = field(default_factory=Limits)
    tries: int = 6
    """Calls made for one delivery before it is left for the next run."""
    patience: float = 60.0
    """Most seconds waited between two tries when the platform names no time."""
    grace: float = 20.0
    """Seconds a cancelled run waits for a call under way."""


def _unseen(_: Progress) -> None:
    """Nobody watches."""


class Publisher:
    """`deliver` is the unit of work: it needs the ledger and nothing that a former run left in memory.

    The senders in `crew` are opened and closed by the caller.
    """

    def __init__(
        self, crew: Crew, *, rules: Rules | None = None, progress: Callable[[Progress], None] = _unseen
    ) -> None:
        self._crew, self._progress = crew, progress
        self._rules = rules or Rules()
        self._run = _Run(self._rules.limits.sends)

    async def publish(self, made: Plan, *, yes: bool = False) -> tuple[Report, ...]:
        """Record the plan and carry it out everywhere.

        Raises PlanRefused, or LedgerError when another writer is at work or the plan is out of date; nothing was
        sent then.
        """
        approve(made, self._rules.limits, yes=yes)
        names = list(dict.fromkeys(step.destination for step in made.steps))
        self._run = _Run(self._rules.limits.sends)
        async with self._leased(names):
            self._crew.point("plan.before")
            await asyncio.to_thread(self._crew.ledger.record, made.issue, made.sections, made.changes())
            self._crew.point("plan.after")
            return await self._everywhere(made.issue.id, names)

    async def deliver(self, issue: str, destination: str) -> Report:
        """Do whatever the ledger says is still to be done for one issue in one destination.

        Raises LedgerError when another writer holds the destination or the ledger can't be used.
        """
        async with self._leased([destination]):
            courier = Courier(self._crew, self._crew.destinations[destination], self._rules.grace)
            return await _Walk(self._crew, courier, self._rules, self._run, self._progress).go(issue, destination)

    async def settle(self, delivery: int, receipt: Receipt | None) -> Delivery:
        """The author's word on a delivery in doubt: where it is, or that it is not there and may be sent again.

        Raises LedgerError for a delivery that is not in doubt.
        """
        ledger = self._crew.ledger
        row = await asyncio.to_thread(ledger.delivery, delivery)
        if row is None or not row.unsettled:
            raise LedgerError(f"Delivery {delivery} is not in doubt: there is nothing to settle.")
        async with self._leased([row.destination]):
            if receipt is None:
                return await asyncio.to_thread(ledger.release, row, Trouble("author", "The author says: not there."))
            return await asyncio.to_thread(ledger.confirm, row, receipt)

    async def _everywhere(self, issue: str, names: Iterable[str]) -> tuple[Report, ...]:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self.deliver(issue, name)) for name in names]
        except BaseExceptionGroup as failures:
            # One of them is enough to say what is wrong; the others are its echo.
            raise failures.exceptions[0] from None
        return tuple(task.result() for task in tasks)

    @asynccontextmanager
    async def _leased(self, names: Iterable[str]) -> AsyncIterator[None]:
        """Hold the destinations' leases, renewed while the work goes on."""
        names = [name for name in names if name not in self._run.held]
        ledger, owner = self._crew.ledger, self._crew.owner
        taken: list[str] = []
        renewing: asyncio.Task[None] | None = None
        try:
            for name in names:
                await asyncio.to_thread(ledger.acquire, name, owner)
                taken.append(name)
                self._run.held.add(name)
            renewing = asyncio.create_task(self._renew(taken))
            yield
        finally:
            if renewing is not None:
                renewing.cancel()
            for name in taken:
                self._run.held.discard(name)
                with suppress(LedgerError):
                    await asyncio.to_thread(ledger.give_back, name, owner)

    async def _renew(self, names: Iterable[str]) -> None:
        """Only a courtesy to others: whether the lease is still ours is checked in the intent's own transaction."""
        while True:
            await self._crew.clock.sleep(LIFETIME.total_seconds() / 3)
            with suppress(LedgerError):
                for name in names:
                    await asyncio.to_thread(self._crew.ledger.acquire, name, self._crew.owner)


@dataclass(slots=True)
class _Run:
    """What the destinations of one run share."""

    sends_left: int
    held: set[str] = field(default_factory=set)
    closed: dict[str, str] = field(default_factory=dict)
    """Platform to the reason why its token can't be used."""


class _Stopped(Exception):
    """The destination goes no further in this run."""


class _Walk:
    """One destination's way through its open rows."""

    def __init__(
        self, crew: Crew, courier: Courier, rules: Rules, run: _Run, progress: Callable[[Progress], None]
    ) -> None:
        self._crew, self._courier, self._rules, self._run, self._progress = crew, courier, rules, run, progress
        self._tally = Tally()
        self._destination = ""
        self._post = Path()
        self._left = 0

    async def go(self, issue: str, destination: str) -> Report:
        ledger = self._crew.ledger
        self._destination = destination
        found = await self._courier.ledger(ledger.issue, issue)
        self._post = Path(found.path) if found else Path()
        stopped = ""
        try:
            await self._settle_old()
            await self._parts(await self._rows(issue))
            await self._contents(await self._rows(issue))
            await self._deletions(await self._rows(issue))
        except _Stopped as stop:
            stopped = str(stop)
        unsettled = await self._courier.ledger(ledger.unsettled, destination)
        return report(destination, self._tally, await self._rows(issue), unsettled, stopped)

    async def _rows(self, issue: str) -> tuple[Delivery, ...]:
        rows = await self._courier.ledger(self._crew.ledger.deliveries, issue, self._destination)
        self._left = sum(row.task is not Task.NONE for row in rows)
        return rows

    async def _settle_old(self) -> None:
        """Sends of a dead process, and those in doubt, of any issue, come before anything new."""
        for row in await self._courier.ledger(self._crew.ledger.unsettled, self._destination):
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
            if not row.out_there or row.task is Task.DELETE or not _contents(row):
                continue
            links = links_of(row.target or row.payload, urls)
            if row.task is Task.EDIT:
                await self._carried(row, Task.EDIT, links)
            elif row.task is Task.LINK or links != dict(row.links or {}):
                await self._carried(row, Task.LINK, links)

    async def _deletions(self, rows: Iterable[Delivery]) -> None:
        for row in rows:
            if row.task is Task.DELETE and row.state is not State.FAILED:
                await self._carried(row, Task.DELETE)

    async def _carried(self, row: Delivery, task: Task, links: Mapping[str, str] | None = None) -> None:
        """Carry one task out, with as many tries as the rules allow. Raises _Stopped if the destination has to wait."""
        for trial in range(self._rules.tries):
            job = Job(row, task, self._post, links, max(1, self._left))
            error = await self._courier.carry(job, lambda: self._may_go(task))
            if error is None or await self._overcome(row, task, error, trial):
                break
            row = await self._fresh(row)
        else:
            raise _Stopped(f"{row.section} part {row.part} was tried {self._rules.tries} times: {row.error}")
        await self._count(row, task)

    async def _overcome(self, row: Delivery, task: Task, error: SendError, trial: int) -> bool:
        """True when there is nothing more to do for the row, False to try again."""
        if task is Task.SEND:
            self._run.sends_left += 1
        match error:
            case InDoubt() if task is Task.SEND:
                await self._settled(await self._fresh(row))
                return (await self._fresh(row)).state is State.SENT
            case TryLater() | InDoubt():
                await self._wait(error, trial)
                return False
            case TokenRejected():
                self._run.closed[self._platform] = str(error)
                raise _Stopped(str(error))
            case ChatClosed():
                raise _Stopped(str(error))
        if task is Task.SEND:
            raise _Stopped(f"{row.section} part {row.part} was refused: {error}")
        return True

    async def _settled(self, row: Delivery) -> None:
        """Ask for evidence until there is an answer. Raises _Stopped while the row stays in doubt."""
        error: SendError | None = None
        for trial in range(self._rules.tries):
            error = await self._courier.settle(row)
            if not isinstance(error, TryLater):
                break
            await self._wait(error, trial)
        if error is not None:
            raise _Stopped(f"{row.section} part {row.part} of {row.issue} is in doubt: {error}")

    async def _wait(self, error: SendError, trial: int) -> None:
        after = error.after if isinstance(error, TryLater) else 0.0
        if after > 0:
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
            self._run.sends_left -= 1

    async def _count(self, row: Delivery, task: Task) -> None:
        row = await self._fresh(row)
        if row.state in {State.SENT, State.DELETED}:
            self._tally.count(row, task)
        self._left = max(0, self._left - 1)
        self._progress(Progress(self._destination, self._tally.calls, self._tally.calls + self._left, row))

    async def _fresh(self, row: Delivery) -> Delivery:
        return await self._courier.ledger(self._crew.ledger.delivery, row.id) or row

    @property
    def _platform(self) -> str:
        return self._crew.destinations[self._destination].platform


def _contents(row: Delivery) -> bool:
    """True for a message that links to sections, or will."""
    return bool((row.target or row.payload).slots)
