"""The routes of reactions (discord.md 5.3)."""

from __future__ import annotations

from bots.rehearsal.discord import reactions, shapes
from bots.rehearsal.discord.desk import Desk, Names, snowflake_of
from bots.rehearsal.discord.model import Channel, Message, Permission
from bots.rehearsal.discord.problems import refuse_field
from bots.rehearsal.discord.wire import Answer, Call


def react(desk: Desk, call: Call, names: Names) -> Answer:
    """The bot's own reaction. To be the first with an emoji needs one right more."""
    channel, message = _seen(desk, names)
    desk.need_active(channel)
    emoji = reactions.read_emoji(desk.state, names["emoji"])
    there = {each.key for each, _, _ in reactions.tally(desk.state, message.id)}
    desk.need(channel, *(() if emoji.key in there else (Permission.ADD_REACTIONS,)))
    reactions.add(desk.state, message, desk.state.bot.id, emoji)
    return Answer(204)


def unreact(desk: Desk, call: Call, names: Names) -> Answer:
    """Take a reaction back: the bot's own, or with the right to manage messages somebody's."""
    channel, message = _seen(desk, names)
    desk.need_active(channel)
    emoji = reactions.read_emoji(desk.state, names["emoji"])
    asked = names.get("user_id", "@me")
    user = desk.state.bot.id if asked == "@me" else snowflake_of("user_id", asked)
    if user != desk.state.bot.id:
        desk.need(channel, Permission.MANAGE_MESSAGES)
    reactions.remove(desk.state, message, user, emoji)
    return Answer(204)


def list_users(desk: Desk, call: Call, names: Names) -> Answer:
    """Who reacted with an emoji, in the order of their ids; only normal reactions unless `type` is 1."""
    _, message = _seen(desk, names)
    emoji = reactions.read_emoji(desk.state, names["emoji"])
    limit = snowflake_of("limit", call.query.get("limit", "25"))
    if not 1 <= limit <= 100:
        raise refuse_field("limit", "NUMBER_TYPE_RANGE", "int value should be between 1 and 100.")
    after = snowflake_of("after", call.query.get("after", "0"))
    burst = call.query.get("type", "0") == "1"
    found = [each for each in reactions.users(desk.state, message, emoji, burst=burst) if each > after]
    return Answer(200, [shapes.user_json(desk.state.users[each]) for each in found[:limit]])


def clear(desk: Desk, call: Call, names: Names) -> Answer:
    """Take everybody's reactions away, or everybody's with one emoji."""
    channel, message = _seen(desk, names)
    desk.need(channel, Permission.MANAGE_MESSAGES)
    desk.need_active(channel)
    if "emoji" in names:
        reactions.clear_emoji(desk.state, message, reactions.read_emoji(desk.state, names["emoji"]))
    else:
        reactions.clear(desk.state, message)
    return Answer(204)


def _seen(desk: Desk, names: Names) -> tuple[Channel, Message]:
    channel = desk.channel(names)
    desk.need(channel, Permission.READ_MESSAGE_HISTORY)
    return channel, desk.message(channel, names)
