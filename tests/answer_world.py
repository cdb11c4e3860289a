"""A column whose issue is out there in every kind of chat, and readers who answer it; no platform, a real ledger."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bots.config import CommentRules, Config, PlatformConfig, load
from bots.events import Mark, Person, Said, Seen
from bots.feedback import Filing
from bots.ledger import Change, Comment, Intent, IssueRow, Ledger, Owner, SectionRow, Task
from bots.ledger.tables import aliases, comments, cursors, reacted, readers, sightings, switches, tallies
from bots.model import Destination, Kind, Message, Receipt
from bots.readers import Readers
from tests.ledgers import laid_out
from tests.virtual import DAWN

AUTHOR = "77"
CHANNEL = Destination("channel", "telegram", Kind.CHANNEL, "@news")
GROUP = Destination("group", "telegram", Kind.SUPERGROUP, "-1003")
READER = Destination("reader", "telegram", Kind.PRIVATE, "555")
SERVER = Destination("server", "discord", Kind.TEXT, "88")
NEWS = Destination("news", "discord", Kind.ANNOUNCEMENT, "89")
FORUM = Destination("forum", "discord", Kind.FORUM, "90")
PLACES = (CHANNEL, GROUP, READER, SERVER, NEWS, FORUM)
NUMBER, TALK = "-1001", "-1002"
"""The channel's number, and its discussion group."""
SECTIONS = ("lead", "a", "b")
TITLES = {"lead": "One", "a": "Alpha", "b": "Beta"}
# Destination to the ids of its messages, one a section, and the thread that all but the first are in.
IDS: dict[str, tuple[tuple[str, str, str], str | None]] = {
    "channel": (("100", "101", "102"), None),
    "group": (("10", "11", "12"), None),
    "reader": (("20", "21", "22"), None),
    "server": (("800", "801", "802"), None),
    "news": (("900", "901", "902"), "900"),
    "forum": (("950", "951", "952"), "950"),
}
PEOPLE = {name: Person(str(number), name) for number, name in enumerate(("Ada Lovelace", "Bo", "Cy", "Di"), 5)}
ADA, BO, CY, DI = PEOPLE.values()
ME = Owner("here", 2**22 + 1, "", "one")
TABLES = (comments, aliases, tallies, reacted, readers, sightings, switches, cursors)


@dataclass
class World:
    """The issue, the clock, and what files the answers."""

    folder: Path
    rules: CommentRules = field(default_factory=CommentRules)
    destinations: tuple[Destination, ...] = PLACES
    where: str | None = None
    """Address of the ledger, a file in `folder` if none is given."""

    def __post_init__(self) -> None:
        self.time = DAWN + timedelta(days=1)
        self.ledger = Ledger.open(self.where or laid_out(self.folder / "ledger.db"), now=lambda: self.time)
        self.open()

    def open(self) -> None:
        """A new process."""
        self.filing = Filing(self.ledger, self.config)
        self.readers = Readers(self.ledger, self.config)

    @property
    def config(self) -> Config:
        parts = {name: PlatformConfig(None, admins=frozenset({AUTHOR})) for name in ("telegram", "discord")}
        found = load(self.folder / "config.yaml", {})
        return replace(found, platforms=parts, destinations=self.destinations, comments=self.rules)

    def plan(self, issue: str = "one") -> None:
        """The issue as it is planned for every chat; nothing is out there."""
        known = self.ledger.issue(issue)
        row = known or IssueRow(issue, issue, TITLES["lead"] if issue == "one" else issue, f"posts/{issue}.md")
        sections = [SectionRow(name, TITLES[name], (), at, name, name) for at, name in enumerate(SECTIONS)]
        changes = [
            Change(place.name, name, 1, Task.SEND, Message(name, 1, "send", {}, f"text of {name}"), "x")
            for place in self.destinations
            for name in SECTIONS
        ]
        self.ledger.record(row, sections, changes)

    def send(self, place: Destination, issue: str = "one", plus: int = 0) -> None:
        """Send the issue to one chat; `plus` is added to every message's id."""
        ids, within = IDS[place.name]
        for row, name in zip(self.ledger.deliveries(issue, place.name), ids, strict=True):
            thread = within and str(int(within) + plus)
            intent = Intent(chat=place.chat, within=thread if row.section != "lead" else None)
            claimed = self.ledger.claim(row, ME, intent)
            self.ledger.confirm(claimed, Receipt((str(int(name) + plus),), f"https://chat/{place.name}/{name}"))
        self.ledger.give_back(place.name, ME)

    def publish(self, issue: str = "one", plus: int = 0) -> None:
        """Send the issue to every chat."""
        self.plan(issue)
        for place in self.destinations:
            self.send(place, issue, plus)
        self.ledger.feedback.called("telegram", {NUMBER, CHANNEL.chat})

    def forget(self) -> None:
        """The issue is out there, and nobody has answered."""
        with self.ledger._writing() as connection:
            for table in TABLES:
                connection.execute(table.delete())
        self.ledger.feedback.called("telegram", {NUMBER, CHANNEL.chat})
        self.open()

    def comments(self, issue: str = "one") -> dict[str, Comment]:
        """By message id."""
        return {one.message_id: one for one in self.ledger.feedback.of_issue(issue)}

    def places(self) -> dict[str, tuple[str | None, str | None]]:
        """Message id to section and parent of what is filed."""
        return {name: (one.section, one.parent) for name, one in self.comments().items()}

    def state(self) -> dict[str, list[Any]]:
        """All that is kept of readers, without the numbers rows get by themselves."""
        found = {}
        with self.ledger._writing() as connection:
            for table in (comments, aliases, tallies, reacted, sightings):
                columns = [column for column in table.c if column.name != "id"]
                found[table.name] = sorted(map(repr, connection.execute(select(*columns))))
        return found


@cache
def _published() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="weektech-"))
    atexit.register(shutil.rmtree, folder)
    made = World(folder)
    made.publish()
    made.ledger.close()
    return folder / "ledger.db"


@contextmanager
def world_in(folder: Path, rules: CommentRules | None = None) -> Iterator[World]:
    """A world whose issue `one` is out there; publishing it is done once and copied."""
    shutil.copy(_published(), folder / "ledger.db")
    made = World(folder, rules or CommentRules())
    yield made
    made.ledger.close()


def minute(number: int) -> datetime:
    return DAWN + timedelta(minutes=number)


def telegram(message_id: str, text: str, by: Person = ADA, chat: str = TALK, **more: Any) -> Said:
    """A message in the channel's discussion group, or in another chat of Telegram's; its id is the minute."""
    more.setdefault("at", minute(int(message_id) % 1000))
    return Said("telegram", by, chat, message_id, text, **more)


def discord(message_id: str, text: str, by: Person = ADA, chat: str = SERVER.chat, **more: Any) -> Said:
    """A message in a channel or thread of Discord's."""
    more.setdefault("at", minute(int(message_id) % 1000))
    return Said("discord", by, chat, message_id, text, **more)


def forwarded(post: str, there: str) -> Seen:
    """A post of the channel in its discussion group."""
    return Seen("telegram", (NUMBER, CHANNEL.chat), post, TALK, there, {})


def bold(start: int, length: int) -> Mark:
    return Mark("bold", start, length)
