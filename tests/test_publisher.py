"""Publishing against a chat that remembers: nothing twice, in order, and what can't be known is named.

The platform here is a small one of our own that implements the port; the real ones have their own tests and the
rehearsal. Time is virtual, the ledger is a real SQLite file.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from bots.errors import (
    ChatClosed,
    Gone,
    InDoubt,
    LedgerError,
    PlanRefused,
    PostError,
    Rejected,
    SendError,
    TokenRejected,
    TryLater,
)
from bots.ledger import Ledger, Owner
from bots.ledger.codec import digest
from bots.ledger.tables import metadata
from bots.limiter import Limiter
from bots.model import LEAD, Destination, Issue, Kind, Message, Post, Receipt, Section, Slot, State, Upload
from bots.plan import Plan, Wanted, plan
from bots.platforms.base import Attempt, Verdict
from bots.publisher import Crew, Progress, Publisher, Report, Rules
from tests.virtual import VirtualClock, run

T = TypeVar("T")

CHANNEL = Destination("channel", "telegram", Kind.CHANNEL, "@news")
SERVER = Destination("server", "discord", Kind.TEXT, "77")


class Killed(BaseException):
    """The process is gone."""


@dataclass(slots=True)
class Process:
    """A process that dies at its n-th point, and stays dead: nothing it would do afterwards happens."""

    dies_at: int = 0
    passed: list[str] = field(default_factory=list)
    dead: bool = False

    def point(self, name: str) -> None:
        self.live()
        self.passed.append(name)
        if len(self.passed) == self.dies_at:
            self.dead = True
            raise Killed(name)

    def live(self) -> None:
        if self.dead:
            raise Killed("already dead")


class MortalLedger(Ledger):
    """A ledger a dead process can't write to."""

    process = Process()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        self.process.live()
        with super()._writing() as connection:
            yield connection


@dataclass(slots=True)
class Shown:
    """A message as the chat has it."""

    message: Message
    nonce: str
    deleted: bool = False


@dataclass(slots=True)
class Chat:
    """What readers see. It remembers everything, also what was taken back."""

    shown: dict[str, Shown] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        return [one.message.text for one in self.shown.values() if not one.deleted]


Fault = SendError | Exception


class Platform:
    """Our own port, in memory. `remembers`: it can tell by the nonce whether a send arrived, as Discord can."""

    def __init__(self, clock: VirtualClock, *, remembers: bool) -> None:
        self.clock, self.remembers = clock, remembers
        self.chats: dict[str, Chat] = {}
        self.faults: dict[int, tuple[Fault, bool]] = {}
        """Number of the call, from 1, to the error and whether the call was carried out all the same."""
        self.count = 0
        self.answer = 0.2
        self.process = Process()
        self.ids = itertools.count(100)

    def chat(self, destination: Destination) -> Chat:
        return self.chats.setdefault(destination.name, Chat())

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def check(self, destination: Destination) -> Verdict:
        return Verdict(ok=True, title=destination.name)

    async def send(
        self, destination: Destination, message: Message, files: Mapping[str, bytes], attempt: Attempt
    ) -> Receipt:
        def arrive() -> Receipt:
            name = str(next(self.ids))
            self.chat(destination).shown[name] = Shown(message, attempt.nonce)
            return self.receipt(destination, name)

        assert sorted(files) == sorted(file.name for file in message.files if not file.missing)
        return await self.call(destination, f"send {message.text}", arrive)

    async def edit(
        self, destination: Destination, ids: Sequence[str], old: Message, new: Message, files: Mapping[str, bytes]
    ) -> Receipt:
        def arrive() -> Receipt:
            shown = self.chat(destination).shown[ids[0]]
            assert shown.message.body in (old.body, new.body)
            shown.message = new
            return self.receipt(destination, ids[0])

        return await self.call(destination, f"edit {new.text}", arrive)

    async def delete(self, destination: Destination, ids: Sequence[str]) -> None:
        def arrive() -> None:
            self.chat(destination).shown[ids[0]].deleted = True

        await self.call(destination, f"delete {self.chat(destination).shown[ids[0]].message.text}", arrive)

    async def settle(self, destination: Destination, message: Message, attempt: Attempt) -> Receipt | None:
        self.process.live()
        if not self.remembers:
            raise InDoubt("Nobody can tell.", code="no evidence")
        found = [name for name, one in self.chat(destination).shown.items() if one.nonce == attempt.nonce]
        return self.receipt(destination, found[0]) if found else None

    async def call(self, destination: Destination, what: str, arrive: Callable[[], T]) -> T:
        self.process.live()
        self.count += 1
        fault, arrived = self.faults.get(self.count, (None, True))
        self.chat(destination).calls.append(what)
        result = arrive() if arrived else None
        await self.clock.sleep(self.answer)
        if fault is not None:
            raise fault
        assert result is not None or what.startswith("delete")
        return result  # type: ignore[return-value] # only a delete has no result

    def receipt(self, destination: Destination, name: str) -> Receipt:
        return Receipt((name,), f"https://chat/{destination.name}/{name}")


