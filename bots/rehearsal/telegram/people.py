"""What people do in a local Telegram: speak, forward, let the bot in, open topics. Bots hear of it through updates."""

from __future__ import annotations

from dataclasses import replace

from bots.rehearsal.telegram import topics
from bots.rehearsal.telegram.drafts import Draft
from bots.rehearsal.telegram.news import announce, happened, origin_of, pass_on
from bots.rehearsal.telegram.state import Bot, State
from bots.rehearsal.telegram.text import formatted
from bots.rehearsal.telegram.values import Chat, ChatKind, Content, Message, Standing, Topic, User
from bots.rehearsal.telegram.wire import chat_json, member_json, person_json


class People:
    """Everybody in one Telegram who is not a bot. May be used from any thread."""

    def __init__(self, telegram: State) -> None:
        self._telegram = telegram

    def say(self, chat: int, user: User, text: str, *, thread: int = 0, reply_to: int = 0) -> Message:
        """Write into a chat; in a channel the post is the channel's. A private chat has its user's id."""
        where = self._chat(chat, user)
        words, entities = formatted(Draft(text))
        written = self._written(where, user, Content(words, entities))
        return self._post(where, replace(written, thread=thread, reply_to=reply_to))

    def forward(self, source: Chat, message_id: int, user: User, to: int) -> Message:
        """Forward a message, such as a channel's post to the bot's private chat. The bot need not know `source`."""
        original = source.find(message_id)
        if original is None:
            raise ValueError(f"there is no message {message_id} in {source.title}")
        sender = person_json(original.author) if original.author else None
        origin = original.origin or origin_of(source, original, sender)
        content = Content(original.text, original.entities, original.media)
        where = self._chat(to, user)
        return self._post(where, replace(self._written(where, user, content), origin=origin))

    def _chat(self, number: int, user: User) -> Chat:
        """The chat; writing to a bot in private opens the chat, whatever stood in its way before."""
        if number == user.id:
            chat = self._telegram.chats.setdefault(number, Chat(number, ChatKind.PRIVATE, user.name, user.username))
            if chat.standing not in (Standing.ADMINISTRATOR, Standing.MEMBER):
                chat.standing = Standing.MEMBER
        return self._telegram.chats[number]

    def _written(self, chat: Chat, user: User, content: Content) -> Message:
        author = None if chat.kind is ChatKind.CHANNEL else user
        return Message(self._telegram.next_id(chat), self._telegram.clock.now(), 0, content, author=author)

    def _post(self, chat: Chat, message: Message) -> Message:
        chat.messages.append(message)
        announce(self._telegram, chat, message)
        pass_on(self._telegram, chat, [message])
        return message

    def admit(self, chat: int, user: User, standing: Standing = Standing.ADMINISTRATOR, **rights: bool) -> None:
        """Let the bots in, make them administrators or send them away; `rights` are fields of `Chat`."""
        where = self._telegram.chats[chat]
        bots = self._telegram.bots.values()
        before = {bot.id: member_json(where, bot) for bot in bots}
        where.standing = standing
        for name, allowed in rights.items():
            setattr(where, name, allowed)
        for bot in bots:
            self._tell_of_itself(bot, where, user, before[bot.id])

    def _tell_of_itself(self, bot: Bot, chat: Chat, user: User, before: object) -> None:
        now = int(self._telegram.clock.now().timestamp())
        change = {"chat": chat_json(chat), "from": person_json(user), "date": now}
        members = {"old_chat_member": before, "new_chat_member": member_json(chat, bot)}
        self._telegram.inboxes[bot.id].put("my_chat_member", change | members)

    def open_topic(self, chat: int, name: str) -> Topic:
        return topics.create(self._telegram, self._telegram.chats[chat], name)

    def close_topic(self, chat: int, topic: int) -> None:
        topics.change(self._telegram.chats[chat], topic, closed=True)

    def reopen_topic(self, chat: int, topic: int) -> None:
        topics.change(self._telegram.chats[chat], topic, closed=False)

    def delete_topic(self, chat: int, topic: int) -> None:
        """Delete a topic with everything in it."""
        topics.delete(self._telegram.chats[chat], topic)

    def upgrade(self, group: int) -> Chat:
        """Make a supergroup of a basic group: a new chat with a new id and without the old messages."""
        state, old = self._telegram, self._telegram.chats[group]
        number = -(10**12) - abs(group)
        new = Chat(number, ChatKind.SUPERGROUP, old.title, standing=old.standing, permissions=old.permissions)
        state.chats[number] = new
        announce(state, old, happened(state, old, {"migrate_to_chat_id": number}))
        announce(state, new, happened(state, new, {"migrate_from_chat_id": group}))
        old.migrated_to = number
        return new
