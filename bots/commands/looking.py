"""Commands that send nothing to readers: rehearse, check, plan, render, status."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from bots import exits, records, show, terminal
from bots.app import Hooks
from bots.column import Column, expand
from bots.commands import session
from bots.commands.words import AsJson, Post, Posts, Strict, To
from bots.config import Config
from bots.errors import PostError, WeektechError
from bots.ledger import Delivery, Ledger
from bots.model import Destination, State
from bots.planning.standing import accounts
from bots.platforms import PLATFORMS
from bots.platforms.base import Verdict
from bots.posts import read, twin


def rehearse(
    post: Post = None,
    once: Annotated[
        bool, typer.Option("--once", help="End when everything is delivered. The default without a terminal.")
    ] = False,
    port: Annotated[int, typer.Option("--port", help="Port of the page; 0 takes a free one.")] = 0,
    speed: Annotated[
        float, typer.Option("--speed", min=1.0, help="How much faster than the platforms' own rate windows.")
    ] = 60.0,
) -> None:
    """Publish to a local Telegram and a local Discord, and show both. No token, no network, no trace in the ledger."""
    from bots.rehearse import stage  # the servers and their page; no other command needs them

    settings = session.settings()
    stays = sys.stdout.isatty() and not once

    async def work() -> bool:
        column = session.column(settings)
        path = post or column.newest()
        session.complain(path, column.draft(path), strict=False)
        async with stage(settings, port=port, speed=speed) as set_:
            with show.bars(hidden=False) as progress:
                async with session.opened(set_.config, set_.clock, Hooks(progress=progress)) as app:
                    made = await app.plan(path, app.destinations())
                    reports = await app.publish(made, app.destinations(), yes=True)
                    rows = _in_order(app.ledger.past(made.issue.id).deliveries, app.destinations())
            show.deliveries(rows, {section.id: section.title for section in made.sections})
            terminal.out().print()
            for report in reports:
                show.report(report)
            terminal.out().print(f"\nThe chats: {set_.page}" + ("   (Ctrl-C ends)" if stays else ""))
            if stays:
                await asyncio.Event().wait()
        return all(report.ok for report in reports)

    try:
        fine = session.run(work())
    except KeyboardInterrupt:
        return
    if not fine:
        raise typer.Exit(exits.NOT_DELIVERED)


def _in_order(rows: Sequence[Delivery], destinations: Sequence[Destination]) -> list[Delivery]:
    """The rows with the destinations as the column names them."""
    places = {one.name: place for place, one in enumerate(destinations)}
    return sorted(rows, key=lambda row: places[row.destination])


def check(
    posts: Annotated[
        list[Path] | None, typer.Argument(help="Posts to check. Left out: all of posts/.", exists=True)
    ] = None,
    strict: Strict = False,
    offline: Annotated[bool, typer.Option("--offline", help="Don't look at the chats.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look for everything that could go wrong: posts, pictures, config.yaml, tokens, rights. Sends nothing."""
    settings = session.settings()
    column = session.column(settings)
    fine = True
    paths = list(expand(posts) if posts else column.files())
    for path in paths:
        fine = _post_is_fine(column, path, strict=strict, as_json=as_json) and fine
    fine = _are_apart(settings, paths) and fine
    if not offline:
        fine = session.run(_chats_are_fine(settings, as_json=as_json)) and fine
    if not fine:
        raise typer.Exit(exits.WRONG_INPUT)


def _post_is_fine(column: Column, path: Path, *, strict: bool, as_json: bool) -> bool:
    """Check one post and say what was found."""
    try:
        draft = column.draft(path)
        session.complain(path, draft, strict=strict)
        session.complain_of_time(path, draft, column.config)
        counts = {name: len(column.messages(draft, _typical(column, name))) for name in PLATFORMS}
    except PostError as error:
        terminal.error(error)
        if as_json:
            terminal.line(records.post(path, (), 0, {}, str(error)))
        return False
    sections = len(draft.issue.sections)
    if as_json:
        terminal.line(records.post(path, draft.notices, sections, counts))
    else:
        words = ", ".join(f"{number} on {name.capitalize()}" for name, number in counts.items())
        terminal.out().print(terminal.safe(f"ok      {path}: {sections} sections, messages: {words}"))
    return True


