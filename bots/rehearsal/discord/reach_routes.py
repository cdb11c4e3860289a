"""The routes that carry a message further: crosspost, follow, pins (discord.md 3.5, 4.2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bots.rehearsal.discord import reach, shapes
from bots.rehearsal.discord.desk import Desk, Names, snowflake_of
from bots.rehearsal.discord.message_routes import refuse_system
from bots.rehearsal.discord.model import Channel, ChannelType, Message, Permission
from bots.rehearsal.discord.problems import refuse_field
from bots.rehearsal.discord.wire import Answer, Call, Refused


def crosspost(desk: Desk, call: Call, names: Names) -> Answer:
    channel = _announcements(desk.channel(names))
    message = desk.message(channel, names)
    refuse_system(message)
    # Other people's messages need one right more.
    own = message.author == desk.state.bot
    desk.need(channel, Permission.SEND_MESSAGES, *(() if own else (Permission.MANAGE_MESSAGES,)))
    if (refused := desk.sublimited("crosspost_hour", channel.id, 20028)) is not None:
        return refused
    return Answer(200, desk.message_json(reach.crosspost(desk.state, message), call))


def follow(desk: Desk, call: Call, names: Names) -> Answer:
    source = _announcements(desk.channel(names))
    target = desk.seen(snowflake_of("webhook_channel_id", call.body.get("webhook_channel_id")))
    if target.type not in (ChannelType.TEXT, ChannelType.ANNOUNCEMENT):
        raise Refused(400, 50024, "Cannot execute action on this channel type")
    desk.need(target, Permission.MANAGE_WEBHOOKS)
    return Answer(200, shapes.follower_json(reach.follow(desk.state, source, target)))


def pin(desk: Desk, call: Call, names: Names) -> Answer:
    reach.pin(desk.state, _pinnable(desk, names))
    return Answer(204)


def unpin(desk: Desk, call: Call, names: Names) -> Answer:
    reach.unpin(desk.state, _pinnable(desk, names))
    return Answer(204)


def list_pins(desk: Desk, call: Call, names: Names) -> Answer:
    """A page of pins, the last pinned first, each with its moment."""
    limit = snowflake_of("limit", call.query.get("limit", "50"))
    if not 1 <= limit <= 50:
        raise refuse_field("limit", "NUMBER_TYPE_RANGE", "int value should be between 1 and 50.")
    found = [(each.pinned, each) for each in _pins(desk, names) if each.pinned]
    if "before" in call.query:
        before = _moment(call.query["before"])
        found = [(moment, each) for moment, each in found if moment < before]
    page: list[dict[str, Any]] = [
        {"pinned_at": moment.isoformat(), "message": desk.message_json(each, call)} for moment, each in found[:limit]
    ]
    return Answer(200, {"items": page, "has_more": len(found) > limit})


def list_pinned_messages(desk: Desk, call: Call, names: Names) -> Answer:
    """The older route: the messages alone, all of them."""
    return Answer(200, [desk.message_json(each, call) for each in _pins(desk, names)])


def _pins(desk: Desk, names: Names) -> list[Message]:
    channel = desk.channel(names)
    if not desk.may(channel, Permission.READ_MESSAGE_HISTORY):
        return []
    return reach.pinned(desk.state, channel.id)


def _pinnable(desk: Desk, names: Names) -> Message:
    channel = desk.channel(names)
    desk.need(channel, Permission.PIN_MESSAGES)
    message = desk.message(channel, names)
    refuse_system(message)
    desk.need_active(channel)
    return message


def _announcements(channel: Channel) -> Channel:
    if channel.type is not ChannelType.ANNOUNCEMENT:
        raise Refused(400, 50024, "Cannot execute action on this channel type")
    return channel


def _moment(value: str) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise refuse_field("before", "DATE_TIME_TYPE_PARSE", "Could not parse as a date and time.") from None
