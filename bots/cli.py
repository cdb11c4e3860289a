"""Words in, words out: every command of `weektech`, and nothing that another front end would need."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from bots import __version__, config, exits, show
from bots.app import App, Hooks, opened, renderers
from bots.column import Column, Draft, expand
from bots.config import Config
from bots.errors import ConfigError, PostError, WeektechError
from bots.ledger import Ledger
from bots.model import Destination, Receipt
from bots.plan import Plan
from bots.platforms import PLATFORMS
from bots.redaction import guard, quiet
from bots.report import Report

T = TypeVar("T")

cli = typer.Typer(
    help="Publish a weekly Markdown column to Telegram and Discord, section by section.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 all as planned, 1 an error in a file or the set-up, 2 wrong words on the command line, "
    "3 something failed or is in doubt (see `weektech status`), 4 another weektech is writing.",
)

Post = Annotated[
    Path | None, typer.Argument(help="A Markdown file. Left out: the newest issue of posts/.", exists=True)
]
Posts = Annotated[list[Path], typer.Argument(help="Markdown files or folders of them.", exists=True)]
To = Annotated[list[str] | None, typer.Option("--to", help="A destination of config.yaml; may be given again.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]
Strict = Annotated[bool, typer.Option("--strict", help="A picture that can't be read is an error.")]


class _Settings:
    """Where config.yaml is; set by the option that stands before the command."""

    path = Path("config.yaml")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"weektech {__version__}")
        raise typer.Exit


@cli.callback()
def _root(
    config_path: Annotated[Path, typer.Option("--config", "-c", help="The column's configuration.")] = Path(
        "config.yaml"
    ),
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    _Settings.path = config_path


def _config() -> Config:
    return config.load(_Settings.path, os.environ)


def _column(settings: Config) -> Column:
    return Column(settings, renderers(settings))


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


@cli.command()
def render(
    posts: Posts,
    to: Annotated[str, typer.Option("--to", help="telegram, discord or a destination of config.yaml.")],
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Show the exact calls a post becomes. No network, no token, no ledger."""
    settings = _config()
    column, destination = _column(settings), _rendered_for(settings, to)
    failed = False
    for path in expand(posts):
        try:
            draft = column.draft(path, lenient=True)
            _complain(path, draft, strict=strict)
            messages = column.messages(draft, destination)
        except PostError as error:
            failed = True
            show.error(error)
            continue
        for message in messages:
            if as_json:
                show.line(show.record(destination.platform, path, message))
            else:
                show.message(message)
    if failed:
        raise typer.Exit(exits.WRONG_INPUT)


def _rendered_for(settings: Config, to: str) -> Destination:
    """A destination by name, or the plain public kind of a platform."""
    if to in PLATFORMS and to not in {d.name for d in settings.destinations}:
        return Destination(name=to, platform=to, kind=PLATFORMS[to].kind, chat="")
    return settings.destination(to)


def _complain(path: Path, draft: Draft, *, strict: bool) -> None:
    """Print what was repaired or can't be shown; with `strict` an unreadable picture raises PostError."""
    show.notices(path, draft.notices)
    for source, why in draft.unreadable.items() if strict else ():
        raise PostError(f"picture {source}: {why}.", path=path, remedy="Put the picture there, or leave out --strict.")


@cli.command()
def check(
    posts: Annotated[
        list[Path] | None, typer.Argument(help="Posts to check. Left out: all of posts/.", exists=True)
    ] = None,
    strict: Strict = False,
    offline: Annotated[bool, typer.Option("--offline", help="Don't look at the chats.")] = False,
) -> None:
    """Look for everything that could go wrong: posts, pictures, config.yaml, tokens, rights. Sends nothing."""
    settings = _config()
    column = _column(settings)
    wrong = False
    for path in expand(posts) if posts else column.files():
        try:
            _checked(column, path, strict=strict)
        except PostError as error:
            wrong = True
            show.error(error)
    if not offline and not _run(_look(settings)):
        wrong = True
    if wrong:
        raise typer.Exit(exits.WRONG_INPUT)


