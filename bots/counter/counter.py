"""Readers' commands, buttons and searches: understood, carried out, answered where they were made.

Whatever comes from a reader is taken for untrusted, and what leads nowhere is refused politely. Answering twice after a
crash does no harm; nothing here is remembered but in the ledger.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bots import buttons, speech
from bots.app import App
from bots.buttons import Data, Kind
from bots.counter.finding import find
from bots.counter.menu import menu
from bots.counter.reading import Reading
from bots.counter.shelf import Shelf, spot
from bots.counter.subscribing import Forget, Subscribing, language_of
from bots.counter.visits import Comments, Reply, Visit
from bots.errors import ChatClosed, NotSent, TryLater
from bots.events import Asked, Completing, Left, Press, Sought
from bots.ledger.readers import BLOCKED
from bots.platforms.listening import Enclosed, Listener, Offer
from bots.wording import tongue

MOST_CHOICES, _LONGEST_CHOICE = 25, 100
"""Suggestions, and characters in one (discord.md 6)."""
MOST_OFFERS = 10
TRIES = 3
"""Times an answer is tried that the platform does not take for the moment."""
_NOWHERE = "This button leads nowhere any more. /latest shows the newest issue."

log = logging.getLogger("weektech")

Command = Callable[[Visit, str], Awaitable[Reply]]
Ears = Callable[[str], Listener | None]
"""The listener of a platform, None while it is not connected."""


@dataclass(frozen=True, slots=True)
class Services:
    """What others do for the counter."""

    comments: Comments | None = None
    forget: Forget | None = None


class Counter:
    """Answers the readers of one column."""

    def __init__(self, app: App, ears: Ears, services: Services | None = None) -> None:
        services = services or Services()
        self._app, self._ears = app, ears
        shelf = Shelf(app)
        self._reading = Reading(app, shelf, services.comments)
        self._subscribing = Subscribing(app, self._reading, services.forget)
        self._commands: Mapping[str, Command] = {
            "start": self._start,
            "help": self._help,
            "latest": self._reading.latest,
            "issue": self._reading.issue,
            "archive": self._reading.archive,
            "search": self._reading.search,
            "sections": self._reading.sections,
            "comments": self._reading.comments,
            "subscribe": self._subscribing.subscribe,
            "unsubscribe": self._subscribing.unsubscribe,
            "lang": self._subscribing.language,
            "privacy": self._subscribing.privacy,
            "forget": self._subscribing.forget,
        }

    async def asked(self, asked: Asked) -> None:
        """Answer a command; one nobody knows is helped with in private and passed over elsewhere."""
        command = self._commands.get(asked.command.lower())
        listener = self._ears(asked.platform)
        if listener is None or (command is None and not asked.private):
            return
        await listener.answer(asked, ())
        visit = await self._visit(asked)
        await self._answer(listener, asked, visit, await (command or self._help)(visit, asked.words))

    async def pressed(self, press: Press) -> None:
        """Do what a button says."""
        listener, data = self._ears(press.platform), buttons.parsed(press.data)
        if listener is None:
            return
        visit = await self._visit(press)
        if data is not None and data.kind is Kind.ROLE:
            await listener.acknowledge(press.ref, await self._role(listener, press, visit, data))
            return
        await listener.answer(press, ())
        reply = await self._pressed(visit, data) if data is not None else None
        await self._answer(listener, press, visit, reply or Reply(visit.say(_NOWHERE)))

    async def completing(self, completing: Completing) -> None:
        """Suggest issues."""
        listener = self._ears(completing.platform)
        if listener is None:
            return
        all_ = await self._reading.volumes()
        found = find(all_, completing.words, self._app.config.zone) if completing.words.strip() else all_
        say = tongue(language_of(None, completing.language, self._app.config.language))
        choices = [(self._reading.described(say, one), buttons.token(one.volume.id)) for one in found[:MOST_CHOICES]]
        await listener.complete(completing.ref, [(words[:_LONGEST_CHOICE], value) for words, value in choices])

    async def sought(self, sought: Sought) -> None:
        """Offer issues to share: those found, or the newest."""
        listener = self._ears(sought.platform)
        if listener is None:
            return
        all_ = await self._reading.volumes()
        found = find(all_, sought.words, self._app.config.zone) if sought.words.strip() else all_
        say = tongue(language_of(None, sought.language, self._app.config.language))
        place, renderer = spot(sought.platform, ""), self._app.column.renderers[sought.platform]
        offers: list[Offer] = []
        for one in found[:MOST_OFFERS]:
            described, address = self._reading.described(say, one), self._reading.address(one.volume)
            text = f"{described}\n{address}".strip()
            message = speech.messages(renderer, place, text)[0]
            offers.append(Offer(buttons.token(one.volume.id), described, address, message))
        await listener.offer(sought.ref, offers)

    async def left(self, left: Left) -> None:
        """Whoever blocks the bot has ended the subscription; only they can begin it anew."""
        if left.gone:
            await asyncio.to_thread(self._app.ledger.readers.end, left.platform, left.chat, BLOCKED)

    # Words of its own

    async def _start(self, visit: Visit, words: str) -> Reply:
        if words.strip() and (reply := await self._reading.linked(visit, words.strip())) is not None:
            return reply
        return await self._help(visit, "")

    async def _help(self, visit: Visit, _: str) -> Reply:
        if visit.private:
            head = visit.say("I bring you {column}. Ask me:", column=self._app.config.title or "weektech")
        else:
            head = visit.say("Ask me:")
        language = visit.say.language
        return Reply("\n".join([head, "", *(f"/{one.command} — {one.words[language]}" for one in menu())]))

    async def _pressed(self, visit: Visit, data: Data) -> Reply | None:
        if data.kind in {Kind.SUBSCRIBE, Kind.LANGUAGE, Kind.FORGET}:
            return await self._subscribing.pressed(visit, data)
        return await self._reading.pressed(visit, data)

    async def _role(self, listener: Listener, press: Press, visit: Visit, data: Data) -> str:
        """Only roles of config.yaml: a button can be made up, and others may give power."""
        if data.value(0) not in self._app.config.roles.values():
            return visit.say(_NOWHERE)
        try:
            given = await listener.role(press, data.value(0))
        except NotSent as error:
            log.warning("a role can't be given: %s", error)
            return visit.say("That does not work at present. Tell the owner of the server, please.")
        return visit.say("You will be told of new issues." if given else "You will not be told any more.")

    # Answering

    async def _visit(self, event: Asked | Press) -> Visit:
        chosen = await asyncio.to_thread(self._app.ledger.readers.language, event.platform, event.by.id)
        say = tongue(language_of(chosen, event.language, self._app.config.language))
        return Visit(event.platform, event.by.id, event.chat, event.private, say)

    async def _answer(self, listener: Listener, to: Asked | Press, visit: Visit, reply: Reply) -> None:
        """One call a message, each at the platform's pace. A chat that is closed by now needs no answer."""
        renderer, place = self._app.column.renderers[visit.platform], spot(visit.platform, visit.chat)
        own = speech.messages(renderer, place, reply.text, reply.rows) if reply.text else ()
        try:
            for one in (*(Enclosed(message, {}) for message in own), *reply.enclosed):
                await self._say(listener, to, one)
        except ChatClosed as error:
            log.info("an answer was not wanted any more: %s", error)

    async def _say(self, listener: Listener, to: Asked | Press, one: Enclosed) -> None:
        limiter, clock = self._app.limiter, self._app.clock
        for trial in range(1, TRIES + 1):
            turn = await limiter.acquire(to.platform, to.chat, max(1, len(one.files)), reply=True)
            try:
                await listener.answer(to, (one,))
            except TryLater as error:
                if trial == TRIES:
                    raise
                if error.after > 0:
                    limiter.refused(to.platform, error.after)
                else:
                    await clock.sleep(2.0**trial)
            else:
                turn.answered()
                return
