"""config.yaml and the environment, read once into frozen values.

Secrets come from the environment alone, or from `.env` beside config.yaml; a token in config.yaml is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from dotenv import dotenv_values

from bots.configchecks import validate
from bots.configfile import DestinationPart, File, PlatformPart, TelegramPart
from bots.configwords import did_you_mean
from bots.errors import ConfigError
from bots.model import Destination, Kind
from bots.pacing import Platform
from bots.platforms import PLATFORMS
from bots.platforms.hooks import Hook
from bots.redaction import Secret
from bots.releases import Slot
from bots.webhooks import hook
from bots.yamlfile import Lines, load_yaml

__all__ = ["SECRET", "TOKENS", "CommentRules", "Config", "PlatformConfig", "did_you_mean", "load"]

TOKENS = {"telegram": ("TELEGRAM_BOT_TOKEN", "TELEGRAM_TOKEN"), "discord": ("DISCORD_BOT_TOKEN", "DISCORD_TOKEN")}
"""The names a token is looked up under, the documented one first; the others are what people have already."""

SECRET = "WEEKTECH_SECRET"  # noqa: S105 - the name of a variable


@dataclass(frozen=True, slots=True)
class PlatformConfig:
    """What one platform needs. `token` is None when the environment has none."""

    token: Secret | None
    proxy: str | None = None
    api: str | None = None
    """Base address of another API server: a self-hosted one, or a rehearsal."""
    author: str | None = None
    """Chat that `weektech test` sends to, and in which the author is told and asked."""
    admins: frozenset[str] = frozenset()
    """Ids of the people whose buttons and words count as the author's."""
    hook: Hook | None = None
    """Where updates are pushed to; None where they are asked for."""


@dataclass(frozen=True, slots=True)
class ReleaseRules:
    """What a running weektech does by itself, and when it asks."""

    slot: Slot | None = None
    late: Literal["publish", "ask", "skip"] = "ask"
    """What becomes of an issue that is later than `window`."""
    window: timedelta = timedelta(hours=24)
    approval: timedelta | None = None
    """How long before its time the author is shown an issue and asked; None asks nobody."""
    corrections: Literal["auto", "ask", "manual"] = "auto"
    quiet: timedelta = timedelta(minutes=10)
    """A changed post is left alone for so long after its last change."""
    tell: str | None = None
    """Platform on which the author is told and asked; None when neither names an author."""


