"""What the ledger hands out and takes in: frozen values, times zone-aware in UTC, no database objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bots.model import Message, Receipt, State

OUT_OF_REACH = "out of reach"
"""Error code of a sent delivery that nobody can change any more."""
NOTED = "noted"
"""Error code of a delivery that is known and was never to be sent."""
LEFT_OVER = "left over"
"""Error code of a sent delivery that should have been taken back and can't be."""
PASSED_OVER = "passed over"
"""Error code of a delivery nobody knows the fate of, which the issue went on without."""
VOUCHED = "vouched for"
"""Error code of a delivery passed over of which the author says that it is out there, without its link."""
SENT_AGAIN = "sent again"
"""Error code of a pending delivery whose earlier attempt may have arrived all the same."""
READER_GONE = "reader gone"
"""Error code of a pending delivery whose reader has blocked the bot, or is no more."""
SUBSCRIBER = "~"
"""Begins the name of every destination that is a subscriber's chat; none of config.yaml begins so."""
AUTHOR = "author"
"""Error code of a pending delivery that the author did not find in the chat."""


class Task(StrEnum):
    """What is still to be done with a delivery; its `State` says how far that got."""

    NONE = ""
    SEND = "send"
    EDIT = "edit"
    """Turn `payload`, which is out there, into `target`."""
    LINK = "link"
    """Give the contents message the links in `target_links`."""
    DELETE = "delete"
    FINISH = "finish"
    """Carry out `Delivery.todo`, once the whole issue is out there and linked."""


@dataclass(frozen=True, slots=True)
class IssueRow:
    """An issue whose identity is frozen."""

    id: str
    slug: str
    title: str
    path: str
    """Where its file was when it was last planned, as given, with forward slashes."""
    revision: int = 0
    """Counts the recorded plans; 0 before the first. A plan made from an older revision is refused."""
    first_published_at: datetime | None = None
    withdrawn_at: datetime | None = None
    """When the author took it back; it goes out again only by name."""
    hold: str | None = None
    """Why nothing of it may be sent yet although it was planned, None when it may."""


@dataclass(frozen=True, slots=True)
class SectionRow:
    """A section's identity and what is needed to recognise it after the author changed the file."""

    id: str
    title: str
    path: tuple[str, ...]
    """Titles of the headings above it and its own, outermost first."""
    position: int
    """Place in the issue when last planned, the lead is 0."""
    digest: str
    """Hash of its Markdown."""
    sample: str
    """The opening of its Markdown without the heading."""


@dataclass(frozen=True, slots=True)
class IssueText:
    """The words of a section, for looking up and searching."""

    section: str
    title: str
    text: str
    """As readers see it, without markup."""
    position: int


@dataclass(frozen=True, slots=True)
class Texts:
    """The words of an issue."""

    date: datetime | None
    """The post's own, None for one without."""
    sections: tuple[IssueText, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message of one section in one destination: the ledger's unit."""

    id: int
    destination: str
    issue: str
    section: str
    part: int
    """Lasting number within the section; the place in reading order is `payload.part`."""
    seq: int
    """Sending order within the destination, over all issues."""
    state: State
    task: Task
    payload: Message
    """What is out there, or what is to be sent; frozen, links unresolved."""
    source: str
    """Hash of the section's source that `payload` was made from, see `bots.plan.source_of`."""
    nonce: str
    """At most 25 characters, the same for every attempt."""
    attempt: int
    updated_at: datetime
    target: Message | None = None
    target_source: str = ""
    links: Mapping[str, str] | None = None
    """Section to address: the links the message shows now; None for a message without slots."""
    target_links: Mapping[str, str] | None = None
    claimed_at: datetime | None = None
    after: str | None = None
    """Highest message id known in the destination when the attempt was recorded."""
    error_code: str = ""
    error: str = ""
    ids: tuple[str, ...] = ()
    url: str | None = None
    chat: str | None = None
    """Chat it was sent to, as the platform was told it; None before that, and for what schema 0001 recorded."""
    within: str | None = None
    """Id of the thread it was sent into, None for the chat itself."""
    todo: tuple[str, ...] = ()
    """What of `payload.after` is still to be done to the message that is out there."""

    @property
    def out_there(self) -> bool:
        """True when readers can see it: the platform gave it ids and it was not taken back."""
        return bool(self.ids) and self.state is not State.DELETED

    @property
    def unsettled(self) -> bool:
        """True when a send was begun and nobody knows how it ended."""
        return self.task is Task.SEND and self.state in {State.SENDING, State.IN_DOUBT}

    @property
    def left_over(self) -> bool:
        """True when the platform refused to take it back: readers still see it, and the issue goes on without it."""
        return self.error_code == LEFT_OVER

    @property
    def passed_over(self) -> bool:
        """True when nobody knows whether it is out there and the issue goes on without it."""
        return self.error_code in {PASSED_OVER, VOUCHED} and self.state is State.SENT

    @property
    def vouched(self) -> bool:
        """True when the author says that it is out there: no correction sends another one."""
        return self.error_code == VOUCHED and self.passed_over

    @property
    def noted(self) -> bool:
        """True for an erratum whose section went out corrected: nobody has to be told."""
        return self.error_code == NOTED

    @property
    def key(self) -> str:
        """Lasting name of the delivery, readable in logs."""
        return f"{self.destination}/{self.issue}/{self.section}/{self.part}"


@dataclass(frozen=True, slots=True)
class Change:
    """What a plan wants recorded about one delivery."""

    destination: str
    section: str
    part: int
    task: Task
    message: Message
    """SEND: the payload; EDIT: the target; else what the row holds already."""
    source: str
    row: Delivery | None = None
    """The row to change, as the plan saw it; None inserts one at the end of the destination's queue, which with the
    task NONE is only noted and never sent."""
    todo: tuple[str, ...] | None = None
    """NONE: what is left of the row's `todo`; None leaves it as it is."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """A message that is out there although this ledger did not send it."""

    change: Change
    """The send that is not needed."""
    receipt: Receipt
    chat: str
    within: str | None
    links: Mapping[str, str] | None
    """Section to address: the links it is taken to show; None for a message without slots."""
    correct: bool
    """Turn it into what was planned with the next publish, instead of taking it for that."""


@dataclass(frozen=True, slots=True)
class Past:
    """All the ledger knows about one issue, read in one transaction."""

    issue: IssueRow | None = None
    sections: tuple[SectionRow, ...] = ()
    deliveries: tuple[Delivery, ...] = ()

    def of(self, destination: str) -> tuple[Delivery, ...]:
        """The destination's rows in sending order."""
        return tuple(row for row in self.deliveries if row.destination == destination)


@dataclass(frozen=True, slots=True)
class Lease:
    """Who may write to what, and until when."""

    name: str
    owner: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a call did not end well, in the platform's code and in words."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Intent:
    """What is about to be done with a delivery, recorded before the call."""

    task: Task = Task.SEND
    links: Mapping[str, str] | None = None
    """EDIT and LINK: what the contents message will link to."""
    chat: str | None = None
    """SEND: the chat it goes to."""
    within: str | None = None
    """SEND: the thread it goes into."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Pictures that can stand in for each other: one sent before may be sent again without its bytes."""

    platform: str
    method: str
    """A platform's id of a picture may be bound to the kind of call it was sent with (telegram.md 2)."""
