"""Who has which roles in a guild, and what that lets them do."""

from __future__ import annotations

from dataclasses import replace

from bots.rehearsal.discord.events import MemberEvent, RoleEvent
from bots.rehearsal.discord.model import NO_RIGHTS, Guild, Permission, Role
from bots.rehearsal.discord.state import State
from bots.rehearsal.discord.wire import Refused

MOST_ROLES = 250


def roles(state: State, guild: int, user: int) -> tuple[Role, ...]:
    """A member's roles, from the lowest to the highest."""
    has = state.member_roles.get((guild, user), frozenset())
    return tuple(role for role in state.guilds[guild].roles if role.id in has)


def permissions(state: State, guild: int, user: int) -> Permission:
    """What their roles let them do in the guild as a whole; its owner may do everything."""
    if state.guilds[guild].owner.id == user:
        return Permission(sum(Permission))
    given = NO_RIGHTS
    for role in roles(state, guild, user):
        given |= role.permissions
    return Permission(sum(Permission)) if Permission.ADMINISTRATOR in given else given


def give(state: State, guild: int, user: int, role: int) -> None:
    _change(state, guild, user, state.member_roles.get((guild, user), frozenset()) | {role})


def take(state: State, guild: int, user: int, role: int) -> None:
    _change(state, guild, user, state.member_roles.get((guild, user), frozenset()) - {role})


def role_of(guild: Guild, number: int) -> Role:
    """Raises Refused 10011 when the guild has none of that id."""
    for role in guild.roles:
        if role.id == number:
            return role
    raise Refused(404, 10011, "Unknown Role")


def need_role_manager(state: State, guild: Guild) -> None:
    """Refuse the bot that may not manage roles here."""
    if Permission.MANAGE_ROLES not in permissions(state, guild.id, state.bot.id):
        raise Refused(403, 50013, "Missing Permissions")


def need_above(state: State, guild: Guild, role: Role) -> None:
    """Refuse the bot that doesn't stand above the role: equals can't be given or taken either."""
    own = roles(state, guild.id, state.bot.id)
    order = [each.id for each in guild.roles]
    if state.bot.id != guild.owner.id and (not own or order.index(own[-1].id) <= order.index(role.id)):
        raise Refused(403, 50013, "Missing Permissions")


def make_role(state: State, guild: Guild, role: Role) -> Role:
    """A new role below all others."""
    if len(guild.roles) >= MOST_ROLES - 1:  # @everyone counts
        raise Refused(400, 30005, f"Maximum number of guild roles reached ({MOST_ROLES})")
    state.guilds[guild.id] = replace(guild, roles=(role, *guild.roles))
    state.news.tell(RoleEvent(guild.id, role))
    return role


def _change(state: State, guild: int, user: int, now: frozenset[int]) -> None:
    if state.member_roles.get((guild, user), frozenset()) == now:
        return
    state.member_roles[guild, user] = now
    state.news.tell(MemberEvent(guild, user))
