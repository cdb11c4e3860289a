"""The aiohttp side of the local Discord: decode a request, hand it to `Discord`, encode the answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import BodyPartReader, web

from bots.rehearsal.discord import uploads
from bots.rehearsal.discord.api import Discord, route_name, takes_list
from bots.rehearsal.discord.gateway_wire import converse
from bots.rehearsal.discord.limits import Standing
from bots.rehearsal.discord.validation import REQUEST_BYTES
from bots.rehearsal.discord.wire import Answer, Call, FilePart, Refused
from bots.rehearsal.faults import Fault, Faults

PREFIX = "/api/v10"
_FILE_FIELD = re.compile(r"files?\[(\d+)\]")
_CHUNK = 64 * 1024

_PLANNED_WAITS = {Fault.RATE_SHORT: 0.3, Fault.RATE_LONG: 120.0, Fault.RATE_GLOBAL: 0.3}
"""Real seconds that a 429 on purpose asks for."""


def application(discord: Discord, faults: Faults | None = None) -> web.Application:
    """The server as an aiohttp application; it takes no thread and opens no port by itself."""
    front = _Front(discord, faults or Faults())
    app = web.Application(client_max_size=REQUEST_BYTES + _CHUNK)
    app.router.add_route("*", PREFIX + "/{path:.*}", front.rest)
    app.router.add_get("/gateway", front.gateway)
    app.router.add_get("/gateway/", front.gateway)
    app.router.add_get("/cdn/attachments/{channel}/{number}/{name}", front.cdn)
    app.on_shutdown.append(front.close)
    return app


def respond(answer: Answer) -> web.Response:
    """An answer on the wire. The content type carries no charset: discord.py compares it word for word."""
    body = b"" if answer.body is None else json.dumps(answer.body, ensure_ascii=False).encode()
    kind = "application/json" if answer.body is not None else None
    return web.Response(status=answer.status, body=body, headers=dict(answer.headers), content_type=kind)


class _Front:
    """The two handlers and what they share."""

    def __init__(self, discord: Discord, faults: Faults) -> None:
        self.discord, self.faults = discord, faults

    async def rest(self, request: web.Request) -> web.StreamResponse:
        name = route_name(request.method, _path(request))

        async def answer() -> web.Response:
            try:
                call = await read_call(request)
            except Refused as refusal:
                return respond(Answer(refusal.status, refusal.body()))
            return respond(self.discord.call(call))

        return await self.faults.apply(request, name, answer, self.refuse)

    async def gateway(self, request: web.Request) -> web.StreamResponse:
        return await converse(self.discord.gateway, request)

    async def cdn(self, request: web.Request) -> web.StreamResponse:
        """An attachment's bytes, under an address that was signed and hasn't expired."""
        number = request.match_info["number"]
        found = self.discord.state.file(int(number)) if number.isdecimal() else None
        query, now = request.query, self.discord.clock.now()
        if found is None or not uploads.good_signature(found.id, query.get("ex", ""), query.get("hm", ""), now):
            raise web.HTTPNotFound(text="This content is no longer available.")
        headers = {"Content-Type": found.content_type, "X-Content-Type-Options": "nosniff"}
        return web.Response(body=found.content, headers=headers)

    def refuse(self, fault: Fault) -> web.Response:
        """Discord's own words for a refusal on purpose."""
        if fault is Fault.REFUSED:
            return respond(Answer(400, Refused(400, 50035, "Invalid Form Body", {}).body()))
        speed = float(getattr(self.discord.clock, "speed", 1.0))
        standing = Standing("planned", 5, 0, _PLANNED_WAITS[fault] * speed, refused=True)
        return respond(self.discord.limited(standing, everyone=fault is Fault.RATE_GLOBAL))

    async def close(self, app: web.Application) -> None:
        self.faults.release()
        self.discord.gateway.drop(1001)


async def read_call(request: web.Request) -> Call:
    """The request decoded; raises Refused for a body that is too large or isn't JSON."""
    if (request.content_length or 0) > REQUEST_BYTES:
        await _swallow(request)
        raise Refused(413, 40005, "Request entity too large")
    body, files, size = await _multipart(request) if _is_multipart(request) else await _plain(request)
    items = tuple(body) if isinstance(body, list) else None
    return Call(
        method=request.method,
        path=_path(request),
        token=request.headers.get("Authorization", ""),
        query=dict(request.query),
        body={} if isinstance(body, list) else body,
        items=items,
        files=files,
        size=size,
        origin=f"http://{request.host}",
    )


async def _swallow(request: web.Request) -> None:
    """Read a body that is refused anyway: an answer before its end would look like a broken connection."""
    async for _ in request.content.iter_chunked(_CHUNK):
        pass


def _path(request: web.Request) -> str:
    return "/" + request.match_info["path"]


def _is_multipart(request: web.Request) -> bool:
    return request.content_type == "multipart/form-data"


async def _plain(request: web.Request) -> tuple[Mapping[str, Any] | list[Any], tuple[FilePart, ...], int]:
    raw = await request.read()
    return _decoded(raw, lists=takes_list(request.method, _path(request))) if raw else {}, (), len(raw)


def _decoded(raw: bytes, *, lists: bool = False) -> Mapping[str, Any] | list[Any]:
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, list if lists else dict):
        raise Refused(400, 50109, "The request body contains invalid JSON.")
    return body


async def _multipart(request: web.Request) -> tuple[Mapping[str, Any] | list[Any], tuple[FilePart, ...], int]:
    """`payload_json` and the `files[n]` parts; parts under other names are ignored."""
    body: Mapping[str, Any] | list[Any] = {}
    files: list[FilePart] = []
    size = 0
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        raw = bytes(await part.read())
        size += len(raw)
        if size > REQUEST_BYTES:
            raise Refused(413, 40005, "Request entity too large")
        if part.name == "payload_json":
            body = _decoded(raw)
        elif match := _FILE_FIELD.fullmatch(part.name or ""):
            files.append(FilePart(int(match[1]), part.filename or "unknown", raw))
    return body, tuple(sorted(files, key=lambda each: each.key)), size
