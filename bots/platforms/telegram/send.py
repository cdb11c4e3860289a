"""The thin half of Telegram: planned calls go out through python-telegram-bot's Bot exactly as they were planned.

Telegram has no idempotency key (telegram.md 7.1), so nothing here tries a send again: a call whose answer is missing
raises InDoubt and the publisher takes it from there; what became of it is looked for in `evidence`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from telegram import Chat, ChatFullInfo
from telegram import Message as Posted
from telegram.constants import ChatAction

from bots.clock import Clock, SystemClock
from bots.errors import ChatClosed, Gone, InDoubt, NotSent, Rejected, SendError
from bots.model import Destination, Message, Receipt
from bots.platforms.base import Attempt, Files, Place, Verdict
from bots.platforms.inflight import InFlight
from bots.platforms.telegram import wire
from bots.platforms.telegram.calling import carried_out
from bots.platforms.telegram.client import bot, harmlessly
from bots.platforms.telegram.edits import Call, edits
from bots.platforms.telegram.errors import Unchanged
from bots.platforms.telegram.evidence import Evidence
from bots.platforms.telegram.rights import problems
from bots.platforms.telegram.wire import topic

_LOOK = (
    "Telegram has no history a bot could read, and nothing else showed it. Look at the end of the chat: if the message"
    " is there, note its link; if not, it can be sent again."
)


class TelegramSender:
    """Sends to Telegram chats with one bot.

    `base_url` is the root of another Bot API server, such as "http://127.0.0.1:8081"; `answer_within` is how many
    seconds the server may be silent (twice that with uploads). The server absorbs flood waits for up to 8 s before it
    answers (telegram.md 5), so less than 30 s would leave delivered messages in doubt. `patience` bounds a whole call.
    `author` is the author's own chat, which evidence may be copied to for a moment; `clock` is the attempts' clock.
    """

    def __init__(  # noqa: PLR0913 - what may be set, by keyword, each with a default
        self,
        token: str,
        base_url: str | None = None,
        proxy: str | None = None,
        *,
        author: str | None = None,
        clock: Clock | None = None,
        answer_within: float = 30.0,
        patience: float = 180.0,
    ) -> None:
        self._answer_within = answer_within
        self._calls = InFlight(patience)
        self._chats: dict[str, Chat | ChatFullInfo] = {}
        self._bot = bot(token, base_url, proxy, answer_within)
        self._evidence = Evidence(self._bot, author, clock or SystemClock())

    async def open(self) -> None:
        """Connect and see that the token is good; raises TokenRejected or TryLater."""
        await harmlessly(self._bot.initialize)

    async def close(self) -> None:
        """Wait a little for sends that were given up, then let go of the connections."""
        await self._calls.close()
        await self._bot.shutdown()

    async def send(self, destination: Destination, message: Message, files: Files, attempt: Attempt) -> Receipt:
        """Deliver once. A second call under the same nonce joins the first while that one has no answer."""
        quiet = {"disable_notification": True} if attempt.repeated else {}
        call = Call(message.method, {**message.body, **quiet, **_reply(attempt)})
        return await self._calls.run(attempt.nonce, lambda: self._post(destination, call, files))

    async def edit(self, destination: Destination, place: Place, old: Message, new: Message, files: Files) -> Receipt:
        """Edit in place, item by item for an album; repeating it is harmless, so a lost answer is TryLater."""
        calls = edits(place.ids, old, new)
        if calls is None:
            raise Rejected(f"Telegram can't turn this {old.method} into a {new.method}.", code="no edit")
        uploaded: dict[str, str] = {}
        for call in calls:
            uploaded |= await self._edit(destination, call, files)
        return Receipt(place.ids, await self._known_link(destination, place.ids[0]), uploaded)

    async def delete(self, destination: Destination, place: Place) -> None:
        """Take messages back; what is gone already is as wanted."""
        for message_id in place.ids:
            call = partial(self._bot.delete_message, destination.chat, int(message_id))
            with suppress(Gone):
                await harmlessly(call)

    async def finish(self, destination: Destination, place: Place, message: Message) -> None:
        """Pin the message where that was asked for, without a sound; what is pinned already is as wanted.

        Raises Rejected when the bot may not pin: the message stays where it is.
        """
        if "pin" in message.after:
            number = int(place.ids[0])
            call = partial(self._bot.pin_chat_message, destination.chat, number, disable_notification=True)
            with suppress(Unchanged):
                await harmlessly(call)

    async def settle(self, destination: Destination, message: Message, attempt: Attempt) -> Receipt | None:
        """The late answer of a call still under way, or the message as it was found in the chat; else InDoubt.

        What is not there yet may still come, without a bound (telegram.md 7.6), so nothing proves it absent.
        """
        late = self._calls.late(attempt.nonce)
        if isinstance(late, Receipt):
            return late
        if isinstance(late, NotSent):
            return None
        found = await self._evidence.of(destination, message, attempt)
        if found is not None:
            return Receipt(found, await self._known_link(destination, found[0]))
        raise InDoubt(f'It is not known whether "{_beginning(message.text)}" was posted.', code="no key", remedy=_LOOK)

    async def names(self, destination: Destination) -> frozenset[str]:
        """The chat's number, and its @name if it is public."""
        if destination.chat not in self._chats:
            self._chats[destination.chat] = await harmlessly(lambda: self._bot.get_chat(destination.chat))
        chat = self._chats[destination.chat]
        return frozenset({str(chat.id), *([f"@{chat.username}"] if chat.username else [])})

    async def recognise(self, destination: Destination, place: Place, urls: Sequence[str | None]) -> bool:
        """False: the Bot API shows no message (telegram.md 7.1), so only the links are seen to lead to this chat."""
        chat = await harmlessly(lambda: self._bot.get_chat(destination.chat))
        for url in urls:
            if url is not None and not wire.leads_to(url, chat):
                remedy = "Copy the links of its messages."
                raise Rejected(
                    f"{url} leads to another chat than {destination.name}.", code="other chat", remedy=remedy
                )
        return False

    async def check(self, destination: Destination) -> Verdict:
        """What is missing for posting to the chat: the bot's token, its membership, its rights, an open topic."""
        try:
            chat = await harmlessly(lambda: self._bot.get_chat(destination.chat))
            self._chats[destination.chat] = chat
            member = await harmlessly(lambda: self._bot.get_chat_member(destination.chat, self._bot.id))
            found = problems(destination, chat, member)
            if chat.is_forum and not found:
                await self._knock(destination)
        except ChatClosed as closed:
            return Verdict(False, "", (str(closed),), closed.moved_to)
        return Verdict(not found, chat.effective_name or "", found)

    async def _knock(self, destination: Destination) -> None:
        """Say that the bot is typing: the only call without a trace that a closed or deleted topic refuses."""
        call = partial(self._bot.send_chat_action, destination.chat, ChatAction.TYPING, **topic(destination))
        await harmlessly(call)

    async def _post(self, destination: Destination, call: Call, files: Files) -> Receipt:
        answer = await self._do(destination, call, files, topic(destination))
        posted = answer if isinstance(answer, tuple) else (answer,)
        self._chats[destination.chat] = posted[0].chat
        ids = tuple(str(each.message_id) for each in posted)
        url = wire.link(posted[0].chat, posted[0].message_id, destination)
        return Receipt(ids, url, wire.uploaded(call, posted))

    async def _edit(self, destination: Destination, call: Call, files: Files) -> dict[str, str]:
        """Make one call of an edit; gives the ids of the pictures it exchanged."""
        try:
            answer = await harmlessly(lambda: self._do(destination, call, files, {}))
        except Unchanged:
            return {}
        if not isinstance(answer, Posted):
            return {}
        self._chats[destination.chat] = answer.chat
        return wire.uploaded(call, [answer])

    async def _do(self, destination: Destination, call: Call, files: Files, where: Mapping[str, Any]) -> Any:
        wait = self._answer_within * (2 if files else 1)
        return await carried_out(self._bot, destination.chat, call, files, {"read_timeout": wait, **where})

    async def _known_link(self, destination: Destination, message_id: str) -> str | None:
        if destination.chat not in self._chats:
            try:
                self._chats[destination.chat] = await harmlessly(lambda: self._bot.get_chat(destination.chat))
            except SendError:
                return None  # the edit is done; a missing link must not turn it into a failure
        return wire.link(self._chats[destination.chat], int(message_id), destination)


def _reply(attempt: Attempt) -> dict[str, Any]:
    """What makes a reply of a call; one whose message is gone stands alone (telegram.md 1.9)."""
    if attempt.answers is None:
        return {}
    return {"reply_parameters": {"message_id": int(attempt.answers), "allow_sending_without_reply": True}}


def _beginning(text: str) -> str:
    line = text.strip().split("\n", 1)[0]
    return line if len(line) <= 60 else line[:60] + "…"
