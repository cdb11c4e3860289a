"""The words of config.yaml: which keys there are, what may stand behind them, and what the author reads otherwise."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bots.durations import parse_duration
from bots.model import Format, Kind
from bots.pacing import PLATFORMS as PACING
from bots.pacing import Platform
from bots.platforms import PLATFORMS
from bots.platforms.hooks import on_this_machine
from bots.releases import Slot

KINDS: Mapping[str, tuple[Kind, ...]] = {
    "telegram": (Kind.CHANNEL, Kind.SUPERGROUP, Kind.GROUP, Kind.TOPIC, Kind.PRIVATE),
    "discord": (Kind.TEXT, Kind.ANNOUNCEMENT, Kind.FORUM, Kind.THREAD),
}
"""The kinds of destination each platform has."""
MOST_TAGS = 5
"""Of a forum post (discord.md 4.4)."""

FASTEST = {"telegram": 28.0, "discord": 47.0}
"""Calls a second below which nothing is refused: 30 and 50 are documented, and calls arrive unevenly."""

_DIGESTED = (Kind.ANNOUNCEMENT, Kind.FORUM)


def _is_public(chat: str) -> bool:
    """`@name` or the id of a channel or supergroup: those lie below -10^12."""
    return bool(re.fullmatch(r"@\w+|-100\d{10,}", chat))


def _is_group(chat: str) -> bool:
    return bool(re.fullmatch(r"-\d+", chat)) and not _is_public(chat)


_SUPERGROUP = "@name or the group's numeric id, which starts with -100"
_CHANNEL_ID = "the numeric id of a Discord channel (Copy Channel ID in the channel's menu)"
_CHATS: Mapping[Kind, tuple[Callable[[str], bool], str]] = {
    Kind.CHANNEL: (_is_public, "@channelname or the channel's numeric id, which starts with -100"),
    Kind.SUPERGROUP: (_is_public, _SUPERGROUP),
    Kind.TOPIC: (_is_public, _SUPERGROUP),
    Kind.GROUP: (_is_group, "the group's numeric id: a minus and digits, not starting with -100"),
    Kind.PRIVATE: (str.isdecimal, "the reader's numeric id, not a @name"),
    Kind.TEXT: (str.isdecimal, _CHANNEL_ID),
    Kind.ANNOUNCEMENT: (str.isdecimal, _CHANNEL_ID),
    Kind.FORUM: (str.isdecimal, _CHANNEL_ID),
    Kind.THREAD: (str.isdecimal, "the numeric id of a Discord thread (Copy Thread ID in the thread's menu)"),
}
"""What a chat of each kind is called, and how to say so."""


def _words(kinds: Iterable[Kind]) -> str:
    *most, last = kinds
    return f"{', '.join(most)} or {last}"


def _zone(name: str) -> str:
    if name not in available_timezones():
        near = difflib.get_close_matches(name, available_timezones(), n=1)
        raise ValueError(f"unknown time zone {name!r}" + (f", did you mean {near[0]!r}?" if near else ""))
    return name


def _proxy(address: str | None) -> str | None:
    if address and not address.startswith(("http://", "https://")):
        raise ValueError("a proxy is an http:// or https:// address")
    return address


def _pushable(url: str) -> str:
    """What Telegram pushes to: https on one of four ports (telegram.md 4.3); a rehearsal to this machine only."""
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise ValueError("url is no address") from None
    if on_this_machine(url) and parts.scheme == "http":
        return url
    if parts.scheme != "https" or not parts.hostname or port not in (443, 80, 88, 8443):
        raise ValueError("url is an https:// address on port 443, 80, 88 or 8443: Telegram pushes to no other")
    return url


def _path(path: str | None) -> str | None:
    if path and not re.fullmatch(r"/[\w\-./~]*", path):
        raise ValueError("path begins with / and holds nothing that had to be escaped")
    return path


def _empty(value: object) -> object:
    """A key with nothing behind it means the same as no key."""
    return None if value == "" else value


def _day(value: str | None) -> str | None:
    if value is not None:
        try:
            datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(f"{value!r} is not a date: write it as 2026-11-21") from None
    return value


def _role(value: str | None) -> str | None:
    if value is not None and not value.isdecimal():
        raise ValueError(f"{value!r} is no role: write its numeric id (Copy Role ID in the server's settings)")
    return value


Zone = Annotated[str, AfterValidator(_zone)]
Maybe = Annotated[str | None, BeforeValidator(_empty)]
Day = Annotated[Maybe, AfterValidator(_day)]
Role = Annotated[str, AfterValidator(_role)]


def _slot(value: object) -> object:
    return Slot.parse(value) if isinstance(value, str) else value


def _length(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


SlotOfWeek = Annotated[Slot | None, BeforeValidator(lambda value: _slot(_empty(value)))]
Length = Annotated[timedelta, BeforeValidator(_length)]
MaybeLength = Annotated[timedelta | None, BeforeValidator(lambda value: _length(_empty(value)))]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnPart(_Part):
    title: str = ""
    site: Maybe = None
    timezone: Zone = "UTC"
    language: Literal["zh", "en"] = "en"
    posts: str = "posts"
    assets: tuple[str, ...] = ()
    start: Day = None
    slot: SlotOfWeek = None


class PlatformPart(_Part):
    proxy: Annotated[Maybe, AfterValidator(_proxy)] = None
    api: Maybe = None
    author: Maybe = None
    admins: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _are_ids(self) -> PlatformPart:
        # Names can be given up and taken by somebody else; ids can't.
        if not all(admin.isdecimal() for admin in self.admins):
            raise ValueError("admins are numeric ids of people, not their names")
        return self


class WebhookPart(_Part):
    """Where Telegram pushes updates to. The secret that goes with them comes from the environment."""

    url: Annotated[str, AfterValidator(_pushable)]
    port: int | None = Field(default=None, ge=1, le=65535)
    path: Annotated[Maybe, AfterValidator(_path)] = None


class TelegramPart(PlatformPart):
    webhook: Annotated[WebhookPart | None, BeforeValidator(_empty)] = None


class RolesPart(_Part):
    """Roles that readers give themselves."""

    column: Annotated[Maybe, AfterValidator(_role)] = None
    sections: dict[str, Role] = {}


class DiscordPart(PlatformPart):
    roles: RolesPart = RolesPart()


class PicturesPart(_Part):
    remote: Literal["fetch", "link"] = "fetch"


class GuardsPart(_Part):
    """How much a single run may do before it asks."""

    most_sends: int = Field(default=500, ge=1)
    most_removed: float = Field(default=0.2, ge=0, le=1)


class ReleasePart(_Part):
    """What a running weektech does about the hour."""

    late: Literal["publish", "ask", "skip"] = "ask"
    window: Length = timedelta(hours=24)
    approval: MaybeLength = None
    tell: Literal["telegram", "discord"] | None = None


class CorrectionsPart(_Part):
    apply: Literal["auto", "ask", "manual"] = "auto"
    quiet: Length = timedelta(minutes=10)


class SendingPart(_Part):
    """What to do where a platform leaves us without an answer."""

    in_doubt: Literal["ask", "resend", "skip"] = "ask"


class CommentsPart(_Part):
    """What is kept of readers' answers, and who may see it."""

    keep: MaybeLength = timedelta(days=365)
    names: Literal["full", "initials"] = "full"
    export: tuple[str, ...] = ()
    note: MaybeLength = timedelta(days=3)


