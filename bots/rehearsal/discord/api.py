"""`Discord`: each route of REST v10 in use, as a function of the state, the call and the clock. No sockets here."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bots.clock import Clock
from bots.rehearsal.discord import uploads, wire
from bots.rehearsal.discord.limits import Limiter, Rule, Rules, Standing, refusal_headers
from bots.rehearsal.discord.model import WRITABLE, Channel, ChannelType, Flag, Guild, Message, Permission, created
from bots.rehearsal.discord.state import State
from bots.rehearsal.discord.validation import check_files, read_form, refuse_field
from bots.rehearsal.discord.wire import Answer, Call, Refused

TOKEN = "rehearsal"  # noqa: S105 -- a name for the one bot of a server that only answers to this machine
OLD = timedelta(hours=1)
"""Edits of messages older than this have a tighter window of their own (discord.md 3.4)."""


@dataclass(frozen=True, slots=True)
class Route:
    """A path with its handler. `window` names the rate window it counts in, empty for reads, which have none here."""

    name: str
    method: str
    path: re.Pattern[str]
    handler: str
    window: str = ""


def _route(name: str, method: str, path: str, handler: str, window: str = "") -> Route:
    return Route(name, method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), handler, window)


ROUTES = (
    _route("getUser", "GET", "/users/@me", "_get_user"),
    _route("listGuilds", "GET", "/users/@me/guilds", "_list_guilds"),
    _route("getOwnMember", "GET", "/users/@me/guilds/{guild_id}/member", "_get_member"),
    _route("getApplication", "GET", "/oauth2/applications/@me", "_get_application"),
    _route("getGateway", "GET", "/gateway", "_get_gateway"),
    _route("getGatewayBot", "GET", "/gateway/bot", "_get_gateway_bot"),
    _route("getGuild", "GET", "/guilds/{guild_id}", "_get_guild"),
    _route("listRoles", "GET", "/guilds/{guild_id}/roles", "_list_roles"),
    _route("listChannels", "GET", "/guilds/{guild_id}/channels", "_list_channels"),
    _route("getMember", "GET", "/guilds/{guild_id}/members/{user_id}", "_get_member"),
    _route("getChannel", "GET", "/channels/{channel_id}", "_get_channel"),
    _route("listMessages", "GET", "/channels/{channel_id}/messages", "_list_messages"),
    _route("createMessage", "POST", "/channels/{channel_id}/messages", "_create_message", "create"),
    _route("getMessage", "GET", "/channels/{channel_id}/messages/{message_id}", "_get_message"),
    _route("editMessage", "PATCH", "/channels/{channel_id}/messages/{message_id}", "_edit_message", "edit"),
    _route("deleteMessage", "DELETE", "/channels/{channel_id}/messages/{message_id}", "_delete_message", "delete"),
)


def route_name(method: str, path: str) -> str:
    """The documentation's name of a call, the method itself for a path nobody knows; faults are planned by it."""
    found = _find(method, path)
    return found[0].name if found else method


