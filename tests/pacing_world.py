"""Platforms that count their documented windows themselves, by arrivals, and answer 429; work to write to them.

Nothing here knows how `bots.pacing` counts: windows are looked at from the server's side, with plain lists of times.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection

from bots.errors import TryLater
from bots.ledger.codec import file_digest
from bots.limiter import Limiter
from bots.model import Destination, Issue, Kind, Message, Receipt, Upload
from bots.pacing import PLATFORMS
from bots.pacing import Platform as Budget
from bots.plan import Limits, Plan, Wanted, plan
from bots.platforms.base import Attempt, Files, Place
from bots.publisher import Crew, Rules
from tests.fakechat import Platform
from tests.fakeworld import Plain, World, an_issue
from tests.virtual import VirtualClock

EXACT = 1e-4
"""Seconds within which two moments are the same: the virtual clock adds up binary fractions."""


@dataclass(slots=True)
class Window:
    """At most `count` in any `seconds`. What is larger than the whole window fits into an empty one."""

    count: int
    seconds: float
    times: deque[float] = field(default_factory=deque)

    def wait(self, now: float, weight: int) -> float:
        while self.times and self.times[0] <= now - self.seconds + EXACT:
            self.times.popleft()
        over = len(self.times) + min(weight, self.count) - self.count
        return self.times[over - 1] + self.seconds - now if over > 0 else 0.0

    def take(self, now: float, weight: int) -> None:
        self.times.extend([now] * weight)


@dataclass(slots=True)
class Second:
    """One message a second without any burst; an album of n keeps its chat busy for n seconds."""

    free: float = 0.0

    def wait(self, now: float, weight: int) -> float:
        return max(0.0, self.free - now - EXACT)

    def take(self, now: float, weight: int) -> None:
        self.free = now + weight


class Server:
    """What a platform lets a bot do, as it is documented."""

    def __init__(self, platform: str) -> None:
        self.platform = platform
        self._whole = Window(30 if platform == "telegram" else 50, 1.0)
        self._chats: dict[str, list[Window | Second]] = {}
        self.arrivals: list[float] = []
        """Of the calls taken."""
        self.refusals: dict[int, float] = {}
        """Number of the call, from 1, to the seconds it is told to wait for no reason of ours."""
        self.calls = self.refused = 0

    def arrived(self, chat: str, weight: int, now: float) -> float:
        """Seconds that the caller is told to wait, 0.0 when the call is taken."""
        self.calls += 1
        windows = [self._whole, *self._chats.setdefault(chat, self._windows(chat))]
        wait = max(self.refusals.get(self.calls, 0.0), *(window.wait(now, weight) for window in windows))
        if wait > 0:
            self.refused += 1
            return wait
        for window in windows:
            window.take(now, weight)
        self.arrivals.append(now)
        return 0.0

    def _windows(self, chat: str) -> list[Window | Second]:
        if self.platform == "discord":
            return [Window(5, 5.0)]
        return [Second()] if chat.isdecimal() else [Second(), Window(20, 60.0)]


class Counting(Platform):
    """Our own port with a server behind it; `delays` gives the seconds until a call arrives."""

    def __init__(self, clock: VirtualClock, platform: str, seed: int) -> None:
        super().__init__(clock, remembers=platform == "discord")
        self.server = Server(platform)
        self.weights: defaultdict[str, list[int]] = defaultdict(list)
        """Of the calls taken, by destination."""
        self.slowest = 0.0
        """Seconds that a call may take to arrive, besides what all take."""
        self._random = random.Random(seed)  # noqa: S311 - delays, not secrets
        self.answer = ANSWER / 2

    async def _arrive(self, destination: Destination, weight: int = 1) -> None:
        await self.clock.sleep(ANSWER / 2 + self._random.random() * self.slowest)
        wait = self.server.arrived(destination.chat, weight, self.clock.monotonic())
        if wait > 0:
            raise TryLater("Too Many Requests", code="429", after=wait)
        self.weights[destination.name].append(weight)

    async def send(self, destination: Destination, message: Message, files: Files, attempt: Attempt) -> Receipt:
        await self._arrive(destination, max(1, len(files)) if self.server.platform == "telegram" else 1)
        return await super().send(destination, message, files, attempt)

    async def edit(self, destination: Destination, place: Place, old: Message, new: Message, files: Files) -> Receipt:
        await self._arrive(destination)
        return await super().edit(destination, place, old, new, files)

    async def delete(self, destination: Destination, place: Place) -> None:
        await self._arrive(destination)
        await super().delete(destination, place)

    async def finish(self, destination: Destination, place: Place, message: Message) -> None:
        await self._arrive(destination)
        await super().finish(destination, place, message)

    async def settle(self, destination: Destination, message: Message, attempt: Attempt) -> Receipt | None:
        await self._arrive(destination)
        return await super().settle(destination, message, attempt)


class Albums(Plain):
    """A paragraph of several `![](x)` is an album."""

    def message(self, section: str, part: int, text: str) -> Message:
        if text.count("![](") < 2:
            return super().message(section, part, text)
        names = [line[4:-1] for line in text.splitlines()]
        return Message(section, part, "album", {"album": names}, text, tuple(Upload(name, name) for name in names))


ALBUM = "\n".join(f"![](a{n})" for n in range(4))
PAIR = "![](b0)\n![](b1)"
ISSUE = an_issue(
    "Hello", a=f"alpha\n\n{ALBUM}\n\nmore", b="beta\n\nand on", c=f"gamma\n\n{PAIR}\n\nend", d="delta\n\nend"
)
"""Twelve messages, of which two are albums of four and of two, and one edit when the contents are linked."""
CORRECTED = an_issue(
    "Hello", a=f"alpha!\n\n{ALBUM}\n\nmore", b="beta\n\nand on!", c=f"gamma\n\n{PAIR}", d="delta\n\nend!"
)
"""Three edits and a deletion."""
ANSWER = 0.2
"""Seconds that a call takes, half of them until it arrives."""
CALLS = {"telegram": (1, 1, 1, 4, 1, 1, 1, 1, 2, 1, 1, 1, 1), "discord": (1,) * 13}
"""What a destination of each platform gets of the issue, its contents' links included."""
PICTURES = [*(f"a{n}" for n in range(4)), "b0", "b1"]


