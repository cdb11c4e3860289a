"""One seed, one column kept by running processes: the real rounds, agenda, planner, publisher, limiter and ledger.

Days of virtual time in bad weather: the author writes a file with a date, moves it, answers, holds back, corrects and
pauses; processes die, begin late or twice; the clock is set. Listening and the lease of the whole process are left out.
`python -m tests.simcolumn SEED` replays a life.
"""

from __future__ import annotations

import asyncio
import math
import os
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from bots import posts
from bots.agenda import HELD, PREVIEW, Verb
from bots.answers import APPROVE, DOUBT, LATE
from bots.app import App, Hooks
from bots.column import Column
from bots.config import Config, PlatformConfig, ReleaseRules, load
from bots.errors import LedgerError
from bots.ledger import Letter, LetterState
from bots.model import Destination, Message, State
from bots.redaction import Secret
from bots.releases import Slot, at
from bots.rounds import Rounds
from tests.fakechat import Killed, Process
from tests.roundworld import Renderer
from tests.simchat import LATENESS, PACES, Room, Server, Weather
from tests.simdoor import AUTHOR, Door, Host, OwnApp, Writer
from tests.simulation import PLACES, STEPS, WITNESSED, Breed, Memory, Outcome, SteppedClock, differences, disorder
from tests.virtual import DAWN, run

ISSUE = "one"
DUE = DAWN + timedelta(hours=33)
SEEDS, SOAKED = range(40), range(500)
"""Lives lived at each change, and in `make soak`."""
SLOT = Slot.parse("09:00")
NOTICE = 300.0
"""Seconds within which a process may still act by what it read before the author changed it."""
STEP = timedelta(hours=1)
"""How often the author looks in while the weather is good."""
PATIENCE = 60
"""Such looks after which everything must be out. A chat that was closed may rest for six hours."""


@dataclass(slots=True)
class Running:
    """One process and what it remembers."""

    process: Process
    rounds: Rounds
    app: OwnApp


@dataclass(slots=True)
class Wish:
    """When the author wants it out."""

    due: datetime
    until: float = math.inf
    """Monotonic seconds at which the author thought better of it."""


