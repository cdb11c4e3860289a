"""What carries a message further: crossposts with the followers' copies, and pins (discord.md 3.5, 4.2, 4.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bots.rehearsal.discord.model import Attachment, Channel, Flag, Follower, Message, MessageType, Origin
from bots.rehearsal.discord.state import State
from bots.rehearsal.discord.wire import Refused

MOST_PINS = 250
MOST_WEBHOOKS = 15
"""In one channel; each channel it follows takes one."""
DELETED = "[Original Message Deleted]"
"""What a copy says once its source is gone."""


def follow(state: State, source: Channel, target: Channel) -> Follower:
    """From now on `target` gets a copy of what `source` crossposts."""
    if sum(each.target == target.id for each in state.followers) >= MOST_WEBHOOKS:
        raise Refused(400, 30007, f"Maximum number of webhooks reached ({MOST_WEBHOOKS})")
    name = f"{state.guilds[source.guild].name} #{source.name}"
    follower = Follower(state.add_user(name, bot=True), source.id, target.id)
    state.followers.append(follower)
    return follower


def crosspost(state: State, message: Message) -> Message:
    """Publish a message to the followers; Refused 40033 the second time."""
    if Flag.CROSSPOSTED in message.flags:
        raise Refused(400, 40033, "This message has already been crossposted")
    published = state.keep(replace(message, flags=message.flags | Flag.CROSSPOSTED))
    followers = [each for each in state.followers if each.source == message.channel and each.target in state.channels]
    state.copies[message.id] = [state.keep(_copy(state, published, each)) for each in followers]
    return published


def reflect_edit(state: State, message: Message) -> None:
    """Bring the copies of an edited message up to date."""
    for copy in _copies(state, message):
        shown = _shown(state, message)
        state.keep(replace(copy, content=message.content, attachments=shown, embeds=message.embeds))


def reflect_deletion(state: State, message: Message) -> None:
    """Empty the copies of a message that was taken back."""
    for copy in _copies(state, message):
        flags = copy.flags | Flag.SOURCE_MESSAGE_DELETED
        state.keep(replace(copy, content=DELETED, attachments=(), embeds=(), flags=flags))


def pin(state: State, message: Message) -> None:
    """Pin a message, which the server tells the channel; doing it again changes nothing."""
    if message.pinned:
        return
    if len(pinned(state, message.channel)) >= MOST_PINS:
        raise Refused(400, 30003, f"Maximum number of pins reached for the channel ({MOST_PINS})")
    now = state.clock.now()
    state.keep(replace(message, pinned=now))
    origin = Origin(state.channels[message.channel].guild, message.channel, message.id)
    note = Message(state.new_id(), message.channel, state.bot, "", now, MessageType.PINNED)
    state.keep(replace(note, origin=origin))


def unpin(state: State, message: Message) -> None:
    state.keep(replace(message, pinned=None))


def pinned(state: State, channel: int) -> list[Message]:
    """A channel's pinned messages, the last pinned first."""
    there = [(each.pinned, each.id, each) for each in state.messages(channel) if each.pinned]
    return [message for _, _, message in sorted(there, key=lambda each: each[:2], reverse=True)]


def _copies(state: State, message: Message) -> Iterator[Message]:
    """The copies that nobody deleted, as they stand now."""
    for made in state.copies.get(message.id, []):
        if made.channel in state.channels:
            yield from (each for each in state.messages(made.channel) if each.id == made.id)


def _copy(state: State, message: Message, follower: Follower) -> Message:
    """A follower's copy. It carries no components (discord.md 4.3) and notifies nobody."""
    return Message(
        id=state.new_id(),
        channel=follower.target,
        author=follower.webhook,
        content=message.content,
        sent=state.clock.now(),
        flags=Flag.IS_CROSSPOST | (message.flags & Flag.SUPPRESS_EMBEDS),
        attachments=_shown(state, message),
        embeds=message.embeds,
        origin=Origin(state.channels[message.channel].guild, message.channel, message.id),
        webhook=follower.webhook.id,
    )


def _shown(state: State, message: Message) -> tuple[Attachment, ...]:
    """The same files under ids of their own, so that they outlive the original's."""
    files: Sequence[Attachment] = message.attachments
    return tuple(replace(each, id=state.new_id()) for each in files)
