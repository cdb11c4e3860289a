"""The HTTP face of a local Telegram: `/bot<token>/<method>` and `/file/bot<token>/<path>`."""

from __future__ import annotations

import json
from functools import partial

from aiohttp import BodyPartReader, web

from bots.rehearsal.faults import Fault, Faults
from bots.rehearsal.telegram.api import BY_LOWER_NAME, Telegram
from bots.rehearsal.telegram.polling import SECOND, wait_for_updates
from bots.rehearsal.telegram.pushing import push_updates
from bots.rehearsal.telegram.replies import BotApiError, File, Json, Reply, bad_request, too_many_requests

REQUEST_BYTES = 64 << 20
"""Room for the largest document and its parameters."""
RETRY_AFTER = {Fault.RATE_SHORT: 1, Fault.RATE_LONG: 245, Fault.RATE_GLOBAL: 30}
"""Seconds, within what is seen in the wild (telegram.md 5)."""


def make_app(telegram: Telegram, faults: Faults | None = None) -> web.Application:
    """An application to be run by `bots.rehearsal.serving`; the client's base address is `<address>/bot`."""
    trouble = Faults() if faults is None else faults

    async def api(request: web.Request) -> web.StreamResponse:
        token, method = request.match_info["token"], request.match_info["method"]

        async def answer() -> web.Response:
            return _response(await _carry_out(telegram, token, method, request))

        return await trouble.apply(request, BY_LOWER_NAME.get(method.lower(), method), answer, _refuse)

    async def download(request: web.Request) -> web.Response:
        try:
            media = telegram.file(request.match_info["token"], request.match_info["path"])
        except BotApiError as refusal:
            return _response(refusal.reply())
        return web.Response(body=media.content, content_type="application/octet-stream")

    async def nowhere(request: web.Request) -> web.Response:
        return _response(BotApiError(404, "Not Found").reply())

    async def release(app: web.Application) -> None:
        trouble.release()
        for inbox in telegram.inboxes.values():
            inbox.interrupt(SECOND)

    app = web.Application(client_max_size=REQUEST_BYTES)
    app.router.add_route("*", "/bot{token:[^/]+}/{method}", api)
    app.router.add_get("/file/bot{token:[^/]+}/{path:.+}", download)
    app.router.add_route("*", "/{anything:.*}", nowhere)
    app.on_shutdown.append(release)
    app.cleanup_ctx.append(partial(push_updates, telegram))
    return app


async def _carry_out(telegram: Telegram, token: str, method: str, request: web.Request) -> Reply:
    try:
        values, files = await _arguments(request)
    except web.HTTPRequestEntityTooLarge:
        return BotApiError(413, "Request Entity Too Large").reply()
    except ValueError:
        return bad_request("can't parse the request").reply()
    if method.lower() == "getupdates":
        try:
            values = dict(await wait_for_updates(telegram, token, values))
        except BotApiError as refusal:
            return refusal.reply()
    return telegram.call(token, method, values, files)


async def _arguments(request: web.Request) -> tuple[dict[str, Json], dict[str, File]]:
    """Parameters from the query and the body, whichever of the four ways the client chose."""
    values: dict[str, Json] = dict(request.query)
    files: dict[str, File] = {}
    if request.content_type == "application/json":
        body = await request.text()
        decoded = json.loads(body) if body else {}
        if not isinstance(decoded, dict):
            raise ValueError("a JSON body must be an object")
        values |= decoded
    elif request.content_type == "application/x-www-form-urlencoded":
        form = await request.post()
        values |= {name: value for name, value in form.items() if isinstance(value, str)}
    elif request.content_type == "multipart/form-data":
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader):
                await _take_part(part, values, files)
    return values, files


async def _take_part(part: BodyPartReader, values: dict[str, Json], files: dict[str, File]) -> None:
    name = part.name or ""
    content = bytes(await part.read(decode=True))
    if part.filename is None:
        values[name] = content.decode()
    else:
        mime = part.headers.get("Content-Type", "application/octet-stream")
        files[name] = File(part.filename, content, mime)


def _response(reply: Reply) -> web.Response:
    response = web.json_response(dict(reply.body), status=reply.status)
    retry_after = reply.body.get("parameters", {}).get("retry_after")
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _refuse(fault: Fault) -> web.Response:
    if fault in RETRY_AFTER:
        return _response(too_many_requests(RETRY_AFTER[fault]).reply())
    return _response(bad_request("refused on purpose").reply())
