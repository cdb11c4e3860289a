"""Platforms of a simulated life: the server side remembers and counts by itself, the way there and back is bad weather.

`Server` is what the world knows, whatever dies. `Client` is the port as one process holds it; a call that left it is
carried out even if the process dies a moment later.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from bots.errors import ChatClosed, Gone, InDoubt, Rejected, SendError, TryLater
from bots.model import Destination, Kind, Message, Receipt
from bots.pacing import Pace, Platform
from bots.platforms.base import EARLY, Attempt, Files, Place, Verdict
from tests.fakechat import Process
from tests.virtual import VirtualClock

T = TypeVar("T")

LATENESS = 240.0
"""Most seconds a call is on its way."""
REMEMBERED = 300.0
"""Seconds for which Discord merges a send with an earlier one of the same nonce (reliability.md 2)."""

# Telegram's window is made small, so that small issues meet it. The servers take one call more than the limiter lets
# through (telegram.md 5): a call may leave a little after its turn, when it waits for another one's picture.
PACES = {
    "telegram": Platform(25.0, Pace(1.05, 4, 15.0), Pace(1.05), items=True, peak=30, timed=True),
    "discord": Platform(40.0, Pace(0.0, 5, 5.0), Pace(0.0, 5, 5.0), reserve=5.0, invalid=500),
}
WINDOWS = {"telegram": (5, 15.0), "discord": (6, 5.0)}
"""Calls a chat takes in so many seconds, as the server counts them."""


@dataclass(slots=True)
class Posted:
    """A message as the server has it."""

    id: str
    nonce: str
    message: Message
    within: str | None
    at: float
    deleted: bool = False
    finished: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Room:
    """One chat."""

    posted: dict[str, Posted] = field(default_factory=dict)
    """By id, in the order of arrival."""
    window: deque[tuple[float, Process]] = field(default_factory=deque)
    closed_until: float = 0.0

    @property
    def living(self) -> list[Posted]:
        return [one for one in self.posted.values() if not one.deleted]

    def by_nonce(self, nonce: str) -> list[Posted]:
        return [one for one in self.posted.values() if one.nonce == nonce]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens to one call."""

    name: str
    error: Callable[[], Exception] | None = None
    arrives: bool = True
    late: float = 0.0
    """Seconds until it is carried out."""
    answer: float = 0.2
    """Seconds until the client hears, or gives up."""


