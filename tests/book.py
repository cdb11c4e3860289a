"""A ledger with a clock moved by hand and short words for what happens to its rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from bots.ledger import Change, Delivery, Intent, IssueRow, Ledger, Owner, SectionRow, Task, Trouble
from bots.ledger.recording import Stamp
from bots.model import Message, Receipt

ME = Owner.this_process()
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WHY = Trouble("timeout", "The answer was lost.")
SECTION = SectionRow("a", "A", ("A",), 1, "digest", "opening")


def issue_row(name: str) -> IssueRow:
    """An issue before its first plan."""
    return IssueRow(name, f"slug-{name}", f"Title of {name}", f"posts/{name}.md")


class Book:
    """A ledger in which each new message is another part of the section `a`."""

    def __init__(self, where: str) -> None:
        self.now = NOW
        self.ledger = Ledger.open(where, now=lambda: self.now)
        self.parts = 0

    @property
    def stamp(self) -> Stamp:
        return Stamp(self.ledger.instance, self.now)

    def later(self) -> None:
        self.now += timedelta(seconds=1)

    def recorded(self, issue: str, *changes: Change) -> None:
        """A plan of an issue that has one section."""
        self.ledger.record(self.ledger.issue(issue) or issue_row(issue), [SECTION], changes)

    def new(self, destination: str = "news", task: Task = Task.SEND, message: Message | None = None) -> Change:
        """A message that the ledger has not heard of."""
        self.parts += 1
        message = message or Message("a", self.parts, "send", {"text": "x"}, "x")
        return Change(destination, "a", self.parts, task, message, "words")

    def row(self, change: Change, issue: str = "one") -> Delivery:
        rows = self.ledger.deliveries(issue, change.destination)
        (row,) = [one for one in rows if (one.section, one.part) == (change.section, change.part)]
        return row

    def queued(self, destination: str = "news", issue: str = "one", message: Message | None = None) -> Delivery:
        change = self.new(destination, message=message)
        self.recorded(issue, change)
        return self.row(change, issue)

    def noted(self, destination: str = "news", issue: str = "one") -> Delivery:
        """An erratum that nobody has to be told."""
        change = self.new(destination, Task.NONE)
        self.recorded(issue, change)
        return self.row(change, issue)

    def begun(
        self,
        destination: str = "news",
        chat: str | None = "-5",
        issue: str = "one",
        within: str | None = None,
        message: Message | None = None,
    ) -> Delivery:
        """A message that was handed over."""
        intent = Intent(chat=chat, within=within)
        return self.ledger.claim(self.queued(destination, issue, message), ME, intent)

    def sent(
        self,
        *ids: str,
        destination: str = "news",
        chat: str | None = "-5",
        issue: str = "one",
        message: Message | None = None,
    ) -> Delivery:
        return self.ledger.confirm(self.begun(destination, chat, issue, message=message), Receipt(ids, f"to/{ids[0]}"))

    def planned(self, row: Delivery, task: Task, message: Message | None = None, source: str = "words") -> Delivery:
        """The row after a plan that wants this done with it."""
        change = Change(row.destination, row.section, row.part, task, message or row.payload, source, row)
        self.recorded(row.issue, change)
        return self.row(change, row.issue)

    def tried(self, row: Delivery, task: Task) -> Delivery:
        """The row after the task was handed over."""
        return self.ledger.claim(row, ME, Intent(task))

    def done(self, row: Delivery, task: Task) -> Delivery:
        """The row after the task was carried out."""
        return self.ledger.confirm(self.tried(self.planned(row, task), task), Receipt(()))


@contextmanager
def book_at(where: str) -> Iterator[Book]:
    made = Book(where)
    yield made
    made.ledger.close()
