"""What a listening bot says back: to a command, to a pressed button, to somebody who looks for something to share."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from bots.errors import ChatClosed, Gone, NotSent, Rejected
from bots.events import Asked, Press
from bots.model import Message
from bots.platforms.listening import Batch, Enclosed, MenuEntry, Offer
from bots.platforms.telegram.calling import carried_out
from bots.platforms.telegram.client import SilentBot, harmlessly
from bots.platforms.telegram.edits import Call, edits
from bots.platforms.telegram.errors import Unchanged
from bots.platforms.telegram.menu import Shelf, shelves
from bots.platforms.telegram.people import Own
from bots.platforms.telegram.refs import Ref

MOST_OFFERS = 50
CACHED = 60
"""Seconds for which Telegram's servers repeat our offers to the same reader: the library's 300 outlast a correction."""
_ID_BYTES = 64
_REMEMBERED = 200
_TOAST = 200
_LONGEST_TITLE = 256
_INLINE, _SET, _GET = "answerinlinequery", "setmycommands", "getmycommands"
"""Telegram does not mind the case; for names it knows, the library would want its own classes, which lose what they
don't know."""


class Answering:
    """The speaking half of a listener. `author` is the author's own chat."""

    def __init__(self, bot: SilentBot, author: str | None) -> None:
        self._bot, self._author = bot, author
        self._acknowledged: deque[str] = deque(maxlen=_REMEMBERED)
        """Presses that were acknowledged lately: an answer in several calls does it once."""

    @property
    def own(self) -> Own:
        """Who listens; its name is known once the bot is connected."""
        return Own(str(self._bot.id), self._bot.username)

    async def catch_up(self, known: object) -> AsyncGenerator[Batch, None]:
        """Nothing: Telegram keeps updates for a day by itself, and shows no history (telegram.md 4.3)."""
        nothing: tuple[Batch, ...] = ()
        for batch in nothing:
            yield batch

    async def acknowledge(self, ref: str, words: str) -> None:
        """Show `words` over the chat for a moment; a press from long ago can't be answered any more."""
        query = Ref.parse(ref).query
        if not query or (not words and query in self._acknowledged):
            return
        self._acknowledged.append(query)
        with suppress(NotSent):
            await harmlessly(partial(self._bot.answer_callback_query, query, words[:_TOAST]))

    async def answer(self, to: Asked | Press, messages: Sequence[Enclosed], *, private: bool = True) -> None:
        """Answer in the same chat and topic, in a group as a reply: `private` can't be had there, all may read it.

        A press below a channel's post is answered in the reader's own chat, if the bot was started there. A press on an
        answer is answered by changing that one, if the new one is a single text with buttons. Without messages a button
        only stops spinning. Raises SendError; a send whose answer is lost raises InDoubt and must not be repeated.
        """
        ref = Ref.parse(to.ref)
        if isinstance(to, Press):
            await self.acknowledge(to.ref, "")
            if ref.ours and _turns(messages) and await self._changed(to, messages[0].message):
                return
        elsewhere = ref.chat == "channel"
        replies = {} if to.private or elsewhere else _reply(to.message_id)
        for one in messages:
            call = Call(one.message.method, {**one.message.body, **replies})
            where = {"message_thread_id": int(ref.topic)} if ref.topic else {}
            await carried_out(self._bot, to.by.id if elsewhere else to.chat, call, one.files, where)
            replies = {}

    async def role(self, press: Press, role_id: str) -> bool:
        """Telegram has no roles; raises Rejected."""
        raise Rejected("Telegram has no roles.", code="no roles")

    async def complete(self, ref: str, choices: Sequence[tuple[str, str]]) -> None:
        """Telegram asks for no suggestions."""

    async def offer(self, ref: str, found: Sequence[Offer]) -> None:
        """The first fifty, each as an article; too late is no failure. Raises SendError for anything else."""
        asked = {
            "inline_query_id": ref,
            "results": list(_results(found)),
            "cache_time": CACHED,
            "is_personal": True,
        }
        with suppress(Gone):
            await self._plainly(_INLINE, asked)

    async def menu(self, menu: Sequence[MenuEntry]) -> None:
        """Set every list of commands that is not as it should be. Raises SendError."""
        for shelf in shelves(menu, self._author):
            # An author who has not started the bot yet has no chat with it.
            with suppress(ChatClosed):
                await self._put(shelf)

    async def _put(self, shelf: Shelf) -> None:
        place = {"scope": shelf.scope, "language_code": shelf.language}
        if not _same(await self._plainly(_GET, place), shelf):
            try:
                await self._plainly(_SET, {**place, "commands": list(shelf.commands)})
            except Rejected as refused:  # the table's words are about messages
                raise Rejected(
                    "Telegram refuses the list of commands.", code=refused.code, remedy="They work all the same."
                ) from None

    async def _changed(self, press: Press, new: Message) -> bool:
        """Put the answer in the place of the one with the button; False where that is gone or can't be changed."""
        old = Message(new.section, new.part, "sendMessage", {}, "")
        for call in edits([press.message_id], old, new) or ():
            try:
                await harmlessly(partial(carried_out, self._bot, press.chat, call, {}, {}))
            except Unchanged:
                return True
            except (Gone, Rejected):
                return False
        return True

    async def _plainly(self, method: str, parameters: Mapping[str, Any]) -> Any:
        return await harmlessly(partial(self._bot.do_api_request, method, api_kwargs=dict(parameters)))


def _turns(messages: Sequence[Enclosed]) -> bool:
    """True for an answer that is turned like a page: one text with buttons."""
    return (
        len(messages) == 1
        and messages[0].message.method == "sendMessage"
        and "reply_markup" in messages[0].message.body
    )


def _reply(message_id: str) -> dict[str, Any]:
    """What makes a reply of a call; one whose message is gone stands alone (telegram.md 1.9)."""
    if not message_id:
        return {}
    return {"reply_parameters": {"message_id": int(message_id), "allow_sending_without_reply": True}}


def _results(found: Sequence[Offer]) -> Iterator[Mapping[str, Any]]:
    """Offers as articles. One without words would make the server refuse them all, and so would a key twice."""
    used: set[str] = set()
    for offer in found:
        name, content = _named(offer.key), _content(offer.message)
        if content is not None and name not in used and len(used) < MOST_OFFERS:
            used.add(name)
            title = (offer.title.strip() or offer.key)[:_LONGEST_TITLE]
            shown = {"type": "article", "id": name, "title": title, "description": offer.description}
            buttons = offer.message.body.get("reply_markup")
            yield {**shown, "input_message_content": content, **({"reply_markup": buttons} if buttons else {})}


def _content(message: Message) -> Mapping[str, Any] | None:
    """`InputTextMessageContent`; None for anything that is more than text."""
    body = message.body
    if message.method != "sendMessage" or not str(body["text"]).strip():
        return None
    rest = {name: body[name] for name in ("entities", "link_preview_options") if name in body}
    return {"message_text": body["text"], **rest}


def _named(key: str) -> str:
    """The id of a result: the key, if it is short enough."""
    written = key.encode("utf-8", "surrogatepass")
    return key if 1 <= len(written) <= _ID_BYTES else hashlib.sha256(written).hexdigest()


def _same(known: Any, shelf: Shelf) -> bool:
    return [(one["command"], one["description"]) for one in known] == [
        (one["command"], one["description"]) for one in shelf.commands
    ]