def places(count: int) -> tuple[Destination, ...]:
    """Channels, groups, readers and Discord channels by turns."""
    made = []
    for n in range(1, count + 1):
        name = f"place {n}"
        match n % 5:
            case 0:
                made.append(Destination(name, "discord", Kind.TEXT, str(10**17 + n)))
            case 1:
                made.append(Destination(name, "telegram", Kind.CHANNEL, f"@news{n}"))
            case 2:
                made.append(Destination(name, "telegram", Kind.GROUP, f"-{4_000_000_000 + n}"))
            case _:
                made.append(Destination(name, "telegram", Kind.PRIVATE, str(n)))
    return tuple(made)


def _hurry(connection: DBAPIConnection, *_: object) -> None:
    """A disk that waits for nothing: no power fails here, and it would be most of the time."""
    connection.cursor().execute("PRAGMA synchronous = OFF")


class Crowd(World):
    """Many destinations of a real publisher with a real ledger."""

    def __init__(self, folder: Path, count: int, slowest: float = 0.0) -> None:
        super().__init__(folder / "ledger.db")
        event.listen(self.ledger._engine, "checkout", _hurry)
        self.telegram: Counting = Counting(self.clock, "telegram", 1)
        self.discord: Counting = Counting(self.clock, "discord", 2)
        self.telegram.slowest = slowest  # on Discord it is discord.py that keeps to the headers of late answers
        self.destinations = places(count)
        self.rules = Rules(limits=Limits(share=1.0, sends=10**6))
        self.pictures = {name: name.encode() for name in PICTURES}

    def crew(self) -> Crew:
        return replace(super().crew(), renderers={"telegram": Albums(), "discord": Albums()})

    def planned(self, issue: Issue) -> Plan:
        wanted = [Wanted(one, Albums(), Albums().render(issue, one, frozenset())) for one in self.destinations]
        digests = {name: file_digest(content) for name, content in self.pictures.items()}
        return plan(issue, wanted, self.ledger.past(issue.id), digests)

    def rest(self) -> None:
        """So much time passes that no window remembers anything; the next run's clock begins at zero."""
        self.telegram.server, self.discord.server = Server("telegram"), Server("discord")

    @property
    def seconds(self) -> float:
        """From the first call to the last answer of a run."""
        return max(server.arrivals[-1] for server in self.servers if server.arrivals) + self.telegram.answer

    @property
    def servers(self) -> tuple[Server, Server]:
        return self.telegram.server, self.discord.server

    @property
    def refused(self) -> int:
        return sum(server.refused for server in self.servers)

    def works(self) -> list[Work]:
        """The calls that were taken since this was asked last."""
        made = []
        for one in self.destinations:
            platform = self.telegram if one.platform == "telegram" else self.discord
            made.append(Work(one.platform, one.chat, tuple(platform.weights.pop(one.name, ()))))
        return made


@dataclass(frozen=True, slots=True)
class Work:
    """Calls one destination makes, each after the answer to the one before."""

    platform: str
    chat: str
    weights: tuple[int, ...]


def bound(works: Iterable[Work], answer: float = ANSWER, platforms: Mapping[str, Budget] = PLATFORMS) -> float:
    """The shortest possible time until the last answer (reliability.md 4), for the rates of `platforms`."""
    totals: Counter[str] = Counter()
    longest = 0.0
    for work in works:
        budget = platforms[work.platform]
        pace = budget.private if work.chat.isdecimal() else budget.chat
        calls = sum(work.weights)
        totals[work.platform] += calls
        full, rest = divmod(max(0, calls - 1), pace.most or calls or 1)
        longest = max(longest, full * pace.window + rest * max(pace.spacing, answer) + answer)
    return max(longest, *((calls - 1) / platforms[name].rate + answer for name, calls in totals.items()))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    seconds: float
    """Until the last answer."""
    refused: int
    """Calls the servers answered with 429."""
    arrivals: Mapping[str, Sequence[float]]
    """By platform."""


async def drive(works: Iterable[Work], limiter: Limiter, clock: VirtualClock, answer: float = ANSWER) -> Outcome:
    """The limiter alone, with the work a publisher would give it."""
    began = clock.monotonic()
    servers = {name: Server(name) for name in PLATFORMS}

    async def one(work: Work) -> None:
        left = deque(work.weights)
        while left:
            turn = await limiter.acquire(work.platform, work.chat, left[0], left=len(left))
            await clock.sleep(answer / 2)
            wait = servers[work.platform].arrived(work.chat, left[0], clock.monotonic())
            await clock.sleep(answer / 2)
            if wait > 0:
                limiter.refused(work.platform, wait)
                continue
            turn.answered()
            left.popleft()

    async with asyncio.TaskGroup() as group:
        for work in works:
            group.create_task(one(work))
    refused = sum(server.refused for server in servers.values())
    return Outcome(clock.monotonic() - began, refused, {name: server.arrivals for name, server in servers.items()})