class PacePart(_Part):
    """How fast one platform is written to; what is left out is as usual."""

    platform: ClassVar[str]
    rate: float | None = Field(default=None, gt=0)
    spacing: float | None = Field(default=None, ge=0, le=3600)
    most: int | None = Field(default=None, ge=1, le=1000)
    window: float | None = Field(default=None, gt=0, le=3600)
    reserve: float | None = Field(default=None, gt=0)

    @property
    def budget(self) -> Platform:
        """The platform's budget with the author's figures in it."""
        usual = PACING[self.platform]
        chat = self.model_dump(include={"spacing", "most", "window"}, exclude_none=True)
        private = chat if usual.private.most else {key: chat[key] for key in chat if key == "spacing"}
        rate = self.rate or usual.rate
        return replace(
            usual,
            rate=rate,
            reserve=self.reserve or min(usual.reserve, rate / 5),
            chat=replace(usual.chat, **chat),
            private=replace(usual.private, **private),
        )

    @model_validator(mode="after")
    def _fits(self) -> PacePart:
        fastest = FASTEST[self.platform]
        if self.budget.rate > fastest:
            raise ValueError(f"rate is at most {fastest:g} calls a second: the platform takes hardly more")
        if self.budget.reserve >= self.budget.rate:
            raise ValueError(f"reserve is a part of the rate ({self.budget.rate:g}): publishing needs the rest")
        return self


