"""A column with platforms of our own, published by one process at a time, each of which finds what the last one left.

Time is virtual, the ledger is real.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from bots.errors import PostError
from bots.ledger import Ledger, Owner
from bots.ledger.codec import file_digest
from bots.ledger.tables import metadata
from bots.limiter import Limiter
from bots.model import LEAD, Button, Destination, Issue, Kind, Message, Post, Section, Slot, State, Upload
from bots.plan import Plan, Wanted, plan
from bots.publisher import Crew, Progress, Publisher, Report, Rules
from tests.fakechat import Chat, Platform, Process
from tests.ledgers import laid_out
from tests.virtual import VirtualClock, run

T = TypeVar("T")


class MortalLedger(Ledger):
    """A ledger a dead process can't write to."""

    process = Process()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        self.process.live()
        with super()._writing() as connection:
            yield connection


class Plain:
    """A renderer: each paragraph is a message, `![](x)` a photo, the lead's last message lists the sections."""

    def render(self, issue: Issue, destination: Destination, unreadable: frozenset[str]) -> list[Message]:
        """Announcements and forum posts have everything but the first message in its thread."""
        messages = [message for section in issue.sections for message in self.section(issue, section)]
        threaded = destination.kind in {Kind.ANNOUNCEMENT, Kind.FORUM}
        announced = destination.kind is Kind.ANNOUNCEMENT and destination.crosspost
        after = ("crosspost",) * announced + ("pin",) * destination.pin
        return [replace(messages[0], after=after), *(replace(one, inside=threaded) for one in messages[1:])]

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

    def erratum(self, text: str, part: int, to: Message, destination: Destination) -> Message:
        words = f"Correction: {text}"
        inside = to.inside or destination.kind is Kind.FORUM
        return Message(to.section, part, "send", {"text": words}, words, inside=inside, answers=True)

    def withdrawn(self, message: Message) -> Message | None:
        struck = f"~{message.text}~"
        return replace(message, body={**message.body, "text": struck}, text=struck, slots=(), after=())

    def owns(self, message: Message) -> int:
        return 1

    def can_edit(self, old: Message, new: Message) -> bool:
        return old.method == new.method or (old.method, new.method) == ("send", "photo")

    def with_buttons(self, message: Message, rows: Sequence[Sequence[Button]]) -> Message:
        shown = [[[one.label, one.data] for one in row] for row in rows]
        return replace(message, body={**message.body, "buttons": shown})

    def prepared(self, content: bytes, message: Message, name: str) -> bytes:
        return content


@dataclass(frozen=True, slots=True)
class Gallery:
    """A post's pictures, all on the table."""

    post: Path
    pictures: Mapping[str, bytes]

    def original(self, source: str) -> bytes:
        if source not in self.pictures:
            raise PostError(f"{source} can't be read", path=self.post)
        return self.pictures[source]

    def content(self, source: str) -> bytes:
        return self.original(source)

    def as_kept(self) -> Gallery:
        return self


def an_issue(lead: str = "Hello", /, **sections: str) -> Issue:
    """Sections by id; the heading is the id in capitals, `\\n\\n` separates messages."""
    post = Post(Path("posts/one.md"), "one", "one", "One", "", 1, date=datetime(2026, 11, 1, tzinfo=UTC))
    made = [Section(LEAD, "One", (), (), 1, lead)]
    made += [Section(name, name.upper(), (name.upper(),), (), 2, text) for name, text in sections.items()]
    return Issue(post, tuple(made))


ISSUE = an_issue("Hello", a="alpha one\n\nalpha two", b="beta", c="gamma")
TEXTS = ["Hello", "A\nB\nC", "alpha one", "alpha two", "beta", "gamma"]
SHORT = an_issue("Hello", a="alpha", b="beta")
"""Two issues many tests publish, and what readers find of the first."""

CHANNEL = Destination("channel", "telegram", Kind.CHANNEL, "@news")
SERVER = Destination("server", "discord", Kind.TEXT, "77")
PINNED = replace(CHANNEL, name="pinned", pin=True)
NEWS = Destination("news", "discord", Kind.ANNOUNCEMENT, "78")
FORUM = Destination("forum", "discord", Kind.FORUM, "79", pin=True)
GROUP = Destination("group", "telegram", Kind.GROUP, "-4012345678")


class World:
    """Two chats, a ledger, and one weektech process at a time."""

    def __init__(self, where: Path | str) -> None:
        self.clock = VirtualClock()
        self.process = Process()
        self.ledger = MortalLedger.open(where, now=self.clock.now, point=self.point)
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
        """A world as new, in the same database."""
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
            pictures=lambda path: Gallery(path, self.pictures),
            clock=self.clock,
            limiter=Limiter(self.clock),
            # A process id above the system's highest: to the next process this one is dead.
            owner=replace(Owner.this_process(), pid=2**22 + 1),
            point=self.point,
        )

    def planned(self, issue: Issue) -> Plan:
        wanted = [self.wanted(issue, one) for one in self.destinations]
        digests = {name: file_digest(content) for name, content in self.pictures.items()}
        return plan(issue, wanted, self.ledger.past(issue.id), digests)

    def wanted(self, issue: Issue, place: Destination) -> Wanted:
        shown = Plain().render(issue, place, frozenset())
        first = {message.section: message for message in reversed(shown)}
        errata = [
            Plain().erratum(text, part, first[section.id], place)
            for section in issue.sections
            if section.id in first
            for part, text in enumerate(section.errata, 1)
        ]
        return Wanted(place, Plain(), shown, errata)

    def publish(self, issue: Issue, *, process: Process | None = None, yes: bool = False) -> dict[str, Report]:
        """Plan and publish in a process of its own; raises Killed if that dies."""
        self.start(process)

        async def main() -> dict[str, Report]:
            publisher = Publisher(self.crew(), rules=self.rules, progress=self.progress.append)
            return {report.destination: report for report in await publisher.publish(self.planned(issue), yes=yes)}

        return run(main())

    def with_publisher(
        self, work: Callable[[Publisher, Ledger], Coroutine[object, object, T]], process: Process | None = None
    ) -> T:
        self.start(process)

        async def main() -> T:
            return await work(Publisher(self.crew(), rules=self.rules), self.ledger)

        return run(main())

    def chat(self, destination: Destination) -> Chat:
        return (self.telegram if destination.platform == "telegram" else self.discord).chat(destination)

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

    def settle_by_looking(self) -> None:
        """The author looks into the chat and answers for every message in doubt."""

        async def main(publisher: Publisher, ledger: Ledger) -> None:
            for row in ledger.unfinished():
                if row.state is State.IN_DOUBT and row.unsettled:
                    place = next(one for one in self.destinations if one.name == row.destination)
                    found = [name for name, one in self.chat(place).shown.items() if one.nonce == row.nonce]
                    receipt = self.telegram.receipt(place, found[0]) if found else None
                    await publisher.settle(row.id, receipt)

        self.with_publisher(main)


@contextmanager
def world_in(folder: Path) -> Iterator[World]:
    """A world as new with its ledger in a file."""
    with world_at(laid_out(folder / "ledger.db")) as made:
        yield made


@contextmanager
def world_at(where: Path | str) -> Iterator[World]:
    """A world as new with its ledger in this file or database; the ledger is closed at the end."""
    made = World(where)
    with closing(made.ledger):
        yield made
