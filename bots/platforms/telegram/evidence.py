"""Looking for a message whose send has an unknown outcome (telegram.md 7.5): what others saw, then probes.

No probe leaves a trace that readers see, and none can change a post: the one that edits is made only where the post is
either ours and like that already, or one that Telegram does not let the bot edit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from telegram import ChatMemberAdministrator

from bots.clock import Clock
from bots.errors import ChatClosed, Gone, NotSent, Rejected, TryLater
from bots.model import Destination, Kind, Message
from bots.platforms.base import EARLY, Attempt
from bots.platforms.telegram import wire
from bots.platforms.telegram.client import SilentBot, harmlessly
from bots.platforms.telegram.edits import unchanging
from bots.platforms.telegram.errors import Unchanged
from bots.platforms.telegram.likeness import Look, Post, fits, planned, shown, wordless

T = TypeVar("T")
Json = Mapping[str, Any]

FIRST_LOOK = timedelta(seconds=30)
"""After an attempt: the server may hold a send back that long, so an empty chat means nothing before."""
SKEW = timedelta(minutes=2)
"""How far our clock and Telegram's may be apart."""
MISSES = 10
"""Ids in a row without a message after which the end of a chat is reached; ids have gaps (telegram.md 7.2)."""
MOST = 30
"""Messages of others above the last one of ours that are looked at; a busier chat is left to the author."""
PERSONAL = 20
"""Most messages that a look at a personal channel gives (telegram.md 7.3)."""
PAUSE = 1.05
"""Seconds between two copies into the author's chat."""
_COUNTED = (Kind.CHANNEL, Kind.SUPERGROUP, Kind.TOPIC)
"""Kinds of chat that count their messages by themselves, from 1; all others share one counter (telegram.md 7.2)."""


def witnessed(forward: Json) -> tuple[tuple[str, ...], str] | None:
    """What an automatic forward in a discussion group proves: the channel's names, in lower case, and the post's id.

    None for any other message. For `Ledger.sight`, once a name (telegram.md 4.2).
    """
    origin = forward.get("forward_origin") or {}
    if not forward.get("is_automatic_forward") or origin.get("type") != "channel":
        return None
    # A channel's forward of another channel's post is forwarded with that one's origin.
    if origin["chat"].get("id") != (forward.get("sender_chat") or {}).get("id"):
        return None
    return _names(origin["chat"]), str(origin["message_id"])


@dataclass(frozen=True, slots=True)
class _Sought:
    """What is looked for, and where."""

    destination: Destination
    message: Message
    attempt: Attempt
    looks: tuple[Look, ...]

    @property
    def chat(self) -> str:
        return self.destination.chat

    @property
    def after(self) -> int:
        return int(self.attempt.after or 0)

    def new(self, number: int) -> bool:
        """Whether a message may be the one: above what was there before, and none of those recorded."""
        return number > self.after and str(number) not in self.attempt.known

    def young(self, date: int) -> bool:
        """False for what was written before the attempt.

        In a channel the ids tell, if any is known; in a group somebody may forward what we wrote earlier, and a copy
        of that names us as its author too.
        """
        told = self.attempt.after is not None and self.destination.kind is Kind.CHANNEL
        return told or date >= (self.attempt.since - SKEW).timestamp()

    def is_here(self, chat: Json | None) -> bool:
        return chat is not None and self.chat.lower() in _names(chat)

    @property
    def single_in_channel(self) -> bool:
        """Where an edit tells one's own posts from those of others."""
        return self.destination.kind is Kind.CHANNEL and len(self.looks) == 1


