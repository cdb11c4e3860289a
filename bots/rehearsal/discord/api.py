"""`Discord`: which handler answers a call, and in which rate window it counts. No sockets here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bots.clock import Clock
from bots.rehearsal.discord import guild_routes as guilds
from bots.rehearsal.discord import message_routes as messages
from bots.rehearsal.discord import reach_routes as reach
from bots.rehearsal.discord import thread_routes as threads
from bots.rehearsal.discord.desk import Desk, Handler
from bots.rehearsal.discord.limits import Limiter, Rule, Rules, Standing
from bots.rehearsal.discord.state import State
from bots.rehearsal.discord.wire import Answer, Call, Refused

TOKEN = "rehearsal"  # noqa: S105 -- a name for the one bot of a server that only answers to this machine


@dataclass(frozen=True, slots=True)
class Route:
    """A path with its handler. `window` names the rate window it counts in; routes without one have no known limit."""

    name: str
    method: str
    path: re.Pattern[str]
    handler: Handler
    window: str = ""


def _route(name: str, method: str, path: str, handler: Handler, window: str = "") -> Route:
    return Route(name, method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), handler, window)


_CHANNEL = "/channels/{channel_id}"
_MESSAGES = _CHANNEL + "/messages"
_MESSAGE = _MESSAGES + "/{message_id}"
_GUILD = "/guilds/{guild_id}"

ROUTES = (
    _route("getUser", "GET", "/users/@me", guilds.get_user),
    _route("listGuilds", "GET", "/users/@me/guilds", guilds.list_guilds),
    _route("getOwnMember", "GET", "/users/@me/guilds/{guild_id}/member", guilds.get_member),
    _route("getApplication", "GET", "/oauth2/applications/@me", guilds.get_application),
    _route("getGateway", "GET", "/gateway", guilds.get_gateway),
    _route("getGatewayBot", "GET", "/gateway/bot", guilds.get_gateway_bot),
    _route("getGuild", "GET", _GUILD, guilds.get_guild),
    _route("listRoles", "GET", _GUILD + "/roles", guilds.list_roles),
    _route("listChannels", "GET", _GUILD + "/channels", guilds.list_channels),
    _route("listActiveThreads", "GET", _GUILD + "/threads/active", guilds.list_active_threads),
    _route("getMember", "GET", _GUILD + "/members/{user_id}", guilds.get_member),
    _route("getChannel", "GET", _CHANNEL, guilds.get_channel),
    _route("editChannel", "PATCH", _CHANNEL, threads.edit_channel),
    _route("startThread", "POST", _CHANNEL + "/threads", threads.start_thread),
    _route("listArchivedThreads", "GET", _CHANNEL + "/threads/archived/public", threads.list_archived),
    _route("follow", "POST", _CHANNEL + "/followers", reach.follow),
    # The routes of pins come first: "pins" would be taken for a message's id.
    _route("listPins", "GET", _MESSAGES + "/pins", reach.list_pins),
    _route("pinMessage", "PUT", _MESSAGES + "/pins/{message_id}", reach.pin),
    _route("unpinMessage", "DELETE", _MESSAGES + "/pins/{message_id}", reach.unpin),
    _route("listPinnedMessages", "GET", _CHANNEL + "/pins", reach.list_pinned_messages),
    _route("pinMessage", "PUT", _CHANNEL + "/pins/{message_id}", reach.pin),
    _route("unpinMessage", "DELETE", _CHANNEL + "/pins/{message_id}", reach.unpin),
    _route("listMessages", "GET", _MESSAGES, messages.list_messages),
    _route("createMessage", "POST", _MESSAGES, messages.create_message, "create"),
    _route("getMessage", "GET", _MESSAGE, messages.get_message),
    _route("editMessage", "PATCH", _MESSAGE, messages.edit_message, "edit"),
    _route("deleteMessage", "DELETE", _MESSAGE, messages.delete_message, "delete"),
    _route("startThreadFromMessage", "POST", _MESSAGE + "/threads", threads.start_from_message),
    _route("crosspostMessage", "POST", _MESSAGE + "/crosspost", reach.crosspost, "crosspost"),
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
        self.desk = Desk(state, self.rules, self.limiter)

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
        return self.desk.limited(standing, everyone=everyone, code=code)

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
        if not route.window:
            return route.handler(self.desk, call, names)
        rule: Rule = getattr(self.rules, route.window)
        standing = self.limiter.take(route.window, names["channel_id"], rule)
        if standing.refused:
            return self.limited(standing)
        try:
            answer = route.handler(self.desk, call, names)
        except Refused as refusal:
            answer = Answer(refusal.status, refusal.body())
        # A handler's own 429 comes from a sub-limit: the outer window still has room, and its headers say so.
        return Answer(answer.status, answer.body, {**self.limiter.headers(standing), **answer.headers})


def _find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    for route in ROUTES:
        if route.method == method and (match := route.path.fullmatch(path)):
            return route, match.groupdict()
    return None


def _unrouted(call: Call) -> tuple[int, int, str]:
    if any(route.path.fullmatch(call.path) for route in ROUTES):
        return 405, 0, "405: Method Not Allowed"
    return 404, 0, "404: Not Found"
