"""One task of one delivery: intent committed, call made, outcome committed. Nothing cancels a call under way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ParamSpec, TypeVar

from bots.clock import Clock
from bots.errors import ChatClosed, InDoubt, NotSent, PostError, SendError, TokenRejected, TryLater
from bots.ledger import Delivery, Ledger, Owner, Task, Trouble
from bots.ledger.leases import LIFETIME
from bots.ledger.store import nothing
from bots.limiter import Limiter
from bots.model import Destination, Message, Receipt
from bots.planning.sources import redrawn
from bots.platforms.base import Attempt, Renderer, Sender

P = ParamSpec("P")
T = TypeVar("T")

Pictures = Callable[[Path, str], bytes]
"""Post's path and source as written to the picture's bytes; raises PostError or ValueError if it can't be read."""


@dataclass(frozen=True, slots=True)
class Crew:
    """What publishing needs, put together once by the composition root."""

    ledger: Ledger
    senders: Mapping[str, Sender]
    """By platform, opened."""
    renderers: Mapping[str, Renderer]
    """By platform."""
    destinations: Mapping[str, Destination]
    """By name."""
    pictures: Pictures
    clock: Clock
    limiter: Limiter
    owner: Owner = field(default_factory=Owner.this_process)
    point: Callable[[str], None] = nothing
    """For kill tests: called at plan.before/after, intent.before/after, send.before/after, reply.after,
    confirm.before/after and settle.before/after. The ledger's own hook covers the moments inside transactions."""


@dataclass(frozen=True, slots=True)
class Job:
    """One call to make."""

    row: Delivery
    task: Task
    post: Path
    """The issue's file, to find its pictures."""
    links: Mapping[str, str] | None = None
    """What the contents message will link to; None for a message without slots."""
    left: int = 1
    """Calls the destination still has, this one included."""


