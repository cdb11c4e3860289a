"""Commands for setting up, and for the day on which something does not work: doctor, migrate, panel."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer

from bots import doctor as looking
from bots import exits, records, show, terminal
from bots.commands import session
from bots.commands.session import Session
from bots.commands.words import AsJson
from bots.counter.panel import panel as role_panel
from bots.doctor import Chapter
from bots.errors import ConfigError
from bots.model import Destination, Kind
from bots.platforms.base import Attempt
from bots.wording import tongue


def doctor(as_json: AsJson = False) -> None:
    """Say what is missing, what it costs you and what to do: machine, config.yaml, ledger, bots, chats.

    Exits with 1 when something keeps an issue from being published; what only costs comments or links is a note.
    """
    settings = session.settings()
    seen: list[Chapter] = []

    def tell(chapter: Chapter) -> None:
        seen.append(chapter)
        if as_json:
            for finding in chapter.findings:
                terminal.line(records.finding(chapter.about, finding))
        else:
            show.findings(chapter.about, chapter.findings)

    for chapter in (looking.machine(), looking.configuration(settings, Session.path), looking.ledger(settings)):
        tell(chapter)

    async def work() -> None:
        async with session.opened(settings) as app:
            async for chapter in looking.platforms(app):
                tell(chapter)

    if seen[-1].ok:  # without a ledger there is no app to look with
        session.run(work())
    if not all(chapter.ok for chapter in seen):
        raise typer.Exit(exits.WRONG_INPUT)


def migrate() -> None:
    """Bring the ledger to this version's schema, after a backup. Every other command does it too."""
    session.ledger().close()
    terminal.out().print("The ledger is up to date.")


def panel(
    channel: Annotated[str, typer.Argument(help="Id of the Discord channel to post it in.")],
) -> None:
    """Post the panel of buttons by which readers on Discord give themselves the roles of config.yaml."""
    settings = session.settings()
    if not settings.roles:
        raise ConfigError("discord.roles names no role.", remedy="Write the ids of the roles into config.yaml.")
    place = Destination("panel", "discord", Kind.TEXT, channel)

    async def work() -> None:
        async with session.opened(settings) as app:
            sender = await app.sender(place.platform)
            say = tongue(settings.language)
            for message in role_panel(app.column.renderers[place.platform], place, settings.roles, say):
                await app.limiter.acquire(place.platform, place.chat)
                nonce = secrets.token_hex(12)
                await sender.send(place, message, {}, Attempt(nonce, nonce, app.clock.now()))

    session.run(work())
    terminal.out().print("The panel is there. Its buttons work while `weektech run` does.")
