"""What happens in a chat, told to the bots that may know: updates, and a channel's posts in its discussion group."""

from __future__ import annotations

from dataclasses import replace

from bots.rehearsal.telegram.replies import Json
from bots.rehearsal.telegram.state import Bot, State
from bots.rehearsal.telegram.values import Chat, ChatKind, Content, Message, Standing, User
from bots.rehearsal.telegram.wire import chat_json, message_json

PRESENT = (Standing.ADMINISTRATOR, Standing.MEMBER)


def announce(state: State, chat: Chat, message: Message, *, edited: bool = False) -> None:
    """Queue the update for every bot that hears of it; none hears of what it said itself (telegram.md 4.2)."""
    kind = "channel_post" if chat.kind is ChatKind.CHANNEL else "message"
    for bot in state.bots.values():
        if _hears(bot, chat, message):
            body = message_json(chat, message, bot)
            state.inboxes[bot.id].put(f"edited_{kind}" if edited else kind, body)


def _hears(bot: Bot, chat: Chat, message: Message) -> bool:
    if chat.standing not in PRESENT or message.bot == bot.id:
        return False
    if message.service is not None or chat.kind in (ChatKind.PRIVATE, ChatKind.CHANNEL):
        return True
    if message.bot:  # bots don't hear each other in groups
        return False
    return chat.standing is Standing.ADMINISTRATOR or bot.reads_groups or _meant_for(bot, chat, message)


def _meant_for(bot: Bot, chat: Chat, message: Message) -> bool:
    """What a bot in privacy mode hears: commands that name it or nobody, replies to it, and its inline results."""
    command = message.text.split(maxsplit=1)[0] if message.text.startswith("/") else ""
    answered = chat.find(message.reply_to)
    name = command.partition("@")[2].lower()
    if message.via is not None and message.via["id"] == bot.id:
        return True
    return bool(command and name in ("", bot.username.lower())) or (answered is not None and answered.bot == bot.id)


def happened(state: State, chat: Chat, what: Json, author: User | None = None) -> Message:
    """A message that nobody wrote; it takes an id like any other (telegram.md 8)."""
    told = Message(state.next_id(chat), state.clock.now(), 0, Content(), author=author, service=what)
    chat.services.append(told)
    return told


def origin_of(chat: Chat, message: Message, sender: Json) -> Json:
    """`MessageOrigin` of a forward: a channel's post keeps its number, anything else names only its `sender`."""
    date = int(message.date.timestamp())
    if chat.kind is ChatKind.CHANNEL:
        return {"type": "channel", "chat": chat_json(chat), "message_id": message.id, "date": date}
    return {"type": "user", "sender_user": sender, "date": date}


def pass_on(state: State, channel: Chat, posts: list[Message]) -> None:
    """Forward a channel's posts to its discussion group, each by itself, with ids of the group (telegram.md 4.2)."""
    group = state.chats.get(channel.linked) if channel.linked is not None else None
    if channel.kind is not ChatKind.CHANNEL or group is None:
        return
    album = state.next_album() if len(posts) > 1 else ""
    for post in posts:
        copy = Message(
            state.next_id(group),
            post.date,
            0,
            replace(post.content, markup=None),
            album=album,
            origin=post.origin or origin_of(channel, post, None),
            automatic=True,
        )
        group.messages.append(copy)
        announce(state, group, copy)


def corrected(state: State, channel: Chat, post: Message) -> None:
    """Carry an edit of a channel's post over to its copy in the discussion group, where it is news too."""
    group = state.chats.get(channel.linked) if channel.linked is not None else None
    if channel.kind is not ChatKind.CHANNEL or group is None:
        return
    for copy in [copy for copy in group.messages if copy.automatic and _comes_from(copy, channel, post)]:
        content = replace(post.content, markup=None)
        changed = replace(copy, content=content, history=(*copy.history, copy.content), edited=post.edited)
        if content != copy.content:
            group.put(changed)
            announce(state, group, changed, edited=True)


def _comes_from(copy: Message, channel: Chat, post: Message) -> bool:
    """Every automatic forward has an origin, and it is a channel's."""
    return copy.origin is not None and (copy.origin["chat"]["id"], copy.origin["message_id"]) == (channel.id, post.id)
