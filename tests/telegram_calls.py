"""Planned Telegram calls, and servers that answer them: the rehearsal, or one that says what a test wants to hear."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from aiohttp import web
from PIL import Image

from bots.clock import SystemClock
from bots.model import Destination, Kind, Message, Upload
from bots.platforms.base import Attempt
from bots.platforms.telegram.send import TelegramSender
from bots.rehearsal.serving import serve
from bots.rehearsal.telegram import NO_LIMITS, Bot, Chat, Telegram, make_app

TOKEN = "123456789:" + "A" * 35
CHANNEL = Destination("channel", "telegram", Kind.CHANNEL, "-1001234567890")


def attempt() -> Attempt:
    return Attempt("key", "nonce", SystemClock().now())


def text(words: str, **more: Any) -> Message:
    return Message("section", 1, "sendMessage", {"text": words, **more}, words)


def photo(words: str, source: str) -> Message:
    body = {"photo": "attach://1.png", "caption": words}
    return Message("section", 1, "sendPhoto", body, words, (Upload("1.png", source),))


def document(words: str, source: str) -> Message:
    body = {"document": "attach://1.png", "caption": words}
    return Message("section", 1, "sendDocument", body, words, (Upload("1.png", source),))


def album(words: str, *sources: str, kind: str = "photo") -> Message:
    media: list[dict[str, Any]] = [{"type": kind, "media": f"attach://{n}.png"} for n, _ in enumerate(sources, 1)]
    media[0]["caption"] = words
    files = tuple(Upload(f"{n}.png", source) for n, source in enumerate(sources, 1))
    return Message("section", 1, "sendMediaGroup", {"media": media}, words, files)


def png(width: int = 30) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, 20)).save(out, "PNG")
    return out.getvalue()


@asynccontextmanager
async def opened(base: str, proxy: str | None = None) -> AsyncIterator[TelegramSender]:
    sender = TelegramSender(TOKEN, base_url=base, proxy=proxy, answer_within=2.0)
    await sender.open()
    try:
        yield sender
    finally:
        await sender.close()


@asynccontextmanager
async def rehearsal(chat: Chat) -> AsyncIterator[TelegramSender]:
    server = Telegram([Bot(TOKEN)], [chat], SystemClock(), NO_LIMITS)
    async with serve(make_app(server)) as base, opened(base) as sender:
        yield sender


@dataclass
class Script:
    """A server that answers getMe properly and everything else as told."""

    status: int = 200
    body: str = ""
    seen: dict[str, Any] | None = None

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{anything:.*}", self.answer)
        return app

    async def answer(self, request: web.Request) -> web.Response:
        if request.path.endswith("/getMe"):
            me = {"id": 123456789, "is_bot": True, "first_name": "weektech", "username": "weektech_bot"}
            return web.json_response({"ok": True, "result": me})
        self.seen = dict(await request.post())
        return web.Response(status=self.status, text=self.body, content_type="application/json")


def refusal(status: int, description: str, **parameters: Any) -> tuple[int, str]:
    body = {"ok": False, "error_code": status, "description": description}
    return status, json.dumps(body | ({"parameters": parameters} if parameters else {}))