class Discord:
    """The server: `call` answers a request; `state` shows what became of it."""

    def __init__(self, state: State, rules: Rules | None = None, token: str = TOKEN) -> None:
        self.state, self.rules, self.token = state, rules or Rules(), token
        self.limiter = Limiter(state.clock)

    @property
    def clock(self) -> Clock:
        return self.state.clock

    def call(self, call: Call) -> Answer:
        """Carry a request out, or refuse it as the real server would."""
        try:
            return self._answer(call)
        except Refused as refusal:
            return Answer(refusal.status, refusal.body())

    def limited(self, standing: Standing, *, everyone: bool = False, code: int = 0) -> Answer:
        """The 429 of a full window; `everyone` for the window of the whole token."""
        after = self.limiter.real(standing.reset)
        body: dict[str, Any] = {"message": "You are being rate limited.", "retry_after": after, "global": everyone}
        windows = {} if everyone else self.limiter.headers(standing)
        return Answer(429, body | ({"code": code} if code else {}), refusal_headers(windows, after, everyone=everyone))

    def _answer(self, call: Call) -> Answer:
        if call.token != f"Bot {self.token}":
            raise Refused(401, 0, "401: Unauthorized")
        whole = self.limiter.take("everything", "", self.rules.everything)
        if whole.refused:
            return self.limited(whole, everyone=True)
        found = _find(call.method, call.path)
        if found is None:
            raise Refused(*_unrouted(call))
        route, names = found
        return self._within(route, names, call)

    def _within(self, route: Route, names: dict[str, str], call: Call) -> Answer:
        """Count the call in its window, then carry it out; refused calls count as well."""
        handler: Callable[[Call, dict[str, str]], Answer] = getattr(self, route.handler)
        if not route.window:
            return handler(call, names)
        rule: Rule = getattr(self.rules, route.window)
        standing = self.limiter.take(route.window, names["channel_id"], rule)
        if standing.refused:
            return self.limited(standing)
        try:
            answer = handler(call, names)
        except Refused as refusal:
            answer = Answer(refusal.status, refusal.body())
        # A handler's own 429 comes from a sub-limit: the outer window still has room, and its headers say so.
        return Answer(answer.status, answer.body, {**self.limiter.headers(standing), **answer.headers})

    # ------------------------------------------------------------------ the bot and its server

    def _get_user(self, call: Call, names: dict[str, str]) -> Answer:
        return Answer(200, wire.user_json(self.state.bot))

    def _get_application(self, call: Call, names: dict[str, str]) -> Answer:
        return Answer(200, wire.application_json(self.state.bot))

    def _get_gateway(self, call: Call, names: dict[str, str]) -> Answer:
        return Answer(200, {"url": _gateway(call)})

    def _get_gateway_bot(self, call: Call, names: dict[str, str]) -> Answer:
        starts = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
        return Answer(200, {"url": _gateway(call), "shards": 1, "session_start_limit": starts})

    def _list_guilds(self, call: Call, names: dict[str, str]) -> Answer:
        return Answer(200, [wire.partial_guild_json(guild) for guild in self.state.guilds.values()])

    def _get_guild(self, call: Call, names: dict[str, str]) -> Answer:
        return Answer(200, wire.guild_json(self._guild(names)))

    def _list_roles(self, call: Call, names: dict[str, str]) -> Answer:
        return Answer(200, wire.roles_json(self._guild(names)))

    def _list_channels(self, call: Call, names: dict[str, str]) -> Answer:
        guild = self._guild(names)
        channels = [each for each in self.state.channels.values() if each.guild == guild.id]
        return Answer(200, [self._channel_json(each) for each in channels])

    def _get_member(self, call: Call, names: dict[str, str]) -> Answer:
        self._guild(names)
        asked = names.get("user_id", "@me")
        user = self.state.bot if asked == "@me" else self.state.users.get(_id("user_id", asked))
        if user is None:
            raise Refused(404, 10007, "Unknown Member")
        return Answer(200, wire.member_json(user))

    # ------------------------------------------------------------------ channels and messages

    def _get_channel(self, call: Call, names: dict[str, str]) -> Answer:
        return Answer(200, self._channel_json(self._channel(names)))

    def _list_messages(self, call: Call, names: dict[str, str]) -> Answer:
        channel = self._channel(names)
        limit = _id("limit", call.query.get("limit", "50"))
        if not 1 <= limit <= 100:
            raise refuse_field("limit", "NUMBER_TYPE_RANGE", "int value should be between 1 and 100.")
        if Permission.READ_MESSAGE_HISTORY not in channel.permissions:
            return Answer(200, [])  # no right to the past: nothing is shown, nothing is refused
        page = _page(self.state.messages(channel.id), call, limit)
        return Answer(200, [self._message_json(each, call) for each in reversed(page)])

    def _get_message(self, call: Call, names: dict[str, str]) -> Answer:
        channel = self._channel(names)
        if Permission.READ_MESSAGE_HISTORY not in channel.permissions:
            raise Refused(403, 50001, "Missing Access")
        message = self.state.message(channel.id, _id("message_id", names["message_id"]))
        return Answer(200, self._message_json(message, call))

    def _create_message(self, call: Call, names: dict[str, str]) -> Answer:
        channel = self._writable(names)
        self._check_uploads(channel, call)
        form = read_form(call.body)
        message = self.state.post(channel.id, form, call.files)
        # The nonce is echoed to whoever sent it, and stays out of the history.
        return Answer(200, self._message_json(message, call) | ({"nonce": form.nonce} if form.nonce else {}))

    def _edit_message(self, call: Call, names: dict[str, str]) -> Answer:
        channel = self._channel(names)
        message = self.state.message(channel.id, _id("message_id", names["message_id"]))
        if message.author != self.state.bot:
            raise Refused(403, 50005, "Cannot edit a message authored by another user")
        self._check_uploads(channel, call)
        form = read_form(call.body)
        if (limited := self._old_edit(message)) is not None:
            return limited
        edited = self.state.edit(message, form, call.files, given=frozenset(call.body))
        return Answer(200, self._message_json(edited, call))

    def _old_edit(self, message: Message) -> Answer | None:
        if self.clock.now() - created(message.id) <= OLD:
            return None
        standing = self.limiter.take("edit_old", str(message.channel), self.rules.edit_old)
        if not standing.refused:
            return None
        refused = self.limited(standing, code=30046)
        # Only Via and the waiting time: the window in the headers is that of the route, which is still open.
        return Answer(429, refused.body, {name: refused.headers[name] for name in ("Via", "Retry-After")})

    def _delete_message(self, call: Call, names: dict[str, str]) -> Answer:
        channel = self._channel(names)
        message = self.state.message(channel.id, _id("message_id", names["message_id"]))
        if message.author != self.state.bot and Permission.MANAGE_MESSAGES not in channel.permissions:
            raise Refused(403, 50013, "Missing Permissions")
        self.state.delete(message)
        return Answer(204)

    # ------------------------------------------------------------------ what handlers share

    def _guild(self, names: dict[str, str]) -> Guild:
        guild = self.state.guilds.get(_id("guild_id", names["guild_id"]))
        if guild is None:
            raise Refused(404, 10004, "Unknown Guild")
        return guild

    def _channel(self, names: dict[str, str]) -> Channel:
        """The channel of the path, if the bot may see it."""
        channel = self.state.channels.get(_id("channel_id", names["channel_id"]))
        if channel is None:
            raise Refused(404, 10003, "Unknown Channel")
        if Permission.VIEW_CHANNEL not in channel.permissions:
            raise Refused(403, 50001, "Missing Access")
        return channel

    def _writable(self, names: dict[str, str]) -> Channel:
        channel = self._channel(names)
        if channel.type in (ChannelType.FORUM, ChannelType.MEDIA):
            raise Refused(400, 40058, "Cannot message this channel until after a thread is created")
        if channel.type not in WRITABLE:
            raise Refused(400, 50008, "Cannot send messages in a non-text channel")
        if Permission.SEND_MESSAGES not in channel.permissions:
            raise Refused(403, 50013, "Missing Permissions")
        return channel

    def _check_uploads(self, channel: Channel, call: Call) -> None:
        check_files(call.files, call.size)
        if call.files and Permission.ATTACH_FILES not in channel.permissions:
            raise Refused(403, 50013, "Missing Permissions")

    def _channel_json(self, channel: Channel) -> dict[str, Any]:
        messages = self.state.messages(channel.id)
        return wire.channel_json(channel, self.state.bot, messages[-1].id if messages else None)

    def _message_json(self, message: Message, call: Call) -> dict[str, Any]:
        now = self.clock.now()
        urls = {each.id: uploads.signed_url(call.origin, message.channel, each, now) for each in message.attachments}
        shown = wire.message_json(message, self.state.mentioned(message), urls)
        return shown | {"embeds": []} if Flag.SUPPRESS_EMBEDS in message.flags else shown


