"""Commands that send, and those that decide what may be sent: publish, test, settle, pause, resume."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from bots import exits, records, show, terminal
from bots.app import App, Hooks
from bots.commands import session
from bots.commands.words import AsJson, Post, Strict, To
from bots.config import did_you_mean
from bots.errors import ConfigError, PlanRefused
from bots.model import Destination, Receipt
from bots.plan import Plan
from bots.platforms import PLATFORMS


def publish(
    post: Post = None,
    to: To = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it even if much would be deleted or sent anew.")] = False,
    strict: Strict = False,
    as_json: AsJson = False,
) -> None:
    """Bring every destination to what the post says. Running it again is safe at any time."""
    settings = session.settings()
    if strict:
        column = session.column(settings)
        for path in (post,) if post else column.files():
            session.complain(path, column.draft(path), strict=True)

    async def work() -> list[int]:
        with show.bars(hidden=as_json) as progress:
            async with session.opened(settings, hooks=Hooks(progress=progress)) as app:
                chosen = app.destinations(to or ())
                made = await session.plans(app, post, chosen)
                return [await _publish(app, one, chosen, yes=yes, as_json=as_json) for one in made]

    try:
        codes = session.run(work())
    except KeyboardInterrupt:
        terminal.err().print("Stopped. `weektech status` shows how far it came; publish again to go on.")
        raise
    if any(codes):
        raise typer.Exit(max(codes))


async def _publish(app: App, made: Plan, destinations: tuple[Destination, ...], *, yes: bool, as_json: bool) -> int:
    """Publish one issue and print what became of it; a refused one keeps no other from going out."""
    try:
        reports = await app.publish(made, destinations, yes=yes)
    except PlanRefused as refused:
        terminal.error(refused)
        return exits.WRONG_INPUT
    for report in reports:
        if as_json:
            terminal.line(records.report(made.issue.id, report))
        else:
            show.report(report)
    return exits.OK if all(report.ok for report in reports) else exits.NOT_DELIVERED


def send_test(
    post: Annotated[Path, typer.Argument(help="A Markdown file.", exists=True, dir_okay=False)],
    to: Annotated[
        list[str] | None, typer.Option("--to", help="telegram or discord. Left out: those with an author set.")
    ] = None,
) -> None:
    """Send a post to the author's own chats, unrecorded."""
    settings = session.settings()
    chosen = to or [name for name, part in settings.platforms.items() if part.author]
    if not chosen:
        raise ConfigError(
            "neither telegram.author nor discord.author is set.", remedy="Name your own chat in config.yaml."
        )
    for name in chosen:
        if name not in PLATFORMS:
            raise ConfigError(f"there is no platform {name!r}.", remedy=did_you_mean(name, PLATFORMS))

    async def work() -> int:
        async with session.opened(settings) as app:
            return await app.test(post, chosen)

    terminal.out().print(f"{session.run(work())} messages sent to {' and '.join(chosen)}, unrecorded")


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
        async with session.opened(session.settings()) as app:
            row = await app.settle(delivery, _receipt(there or ()) if there else None)
            show.deliveries([row])

    session.run(work())


def _receipt(links: Sequence[str]) -> Receipt:
    """What a message's link says of it: its id is the last part of the path."""
    ids = tuple(link.split("?")[0].rstrip("/").rsplit("/", 1)[-1] for link in links)
    if not all(number.isdigit() for number in ids):
        raise ConfigError(f"{links[0]!r} is not the link of a message.", remedy="Copy it from the message's menu.")
    return Receipt(ids, links[0] if "://" in links[0] else None)


def pause(why: Annotated[str, typer.Argument(help="Shown to whoever asks.")] = "paused by hand") -> None:
    """Stop all sending, in running processes too, before their next call."""
    ledger = session.ledger()
    ledger.pause(why)
    ledger.close()
    terminal.out().print("Paused. `weektech resume` goes on.")


def resume() -> None:
    """Take a pause back."""
    ledger = session.ledger()
    why = ledger.go_on()
    ledger.close()
    said = "Nothing was paused." if why is None else f"Going on. It was paused: {why}"
    terminal.out().print(terminal.safe(said), soft_wrap=True)
