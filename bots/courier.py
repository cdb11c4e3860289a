"""One task of one delivery: intent committed, call made, outcome committed. Nothing cancels a call under way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import ParamSpec, TypeVar

from bots.clock import Clock
from bots.enclosures import Enclosures, Gallery, enclose
from bots.errors import (
    ChatClosed,
    Gone,
    InDoubt,
    NotSent,
    PostError,
    ReaderGone,
    Rejected,
    SendError,
    TokenRejected,
    TryLater,
)
from bots.ledger import Delivery, Intent, Ledger, Owner, Pool, Task, Trouble
from bots.ledger.leases import LIFETIME
from bots.ledger.rows import READER_GONE, SENT_AGAIN
from bots.ledger.store import nothing
from bots.limiter import Limiter
from bots.model import Destination, Message, Receipt
from bots.planning.sources import redrawn
from bots.platforms.base import Attempt, Files, Place, Renderer, Sender
from bots.uploads import Uploads

P = ParamSpec("P")
T = TypeVar("T")

STALE = "stale upload"
"""Code of a Rejected that only says: this id of a picture sent before means nothing any more."""
_OTHER_CHAT = "To correct what is there, name that chat again in config.yaml; a new chat wants a new name."
_INVALID = {"401", "403", "429"}
"""HTTP's words for a refused token, right or pace. A platform that counts them begins its codes so (discord.md 7.1)."""
_AHEAD = 1000
"""Calls more than any destination has left."""
LONG = 60.0
"""Seconds from which on the author is told when a platform can be asked again."""


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
    pictures: Callable[[Path], Gallery]
    """The pictures of the post at a path."""
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
    within: str | None = None
    """SEND: the thread it goes into."""
    answers: str | None = None
    """SEND: id of the message it replies to."""
    left: int = 1
    """Calls the destination still has, this one included."""


