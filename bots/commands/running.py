"""The process that does it all by itself, and what the author decides while it runs: run, schedule, answer."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from bots import exits, records, show, terminal
from bots.commands import session
from bots.commands.words import AsJson
from bots.errors import PostError
from bots.model import Post
from bots.posts import read
from bots.webhooks import insist

CLI = "cli"
"""Who answers on the command line."""


def run() -> None:
    """Watch the posts, publish each issue at its time, keep what is out there in step, and listen. Ctrl-C ends.

    Start it on any machine that stays on. A second one on the same ledger stands by and takes over.
    """
    from bots.running import Runner
    from bots.schedule import ScheduledAlarm  # nothing else needs the scheduler

    settings = session.settings()
    for part in settings.platforms.values():
        insist(part.hook)
    logging.getLogger("weektech").setLevel(logging.INFO)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))

    async def work() -> None:
        clock = session.clock()
        async with session.opened(settings, clock) as app:
            for platform in {one.platform for one in app.destinations()}:
                app.token(platform)  # now, and not when the first issue is due
            await Runner(app, ScheduledAlarm(clock)).run()

    try:
        session.run(work())
    except KeyboardInterrupt:
        terminal.err().print("Stopped. What was under way is settled at the next start.")


def schedule(as_json: AsJson = False) -> None:
    """When each issue goes out, and what it waits for."""
    settings = session.settings()

    async def work() -> bool:
        async with session.opened(settings) as app:
            fine, found = True, list[Post]()
            for path in app.column.files():
                try:
                    found.append(read(path, settings.zone))
                except PostError as error:
                    terminal.error(error)
                    fine = False
            for entry in app.agenda(found):
                if as_json:
                    terminal.line(records.entry(entry))
                else:
                    show.entry(entry, app.clock.now())
            questions = app.ledger.letters.questions()
            if not as_json:
                show.questions(questions)
            return fine

    if not session.run(work()):
        raise typer.Exit(exits.WRONG_INPUT)


def answer(
    number: Annotated[int, typer.Argument(help="The number `weektech status` shows.")],
    choice: Annotated[str, typer.Argument(help="One of the answers shown there.")],
) -> None:
    """Answer a question that a running weektech asked, as its buttons do."""
    ledger = session.ledger()
    try:
        ledger.letters.answer(number, choice, CLI)
    finally:
        ledger.close()
    terminal.out().print("Noted. A running weektech acts on it within half a minute.")
