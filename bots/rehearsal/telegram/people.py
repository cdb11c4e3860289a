"""What people do in a local Telegram: speak, comment, react, press, let the bot in. Bots hear of it through updates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar, cast

from bots.rehearsal.telegram import callbacks, inline, members, moves, profiles, reactions, topics
from bots.rehearsal.telegram.drafts import Draft
from bots.rehearsal.telegram.news import announce, corrected, origin_of, pass_on
from bots.rehearsal.telegram.questions import Press, Question
from bots.rehearsal.telegram.replies import File, Json
from bots.rehearsal.telegram.state import Bot, State
from bots.rehearsal.telegram.text import formatted
from bots.rehearsal.telegram.threads import copy_of, root_of
from bots.rehearsal.telegram.values import Chat, ChatKind, Content, Entity, Member, Message, Role, Standing, Topic, User
from bots.rehearsal.telegram.wire import chat_json, person_json

ANONYMOUS = User(1087968824, "Group", "GroupAnonymousBot", is_bot=True)
"""Whom bots see behind an administrator who speaks as the group."""
AS_CHANNEL = User(136817688, "Channel", "Channel_Bot", is_bot=True)
"""Whom bots see behind somebody who speaks as a channel."""
NOBODY = 0
"""The owner of files that people sent: every bot may use their ids."""

Act = TypeVar("Act", bound=Callable[..., Any])


def _at_once(act: Act) -> Act:
    """No call of a bot falls into the middle of it."""

    @wraps(act)
    def acting(self: People, *args: Any, **kwargs: Any) -> Any:
        with self.telegram.lock:
            return act(self, *args, **kwargs)

    return cast(Act, acting)


class People:
    """Everybody in one Telegram who is not a bot. May be used from any thread.

    What could never happen, such as pressing a button that isn't there, raises ValueError or KeyError.
    """

    def __init__(self, telegram: State) -> None:
        self.telegram = telegram

    # ── speaking ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @_at_once
    def say(  # noqa: PLR0913 - all but the first three are rarely given, and by name
        self,
        chat: int,
        user: User,
        text: str,
        *,
        thread: int = 0,
        reply_to: int = 0,
        entities: Sequence[Entity] = (),
        as_chat: int = 0,
    ) -> Message:
        """Write into a chat; in a channel the post is the channel's. A private chat has its user's id.

        `as_chat` is the group itself for its anonymous administrators, or a channel of the user.
        """
        where = self._chat(chat, user)
        content = Content(*formatted(Draft(text, tuple(entities))))
        return self._post(where, self._answer(where, self._written(where, user, content, as_chat), thread, reply_to))

    @_at_once
    def show(self, chat: int, user: User, picture: bytes, caption: str = "", *, reply_to: int = 0) -> Message:
        """Send a photo."""
        where = self._chat(chat, user)
        media = self.telegram.shelf.photo(NOBODY, File("photo.jpg", picture, "image/jpeg"))
        content = Content(*formatted(Draft(caption), caption=True), media)
        return self._post(where, self._answer(where, self._written(where, user, content), 0, reply_to))

    def comment(self, channel: int, post: int, user: User, text: str, *, as_chat: int = 0) -> Message:
        """Comment on a channel's post: answer its copy in the discussion group."""
        copy = self.copy(channel, post)
        return self.say(self._group(channel).id, user, text, reply_to=copy.id, as_chat=as_chat)

    def copy(self, channel: int, post: int) -> Message:
        """A channel's post as its discussion group has it, of an album the first picture."""
        found = copy_of(self._group(channel), self.telegram.chats[channel], post)
        if found is None:
            raise ValueError(f"post {post} is not in the discussion group")
        return found

    @_at_once
    def forward(self, source: Chat, message_id: int, user: User, to: int) -> Message:
        """Forward a message, such as a channel's post to the bot's private chat. The bot need not know `source`."""
        original = self._find(source, message_id)
        sender = person_json(original.author) if original.author else None
        origin = original.origin or origin_of(source, original, sender)
        content = Content(original.text, original.entities, original.media)
        where = self._chat(to, user)
        return self._post(where, replace(self._written(where, user, content), origin=origin))

    @_at_once
    def edit(self, chat: int, message_id: int, text: str) -> Message:
        """Change what a message says, with the rights of whoever wrote it."""
        where = self.telegram.chats[chat]
        old = self._find(where, message_id)
        words, entities = formatted(Draft(text), caption=old.media is not None)
        content = replace(old.content, text=words, entities=entities)
        new = replace(old, content=content, history=(*old.history, old.content), edited=self.telegram.clock.now())
        where.put(new)
        announce(self.telegram, where, new, edited=True)
        corrected(self.telegram, where, new)
        return new

    @_at_once
    def delete(self, chat: int, message_id: int) -> None:
        """Take a message away. No bot is told (telegram.md 4.2)."""
        where = self.telegram.chats[chat]
        where.remove(self._find(where, message_id))

    # ── answering a bot ──────────────────────────────────────────────────────────────────────────────────────────────

    @_at_once
    def press(self, chat: int, message_id: int, user: User, label: str) -> Press:
        """Press the button with this text, or with this data; `answer` of the result is what the bot let appear."""
        where = self.telegram.chats[chat]
        return callbacks.press(self.telegram, where, self._find(where, message_id), user, label)

    @_at_once
    def react(self, chat: int, message_id: int, user: User, chosen: Sequence[str], *, as_chat: int = 0) -> None:
        """Set one's reactions to a message: emoji, ids of custom emoji, a paid star. None takes them back."""
        where = self.telegram.chats[chat]
        who = self.telegram.chats[as_chat] if as_chat else user
        reactions.react(self.telegram, where, self._find(where, message_id), who, chosen)

    @_at_once
    def inline(self, user: User, query: str, *, bot: int = 0, offset: str = "") -> Question:
        """Type something behind a bot's name; `results` of what comes back is the bot's answer."""
        return inline.ask(self.telegram, self._bot(bot), user, query, offset)

    @_at_once
    def choose(self, asked: Question, result: str, chat: int) -> Message:
        """Send one of the offered results into a chat."""
        where = self._chat(chat, asked.user)
        return self._post(where, inline.choose(self.telegram, self._bot(asked.bot), asked, result, where))

    def menu(self, chat: int, user: User, *, bot: int = 0) -> list[Json]:
        """The commands that the user's app offers in a chat."""
        return profiles.shown_commands(self.telegram, self._bot(bot).id, self.telegram.chats[chat], user)

    # ── letting bots in and out ──────────────────────────────────────────────────────────────────────────────────────

    def start(self, user: User, payload: str = "") -> Message:
        """Begin to talk to the bot, with what a deep link carries; undoes a block."""
        return self.say(user.id, user, f"/start {payload}".rstrip())

    @_at_once
    def block(self, user: User) -> None:
        """Hear no more of the bot in private."""
        self.admit(user.id, user, Standing.BLOCKED)

    @_at_once
    def unblock(self, user: User) -> None:
        self.admit(user.id, user, Standing.MEMBER)

    @_at_once
    def admit(self, chat: int, user: User, standing: Standing = Standing.ADMINISTRATOR, **rights: bool) -> None:
        """Let the bots in, make them administrators or send them away; `rights` are fields of `Chat`."""
        moves.admit(self.telegram, self.telegram.chats[chat], user, standing, rights)

    @_at_once
    def appoint(self, chat: int, user: User, role: Role, *, by: User | None = None, anonymous: bool = False) -> None:
        """Make somebody an administrator, a member again, or nobody."""
        where = self.telegram.chats[chat]
        members.appoint(self.telegram, where, by or user, Member(user, role, anonymous))

    # ── chats ────────────────────────────────────────────────────────────────────────────────────────────────────────

    @_at_once
    def open_topic(self, chat: int, name: str) -> Topic:
        return topics.create(self.telegram, self.telegram.chats[chat], name)

    @_at_once
    def close_topic(self, chat: int, topic: int) -> None:
        topics.change(self.telegram.chats[chat], topic, closed=True)

    @_at_once
    def reopen_topic(self, chat: int, topic: int) -> None:
        topics.change(self.telegram.chats[chat], topic, closed=False)

    @_at_once
    def delete_topic(self, chat: int, topic: int) -> None:
        """Delete a topic with everything in it."""
        topics.delete(self.telegram.chats[chat], topic)

    @_at_once
    def upgrade(self, group: int) -> Chat:
        """Make a supergroup of a basic group: a new chat with a new id and without the old messages."""
        return moves.upgrade(self.telegram, self.telegram.chats[group])

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _chat(self, number: int, user: User) -> Chat:
        """The chat; writing to a bot in private opens the chat, whatever stood in its way before."""
        if number == user.id:
            fresh = Chat(number, ChatKind.PRIVATE, user.name, user.username, standing=Standing.MEMBER)
            chat = self.telegram.chats.setdefault(number, fresh)
            if chat.standing is Standing.BLOCKED:
                self.unblock(user)
            elif chat.standing not in (Standing.ADMINISTRATOR, Standing.MEMBER):
                chat.standing = Standing.MEMBER
        return self.telegram.chats[number]

    def _written(self, chat: Chat, user: User, content: Content, as_chat: int = 0) -> Message:
        """A new message; behind a chat that somebody speaks as stands a bot's name."""
        message = Message(self.telegram.next_id(chat), self.telegram.clock.now(), 0, content)
        if chat.kind is ChatKind.CHANNEL:
            return message
        if not as_chat:
            return replace(message, author=user)
        speaker = chat_json(self.telegram.chats[as_chat])
        return replace(message, author=ANONYMOUS if as_chat == chat.id else AS_CHANNEL, sender_chat=speaker)

    def _answer(self, chat: Chat, message: Message, thread: int, reply_to: int) -> Message:
        return replace(message, thread=thread or root_of(chat, reply_to), reply_to=reply_to)

    def _post(self, chat: Chat, message: Message) -> Message:
        chat.messages.append(message)
        announce(self.telegram, chat, message)
        pass_on(self.telegram, chat, [message])
        return message

    def _find(self, chat: Chat, message_id: int) -> Message:
        found = chat.find(message_id)
        if found is None:
            raise ValueError(f"there is no message {message_id} in {chat.title}")
        return found

    def _group(self, channel: int) -> Chat:
        linked = self.telegram.chats[channel].linked
        if linked is None:
            raise ValueError(f"{self.telegram.chats[channel].title} has no discussion group")
        return self.telegram.chats[linked]

    def _bot(self, number: int) -> Bot:
        """The bot with this id, the first one for 0."""
        return next(bot for bot in self.telegram.bots.values() if number in (0, bot.id))