class Courier:
    """Carries jobs out for one destination, strictly one after the other."""

    def __init__(self, crew: Crew, destination: Destination, uploads: Uploads, grace: float) -> None:
        """`destination` is where the chat is now, see `Ledger.located`."""
        self._crew, self._destination, self._uploads, self._grace = crew, destination, uploads, grace
        self.given_up: list[str] = []
        """What no run will ever do, in words."""
        self._sender = crew.senders[destination.platform]
        self._renderer = crew.renderers[destination.platform]

    async def carry(self, job: Job, may_go: Callable[[], Awaitable[None]]) -> SendError | None:
        """Make the call once; returns why it did not succeed, as recorded in the ledger, None when it did.

        `may_go` is asked after the wait for the platform's window, right before the intent, and may raise.
        """
        try:
            enclosed = await asyncio.to_thread(self._enclosed, job)
        except (PostError, ValueError, OSError) as error:
            return await self._unreadable(job.row, error)
        weight = max(1, len(enclosed.contents)) if job.task is Task.SEND else 1
        place = self._destination
        async with self._uploads.handed(self._pool(job), enclosed) as files:
            # Inside: those who wait for the same upload would all leave at once after it. They make it urgent, too.
            left = job.left + _AHEAD * self._uploads.awaited(place.platform, files)
            turn = await self._crew.limiter.acquire(place.platform, place.chat, weight, left=left)
            await may_go()
            failure = await self._shielded(self._call(job, enclosed, files))
        if failure is None:
            turn.answered()
        return failure

    async def settle(self, row: Delivery, left: int = 1) -> SendError | None:
        """Ask the platform how a send ended: confirmed, or pending again, or in doubt with the reason returned."""
        await self._crew.limiter.acquire(self._destination.platform, self._destination.chat, left=left)
        return await self._shielded(self._ask(row))

    @property
    def chat(self) -> str:
        """Where the destination's messages go now."""
        return self._destination.chat

    async def follow(self, moved_to: str) -> None:
        """The chat lives on under another id: from now on, and in later runs, messages go there."""
        await self.ledger(self._crew.ledger.move, self._destination.platform, self._destination.chat, moved_to)
        self._destination = await self.ledger(self._crew.ledger.located, self._destination)

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

    async def _call(self, job: Job, enclosed: Enclosures, files: Files) -> SendError | None:
        crew = self._crew
        crew.point("intent.before")
        began = crew.clock.monotonic()
        intent = Intent(job.task, job.links, self._destination.chat, job.within)
        row = await self.ledger(crew.ledger.claim, job.row, crew.owner, intent)
        crew.point("intent.after")
        if crew.clock.monotonic() - began > LIFETIME.total_seconds() / 2:
            # The machine slept: the lease may be another's by the time the call goes out.
            return await self._failed(row, TryLater("The machine stood still; nothing was sent.", code="stalled"))
        crew.point("send.before")
        try:
            receipt = await self._perform(row, job, files)
        except Exception as error:  # an unknown failure is a send in doubt, whatever its class
            crew.point("send.after")
            if _is_stale(error, files):
                await self._uploads.forget(self._pool(job), enclosed)
                error = TryLater("The platform has forgotten a picture that was sent before.", code=STALE)
            return await self._failed(row, self._classed(error))
        crew.point("send.after")
        await self._confirmed(row, receipt)
        await self._uploads.learn(self._pool(job), enclosed, receipt)
        return None

    async def _perform(self, row: Delivery, job: Job, files: Files) -> Receipt:
        place = Place(row.ids, row.within)
        if job.task is not Task.SEND:
            await self._reachable(row)
        match job.task:
            case Task.SEND:
                return await self._sender.send(self._destination, row.payload, files, _attempt(row, job.answers))
            case Task.DELETE:
                if row.ids:
                    await self._sender.delete(self._destination, place)
                return Receipt(())
            case Task.FINISH:
                await self._sender.finish(self._destination, place, replace(row.payload, after=row.todo))
                return Receipt(())
            case _:
                old, new = self._versions(row, job)
                return await self._sender.edit(self._destination, place, old, new, files)

    async def _reachable(self, row: Delivery) -> None:
        """Raises _OutOfReach for what was sent before the chat moved: its ids mean other messages in the new chat."""
        if row.chat is None or row.chat == self._destination.chat:
            return
        moved_to = await self.ledger(self._crew.ledger.moved, self._destination.platform, row.chat)
        if moved_to is not None:
            raise _OutOfReach("It is in the group as it was before it became a supergroup, where it can't be changed.")
        raise Rejected(f"It was sent to {row.chat}; now the destination means another chat.", remedy=_OTHER_CHAT)

    def _versions(self, row: Delivery, job: Job) -> tuple[Message, Message]:
        """What readers see, and what they shall see, both with their links."""
        target = _target(row, job.task) or row.payload
        old = self._renderer.link(row.payload, row.links or {})
        new = self._renderer.link(target, job.links or {})
        if job.task is Task.EDIT and redrawn(row.source, row.target_source):
            # Same name, other picture: under another source the platform sees that it has to upload it.
            old = replace(old, files=tuple(replace(file, source=f"{file.source} before") for file in old.files))
        return old, new

    def _enclosed(self, job: Job) -> Enclosures:
        """The pictures of what is to be sent."""
        target = _target(job.row, job.task)
        if job.task not in {Task.SEND, Task.EDIT} or job.row.left_over:
            return Enclosures()  # a message that is only struck through keeps the pictures it has
        source = job.row.target_source if target else job.row.source
        return enclose(target or job.row.payload, source, self._crew.pictures(job.post), self._renderer)

    def _pool(self, job: Job) -> Pool:
        return Pool(self._destination.platform, (_target(job.row, job.task) or job.row.payload).method)

    async def _ask(self, row: Delivery) -> SendError | None:
        self._crew.point("settle.before")
        try:
            receipt = await self._sender.settle(self._destination, row.payload, await self._looked_into(row))
        except Exception as error:  # no evidence, for whatever reason, leaves it in doubt
            classed = self._classed(error)
            await self.ledger(self._crew.ledger.doubt, row, _trouble(classed, self._crew.clock.now()))
            return classed
        self._crew.point("settle.after")
        if receipt is None:
            await self.ledger(
                self._crew.ledger.release, row, Trouble("not there", "An earlier attempt did not arrive.")
            )
        else:
            await self._confirmed(row, receipt)
        return None

    async def _looked_into(self, row: Delivery) -> Attempt:
        """The attempt with all the ledger knows of its chat."""
        ledger, place = self._crew.ledger, self._destination
        twin = any(
            one.platform == place.platform and one.chat.lower() == place.chat.lower() and one.name != place.name
            for one in self._crew.destinations.values()
        )
        return replace(
            _attempt(row),
            known=await self.ledger(ledger.known_ids, place.name, row.after),
            sightings=await self.ledger(ledger.sightings, place.platform, place.chat, row.after),
            alone=not twin and not await self.ledger(ledger.strays, row),
        )

    async def _confirmed(self, row: Delivery, receipt: Receipt) -> None:
        self._crew.point("reply.after")
        self._crew.point("confirm.before")
        await self.ledger(self._crew.ledger.confirm, row, receipt)
        self._crew.point("confirm.after")

    async def _failed(self, row: Delivery, error: SendError) -> SendError:
        """Record a failure by what may be done about it."""
        ledger = self._crew.ledger
        if _is_final(row, error):
            await self._given_up(row, error)
            return error
        trouble = _trouble(error, self._crew.clock.now())
        match error:
            case TryLater() | ChatClosed() | TokenRejected():
                record = ledger.release
                if row.error_code == SENT_AGAIN:  # the earlier copy is still possible
                    trouble = replace(trouble, code=SENT_AGAIN)
            case NotSent():
                record = ledger.fail
            case _:
                record = ledger.doubt
        await self.ledger(record, row, trouble)
        return error

    def _classed(self, error: Exception) -> SendError:
        if not isinstance(error, SendError):
            name = type(error).__name__
            return InDoubt(f"The answer could not be understood: {name}.", code=name)
        if error.code[:3] in _INVALID:
            self._crew.limiter.invalid(self._destination.platform)
        return error

    async def _given_up(self, row: Delivery, error: SendError) -> None:
        """What can never be done must not fail again in each run; the author is told once.

        A message that can't be deleted, as Telegram's after 48 hours, is struck through instead (telegram.md 6).
        """
        here = row.chat in {None, self._destination.chat}
        refused = row.task is Task.DELETE and isinstance(error, Rejected) and here
        struck = self._renderer.withdrawn(row.payload) if refused else None
        await self.ledger(self._crew.ledger.give_up, row, str(error), struck)
        where = f" ({row.url})" if row.url else ""
        what = "can't be taken back and is struck through instead" if struck else "stays as it is"
        self.given_up.append(f"{row.section} part {row.part}{where} {what}: {error}")

    async def _unreadable(self, row: Delivery, error: Exception) -> SendError:
        await self.ledger(self._crew.ledger.fail, row, Trouble("picture", str(error)))
        return NotSent(str(error), code="picture")


