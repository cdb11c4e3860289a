"""Carries plans out, resumable at any moment: the ledger alone knows how far it got.

All destinations run at the same time; within one, calls are strictly serial and in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from bots.courier import Courier, Crew
from bots.errors import LedgerError, Mistaken
from bots.ledger import Adoption, Change, Delivery, Trouble
from bots.ledger.leases import LIFETIME
from bots.ledger.rows import AUTHOR
from bots.model import Receipt
from bots.plan import Plan, approve
from bots.report import Progress, Report
from bots.uploads import Uploads
from bots.walk import Rules, Run, Walk

__all__ = ["Crew", "Progress", "Publisher", "Report", "Rules"]


def _unseen(_: Progress) -> None:
    """Nobody watches."""


def _unfinished(report: Report) -> Report:
    """The report of a destination where the plan had to leave a change out."""
    change = "The file has changed since what was in doubt here was sent: publish again to correct it."
    return replace(report, stopped=f"{report.stopped} {change}".strip())


class Publisher:
    """`deliver` is the unit of work: it needs the ledger and nothing that a former run left in memory.

    The senders in `crew` are opened and closed by the caller.
    """

    def __init__(
        self, crew: Crew, *, rules: Rules | None = None, progress: Callable[[Progress], None] = _unseen
    ) -> None:
        self._crew, self._progress = crew, progress
        self._rules = rules or Rules()
        self._run = Run(self._rules.limits.sends)
        self._uploads = Uploads(crew.ledger)

    async def publish(self, made: Plan, *, yes: bool = False) -> tuple[Report, ...]:
        """Record the plan and carry it out everywhere.

        Raises PlanRefused, or LedgerError when another writer is at work or the plan is out of date; nothing was
        sent then.
        """
        approve(made, self._rules.limits, yes=yes)
        names = list(dict.fromkeys(step.destination for step in made.steps))
        self._run = Run(self._rules.limits.sends)
        async with self._leased(names):
            self._crew.point("plan.before")
            await asyncio.to_thread(self._crew.ledger.record, made.issue, made.sections, made.changes(), made.texts)
            self._crew.point("plan.after")
            reports = await self._everywhere(made.issue.id, names)
        behind = {step.destination for step in made.steps if step.behind}
        return tuple(_unfinished(report) if report.destination in behind else report for report in reports)

    async def carry_on(self, issue: str, names: Iterable[str]) -> tuple[Report, ...]:
        """Do what is still to be done for one issue in these destinations, without a new plan. Raises as `deliver`."""
        self._run = Run(self._rules.limits.sends)
        return await self._everywhere(issue, names)

    async def deliver(self, issue: str, destination: str) -> Report:
        """Do whatever the ledger says is still to be done for one issue in one destination.

        Raises LedgerError when another writer holds the destination or the ledger can't be used.
        """
        async with self._leased([destination]):
            configured = self._crew.destinations[destination]
            courier = await self._courier(destination)
            return await Walk(self._crew, courier, self._rules, self._run, self._progress).go(issue, configured)

    async def settle(self, delivery: int, receipt: Receipt | None) -> Delivery:
        """The author's word on a delivery in doubt or passed over: where it is, or that it may be sent again.

        Raises Mistaken for any other delivery.
        """
        ledger = self._crew.ledger
        row = await asyncio.to_thread(ledger.delivery, delivery)
        if row is None or not (row.unsettled or row.passed_over):
            raise Mistaken(f"Delivery {delivery} is not in doubt. `weektech status` lists what is.")
        async with self._leased([row.destination]):
            if row.passed_over:
                row = await asyncio.to_thread(ledger.reopen, row)
            if receipt is None:
                return await asyncio.to_thread(ledger.release, row, Trouble(AUTHOR, "The author says: not there."))
            return await asyncio.to_thread(ledger.confirm, row, receipt)

    async def look(self, destination: str) -> None:
        """Ask the platform about every send to the destination whose answer was lost.

        Raises LedgerError when another writer holds the destination.
        """
        async with self._leased([destination]):
            courier = await self._courier(destination)
            for row in await asyncio.to_thread(self._crew.ledger.unsettled, destination):
                await courier.settle(row)

    async def retry(self, issue: str, names: Sequence[str]) -> tuple[Report, ...]:
        """Carry out again what failed or waits of an issue, as it was planned. Raises LedgerError as `deliver` does."""
        async with self._leased(names):
            for name in names:
                await asyncio.to_thread(self._crew.ledger.retry, issue, name)
            return await self._everywhere(issue, names)

    async def adopt(self, made: Plan, destination: str, found: Sequence[Adoption | Change]) -> None:
        """Record messages that are out there already, or none: raises LedgerError as `publish` does."""
        async with self._leased([destination]):
            self._crew.point("plan.before")
            await asyncio.to_thread(self._crew.ledger.adopt, made.issue, made.sections, found)
            self._crew.point("plan.after")

    async def _courier(self, destination: str) -> Courier:
        """For the chat that the destination's is by now."""
        located = await asyncio.to_thread(self._crew.ledger.located, self._crew.destinations[destination])
        return Courier(self._crew, located, self._uploads, self._rules.grace)

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
