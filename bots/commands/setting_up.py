"""Commands for the day on which something does not work: doctor, migrate."""

from __future__ import annotations

import typer

from bots import doctor as looking
from bots import exits, records, show, terminal
from bots.commands import session
from bots.commands.session import Session
from bots.commands.words import AsJson
from bots.doctor import Chapter


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
