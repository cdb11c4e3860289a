"""Conversations of the bot with one person (discord.md 6)."""

from __future__ import annotations

from bots.rehearsal.discord.model import PRIVATE, Channel, ChannelType, User
from bots.rehearsal.discord.state import State
from bots.rehearsal.discord.wire import Refused


def conversation(state: State, user: User) -> Channel:
    """The one there is with this person, begun if need be."""
    for channel in state.channels.values():
        if channel.reader == user:
            return channel
    return state.put(Channel(state.new_id(), 0, "", ChannelType.DM, PRIVATE, reader=user))


def refuse_unwanted(state: State, channel: Channel) -> None:
    """Refused 50007 where the person takes no messages from the bot."""
    if channel.reader is not None and channel.reader.id in state.closed_to_bots:
        raise Refused(403, 50007, "Cannot send messages to this user")