class Courier:
    """Carries jobs out for one destination, strictly one after the other."""

    def __init__(self, crew: Crew, destination: Destination, grace: float) -> None:
        self._crew, self._destination, self._grace = crew, destination, grace
        self._sender = crew.senders[destination.platform]
        self._renderer = crew.renderers[destination.platform]

    async def carry(self, job: Job, may_go: Callable[[], Awaitable[None]]) -> SendError | None:
        """Make the call once; returns why it did not succeed, as recorded in the ledger, None when it did.

        `may_go` is asked after the wait for the platform's window, right before the intent, and may raise.
        """
        try:
            files = await asyncio.to_thread(self._files, job)
        except (PostError, ValueError, OSError) as error:
            return await self._unreadable(job.row, error)
        weight = max(1, len(files)) if job.task is Task.SEND else 1
        await self._crew.limiter.acquire(self._destination.platform, self._destination.chat, weight, left=job.left)
        await may_go()
        return await self._shielded(self._call(job, files))

    async def settle(self, row: Delivery) -> SendError | None:
        """Ask the platform how a send ended: confirmed, or pending again, or in doubt with the reason returned."""
        await self._crew.limiter.acquire(self._destination.platform, self._destination.chat)
        return await self._shielded(self._ask(row))

    async def ledger(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A ledger call off the event loop."""
        return await asyncio.to_thread(call, *args, **kwargs)

    async def _shielded(self, work: Awaitable[T]) -> T:
        """Cancelled, it still waits a while for the answer: a send that was heard is better than one in doubt."""
        task = asyncio.ensure_future(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_heard)
            await asyncio.wait({task}, timeout=self._grace)
            raise

    async def _call(self, job: Job, files: Mapping[str, bytes]) -> SendError | None:
        crew = self._crew
        crew.point("intent.before")
        began = crew.clock.monotonic()
        row = await self.ledger(crew.ledger.claim, job.row, crew.owner, task=job.task, links=job.links)
        crew.point("intent.after")
        if crew.clock.monotonic() - began > LIFETIME.total_seconds() / 2:
            # The machine slept: the lease may be another's by the time the call goes out.
            return await self._failed(row, TryLater("The machine stood still; nothing was sent.", code="stalled"))
        crew.point("send.before")
        try:
            receipt = await self._perform(row, job, files)
        except Exception as error:  # an unknown failure is a send in doubt, whatever its class
            crew.point("send.after")
            return await self._failed(row, _classed(error))
        crew.point("send.after")
        await self._confirmed(row, receipt)
        return None

    async def _perform(self, row: Delivery, job: Job, files: Mapping[str, bytes]) -> Receipt:
        match job.task:
            case Task.SEND:
                return await self._sender.send(self._destination, row.payload, files, _attempt(row))
            case Task.DELETE:
                if row.ids:
                    await self._sender.delete(self._destination, row.ids)
                return Receipt(())
            case _:
                old, new = self._versions(row, job)
                return await self._sender.edit(self._destination, row.ids, old, new, files)

    def _versions(self, row: Delivery, job: Job) -> tuple[Message, Message]:
        """What readers see, and what they shall see, both with their links."""
        target = row.target if job.task is Task.EDIT and row.target else row.payload
        old = self._renderer.link(row.payload, row.links or {})
        new = self._renderer.link(target, job.links or {})
        if job.task is Task.EDIT and redrawn(row.source, row.target_source):
            # Same name, other picture: under another source the platform sees that it has to upload it.
            old = replace(old, files=tuple(replace(file, source=f"{file.source} before") for file in old.files))
        return old, new

    def _files(self, job: Job) -> Mapping[str, bytes]:
        """The pictures of what is to be sent, as the platform takes them."""
        message = job.row.target if job.task is Task.EDIT and job.row.target else job.row.payload
        if job.task not in {Task.SEND, Task.EDIT}:
            return {}
        return {
            file.name: self._renderer.prepared(self._crew.pictures(job.post, file.source), message, file.name)
            for file in message.files
            if not file.missing
        }

    async def _ask(self, row: Delivery) -> SendError | None:
        self._crew.point("settle.before")
        try:
            receipt = await self._sender.settle(self._destination, row.payload, _attempt(row))
        except Exception as error:  # no evidence, for whatever reason, leaves it in doubt
            classed = _classed(error)
            await self.ledger(self._crew.ledger.doubt, row, _trouble(classed))
            return classed
        self._crew.point("settle.after")
        if receipt is None:
            await self.ledger(
                self._crew.ledger.release, row, Trouble("not there", "An earlier attempt did not arrive.")
            )
        else:
            await self._confirmed(row, receipt)
        return None

    async def _confirmed(self, row: Delivery, receipt: Receipt) -> None:
        self._crew.point("reply.after")
        self._crew.point("confirm.before")
        await self.ledger(self._crew.ledger.confirm, row, receipt)
        self._crew.point("confirm.after")

    async def _failed(self, row: Delivery, error: SendError) -> SendError:
        """Record a failure by what may be done about it."""
        match error:
            case TryLater() | ChatClosed() | TokenRejected():
                record = self._crew.ledger.release
            case NotSent():
                record = self._crew.ledger.fail
            case _:
                record = self._crew.ledger.doubt
        await self.ledger(record, row, _trouble(error))
        return error

    async def _unreadable(self, row: Delivery, error: Exception) -> SendError:
        await self.ledger(self._crew.ledger.fail, row, Trouble("picture", str(error)))
        return NotSent(str(error), code="picture")


def _heard(task: asyncio.Future[T]) -> None:
    """Take note of a late failure: the ledger has it, and the caller who would have raised it is gone."""
    if not task.cancelled():
        task.exception()


def _attempt(row: Delivery) -> Attempt:
    return Attempt(row.key, row.nonce, row.claimed_at or row.updated_at, row.after)


def _classed(error: Exception) -> SendError:
    if isinstance(error, SendError):
        return error
    return InDoubt(f"The answer could not be understood: {type(error).__name__}.", code=type(error).__name__)


def _trouble(error: SendError) -> Trouble:
    return Trouble(error.code, str(error))
