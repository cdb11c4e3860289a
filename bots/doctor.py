"""`weektech doctor`: everything that may keep an issue, or readers' answers, from arriving; and what that costs."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bots import __version__
from bots.app import App
from bots.config import Config
from bots.errors import LedgerError, WeektechError
from bots.ledger import Ledger
from bots.ledger.leases import Owner
from bots.model import Destination
from bots.platforms.setup import Finding, Level

_LIBRARIES = ("python-telegram-bot", "discord.py", "sqlalchemy", "markdown-it-py", "pillow")
_PASSING_DISKS = {
    "DYNO": "Heroku",
    "K_SERVICE": "Cloud Run",
    "FLY_ALLOC_ID": "Fly.io",
    "RENDER": "Render",
    "RAILWAY_ENVIRONMENT_ID": "Railway",
    "ECS_CONTAINER_METADATA_URI_V4": "Amazon ECS",
    "CONTAINER_APP_NAME": "Azure Container Apps",
    "AWS_LAMBDA_FUNCTION_NAME": "AWS Lambda",
    "GITHUB_ACTIONS": "GitHub Actions",
}
"""Variables that hosts set whose disks are emptied at every restart, unless a volume is mounted."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """The findings about one thing."""

    about: str
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """False when something keeps an issue from being published."""
        return all(one.level is not Level.PROBLEM for one in self.findings)


def machine() -> Chapter:
    """What runs here."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _LIBRARIES)
    return Chapter(
        f"weektech {__version__}",
        (Finding(Level.FINE, f"Python {platform.python_version()} on {platform.system()}, {versions}"),),
    )


def configuration(config: Config, path: Path) -> Chapter:
    """What config.yaml leaves open."""
    return Chapter(str(path), tuple(_configured(config, path)))


def _configured(config: Config, path: Path) -> Iterator[Finding]:
    if not path.is_file():
        yield Finding(Level.PROBLEM, "there is no such file", "nothing can be published", "Start weektech beside it.")
    elif not config.destinations:
        yield Finding(
            Level.PROBLEM,
            "no destination is configured",
            "nothing can be published",
            "Find your chats: `weektech connect telegram` or `weektech connect discord`.",
        )
    else:
        yield Finding(Level.FINE, f"{len(config.destinations)} destinations")
    if not config.posts.is_dir():
        yield Finding(Level.PROBLEM, f"there is no folder {config.posts}", "no post is found", "Set column.posts.")
    if config.start is None:
        yield Finding(
            Level.NOTE,
            "column.start is not set",
            "what is dated before the ledger was made goes out only by name",
            "Set it to the date of the first issue that weektech should publish.",
        )
    if config.release.tell is None:
        yield Finding(
            Level.NOTE,
            "no author is named",
            "`weektech run` can tell and ask you nothing; `weektech status` lists it",
            "Set telegram.author or discord.author.",
        )
    if config.site is None:
        yield Finding(
            Level.NOTE,
            "column.site is not set",
            "links to other posts and to headings lead nowhere",
            "Set it to the address of a post on your site.",
        )


def ledger(config: Config, environ: Mapping[str, str] = os.environ) -> Chapter:
    """Whether the memory can be written, and whether it will last."""
    try:
        opened = Ledger.open(config.database)
    except LedgerError as error:
        return Chapter("ledger", (Finding(Level.PROBLEM, str(error), "nothing can be published"),))
    try:
        return Chapter("ledger", (*_written(opened), *_lasting(config, environ)))
    finally:
        opened.close()


def _written(opened: Ledger) -> Iterator[Finding]:
    """A lease taken and given back is a write that leaves no trace."""
    me = Owner.this_process()
    try:
        opened.acquire("doctor", me)
        opened.give_back("doctor", me)
    except LedgerError as error:
        yield Finding(Level.PROBLEM, str(error), "nothing can be published")
        return
    yield Finding(Level.FINE, f"{opened.database}: can be written, and has today's schema")
    paused = opened.paused()
    if paused is not None:
        yield Finding(Level.PROBLEM, f"paused: {paused}", "nothing is published", "`weektech resume` goes on.")
    waiting = len(opened.unfinished())
    if waiting:
        yield Finding(
            Level.NOTE, f"{waiting} messages are open", "an issue is not complete", "`weektech status` names them."
        )


def _lasting(config: Config, environ: Mapping[str, str]) -> Iterator[Finding]:
    host = next((name for variable, name in _PASSING_DISKS.items() if environ.get(variable)), None)
    if host and config.database.startswith("sqlite"):
        yield Finding(
            Level.PROBLEM,
            f"it is a file on {host}, where files are lost at the next restart",
            "weektech would forget what it published, and could neither correct it nor know it again",
            "Mount a lasting volume for it, or set DATABASE_URL to a PostgreSQL database.",
        )


async def platforms(app: App) -> AsyncIterator[Chapter]:
    """The bots of the platforms in use, each followed by its chats."""
    for name in dict.fromkeys(one.platform for one in app.config.destinations):
        account = await _account(app, name)
        yield Chapter(name, account)
        if any(one.level is Level.PROBLEM for one in account):
            continue
        for destination in app.config.destinations:
            if destination.platform == name:
                title, findings = await _chat(app, destination)
                yield Chapter(f"{destination.name} ({destination.kind.value}{title})", findings)


async def _account(app: App, name: str) -> tuple[Finding, ...]:
    try:
        return tuple(await (await app.examiner(name)).account())
    except WeektechError as error:
        return (Finding(Level.PROBLEM, str(error), f"nothing can be published to {name.capitalize()}"),)


async def _chat(app: App, destination: Destination) -> tuple[str, tuple[Finding, ...]]:
    """The chat's title, and what `check` says of it together with what only matters for readers' answers."""
    try:
        verdict = await app.looked_at(destination)
        title = f", {verdict.title}" if verdict.title else ""
        if not verdict.ok:
            return title, tuple(_stopper(problem) for problem in verdict.problems)
        more: Sequence[Finding] = await (await app.examiner(destination.platform)).chat(destination)
    except WeektechError as error:
        return "", (_stopper(str(error)),)
    return title, (Finding(Level.FINE, "can publish"), *more)


def _stopper(problem: str) -> Finding:
    return Finding(Level.PROBLEM, problem, "nothing is published here until that is put right")