class Plain:
    """A renderer: each paragraph is a message, `![](x)` a photo, the lead's last message lists the sections."""

    def render(self, issue: Issue, destination: Destination, unreadable: frozenset[str]) -> list[Message]:
        return [message for section in issue.sections for message in self.section(issue, section)]

    def section(self, issue: Issue, section: Section) -> list[Message]:
        parts = [part for part in section.source.split("\n\n") if part.strip()]
        messages = [self.message(section.id, part, text) for part, text in enumerate(parts, 1)]
        if section.id == LEAD:
            others = [one for one in issue.sections if one.id != LEAD]
            text = "\n".join(one.title for one in others)
            starts = itertools.accumulate((len(one.title) + 1 for one in others), initial=0)
            slots = tuple(Slot(one.id, at, len(one.title)) for one, at in zip(others, starts, strict=False))
            body = {"text": text, "links": {}}
            messages.append(Message(LEAD, len(messages) + 1, "send", body, text, slots=slots))
        return messages

    def message(self, section: str, part: int, text: str) -> Message:
        if text.startswith("![]("):
            name = text[4:-1]
            return Message(section, part, "photo", {"photo": f"attach://{name}"}, text, (Upload(name, name),))
        return Message(section, part, "send", {"text": text}, text)

    def link(self, message: Message, urls: Mapping[str, str]) -> Message:
        links = {slot.section: urls[slot.section] for slot in message.slots if slot.section in urls}
        return replace(message, body={**message.body, "links": links}) if links else message

    def can_edit(self, old: Message, new: Message) -> bool:
        return old.method == new.method or (old.method, new.method) == ("send", "photo")

    def prepared(self, content: bytes, message: Message, name: str) -> bytes:
        return content


def an_issue(lead: str = "Hello", /, **sections: str) -> Issue:
    """Sections by id; the heading is the id in capitals, `\\n\\n` separates messages."""
    post = Post(Path("posts/one.md"), "one", "one", "One", "", 1, date=datetime(2026, 11, 1, tzinfo=UTC))
    made = [Section(LEAD, "One", (), (), 1, lead)]
    made += [Section(name, name.upper(), (name.upper(),), (), 2, text) for name, text in sections.items()]
    return Issue(post, tuple(made))