class Weather:
    """Draws each call's fate. `share` of the calls, at most, go wrong."""

    def __init__(self, rng: Random, share: float) -> None:
        self._rng, self.share = rng, share

    def draw(self, *, send: bool) -> Trouble:
        rng = self._rng
        if rng.random() >= self.share:
            return Trouble("fine", answer=rng.choice((0.05, 0.2, 1.5)))
        return rng.choice(self._sends() if send else self._others())

    def _sends(self) -> list[Trouble]:
        late = self._rng.uniform(1.0, LATENESS)
        return [
            *self._others(),
            Trouble("rejected", lambda: Rejected("The platform refuses it."), arrives=False),
            Trouble("lost on the way", lambda: InDoubt("Connection reset."), arrives=False),
            Trouble("taken, then lost", lambda: InDoubt("Connection reset.")),
            Trouble("taken, then silence", lambda: InDoubt("Timed out."), answer=60.0),
            Trouble("taken, then 502", lambda: InDoubt("Bad gateway."), answer=5.0),
            Trouble("taken, then nonsense", lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")),
            Trouble("late", lambda: InDoubt("Timed out."), late=late, answer=min(late, 60.0)),
        ]

    def _others(self) -> list[Trouble]:
        """Calls whose repetition is harmless: a lost answer is only a reason to repeat them."""
        after = self._rng.choice((1.0, 7.0, 90.0))
        return [
            Trouble("unreachable", lambda: TryLater("Connection refused."), arrives=False),
            Trouble("429", lambda: TryLater("Too many requests.", after=after), arrives=False),
            Trouble("500, not taken", lambda: InDoubt("Server error."), arrives=False),
            Trouble("taken, answer lost", lambda: InDoubt("Connection reset.")),
            Trouble("slow", answer=45.0),
        ]


class Server:
    """One platform as it is, for everyone. `tells`: history with nonces can be read, as Discord's."""

    def __init__(self, name: str, clock: VirtualClock, rng: Random, trace: Callable[[str], None]) -> None:
        self.name, self.clock, self.trace, self._rng = name, clock, trace, rng
        self.tells = name == "discord"
        self.rooms: dict[str, Room] = {}
        self.witnesses: dict[str, float] = {}
        """Destination's name to how likely a second pair of eyes sees a message arrive."""
        self.seen: set[str] = set()
        """Ids of messages that were seen so."""
        self.wrongs: list[str] = []
        """What no call should ever have done."""
        self._ids = itertools.count(100)

    def room(self, chat: str) -> Room:
        return self.rooms.setdefault(chat, Room())

    def admit(self, destination: Destination, what: str, process: Process) -> SendError | None:
        """Count a call at the door; returns the refusal if the chat is closed or its window is full."""
        now, room = self.clock.monotonic(), self.room(destination.chat)
        if now < room.closed_until:
            return ChatClosed("Not an administrator.")
        most, seconds = WINDOWS[self.name]
        while room.window and room.window[0][0] <= now - seconds:
            room.window.popleft()
        # Only one process can know what it did itself: a window filled by its predecessor is a plain 429.
        if sum(one is process for _, one in room.window) >= most:
            self.wrongs.append(f"window of {destination.name} exceeded by {what}")
        if len(room.window) >= most:
            return TryLater("Too many requests.", after=room.window[0][0] + seconds - now)
        room.window.append((now, process))
        return None

    def create(self, destination: Destination, message: Message, attempt: Attempt) -> str:
        room, now = self.room(destination.chat), self.clock.monotonic()
        if self.tells:
            known = [one for one in room.by_nonce(attempt.nonce) if now - one.at < REMEMBERED]
            if known:
                return known[0].id
        name = str(next(self._ids))
        room.posted[name] = Posted(name, attempt.nonce, message, attempt.within, now)
        if self._rng.random() < self.witnesses.get(destination.name, 0.0):
            self.seen.add(name)
        self.trace(f"{destination.name} has {message.text!r} as {name}")
        return name

    def at(self, destination: Destination, place: Place) -> Posted:
        found = self.room(destination.chat).posted.get(place.ids[0])
        if found is None or found.deleted or found.within != place.within:
            raise Gone("The message does not exist.")
        return found

    @staticmethod
    def receipt(destination: Destination, name: str) -> Receipt:
        return Receipt((name,), None if destination.kind is Kind.PRIVATE else f"https://chat/{destination.name}/{name}")


class Client:
    """The port, as one process holds it."""

    patience = LATENESS
    """Seconds an attempt may still be on its way."""

    def __init__(self, server: Server, weather: Weather, process: Process, forbidden: Callable[[], str]) -> None:
        """`forbidden` says why no call may leave now, "" when it may."""
        self.server, self.weather, self.process, self.forbidden = server, weather, process, forbidden

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def check(self, destination: Destination) -> Verdict:
        return Verdict(ok=True, title=destination.name)

    async def send(self, destination: Destination, message: Message, files: Files, attempt: Attempt) -> Receipt:
        def arrive() -> Receipt:
            return self.server.receipt(destination, self.server.create(destination, message, attempt))

        return await self.call(destination, f"send {message.text!r}", arrive, send=True)

    async def edit(self, destination: Destination, place: Place, old: Message, new: Message, files: Files) -> Receipt:
        def arrive() -> Receipt:
            self.server.at(destination, place).message = new
            return self.server.receipt(destination, place.ids[0])

        return await self.call(destination, f"edit {place.ids[0]} to {new.text!r}", arrive)

    async def delete(self, destination: Destination, place: Place) -> None:
        def arrive() -> Receipt:
            posted = self.server.room(destination.chat).posted.get(place.ids[0])
            if posted is not None:
                posted.deleted = True
            return Receipt(())

        await self.call(destination, f"delete {place.ids[0]}", arrive)

    async def finish(self, destination: Destination, place: Place, message: Message) -> None:
        def arrive() -> Receipt:
            self.server.at(destination, place).finished.update(message.after)
            return Receipt(())

        await self.call(destination, f"finish {place.ids[0]}", arrive)

    async def settle(self, destination: Destination, message: Message, attempt: Attempt) -> Receipt | None:
        """Discord's history answers; Telegram has none, but another pair of eyes may have seen the message.

        "Not there" is only said when nothing can be on its way any more.
        """
        self.process.live()
        server = self.server
        await server.clock.sleep(0.2)
        if self.weather.draw(send=False).error is not None:
            raise TryLater("Reading failed.")
        found = server.room(destination.chat).by_nonce(attempt.nonce)
        if not server.tells:
            found = [one for one in found if one.id in server.seen]
            if not found:
                raise InDoubt("Nobody can tell.", code="no evidence")
        left = self.patience - (server.clock.now() - attempt.since).total_seconds()
        if not found and left > 0:
            raise TryLater("It may still be on its way.", code=EARLY, after=left)
        server.trace(f"{destination.name}: {message.text!r} is {'there' if found else 'not there'}")
        return server.receipt(destination, found[0].id) if found else None

    async def names(self, destination: Destination) -> frozenset[str]:
        return frozenset({destination.chat})

    async def recognise(self, destination: Destination, place: Place, urls: Sequence[str | None]) -> bool:
        self.server.at(destination, place)
        return self.server.tells

    async def call(
        self, destination: Destination, what: str, arrive: Callable[[], Receipt], *, send: bool = False
    ) -> Receipt:
        self.process.live()
        if why := self.forbidden():
            self.server.wrongs.append(f"{why}, and yet {destination.name}: {what}")
        trouble = self.weather.draw(send=send)
        refusal = self.server.admit(destination, what, self.process)
        self.server.trace(f"{destination.name}: {what} ({refusal or trouble.name})")
        result: Receipt | None = None
        if refusal is None and trouble.late:
            asyncio.get_running_loop().call_later(trouble.late, arrive)
        elif refusal is None and trouble.arrives:
            result = arrive()
        await self.server.clock.sleep(trouble.answer)
        if refusal is not None:
            raise refusal
        if trouble.error is not None:
            raise trouble.error()
        assert result is not None
        return result
