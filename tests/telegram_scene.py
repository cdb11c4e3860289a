"""A Telegram chat in which a send's answer got lost, with whatever may testify to what became of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bots.clock import SystemClock
from bots.errors import InDoubt
from bots.model import Destination, Kind, Message, Receipt
from bots.platforms.base import Attempt, Sighting
from bots.platforms.telegram.evidence import FIRST_LOOK, witnessed
from bots.platforms.telegram.send import TelegramSender
from bots.rehearsal.faults import Fault, Faults
from bots.rehearsal.serving import serve
from bots.rehearsal.telegram import NO_LIMITS, Bot, Chat, ChatKind, People, Telegram, User, make_app
from bots.rehearsal.telegram import Message as Posted
from bots.rehearsal.telegram.wire import message_json
from tests.telegram_calls import TOKEN, png

AUTHOR = 77
GROUP = -1002000000002
EDITOR = User(5, "Ed")
CHANNEL = -1001234567890


@dataclass(frozen=True)
class Kindred:
    """A kind of chat; `id` is the chat's."""

    kind: Kind
    chat: ChatKind
    id: int
    topic: str | None = None


KINDS = {
    "channel": Kindred(Kind.CHANNEL, ChatKind.CHANNEL, CHANNEL),
    "supergroup": Kindred(Kind.SUPERGROUP, ChatKind.SUPERGROUP, CHANNEL),
    "topic": Kindred(Kind.TOPIC, ChatKind.SUPERGROUP, CHANNEL, "3"),
    "private": Kindred(Kind.PRIVATE, ChatKind.PRIVATE, 44),
    "basic group": Kindred(Kind.GROUP, ChatKind.GROUP, -44),
}
CALLS = {"sendMessage", "sendPhoto", "sendDocument", "sendMediaGroup"}


@dataclass
class Scene:
    """One chat, the author's own chat, and a sender; the chat's first message is ours and known."""

    server: Telegram
    chat: Chat
    author: Chat
    sender: TelegramSender
    destination: Destination
    faults: Faults
    clock: SystemClock
    attempt: Attempt
    _others: list[Posted] = field(default_factory=list)

    async def ours(self, message: Message, nonce: str = "known") -> Receipt:
        """Another message of ours that arrives, and is known from then on."""
        files = {file.name: png() for file in message.files}
        receipt = await self.sender.send(self.destination, message, files, replace(self.attempt, nonce=nonce))
        self.attempt = replace(self.attempt, known=self.attempt.known | set(receipt.message_ids))
        return receipt

    def theirs(self, words: str) -> Posted:
        """Somebody else's message; in a private chat the reader's."""
        user = User(self.chat.id, "Reader") if self.chat.kind is ChatKind.PRIVATE else EDITOR
        return People(self.server).say(self.chat.id, user, words)

    async def lost(self, message: Message, fault: Fault = Fault.TAKEN_CLOSED) -> list[Posted]:
        """Send, and never hear of it; gives what arrived."""
        before = len(self.chat.messages)
        self.faults.at(self.faults.calls.count(message.method) + 1, fault, message.method)
        files = {file.name: png() for file in message.files}
        try:
            await self.sender.send(self.destination, message, files, self.attempt)
        except InDoubt:
            return self.chat.messages[before:]
        raise AssertionError("the answer was not lost")

    async def settle(self, message: Message) -> tuple[str, ...]:
        """The ids found. Nothing but the message itself may be touched by looking for it."""
        before, calls = [*self.chat.messages], len(self.faults.calls)
        try:
            receipt = await self.sender.settle(self.destination, message, self.attempt)
            assert receipt is not None, "nothing proves that a message is not there"
            return receipt.message_ids
        finally:
            assert self.chat.messages == before, "a look changed what readers see"
            assert self.author.messages == [], "a copy was left behind"
            assert not CALLS & set(self.faults.calls[calls:]), "a look sent something"

    def witness(self) -> None:
        """What the discussion group has of the channel is seen."""
        found: list[Sighting] = []
        group = self.server.chats[GROUP]
        for copy in group.messages:
            payload = message_json(group, copy, self.server.bots[TOKEN])
            proof = witnessed(payload)
            if proof is not None and int(proof[1]) > int(self.attempt.after or 0):
                found.append(Sighting(proof[1], payload))
        self.attempt = replace(self.attempt, sightings=tuple(found))


@asynccontextmanager
async def scene(
    name: str = "channel", *, author: bool = False, rights: bool = True, first: Message | None = None
) -> AsyncIterator[Scene]:
    """A chat whose `first` message is known, and an attempt that is old enough for conclusions.

    With an `author` copies are possible; without the `rights` to edit others' posts, a proof by edit.
    """
    row, clock = KINDS[name], SystemClock(60)
    chat = Chat(row.id, row.chat, "Weekly", can_edit=rights, linked=GROUP if row.chat is ChatKind.CHANNEL else None)
    chat.forum = row.topic is not None
    own = Chat(AUTHOR, ChatKind.PRIVATE, "Author")
    group = Chat(GROUP, ChatKind.SUPERGROUP, "Talk", linked=CHANNEL)
    server = Telegram([Bot(TOKEN)], [chat, own, group], clock, NO_LIMITS)
    if row.topic:
        chat.last_id = int(row.topic) - 1
        People(server).open_topic(chat.id, "News")
    faults = Faults()
    async with serve(make_app(server, faults)) as base:
        whose = str(AUTHOR) if author else None
        sender = TelegramSender(TOKEN, base, author=whose, clock=clock, answer_within=2.0, patience=2.0)
        await sender.open()
        since = clock.now() - FIRST_LOOK - timedelta(seconds=1)
        destination = Destination("place", "telegram", row.kind, str(chat.id), row.topic)
        made = Scene(server, chat, own, sender, destination, faults, clock, Attempt("key", "lost", since, alone=True))
        try:
            if first is not None:
                receipt = await made.ours(first)
                made.attempt = replace(made.attempt, after=receipt.message_ids[-1])
            yield made
        finally:
            await sender.close()