class World:
    """Two chats, a ledger file, and one weektech process at a time."""

    def __init__(self, folder: Path) -> None:
        self.clock = VirtualClock()
        self.process = Process()
        self.ledger = MortalLedger.open(folder / "ledger.db", now=self.clock.now, point=self.point)
        self.telegram = Platform(self.clock, remembers=False)
        self.discord = Platform(self.clock, remembers=True)
        self.rules = Rules()
        self.destinations: tuple[Destination, ...] = (CHANNEL, SERVER)
        self.progress: list[Progress] = []
        self.pictures: dict[str, bytes] = {}

    def point(self, name: str) -> None:
        self.process.point(name)

    def start(self, process: Process | None = None) -> Process:
        """The next process, which finds what the last one left."""
        self.process = process or Process()
        self.ledger.process = self.telegram.process = self.discord.process = self.process
        return self.process

    def forget(self) -> None:
        """A world as new, in the same file."""
        self.start()
        self.telegram.chats.clear()
        self.discord.chats.clear()
        with self.ledger._writing() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())

    def crew(self) -> Crew:
        return Crew(
            ledger=self.ledger,
            senders={"telegram": self.telegram, "discord": self.discord},
            renderers={"telegram": Plain(), "discord": Plain()},
            destinations={one.name: one for one in self.destinations},
            pictures=self.picture,
            clock=self.clock,
            limiter=Limiter(self.clock),
            # A process id above the system's highest: to the next process this one is dead.
            owner=replace(Owner.this_process(), pid=2**22 + 1),
            point=self.point,
        )

    def picture(self, post: Path, source: str) -> bytes:
        if source not in self.pictures:
            raise PostError(f"{source} can't be read", path=post)
        return self.pictures[source]

    def planned(self, issue: Issue) -> Plan:
        wanted = [Wanted(one, Plain(), Plain().render(issue, one, frozenset())) for one in self.destinations]
        digests = {name: digest(content.decode()) for name, content in self.pictures.items()}
        return plan(issue, wanted, self.ledger.past(issue.id), digests)

    def publish(self, issue: Issue, *, process: Process | None = None, yes: bool = False) -> dict[str, Report]:
        """Plan and publish in a process of its own; raises Killed if that dies."""
        self.start(process)

        async def main() -> dict[str, Report]:
            publisher = Publisher(self.crew(), rules=self.rules, progress=self.progress.append)
            return {report.destination: report for report in await publisher.publish(self.planned(issue), yes=yes)}

        return run(main())

    def with_publisher(self, work: Callable[[Publisher, Ledger], Coroutine[object, object, T]]) -> T:
        self.start()

        async def main() -> T:
            return await work(Publisher(self.crew(), rules=self.rules), self.ledger)

        return run(main())

    @property
    def channel(self) -> Chat:
        return self.telegram.chat(CHANNEL)

    @property
    def server(self) -> Chat:
        return self.discord.chat(SERVER)

    def links(self, chat: Chat) -> dict[str, str]:
        """What the contents message leads to, as the texts readers find there."""
        contents = next(one.message for one in chat.shown.values() if one.message.slots)
        return {name: chat.shown[url.rpartition("/")[2]].message.text for name, url in contents.body["links"].items()}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.ledger.close()


