"""What people do in the local Discord: speak, react, open threads, use commands and buttons.

The bot hears of it through the gateway; what it answers to a command or a button is in the `Interaction` one gets back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bots.rehearsal.discord import answering, deeds, direct, reactions, threads
from bots.rehearsal.discord.events import BulkDeletion, GuildEvent
from bots.rehearsal.discord.forms import Allowed, Form
from bots.rehearsal.discord.interactions import Interaction, Kind
from bots.rehearsal.discord.model import Channel, Flag, Message, User, Version
from bots.rehearsal.discord.state import State
from bots.rehearsal.discord.thread_forms import USUAL, ThreadChange, ThreadForm
from bots.rehearsal.discord.wire import FilePart


class People:
    """Everybody in one Discord who is not the bot. May be used from any thread."""

    def __init__(self, state: State) -> None:
        self._state = state

    # ------------------------------------------------------------------ messages

    def say(  # noqa: PLR0913 -- everything a person decides about a message
        self,
        channel: int,
        user: User,
        text: str,
        *,
        reply_to: int | None = None,
        ping: bool = True,
        files: Sequence[FilePart] = (),
    ) -> Message:
        """Write into a channel, a thread or a conversation with the bot; `ping` notifies who is replied to."""
        with self._state.lock:
            allowed = Allowed(replied_user=ping and not self._from_interaction(channel, reply_to))
            form = Form(content=text, reply_to=reply_to, allowed=allowed)
            return self._state.keep(self._state.draft(channel, form, files, user))

    def edit(self, message: Message, text: str) -> Message:
        """Write something else; who is mentioned now is found anew, and nobody is notified."""
        with self._state.lock:
            now = self._state.clock.now()
            before = self._state.message(message.channel, message.id)
            answered = self._state.find(message.channel, before.reply_to)
            pinged = answered is not None and answered.author.id in before.mentioned.users
            form = Form(content=text, reply_to=before.reply_to, must_exist=False, allowed=Allowed(replied_user=pinged))
            draft = self._state.draft(message.channel, form, (), message.author)
            history = (*before.history, Version(before.content, before.attachments, now))
            written = replace(before, content=draft.content, mentioned=draft.mentioned, edited=now, history=history)
            return self._state.keep(written)

    def delete(self, message: Message) -> None:
        """Delete a message, one's own or as a moderator another's."""
        with self._state.lock:
            self._state.delete(self._state.message(message.channel, message.id))

    def delete_many(self, messages: Sequence[Message]) -> None:
        """Delete several messages of one channel at once, as moderators do."""
        with self._state.lock, self._state.news.replaced(BulkDeletion(messages[0].channel, _ids(messages))):
            for message in messages:
                self._state.delete(self._state.message(message.channel, message.id))

    # ------------------------------------------------------------------ reactions

    def react(self, message: Message, user: User, emoji: str, *, burst: bool = False) -> None:
        """React with a character, or with a guild's own emoji as `name:id`."""
        with self._state.lock:
            reactions.add(self._state, message, user.id, reactions.read_emoji(self._state, emoji), burst=burst)

    def unreact(self, message: Message, user: User, emoji: str) -> None:
        with self._state.lock:
            reactions.remove(self._state, message, user.id, reactions.read_emoji(self._state, emoji))

    def clear_reactions(self, message: Message, emoji: str = "") -> None:
        """Take everybody's reactions away, or everybody's with one emoji, as moderators do."""
        with self._state.lock:
            if emoji:
                reactions.clear_emoji(self._state, message, reactions.read_emoji(self._state, emoji))
            else:
                reactions.clear(self._state, message)

    # ------------------------------------------------------------------ places

    def start_thread(self, message: Message, user: User, name: str) -> Channel:
        with self._state.lock:
            there = self._state.message(message.channel, message.id)
            return threads.start_from(self._state, there, ThreadForm(name, USUAL, owner=user.id))

    def close_thread(self, thread: int, *, locked: bool = False) -> None:
        """Archive a thread, as a moderator may; `locked` keeps everybody else out of it."""
        self._change(thread, ThreadChange(archived=True, locked=locked))

    def reopen_thread(self, thread: int) -> None:
        self._change(thread, ThreadChange(archived=False, locked=False))

    def delete_channel(self, channel: int) -> None:
        """Delete a channel with its threads, or one thread."""
        with self._state.lock:
            self._state.remove_channel(channel)

    def send_bot_away(self, guild: int) -> None:
        """Throw the bot out of a guild, of which nothing is left for it."""
        with self._state.lock, self._state.news.replaced(GuildEvent("DELETE", self._state.guilds[guild])):
            there = [each.id for each in self._state.channels.values() if each.guild == guild and not each.thread]
            for channel in there:
                self._state.remove_channel(channel)
            del self._state.guilds[guild]

    def converse(self, user: User) -> Channel:
        """The person's conversation with the bot."""
        with self._state.lock:
            return direct.conversation(self._state, user)

    def refuse_messages(self, user: User, *, refuse: bool = True) -> None:
        """Take no private messages from the bot any more, or take them again."""
        with self._state.lock:
            change = self._state.closed_to_bots.add if refuse else self._state.closed_to_bots.discard
            change(user.id)

    # ------------------------------------------------------------------ commands, buttons, forms

    def command(
        self,
        channel: int,
        user: User,
        name: str,
        options: Mapping[str, deeds.Value] | None = None,
        *,
        locale: str = "en-US",
    ) -> Interaction:
        """Run a slash command; `name` holds sub-commands as words after it. ValueError if nobody is offered it here."""
        with self._state.lock:
            data = deeds.command_data(self._state, channel, user, deeds.Typed(name, options or {}))
            return deeds.act(self._state, Kind.COMMAND, channel, user, data, locale=locale)

    def complete(  # noqa: PLR0913 -- the same as `command`, and where the cursor is
        self,
        channel: int,
        user: User,
        name: str,
        options: Mapping[str, deeds.Value],
        *,
        focused: str,
        locale: str = "en-US",
    ) -> Interaction:
        """Type into the option `focused` of a command, whose value so far is among `options`."""
        with self._state.lock:
            typed = deeds.Typed(name, {focused: "", **options}, focused)
            data = deeds.command_data(self._state, channel, user, typed)
            return deeds.act(self._state, Kind.AUTOCOMPLETE, channel, user, data, locale=locale)

    def press(self, message: Message, user: User, custom_id: str, locale: str = "en-US") -> Interaction:
        """Press a button under a message; ValueError when there is none with this id that can be pressed."""
        with self._state.lock:
            there = self._now(message)
            data = deeds.button_data(there, custom_id)
            return deeds.act(self._state, Kind.COMPONENT, there.channel, user, data, message=there, locale=locale)

    def choose(
        self, message: Message, user: User, custom_id: str, values: Sequence[str], locale: str = "en-US"
    ) -> Interaction:
        """Choose in a menu under a message; ValueError for what it doesn't offer."""
        with self._state.lock:
            there = self._now(message)
            data = deeds.menu_data(there, custom_id, values)
            return deeds.act(self._state, Kind.COMPONENT, there.channel, user, data, message=there, locale=locale)

    def fill_in(self, asked: Interaction, values: Mapping[str, str]) -> Interaction:
        """Send the form that an interaction was answered with, its fields by their ids."""
        with self._state.lock:
            data, user = deeds.form_data(asked, values), asked.user
            where, under = asked.channel.id, asked.message
            return deeds.act(self._state, Kind.FORM, where, user, data, message=under, locale=asked.locale)

    def answers(self, interaction: Interaction) -> list[Message]:
        """What the bot wrote in answer, as it stands now and in its order."""
        with self._state.lock:
            found = [answering.spoken(self._state, interaction, each) for each in interaction.written]
            return [each for each in found if each is not None]

    def _change(self, thread: int, change: ThreadChange) -> None:
        with self._state.lock:
            there = self._state.channel(thread)
            if there is None or there.thread is None:
                raise ValueError(f"{thread} is no thread")
            threads.change(self._state, there, there.thread, change)

    def _now(self, message: Message) -> Message:
        found = self._state.find(message.channel, message.id)
        if found is None:
            raise ValueError(f"message {message.id} is gone")
        return found

    def _from_interaction(self, channel: int, number: int | None) -> bool:
        """A reply to such a message doesn't tell the bot what it says (discord.md 5.1)."""
        answered = self._state.find(channel, number)
        return answered is not None and answered.webhook is not None and Flag.IS_CROSSPOST not in answered.flags


def _ids(messages: Sequence[Message]) -> tuple[int, ...]:
    return tuple(message.id for message in messages)
