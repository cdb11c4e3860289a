"""The routes of application commands, everywhere and in one guild (discord.md 6)."""

from __future__ import annotations

from bots.rehearsal.discord import commands
from bots.rehearsal.discord.desk import Desk, Names, snowflake_of
from bots.rehearsal.discord.wire import Answer, Call, Refused


def list_commands(desk: Desk, call: Call, names: Names) -> Answer:
    return Answer(200, commands.known(desk.state, _scope(desk, names)))


def get_command(desk: Desk, call: Call, names: Names) -> Answer:
    return Answer(200, commands.get(desk.state, _scope(desk, names), names["command_id"]))


def create_command(desk: Desk, call: Call, names: Names) -> Answer:
    command, new = commands.upsert(desk.state, desk.creates, _scope(desk, names), call.body)
    return Answer(201 if new else 200, command)


def edit_command(desk: Desk, call: Call, names: Names) -> Answer:
    return Answer(200, commands.edit(desk.state, _scope(desk, names), names["command_id"], call.body))


def delete_command(desk: Desk, call: Call, names: Names) -> Answer:
    commands.delete(desk.state, _scope(desk, names), names["command_id"])
    return Answer(204)


def overwrite_commands(desk: Desk, call: Call, names: Names) -> Answer:
    scope = _scope(desk, names)
    if call.items is None:
        raise Refused(400, 50035, "Invalid Form Body", {"_errors": [_NO_LIST]})
    return Answer(200, commands.overwrite(desk.state, desk.creates, scope, call.items))


_NO_LIST = {"code": "LIST_TYPE_CONVERT", "message": "Only iterables may be used in a ListType"}


def _scope(desk: Desk, names: Names) -> int:
    """The guild of the path, 0 for everywhere; only one's own commands can be seen."""
    if snowflake_of("application_id", names["application_id"]) != desk.state.bot.id:
        raise Refused(403, 20012, "You are not authorized to perform this action on this application")
    return desk.guild(names).id if "guild_id" in names else 0
