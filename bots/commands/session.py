"""What every command starts from: the configuration it was told of, the column, the way to open both."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Coroutine
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from bots import config, terminal
from bots.app import App, opened, renderers
from bots.clock import SystemClock
from bots.column import Column, Draft
from bots.config import Config, did_you_mean
from bots.errors import ConfigError, PostError
from bots.ledger import Ledger
from bots.model import Destination, Notice
from bots.plan import Plan
from bots.platforms import PLATFORMS
from bots.redaction import guard
from bots.releases import release_of

T = TypeVar("T")

__all__ = [
    "Session",
    "clock",
    "column",
    "complain",
    "complain_of_time",
    "ledger",
    "opened",
    "plans",
    "rendered_for",
    "run",
    "settings",
]


class Session:
    """Where config.yaml is; set by the option that stands before the command."""

    path = Path("config.yaml")


def settings() -> Config:
    """Read the configuration; from here on its tokens are kept out of everything printed and logged."""
    found = config.load(Session.path, os.environ)
    secrets = [secret for part in found.platforms.values() for secret in (part.token, part.proxy) if secret]
    secrets += [part.hook.secret for part in found.platforms.values() if part.hook and part.hook.secret]
    secrets += [secret for secret in (found.secret, found.database) if secret]
    terminal.hide(secrets)
    guard(logging.getLogger().handlers, secrets)
    return found


def clock() -> SystemClock:
    """The clock of a process that runs for long."""
    return SystemClock()


def column(found: Config) -> Column:
    return Column(found, renderers(found))


def ledger() -> Ledger:
    return Ledger.open(settings().database)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Carry a command's work out. SIGTERM ends it as Ctrl-C does: the call under way may still be answered."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a script's background job: it has to end all the same
        signal.signal(signal.SIGINT, signal.default_int_handler)
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        return asyncio.run(work)
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGINT)


def rendered_for(found: Config, to: str) -> Destination:
    """A destination by name, or the plain public kind of a platform. Raises ConfigError for anything else."""
    names = {one.name: one for one in found.destinations}
    if to in names:
        return names[to]
    if to in PLATFORMS:
        return Destination(name=to, platform=to, kind=PLATFORMS[to].kind, chat="")
    raise ConfigError(f"there is no destination or platform {to!r}.", remedy=did_you_mean(to, (*names, *PLATFORMS)))


def complain(path: Path, draft: Draft, *, strict: bool) -> None:
    """Print what was repaired or can't be shown; with `strict` an unreadable picture raises PostError."""
    terminal.notices(path, draft.notices)
    for source, why in draft.unreadable.items() if strict else ():
        raise PostError(f"picture {source}: {why}.", path=path, remedy="Put the picture there, or leave out --strict.")


def complain_of_time(path: Path, draft: Draft, found: Config) -> None:
    """Print that an issue's time comes twice; one that never comes raises PostError."""
    release = release_of(draft.issue.post, found.release.slot, found.zone)
    if release is not None and release.problem and not draft.issue.post.draft:
        raise PostError(release.problem, path=path, remedy="Write another time, or set another column.slot.")
    if release is not None and release.warning:
        terminal.notices(path, [Notice(release.warning)])


async def plans(app: App, post: Path | None, destinations: tuple[Destination, ...]) -> list[Plan]:
    """The plans of the post, or of all that are due; says so when there is none."""
    paths = (post,) if post else app.due()
    if not paths:
        terminal.err().print(
            "No post is due. `weektech schedule` says what each waits for; name one to publish it at once."
        )
    made = [await app.plan(path, destinations, named=post is not None) for path in paths]
    # Of an issue that was withdrawn everywhere there is nothing to say.
    return [one for one in made if one.steps or one.questions]
