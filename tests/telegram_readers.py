"""A channel with a discussion group, a plain group and private chats, all for one bot that listens to their readers."""

from __future__ import annotations

from typing import Any

from bots.rehearsal.telegram import NO_LIMITS, Bot, Chat, ChatKind, Reply, Standing, Telegram, User
from tests.telegram_world import TOKEN

CHANNEL, TALK, GROUP, BASIC, OWN_CHANNEL = -1001, -1002, -1003, -4, -1005
READER = User(21, "Reader", "reader", language="zh")
OTHER = User(22, "Other")
EVERYTHING = ["message", "edited_message", "channel_post", "edited_channel_post", "callback_query", "my_chat_member"]
EVERYTHING += ["message_reaction", "message_reaction_count", "chat_member", "inline_query", "chosen_inline_result"]


def stage(clock: Any, **bot: Any) -> Telegram:
    """One bot, an administrator everywhere but in the plain group, that has asked for every kind of update."""
    chats = [
        Chat(CHANNEL, title="Column", username="column", linked=TALK, can_edit=True, can_delete=True),
        Chat(TALK, ChatKind.SUPERGROUP, "Talk", linked=CHANNEL, can_delete=True, last_id=100),
        Chat(GROUP, ChatKind.SUPERGROUP, "Plain", standing=Standing.MEMBER),
        Chat(BASIC, ChatKind.GROUP, "Friends"),
        Chat(OWN_CHANNEL, title="A reader's own", standing=Standing.LEFT),
    ]
    world = Telegram([Bot(TOKEN, **bot)], chats, clock, NO_LIMITS)
    call(world, "getUpdates", allowed_updates=EVERYTHING)
    return world


def call(world: Telegram, method: str, **params: Any) -> Reply:
    return world.call(TOKEN, method, params)


def done(world: Telegram, method: str, **params: Any) -> Any:
    """The result of a call that must succeed."""
    reply = call(world, method, **params)
    assert reply.ok, reply.description
    return reply.result


def heard(world: Telegram) -> list[tuple[str, Any]]:
    """What came since the last time, as kind and content."""
    updates = done(world, "getUpdates")
    if updates:
        done(world, "getUpdates", offset=updates[-1]["update_id"] + 1)
    return [next((kind, what) for kind, what in update.items() if kind != "update_id") for update in updates]


def post(world: Telegram, chat: int = CHANNEL, text: str = "post", **params: Any) -> int:
    return int(done(world, "sendMessage", chat_id=chat, text=text, **params)["message_id"])