def _checked(column: Column, path: Path, *, strict: bool) -> None:
    draft = column.draft(path)
    _complain(path, draft, strict=strict)
    likes = {one.platform: one for one in column.config.destinations}
    counts = []
    for name in PLATFORMS:
        messages = column.messages(draft, likes.get(name) or _rendered_for(column.config, name))
        counts.append(f"{len(messages)} on {name.capitalize()}")
    show.out().print(show.safe(f"ok      {path}: {len(draft.issue.sections)} sections, messages: {', '.join(counts)}"))


async def _look(settings: Config) -> bool:
    """Look at every chat; False when one has a problem."""
    if not settings.destinations:
        show.err().print("config.yaml names no destination yet; the chats were not looked at.")
        return True
    fine = True
    async with opened(settings) as app:
        for destination in app.destinations():
            try:
                verdict = await app.looked_at(destination)
            except WeektechError as error:
                fine = False
                show.error(error)
                continue
            show.verdict(destination.name, verdict)
            fine = fine and verdict.ok
    return fine


@cli.command()
def plan(post: Post = None, to: To = None, as_json: AsJson = False) -> None:
    """Show what publishing would send, edit, keep and delete, and how long it takes. Sends nothing."""

    async def work() -> None:
        async with opened(_config()) as app:
            for made in await _plans(app, post, app.destinations(to or ())):
                if as_json:
                    for record in show.plan_records(made):
                        show.line(record)
                else:
                    show.plan(made)

    _run(work())


async def _plans(app: App, post: Path | None, destinations: tuple[Destination, ...]) -> list[Plan]:
    """The plans of the post, or of all that are due; says so when there is none."""
    paths = (post,) if post else app.due()
    if not paths:
        show.err().print("No post is due: nothing in posts/ is at or after column.start of config.yaml, or name one.")
    return [await app.plan(path, destinations) for path in paths]


@cli.command()
def publish(
    post: Post = None,
    to: To = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it even if much would be deleted or sent anew.")] = False,
    strict: Strict = False,
    as_json: AsJson = False,
) -> None:
    """Bring every destination to what the post says. Running it again is safe at any time."""
    settings = _config()
    if strict:
        for path in (post,) if post else _column(settings).files():
            _complain(path, _column(settings).draft(path), strict=True)

    async def work() -> list[Report]:
        with show.bars(hidden=as_json) as progress:
            async with opened(settings, hooks=Hooks(progress=progress)) as app:
                return await _publish(app, post, app.destinations(to or ()), yes=yes)

    reports = _run(work())
    for report in reports:
        if as_json:
            show.line(show.report_record(report))
        else:
            show.report(report)
    if not all(report.ok for report in reports):
        raise typer.Exit(exits.NOT_DELIVERED)


async def _publish(app: App, post: Path | None, destinations: tuple[Destination, ...], *, yes: bool) -> list[Report]:
    reports: list[Report] = []
    for made in await _plans(app, post, destinations):
        reports += await app.publish(made, destinations, yes=yes)
    return reports


@cli.command("test")
def send_test(
    post: Annotated[Path, typer.Argument(help="A Markdown file.", exists=True, dir_okay=False)],
    to: Annotated[
        list[str] | None, typer.Option("--to", help="telegram or discord. Left out: those with an author set.")
    ] = None,
) -> None:
    """Send a post to the author's own chats, unrecorded."""
    settings = _config()
    chosen = to or [name for name, part in settings.platforms.items() if part.author]
    if not chosen:
        raise ConfigError(
            "neither telegram.author nor discord.author is set.", remedy="Name your own chat in config.yaml."
        )
    for name in chosen:
        if name not in PLATFORMS:
            raise ConfigError(f"there is no platform {name!r}.", remedy=f"Known: {', '.join(PLATFORMS)}.")

    async def work() -> int:
        async with opened(settings) as app:
            return await app.test(post, chosen)

    show.out().print(f"{_run(work())} messages sent to {' and '.join(chosen)}, unrecorded")