def _find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    for route in ROUTES:
        if route.method == method and (match := route.path.fullmatch(path)):
            return route, match.groupdict()
    return None


def _unrouted(call: Call) -> tuple[int, int, str]:
    if any(route.path.fullmatch(call.path) for route in ROUTES):
        return 405, 0, "405: Method Not Allowed"
    return 404, 0, "404: Not Found"


def _id(name: str, value: str) -> int:
    if not value.isdecimal() or len(value) > 20:
        raise refuse_field(name, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
    return int(value)


def _gateway(call: Call) -> str:
    return call.origin.replace("http", "ws", 1) + "/gateway"


def _page(messages: Sequence[Message], call: Call, limit: int) -> Sequence[Message]:
    """A page of history, oldest first: the newest before an id, the oldest after one, or those around one."""
    if "around" in call.query:
        middle = _id("around", call.query["around"])
        older = [each for each in messages if each.id < middle][-(limit // 2) :] if limit > 1 else []
        return [*older, *(each for each in messages if each.id >= middle)][:limit]
    if "after" in call.query:
        start = _id("after", call.query["after"])
        return [each for each in messages if each.id > start][:limit]
    if "before" in call.query:
        end = _id("before", call.query["before"])
        messages = [each for each in messages if each.id < end]
    return messages[-limit:]
