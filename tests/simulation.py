"""One seed, one life: the real publisher, planner, limiter and ledger on a virtual clock, in bad weather.

`python -m tests.simulation SEED [BREED]` replays a life and prints what happened in it.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from bots.errors import LedgerError, PlanRefused
from bots.ledger import Delivery, Owner
from bots.ledger.codec import file_digest
from bots.ledger.tables import metadata
from bots.limiter import Limiter
from bots.model import Destination, Kind, State
from bots.pacing import Platform
from bots.plan import Plan, Wanted, plan
from bots.publisher import Crew, Publisher, Report, Rules
from tests.fakechat import Killed, Process
from tests.fakeworld import Gallery, MortalLedger, Plain
from tests.simauthor import Author
from tests.simchat import LATENESS, PACES, Client, Room, Server, Weather
from tests.virtual import VirtualClock, run

PLACES = (
    Destination("channel", "telegram", Kind.CHANNEL, "@channel"),
    Destination("watched", "telegram", Kind.CHANNEL, "@watched"),
    Destination("server", "discord", Kind.TEXT, "77"),
    Destination("news", "discord", Kind.ANNOUNCEMENT, "78"),
)
WITNESSED = {"watched": 0.7}
"""A chat nobody can ask about, but where another pair of eyes sees most of what arrives."""
DEAD = 2**22 + 1
"""A process id above the system's highest: to the next process its owner is known to be dead."""
STEPS = (timedelta(hours=1), timedelta(hours=-1))
"""What the wall clock is put forward or back by."""
SEEDS, SOAKED = range(500), range(20_000)
"""Lives lived at each change, and in `make soak`."""
RUNS = 14
"""Runs in good weather after which everything must be out."""


