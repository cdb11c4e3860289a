"""A planned body and its files as discord.py's HTTP client takes them, and the statuses its calls met on the way.

The typed `send(content, embeds=…, files=…)` would have to be given every field of the body anew, and a field that is
not among its parameters would be lost without a word. `MultipartParameters` is what that method builds in the end;
building it here puts exactly the JSON on the wire that `render --json` printed and the ledger hashed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
from discord.http import MultipartParameters

from bots.errors import InDoubt
from bots.platforms.base import Files


@dataclass(slots=True)
class Tries:
    """The requests of one call, discord.py's own repetitions included."""

    once: bool = False
    """True: a request whose outcome is unknown is not repeated."""
    started: int = 0
    statuses: list[int] = field(default_factory=list)
    """Of the answers so far."""

    def start(self) -> None:
        """Raises InDoubt where another request could double what an earlier one did; a 429 did nothing."""
        if self.once and self.started > self.statuses.count(429):
            raise InDoubt("The answer to the call was lost; it may have been carried out.", code="not repeated")
        self.started += 1


_TRIES: ContextVar[Tries | None] = ContextVar("tries", default=None)


def parameters(body: Mapping[str, Any], files: Files) -> MultipartParameters:
    """JSON alone, or with a part `files[n]` for each entry of `attachments` that is uploaded with the call."""
    found = [(each, files.get(each.get("filename"))) for each in _said(body).get("attachments", ())]
    # Discord has no lasting ids of pictures sent before: what is not bytes is none of ours.
    parts = [(each, content) for each, content in found if isinstance(content, bytes)]
    if not parts:
        return MultipartParameters(payload=dict(body), multipart=None, files=None)
    uploads = [discord.File(BytesIO(content), filename=each["filename"]) for each, content in parts]
    form: list[dict[str, Any]] = [{"name": "payload_json", "value": json.dumps(body, ensure_ascii=False)}]
    form += [_part(each["id"], upload) for (each, _), upload in zip(parts, uploads, strict=True)]
    return MultipartParameters(payload=None, multipart=form, files=uploads)


def _part(number: int | str, upload: discord.File) -> dict[str, Any]:
    kind = "application/octet-stream"
    return {"name": f"files[{number}]", "value": upload.fp, "filename": upload.filename, "content_type": kind}


def _said(body: Mapping[str, Any]) -> Mapping[str, Any]:
    said = body.get("message", body)
    return said if isinstance(said, Mapping) else body


def watch(*, once: bool = False) -> Tries:
    """From here on, in this task: the requests made and their answers."""
    tries = Tries(once)
    _TRIES.set(tries)
    return tries


def tracer() -> aiohttp.TraceConfig:
    """Fills what `watch` returned; the client is given it once."""
    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(_start)
    trace.on_request_end.append(_note)
    return trace


async def _start(_session: object, _context: SimpleNamespace, _start: aiohttp.TraceRequestStartParams) -> None:
    if (tries := _TRIES.get()) is not None:
        tries.start()


async def _note(_session: object, _context: SimpleNamespace, end: aiohttp.TraceRequestEndParams) -> None:
    if (tries := _TRIES.get()) is not None:
        tries.statuses.append(end.response.status)


def message_id(data: object) -> str:
    """The id in Discord's answer; ValueError for anything but a message, such as a proxy's page under status 200."""
    if isinstance(data, Mapping) and isinstance(data.get("id"), str):
        return str(data["id"])
    raise ValueError("the answer is not a message")


def same(posted: discord.Message, nonce: str, content: str, names: Sequence[str]) -> bool:
    """True when a message out there is the one a lost call created.

    Whether history gives nonces back is not known, so equal text with the same files counts as well. Discord trims the
    text at both ends.
    """
    if posted.nonce is not None and str(posted.nonce) == nonce:
        return True
    return posted.content == content.strip() and [each.filename for each in posted.attachments] == list(names)