class Evidence:
    """Finds messages by one bot. `author`: the chat that copies go to for a moment, whose profile is looked at too."""

    def __init__(self, bot: SilentBot, author: str | None, clock: Clock) -> None:
        self._bot, self._author, self._clock = bot, author, clock
        self._asked: dict[tuple[str, datetime], float] = {}
        """Attempt to the moment when it was first asked about: a clock that was set back must not stop us."""

    async def of(self, destination: Destination, message: Message, attempt: Attempt) -> tuple[str, ...] | None:
        """The ids under which the attempt's message is out there, None where that can't be known.

        Raises TryLater: with the code `EARLY` while nothing can be concluded yet, else for an answer that was lost.
        """
        sought = _Sought(destination, message, attempt, planned(message))
        found = await self._chosen(sought, _sighted(sought))
        if found is None:
            self._wait(attempt)
            found = await self._chosen(sought, await self._on_profile(sought))
        if found is None:
            found = await self._probed(sought)
        if found is not None:
            self._asked.pop((attempt.nonce, attempt.since), None)
        return found

    def _wait(self, attempt: Attempt) -> None:
        moment = self._clock.monotonic()
        first = self._asked.setdefault((attempt.nonce, attempt.since), moment)
        passed = max(self._clock.now() - attempt.since, timedelta(seconds=moment - first))
        if passed < FIRST_LOOK:
            left = min(FIRST_LOOK, FIRST_LOOK - passed).total_seconds()
            raise TryLater("The message may still be on its way.", code=EARLY, after=left)

    async def _probed(self, sought: _Sought) -> tuple[str, ...] | None:
        if not sought.attempt.alone:
            return None
        numbers = await self._existing(sought)
        read, unread = await self._copied(sought, numbers)
        found = await self._chosen(sought, read)
        if found is None and unread and sought.single_in_channel and sought.attempt.after is not None:
            own = await self._own(sought, unread)
            found = (str(own[0]),) if own else None
        return found

    async def _chosen(self, sought: _Sought, posts: Sequence[Post]) -> tuple[str, ...] | None:
        """The ids of the post that fits; where several do, or no words tell, of the one that is the bot's."""
        found = fits(sought.looks, posts)
        sure = [run for run in found if all(post.ours for post in run)]
        if not sure and len(found) == 1 and not wordless(sought.looks):
            sure = found
        if not sure and found and sought.single_in_channel:
            # They all look like that already, so the edit changes none of them.
            own = await self._own(sought, [run[0].id for run in found])
            sure = [run for run in found if run[0].id in own]
        return tuple(str(post.id) for post in sure[0]) if sure else None

    async def _on_profile(self, sought: _Sought) -> list[Post]:
        """The last posts of the chat, if the author shows it in their profile: the only history there is."""
        if self._author is None or not self._author.isdecimal() or sought.destination.kind is not Kind.CHANNEL:
            return []
        call = partial(self._bot.get_user_personal_chat_messages, int(self._author), PERSONAL)
        found = [message.to_dict() for message in await _tried(call) or ()]
        return [
            _post(one["message_id"], one, False if one.get("forward_origin") else None)
            for one in found
            if sought.is_here(one["chat"]) and sought.new(one["message_id"]) and sought.young(one["date"])
        ]

    async def _existing(self, sought: _Sought) -> list[int]:
        """Ids of unknown messages above the last known one, as far as there are any; none in a chat that is too busy.

        A reaction taken back where there is none answers whether the message exists, and changes nothing.
        """
        if sought.attempt.after is None and sought.destination.kind not in _COUNTED:
            return []
        found: list[int] = []
        number, misses = sought.after, 0
        while misses < MISSES and len(found) <= MOST:
            number += 1
            if not sought.new(number):
                misses = 0
                continue
            call = partial(self._bot.set_message_reaction, sought.chat, number, reaction=[])
            there = await _tried(call)
            misses = 0 if there else misses + 1
            found += [number] if there else []
        return found if len(found) <= MOST else []

    async def _copied(self, sought: _Sought, numbers: Sequence[int]) -> tuple[list[Post], list[int]]:
        """What the messages say, read off copies in the author's chat; and the ids of those that can't be copied."""
        if self._author is None or self._author == sought.chat:
            return [], list(numbers)
        read: list[Post] = []
        unread: list[int] = []
        for place, number in enumerate(numbers):
            if place:
                await self._clock.sleep(PAUSE)
            try:
                copy = await self._copy(sought, number)
            except ChatClosed:
                return [], list(numbers)
            except (Rejected, Gone):
                unread.append(number)
                continue
            origin = copy.get("forward_origin") or {}
            if sought.young(origin.get("date", 0)):
                read.append(_post(number, copy, _is_ours(sought, number, origin, self._bot.id)))
        return read, unread

    async def _copy(self, sought: _Sought, number: int) -> Json:
        """Forward a message to the author without a sound, and take the copy away again."""
        author = self._author or ""
        copy = await harmlessly(
            partial(self._bot.forward_message, author, sought.chat, number, disable_notification=True)
        )
        with suppress(NotSent):
            await harmlessly(partial(self._bot.delete_message, author, copy.message_id))
        return copy.to_dict()

    async def _own(self, sought: _Sought, numbers: Iterable[int]) -> list[int]:
        """Those that the bot may edit into what was planned, which is what they are: so they are its own.

        Nothing is edited where the bot may edit others' posts, or where another one of its own may be among them.
        """
        if not sought.attempt.alone or not await self._edits_only_its_own(sought):
            return []
        return [number for number in numbers if await self._is_own(sought, number)]

    async def _edits_only_its_own(self, sought: _Sought) -> bool:
        member = await _tried(partial(self._bot.get_chat_member, sought.chat, self._bot.id))
        return isinstance(member, ChatMemberAdministrator) and not member.can_edit_messages

    async def _is_own(self, sought: _Sought, number: int) -> bool:
        call = unchanging(str(number), sought.message)
        method = getattr(self._bot, call.method)
        try:
            await harmlessly(partial(method, chat_id=sought.chat, **wire.arguments(call, {})))
        except Unchanged:
            return True
        except TryLater:
            raise
        except NotSent:
            return False
        return True  # ours, and the server had written it a little differently


def _sighted(sought: _Sought) -> list[Post]:
    seen = [one for one in sought.attempt.sightings if sought.new(int(one.message_id))]
    return [
        _post(int(one.message_id), one.payload, None)
        for one in seen
        if sought.young((one.payload.get("forward_origin") or {}).get("date", 0))
    ]


def _post(number: int, payload: Json, ours: bool | None) -> Post:
    return Post(number, shown(payload), str(payload.get("media_group_id") or ""), ours)


def _is_ours(sought: _Sought, number: int, origin: Json, bot: int) -> bool | None:
    """Who wrote the original, as far as its copy tells: in a channel nobody, but a forward was not ours."""
    match origin.get("type"):
        case "channel":
            original = sought.is_here(origin.get("chat")) and origin.get("message_id") == number
            return None if original and sought.destination.kind is Kind.CHANNEL else False
        case "user":
            return bool(origin["sender_user"].get("id") == bot)
        case "chat":  # an administrator who stays anonymous, which a bot may be too
            return None if sought.is_here(origin.get("sender_chat")) else False
        case _:
            return False


def _names(chat: Json) -> tuple[str, ...]:
    """What the chat may be called in config.yaml, in lower case."""
    username = str(chat.get("username") or "")
    return (str(chat["id"]), *([f"@{username.lower()}"] if username else []))


async def _tried(call: Callable[[], Awaitable[T]]) -> T | None:
    """The answer, None where it is refused: then this is no evidence. Raises TryLater for a lost answer or a 429."""
    try:
        return await harmlessly(call)
    except TryLater:
        raise
    except NotSent:  # also for a method that an older server of one's own does not have
        return None
