"""Threads in the local Discord's memory: how they begin, are changed and are listed (discord.md 4.4).

A thread that was started from a message has that message's id; so has a forum post, whose first message it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bots.rehearsal.discord.model import (
    POSTED,
    THREADS,
    Channel,
    ChannelType,
    Flag,
    Message,
    MessageType,
    Origin,
    Permission,
    Thread,
)
from bots.rehearsal.discord.state import State
from bots.rehearsal.discord.thread_forms import ThreadChange, ThreadForm
from bots.rehearsal.discord.wire import Refused

MOST_ACTIVE = 1000
"""Threads of a server that may be active at once; the exact number is unpublished (discord.md 4.4)."""

FROM_MESSAGES: Mapping[ChannelType, ChannelType] = {
    ChannelType.TEXT: ChannelType.PUBLIC_THREAD,
    ChannelType.ANNOUNCEMENT: ChannelType.ANNOUNCEMENT_THREAD,
}
"""The kind of thread that a channel's messages can start."""


def start_from(state: State, message: Message, form: ThreadForm) -> Channel:
    """The thread of a message; Refused 160004 if it has one."""
    parent = state.channels[message.channel]
    if message.id in state.channels:
        raise Refused(400, 160004, "A thread has already been created for this message")
    thread = _open(state, parent, form, FROM_MESSAGES[parent.type], message.id)
    state.keep(replace(message, flags=message.flags | Flag.HAS_THREAD))
    origin = Origin(parent.guild, parent.id, message.id)
    first = Message(state.new_id(), thread.id, message.author, "", state.clock.now(), MessageType.THREAD_STARTER)
    state.keep(replace(first, origin=origin))
    return thread


def start_alone(state: State, parent: Channel, form: ThreadForm) -> Channel:
    """A thread without a message to start from."""
    return _open(state, parent, form, form.type, state.new_id())


def start_post(state: State, forum: Channel, form: ThreadForm) -> Channel:
    """A forum's new post, still without its first message; Refused if its tags aren't as the forum wants them."""
    _check_tags(forum, form.tags)
    return _open(state, forum, form, ChannelType.PUBLIC_THREAD, state.new_id())


def undo(state: State, thread: Channel) -> None:
    """Take back a post whose first message was refused."""
    state.remove_channel(thread.id)


def change(state: State, channel: Channel, thread: Thread, asked: ThreadChange) -> Channel:
    """A thread renamed, archived, brought back, locked, tagged ... by someone who may."""
    now = state.clock.now()
    parent = state.channels[thread.parent]
    if asked.tags is not None:
        _check_tags(parent, asked.tags)
    if asked.archived is False and thread.archived:
        thread = thread.spoken(now)
    if asked.minutes is not None and asked.minutes != thread.minutes:
        thread = replace(thread, minutes=asked.minutes, turned=now, active=now)
    if asked.archived and not thread.archived:
        thread = replace(thread, archived=True, turned=now)
    if asked.pinned and not thread.pinned:
        _refuse_second_pin(state, parent)
    thread = replace(
        thread,
        locked=thread.locked if asked.locked is None else asked.locked,
        pinned=thread.pinned if asked.pinned is None else asked.pinned,
        tags=thread.tags if asked.tags is None else asked.tags,
    )
    return state.put(replace(channel, name=asked.name or channel.name, thread=thread))


def active(state: State, guild: int) -> list[Channel]:
    """The threads of a server that the bot can see and that aren't archived, newest first."""
    there = (channel for channel, thread in _threads(state, guild) if not thread.archived)
    seen = [each for each in there if Permission.VIEW_CHANNEL in state.rights(each.id)]
    return sorted(seen, key=lambda each: each.id, reverse=True)


def archived(state: State, parent: Channel, before: datetime | None, limit: int) -> tuple[Sequence[Channel], bool]:
    """A page of a channel's archived public threads, the last archived first, and whether more follow."""
    found = [
        (thread.turned, channel)
        for channel, thread in _threads(state, parent.guild)
        if thread.parent == parent.id and thread.archived and channel.type is not ChannelType.PRIVATE_THREAD
    ]
    found.sort(key=lambda each: (each[0], each[1].id), reverse=True)
    later = [channel for turned, channel in found if before is None or turned < before]
    return later[:limit], len(later) > limit


def _threads(state: State, guild: int) -> Iterable[tuple[Channel, Thread]]:
    for number in [each.id for each in state.channels.values() if each.guild == guild and each.type in THREADS]:
        channel = state.channel(number)
        if channel is not None and channel.thread is not None:
            yield channel, channel.thread


def _open(state: State, parent: Channel, form: ThreadForm, kind: ChannelType, number: int) -> Channel:
    if len(active(state, parent.guild)) >= MOST_ACTIVE:
        if parent.type is ChannelType.ANNOUNCEMENT:
            raise Refused(400, 160007, "Maximum number of active announcement threads reached")
        raise Refused(400, 160006, "Maximum number of active threads reached")
    now = state.clock.now()
    thread = Thread(parent.id, form.owner or state.bot.id, now, now, now, form.minutes, tags=form.tags)
    return state.put(Channel(number, parent.guild, form.name, kind, thread=thread))


def _check_tags(forum: Channel, tags: Sequence[int]) -> None:
    """Only tags the forum has, and at least one where it wants one."""
    if forum.type not in POSTED:
        return
    if set(tags) - {tag.id for tag in forum.tags}:
        raise Refused(404, 10087, "Unknown tag")
    if forum.require_tag and not tags:
        raise Refused(400, 40067, "A tag is required to create a forum post in this channel")


def _refuse_second_pin(state: State, forum: Channel) -> None:
    if any(each.thread and each.thread.pinned for each in state.threads(forum.id)):
        raise Refused(400, 30047, "Maximum number of pinned threads in a forum channel has been reached")
