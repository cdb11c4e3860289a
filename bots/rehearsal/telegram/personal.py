"""The channel that a user shows in their profile: the only chat whose history a bot can read (telegram.md 7.3)."""

from __future__ import annotations

from bots.rehearsal.telegram.replies import Json, bad_request
from bots.rehearsal.telegram.state import Call
from bots.rehearsal.telegram.values import ChatKind
from bots.rehearsal.telegram.wire import chat_json, message_json

AT_MOST = 20


def get_user_personal_chat_messages(call: Call) -> Json:
    """The last messages, the newest first; none of a user without such a channel. The bot has to know the user."""
    user = call.state.chats.get(call.params.integer("user_id"))
    if user is None or user.kind is not ChatKind.PRIVATE:
        raise bad_request("user not found")
    limit = call.params.integer("limit")
    if not 1 <= limit <= AT_MOST:
        raise bad_request("limit must be between 1 and 20")
    channel = call.state.chats.get(user.personal) if user.personal is not None else None
    if channel is None:
        return []
    return [message_json(channel, message, call.bot) for message in reversed(channel.messages[-limit:])]


def personal_chat(call: Call) -> Json:
    """What getChat tells of it, nothing for a chat without one."""
    user = call.chat()
    channel = call.state.chats.get(user.personal) if user.personal is not None else None
    return {} if channel is None else {"personal_chat": chat_json(channel)}
