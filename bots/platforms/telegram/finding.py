"""Finding Telegram chats: the Bot API lists none, so the author shows the bot one while `weektech connect` listens.

Reading updates confirms them: whatever else waited for the bot is gone afterwards (telegram.md 4.3), so `connect` is no
command to run beside a listener. Of updates that arrive later nothing is lost: the kinds asked for here are those that
are always asked for.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from functools import partial

from telegram import (
    Chat,
    ChatFullInfo,
    ChatMember,
    ChatMemberUpdated,
    Message,
    MessageOriginChannel,
    MessageOriginChat,
    Update,
)

from bots.errors import TryLater
from bots.model import Kind
from bots.platforms.setup import Found, Invitation
from bots.platforms.telegram.client import bot, harmlessly

KINDS = {
    Chat.CHANNEL: Kind.CHANNEL,
    Chat.SUPERGROUP: Kind.SUPERGROUP,
    Chat.GROUP: Kind.GROUP,
    Chat.PRIVATE: Kind.PRIVATE,
}
_PATIENCE = 10
"""Seconds a call for updates may wait on the server: short enough to be broken off at any time."""
_INSIDE = (ChatMember.ADMINISTRATOR, ChatMember.MEMBER, ChatMember.OWNER, ChatMember.RESTRICTED)


class TelegramFinder:
    """Listens to what the bot is shown. `base_url` and `proxy` as for the sender."""

    def __init__(self, token: str, base_url: str | None = None, proxy: str | None = None) -> None:
        self._bot = bot(token, base_url, proxy)

    async def open(self) -> None:
        """Connect and see that the token is good; raises TokenRejected or TryLater."""
        await harmlessly(self._bot.initialize)

    async def close(self) -> None:
        await self._bot.shutdown()

    async def invitations(self, code: str) -> Sequence[Invitation]:
        """Links that add the bot; the rights are those of telegram.md 8, and none is asked for where members may post.

        A group's link makes the app post the code there as the bot is added, so that the chat is found at once.
        """
        address = f"https://t.me/{self._bot.username}"
        return (
            Invitation("a channel", f"{address}?startchannel&admin=post_messages"),
            Invitation("a channel, with pins", f"{address}?startchannel&admin=post_messages+edit_messages"),
            Invitation("a group", f"{address}?startgroup={code}"),
            Invitation("a group, with pins", f"{address}?startgroup={code}&admin=pin_messages"),
            Invitation("yourself", f"{address}?start={code}"),
        )

    async def hints(self, code: str) -> Sequence[str]:
        """A command that names the bot arrives in groups whatever its privacy mode is."""
        return (
            f"Post this in the channel, group or topic the bot is in:  /connect@{self._bot.username} {code}",
            "Or forward a post of the channel to the bot, in your private chat with it.",
            "Or add the bot to a chat with one of the links.",
        )

    async def find(self, code: str) -> AsyncGenerator[Found, None]:
        """Chats as updates show them; never ends by itself. Raises TryLater while something else takes them."""
        if (await harmlessly(self._bot.get_webhook_info)).url:
            raise TryLater(
                "A webhook is set for the bot, so it can't be asked what it was shown.",
                remedy="Take it away with the Bot API's deleteWebhook, or name the chat with --chat.",
            )
        offset: int | None = None
        while True:
            updates = await harmlessly(
                partial(
                    self._bot.get_updates,
                    offset=offset,
                    timeout=_PATIENCE,
                    allowed_updates=Update.ALL_TYPES,
                )
            )
            for update in updates:
                offset = update.update_id + 1
                found = shown(update, code)
                if found is not None:
                    yield found

    async def look(self, chat: str, topic: str | None = None) -> Found:
        """The chat of that id or `@name`. Raises ChatClosed."""
        return described(await harmlessly(partial(self._bot.get_chat, chat)), topic)


def shown(update: Update, code: str) -> Found | None:
    """The chat an update shows, None for anything else: a code, a forwarded post, the bot being added. Pure."""
    message = update.message or update.channel_post
    if message is not None:
        return _named(message, code) or _forwarded(message)
    if update.my_chat_member is not None:
        return _joined(update.my_chat_member)
    return None


def described(chat: Chat | ChatFullInfo, topic: str | None = None, *, named: bool = False) -> Found:
    """A chat in our words. A public one is named by its name, which people can read; a user can't be."""
    public = chat.username and chat.type != Chat.PRIVATE
    kind = Kind.TOPIC if topic else KINDS[chat.type]
    return Found(kind, f"@{chat.username}" if public else str(chat.id), chat.effective_name or "", topic, named)


def _named(message: Message, code: str) -> Found | None:
    """The chat where this run's code was posted; `/start` is what the app sends for a link with the code in it."""
    words = re.fullmatch(r"/(?:connect|start)(?:@\w+)?\s+(\S+)\s*", message.text or "")
    if words is None or words[1] != code:
        return None
    topic = str(message.message_thread_id) if message.is_topic_message and message.message_thread_id else None
    return described(message.chat, topic, named=True)


def _forwarded(message: Message) -> Found | None:
    """Where a post came from that somebody forwarded to the bot in private."""
    if message.chat.type != Chat.PRIVATE:
        return None
    match message.forward_origin:
        case MessageOriginChannel(chat=chat):
            return described(chat)
        case MessageOriginChat(sender_chat=chat):
            return described(chat)
    return None


def _joined(change: ChatMemberUpdated) -> Found | None:
    """A chat the bot was added to. Somebody who starts it in private asks for no destination."""
    inside = change.new_chat_member.status in _INSIDE
    return described(change.chat) if inside and change.chat.type != Chat.PRIVATE else None
