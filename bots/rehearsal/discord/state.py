"""The local Discord's memory and what can be done to it, free of HTTP. Everything a test asserts can be read here."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bots.clock import Clock
from bots.rehearsal.discord import uploads
from bots.rehearsal.discord.components import walk
from bots.rehearsal.discord.events import ChannelEvent, GuildEvent, MessageEvent, News, RoleEvent
from bots.rehearsal.discord.forms import FileNote, Form
from bots.rehearsal.discord.interactions import Interaction
from bots.rehearsal.discord.mentions import Around, pings
from bots.rehearsal.discord.model import (
    NO_FLAGS,
    NO_RIGHTS,
    PUBLISHER,
    Attachment,
    Channel,
    ChannelType,
    Emoji,
    Flag,
    Follower,
    Guild,
    Message,
    MessageType,
    Permission,
    Pings,
    Reaction,
    Role,
    Tag,
    User,
    Version,
    snowflake,
)
from bots.rehearsal.discord.problems import refuse_field
from bots.rehearsal.discord.validation import clean
from bots.rehearsal.discord.wire import FilePart, Refused

NONCE_WINDOW = timedelta(minutes=5)
""""The past few minutes" of the documentation; the real length is unpublished (discord.md 3.3)."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    """A nonce that was used."""

    message: int
    channel: int
    at: datetime


class State:
    """One server with its channels, as the bot sees it."""

    def __init__(self, clock: Clock, bot: str = "weektech", nonce_window: timedelta = NONCE_WINDOW) -> None:
        self.clock, self.nonce_window = clock, nonce_window
        self.lock = threading.RLock()
        """Held by whoever reads or changes anything here from another thread than the server's."""
        self.news = News()
        self._last_id = 0
        self.bot = User(self.new_id(), bot, bot=True)
        self.users: dict[int, User] = {self.bot.id: self.bot}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.deleted: list[Message] = []
        """Messages taken back, in the order they were."""
        self.message_content = False
        """The Message Content Intent is switched on in the developer portal."""
        self.server_members = False
        """So is the Server Members Intent."""
        self.member_roles: dict[tuple[int, int], frozenset[int]] = {}
        """(guild, user) -> ids of the roles they have; see `members`."""
        self.emojis: dict[int, Emoji] = {}
        self.reactions: dict[int, tuple[Reaction, ...]] = {}
        """Message -> who reacted, in order; see `reactions`."""
        self.commands: dict[int, dict[str, Mapping[str, Any]]] = {}
        """Guild, 0 for everywhere -> the application's commands by their ids; see `commands`."""
        self.interactions: dict[str, Interaction] = {}
        """What people did with commands and buttons, by its token; see `interactions`."""
        self.closed_to_bots: set[int] = set()
        """People who take no private messages from the bot."""
        self.whispers: dict[int, Message] = {}
        """Answers that only one person sees, by their ids."""
        self.followers: list[Follower] = []
        self.copies: dict[int, list[Message]] = {}
        """Crossposted message -> its copies in the followers' channels, as they were first made."""
        self._messages: dict[int, dict[int, Message]] = {}
        self._nonces: dict[tuple[int, str], _Remembered] = {}
        self._files: dict[int, Attachment] = {}

    def new_id(self) -> int:
        """The next snowflake: later than every earlier one, even within a millisecond or after a step back."""
        self._last_id = max(snowflake(self.clock.now()), self._last_id + 1)
        return self._last_id

    # ------------------------------------------------------------------ furnishing

    def add_user(self, name: str, *, bot: bool = False) -> User:
        user = User(self.new_id(), name, bot)
        self.users[user.id] = user
        return user

    def add_guild(self, name: str, roles: Sequence[Role] = ()) -> Guild:
        guild = Guild(self.new_id(), name, self.add_user("owner"), tuple(roles))
        self.guilds[guild.id] = guild
        self.news.tell(GuildEvent("CREATE", guild))
        return guild

    def add_role(
        self, guild: int, name: str, *, mentionable: bool = False, permissions: Permission = NO_RIGHTS
    ) -> Role:
        """A role above all others of the guild."""
        role = Role(self.new_id(), name, mentionable, permissions)
        self.guilds[guild] = replace(self.guilds[guild], roles=(*self.guilds[guild].roles, role))
        self.news.tell(RoleEvent(guild, role))
        return role

    def add_channel(
        self, guild: int, name: str, kind: ChannelType = ChannelType.TEXT, permissions: Permission = PUBLISHER
    ) -> Channel:
        return self.put(Channel(self.new_id(), guild, name, kind, permissions))

    def add_forum(self, guild: int, name: str, tags: Sequence[str] = (), *, require_tag: bool = False) -> Channel:
        """A forum whose posts may carry `tags`."""
        forum = self.add_channel(guild, name, ChannelType.FORUM)
        known = tuple(Tag(self.new_id(), tag) for tag in tags)
        return self.put(replace(forum, tags=known, require_tag=require_tag))

    def put(self, channel: Channel) -> Channel:
        """Add a channel or a thread, or replace what is known of it."""
        before = self.channels.get(channel.id)
        self.channels[channel.id] = channel
        self._messages.setdefault(channel.id, {})
        if before is None:
            self.news.tell(ChannelEvent("CREATE", channel))
        elif _still(before) != _still(channel):
            self.news.tell(ChannelEvent("UPDATE", channel))
        return channel

    def permit(self, channel: int, permissions: Permission) -> None:
        """Change what the bot may do in a channel, and in its threads, from now on."""
        self.put(replace(self.channels[channel], permissions=permissions))

    def remove_channel(self, channel: int) -> None:
        """Delete a channel with its threads."""
        for thread in self.threads(channel):
            del self.channels[thread.id], self._messages[thread.id]
        gone = self.channels[channel]
        self.news.tell(ChannelEvent("DELETE", gone))
        del self.channels[channel], self._messages[channel]

    # ------------------------------------------------------------------ reading

    def channel(self, number: int) -> Channel | None:
        """A channel or thread as it stands now; None if there is none."""
        found = self.channels.get(number)
        if found is None or found.thread is None:
            return found
        return self.put(replace(found, thread=found.thread.at(self.clock.now())))

    def rights(self, number: int) -> Permission:
        """What the bot may do in a channel; in a thread, what it may in the thread's parent."""
        channel = self.channels[number]
        return self.channels[channel.thread.parent].permissions if channel.thread else channel.permissions

    def threads(self, parent: int) -> tuple[Channel, ...]:
        """The threads of a channel or the posts of a forum, oldest first, archived ones included."""
        there = [each.id for each in self.channels.values() if each.thread and each.thread.parent == parent]
        return tuple(found for number in there if (found := self.channel(number)))

    def messages(self, channel: int) -> tuple[Message, ...]:
        """What stands in a channel, oldest first."""
        return tuple(self._messages[channel].values())

    def message(self, channel: int, number: int) -> Message:
        """Raises Refused 10008 when it isn't there."""
        found = self._messages[channel].get(number)
        if found is None:  # so it is for an answer that only one person sees
            raise Refused(404, 10008, "Unknown Message")
        return found

    def find(self, channel: int, number: int | None) -> Message | None:
        """A message of the channel, whoever may see it; None if it isn't there."""
        if number is None:
            return None
        return self.whispers.get(number) or self._messages.get(channel, {}).get(number)

    def file(self, number: int) -> Attachment | None:
        """An attachment that some message still carries."""
        return self._files.get(number)

    def mentioned(self, message: Message) -> list[User]:
        return [self.users[number] for number in sorted(message.mentioned.users)]

    # ------------------------------------------------------------------ writing

    def say(self, channel: int, author: User, content: str) -> Message:
        """A message by someone else, past the API: a reader, another bot."""
        return self.keep(Message(self.new_id(), channel, author, content, self.clock.now()))

    def post(self, channel: int, form: Form, files: Sequence[FilePart], number: int | None = None) -> Message:
        """A message by the bot, or the one that the same nonce made before; `number` is its id if that is given."""
        if (earlier := self._repeated(form)) is not None:
            return earlier
        message = self.draft(channel, form, files)
        return self.keep(replace(message, id=number) if number else message)

    def draft(self, channel: int, form: Form, files: Sequence[FilePart], author: User | None = None) -> Message:
        """The message that a form makes, by the bot or somebody else, not said yet."""
        by = author or self.bot
        reply_to = self._replied(channel, form, by)
        attachments = self._attach((), files, form.attachments)
        message = Message(
            id=self.new_id(),
            channel=channel,
            author=by,
            content=clean(form.content or ""),
            sent=self.clock.now(),
            type=MessageType.REPLY if reply_to else MessageType.DEFAULT,
            nonce=form.nonce,
            flags=form.flags or NO_FLAGS,
            attachments=attachments,
            embeds=self._shown_embeds(channel, form),
            components=form.components or (),
            reply_to=reply_to,
        )
        _refuse_empty(message)
        noticed = self._pings(message, form)
        return replace(message, mentioned=noticed, pings=noticed)

    def edit(self, message: Message, form: Form, files: Sequence[FilePart], *, given: frozenset[str]) -> Message:
        """A message of the bot changed; `given` names the fields of the form that are present, null ones included."""
        changed = replace(
            message,
            content=clean(form.content or "") if "content" in given else message.content,
            flags=_edited_flags(message.flags, form.flags),
            attachments=self._attach(message.attachments, files, form.attachments),
            embeds=self._shown_embeds(message.channel, form) if form.embeds is not None else message.embeds,
            components=form.components if form.components is not None else message.components,
            edited=self.clock.now(),
            history=(*message.history, Version(message.content, message.attachments, self.clock.now())),
        )
        _refuse_empty(changed)
        return self.keep(replace(changed, mentioned=self._pings(changed, form)))

    def delete(self, message: Message) -> None:
        self._forget_files(message.attachments)
        if self.whispers.pop(message.id, None) is not None:
            return
        del self._messages[message.channel][message.id]
        self.reactions.pop(message.id, None)
        self.deleted.append(message)
        self.news.tell(MessageEvent("DELETE", message))

    def keep(self, message: Message) -> Message:
        """Store a message that is new, or another version of one that is known."""
        there = self.whispers if Flag.EPHEMERAL in message.flags else self._messages[message.channel]
        before = there.get(message.id)
        there[message.id] = message
        if before is not None:
            self._forget_files(before.attachments)
        self._files.update({each.id: each for each in message.attachments})
        if there is not self.whispers:
            if before is None:
                self._noticed(message)
            self.news.tell(MessageEvent("UPDATE" if before else "CREATE", message))
        return message

    # ------------------------------------------------------------------ parts of writing

    def _noticed(self, message: Message) -> None:
        """What a new message leaves behind: its nonce, and life in its thread."""
        if message.nonce:
            remembered = _Remembered(message.id, message.channel, message.sent)
            self._nonces[message.author.id, message.nonce] = remembered
        channel = self.channel(message.channel)
        if channel is not None and channel.thread is not None:
            self.put(replace(channel, thread=channel.thread.spoken(self.clock.now())))

    def _forget_files(self, attachments: Sequence[Attachment]) -> None:
        for each in attachments:
            self._files.pop(each.id, None)

    def _repeated(self, form: Form) -> Message | None:
        """The message an enforced nonce stands for. It was deleted meanwhile: Refused 10008, by design."""
        if not form.enforce_nonce or form.nonce is None:
            return None
        known = self._nonces.get((self.bot.id, form.nonce))
        if known is None or self.clock.now() - known.at >= self.nonce_window:
            return None
        if known.channel not in self._messages:
            raise Refused(404, 10008, "Unknown Message")
        return self.message(known.channel, known.message)

    def _replied(self, channel: int, form: Form, by: User) -> int | None:
        if form.reply_to is None:
            return None
        if by == self.bot and Permission.READ_MESSAGE_HISTORY not in self.rights(channel):
            raise Refused(403, 160002, "Cannot reply without permission to read message history")
        if form.reply_to in self._messages[channel]:
            return form.reply_to
        if form.must_exist:
            raise refuse_field("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        return None

    def _attach(
        self, had: Sequence[Attachment], files: Sequence[FilePart], notes: Sequence[FileNote] | None
    ) -> tuple[Attachment, ...]:
        """Attachments kept, in their order, then the new ones; notes that fit neither are refused (discord.md 3.4)."""
        noted = {note.id: note for note in notes or ()}
        kept = [_renamed(each, noted.get(each.id)) for each in had if notes is None or each.id in noted]
        strangers = noted.keys() - {each.id for each in had} - {each.key for each in files}
        if strangers:
            raise refuse_field("attachments", "ATTACHMENT_NOT_FOUND", f"No file or attachment with id {min(strangers)}")
        if len(kept) + len(files) > 10:
            raise Refused(400, 30015, "Maximum number of attachments in a message reached (10)")
        return (*kept, *(self._upload(part, noted.get(part.key)) for part in files))

    def _upload(self, part: FilePart, note: FileNote | None) -> Attachment:
        name = note.filename if note and note.filename else part.filename
        return uploads.attachment(self.new_id(), name, part.content, note.description if note else None)

    def _shown_embeds(self, channel: int, form: Form) -> tuple[dict[str, object], ...]:
        """Without the right to embed links the server drops embeds without a word (discord.md 1.1)."""
        if Permission.EMBED_LINKS not in self.rights(channel):
            return ()
        return tuple({"type": "rich", **embed} for embed in form.embeds or ())

    def _pings(self, message: Message, form: Form) -> Pings:
        channel = self.channels[message.channel]
        spoken = [message.content, *(str(each.get("content") or "") for each in walk(message.components))]
        answered = self._messages[message.channel].get(message.reply_to or 0)
        replied = answered.author.id if answered else None
        roles = {} if channel.reader else {role.id: role for role in self.guilds[channel.guild].roles}
        rights = self.rights(channel.id) if message.author == self.bot else NO_RIGHTS
        around = Around(frozenset(self.users), roles, rights, replied)
        return pings("\n".join(spoken), form.allowed, around)


def _still(channel: Channel) -> Channel:
    """The channel without what each message in it changes, of which nobody is told."""
    return replace(channel, thread=channel.thread and replace(channel.thread, active=channel.thread.started))


def _renamed(attachment: Attachment, note: FileNote | None) -> Attachment:
    if note is None or note.description is None:
        return attachment
    return replace(attachment, description=note.description)


def _edited_flags(before: Flag, asked: Flag | None) -> Flag:
    """An edit can switch SUPPRESS_EMBEDS and set COMPONENTS_V2, nothing else (discord.md 3.2)."""
    if asked is None:
        return before
    kept = before & ~Flag.SUPPRESS_EMBEDS
    return kept | (asked & (Flag.SUPPRESS_EMBEDS | Flag.COMPONENTS_V2))


def _refuse_empty(message: Message) -> None:
    if not (message.content or message.attachments or message.embeds or message.components):
        raise Refused(400, 50006, "Cannot send an empty message")
