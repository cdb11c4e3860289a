"""The state of one local Telegram: bots, chats, files, and who may do what where."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from bots.clock import Clock
from bots.rehearsal.telegram.inbox import Inbox
from bots.rehearsal.telegram.limits import Budget, Limits
from bots.rehearsal.telegram.media import Shelf
from bots.rehearsal.telegram.params import Params
from bots.rehearsal.telegram.questions import Press, Profile, Question
from bots.rehearsal.telegram.replies import BotApiError, bad_request, forbidden
from bots.rehearsal.telegram.values import Chat, ChatKind, Message, Standing


@dataclass(frozen=True, slots=True)
class Bot:
    """A bot account; its id is what stands before the colon of its token."""

    token: str
    username: str = "weektech_bot"
    name: str = "weektech"
    reads_groups: bool = False
    """Privacy mode is off: it hears everything that is said in its groups."""
    webhook: str = ""
    """Where its updates are pushed to from the start; see `webhooks` for what is really sent."""
    inline: bool = False
    """It answers inline queries, and hears which results were chosen."""

    @property
    def id(self) -> int:
        return int(self.token.split(":", 1)[0])


@dataclass(slots=True)
class Hook:
    """A bot's webhook; without an `url` it has none."""

    url: str = ""
    secret: str = field(default="", repr=False)
    connections: int = 40
    failed: datetime | None = None
    """When it last failed to take an update."""
    failure: str = ""


@dataclass(slots=True)
class Habits:
    """What Telegram does one way today and another way tomorrow; change the fields at any time."""

    totals_after: float = 5.0
    """Seconds until the totals of anonymous reactions are told; minutes have been seen (telegram.md 4.1)."""
    reaction_edits_post: bool = False
    """The first reaction to a channel's post also looks like an edit of it (telegram.md 4.1)."""


class State:
    """Everything a local Telegram remembers."""

    def __init__(self, bots: Iterable[Bot], chats: Iterable[Chat], clock: Clock, limits: Limits | None = None) -> None:
        self.bots = {bot.token: bot for bot in bots}
        self.chats = {chat.id: chat for chat in chats}
        self.clock = clock
        self.shelf = Shelf()
        self.budget = Budget(Limits() if limits is None else limits, clock)
        self.inboxes = {bot.id: Inbox(clock) for bot in self.bots.values()}
        self.hooks = {bot.id: Hook(bot.webhook) for bot in self.bots.values()}
        self.next_hook: dict[int, float] = {}
        """When a bot may set a webhook again, on the monotonic clock."""
        self.profiles = {bot.id: Profile() for bot in self.bots.values()}
        self.presses: dict[str, Press] = {}
        self.questions: dict[str, Question] = {}
        self.habits = Habits()
        self.lock = threading.RLock()
        """Held by every call and by everything people do: tests act in one thread while a server answers in another."""
        self._private_id = 0
        self._albums = 0
        self._queries = 0

    def chat(self, reference: str) -> Chat:
        """The chat named by `@name` or id. Users can't be named by `@name` (telegram.md 6)."""
        if not reference:
            raise bad_request("chat_id is empty")
        chat = self._by_name(reference[1:].lower()) if reference.startswith("@") else self._by_id(reference)
        if chat is None:
            raise bad_request("chat not found")
        return chat

    def _by_name(self, name: str) -> Chat | None:
        public = (c for c in self.chats.values() if c.username and c.kind is not ChatKind.PRIVATE)
        return next((c for c in public if c.username.lower() == name), None)

    def _by_id(self, reference: str) -> Chat | None:
        try:
            return self.chats.get(int(reference))
        except ValueError:
            return None

    def next_id(self, chat: Chat) -> int:
        """A channel or supergroup has a counter of its own; all other chats of a bot share one (telegram.md 7.2)."""
        if chat.kind in (ChatKind.CHANNEL, ChatKind.SUPERGROUP):
            chat.last_id += 1
            return chat.last_id
        self._private_id += 1
        return self._private_id

    def next_query(self) -> str:
        """An id for something that a bot is asked to answer."""
        self._queries += 1
        return str(4_000_000_000_000_000_000 + self._queries)

    def next_album(self) -> str:
        self._albums += 1
        return str(13_000_000_000_000_000 + self._albums)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one bot."""

    state: State
    bot: Bot
    params: Params

    def chat(self, name: str = "chat_id") -> Chat:
        """The chat the call names, if the bot may look at it."""
        chat = self.state.chat(self.params.text(name))
        check_access(chat)
        return chat

    def writable(self, what: str = "text messages") -> Chat:
        """The chat the call names, if the bot may send `what` to it."""
        chat = self.chat()
        check_write(chat, what)
        return chat

    def message(self, chat: Chat, what: str, name: str = "message_id") -> Message:
        """The message the call names; `what` is the role the refusal gives it, such as "message to edit"."""
        if self.params.integer(name) <= 0:
            raise bad_request(
                "message identifier is not specified" if what == "message to edit" else f"{what} not found"
            )
        found = chat.find(self.params.integer(name))
        if found is None:
            raise bad_request(f"{what} not found")
        return found

    def spend(self, chat: Chat, weight: int = 1) -> None:
        """Count `weight` messages against the rate windows, or refuse with 429."""
        group = chat.kind is not ChatKind.PRIVATE
        self.state.budget.spend(self.bot.id, chat.id, group=group, weight=weight)


def check_access(chat: Chat) -> None:
    """Refuse where the bot isn't, with the server's reason (telegram.md 6)."""
    if chat.migrated_to is not None:
        what = "Bad Request: group chat was upgraded to a supergroup chat"
        raise BotApiError(400, what, {"migrate_to_chat_id": chat.migrated_to})
    if chat.standing is Standing.KICKED:
        raise forbidden(f"bot was kicked from the {chat.kind} chat")
    if chat.standing is Standing.LEFT:
        raise forbidden(f"bot is not a member of the {chat.kind} chat")


CLOSED = {
    Standing.BLOCKED: "bot was blocked by the user",
    Standing.STRANGER: "bot can't initiate conversation with a user",
    Standing.DEACTIVATED: "user is deactivated",
}
"""Private chats that can be looked at but not written to."""


def check_write(chat: Chat, what: str = "text messages") -> None:
    """Refuse where the bot may look but not write."""
    if chat.standing in CLOSED:
        raise forbidden(CLOSED[chat.standing])
    if chat.kind is ChatKind.CHANNEL and (chat.standing is not Standing.ADMINISTRATOR or not chat.can_post):
        raise bad_request("need administrator rights in the channel chat")
    if not chat.can_post or (chat.group and not _permitted(chat, what)):
        raise bad_request(f"not enough rights to send {what} to the chat")


def _permitted(chat: Chat, what: str) -> bool:
    """Whether a group's permissions let the bot send `what`; they don't bind administrators."""
    may = {"text messages": chat.permissions.messages, "photos": chat.permissions.photos}
    return chat.standing is Standing.ADMINISTRATOR or may.get(what, chat.permissions.documents)
