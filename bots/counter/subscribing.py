"""What readers decide about themselves: subscriptions, their language, being forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from bots import buttons
from bots.app import App
from bots.buttons import Data, Kind
from bots.counter.reading import Reading
from bots.counter.visits import Reply, Rows, Visit
from bots.ledger import Subscriber
from bots.ledger.readers import STOPPED
from bots.model import Button, Format
from bots.wording import LANGUAGES, spoken, tongue

Forget = Callable[[str, str], Awaitable[None]]
"""Lets go of all else that is kept of a person: platform, the platform's number of the person."""
YES, NO, END, SECTION, OWN = "yes", "no", "end", "t", "app"
"""What buttons say: yes and no, ending a subscription, a section, the language of the reader's app."""


class Subscribing:
    """The front desk of one column."""

    def __init__(self, app: App, reading: Reading, forget: Forget | None = None) -> None:
        self._app, self._reading, self._forget = app, reading, forget

    # Commands

    async def subscribe(self, visit: Visit, words: str) -> Reply:
        if not visit.private:
            return Reply(self._elsewhere(visit))
        if words.strip().lower() in set(Format):
            await self._subscribed(visit, Format(words.strip().lower()), ())
        return await self._panel(visit)

    async def unsubscribe(self, visit: Visit, _: str = "") -> Reply:
        if not visit.private:
            return Reply(self._elsewhere(visit))
        ended = await asyncio.to_thread(self._app.ledger.readers.end, visit.platform, visit.chat, STOPPED)
        return Reply(visit.say("Your subscription is ended." if ended else "You have no subscription."))

    async def language(self, visit: Visit, words: str) -> Reply:
        if words.strip().lower() in LANGUAGES:
            return await self._spoken(visit, words.strip().lower())
        each = [Button(name, f"{Kind.LANGUAGE}:{language}") for language, name in LANGUAGES.items()]
        own = Button(visit.say("As my app"), f"{Kind.LANGUAGE}:{OWN}")
        return Reply(visit.say("In which language shall I answer you?"), buttons.rows(each, [own]))

    async def forget(self, visit: Visit, _: str = "") -> Reply:
        yes = Button(visit.say("Yes, forget me"), f"{Kind.FORGET}:{YES}")
        no = Button(visit.say("No"), f"{Kind.FORGET}:{NO}")
        return Reply(
            visit.say("Your subscription, your language and the comments that are kept of you will be deleted. Sure?"),
            [[yes, no]],
        )

    async def privacy(self, visit: Visit, _: str = "") -> Reply:
        return Reply(
            visit.say(
                "Commands are deleted after two days. A subscription keeps the number of this chat, and for five weeks "
                "what was sent here. A language is kept if you chose one. Comments below the posts of the column are "
                "kept for its author. /forget deletes all of it."
            )
        )

    # Buttons

    async def pressed(self, visit: Visit, data: Data) -> Reply | None:
        """What a button does; None for one that leads nowhere."""
        match data.kind:
            case Kind.LANGUAGE if data.value(0) in {*LANGUAGES, OWN}:
                return await self._spoken(visit, data.value(0))
            case Kind.FORGET if data.value(0) in {YES, NO}:
                return (
                    await self._forgotten(visit) if data.value(0) == YES else Reply(visit.say("Nothing was changed."))
                )
            case Kind.SUBSCRIBE:
                return await self._chosen(visit, data)
            case _:
                return None

    async def _chosen(self, visit: Visit, data: Data) -> Reply | None:
        if not visit.private:
            return Reply(self._elsewhere(visit))
        choice = data.value(0)
        if choice == END:
            return await self.unsubscribe(visit)
        if choice in set(Format):
            await self._subscribed(visit, Format(choice), ())
            return await self._panel(visit)
        old = await self._old(visit)
        known = dict.fromkeys((*(await self._reading.topics()), *(old.sections if old else ())))
        section = buttons.named(data.value(1), known) if choice == SECTION else None
        if section is None:
            return None
        chosen = dict.fromkeys(old.sections if old else ())
        if section in chosen:
            del chosen[section]
        else:
            chosen[section] = None
        await self._subscribed(visit, Format.DIGEST, tuple(chosen))
        return await self._panel(visit)

    async def _panel(self, visit: Visit) -> Reply:
        """How the subscription is, and buttons to change it."""
        old, topics = await self._old(visit), await self._reading.topics()
        return Reply(_state(visit, old, topics), _choices(visit, old, topics))

    async def _old(self, visit: Visit) -> Subscriber | None:
        return await asyncio.to_thread(self._app.ledger.readers.subscription, visit.platform, visit.chat)

    async def _subscribed(self, visit: Visit, wanted: Format, sections: tuple[str, ...]) -> None:
        readers = self._app.ledger.readers
        await asyncio.to_thread(readers.subscribe, visit.platform, visit.chat, visit.who, wanted, sections)

    async def _spoken(self, visit: Visit, language: str) -> Reply:
        kept = None if language == OWN else language
        await asyncio.to_thread(self._app.ledger.readers.speak, visit.platform, visit.who, kept)
        say = visit.say if kept is None else tongue(kept)
        return Reply(say("From now on I speak the language of your app." if kept is None else "I speak English now."))

    async def _forgotten(self, visit: Visit) -> Reply:
        chat = visit.chat if visit.private else None
        await asyncio.to_thread(self._app.ledger.readers.forget, visit.platform, visit.who, chat)
        if self._forget is not None:
            await self._forget(visit.platform, visit.who)
        return Reply(visit.say("You are forgotten."))

    def _elsewhere(self, visit: Visit) -> str:
        if visit.platform == "discord" and self._app.config.roles:
            return visit.say("Press a button of the panel to be told of new issues here, or write to me in private.")
        return visit.say("Write to me in private to subscribe.")


def _state(visit: Visit, old: Subscriber | None, topics: Mapping[str, str]) -> str:
    if old is None:
        return visit.say("Shall each issue come to you? Choose how, or only the sections you want:")
    if old.sections:
        titles = ", ".join(topics.get(section, section) for section in old.sections)
        return visit.say("These sections of each issue come to you: {titles}", titles=titles)
    if old.format is Format.FULL:
        return visit.say("Each issue comes to you in full.")
    return visit.say("A digest of each issue comes to you.")


def _choices(visit: Visit, old: Subscriber | None, topics: Mapping[str, str]) -> Rows:
    digest = Button(visit.say("Digest"), f"{Kind.SUBSCRIBE}:{Format.DIGEST}")
    full = Button(visit.say("In full"), f"{Kind.SUBSCRIBE}:{Format.FULL}")
    end = [Button(visit.say("End the subscription"), f"{Kind.SUBSCRIBE}:{END}")] if old else []
    chosen = set(old.sections) if old else set()
    each = [
        Button(
            ("✓ " if section in chosen else "") + buttons.label(title),
            f"{Kind.SUBSCRIBE}:{SECTION}:{buttons.token(section)}",
        )
        for section, title in topics.items()
    ]
    return buttons.rows(each, [digest, full, *end])


def language_of(chosen: str | None, client: str, otherwise: str) -> str:
    """The language to answer in: the one chosen, else the app's, else the column's."""
    return chosen if chosen is not None and chosen in LANGUAGES else spoken(client, otherwise)
