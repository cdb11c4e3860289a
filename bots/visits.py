"""What readers ask, answered each in a task of its own: a slow answer keeps nobody else waiting (discord.md 6: 3 s).

An update is done with when it is answered; until then it stays in the inbox, so a crash answers it again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence

from bots.counter import Counter
from bots.desk import parsed
from bots.errors import LedgerError
from bots.events import Asked, Completing, Event, Left, Press, Sought
from bots.supervision import words

AT_ONCE = 32
"""Readers answered at the same time in one group, and in all private chats of a platform together."""
PATIENCE = 5
"""Requests of one reader that are kept waiting; whoever sends more of them is not answered for the moment."""

Done = Callable[[str], Awaitable[None]]
"""Called with what went wrong, empty for nothing."""

log = logging.getLogger("weektech")


def is_visit(event: Event) -> bool:
    """True for what a reader asks; the buttons of letters are the author's."""
    if isinstance(event, Press):
        return parsed(event.data) is None
    return isinstance(event, Asked | Completing | Sought | Left)


class Visits:
    """The visits under way."""

    def __init__(self, counter: Counter, wake: Callable[[], None]) -> None:
        """`wake` is called when an answer met a ledger that is away, to be told of it by `busy`."""
        self._counter, self._wake = counter, wake
        self._tasks: dict[int, asyncio.Task[None]] = {}
        # A group takes 20 messages a minute on Telegram: whoever waits for that keeps nobody elsewhere waiting.
        self._rooms: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))
        self._of: Tally[str] = Tally()

    @property
    def busy(self) -> frozenset[int]:
        """Numbers of the updates that are being answered. Raises LedgerError that an answer met."""
        for number, task in list(self._tasks.items()):
            if task.done():
                del self._tasks[number]
                task.result()
        return frozenset(self._tasks)

    def begin(self, number: int, events: Sequence[Event], done: Done) -> None:
        """Answer what an update holds, in a task."""
        who = _who(events[0])
        self._of[who] += 1
        self._tasks[number] = asyncio.create_task(self._visit(who, events, done))

    async def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()

    async def _visit(self, who: str, events: Sequence[Event], done: Done) -> None:
        try:
            error = "too many at once" if who and self._of[who] > PATIENCE else ""
            async with self._rooms[_where(events[0])]:
                await done(error or await self._answered(events))
        except LedgerError:
            self._wake()
            raise
        finally:
            self._of[who] -= 1
            if not self._of[who]:
                del self._of[who]

    async def _answered(self, events: Sequence[Event]) -> str:
        try:
            for event in events:
                await self._one(event)
        except LedgerError:
            raise
        except Exception as error:  # one reader must never fell the others
            log.warning("a reader could not be answered: %s", words(error))
            return words(error)
        return ""

    async def _one(self, event: Event) -> None:
        match event:
            case Asked():
                await self._counter.asked(event)
            case Press():
                await self._counter.pressed(event)
            case Completing():
                await self._counter.completing(event)
            case Sought():
                await self._counter.sought(event)
            case Left():
                await self._counter.left(event)


def _who(event: Event) -> str:
    return f"{event.platform}:{event.by.id}" if isinstance(event, Asked | Press | Sought | Left) else ""


def _where(event: Event) -> str:
    """The room in which it is waited for an answer."""
    match event:
        case Asked(private=False) | Press(private=False):
            return f"{event.platform}:{event.chat}"
        case Asked() | Press() | Completing() | Sought() | Left():
            return event.platform
        case _:
            return ""