class Life:
    """From the first draft until everything is out, or left out as the author decided."""

    def __init__(self, seed: int, memory: Memory, folder: Path, tell: Callable[[str], None] | None = None) -> None:
        self.seed, self.memory, self.folder, self._tell = seed, memory, folder, tell
        self.rng = Random(seed)  # noqa: S311 - a life must come out the same again
        rng = self.rng
        self.clock = SteppedClock()
        self.author = Writer(rng)
        self.weather = Weather(rng, rng.choice((0.0, 0.05, 0.2)))
        self.servers = {name: Host(name, self.clock, rng, self.trace) for name in PACES}
        self.servers["telegram"].witnesses = WITNESSED
        self.destinations = tuple(rng.sample(PLACES, rng.choice((1, 1, 2))))
        self.rules = ReleaseRules(
            slot=SLOT,
            late=rng.choice(("publish", "ask", "ask", "skip")),
            window=timedelta(hours=rng.choice((2, 24))),
            approval=rng.choice((None, None, timedelta(hours=3))),
            corrections=rng.choice(("auto", "ask")),
            tell=rng.choice(("telegram", "discord")),
        )
        self.immortal = memory.ledger(Breed(), self.clock, Process())
        self.dated, self.wishes = DUE, list[Wish]()
        self._left: defaultdict[str, set[str]] = defaultdict(set)
        """Texts that left for each destination."""
        self.begun = False
        """A message left, wherever to."""
        self.ordered = False
        """The author said that it goes out now."""
        self.skipped_at = math.inf
        self.approved: frozenset[str] = frozenset()
        """The texts that were approved last."""
        self.paused_at: float | None = None
        self.deaths, self.doubts = 0, set[tuple[int, int]]()
        self.wrongs: list[str] = []

    def trace(self, what: str) -> None:
        if self._tell is not None:
            self._tell(f"{self.clock.now():%d %H:%M:%S}  {what}")

    async def live(self) -> Outcome:
        self.trace(f"{self.rules}")
        self._write(DUE)
        await self._until(DUE + timedelta(hours=self.rng.uniform(-20.0, 30.0)))
        for _ in range(self.rng.choice((1, 2, 3))):
            await self._troubled()
        await self._calm()
        return self._outcome()

    # The processes

    @property
    def config(self) -> Config:
        parts = {
            name: PlatformConfig(Secret("1:x"), author=AUTHOR, admins=frozenset({AUTHOR})) for name in self.servers
        }
        return replace(
            load(self.folder / "config.yaml", {}),
            platforms=parts,
            destinations=self.destinations,
            release=self.rules,
            pacing=PACES,
            start=DAWN,
        )

    def _start(self, dies_at: int = 0) -> Running:
        process = Process(dies_at)
        ledger = self.memory.ledger(Breed(), self.clock, process)
        column = Column(self.config, dict.fromkeys(self.servers, Renderer()))
        app = OwnApp(column, ledger, self.clock, AsyncExitStack(), Hooks(point=process.point))
        app.doors = {}
        for name, server in self.servers.items():
            door = Door(server, self.weather, process, lambda: "")
            door.keeper = self
            app.doors[name] = door
        return Running(process, Rounds(app), app)

    async def _work(self, running: Running) -> None:
        """Round after round, as the alarm rings."""
        while True:
            try:
                wake = await running.rounds.make()
            except Killed as death:
                self.trace(f"the process dies at {death}")
                self.deaths += 1
                return
            except LedgerError as error:
                self.trace(f"not now: {error}")
                wake = None
            nap = self.rng.choice((30.0, 600.0, 3600.0))
            if wake is not None:
                nap = min(nap, max(0.0, (wake - self.clock.now()).total_seconds()))
            await self.clock.sleep(max(1.0, nap))

    async def _end(self, running: Running, work: asyncio.Task[None]) -> None:
        running.process.dead = True
        work.cancel()
        with suppress(asyncio.CancelledError, Killed):
            await work

    async def _troubled(self) -> None:
        """A process in bad weather, and an author who can't leave it alone."""
        rng = self.rng
        running = self._start(rng.randint(1, 80) if rng.random() < 0.6 else 0)
        work = asyncio.create_task(self._work(running))
        for _ in range(rng.randint(1, 6)):
            await self.clock.sleep(rng.choice((5.0, 200.0, 3600.0, 4 * 3600.0)))
            await self._meddle()
        await self._end(running, work)
        if self.paused_at is not None:
            self._go_on()
        await self.clock.sleep(rng.choice((5.0, 200.0, 3600.0, 30 * 3600.0)))

    async def _meddle(self) -> None:
        match self.rng.choice(("answer", "answer", "answer", "correct", "date", "pause", "step", "second", "settle")):
            case "answer":
                self._answer()
            case "correct":
                self._correct()
            case "date" if ISSUE not in self.immortal.begun():
                self._write(self.clock.now() + timedelta(minutes=self.rng.randint(-300, 900)))
            case "pause" if self.paused_at is None:
                self.trace("the author pauses")
                self.immortal.pause("the author needs a rest")
                self.paused_at = self.clock.monotonic()
            case "pause":
                self._go_on()
            case "step":
                self.clock.offset += self.rng.choice(STEPS)
                self.trace(f"the wall clock is now off by {self.clock.offset}")
            case "second":
                self.trace("a second process is started by mistake")
                second = self._start()
                work = asyncio.create_task(self._work(second))
                await self.clock.sleep(self.rng.choice((5.0, 900.0)))
                await self._end(second, work)
            case "settle":
                await self._settle()

    async def _calm(self) -> None:
        """Good weather and an author who answers everything."""
        self.trace("the weather clears up")
        self.weather.share = 0.0
        await self.clock.sleep(LATENESS)
        running = self._start()
        work = asyncio.create_task(self._work(running))
        for _ in range(PATIENCE):
            await self.clock.sleep(STEP.total_seconds())
            if work.done():
                work.result()
            if self._settled(running.app):
                break
            self._answer(all_of_them=True)
            self._refused()
            await self._settle()
        else:
            self.wrongs.append(f"not done after {PATIENCE * STEP} in good weather")
        await self._end(running, work)

    # The author

    @property
    def path(self) -> Path:
        return self.folder / "posts" / "one.md"

    def _write(self, due: datetime | None = None) -> None:
        if due is not None:
            self.dated, self.skipped_at = due.replace(second=0, microsecond=0), math.inf
            self._wish(self.dated)
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_text(self.author.markdown(self.dated), encoding="utf-8")
        os.utime(self.path, (self.clock.now().timestamp(),) * 2)

    def _wish(self, due: datetime) -> None:
        self.trace(f"the author wants it out at {due:%d %H:%M}")
        if self.wishes:
            self.wishes[-1].until = self.clock.monotonic()
        self.wishes.append(Wish(due))

    def _correct(self) -> None:
        """Correct the file; taken back when weektech would have a question about it."""
        self.trace(f"the author: {self.author.correct()}")
        self._write()
        app = self._start().app
        if app._planned(app.column.draft(self.path), self.destinations, named=False).questions:
            self.trace("the author takes that back")
            self.author.undo()
            self._write()

    def _answer(self, *, all_of_them: bool = False) -> None:
        for letter in self.immortal.letters.questions():
            if letter.state is LetterState.SENT and letter.kind != DOUBT and (all_of_them or self.rng.random() < 0.8):
                self._answer_one(letter, all_of_them)

    def _answer_one(self, letter: Letter, last: bool) -> None:
        values = [one.value for one in letter.choices if one.value != "leave"]
        if last:
            values = [one for one in values if one != "hold"]
        value = self.rng.choice(values)
        self.trace(f"the author answers {value} to {letter.text.splitlines()[0]!r}")
        self.immortal.letters.answer(letter.id, value, AUTHOR)
        if not self._stands(letter):
            return
        match value:
            case "now":
                self.ordered = True
            case "next":
                zone = self.config.zone
                self._wish(at(SLOT.following(self.clock.now(), zone), zone).moment)
            case "skip":
                self.skipped_at = self.clock.monotonic()
            case "approve":
                # What was shown is what the ledger has by now.
                self.approved = frozenset(row.payload.text for row in self.immortal.past(ISSUE).deliveries)
            case "hold":
                self.approved = frozenset()

    def _stands(self, letter: Letter) -> bool:
        """Whether the question is about the date in the file, or what was shown last; no other answer counts."""
        if letter.kind == LATE:
            return letter.about.endswith(self.wishes[-1].due.astimezone(UTC).isoformat())
        shown = self.immortal.rulings.of(ISSUE).get(PREVIEW)
        return letter.kind != APPROVE or (shown is not None and letter.about.endswith(shown.value))

    def _refused(self) -> None:
        """What the platform refused, or the author held back, goes on once the file is another."""
        rows = self.immortal.unfinished()
        found = self.immortal.issue(ISSUE)
        held = found is not None and found.hold == HELD
        if held or any(row.state is State.FAILED for row in rows):
            self._correct()

    async def _settle(self) -> None:
        """The author looks into the chats, so late that nothing is on its way any more, and says what is there."""
        doubted = [row for row in self.immortal.unfinished() if row.unsettled and row.state is State.IN_DOUBT]
        if not doubted:
            return
        await self.clock.sleep(LATENESS)
        for row in doubted:
            place = next(one for one in self.destinations if one.name == row.destination)
            found = [one for one in self._room(place).by_nonce(row.nonce) if not one.deleted]
            self.trace(f"the author: {row.payload.text!r} is {'there' if found else 'not there'}")
            self.doubts.add((row.id, row.attempt))
            with suppress(LedgerError):  # another process may hold the chat, or know better by now
                await self._start().app.settle(row.id, Server.receipt(place, found[0].id) if found else None)

    def _go_on(self) -> None:
        self.trace("the author goes on")
        self.immortal.go_on()
        self.paused_at = None

    async def _until(self, moment: datetime) -> None:
        await self.clock.sleep((moment - self.clock.now()).total_seconds())

    # What must be so

    def _room(self, destination: Destination) -> Room:
        return self.servers[destination.platform].room(destination.chat)

    def calls(self, destination: Destination, what: str) -> None:
        if self.paused_at is not None and self.clock.monotonic() > self.paused_at:
            self.wrongs.append(f"paused, and yet {destination.name}: {what}")

    def leaves(self, destination: Destination, message: Message) -> None:
        what, now = f"{destination.name}: {message.text!r}", self.clock.monotonic()
        if not self.begun:
            wanted = [wish.due for wish in self.wishes if wish.until > now - NOTICE]
            if not self.ordered and all(self.clock.now() < due for due in wanted):
                self.wrongs.append(f"before its time {what}")
            if now > self.skipped_at + NOTICE:
                self.wrongs.append(f"skipped, and yet {what}")
        self.begun = True
        if self.rules.approval is not None and message.text not in self.approved:
            rows = self.immortal.deliveries(ISSUE, destination.name)
            owed = not self.approved or not self.approved <= self._left[destination.name]
            if owed and not any(r.state is State.FAILED for r in rows):
                self.wrongs.append(f"not approved, and yet {what}")
        self._left[destination.name].add(message.text)

    def _skipped(self, app: App) -> bool:
        (entry,) = app.agenda([posts.read(self.path, app.config.zone)])
        return entry.verb is Verb.REST and entry.why == "skipped"

    def _settled(self, app: App) -> bool:
        """Nothing is left to do, or to be decided."""
        letters = self.immortal.letters
        if letters.questions() or letters.answered() or letters.unsent():
            return False
        if ISSUE not in self.immortal.begun():
            return self._skipped(app)
        if self.immortal.unfinished():
            return False
        made = app._planned(app.column.draft(self.path), self.destinations, named=False)
        return made.idle and not made.changes()

    def _outcome(self) -> Outcome:
        app = self._start().app
        self.wrongs += [wrong for server in self.servers.values() for wrong in server.wrongs]
        lost = doubled = 0
        out = ISSUE in self.immortal.begun()
        self.wrongs += [f"{row.key} is still {row.state}" for row in self.immortal.unfinished() if out]
        for destination in self.destinations:
            rows, room = self.immortal.deliveries(ISSUE, destination.name), self._room(destination)
            shown = app.column.messages(app.column.draft(self.path), destination) if out else ()
            wanted = Counter(message.text for message in shown)
            found = Counter(one.message.text for one in room.living)
            copies = sum(count - 1 for count in Counter(one.nonce for one in room.posted.values()).values())
            lost, doubled = lost + (wanted - found).total(), doubled + max(copies, (found - wanted).total())
            self.wrongs += [f"{destination.name}: {text!r} is missing" for text in wanted - found]
            self.wrongs += [f"{destination.name}: {text!r} is too much" for text in found - wanted]
            self.wrongs += disorder(destination, rows, room)
            self.wrongs += differences(rows, room)
        wrongs = tuple(self.wrongs)
        return Outcome(self.seed, lost, doubled, len(self.doubts), self.deaths, wrongs, "tests.simcolumn")


def live(seed: int, memory: Memory, folder: Path, tell: Callable[[str], None] | None = None) -> Outcome:
    """One life in a folder of its own, the same for the same seed."""
    memory.forget()
    (folder / "config.yaml").write_text("column:\n  title: Column\n", encoding="utf-8")
    return run(Life(seed, memory, folder, tell).live())


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        outcome = live(int(sys.argv[1]), Memory(), Path(folder), tell=print)
    print(outcome)
    sys.exit(not outcome.good)


if __name__ == "__main__":
    main()