def _is_final(row: Delivery, error: SendError) -> bool:
    """True for what no later run can do: a deletion refused once is refused for ever (telegram.md 6), and a message
    that someone took out of the chat is not posted again behind their back."""
    task = row.task
    if (task is Task.DELETE or row.left_over) and isinstance(error, Rejected):
        return True
    return isinstance(error, _OutOfReach) or (task is not Task.SEND and isinstance(error, Gone))


def _heard(task: asyncio.Future[T]) -> None:
    """Take note of a late failure: the ledger has it, and the caller who would have raised it is gone."""
    if not task.cancelled():
        task.exception()


def _attempt(row: Delivery, answers: str | None = None) -> Attempt:
    since, again = row.claimed_at or row.updated_at, row.error_code == SENT_AGAIN
    return Attempt(row.key, row.nonce, since, row.after, row.within, repeated=again, answers=answers)


def _target(row: Delivery, task: Task) -> Message | None:
    """What an edit makes of the message."""
    return row.target if task is Task.EDIT else None


def _is_stale(error: Exception, files: Files) -> bool:
    """True when a picture's id was refused: the same call with its bytes has not been tried."""
    return isinstance(error, Rejected) and error.code == STALE and any(isinstance(one, str) for one in files.values())


def _trouble(error: SendError, now: datetime) -> Trouble:
    """In words, with the moment from which on it makes sense to try again where that is far off."""
    if isinstance(error, ReaderGone):
        return Trouble(READER_GONE, str(error))
    if isinstance(error, TryLater) and error.after >= LONG:
        when = now + timedelta(seconds=error.after)
        return Trouble(error.code, f"{error} Publish again after {when:%Y-%m-%d %H:%M} UTC.")
    return Trouble(error.code, str(error))


class _OutOfReach(NotSent):
    """Nobody can change that message any more."""