@dataclass(frozen=True, slots=True)
class CommentRules:
    """What is kept of readers' answers, and who may see it."""

    keep: timedelta | None = timedelta(days=365)
    """After so long a comment loses its words and its writer; None keeps them."""
    names: Literal["full", "initials"] = "full"
    export: frozenset[str] = frozenset()
    """Names of the destinations whose comments may be exported."""
    note: timedelta | None = timedelta(days=3)
    """How long after an issue the author is told what it brought; None tells nothing."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the rest of weektech is told. Paths are absolute."""

    root: Path
    """The folder of config.yaml."""
    state: Path
    """Where weektech keeps the default ledger and downloaded pictures."""
    title: str
    site: str | None
    """Address of a post on the column's site, with `{slug}`, `{year}`, `{month}`, `{day}` in it."""
    zone: ZoneInfo
    language: str
    posts: Path
    assets: tuple[Path, ...]
    start: datetime | None
    """`publish` without a post never reaches behind this."""
    platforms: Mapping[str, PlatformConfig]
    remote_pictures: Literal["fetch", "link"]
    pacing: Mapping[str, Platform]
    """How fast each platform is written to."""
    most_sends: int
    most_removed: float
    in_doubt: Literal["ask", "resend", "skip"]
    """What becomes of a message that may be out there when no evidence tells."""
    destinations: tuple[Destination, ...]
    database: Secret
    release: ReleaseRules = ReleaseRules()
    comments: CommentRules = CommentRules()
    secret: Secret | None = None
    """By which people's numbers are hashed; None leaves it to the ledger."""
    roles: Mapping[str, str] = field(default_factory=dict)
    """Discord roles that readers give themselves: a section's title, or empty for the column, to the role's id."""

    def destination(self, name: str) -> Destination:
        """The destination of that name; ConfigError with the nearest name otherwise."""
        for candidate in self.destinations:
            if candidate.name == name:
                return candidate
        names = [d.name for d in self.destinations]
        raise ConfigError(f"there is no destination {name!r}.", remedy=did_you_mean(name, names))


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read `path`; a missing file means the defaults, so that rendering works in any folder."""
    data, lines = _read(path)
    return _build(validate(data, lines, path), path.parent.resolve(), _environment(path.parent, environ))


def _environment(folder: Path, environ: Mapping[str, str]) -> Mapping[str, str]:
    """`.env` beside config.yaml, overruled by the real environment."""
    return {**{k: v for k, v in dotenv_values(folder / ".env").items() if v}, **environ}


def _read(path: Path) -> tuple[Mapping[str, Any], Lines]:
    if not path.is_file():
        return {}, {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"can't be read: {error}", path=path, remedy="Save it as UTF-8.") from None
    data, lines = load_yaml(text, first_line=1, path=path, error=ConfigError)
    return data, lines


def _build(file: File, root: Path, environ: Mapping[str, str]) -> Config:
    zone = ZoneInfo(file.column.timezone)
    return Config(
        root=root,
        state=root / ".weektech",
        title=file.column.title,
        site=file.column.site,
        zone=zone,
        language=file.column.language,
        posts=root / file.column.posts,
        assets=tuple(root / folder for folder in file.column.assets),
        start=_start(file.column.start, zone),
        platforms={name: _platform(name, getattr(file, name), environ) for name in TOKENS},
        remote_pictures=file.pictures.remote,
        pacing={name: getattr(file.pacing, name).budget for name in TOKENS},
        most_sends=file.guards.most_sends,
        most_removed=file.guards.most_removed,
        in_doubt=file.sending.in_doubt,
        destinations=tuple(_destination(name, part) for name, part in file.destinations.items()),
        database=Secret(_database(environ.get("DATABASE_URL", "").strip(), root)),
        release=_release(file),
        comments=CommentRules(
            keep=file.comments.keep,
            names=file.comments.names,
            export=frozenset(file.comments.export),
            note=file.comments.note,
        ),
        secret=Secret(environ[SECRET].strip()) if environ.get(SECRET, "").strip() else None,
        roles=_roles(file),
    )


def _database(given: str, root: Path) -> str:
    """The ledger's address. A relative path starts at `root`: from another folder it would be another ledger.

    Raises ConfigError for what is neither an address nor a database's file: a slip must not begin a new ledger.
    """
    if "://" in given and not given.startswith("sqlite:///"):
        return given
    path = given.removeprefix("sqlite:///") or ".weektech/ledger.db"
    if given and not given.startswith("sqlite:///") and Path(path).suffix not in {".db", ".sqlite", ".sqlite3"}:
        raise ConfigError(
            "DATABASE_URL is no address of a database.",
            remedy="Write postgresql://user:password@host/name or sqlite:///ledger.db, or leave it empty for a file.",
        )
    return f"sqlite:///{root / path}"


def _start(value: str | None, zone: ZoneInfo) -> datetime | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _release(file: File) -> ReleaseRules:
    named = [name for name in TOKENS if getattr(file, name).author]
    return ReleaseRules(
        slot=file.column.slot,
        late=file.release.late,
        window=file.release.window,
        approval=file.release.approval,
        corrections=file.corrections.apply,
        quiet=file.corrections.quiet,
        tell=file.release.tell or next(iter(named), None),
    )


def _platform(name: str, part: PlatformPart, environ: Mapping[str, str]) -> PlatformConfig:
    token = next((environ[key].strip() for key in TOKENS[name] if environ.get(key, "").strip()), None)
    # In a private chat the chat is the person.
    own = {part.author} if part.author and PLATFORMS[name].own is Kind.PRIVATE else set[str]()
    return PlatformConfig(
        token=Secret(token) if token else None,
        proxy=part.proxy,
        api=part.api,
        author=part.author,
        admins=frozenset(part.admins) or frozenset(own),
        hook=hook(part.webhook, environ) if isinstance(part, TelegramPart) else None,
    )


def _roles(file: File) -> Mapping[str, str]:
    part = file.discord.roles
    return {**({"": part.column} if part.column else {}), **part.sections}


def _destination(name: str, part: DestinationPart) -> Destination:
    return Destination(
        name=name,
        platform=part.platform,
        kind=part.meant,
        chat=part.chat,
        topic=part.topic,
        format=part.format,
        pin=part.pin,
        crosspost=part.crosspost is not False,
        tags=part.tags,
        silent=part.silent,
        preview=part.preview,
        inert=part.inert,
        role=part.role,
    )
