"""The page of a rehearsal: all chats, read from the servers' own memory, on a port of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo

from aiohttp import web

from bots.pages import Chat as View
from bots.pages import policy, rehearsal_page
from bots.rehearsal.discord.state import State as DiscordState
from bots.rehearsal.show_discord import discord_view
from bots.rehearsal.show_telegram import telegram_view
from bots.rehearsal.telegram import Chat

SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"BM": "image/bmp",
}
"""What a browser may draw, by its first bytes; anything else is a download, so that no upload becomes a page."""


@dataclass(frozen=True, slots=True)
class TelegramPlace:
    """A chat, or one topic of it."""

    chat: Chat
    topic: int = 0


@dataclass(frozen=True, slots=True)
class DiscordPlace:
    """A channel with its threads, by its id."""

    channel: int


Place = TelegramPlace | DiscordPlace


@dataclass(frozen=True, slots=True)
class Stage:
    """What the page shows: its places by their names, in this order, times in one zone."""

    places: Mapping[str, Place]
    """Name of a chat on the page, fit for an address, such as "telegram-channel"."""
    discord: DiscordState
    zone: tzinfo = UTC
    title: str = "Rehearsal"

    def html(self) -> str:
        return rehearsal_page([self._view(name, place) for name, place in self.places.items()], self.title)

    def chat(self, number: int) -> Chat | None:
        """The Telegram chat with this id, if the page shows it."""
        there = (place.chat for place in self.places.values() if isinstance(place, TelegramPlace))
        return next((chat for chat in there if chat.id == number), None)

    def _view(self, name: str, place: Place) -> View:
        if isinstance(place, TelegramPlace):
            return telegram_view(place.chat, self.zone, topic=place.topic, anchor=name)
        return discord_view(self.discord, place.channel, self.zone, anchor=name)


def page_application(stage: Stage) -> web.Application:
    """The page at `/` and its pictures beneath `/media/`; `bots.rehearsal.serving` runs it and checks the Host."""
    app = web.Application()
    app[_STAGE] = stage
    app.router.add_get("/", _index)
    app.router.add_get(r"/media/telegram/{chat:-?\d{1,19}}/{number:\d{1,19}}", _telegram_media)
    app.router.add_get(r"/media/discord/{number:\d{1,19}}", _discord_media)
    return app


_STAGE = web.AppKey("stage", Stage)


async def _index(request: web.Request) -> web.Response:
    headers = {
        "Content-Security-Policy": policy() + "; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return web.Response(text=request.app[_STAGE].html(), content_type="text/html", headers=headers)


async def _telegram_media(request: web.Request) -> web.Response:
    chat = request.app[_STAGE].chat(int(request.match_info["chat"]))
    message = chat.find(int(request.match_info["number"])) if chat else None
    if message is None or message.media is None:
        raise web.HTTPNotFound
    return _file(message.media.content)


async def _discord_media(request: web.Request) -> web.Response:
    found = request.app[_STAGE].discord.file(int(request.match_info["number"]))
    if found is None:
        raise web.HTTPNotFound
    return _file(found.content)


def _file(content: bytes) -> web.Response:
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    kind = _kind(content)
    if not kind:
        headers["Content-Disposition"] = "attachment"
    return web.Response(body=content, content_type=kind or "application/octet-stream", headers=headers)


def _kind(content: bytes) -> str:
    """The picture's type as its bytes say it, whatever its sender called it; empty for anything else."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in SIGNATURES.items() if content.startswith(start)), "")
