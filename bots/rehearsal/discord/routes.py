"""Which handler answers a call, and in which rate window it counts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bots.rehearsal.discord import command_routes as commands
from bots.rehearsal.discord import guild_routes as guilds
from bots.rehearsal.discord import interaction_routes as interactions
from bots.rehearsal.discord import member_routes as members
from bots.rehearsal.discord import message_routes as messages
from bots.rehearsal.discord import reach_routes as reach
from bots.rehearsal.discord import reaction_routes as reactions
from bots.rehearsal.discord import thread_routes as threads
from bots.rehearsal.discord.desk import Handler


@dataclass(frozen=True, slots=True)
class Route:
    """A path with its handler. `window` names the rate window it counts in; routes without one have no known limit."""

    name: str
    method: str
    path: re.Pattern[str]
    handler: Handler
    window: str = ""
    keyed: bool = False
    """Its address carries a token of its own: no login is asked for, and the token's window doesn't count it."""
    listed: bool = False
    """Its body is a list."""


def _route(name: str, method: str, path: str, handler: Handler, window: str = "") -> Route:
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))
    keyed = path.startswith(("/interactions/", "/webhooks/"))
    return Route(name, method, pattern, handler, window, keyed, listed=method == "PUT" and path.endswith("/commands"))


def _commands(scope: str, path: str) -> tuple[Route, ...]:
    """The routes of commands; `scope` goes into their names."""
    one = path + "/{command_id}"
    return (
        _route(f"list{scope}Commands", "GET", path, commands.list_commands),
        _route(f"create{scope}Command", "POST", path, commands.create_command),
        _route(f"overwrite{scope}Commands", "PUT", path, commands.overwrite_commands),
        _route(f"get{scope}Command", "GET", one, commands.get_command),
        _route(f"edit{scope}Command", "PATCH", one, commands.edit_command),
        _route(f"delete{scope}Command", "DELETE", one, commands.delete_command),
    )


_CHANNEL = "/channels/{channel_id}"
_MESSAGES = _CHANNEL + "/messages"
_MESSAGE = _MESSAGES + "/{message_id}"
_REACTIONS = _MESSAGE + "/reactions"
_EMOJI = _REACTIONS + "/{emoji}"
_GUILD = "/guilds/{guild_id}"
_MEMBER_ROLE = _GUILD + "/members/{user_id}/roles/{role_id}"
_COMMANDS = "/applications/{application_id}/commands"
_GUILD_COMMANDS = "/applications/{application_id}/guilds/{guild_id}/commands"
_WEBHOOK = "/webhooks/{webhook_id}/{token}"
_ANSWER = _WEBHOOK + "/messages/{message_id}"

ROUTES = (
    _route("getUser", "GET", "/users/@me", guilds.get_user),
    _route("listGuilds", "GET", "/users/@me/guilds", guilds.list_guilds),
    _route("getOwnMember", "GET", "/users/@me/guilds/{guild_id}/member", guilds.get_member),
    _route("getApplication", "GET", "/oauth2/applications/@me", guilds.get_application),
    _route("getGateway", "GET", "/gateway", guilds.get_gateway),
    _route("getGatewayBot", "GET", "/gateway/bot", guilds.get_gateway_bot),
    _route("createDM", "POST", "/users/@me/channels", members.open_conversation),
    _route("getGuild", "GET", _GUILD, guilds.get_guild),
    _route("listRoles", "GET", _GUILD + "/roles", guilds.list_roles),
    _route("createRole", "POST", _GUILD + "/roles", members.create_role),
    _route("addMemberRole", "PUT", _MEMBER_ROLE, members.give_role),
    _route("removeMemberRole", "DELETE", _MEMBER_ROLE, members.take_role),
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
    _route("addReaction", "PUT", _EMOJI + "/@me", reactions.react, "react"),
    _route("removeOwnReaction", "DELETE", _EMOJI + "/@me", reactions.unreact, "react"),
    _route("removeReaction", "DELETE", _EMOJI + "/{user_id}", reactions.unreact, "react"),
    _route("listReactions", "GET", _EMOJI, reactions.list_users),
    _route("clearReactions", "DELETE", _REACTIONS, reactions.clear, "react"),
    _route("clearReactions", "DELETE", _EMOJI, reactions.clear, "react"),
    *_commands("", _COMMANDS),
    *_commands("Guild", _GUILD_COMMANDS),
    _route(
        "answerInteraction",
        "POST",
        "/interactions/{interaction_id}/{token}/callback",
        interactions.callback,
    ),
    _route("followUp", "POST", _WEBHOOK, interactions.follow_up, "webhook"),
    _route("getAnswer", "GET", _ANSWER, interactions.get_answer, "webhook"),
    _route("editAnswer", "PATCH", _ANSWER, interactions.edit_answer, "webhook"),
    _route("deleteAnswer", "DELETE", _ANSWER, interactions.delete_answer, "webhook"),
)
