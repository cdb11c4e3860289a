"""The routes of messages: create, read, edit, delete."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bots.rehearsal.discord import direct, reach
from bots.rehearsal.discord.desk import Desk, Names, is_thread, snowflake_of
from bots.rehearsal.discord.model import POSTED, WRITABLE, Channel, Flag, Message, MessageType, Permission, created
from bots.rehearsal.discord.problems import refuse_field
from bots.rehearsal.discord.validation import check_files, read_form
from bots.rehearsal.discord.wire import Answer, Call, Refused

OLD = timedelta(hours=1)
"""Edits of messages older than this have a tighter window of their own (discord.md 3.4)."""


def list_messages(desk: Desk, call: Call, names: Names) -> Answer:
    channel = desk.channel(names)
    limit = snowflake_of("limit", call.query.get("limit", "50"))
    if not 1 <= limit <= 100:
        raise refuse_field("limit", "NUMBER_TYPE_RANGE", "int value should be between 1 and 100.")
    if not desk.may(channel, Permission.READ_MESSAGE_HISTORY):
        return Answer(200, [])  # no right to the past: nothing is shown, nothing is refused
    page = _page(desk.state.messages(channel.id), call, limit)
    return Answer(200, [desk.message_json(each, call) for each in reversed(page)])


def get_message(desk: Desk, call: Call, names: Names) -> Answer:
    channel = desk.channel(names)
    if not desk.may(channel, Permission.READ_MESSAGE_HISTORY):
        raise Refused(403, 50001, "Missing Access")
    return Answer(200, desk.message_json(desk.message(channel, names), call))


def create_message(desk: Desk, call: Call, names: Names) -> Answer:
    channel = _writable(desk, names)
    check_uploads(desk, channel, call)
    form = read_form(call.body)
    message = desk.state.post(channel.id, form, call.files)
    # The nonce is echoed to whoever sent it, and stays out of the history.
    return Answer(200, desk.message_json(message, call) | ({"nonce": form.nonce} if form.nonce else {}))


def edit_message(desk: Desk, call: Call, names: Names) -> Answer:
    channel = desk.channel(names)
    message = desk.message(channel, names)
    if message.author != desk.state.bot:
        raise Refused(403, 50005, "Cannot edit a message authored by another user")
    refuse_system(message)
    desk.need_active(channel)
    desk.need_unlocked(channel)
    check_uploads(desk, channel, call)
    form = read_form(call.body, new=Flag.COMPONENTS_V2 in message.flags)
    if (limited := _too_many_edits(desk, message)) is not None:
        return limited
    edited = desk.state.edit(message, form, call.files, given=frozenset(call.body))
    reach.reflect_edit(desk.state, edited)
    return Answer(200, desk.message_json(edited, call))


def delete_message(desk: Desk, call: Call, names: Names) -> Answer:
    channel = desk.channel(names)
    message = desk.message(channel, names)
    if message.author != desk.state.bot:
        desk.need(channel, Permission.MANAGE_MESSAGES)
    if channel.thread and channel.thread.archived:
        desk.need_unlocked(channel)
    desk.state.delete(message)
    reach.reflect_deletion(desk.state, message)
    return Answer(204)


def check_uploads(desk: Desk, channel: Channel, call: Call) -> None:
    """The sizes of the files, and the right to attach any."""
    check_files(call.files, call.size)
    if call.files:
        desk.need(channel, Permission.ATTACH_FILES)


def refuse_system(message: Message) -> None:
    """What the server wrote itself can't be changed."""
    if message.type in (MessageType.PINNED, MessageType.THREAD_STARTER):
        raise Refused(403, 50021, "Cannot execute action on a system message")


def _writable(desk: Desk, names: Names) -> Channel:
    channel = desk.channel(names)
    if channel.type in POSTED:
        raise Refused(400, 40058, "Cannot message this channel until after a thread is created")
    if channel.type not in WRITABLE:
        raise Refused(400, 50008, "Cannot send messages in a non-text channel")
    # SEND_MESSAGES says nothing about threads, and the other way round (discord.md 4.1).
    desk.need(channel, Permission.SEND_MESSAGES_IN_THREADS if is_thread(channel) else Permission.SEND_MESSAGES)
    desk.need_unlocked(channel)
    direct.refuse_unwanted(desk.state, channel)
    return channel


def _too_many_edits(desk: Desk, message: Message) -> Answer | None:
    """The tighter windows: for messages that went to followers, and for those older than an hour."""
    refused = desk.sublimited("edit_announced", message.channel, 20028) if Flag.CROSSPOSTED in message.flags else None
    if refused is None and desk.clock.now() - created(message.id) > OLD:
        refused = desk.sublimited("edit_old", message.channel, 30046)
    return refused


def _page(messages: Sequence[Message], call: Call, limit: int) -> Sequence[Message]:
    """A page of history, oldest first: the newest before an id, the oldest after one, or those around one."""
    if "around" in call.query:
        middle = snowflake_of("around", call.query["around"])
        older = [each for each in messages if each.id < middle][-(limit // 2) :] if limit > 1 else []
        return [*older, *(each for each in messages if each.id >= middle)][:limit]
    if "after" in call.query:
        start = snowflake_of("after", call.query["after"])
        return [each for each in messages if each.id > start][:limit]
    if "before" in call.query:
        end = snowflake_of("before", call.query["before"])
        messages = [each for each in messages if each.id < end]
    return messages[-limit:]