@pytest.fixture(scope="module")
def lasting_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One that is forgotten between lives instead of built anew, where there are many."""
    made = World(tmp_path_factory.mktemp("world"))
    yield made
    made.ledger.close()


ISSUE = an_issue("Hello", a="alpha one\n\nalpha two", b="beta", c="gamma")
TEXTS = ["Hello", "A\nB\nC", "alpha one", "alpha two", "beta", "gamma"]


def test_everything_arrives_in_order_and_the_contents_are_linked(world: World) -> None:
    reports = world.publish(ISSUE)
    for name, chat in (("channel", world.channel), ("server", world.server)):
        assert chat.texts == TEXTS
        assert world.links(chat) == {"a": "alpha one", "b": "beta", "c": "gamma"}
        assert (reports[name].sent, reports[name].edited, reports[name].ok) == (6, 1, True)


def test_publishing_twice_sends_nothing(world: World) -> None:
    world.publish(ISSUE)
    before = list(world.channel.calls)
    reports = world.publish(ISSUE)
    assert world.channel.calls == before
    assert (reports["channel"].sent, reports["channel"].kept, reports["channel"].ok) == (0, 6, True)


def test_a_corrected_word_becomes_one_edit_and_nothing_else_moves(world: World) -> None:
    world.publish(ISSUE)
    before = len(world.channel.calls)
    reports = world.publish(an_issue("Hello", a="alpha one\n\nalpha two", b="better", c="gamma"))
    assert world.channel.calls[before:] == ["edit better"]
    assert (reports["channel"].sent, reports["channel"].edited, reports["channel"].kept) == (0, 1, 5)


def test_a_new_middle_section_goes_to_the_end_and_is_linked(world: World) -> None:
    world.publish(ISSUE)
    before = len(world.server.calls)
    world.publish(an_issue("Hello", a="alpha one\n\nalpha two", new="fresh", b="beta", c="gamma"))
    assert world.server.calls[before:] == ["send fresh", "edit A\nNEW\nB\nC"]
    assert world.links(world.server) == {"a": "alpha one", "new": "fresh", "b": "beta", "c": "gamma"}


def test_what_no_edit_can_do_is_appended_relinked_and_then_deleted(world: World) -> None:
    world.pictures["x.png"] = b"picture"
    world.publish(an_issue("Hello", a="![](x.png)", b="beta", c="gamma", d="delta"))
    before = len(world.channel.calls)
    reports = world.publish(an_issue("Hello", a="words", b="beta", c="gamma", d="delta"))
    assert world.channel.calls[before:] == ["send words", "edit A\nB\nC\nD", "delete ![](x.png)"]
    assert world.links(world.channel)["a"] == "words"
    assert (reports["channel"].sent, reports["channel"].edited, reports["channel"].deleted) == (1, 1, 1)


def test_another_picture_under_the_same_name_is_one_edit(world: World) -> None:
    world.pictures["x.png"] = b"old"
    issue = an_issue("Hello", a="![](x.png)\n\nwords", b="beta")
    world.publish(issue)
    before = len(world.channel.calls)
    world.pictures["x.png"] = b"new"
    world.publish(issue)
    assert world.channel.calls[before:] == ["edit ![](x.png)"]
    world.publish(issue)
    assert world.channel.calls[before:] == ["edit ![](x.png)"]


def test_a_plan_that_would_take_much_back_is_refused_and_nothing_is_sent(world: World) -> None:
    world.publish(ISSUE)
    before = list(world.channel.calls)
    with pytest.raises(PlanRefused, match="3 of 6"):
        world.publish(an_issue("Hello", a="alpha one"))
    assert world.channel.calls == before
    assert world.publish(an_issue("Hello", a="alpha one"), yes=True)["channel"].deleted == 3


# Kills


def points() -> list[str]:
    """Every point one publication passes, in order, and a correction after it."""
    return [
        *("plan.before", "plan.during", "plan.after"),
        *("intent.before", "intent.during", "intent.after", "send.before", "send.after", "reply.after"),
        *("confirm.before", "confirm.during", "confirm.after"),
    ]


def settle_by_looking(world: World) -> None:
    """The author looks into the chat and answers for every message in doubt."""

    async def main(publisher: Publisher, ledger: Ledger) -> None:
        for row in ledger.unfinished():
            if row.state is State.IN_DOUBT and row.unsettled:
                found = [name for name, one in world.channel.shown.items() if one.nonce == row.nonce]
                receipt = world.telegram.receipt(CHANNEL, found[0]) if found else None
                await publisher.settle(row.id, receipt)

    world.with_publisher(main)


def test_every_named_point_is_passed(world: World) -> None:
    process = Process()
    world.publish(ISSUE, process=process)
    assert set(points()) == set(process.passed)
    assert process.passed[:3] == points()[:3]


def killed_everywhere(here: World, before: Issue | None, issue: Issue, texts: list[str]) -> set[str]:
    """Kill a publication at each of its points in turn; returns the points that left a send in doubt."""
    doubted: set[str] = set()
    for dies_at in itertools.count(1):
        here.forget()
        process = Process(dies_at)
        if before is not None:
            here.publish(before)
        with suppress(Killed):
            here.publish(issue, process=process)
        if not process.dead:
            return doubted
        (report,) = here.publish(issue).values()
        if not report.ok:
            assert [row.state for row in report.in_doubt] == [State.IN_DOUBT]
            assert "in doubt" in report.stopped
            doubted.add(process.passed[-1])
            settle_by_looking(here)
            (report,) = here.publish(issue).values()
        assert report.ok
        chat = here.channel if here.destinations == (CHANNEL,) else here.server
        assert chat.texts == texts
        assert len(chat.shown) == len(texts)
        assert here.links(chat).keys() == {section.id for section in issue.sections} - {LEAD}
    raise AssertionError("unreachable")


SHORT = an_issue("Hello", a="alpha", b="beta")
ONE = an_issue("", a="alpha")
UNKNOWN = {"intent.after", "send.before", "send.after", "reply.after", "confirm.before", "confirm.during"}
"""After the intent and before the confirmation is committed, a dead process leaves a send nobody can vouch for."""

KILLS = [
    ("where nobody can tell", CHANNEL, None, ["A", "alpha"], UNKNOWN),
    ("where the platform can tell", SERVER, None, ["A", "alpha"], set()),
    ("in a correction", CHANNEL, an_issue("", a="alfa"), ["A", "alpha"], set()),
]


@pytest.mark.parametrize(
    ("destination", "before", "texts", "doubted"), [row[1:] for row in KILLS], ids=[row[0] for row in KILLS]
)
def test_killed_anywhere_nothing_is_lost_or_doubled(
    lasting_world: World, destination: Destination, before: Issue | None, texts: list[str], doubted: set[str]
) -> None:
    lasting_world.destinations = (destination,)
    assert killed_everywhere(lasting_world, before, ONE, texts) == doubted


@settings(max_examples=8, deadline=None)
@given(st.data())
def test_publish_after_publish_is_publish_whatever_dies_in_between(lasting_world: World, data: st.DataObject) -> None:
    """A line of versions of an issue, each published with a few deaths: readers end with the last one, once."""
    world = lasting_world
    world.forget()
    world.destinations = (CHANNEL, SERVER)
    version = st.fixed_dictionaries({name: st.sampled_from([f"{name} 1", f"{name} 2"]) for name in "abc"})
    for drawn in data.draw(st.lists(version, min_size=1, max_size=3)):
        sections = dict(sorted(drawn.items()))
        issue = an_issue("Hello", **sections)
        for dies_at in data.draw(st.lists(st.integers(1, 90), max_size=3)):
            with suppress(Killed):
                world.publish(issue, process=Process(dies_at))
            settle_by_looking(world)
        for _ in range(3):
            reports = world.publish(issue)
            settle_by_looking(world)
        assert all(report.ok for report in reports.values())
        for chat in (world.channel, world.server):
            assert chat.texts == ["Hello", "A\nB\nC", *sections.values()]
            assert len(chat.shown) == 5


# Failures

FAULTS = [
    # what happens at the third call, did it arrive, that message afterwards, texts in the chat, stopped because
    ("a rate window", TryLater("Slow down.", after=5), False, State.SENT, 6, ""),
    ("unreachable for a moment", TryLater("No network."), False, State.SENT, 6, ""),
    ("refused content", Rejected("Too long."), False, State.FAILED, 2, "refused"),
    ("no rights", ChatClosed("Not an administrator."), False, State.PENDING, 2, "Not an administrator"),
    ("a revoked token", TokenRejected("Unauthorized."), False, State.PENDING, 2, "Unauthorized"),
    ("the answer is lost", InDoubt("Timed out."), True, State.IN_DOUBT, 3, "in doubt"),
    ("the request is lost", InDoubt("Timed out."), False, State.IN_DOUBT, 2, "in doubt"),
    ("an error nobody knows", RuntimeError("?"), True, State.IN_DOUBT, 3, "in doubt"),
]


@pytest.mark.parametrize(
    ("happens", "state", "texts", "stopped"),
    [((fault, arrived), *rest) for _, fault, arrived, *rest in FAULTS],
    ids=[row[0] for row in FAULTS],
)
def test_a_failed_send(world: World, happens: tuple[Exception, bool], state: State, texts: int, stopped: str) -> None:
    world.telegram.faults[3] = happens
    reports = world.publish(ISSUE)
    assert world.channel.texts == TEXTS[:texts]
    assert stopped in reports["channel"].stopped
    assert reports["channel"].ok is (not stopped)
    assert reports["server"].ok, "the other destination goes on"
    assert world.ledger.deliveries("one", "channel")[2].state is state


def test_where_there_is_evidence_a_lost_answer_is_settled_at_once(world: World) -> None:
    world.discord.faults = {2: (InDoubt("Lost."), True), 4: (InDoubt("Lost."), False)}
    assert world.publish(ISSUE)["server"].ok
    assert world.server.texts == TEXTS


def test_a_refused_message_is_tried_again_when_its_text_has_changed(world: World) -> None:
    world.telegram.faults[3] = (Rejected("Bad."), False)
    world.publish(ISSUE)
    corrected = an_issue("Hello", a="alpha 1\n\nalpha two", b="beta", c="gamma")
    assert world.publish(corrected)["channel"].ok
    assert world.channel.texts == ["Hello", "A\nB\nC", "alpha 1", "alpha two", "beta", "gamma"]


def test_a_platform_that_stays_away_leaves_the_rest_for_the_next_run(world: World) -> None:
    world.telegram.faults = {call: (TryLater("No network."), False) for call in range(3, 9)}
    report = world.publish(ISSUE)["channel"]
    assert [row.state for row in report.waiting] == [State.PENDING] * 4
    assert "6 times" in report.stopped
    assert world.publish(ISSUE)["channel"].ok
    assert world.channel.texts == TEXTS


def test_a_rejected_token_stops_every_destination_of_its_platform(world: World) -> None:
    world.destinations = (CHANNEL, Destination("second", "telegram", Kind.CHANNEL, "@second"), SERVER)
    world.telegram.faults = {call: (TokenRejected("Unauthorized."), False) for call in (1, 2)}
    reports = world.publish(ISSUE)
    assert not world.channel.texts
    assert "Unauthorized" in reports["channel"].stopped
    assert "Unauthorized" in reports["second"].stopped
    assert reports["server"].ok


EDIT_FAULTS = [
    ("the answer is lost", InDoubt("Timed out."), True, 2, True),
    ("it did not arrive", InDoubt("Timed out."), False, 2, True),
    ("the message is gone", Gone("message to edit not found"), False, 1, False),
]


@pytest.mark.parametrize(
    ("fault", "arrived", "calls", "ok"), [row[1:] for row in EDIT_FAULTS], ids=[row[0] for row in EDIT_FAULTS]
)
def test_a_failed_edit(world: World, fault: Exception, arrived: bool, calls: int, ok: bool) -> None:
    world.publish(SHORT)
    before = len(world.channel.calls)
    world.telegram.faults[before + 1] = (fault, arrived)
    report = world.publish(an_issue("Hello", a="alpha", b="better"))["channel"]
    assert world.channel.calls[before:] == ["edit better"] * calls
    assert report.ok is ok


def test_the_author_settles_what_nobody_else_can(world: World) -> None:
    world.telegram.faults[3] = (InDoubt("Timed out."), False)
    (doubted,) = world.publish(ISSUE)["channel"].in_doubt
    (still,) = world.publish(ISSUE)["channel"].in_doubt
    assert (still.id, still.error) == (doubted.id, "Nobody can tell.")
    settle_by_looking(world)
    assert world.publish(ISSUE)["channel"].ok
    assert world.channel.texts == TEXTS


def test_only_what_is_in_doubt_can_be_settled(world: World) -> None:
    world.publish(ISSUE)

    async def main(publisher: Publisher, ledger: Ledger) -> None:
        with pytest.raises(LedgerError, match="not in doubt"):
            await publisher.settle(ledger.deliveries("one", "channel")[0].id, None)

    world.with_publisher(main)


def test_a_picture_that_disappears_fails_its_message_with_a_reason(world: World) -> None:
    report = world.publish(an_issue("Hello", a="![](x.png)", b="beta"))["channel"]
    assert "x.png can't be read" in report.failed[0].error
    assert world.channel.texts == ["Hello", "A\nB"]


# One writer, pauses, caps, stop signals


def test_a_second_publisher_is_told_who_is_at_work_and_until_when(world: World) -> None:
    async def main(publisher: Publisher, ledger: Ledger) -> None:
        ledger.acquire("server", Owner.this_process())
        with pytest.raises(LedgerError, match=r"at work on server: process \d+ .* until 2026-01-01 00:02:30"):
            await publisher.publish(world.planned(ISSUE))
        assert not world.server.calls
        assert not world.channel.calls
        await world.clock.sleep(151)
        await publisher.publish(world.planned(ISSUE))

    world.with_publisher(main)
    assert world.server.texts == TEXTS


def test_a_lost_lease_stops_before_the_next_call(world: World) -> None:
    async def main(publisher: Publisher, ledger: Ledger) -> None:
        thief = Owner.this_process()
        work = asyncio.create_task(publisher.publish(world.planned(ISSUE)))
        await world.clock.sleep(2.5)
        with ledger._writing() as connection:
            connection.exec_driver_sql("UPDATE leases SET owner = ?", (str(thief),))
        calls = len(world.channel.calls)
        with pytest.raises(LedgerError, match="at work"):
            await work
        assert len(world.channel.calls) == calls

    world.with_publisher(main)


def test_a_plan_made_before_another_command_ran_is_refused(world: World) -> None:
    async def main(publisher: Publisher, ledger: Ledger) -> None:
        stale = world.planned(ISSUE)
        await publisher.publish(world.planned(ISSUE))
        with pytest.raises(LedgerError, match="Run the command again"):
            await publisher.publish(stale)

    world.with_publisher(main)
    assert world.channel.texts == TEXTS


def test_a_pause_holds_before_the_next_call_and_the_next_run_goes_on(world: World) -> None:
    async def main(publisher: Publisher, ledger: Ledger) -> tuple[Report, ...]:
        work = asyncio.create_task(publisher.publish(world.planned(ISSUE)))
        await world.clock.sleep(2.5)
        ledger.pause("holiday")
        return await work

    reports = world.with_publisher(main)
    assert all("holiday" in report.stopped for report in reports if not report.ok)
    assert 0 < len(world.channel.texts) < len(TEXTS)
    world.ledger.go_on()
    world.publish(ISSUE)
    assert world.channel.texts == TEXTS


def test_a_run_sends_no_more_than_its_cap(world: World) -> None:
    world.rules = Rules(limits=replace(Rules().limits, sends=5))
    with pytest.raises(PlanRefused, match="12 messages"):
        world.publish(ISSUE)
    reports = world.publish(ISSUE, yes=True)
    assert len(world.channel.texts) + len(world.server.texts) == 5
    assert all("at most 5" in report.stopped for report in reports.values())


def test_a_stop_signal_waits_for_the_call_under_way_and_adopts_its_answer(world: World) -> None:
    world.telegram.answer = world.discord.answer = 8.0

    async def main(publisher: Publisher, ledger: Ledger) -> None:
        work = asyncio.create_task(publisher.publish(world.planned(ISSUE)))
        await world.clock.sleep(3)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        rows = ledger.deliveries("one", "channel")
        assert [row.state for row in rows] == [State.SENT, *[State.PENDING] * 5]
        assert world.clock.monotonic() < 10

    world.with_publisher(main)


def test_a_call_that_outlives_the_wait_is_left_sending_for_the_next_start(world: World) -> None:
    world.telegram.answer = world.discord.answer = 60.0

    async def main(publisher: Publisher, ledger: Ledger) -> None:
        work = asyncio.create_task(publisher.publish(world.planned(ISSUE)))
        await world.clock.sleep(3)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        assert ledger.deliveries("one", "channel")[0].state is State.SENDING

    world.with_publisher(main)
    world.telegram.answer = world.discord.answer = 0.1
    reports = world.publish(ISSUE)
    assert reports["server"].ok
    assert [row.section for row in reports["channel"].in_doubt] == [LEAD]


def test_progress_ends_at_its_total(world: World) -> None:
    world.publish(ISSUE)
    for name in ("channel", "server"):
        seen = [one for one in world.progress if one.destination == name]
        assert [one.done for one in seen] == list(range(1, 8))
        assert seen[-1].done == seen[-1].total
