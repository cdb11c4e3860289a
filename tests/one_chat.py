"""One chat, its ledger, and a courier or a walk of its own: no planner, no publisher, a test as short as its calls."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import update

from bots.clock import Clock
from bots.courier import Courier, Crew, Job
from bots.errors import InDoubt, SendError
from bots.ledger import Adoption, Change, Delivery, IssueRow, Ledger, Owner, SectionRow, Task
from bots.ledger.codec import file_digest
from bots.ledger.tables import deliveries
from bots.limiter import Limiter, Turn
from bots.model import LEAD, Destination, Kind, Message, Receipt, Slot, Upload
from bots.planning.sources import pictures
from bots.platforms.base import Attempt, Files, Place
from bots.report import Progress, Report
from bots.uploads import Uploads
from bots.walk import Rules, Run, Walk
from tests.fakechat import Platform
from tests.fakeworld import Gallery, Plain
from tests.ledgers import laid_out
from tests.virtual import VirtualClock, VirtualLoop

HERE = Destination("channel", "telegram", Kind.CHANNEL, "@news")
POST = Path("posts/one.md")
T = TypeVar("T")
Ending = Exception | Receipt | None


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the sender got it, and the ledger as it was at that moment."""

    what: str
    destination: Destination
    message: Message | None
    rows: tuple[Delivery, ...]
    at: float
    """Seconds since the run began."""
    attempt: Attempt | None = None
    place: Place | None = None
    old: Message | None = None
    files: Files = field(default_factory=dict)


class Scribe(Platform):
    """A sender that writes down what it is handed and ends as it is told; else all goes well and nobody can tell."""

    def __init__(self, clock: VirtualClock, rows: Callable[[], tuple[Delivery, ...]]) -> None:
        super().__init__(clock, remembers=False)
        self.rows = rows
        self.handed: list[Call] = []
        self.endings: deque[Ending] = deque()
        self.slow: dict[int, float] = {}
        """Number of a call, from 1, to the seconds it takes."""

    @property
    def tried(self) -> list[str]:
        """Each call in two words."""
        return [f"{one.what} {one.message.text}" if one.message else one.what for one in self.handed]

    async def send(self, destination: Destination, message: Message, files: Files, attempt: Attempt) -> Receipt:
        return await self._sent(Call("send", destination, message, *self._now(), attempt=attempt, files=files))

    async def edit(self, destination: Destination, place: Place, old: Message, new: Message, files: Files) -> Receipt:
        call = Call("edit", destination, new, *self._now(), place=place, old=old, files=files)
        return await self._ended(call, Receipt(place.ids)) or Receipt(())

    async def delete(self, destination: Destination, place: Place) -> None:
        await self._ended(Call("delete", destination, None, *self._now(), place=place), None)

    async def finish(self, destination: Destination, place: Place, message: Message) -> None:
        await self._ended(Call("finish", destination, message, *self._now(), place=place), None)

    async def settle(self, destination: Destination, message: Message, attempt: Attempt) -> Receipt | None:
        call = Call("settle", destination, message, *self._now(), attempt=attempt)
        return await self._ended(call, InDoubt("Nobody can tell.", code="no evidence"))

    async def _sent(self, call: Call) -> Receipt:
        name = str(next(self.ids))
        return await self._ended(call, Receipt((name,), f"https://chat/{name}")) or Receipt(())

    def _now(self) -> tuple[tuple[Delivery, ...], float]:
        return self.rows(), self.clock.monotonic()

    async def _ended(self, call: Call, usual: Ending) -> Receipt | None:
        self.handed.append(call)
        ending = self.endings.popleft() if self.endings else usual
        await self.clock.sleep(self.slow.get(len(self.handed), 0.1))
        if isinstance(ending, Exception):
            raise ending
        return ending


@dataclass(frozen=True, slots=True)
class Asked:
    """What the limiter was asked for."""

    platform: str
    chat: str
    weight: int
    left: int