@cli.command()
def status(
    as_json: AsJson = False,
    all_: Annotated[bool, typer.Option("--all", help="Every message, not only the open ones.")] = False,
) -> None:
    """What is out there, what is missing, what is in doubt. Exits with 3 while something is."""
    ledger = _ledger()
    open_rows = ledger.unfinished()
    rows = [row for issue in ledger.issues() for row in ledger.past(issue.id).deliveries] if all_ else open_rows
    paused = ledger.paused()
    if as_json:
        for row in rows:
            show.line(show.delivery_record(row))
    else:
        show.status(ledger.issues(), ledger.past, rows, paused)
    ledger.close()
    if open_rows:
        raise typer.Exit(exits.NOT_DELIVERED)


def _ledger() -> Ledger:
    return Ledger.open(_config().database)


@cli.command()
def settle(
    delivery: Annotated[int, typer.Argument(help="The number `weektech status` shows.")],
    there: Annotated[
        list[str] | None, typer.Option("--there", help="Link of the message; once a picture for an album.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="It is not there: send it with the next publish.")] = False,
) -> None:
    """Say what became of a message in doubt."""
    if bool(there) == again:
        raise typer.BadParameter("say either --there LINK or --again")

    async def work() -> None:
        async with opened(_config()) as app:
            row = await app.settle(delivery, _receipt(there or ()) if there else None)
            show.deliveries([row])

    _run(work())


def _receipt(links: Sequence[str]) -> Receipt:
    """What a message's link says of it: its id is the last part of the path."""
    ids = tuple(link.split("?")[0].rstrip("/").rsplit("/", 1)[-1] for link in links)
    if not all(number.isdigit() for number in ids):
        raise ConfigError(f"{links[0]!r} is not the link of a message.", remedy="Copy it from the message's menu.")
    return Receipt(ids, links[0] if "://" in links[0] else None)


@cli.command()
def pause(why: Annotated[str, typer.Argument(help="Shown to whoever asks.")] = "paused by hand") -> None:
    """Stop all sending, in running processes too, before their next call."""
    ledger = _ledger()
    ledger.pause(why)
    ledger.close()
    show.out().print("Paused. `weektech resume` goes on.")


@cli.command()
def resume() -> None:
    """Take a pause back."""
    ledger = _ledger()
    ledger.go_on()
    ledger.close()
    show.out().print("Not paused.")


@cli.command()
def migrate() -> None:
    """Bring the ledger to this version's schema, after a backup. Every other command does it too."""
    _ledger().close()
    show.out().print("The ledger is up to date.")


@cli.command()
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

    settings = _config()
    stays = sys.stdout.isatty() and not once

    async def work() -> bool:
        column = _column(settings)
        path = post or column.newest()
        _complain(path, column.draft(path), strict=False)
        async with stage(settings, port=port, speed=speed) as set_:
            with show.bars(hidden=False) as progress:
                async with opened(set_.config, set_.clock, Hooks(progress=progress)) as app:
                    made = await app.plan(path, app.destinations())
                    reports = await app.publish(made, app.destinations(), yes=True)
                    rows = app.ledger.past(made.issue.id).deliveries
            show.deliveries(rows, {section.id: section.title for section in made.sections})
            for report in reports:
                show.report(report)
            show.out().print(f"\nBoth chats: {set_.page}" + ("   (Ctrl-C ends)" if stays else ""))
            if stays:
                await asyncio.Event().wait()
        return all(report.ok for report in reports)

    try:
        fine = _run(work())
    except KeyboardInterrupt:
        return
    if not fine:
        raise typer.Exit(exits.NOT_DELIVERED)


def main() -> NoReturn:
    """Entry point of the console script: errors become one line on stderr and an exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    quiet()
    guard(logging.getLogger().handlers)
    try:
        cli()
    except WeektechError as error:
        show.error(error)
        sys.exit(exits.of(error))
    sys.exit(0)
