"""What came in, acted upon: each update of the inbox is understood, handled, and done with, whatever it was.

An update that nobody understands, or whose handling fails, is marked so and stands in nobody's way. When the ledger
itself is away nothing is marked, and the update is handled another time.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from bots.app import App
from bots.counter import Counter
from bots.desk import parsed
from bots.errors import LedgerError, Settled, WeektechError
from bots.events import Event, Moved, Press, Reacted, Said, Seen, Tallied, Unsaid
from bots.feedback import Filing
from bots.ledger import Delivery, Stored
from bots.model import Destination, Receipt
from bots.platforms import PLATFORMS, load
from bots.platforms.listening import Read
from bots.supervision import words
from bots.visits import Visits, is_visit

AT_ONCE = 100
"""Updates taken out of the inbox in one go."""

log = logging.getLogger("weektech")

_LINKS = (
    (re.compile(r"https://t\.me/c/(\d+)/(?:\d+/)?(\d+)"), "-100{}"),
    (re.compile(r"https://t\.me/(\w+)/(?:\d+/)?(\d+)"), "@{}"),
    (re.compile(r"https://discord\.com/channels/\d+/(\d+)/(\d+)"), "{}"),
)
Acknowledge = Callable[[str, str, str], Awaitable[None]]
"""Platform, reference of a press, words to show."""


class Mail:
    """Handles the inbox of one column."""

    def __init__(
        self,
        app: App,
        acknowledge: Acknowledge,
        ring: Callable[[], None],
        counter: Counter | None = None,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """`ring` is called when the next round should not wait, `wake` when the inbox should be looked into again.

        Without a counter readers are not answered.
        """
        self._app, self._acknowledge, self._ring = app, acknowledge, ring
        self._visits = Visits(counter, wake) if counter else None
        self._readers: dict[str, Read] = {}
        self._filing = Filing(app.ledger, app.config)
        self._named: set[str] = set()
        """Destinations whose chats' names are in the ledger."""

    async def handle(self) -> int:
        """Handle what waits; returns how many updates there were. Raises LedgerError alone.

        What readers ask is answered meanwhile, each in its own time, and is done with when it is answered.
        """
        away = self._visits.busy if self._visits else frozenset[int]()
        waiting = await asyncio.to_thread(self._app.ledger.inbox.waiting, AT_ONCE + len(away))
        new = [stored for stored in waiting if stored.id not in away]
        for stored in new:
            events, error = self._understood(stored)
            asked = [event for event in events if self._visits and is_visit(event)]
            error = error or await self._handled(stored, [event for event in events if event not in asked])
            if asked and self._visits and not error:
                self._visits.begin(stored.id, asked, partial(self._done, stored))
            else:
                await self._done(stored, error)
        return len(new)

    async def close(self) -> None:
        """End what is being answered; it is answered anew at the next start."""
        if self._visits:
            await self._visits.close()

    async def _done(self, stored: Stored, error: str) -> None:
        self._app.point("inbox.handled")
        await asyncio.to_thread(self._app.ledger.inbox.done, stored, error)

    def _understood(self, stored: Stored) -> tuple[Sequence[Event], str]:
        """What an update means, or what is wrong with it."""
        try:
            return tuple(self._read(stored.platform)(stored.update)), ""
        except Exception as error:  # one update must never fell the others
            log.warning("an update of %s (%s) is passed over: %s", stored.platform, stored.update.kind, words(error))
            return (), words(error)

    async def _handled(self, stored: Stored, events: Sequence[Event]) -> str:
        """What went wrong, empty for nothing."""
        try:
            for event in events:
                await self._event(event)
        except LedgerError:
            raise
        except Exception as error:  # one update must never fell the others
            log.warning("an update of %s (%s) is passed over: %s", stored.platform, stored.update.kind, words(error))
            return words(error)
        return ""

    def _read(self, platform: str) -> Read:
        if platform not in self._readers:
            self._readers[platform] = load(PLATFORMS[platform].read)
        return self._readers[platform]

    async def _event(self, event: Event) -> None:
        match event:
            case Press():
                await self._pressed(event)
            case Seen():
                await self._seen(event)
            case Moved():
                await self._moved(event)
            case Said() | Unsaid() | Reacted() | Tallied():
                if isinstance(event, Said) and not event.edited:
                    await self._said(event)
                await self._filed(event)
            case _:
                pass

    async def _pressed(self, press: Press) -> None:
        found = parsed(press.data)
        if found is None:
            return
        if press.by.id not in self._app.config.platforms[press.platform].admins:
            await self._acknowledge(press.platform, press.ref, "This is for the author alone.")
            return
        try:
            letter = await asyncio.to_thread(self._app.ledger.letters.answer, *found, f"{press.platform}:{press.by.id}")
        except Settled as settled:
            await self._acknowledge(press.platform, press.ref, str(settled))
            return
        label = next(choice.label for choice in letter.choices if choice.value == letter.answer)
        self._ring()  # first: the answer counts, whatever becomes of these words
        await self._acknowledge(press.platform, press.ref, label)

    async def _seen(self, seen: Seen) -> None:
        """A witness of what was posted: it settles what was in doubt."""
        for chat in seen.chats:
            await asyncio.to_thread(self._app.ledger.sight, seen.platform, chat, seen.message_id, seen.payload)
        await self._filed(seen)
        if await asyncio.to_thread(self._doubted):
            self._ring()

    async def _filed(self, event: Said | Unsaid | Reacted | Tallied | Seen) -> None:
        """Readers' words and reactions, filed under what they answer."""
        for place in self._app.config.destinations:
            if place.platform == event.platform and place.name not in self._named:
                await self._name(place)
        await asyncio.to_thread(self._filing.take, event)

    async def _name(self, place: Destination) -> None:
        """Events have a chat's number where config.yaml may have its @name. Asked once, and kept."""
        try:
            names = await self._app.names_of(place)
        except WeektechError as error:
            log.info("the names of %s are not known: %s", place.name, error)
            return
        await asyncio.to_thread(self._filing.called, place.platform, {place.chat, *names})
        self._named.add(place.name)

    async def _moved(self, moved: Moved) -> None:
        await asyncio.to_thread(self._app.ledger.move, moved.platform, moved.chat, moved.moved_to)

    async def _said(self, said: Said) -> None:
        """The author shows a message in doubt: by forwarding it, or by its link."""
        platform = self._app.config.platforms[said.platform]
        if said.chat != platform.author or said.by.id not in platform.admins:
            return
        shown = said.forwarded or linked(said.text)
        doubted = await asyncio.to_thread(self._doubted) if shown else ()
        rows = [row for row in doubted if shown and await self._is_of(row, shown[0])]
        same = [row for row in rows if said.forwarded is None or row.payload.text.strip() == said.text.strip()]
        if shown and len(same) == 1:
            url = said.text.strip() if said.forwarded is None else None
            await self._app.settle(same[0].id, Receipt((shown[1],), url))
            self._ring()

    def _doubted(self) -> tuple[Delivery, ...]:
        return tuple(row for row in self._app.ledger.unfinished() if row.unsettled)

    async def _is_of(self, row: Delivery, chat: str) -> bool:
        """True when the chat, by whatever name, is the one the row was sent to."""
        place = self._app.config.destination(row.destination)
        names = {place.chat.lower(), (row.chat or "").lower(), row.within or ""}
        return chat.lower() in names or chat.lower() in await self._app.names_of(place)


def linked(text: str) -> tuple[str, str] | None:
    """Chat and message id of a message's link; None for any other text."""
    for pattern, chat in _LINKS:
        if found := pattern.fullmatch(text.strip().partition("?")[0]):
            return chat.format(found[1]), found[2]
    return None
