"""A local Telegram with chats of every standing, and short words for calling it by hand."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import Image

from bots.rehearsal.telegram import NO_LIMITS, Bot, Chat, ChatKind, File, Reply, Standing, Telegram

TOKEN = "4242:made-up"
CHANNEL = -1001
BAD = "Bad Request: "


class HandClock:
    """A clock that only moves when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime(2026, 11, 20, 9, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def picture(width: int = 40, height: int = 30, kind: str = "PNG") -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (width, height), "navy").save(content, kind)
    return content.getvalue()


def chats() -> list[Chat]:
    return [
        Chat(CHANNEL, title="Column", username="column"),
        Chat(-1002, title="No posting", can_post=False),
        Chat(-1003, title="Thrown out", standing=Standing.KICKED),
        Chat(-1004, title="Never in", standing=Standing.LEFT),
        Chat(-5, ChatKind.GROUP, title="Old group", migrated_to=-1006),
        Chat(-1006, ChatKind.SUPERGROUP, title="Group", standing=Standing.MEMBER),
        Chat(7, ChatKind.PRIVATE, title="Reader"),
        Chat(8, ChatKind.PRIVATE, title="Blocks us", standing=Standing.BLOCKED),
        Chat(9, ChatKind.PRIVATE, title="Unknown to us", standing=Standing.STRANGER),
        Chat(-1007, title="Keeps its posts", protected=True),
        Chat(-1008, title="Editors", can_edit=True, can_delete=True),
    ]


def world_of(clock: HandClock) -> Telegram:
    """Our bot and another one in all those chats, without rate windows."""
    return Telegram([Bot(TOKEN), Bot("77:other", "other_bot")], chats(), clock, NO_LIMITS)


def call(world: Telegram, method: str, files: Mapping[str, File] | None = None, **params: Any) -> Reply:
    return world.call(TOKEN, method, {"chat_id": CHANNEL, **params}, files)


def post(world: Telegram, text: str = "hello", **params: Any) -> int:
    """Send a message, give its id."""
    reply = call(world, "sendMessage", text=text, **params)
    assert reply.ok, reply.description
    return int(reply.result["message_id"])


def upload(content: bytes, name: str = "a.png") -> dict[str, File]:
    return {"photo": File(name, content)}


def send_picture(world: Telegram, **params: Any) -> Reply:
    return call(world, "sendPhoto", upload(picture()), **params)
