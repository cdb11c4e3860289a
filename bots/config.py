"""config.yaml and the environment, read once into frozen values.

Secrets come from the environment alone, or from `.env` beside config.yaml; a token in config.yaml is refused.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from dotenv import dotenv_values
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from bots.errors import ConfigError
from bots.model import Destination, Kind
from bots.platforms import PLATFORMS
from bots.redaction import Secret
from bots.yamlfile import Lines, load_yaml

TOKENS = {"telegram": ("TELEGRAM_BOT_TOKEN", "TELEGRAM_TOKEN"), "discord": ("DISCORD_BOT_TOKEN", "DISCORD_TOKEN")}
"""The names a token is looked up under, the documented one first; the others are what people have already."""


def _zone(name: str) -> str:
    if name not in available_timezones():
        near = difflib.get_close_matches(name, available_timezones(), n=1)
        raise ValueError(f"unknown time zone {name!r}" + (f", did you mean {near[0]!r}?" if near else ""))
    return name


def _proxy(address: str | None) -> str | None:
    if address and not address.startswith(("http://", "https://")):
        raise ValueError("a proxy is an http:// or https:// address")
    return address


def _empty(value: object) -> object:
    """A key with nothing behind it means the same as no key."""
    return None if value == "" else value


Zone = Annotated[str, AfterValidator(_zone)]
Maybe = Annotated[str | None, BeforeValidator(_empty)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnPart(_Part):
    title: str = ""
    site: Maybe = None
    timezone: Zone = "UTC"
    language: Literal["zh", "en"] = "en"
    posts: str = "posts"
    assets: tuple[str, ...] = ()
    start: Maybe = None


class PlatformPart(_Part):
    proxy: Annotated[Maybe, AfterValidator(_proxy)] = None
    api: Maybe = None
    author: Maybe = None


class PicturesPart(_Part):
    remote: Literal["fetch", "link"] = "fetch"


class GuardsPart(_Part):
    """How much a single run may do before it asks."""

    most_sends: int = Field(default=500, ge=1)
    most_removed: float = Field(default=0.2, ge=0, le=1)


class DestinationPart(_Part):
    platform: Literal["telegram", "discord"]
    kind: Kind | None = None
    chat: str = Field(min_length=1)
    silent: bool = False
    preview: bool = True
    inert: bool = True
    role: Maybe = None

    @model_validator(mode="after")
    def _fits(self) -> DestinationPart:
        usual = PLATFORMS[self.platform].kind
        if self.kind not in (None, usual):
            raise ValueError(f"a {self.platform} destination is of kind {usual.value!r}")
        if self.role is not None and (self.platform != "discord" or not self.role.isdigit()):
            raise ValueError("role is the numeric id of a Discord role")
        if self.platform == "discord" and not self.chat.isdigit():
            raise ValueError("chat is the numeric id of a Discord channel (Copy Channel ID in the channel's menu)")
        if self.platform == "telegram" and not (self.chat.startswith("@") or self.chat.lstrip("-").isdigit()):
            raise ValueError("chat is @channelname or the channel's numeric id, which starts with -100")
        return self


class File(_Part):
    """The whole of config.yaml."""

    column: ColumnPart = ColumnPart()
    telegram: PlatformPart = PlatformPart()
    discord: PlatformPart = PlatformPart()
    pictures: PicturesPart = PicturesPart()
    guards: GuardsPart = GuardsPart()
    destinations: dict[str, DestinationPart] = {}


@dataclass(frozen=True, slots=True)
class PlatformConfig:
    """What one platform needs. `token` is None when the environment has none."""

    token: Secret | None
    proxy: str | None = None
    api: str | None = None
    """Base address of another API server: a self-hosted one, or a rehearsal."""
    author: str | None = None
    """Chat that `weektech test` sends to."""


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
    most_sends: int
    most_removed: float
    destinations: tuple[Destination, ...]
    database: Secret

    def destination(self, name: str) -> Destination:
        """The destination of that name; ConfigError with the nearest name otherwise."""
        for candidate in self.destinations:
            if candidate.name == name:
                return candidate
        names = [d.name for d in self.destinations]
        raise ConfigError(f"there is no destination {name!r}.", remedy=_did_you_mean(name, names))


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read `path`; a missing file means the defaults, so that rendering works in any folder."""
    data, lines = _read(path)
    return _build(_validate(data, lines, path), path.parent.resolve(), _environment(path.parent, environ))


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


def _validate(data: Mapping[str, Any], lines: Lines, path: Path) -> File:
    try:
        return File.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = tuple(str(part) for part in first["loc"])
        line = _line(lines, where)
        if first["type"] == "extra_forbidden":
            if "token" in where[-1].lower():
                raise ConfigError(
                    f"{'.'.join(where)}: tokens don't belong into config.yaml.",
                    path=path,
                    line=line,
                    remedy="Put it into the environment or into .env, and revoke it if it was committed.",
                ) from None
            raise ConfigError(
                f"unknown key {'.'.join(where)!r}.",
                path=path,
                line=line,
                remedy=_did_you_mean(where[-1], _siblings(where[:-1])),
            ) from None
        what = first["msg"].removeprefix("Value error, ")
        raise ConfigError(f"{'.'.join(where)}: {what}.", path=path, line=line) from None


def _line(lines: Lines, where: tuple[str, ...]) -> int | None:
    """Line of the deepest key on the way to `where` that the file really has."""
    while where and where not in lines:
        where = where[:-1]
    return lines.get(where)


def _siblings(where: tuple[str, ...]) -> Iterable[str]:
    """The keys that are allowed beside an unknown one."""
    if not where:
        return File.model_fields
    if where[0] == "destinations":
        return DestinationPart.model_fields
    part = File.model_fields[where[0]].annotation if where[0] in File.model_fields else None
    return part.model_fields if isinstance(part, type) and issubclass(part, BaseModel) else ()


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    choices = list(known)
    near = difflib.get_close_matches(word, choices, n=1)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"Known here: {', '.join(choices)}." if choices else "config.yaml names none."


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
        most_sends=file.guards.most_sends,
        most_removed=file.guards.most_removed,
        destinations=tuple(_destination(name, part) for name, part in file.destinations.items()),
        database=Secret(environ.get("DATABASE_URL") or f"sqlite:///{root / '.weektech' / 'ledger.db'}"),
    )


def _start(value: str | None, zone: ZoneInfo) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ConfigError(f"column.start: {value!r} is not a date.", remedy="Write it as 2026-11-21.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _platform(name: str, part: PlatformPart, environ: Mapping[str, str]) -> PlatformConfig:
    token = next((environ[key].strip() for key in TOKENS[name] if environ.get(key, "").strip()), None)
    return PlatformConfig(token=Secret(token) if token else None, proxy=part.proxy, api=part.api, author=part.author)


def _destination(name: str, part: DestinationPart) -> Destination:
    return Destination(
        name=name,
        platform=part.platform,
        kind=PLATFORMS[part.platform].kind,
        chat=part.chat,
        silent=part.silent,
        preview=part.preview,
        inert=part.inert,
        role=part.role,
    )
