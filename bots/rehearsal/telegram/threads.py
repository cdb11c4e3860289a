"""Comments and replies: which thread of a group a message belongs to (telegram.md 4.2)."""

from __future__ import annotations

from bots.rehearsal.telegram.values import Chat, ChatKind, Message


def root_of(chat: Chat, reply_to: int) -> int:
    """The thread of an answer to `reply_to`: the first message of that chain, 0 for no answer and outside of groups.

    In forums the topic stands in its place. Comments on an album hang on its first picture.
    """
    target = chat.find(reply_to)
    if target is None or chat.forum or chat.kind is not ChatKind.SUPERGROUP:
        return 0
    return target.thread or (_first(chat, target).id if target.automatic else target.id)


def copy_of(group: Chat, channel: Chat, post: int) -> Message | None:
    """A channel's post as its discussion group has it, of an album the first picture; None when it isn't there."""
    for message in group.messages:
        origin = message.origin if message.automatic else None
        if origin and (origin["chat"]["id"], origin["message_id"]) == (channel.id, post):
            return _first(group, message)
    return None


def _first(chat: Chat, message: Message) -> Message:
    album = (each for each in chat.messages if message.album and each.album == message.album)
    return next(album, message)
