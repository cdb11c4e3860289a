"""The author's desk: letters go out to the author's private chat, and come back answered.

A letter arrives once as a rule. One whose answer from the platform was lost is sent again: told twice is better than
not told. Discord knows it by its nonce, Telegram has none.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from datetime import timedelta

from bots import speech
from bots.app import App
from bots.errors import InDoubt, WeektechError
from bots.ledger import Letter, LetterState
from bots.ledger.recording import nonce
from bots.looking import pause
from bots.model import Button, Destination, Message
from bots.platforms import PLATFORMS
from bots.platforms.base import Attempt, Place

PREFIX = "q"
"""Begins the data of every button of a letter: `q:<letter>:<choice>`."""
TRIES = 3
"""Times a letter is sent whose arrival stays unknown."""
_LONGEST = timedelta(minutes=10)
"""Between two tries for one letter: an author who has let the bot in again does not wait long."""

log = logging.getLogger("weektech")


def data(letter: Letter, value: str) -> str:
    """What a letter's button carries."""
    return f"{PREFIX}:{letter.id}:{value}"


def parsed(pressed: str) -> tuple[int, str] | None:
    """Letter and choice that a button stands for; None for any other button."""
    prefix, _, rest = pressed.partition(":")
    number, _, value = rest.partition(":")
    return (int(number), value) if prefix == PREFIX and number.isdecimal() else None


class Desk:
    """Delivers letters. Without an author in config.yaml they stay in the ledger, where `status` shows them."""

    def __init__(self, app: App) -> None:
        self._app, self._ledger = app, app.ledger
        self._later: dict[int, float] = {}
        """Letter to the monotonic time before which it is not tried again."""
        self._doubts: Counter[int] = Counter()
        """Letter to how often its arrival stayed unknown."""

    def place(self) -> Destination | None:
        """Where the author is told and asked."""
        platform = self._app.config.release.tell
        author = self._app.config.platforms[platform].author if platform else None
        return Destination("author", platform, PLATFORMS[platform].own, author) if platform and author else None

    async def deliver(self) -> None:
        """Hand over what was not yet; what fails waits for the next time."""
        place = self.place()
        if place is None:
            return
        for letter in await asyncio.to_thread(self._ledger.letters.unsent):
            if self._app.clock.monotonic() >= self._later.get(letter.id, 0.0):
                await self._hand_over(place, letter)

    async def settled(self, letter: Letter, words: str) -> None:
        """Show in the letter how it ended, its buttons taken away. Only for the looks: a failure is no matter."""
        if letter.platform is None or letter.chat is None or not letter.message_id:
            return
        place = Destination("author", letter.platform, PLATFORMS[letter.platform].own, letter.chat)
        old = self._messages(place, letter)[-1]
        new = speech.messages(self._app.column.renderers[place.platform], place, f"{letter.text}\n\n{words}")[-1]
        try:
            sender = await self._app.sender(place.platform)
            await self._app.limiter.acquire(place.platform, place.chat)
            await sender.edit(place, Place((letter.message_id,)), old, new, {})
        except Exception as error:  # whatever it is, nothing depends on it
            log.info("letter %s keeps its buttons: %s", letter.id, error)

    def _messages(self, place: Destination, letter: Letter) -> tuple[Message, ...]:
        rows = [[Button(choice.label, data(letter, choice.value)) for choice in letter.choices]]
        text = letter.text + (f"\n\n(#{letter.id})" if letter.choices else "")
        return speech.messages(self._app.column.renderers[place.platform], place, text, rows if letter.choices else ())

    async def _hand_over(self, place: Destination, letter: Letter) -> None:
        letters = self._ledger.letters
        claimed = await asyncio.to_thread(letters.claim, letter, place.platform, place.chat)
        if claimed.state is not LetterState.SENDING:
            return  # answered in the terminal before it got here
        ids: tuple[str, ...] = ()
        try:
            sender = await self._app.sender(place.platform)
            for part, message in enumerate(self._messages(place, letter)):
                await self._app.limiter.acquire(place.platform, place.chat)
                name = nonce(self._ledger.instance, "letter", str(letter.id), str(part))
                ids = (await sender.send(place, message, {}, Attempt(name, name, self._app.clock.now()))).message_ids
        except Exception as error:  # whatever it is, nobody knows whether the author has it
            self._doubts[letter.id] += isinstance(error, InDoubt) or not isinstance(error, WeektechError)
            if self._doubts[letter.id] < TRIES:
                log.warning("the author can't be told: %s", error)
                self._later[letter.id] = (
                    self._app.clock.monotonic() + min(_LONGEST, pause(claimed.attempt)).total_seconds()
                )
                await asyncio.to_thread(letters.undelivered, claimed, str(error))
                return
        else:
            self._later.clear()  # the chat is open: whatever else waits is tried at once
        self._doubts.pop(letter.id, None)
        await asyncio.to_thread(letters.delivered, claimed, ids[0] if ids else "")
