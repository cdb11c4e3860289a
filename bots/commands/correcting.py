"""Commands about what is out there already: unpublish, adopt, retry."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bots import exits, records, show, terminal
from bots.amending import Amends
from bots.app import App, Hooks
from bots.commands import session
from bots.commands.words import AsJson, To
from bots.errors import ConfigError
from bots.model import Destination
from bots.planning.adopting import read_links
from bots.planning.standing import accounts
from bots.report import Report

_ISSUE = "An issue as `weektech status` names it, or its file."


def unpublish(
    issue: Annotated[str, typer.Argument(help=_ISSUE)],
    to: To = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take an issue back from all destinations, or from some. It goes out again only by `publish` with its file.

    What a platform does not delete any more (Telegram: after 48 hours) is struck through and named once.
    """
    settings = session.settings()

    async def work() -> int:
        with show.bars(hidden=as_json) as progress:
            async with session.opened(settings, hooks=Hooks(progress=progress)) as app:
                chosen = app.destinations(to or ())
                amends = Amends(app)
                known = amends.known(issue)
                made = await amends.withdrawal(known.issue.id if known.issue else issue, chosen)
                if not as_json:
                    show.plan(made)
                if not made.steps:
                    return exits.OK
                _asked("Take it back?", yes=yes, as_json=as_json)
                return _told(made.issue.id, await app.publish(made, chosen, yes=True), as_json=as_json)

    _ended(session.run(work()))


def adopt(  # noqa: PLR0913, PLR0917 - each is an option of the command line
    post: Annotated[Path, typer.Argument(help="A Markdown file.", exists=True, dir_okay=False)],
    links: Annotated[
        list[str] | None,
        typer.Argument(
            help="Links of its messages in one destination, in order; ranges as in https://t.me/news/41-45."
        ),
    ] = None,
    to: Annotated[str | None, typer.Option("--to", help="The destination the links are in.")] = None,
    section: Annotated[str, typer.Option("--section", help="Only this section of the post.")] = "",
    correct: Annotated[bool, typer.Option("--correct", help="Edit them with the next publish.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take over messages that the bot posted without this ledger; sends nothing.

    Without links the whole issue counts as done everywhere: nothing of it goes out by itself, as after a lost ledger.
    """
    settings = session.settings()
    if bool(links) != bool(to):
        raise typer.BadParameter("links need --to DESTINATION, and --to needs links")
    if (section or correct) and not links:
        raise typer.BadParameter("--section and --correct need links")
    found = read_links(links or ())

    async def work() -> None:
        async with session.opened(settings) as app:
            amends = Amends(app)
            if to is None:
                row = await amends.done_elsewhere(post)
                _noted(app, row.id, as_json=as_json)
                return
            place = app.config.destination(to)
            done = await amends.adopt(post, place, found, section=section, correct=correct)
            if as_json:
                for one in done.rows:
                    terminal.line(records.delivery(one))
            else:
                show.deliveries(done.rows)
            if not done.seen:
                _unseen(place)

    session.run(work())


def retry(
    issue: Annotated[str | None, typer.Argument(help=_ISSUE + " Left out: all with something open.")] = None,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Try again what failed or waits, as it was planned. Corrections made since are not looked at."""
    settings = session.settings()

    async def work() -> int:
        with show.bars(hidden=as_json) as progress:
            async with session.opened(settings, hooks=Hooks(progress=progress)) as app:
                chosen = app.destinations(to or ())
                amends = Amends(app)
                past = [amends.known(issue)] if issue else [app.ledger.past(row.id) for row in app.ledger.issues()]
                codes = []
                for one in past:
                    if one.issue is not None and (reports := await amends.retry(one.issue.id, chosen)):
                        codes.append(_told(one.issue.id, reports, as_json=as_json))
                if not codes:
                    terminal.err().print("There is nothing to try again.")
                return max(codes, default=exits.OK)

    _ended(session.run(work()))


def _asked(question: str, *, yes: bool, as_json: bool) -> None:
    """Go on only with a yes. Raises ConfigError where nobody can be asked."""
    if yes:
        return
    if as_json or not sys.stdin.isatty():
        raise ConfigError("nothing was done:", remedy="say --yes if this is what you want.")
    if not typer.confirm(question, err=True):
        raise typer.Exit(exits.WRONG_INPUT)


def _told(issue: str, reports: tuple[Report, ...], *, as_json: bool) -> int:
    for report in reports:
        if as_json:
            terminal.line(records.report(issue, report))
        else:
            show.report(report)
    return exits.OK if all(report.ok for report in reports) else exits.NOT_DELIVERED


def _ended(code: int) -> None:
    if code:
        raise typer.Exit(code)


def _noted(app: App, issue: str, *, as_json: bool) -> None:
    if not as_json:
        terminal.out().print(terminal.safe(f"{issue} counts as done: nothing of it goes out until you name its file."))
    for account in accounts(app.ledger.past(issue)) if as_json else ():
        terminal.line(records.account(account))


def _unseen(place: Destination) -> None:
    words = "shows no message that is out there: whether the links are right was not seen."
    terminal.err().print(terminal.safe(f"{place.platform.capitalize()} {words}"))
