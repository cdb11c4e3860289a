"""One planned call, made: files attached, and what the server says against it in our words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from bots.errors import Rejected
from bots.platforms.base import Files
from bots.platforms.telegram import wire
from bots.platforms.telegram.client import SilentBot, translated
from bots.platforms.telegram.edits import Call
from bots.platforms.telegram.errors import STALE, refuses_file


async def carried_out(bot: SilentBot, chat: str, call: Call, files: Files, more: Mapping[str, Any]) -> Any:
    """The library's answer; `more` goes to the Bot's method. Raises SendError.

    The camel-case names of the Bot's methods are those of the Bot API.
    """
    arguments = wire.arguments(call, files)
    method = getattr(bot, call.method)
    try:
        return await translated(partial(method, chat_id=chat, **more, **arguments))
    except Rejected as refused:
        known = any(isinstance(content, str) for content in files.values())
        if not (known and refuses_file(refused)):
            raise
    raise Rejected("Telegram does not know a picture any more that was sent before.", code=STALE)
