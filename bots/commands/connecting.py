"""`weektech connect`: from "where is my chat?" to a destination in config.yaml."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from bots import records, show, terminal
from bots.commands import session
from bots.commands.session import Session
from bots.commands.words import AsJson
from bots.config import Config, did_you_mean
from bots.connect import Connected, add, destination, listen, name_for, new_code
from bots.errors import ConfigError, SendError
from bots.model import Destination
from bots.platforms import PLATFORMS
from bots.platforms.setup import Found


def connect(  # noqa: PLR0913, PLR0917 - each is an option of the command line
    platform: Annotated[str, typer.Argument(help="telegram or discord.")],
    chat: Annotated[
        str | None, typer.Option("--chat", "--channel", help="Its id or @name, if you know it: nothing is searched.")
    ] = None,
    topic: Annotated[str | None, typer.Option("--topic", help="With --chat: id of a Telegram topic.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="What to call it in config.yaml.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Add it to config.yaml instead of printing it only.")] = False,
    only_list: Annotated[bool, typer.Option("--list", help="Show what is found and choose nothing.")] = False,
    seconds: Annotated[float, typer.Option("--seconds", min=1, help="How long to listen; Ctrl-C ends earlier.")] = 180,
    as_json: AsJson = False,
) -> None:
    """Find a chat or channel and write its destination for config.yaml.

    Telegram shows its chats one by one, as you point at them. While connect listens it takes in what else waits for
    the bot, so don't run it beside another program with the same token.
    """
    settings = session.settings()
    if platform not in PLATFORMS:
        raise ConfigError(f"there is no platform {platform!r}.", remedy=did_you_mean(platform, PLATFORMS))
    if topic and not chat:
        raise typer.BadParameter("--topic needs --chat")
    found: list[Found] = []
    if chat:
        found.append(session.run(_look(settings, platform, chat, topic)))
    else:
        try:
            session.run(_listen(settings, platform, seconds, found, as_json=as_json))
        except KeyboardInterrupt:
            terminal.err().print()
    if only_list:
        return
    chosen = _chosen(found, ask=not as_json and sys.stdin.isatty())
    _offer(settings, platform, chosen, _Wish(name, write, as_json))


async def _look(settings: Config, platform: str, chat: str, topic: str | None) -> Found:
    async with session.opened(settings) as app:
        return await (await app.finder(platform)).look(chat, topic)


async def _listen(settings: Config, platform: str, seconds: float, found: list[Found], *, as_json: bool) -> None:
    """Show how chats come to be found, then each one as it is; what is found goes into `found` at once."""
    code = new_code()

    def tell(one: Found) -> None:
        found.append(one)
        if as_json:
            terminal.line(records.found(platform, one))
        else:
            show.found(len(found), one)

    async with session.opened(settings) as app:
        finder = await app.finder(platform)
        invitations, hints = await finder.invitations(code), await finder.hints(code)
        if as_json:
            terminal.line(records.ways(platform, code, invitations, hints))
        else:
            show.ways(invitations, hints)
        with show.listening(hidden=as_json):
            await listen(finder, code, seconds, tell)


def _chosen(found: Sequence[Found], *, ask: bool) -> Sequence[Found]:
    """The chat the author pointed at, or picks by its number; all of them where nobody can be asked."""
    named = [one for one in found if one.named]
    if named:
        return named[-1:]
    if len(found) < 2 or not ask:
        return found
    number = 0
    while not 1 <= number <= len(found):
        number = typer.prompt(f"Which one, 1 to {len(found)}", type=int, err=True)
    return [found[number - 1]]


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to become of the chats."""

    name: str | None
    write: bool
    as_json: bool


def _offer(settings: Config, platform: str, chosen: Sequence[Found], wish: _Wish) -> None:
    """Print the destination of each chat with what it still lacks; add it to config.yaml if that was asked for."""
    if not chosen:
        raise ConfigError("no chat was found.", remedy=f"Run `weektech connect {platform}` again and point at one.")
    if len(chosen) > 1 and (wish.write or wish.name):
        raise ConfigError(f"{len(chosen)} chats were found.", remedy="Say which one is meant with --chat ID.")
    taken = {one.name for one in settings.destinations}
    for one in chosen:
        name = wish.name or name_for(one, taken)
        taken.add(name)
        problems = session.run(_problems(settings, destination(name, platform, one)))
        if wish.write:
            add(Session.path, name, platform, one, os.environ)
        made = Connected(name, platform, one, problems, wish.write)
        if wish.as_json:
            terminal.line(records.connected(made))
        else:
            show.connected(made, Session.path)


async def _problems(settings: Config, place: Destination) -> tuple[str, ...]:
    """What the chat lacks; never a reason not to write it down."""
    async with session.opened(settings) as app:
        try:
            return (await app.looked_at(place)).problems
        except SendError as error:
            return (str(error),)
