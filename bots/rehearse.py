"""The rehearsal as a whole: both local servers, the page, and the column turned to face them."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bots.clock import Clock, SystemClock
from bots.config import Config, PlatformConfig
from bots.model import Destination
from bots.platforms import PLATFORMS
from bots.redaction import Secret
from bots.rehearsal.discord.api import Discord
from bots.rehearsal.discord.server import application as discord_application
from bots.rehearsal.discord.state import State as DiscordState
from bots.rehearsal.page import Stage, page_application
from bots.rehearsal.serving import serve
from bots.rehearsal.telegram import Bot, Chat, Telegram
from bots.rehearsal.telegram import make_app as telegram_application

_TELEGRAM_TOKEN = "1:rehearsal"  # noqa: S105 - opens nothing but the server made here


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A stage that is set: the column as it would be, with both platforms replaced by local ones."""

    config: Config
    clock: Clock
    page: str
    """Address of the page that shows both chats."""


@asynccontextmanager
async def stage(config: Config, *, port: int, speed: float) -> AsyncIterator[Rehearsal]:
    """Start a local Telegram, a local Discord and the page. Real tokens, chats and the real ledger are not used.

    With `speed` 60 a rehearsed minute takes a second: every rate window is kept, nobody waits for it.
    """
    clock = SystemClock(speed)
    title = config.title or "weektech"
    channel = Chat(-1001000000001, title=title, username="rehearsal")
    telegram = Telegram([Bot(_TELEGRAM_TOKEN)], [channel], clock)
    discord = Discord(DiscordState(clock))
    text = discord.state.add_channel(discord.state.add_guild(title).id, "weekly")
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="weektech-rehearsal-")))
        apis = {
            "telegram": (_TELEGRAM_TOKEN, await stack.enter_async_context(serve(telegram_application(telegram)))),
            "discord": (discord.token, await stack.enter_async_context(serve(discord_application(discord)))),
        }
        view = Stage(channel, discord.state, text.id, config.zone, title)
        page = await stack.enter_async_context(serve(page_application(view), port))
        destinations = (
            Destination("telegram", "telegram", PLATFORMS["telegram"].kind, "@rehearsal"),
            Destination("discord", "discord", PLATFORMS["discord"].kind, str(text.id)),
        )
        facing = replace(
            config,
            state=folder,
            database=Secret(f"sqlite:///{folder / 'ledger.db'}"),
            platforms={name: PlatformConfig(Secret(token), api=api) for name, (token, api) in apis.items()},
            destinations=destinations,
        )
        yield Rehearsal(facing, clock, page + "/")
