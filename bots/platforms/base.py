"""The port: everything the core asks of a platform. A third platform is one more class with these methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bots.model import Button, Destination, Issue, Message, Receipt

EARLY = "early"
"""Code of a TryLater that asks to wait for evidence: nobody refused anything, other chats go on."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A message of a chat that a witness showed us. The core never opens `payload`."""

    message_id: str
    """In that chat, whatever the witness calls it."""
    payload: Mapping[str, Any]
    """As the platform described it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver a message, as the ledger recorded it before the call."""

    key: str
    """Lasting id of the delivery, the same for every attempt."""
    nonce: str
    """At most 25 characters, persisted before the call; the same for every attempt that must not double."""
    since: datetime
    """When the attempt was recorded, zone-aware."""
    after: str | None = None
    """Highest message id known in that chat before the attempt."""
    within: str | None = None
    """Id of the thread the message goes into, see `Sender`."""
    repeated: bool = False
    """An earlier copy may be there: this one must not make a phone ring."""
    known: frozenset[str] = frozenset()
    """Settling: ids above `after` in that chat that are recorded messages of ours."""
    sightings: tuple[Sighting, ...] = ()
    """Settling: what witnesses showed us of that chat above `after`."""
    alone: bool = False
    """Settling: True when nothing else of ours can be in that chat above `after` without being in `known`."""
    answers: str | None = None
    """Id of the message in the same chat or thread that it replies to, if the platform has replies."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look at a chat found, for `weektech check`."""

    ok: bool
    title: str
    """The chat's name as readers see it."""
    problems: tuple[str, ...] = ()
    """Each names what is missing and what to do."""
    moved_to: str | None = None
    """The chat's new id when the one looked at has become a supergroup."""


class Renderer(Protocol):
    """The pure half: no client, no clock, no network."""

    def render(self, issue: Issue, destination: Destination, unreadable: frozenset[str]) -> Sequence[Message]:
        """The issue's messages in sending order. `unreadable` holds the picture sources that can't be read."""
        ...

    def link(self, message: Message, urls: Mapping[str, str]) -> Message:
        """The message with each slot whose section is in `urls` made a link; unchanged if none is."""
        ...

    def erratum(self, text: str, part: int, to: Message, destination: Destination) -> Message:
        """The words in plain `text` as a message that answers `to`, the section's first one (`Message.answers`)."""
        ...

    def withdrawn(self, message: Message) -> Message | None:
        """What to make of one that can't be deleted any more, by an edit; None where nothing can be made of it."""
        ...

    def owns(self, message: Message) -> int:
        """How many message ids it has once it is out there."""
        ...

    def can_edit(self, old: Message, new: Message) -> bool:
        """True when the platform can turn the one into the other in place."""
        ...

    def with_buttons(self, message: Message, rows: Sequence[Sequence[Button]]) -> Message:
        """The message with these rows of buttons below it; with () it has none any more."""
        ...

    def prepared(self, content: bytes, message: Message, name: str) -> bytes:
        """The picture re-encoded to what the platform takes for that call; raises ValueError if it can't be read."""
        ...


Files = Mapping[str, bytes | str]
"""Upload name -> the picture's bytes, or the platform's own id of the same picture sent before."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message is."""

    ids: tuple[str, ...]
    """As in its receipt."""
    within: str | None = None
    """Id of the thread it lives in, None for the chat itself, see `Sender`."""


class Sender(Protocol):
    """The thin half: one call each; failures are raised as the `SendError` that says what to do.

    A thread is named by the id of the issue's first message, to which it belongs (`Message.inside`). A sender opens it
    on first use, and takes it as it is if it is open already.
    """

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def send(self, destination: Destination, message: Message, files: Files, attempt: Attempt) -> Receipt:
        """Deliver once."""
        ...

    async def edit(self, destination: Destination, place: Place, old: Message, new: Message, files: Files) -> Receipt:
        """Turn `old`, out there at `place`, into `new`. An edit without change is a success."""
        ...

    async def delete(self, destination: Destination, place: Place) -> None:
        """Take the message back; one that is gone already is a success."""
        ...

    async def finish(self, destination: Destination, place: Place, message: Message) -> None:
        """Carry out `message.after` for a message that is out there; doing it again is a success."""
        ...

    async def settle(self, destination: Destination, message: Message, attempt: Attempt) -> Receipt | None:
        """Evidence for an attempt with an unknown outcome: its receipt if it is out there, None if it provably is not.

        Raises InDoubt when the platform can't say, TryLater with the code `EARLY` when it can't say yet.
        """
        ...

    async def names(self, destination: Destination) -> frozenset[str]:
        """Every name the destination's chat is known by: its number, its @name. Raises ChatClosed, TryLater."""
        ...

    async def recognise(self, destination: Destination, place: Place, urls: Sequence[str | None]) -> bool:
        """True when the messages at `place`, known to the author as `urls`, were seen, False where nobody can look.

        Raises Gone for one that isn't there, Rejected for somebody else's and for a link that leads elsewhere.
        """
        ...

    async def check(self, destination: Destination) -> Verdict:
        """Look at the chat and the rights in it; sends nothing."""
        ...