def _are_apart(settings: Config, paths: Sequence[Path]) -> bool:
    """Whether no two posts claim to be the same issue; says so of each that does."""
    seen: dict[str, Path] = {}
    fine = True
    for path in paths:
        try:
            post = read(path, settings.zone)
        except PostError:  # said already
            continue
        if seen.setdefault(post.id, path) != path:
            terminal.error(twin(path, post, seen[post.id]))
            fine = False
    return fine


def _typical(column: Column, platform: str) -> Destination:
    """The column's first destination on a platform, or a plain one."""
    found = (one for one in column.config.destinations if one.platform == platform)
    return next(found, None) or session.rendered_for(column.config, platform)


async def _chats_are_fine(settings: Config, *, as_json: bool) -> bool:
    """Look at every chat; False when one has a problem."""
    if not settings.destinations:
        terminal.err().print("config.yaml names no destination yet; the chats were not looked at.")
        return True
    fine = True
    async with session.opened(settings) as app:
        for destination in app.destinations():
            try:
                verdict = await app.looked_at(destination)
            except WeektechError as error:
                verdict = Verdict(False, "", (str(error),))
            fine = fine and verdict.ok
            if as_json:
                terminal.line(records.verdict(destination.name, verdict))
            else:
                show.verdict(destination.name, verdict)
    return fine


def plan(post: Post = None, to: To = None, as_json: AsJson = False) -> None:
    """Show what publishing would send, edit, keep and delete, and how long it takes. Sends nothing."""

    async def work() -> None:
        async with session.opened(session.settings()) as app:
            for made in await session.plans(app, post, app.destinations(to or ())):
                if as_json:
                    for record in records.steps(made):
                        terminal.line(record)
                else:
                    show.plan(made)
                if refusal := app.refusal(made):
                    terminal.err().print(terminal.safe(f"publish would refuse: {refusal}", "magenta"))

    session.run(work())


def render(
    posts: Posts,
    to: Annotated[str, typer.Option("--to", help="telegram, discord or a destination of config.yaml.")],
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Show the exact calls a post becomes. No network, no token, no ledger."""
    settings = session.settings()
    column, destination = session.column(settings), session.rendered_for(settings, to)
    failed = False
    for path in expand(posts):
        try:
            draft = column.draft(path, lenient=True)
            session.complain(path, draft, strict=strict)
            messages = column.messages(draft, destination)
        except PostError as error:
            failed = True
            terminal.error(error)
            continue
        for message in messages:
            if as_json:
                terminal.line(records.message(destination.platform, path, message))
            else:
                show.message(message)
    if failed:
        raise typer.Exit(exits.WRONG_INPUT)


def status(
    as_json: AsJson = False,
    all_: Annotated[bool, typer.Option("--all", help="Every message, not only the open ones.")] = False,
) -> None:
    """What is out there, what is missing, what is in doubt. Exits with 3 while something is."""
    ledger = session.ledger()
    open_rows = ledger.unfinished()
    questions = ledger.letters.questions()
    rows = [row for issue in ledger.issues() for row in ledger.past(issue.id).deliveries] if all_ else open_rows
    if as_json:
        for row in rows:
            terminal.line(records.delivery(row))
        for letter in questions:
            terminal.line(records.question(letter))
        for issue in ledger.issues():
            for account in accounts(ledger.past(issue.id)):
                terminal.line(records.account(account))
    else:
        show.status(ledger.issues(), ledger.past, rows, ledger.paused())
        show.resting(ledger.rulings.resting().values())
        show.subscribers(ledger.readers.counts(), _newest(ledger))
        show.untold(one for one in ledger.letters.unsent() if not one.choices)
        show.questions(questions)
    ledger.close()
    if open_rows or questions:
        raise typer.Exit(exits.NOT_DELIVERED)


def _newest(ledger: Ledger) -> Mapping[State, int]:
    """The states of what subscribers get of the newest issue."""
    found = [(row.first_published_at, row.id) for row in ledger.issues() if row.first_published_at]
    return ledger.mailings.tally(max(found)[1]) if found else {}
