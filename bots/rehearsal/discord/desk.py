"""What the routes share: the bot's view of servers, channels and messages, their JSON, and the words of a full window.

A handler takes the desk, the call and the parts of its path, and answers or raises `Refused`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bots.clock import Clock
from bots.rehearsal.discord import members, reactions, shapes, uploads
from bots.rehearsal.discord.commands import Creates
from bots.rehearsal.discord.limits import Limiter, Rules, Standing, refusal_headers
from bots.rehearsal.discord.model import THREADS, Channel, Flag, Guild, Message, MessageType, Permission, User
from bots.rehearsal.discord.problems import refuse_field
from bots.rehearsal.discord.state import State
from bots.rehearsal.discord.wire import Answer, Call, Refused

Names = Mapping[str, str]
"""The parts of a path by their names, such as `channel_id`."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One server's state with its rate windows."""

    state: State
    rules: Rules
    limiter: Limiter
    creates: Creates

    @property
    def clock(self) -> Clock:
        return self.state.clock

    # ------------------------------------------------------------------ what a path names

    def guild(self, names: Names) -> Guild:
        guild = self.state.guilds.get(snowflake_of("guild_id", names["guild_id"]))
        if guild is None:
            raise Refused(404, 10004, "Unknown Guild")
        return guild

    def channel(self, names: Names) -> Channel:
        """The channel or thread of the path, if the bot may see it."""
        return self.seen(snowflake_of("channel_id", names["channel_id"]))

    def seen(self, number: int) -> Channel:
        """The same for an id from elsewhere."""
        channel = self.state.channel(number)
        if channel is None:
            raise Refused(404, 10003, "Unknown Channel")
        self.need(channel, Permission.VIEW_CHANNEL)
        return channel

    def message(self, channel: Channel, names: Names) -> Message:
        return self.state.message(channel.id, snowflake_of("message_id", names["message_id"]))

    # ------------------------------------------------------------------ rights

    def need(self, channel: Channel, *rights: Permission) -> None:
        """Refuse with 50001 where the bot can't look, with 50013 where it lacks another right."""
        has = self.state.rights(channel.id)
        if Permission.VIEW_CHANNEL not in has:
            raise Refused(403, 50001, "Missing Access")
        if any(right not in has for right in rights):
            raise Refused(403, 50013, "Missing Permissions")

    def may(self, channel: Channel, right: Permission) -> bool:
        return right in self.state.rights(channel.id)

    def need_unlocked(self, channel: Channel) -> None:
        """Nothing is written or changed in a locked thread without the right to manage threads."""
        if channel.thread and channel.thread.locked and not self.may(channel, Permission.MANAGE_THREADS):
            raise Refused(403, 160005, "Thread is locked")

    def need_active(self, channel: Channel) -> None:
        """What an archived thread doesn't allow: everything but sending and deleting (discord.md 3.4)."""
        if channel.thread and channel.thread.archived:
            raise Refused(400, 50083, "Thread is archived")

    # ------------------------------------------------------------------ answers

    def channel_json(self, channel: Channel) -> dict[str, Any]:
        messages = self.state.messages(channel.id)
        last = messages[-1].id if messages else None
        if channel.reader is not None:
            return shapes.conversation_json(channel, channel.reader, last)
        if channel.thread is None:
            return shapes.channel_json(channel, self.state.bot, last)
        here = len([each for each in messages if each.id != channel.id])
        gone = len([each for each in self.state.deleted if each.channel == channel.id and each.id != channel.id])
        return shapes.thread_json(channel, channel.thread, last, (here, here + gone))

    def message_json(self, message: Message, call: Call) -> dict[str, Any]:
        """A message as an answer shows it; what its words are is told by the portal's switch (discord.md 5.1)."""
        return self.message_shown(message, call.origin, reads=self.state.message_content)

    def message_shown(self, message: Message, origin: str, *, reads: bool) -> dict[str, Any]:
        """A message with the one it answers; `reads`: the bot may know what people write to each other."""
        shown = self._message_alone(message, origin, reads=reads)
        if message.type is MessageType.REPLY:
            answered = self.state.find(message.channel, message.reply_to)
            shown["referenced_message"] = self._message_alone(answered, origin, reads=reads) if answered else None
        return shown

    def _message_alone(self, message: Message, origin: str, *, reads: bool) -> dict[str, Any]:
        now = self.clock.now()
        urls = {each.id: uploads.signed_url(origin, message.channel, each, now) for each in message.attachments}
        shown = shapes.message_json(message, self.state.mentioned(message), urls)
        if not (reads or self._addressed(message)):
            shown |= {"content": "", "attachments": [], "embeds": [], "components": []}
        where = self.state.channels.get(message.channel)
        if where is not None and where.thread is not None:
            shown["position"] = sum(each.id < message.id for each in self.state.messages(message.channel))
        if reacted := reactions.reactions_json(self.state, message.id):
            shown["reactions"] = reacted
        if Flag.SUPPRESS_EMBEDS in message.flags:
            shown["embeds"] = []
        if Flag.HAS_THREAD in message.flags and (thread := self.state.channel(message.id)) is not None:
            shown["thread"] = self.channel_json(thread)
        return shown

    def member_json(self, guild: int, user: User) -> dict[str, Any]:
        return shapes.member_json(user, members.roles(self.state, guild, user.id))

    def _addressed(self, message: Message) -> bool:
        """The bot wrote it, or it is meant for the bot: said in private, or with a mention, as a reply's ping is."""
        private = (channel := self.state.channels.get(message.channel)) is not None and channel.reader is not None
        return private or message.author == self.state.bot or self.state.bot.id in message.mentioned.users

    def limited(self, standing: Standing, *, everyone: bool = False, code: int = 0) -> Answer:
        """The 429 of a full window; `everyone` for the window of the whole token."""
        after = self.limiter.real(standing.reset)
        body: dict[str, Any] = {"message": "You are being rate limited.", "retry_after": after, "global": everyone}
        windows = {} if everyone else self.limiter.headers(standing)
        return Answer(429, body | ({"code": code} if code else {}), refusal_headers(windows, after, everyone=everyone))

    def sublimited(self, name: str, channel: int, code: int) -> Answer | None:
        """The 429 of a tighter window inside a route's own, None while there is room in it.

        Its headers tell of the route's window, which is still open; only the body knows how long to wait
        (discord-api-docs issue 6109).
        """
        standing = self.limiter.take(name, str(channel), getattr(self.rules, name))
        if not standing.refused:
            return None
        refused = self.limited(standing, code=code)
        return Answer(429, refused.body, {"Via": refused.headers["Via"], "X-RateLimit-Scope": "shared"})


Handler = Callable[[Desk, Call, Names], Answer]


def snowflake_of(name: str, value: object) -> int:
    """The id in a path, a query or a body; refused as a wrong field if it isn't one."""
    text = str(value)
    if not text.isdecimal() or len(text) > 20:
        raise refuse_field(name, "NUMBER_TYPE_COERCE", f'Value "{text}" is not snowflake.')
    return int(text)


def is_thread(channel: Channel) -> bool:
    return channel.type in THREADS