class TelegramPace(PacePart):
    platform = "telegram"


class DiscordPace(PacePart):
    platform = "discord"


class PacingPart(_Part):
    telegram: TelegramPace = TelegramPace()
    discord: DiscordPace = DiscordPace()


class DestinationPart(_Part):
    platform: Literal["telegram", "discord"]
    kind: Kind | None = None
    chat: str = Field(min_length=1)
    topic: Maybe = None
    format: Format = Format.FULL
    pin: bool = False
    crosspost: bool | None = None
    tags: tuple[str, ...] = ()
    silent: bool = False
    preview: bool = True
    inert: bool = True
    role: Maybe = None

    @property
    def meant(self) -> Kind:
        """The kind, the plain public one where none is named."""
        return self.kind or PLATFORMS[self.platform].kind

    @model_validator(mode="after")
    def _fits(self) -> DestinationPart:
        if self.meant not in KINDS[self.platform]:
            raise ValueError(f"a {self.platform} destination is of kind {_words(KINDS[self.platform])}")
        wrong = next((why for applies, why in self._rules() if applies), None)
        if wrong is not None:
            raise ValueError(wrong)
        return self

    def _rules(self) -> Iterator[tuple[bool, str]]:
        """What can't be, and what the author reads then."""
        kind, topic = self.meant, self.topic
        right, words = _CHATS[kind]
        yield not right(self.chat), f"chat of kind {kind} is {words}"
        yield topic is not None and kind is not Kind.TOPIC, "topic needs kind: topic"
        yield kind is Kind.TOPIC and topic is None, "kind topic needs the key topic: the number of the topic"
        yield topic is not None and not topic.isdecimal(), "topic is a number: the last but one of a message's link"
        yield topic == "1", "topic 1 is General, which is the group itself: use kind supergroup and no topic"
        yield bool(self.tags) and kind is not Kind.FORUM, "tags need kind: forum"
        yield len(self.tags) > MOST_TAGS, f"tags are at most {MOST_TAGS}"
        yield self.crosspost is not None and kind is not Kind.ANNOUNCEMENT, "crosspost needs kind: announcement"
        digest = self.format is Format.DIGEST
        yield digest and kind in _DIGESTED, f"kind {kind} starts with a digest already: leave format out"
        role = self.role is not None and (self.platform != "discord" or not self.role.isdigit())
        yield role, "role is the numeric id of a Discord role"


class File(_Part):
    """The whole of config.yaml."""

    column: ColumnPart = ColumnPart()
    telegram: TelegramPart = TelegramPart()
    discord: DiscordPart = DiscordPart()
    pictures: PicturesPart = PicturesPart()
    guards: GuardsPart = GuardsPart()
    release: ReleasePart = ReleasePart()
    corrections: CorrectionsPart = CorrectionsPart()
    sending: SendingPart = SendingPart()
    comments: CommentsPart = CommentsPart()
    pacing: PacingPart = PacingPart()
    destinations: dict[str, DestinationPart] = {}
