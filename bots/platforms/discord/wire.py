"""A planned body and its files as discord.py's HTTP client takes them, and the statuses its calls met on the way.

The typed `send(content, embeds=…, files=…)` would have to be given every field of the body anew, and a field that is
not among its parameters would be lost without a word. `MultipartParameters` is what that method builds in the end;
building it here puts exactly the JSON on the wire that `render --json` printed and the ledger hashed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
from discord.http import MultipartParameters

_STATUSES: ContextVar[list[int] | None] = ContextVar("statuses", default=None)


def parameters(body: Mapping[str, Any], files: Mapping[str, bytes]) -> MultipartParameters:
    """JSON alone, or with a part `files[n]` for each entry of `attachments` that is uploaded with the call."""
    parts = [each for each in body.get("attachments", ()) if each.get("filename") in files]
    if not parts:
        return MultipartParameters(payload=dict(body), multipart=None, files=None)
    uploads = [discord.File(BytesIO(files[each["filename"]]), filename=each["filename"]) for each in parts]
    form: list[dict[str, Any]] = [{"name": "payload_json", "value": json.dumps(body, ensure_ascii=False)}]
    form += [_part(each["id"], upload) for each, upload in zip(parts, uploads, strict=True)]
    return MultipartParameters(payload=None, multipart=form, files=uploads)


def _part(number: int | str, upload: discord.File) -> dict[str, Any]:
    kind = "application/octet-stream"
    return {"name": f"files[{number}]", "value": upload.fp, "filename": upload.filename, "content_type": kind}


def watch() -> list[int]:
    """From here on, in this task: the statuses of every HTTP answer, discord.py's own repetitions included."""
    statuses: list[int] = []
    _STATUSES.set(statuses)
    return statuses


def tracer() -> aiohttp.TraceConfig:
    """Fills what `watch` returned; the client is given it once."""
    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(_note)
    return trace


async def _note(_session: aiohttp.ClientSession, _context: SimpleNamespace, end: aiohttp.TraceRequestEndParams) -> None:
    statuses = _STATUSES.get()
    if statuses is not None:
        statuses.append(end.response.status)


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