@dataclass(frozen=True, slots=True)
class Breed:
    """What a life is made of; other breeds than the real one are bugs on purpose."""

    client: type[Client] = Client
    ledger: type[MortalLedger] = MortalLedger
    paces: Mapping[str, Platform] = field(default_factory=lambda: PACES)
    rules: Rules = field(default_factory=Rules)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a life came to, counted on the servers."""

    seed: int
    lost: int
    """Messages that should be out there and are not."""
    doubled: int
    """Messages that are out there once too often."""
    doubts: int
    """Sends nobody could vouch for: named to the author, who looked."""
    deaths: int
    wrongs: tuple[str, ...]
    """Everything else that should never be, in words."""
    module: str = "tests.simulation"
    """What replays it."""

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.wrongs)

    def __str__(self) -> str:
        counts = f"{self.lost} lost, {self.doubled} doubled, {self.doubts} in doubt, {self.deaths} deaths"
        told = "".join(f"\n  {wrong}" for wrong in self.wrongs)
        return f"seed {self.seed}: {counts}{told}\n  replay: .venv/bin/python -m {self.module} {self.seed}"


class SteppedClock(VirtualClock):
    """A clock whose time of day can be put forward and back; what it measures never jumps."""

    def __init__(self) -> None:
        super().__init__()
        self.offset = timedelta()

    def now(self) -> datetime:
        return super().now() + self.offset


@dataclass(slots=True)
class Running:
    """One weektech process."""

    process: Process
    publisher: Publisher
    ledger: MortalLedger
    stopped_at: float | None = None
    """When it was told to stop."""


class Memory:
    """A ledger that is emptied between lives instead of built anew: there are many."""

    def __init__(self, where: str = "sqlite://") -> None:
        self.engine = MortalLedger.open(where)._engine

    def ledger(self, breed: Breed, clock: VirtualClock, process: Process) -> MortalLedger:
        """As a new process opens it."""
        made = breed.ledger(self.engine, now=clock.now, point=process.point)
        made.process = process
        return made

    def forget(self) -> None:
        with self.engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())

    def close(self) -> None:
        self.engine.dispose()


class Life:
    """From the first draft until everything is out; all that happens is drawn from the seed."""

    def __init__(self, seed: int, memory: Memory, breed: Breed, tell: Callable[[str], None] | None = None) -> None:
        self.seed, self.memory, self.breed = seed, memory, breed
        self.rng, self._tell = Random(seed), tell  # noqa: S311 - a life must come out the same again
        self.clock = SteppedClock()
        self.author = Author(self.rng)
        self.weather = Weather(self.rng, self.rng.choice((0.05, 0.2, 0.4)))
        self.servers = {name: Server(name, self.clock, self.rng, self.trace) for name in PACES}
        self.servers["telegram"].witnesses = WITNESSED
        self.destinations = tuple(self.rng.sample(PLACES, self.rng.choice((1, 1, 1, 2, 2, 3))))
        self.immortal = memory.ledger(breed, self.clock, Process())
        self.paused_at: float | None = None
        self.deaths, self.doubts = 0, set[tuple[int, int]]()
        self.wrongs: list[str] = []

    def trace(self, what: str) -> None:
        if self._tell is not None:
            self._tell(f"{self.clock.monotonic():9.2f}  {what}")

    async def live(self) -> Outcome:
        for version in range(self.rng.choice((1, 1, 2, 3))):
            if version:
                self.trace(f"the author: {self.author.correct()}")
            for _ in range(self.rng.choice((1, 1, 2))):
                await self._troubled()
        await self._calm()
        return self._outcome()

    # What happens

    async def _troubled(self) -> None:
        """One run in bad weather, that may die and be meddled with, and what the author does after it."""
        rng = self.rng
        running = self._start(rng.randint(1, 60) if rng.random() < 0.6 else 0)
        work = asyncio.create_task(self._publish(running))
        meddling = asyncio.create_task(self._meddle(running, work))
        await self._ended(running, work)
        meddling.cancel()
        await self.clock.sleep(rng.choice((0.0, 5.0, 100.0, 2000.0)))
        if self.paused_at is not None:
            self.immortal.go_on()
            self.paused_at = None
        if rng.random() < 0.4:
            await self._settle()

    async def _ended(self, running: Running, work: asyncio.Task[tuple[Report, ...]]) -> tuple[Report, ...]:
        """Wait for a run to end, however it does."""
        try:
            reports = await work
            self._all_named(reports)
        except Killed as death:
            self.trace(f"the process dies at {death}")
            self.deaths += 1
            return ()
        except asyncio.CancelledError:
            self.trace("the process has stopped")
            return ()
        except LedgerError as error:
            self.trace(f"not now: {error}")
            await self.clock.sleep(160.0)
            return ()
        except PlanRefused as refused:
            self.trace(f"a question: {refused}")
            self.author.undo()
            return ()
        finally:
            running.process.dead = True
        for report in reports:
            self.trace(f"{report.destination}: {'done' if report.ok else report.stopped or 'not done'}")
        return reports

    async def _meddle(self, running: Running, work: asyncio.Task[tuple[Report, ...]]) -> None:
        await self.clock.sleep(self.rng.uniform(0.0, 12.0))
        match self.rng.choice(("", "", "", "pause", "stop", "second", "step", "close")):
            case "pause":
                self.trace("the author pauses")
                self.immortal.pause("the author needs a rest")
                self.paused_at = self.clock.monotonic()
            case "stop":
                self.trace("the process is told to stop")
                running.stopped_at = self.clock.monotonic()
                work.cancel()
            case "second":
                self.trace("a second process is started by mistake")
                second = self._start()
                await self._ended(second, asyncio.create_task(self._publish(second)))
            case "step":
                self.clock.offset += self.rng.choice(STEPS)
                self.trace(f"the wall clock is now off by {self.clock.offset}")
            case "close":
                room = self._room(self.rng.choice(self.destinations))
                room.closed_until = self.clock.monotonic() + self.rng.uniform(1.0, 300.0)

    async def _calm(self) -> None:
        """Good weather: run again, settle what is in doubt, until everything is out."""
        self.trace("the weather clears up")
        self.weather.share = 0.0
        for _ in range(RUNS):
            await self.clock.sleep(LATENESS)
            running = self._start()
            reports = await self._ended(running, asyncio.create_task(self._publish(running)))
            if reports and all(report.ok for report in reports):
                break
            await self._settle()
        else:
            self.wrongs.append(f"not done after {RUNS} runs in good weather")

    async def _settle(self) -> None:
        """The author looks into the chats, so late that nothing is on its way any more, and says what is there."""
        await self.clock.sleep(LATENESS)
        for row in self.immortal.unfinished():
            if not row.unsettled or row.state is not State.IN_DOUBT:
                continue
            place = next(one for one in self.destinations if one.name == row.destination)
            found = [one for one in self._room(place).by_nonce(row.nonce) if not one.deleted]
            receipt = Server.receipt(place, found[0].id) if found else None
            self.trace(f"the author: {row.payload.text!r} is {'there' if found else 'not there'}")
            running = self._start()
            with suppress(LedgerError):  # another process may hold the chat
                await running.publisher.settle(row.id, receipt)
            running.process.dead = True

    # Processes

    def _start(self, dies_at: int = 0) -> Running:
        process = Process(dies_at)
        ledger = self.memory.ledger(self.breed, self.clock, process)
        owner = Owner.this_process()
        if dies_at and self.rng.random() < 0.5:
            owner = replace(owner, pid=DEAD)
        running: Running

        def forbidden() -> str:
            """Within one instant nobody can tell what came first."""
            now = self.clock.monotonic()
            if self.paused_at is not None and now > self.paused_at:
                return "paused"
            return "stopped" if running.stopped_at is not None and now > running.stopped_at else ""

        crew = Crew(
            ledger=ledger,
            senders={n: self.breed.client(one, self.weather, process, forbidden) for n, one in self.servers.items()},
            renderers=dict.fromkeys(PACES, Plain()),
            destinations={one.name: one for one in self.destinations},
            pictures=lambda path: Gallery(path, self.author.pictures),
            clock=self.clock,
            limiter=Limiter(self.clock, self.breed.paces),
            owner=owner,
            point=process.point,
        )
        running = Running(process, Publisher(crew, rules=self.breed.rules), ledger)
        return running

    async def _publish(self, running: Running) -> tuple[Report, ...]:
        """One run. A process with a schedule of its own would be started and stopped here."""
        return await running.publisher.publish(self._planned(running.ledger), yes=True)

    def _planned(self, ledger: MortalLedger) -> Plan:
        issue = self.author.issue()
        wanted = [Wanted(one, Plain(), Plain().render(issue, one, frozenset())) for one in self.destinations]
        digests = {name: file_digest(content) for name, content in self.author.pictures.items()}
        return plan(issue, wanted, ledger.past(issue.id), digests)

    def _room(self, destination: Destination) -> Room:
        return self.servers[destination.platform].room(destination.chat)

    # What must be so

    def _all_named(self, reports: Sequence[Report]) -> None:
        """Each row is as it should be, or a report names it."""
        named = {row.id for one in reports for row in (*one.failed, *one.in_doubt, *one.waiting)}
        self.doubts |= {(row.id, row.attempt) for one in reports for row in one.in_doubt}
        for row in self.immortal.past("one").deliveries:
            if row.state not in {State.SENT, State.DELETED} and row.id not in named:
                self.wrongs.append(f"{row.key} is {row.state} and no report names it")

    def _outcome(self) -> Outcome:
        self.wrongs += [wrong for server in self.servers.values() for wrong in server.wrongs]
        self.wrongs += [f"{row.key} is still {row.state}" for row in self.immortal.unfinished()]
        lost = doubled = 0
        for destination in self.destinations:
            rows = self.immortal.deliveries("one", destination.name)
            room = self._room(destination)
            missing, surplus = self._texts(destination, rows, room)
            lost, doubled = lost + missing, doubled + surplus
            self.wrongs += disorder(destination, rows, room)
            self.wrongs += differences(rows, room)
        return Outcome(self.seed, lost, doubled, len(self.doubts), self.deaths, tuple(self.wrongs))

    def _texts(self, destination: Destination, rows: Sequence[Delivery], room: Room) -> tuple[int, int]:
        """Texts missing, and texts or deliveries that are there once too often."""
        wanted = Counter(one.text for one in Plain().render(self.author.issue(), destination, frozenset()))
        wanted.update(row.payload.text for row in rows if row.left_over)
        found = Counter(one.message.text for one in room.living)
        copies = sum(count - 1 for count in Counter(one.nonce for one in room.posted.values()).values())
        again = sum(count for text, count in (found - wanted).items() if text in wanted)
        self.wrongs += [f"{destination.name}: nobody wants {text!r}" for text in found if text not in wanted]
        self.wrongs += [f"{destination.name}: {text!r} is missing" for text in wanted - found]
        self.wrongs += [f"{destination.name}: {text!r} is there twice" for text in found - wanted if text in wanted]
        return (wanted - found).total(), max(copies, again)


def disorder(destination: Destination, rows: Sequence[Delivery], room: Room) -> list[str]:
    """Messages appear in the order in which they were planned."""
    places = {row.nonce: row.seq for row in rows}
    arrived = [places.get(one.nonce, 0) for one in room.posted.values()]
    return [] if arrived == sorted(arrived) else [f"{destination.name}: in the order {arrived}"]


def differences(rows: Sequence[Delivery], room: Room) -> list[str]:
    """What the ledger believes against what the server has."""
    wrongs: list[str] = []
    owned: Counter[str] = Counter()
    for row in rows:
        posted = [room.posted.get(name) for name in row.ids]
        if row.out_there:
            owned.update(row.ids)
        if row.state is State.SENT and not (posted and posted[0] is not None and not posted[0].deleted):
            wrongs.append(f"{row.key} is sent in the ledger and not on the server")
        elif row.state is State.SENT and posted[0] is not None and not row.left_over:
            shown = Plain().link(row.payload, row.links or {})
            if posted[0].message.body != shown.body:
                wrongs.append(f"{row.key} reads {posted[0].message.text!r} instead of {shown.text!r}")
            if not set(row.payload.after) <= posted[0].finished.keys():
                wrongs.append(f"{row.key} lacks {row.payload.after}")
        for slot in row.payload.slots if row.state is State.SENT else ():
            target = room.posted.get((row.links or {}).get(slot.section, "").rpartition("/")[2])
            if target is None or target.deleted:
                wrongs.append(f"{row.key} links {slot.section} to nothing")
    wrongs += [f"message {name} belongs to {count} rows" for name, count in owned.items() if count > 1]
    wrongs += [f"message {one.id} belongs to nobody" for one in room.living if one.id not in owned]
    return wrongs


def live(seed: int, memory: Memory, breed: Breed | None = None, tell: Callable[[str], None] | None = None) -> Outcome:
    """One life, the same for the same seed."""
    memory.forget()
    return run(Life(seed, memory, breed or Breed(), tell).live())


def main() -> None:
    from tests.breeds import BREEDS

    breed = BREEDS[sys.argv[2]] if len(sys.argv) > 2 else Breed()
    outcome = live(int(sys.argv[1]), Memory(), breed, tell=print)
    print(outcome)
    sys.exit(not outcome.good)


if __name__ == "__main__":
    main()
