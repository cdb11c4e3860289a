"""The routes of threads and forum posts (discord.md 4.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bots.rehearsal.discord import shapes, threads
from bots.rehearsal.discord.desk import Desk, Names, snowflake_of
from bots.rehearsal.discord.message_routes import check_uploads, refuse_system
from bots.rehearsal.discord.model import POSTED, Channel, ChannelType, Permission, Thread
from bots.rehearsal.discord.problems import refuse_field
from bots.rehearsal.discord.thread_forms import ThreadChange, read_change, read_post, read_thread
from bots.rehearsal.discord.validation import read_form
from bots.rehearsal.discord.wire import Answer, Call, Refused


def start_from_message(desk: Desk, call: Call, names: Names) -> Answer:
    channel = desk.channel(names)
    if channel.type not in threads.FROM_MESSAGES:
        raise _wrong_type()
    message = desk.message(channel, names)
    desk.need(channel, Permission.CREATE_PUBLIC_THREADS)
    refuse_system(message)
    thread = threads.start_from(desk.state, message, read_thread(call.body))
    return Answer(201, desk.channel_json(thread))


def start_thread(desk: Desk, call: Call, names: Names) -> Answer:
    """A forum's post, or a thread without a message in another channel."""
    channel = desk.channel(names)
    return _start_post(desk, call, channel) if channel.type in POSTED else _start_alone(desk, call, channel)


def edit_channel(desk: Desk, call: Call, names: Names) -> Answer:
    """Changes to a thread; other channels belong to the server's people."""
    channel = desk.channel(names)
    if channel.thread is None:
        raise Refused(403, 50013, "Missing Permissions")
    asked = read_change(call.body)
    _check_change(desk, channel, channel.thread, asked)
    return Answer(200, desk.channel_json(threads.change(desk.state, channel, channel.thread, asked)))


def list_archived(desk: Desk, call: Call, names: Names) -> Answer:
    channel = desk.channel(names)
    if channel.thread or channel.type not in (*threads.FROM_MESSAGES, *POSTED):
        raise _wrong_type()
    desk.need(channel, Permission.READ_MESSAGE_HISTORY)
    limit = snowflake_of("limit", call.query.get("limit", "50"))
    if not 2 <= limit <= 100:
        raise refuse_field("limit", "NUMBER_TYPE_RANGE", "int value should be between 2 and 100.")
    found, more = threads.archived(desk.state, channel, _moment(call), limit)
    members = [shapes.member_of_thread_json(each, each.thread) for each in found if each.thread]
    shown = {"threads": [desk.channel_json(each) for each in found], "members": members, "has_more": more}
    return Answer(200, shown)


def _start_alone(desk: Desk, call: Call, channel: Channel) -> Answer:
    form = read_thread(call.body)
    private = form.type is ChannelType.PRIVATE_THREAD
    fitting = ChannelType.PUBLIC_THREAD if private else form.type
    if threads.FROM_MESSAGES.get(channel.type) is not fitting:
        raise _wrong_type()
    desk.need(channel, Permission.CREATE_PRIVATE_THREADS if private else Permission.CREATE_PUBLIC_THREADS)
    return Answer(201, desk.channel_json(threads.start_alone(desk.state, channel, form)))


def _start_post(desk: Desk, call: Call, forum: Channel) -> Answer:
    """A thread together with its first message, or neither. No nonce protects it from being made twice."""
    desk.need(forum, Permission.SEND_MESSAGES)
    check_uploads(desk, forum, call)
    form, body = read_post(call.body)
    written = replace(read_form(body), nonce=None, enforce_nonce=False)
    with desk.state.news.held():
        thread = threads.start_post(desk.state, forum, form)
        try:
            message = desk.state.post(thread.id, written, call.files, number=thread.id)
        except Refused:
            threads.undo(desk.state, thread)
            raise
    return Answer(201, desk.channel_json(thread) | {"message": desk.message_json(message, call)})


def _check_change(desk: Desk, channel: Channel, thread: Thread, asked: ThreadChange) -> None:
    """Who may change what, and that an archived thread is brought back first."""
    if not desk.may(channel, Permission.MANAGE_THREADS):
        _check_member_change(thread, asked, own=thread.owner == desk.state.bot.id)
    if thread.archived and asked.archived is not False:
        raise Refused(400, 50083, "Thread is archived")


def _check_member_change(thread: Thread, asked: ThreadChange, *, own: bool) -> None:
    """Without the right to manage threads: only what one has started oneself, never its lock or its pin.

    Bringing a thread back is open to all, unless it is locked and another's.
    """
    comes_back = asked == ThreadChange(archived=False)
    managed = asked.locked not in (None, thread.locked) or asked.pinned not in (None, thread.pinned)
    if managed or not (own or comes_back):
        raise Refused(403, 50013, "Missing Permissions")
    if thread.locked and not (own and comes_back):
        raise Refused(403, 160005, "Thread is locked")


def _moment(call: Call) -> datetime | None:
    if "before" not in call.query:
        return None
    try:
        moment = datetime.fromisoformat(call.query["before"])
    except ValueError:
        raise refuse_field("before", "DATE_TIME_TYPE_PARSE", "Could not parse as a date and time.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _wrong_type() -> Refused:
    return Refused(400, 50024, "Cannot execute action on this channel type")
