"""The routes about the bot, its servers and their channels."""

from __future__ import annotations

from bots.rehearsal.discord import shapes, threads
from bots.rehearsal.discord.desk import Desk, Names, is_thread, snowflake_of
from bots.rehearsal.discord.wire import Answer, Call, Refused


def get_user(desk: Desk, call: Call, names: Names) -> Answer:
    return Answer(200, shapes.user_json(desk.state.bot))


def get_application(desk: Desk, call: Call, names: Names) -> Answer:
    state = desk.state
    return Answer(200, shapes.application_json(state.bot, content=state.message_content, members=state.server_members))


def get_gateway(desk: Desk, call: Call, names: Names) -> Answer:
    return Answer(200, {"url": _gateway(call)})


def get_gateway_bot(desk: Desk, call: Call, names: Names) -> Answer:
    starts = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
    return Answer(200, {"url": _gateway(call), "shards": 1, "session_start_limit": starts})


def list_guilds(desk: Desk, call: Call, names: Names) -> Answer:
    return Answer(200, [shapes.partial_guild_json(guild) for guild in desk.state.guilds.values()])


def get_guild(desk: Desk, call: Call, names: Names) -> Answer:
    return Answer(200, shapes.guild_json(desk.guild(names)))


def list_roles(desk: Desk, call: Call, names: Names) -> Answer:
    return Answer(200, shapes.roles_json(desk.guild(names)))


def list_channels(desk: Desk, call: Call, names: Names) -> Answer:
    """A server's channels, without their threads."""
    guild = desk.guild(names)
    channels = [each for each in desk.state.channels.values() if each.guild == guild.id and not is_thread(each)]
    return Answer(200, [desk.channel_json(each) for each in channels])


def list_active_threads(desk: Desk, call: Call, names: Names) -> Answer:
    found = threads.active(desk.state, desk.guild(names).id)
    members = [shapes.member_of_thread_json(each, each.thread) for each in found if each.thread]
    return Answer(200, {"threads": [desk.channel_json(each) for each in found], "members": members})


def get_member(desk: Desk, call: Call, names: Names) -> Answer:
    guild = desk.guild(names)
    asked = names.get("user_id", "@me")
    user = desk.state.bot if asked == "@me" else desk.state.users.get(snowflake_of("user_id", asked))
    if user is None:
        raise Refused(404, 10007, "Unknown Member")
    return Answer(200, desk.member_json(guild.id, user))


def get_channel(desk: Desk, call: Call, names: Names) -> Answer:
    return Answer(200, desk.channel_json(desk.channel(names)))


def _gateway(call: Call) -> str:
    return call.origin.replace("http", "ws", 1) + "/gateway/"