class Gate(Limiter):
    """A limiter that remembers what it was asked for and told."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.asked: list[Asked] = []
        self.refusals: list[tuple[str, float]] = []
        self.invalids: list[str] = []

    async def acquire(self, platform: str, chat: str, weight: int = 1, *, left: int = 0, reply: bool = False) -> Turn:
        self.asked.append(Asked(platform, chat, weight, left))
        return await super().acquire(platform, chat, weight, left=left, reply=reply)

    def refused(self, platform: str, after: float) -> None:
        self.refusals.append((platform, after))
        super().refused(platform, after)

    def invalid(self, platform: str) -> None:
        self.invalids.append(platform)
        super().invalid(platform)


class Dozing(VirtualClock):
    """A clock of a machine that can stand still."""

    lost = 0.0
    """Seconds it stood still."""

    def monotonic(self) -> float:
        return super().monotonic() + self.lost


class Scene:
    """One chat of its own; `here` is how config.yaml names it."""

    def __init__(self, where: Path, here: Destination = HERE) -> None:
        self.here = here
        self.clock = Dozing()
        self.passed: list[str] = []
        """Moments at which a process could die."""
        self.happens: dict[str, Callable[[], None]] = {}
        """What else happens at such a moment."""
        self.ledger = Ledger.open(laid_out(where), now=self.clock.now, point=self.point)
        self.chat = Scribe(self.clock, self.rows)
        self.pictures: dict[str, bytes] = {}
        self.posts: list[Path] = []
        """Posts whose pictures were asked for."""
        self.limiter = Gate(self.clock)
        self.crew = Crew(
            ledger=self.ledger,
            senders={here.platform: self.chat},
            renderers={here.platform: Plain()},
            destinations={here.name: here},
            pictures=self.gallery,
            clock=self.clock,
            limiter=self.limiter,
            owner=Owner.this_process(),
            point=self.point,
        )
        self.uploads = Uploads(self.ledger)
        self._runner = asyncio.Runner(loop_factory=VirtualLoop)
        self.steps: list[Progress] = []
        self.advice: list[str] = []
        """What the courier of the last call gave up."""

    def point(self, name: str) -> None:
        self.passed.append(name)
        self.happens.get(name, lambda: None)()

    def gallery(self, post: Path) -> Gallery:
        self.posts.append(post)
        return Gallery(post, self.pictures)

    def rows(self, issue: str = "one") -> tuple[Delivery, ...]:
        return self.ledger.deliveries(issue, self.here.name)

    def row(self, number: int = 0) -> Delivery:
        return self.rows()[number]

    # What the ledger has before a test begins

    def queue(self, *messages: Message, issue: str = "one") -> tuple[Delivery, ...]:
        """These are to be sent; returns the issue's rows."""
        return self.began(issue, [self.sending(message) for message in messages])

    def out(self, *messages: Message, issue: str = "one", urls: bool = True) -> tuple[Delivery, ...]:
        """These are out there, the first one with the id 1, and their contents are unlinked."""
        found = [self.there(name, message, urls) for name, message in enumerate(messages, 1)]
        return self.began(issue, found)

    def there(self, name: int, message: Message, url: bool = True) -> Adoption:
        receipt = Receipt((str(name),), f"https://chat/{name}" if url else None)
        within = "1" if message.inside else None
        return Adoption(self.sending(message), receipt, self.here.chat, within, {} if message.slots else None, False)

    def sending(self, message: Message) -> Change:
        return Change(self.here.name, message.section, message.part, Task.SEND, message, self.source(message))

    def began(self, issue: str, found: Sequence[Adoption | Change]) -> tuple[Delivery, ...]:
        known = self.ledger.issue(issue) or IssueRow(issue, issue, "One", f"posts/{issue}.md")
        changes = [one.change if isinstance(one, Adoption) else one for one in found]
        sections = [SectionRow(name, name, (), 0, "", "") for name in {one.section for one in changes}]
        self.ledger.adopt(known, sections, found)
        return self.rows(issue)

    def wants(self, row: Delivery, task: Task, message: Message | None = None, *todo: str) -> Delivery:
        """Something is to be done with a message that is out there."""
        made = message or row.payload
        source = self.source(made) if message else row.source
        change = Change(row.destination, row.section, row.part, task, made, source, row, todo or None)
        self.began(row.issue, [change])
        return self.fresh(row)

    def fresh(self, row: Delivery) -> Delivery:
        found = self.ledger.delivery(row.id)
        assert found is not None
        return found

    def source(self, message: Message) -> str:
        return f"words:all:{pictures(message.files, {name: file_digest(one) for name, one in self.pictures.items()})}"

    def amend(self, row: Delivery, column: str, value: str | None) -> Delivery:
        """As another version of weektech, or another time, left it."""
        with self.ledger._writing() as connection:
            connection.execute(update(deliveries).where(deliveries.c.id == row.id).values({column: value}))
        return self.fresh(row)

    # What a test does, all of it in one stretch of time

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def close(self) -> None:
        self._runner.close()
        self.ledger.close()

    def courier(self, grace: float = 8.0) -> Courier:
        return Courier(self.crew, self.ledger.located(self.here), self.uploads, grace)

    def carry(
        self,
        row: Delivery,
        task: Task = Task.SEND,
        *,
        may_go: Callable[[], None] = lambda: None,
        links: Mapping[str, str] | None = None,
        within: str | None = None,
        answers: str | None = None,
        left: int = 1,
    ) -> SendError | None:
        courier = self.courier()

        async def asked() -> None:
            may_go()

        self.advice = courier.given_up
        return self.run(courier.carry(Job(row, task, POST, links, within, answers, left), asked))

    def settle(self, row: Delivery, left: int = 1) -> SendError | None:
        return self.run(self.courier().settle(row, left))

    def walk(self, rules: Rules | None = None, shared: Run | None = None, *, issue: str = "one") -> Report:
        """The destination's whole way, by a process of its own."""
        made = shared or Run(100)
        walk = Walk(self.crew, self.courier(), rules or Rules(), made, self.steps.append)
        return self.run(walk.go(issue, self.here))


@contextmanager
def scene_in(folder: Path, here: Destination = HERE) -> Iterator[Scene]:
    """A scene as new with its ledger in a file; both are closed at the end."""
    made = Scene(folder / "ledger.db", here)
    with closing(made):
        yield made


def said(text: str, section: str = "a", part: int = 1, *, inside: bool = False, after: tuple[str, ...] = ()) -> Message:
    """A message of words."""
    return Message(section, part, "send", {"text": text}, text, inside=inside, after=after)


def shown(*names: str, text: str = "picture", method: str = "photo") -> Message:
    """A message with these pictures."""
    return Message("a", 1, method, {"text": text}, text, tuple(Upload(name, name) for name in names))


def contents(*sections: str) -> Message:
    """The lead's message that links to these sections."""
    text = " ".join(sections)
    slots = tuple(Slot(name, text.index(name), len(name)) for name in sections)
    return Message(LEAD, 1, "send", {"text": text, "links": {}}, text, slots=slots)


def corrected(message: Message, text: str) -> Message:
    """The same message in other words."""
    return replace(message, text=text, body={**message.body, "text": text})
