"""The routes of members' roles, and of conversations with one person (discord.md 6)."""

from __future__ import annotations

from bots.rehearsal.discord import direct, members, shapes
from bots.rehearsal.discord.desk import Desk, Names, snowflake_of
from bots.rehearsal.discord.model import Permission, Role
from bots.rehearsal.discord.problems import Problems
from bots.rehearsal.discord.validation import integer_field
from bots.rehearsal.discord.wire import Answer, Call, Refused

ROLE_NAME = 100


def give_role(desk: Desk, call: Call, names: Names) -> Answer:
    members.give(desk.state, *_changeable(desk, names))
    return Answer(204)


def take_role(desk: Desk, call: Call, names: Names) -> Answer:
    members.take(desk.state, *_changeable(desk, names))
    return Answer(204)


def create_role(desk: Desk, call: Call, names: Names) -> Answer:
    """A role below all others, with no more rights than the bot has itself."""
    guild = desk.guild(names)
    members.need_role_manager(desk.state, guild)
    problems = Problems()
    name = call.body.get("name") or "new role"
    problems.between(["name"], name, 1, ROLE_NAME)
    rights = Permission(integer_field(problems, ["permissions"], call.body.get("permissions") or 0))
    problems.settle()
    if rights & ~members.permissions(desk.state, guild.id, desk.state.bot.id):
        raise Refused(403, 50013, "Missing Permissions")
    role = Role(desk.state.new_id(), str(name), call.body.get("mentionable") is True, rights)
    members.make_role(desk.state, guild, role)
    return Answer(200, shapes.role_json(role, role.permissions, 1))


def open_conversation(desk: Desk, call: Call, names: Names) -> Answer:
    """The one conversation with this person, whether they take messages or not: that shows in sending."""
    user = desk.state.users.get(snowflake_of("recipient_id", call.body.get("recipient_id")))
    if user is None or user.bot:
        raise Refused(400, 50033, "Invalid Recipient(s)")
    return Answer(200, desk.channel_json(direct.conversation(desk.state, user)))


def _changeable(desk: Desk, names: Names) -> tuple[int, int, int]:
    """Guild, member and role of the path, if the bot may give and take this role."""
    guild = desk.guild(names)
    members.need_role_manager(desk.state, guild)
    user = snowflake_of("user_id", names["user_id"])
    if user not in desk.state.users:
        raise Refused(404, 10007, "Unknown Member")
    role = members.role_of(guild, snowflake_of("role_id", names["role_id"]))
    members.need_above(desk.state, guild, role)
    return guild.id, user, role.id
