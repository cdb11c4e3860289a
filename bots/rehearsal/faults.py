"""Trouble on purpose: what a network or a platform can do to a call, at a call of our choice.

Both rehearsal servers hand every call to `Faults.apply`; a call without a planned fault passes unchanged.
A refused connection is not here: that is a server which isn't running.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aiohttp import web


class Fault(StrEnum):
    """The kinds of `reliability.md` 2 that a running server can show. `carried_out` says what became of the call."""

    CLOSED_UNREAD = "closed before reading"
    CLOSED_MID_REQUEST = "closed in mid-request"
    TAKEN_CLOSED = "taken, then closed"
    TAKEN_RESET = "taken, then reset"
    TAKEN_HALF = "taken, then half a reply"
    TAKEN_SILENT = "taken, then silence"
    TAKEN_500 = "taken, then 500"
    TAKEN_502 = "taken, then 502"
    TAKEN_503 = "taken, then 503"
    TAKEN_GARBAGE = "taken, then garbage"
    TAKEN_WRONG_TYPE = "taken, then the reply under a wrong content type"
    TAKEN_SLOWLY = "taken, then the reply in crumbs"
    RATE_SHORT = "429, wait a moment"
    RATE_LONG = "429, wait minutes"
    RATE_GLOBAL = "429 for the whole token"
    REFUSED = "400"

    @property
    def carried_out(self) -> bool:
        """True when the platform did what was asked, whatever the client got to hear."""
        return self.name.startswith("TAKEN")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer in a platform's own words, given instead of carrying the call out."""

    status: int
    body: Mapping[str, Any]

    carried_out = False


class Phase(StrEnum):
    """How far a call has come when the observer is told."""

    RECEIVED = "received"
    """The request line and headers are here; nothing is carried out yet."""
    TAKEN = "taken"
    """Carried out or refused; not a byte of the answer has left."""
    ANSWERED = "answered"
    """The whole answer was handed to the socket."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What an observer is told. `n` counts all calls of the server, `nth` those of this method, both from 1."""

    method: str
    n: int
    nth: int
    phase: Phase


@dataclass(frozen=True, slots=True)
class Planned:
    """At the `nth` call, of `method` if one is named, misbehave as `fault`."""

    nth: int
    fault: Fault | Refusal
    method: str | None = None

    def due(self, moment: Moment) -> bool:
        if self.method is None:
            return moment.n == self.nth
        return moment.method == self.method and moment.nth == self.nth


Observer = Callable[[Moment], None]
Answer = Callable[[], Awaitable[web.Response]]
"""Reads the request, carries it out and returns the platform's answer."""
Refuse = Callable[[Fault], web.Response]
"""The platform's own body for RATE_SHORT, RATE_LONG, RATE_GLOBAL and REFUSED."""


class Faults:
    """A schedule of faults for one server, and a witness of every call it gets.

    `observer` runs in the server's thread and holds the call up until it returns, so a test can kill the client at
    exactly that moment. `crumb_gap` is the pause in real seconds between two bytes of a TAKEN_SLOWLY reply.
    """

    def __init__(
        self, planned: Iterable[Planned] = (), observer: Observer | None = None, crumb_gap: float = 0.001
    ) -> None:
        self.planned = list(planned)
        self.observer = observer
        self.crumb_gap = crumb_gap
        self.calls: list[str] = []
        """Every method called so far, in order."""
        self._count: Counter[str] = Counter()
        self._closing = False

    def at(self, nth: int, fault: Fault | Refusal, method: str | None = None) -> None:
        """Plan one more fault; `nth` counts from the server's start, not from now."""
        self.planned.append(Planned(nth, fault, method))

    def release(self) -> None:
        """Let go of every connection held in silence; a server calls it when it shuts down."""
        self._closing = True

    async def apply(self, request: web.Request, method: str, answer: Answer, refuse: Refuse) -> web.StreamResponse:
        """Answer `request`, with the fault planned for it if there is one."""
        moment = self._register(method)
        self._tell(moment, Phase.RECEIVED)
        fault = next((p.fault for p in self.planned if p.due(moment)), None)
        response = await self._untaken(request, fault, refuse) if fault and not fault.carried_out else await answer()
        self._tell(moment, Phase.TAKEN)
        sent = await self._spoil(request, response, fault) if fault else await _send(request, response)
        self._tell(moment, Phase.ANSWERED)
        return sent

    def _register(self, method: str) -> Moment:
        self.calls.append(method)
        self._count[method] += 1
        return Moment(method, len(self.calls), self._count[method], Phase.RECEIVED)

    def _tell(self, moment: Moment, phase: Phase) -> None:
        if self.observer is not None:
            self.observer(Moment(moment.method, moment.n, moment.nth, phase))

    async def _untaken(self, request: web.Request, fault: Fault | Refusal, refuse: Refuse) -> web.Response:
        if fault is Fault.CLOSED_UNREAD:
            _reset(request)  # closing with unread bytes makes the kernel send RST
            return web.Response()
        if fault is Fault.CLOSED_MID_REQUEST:
            await request.content.readany()
            _close(request)
            return web.Response()
        await request.read()  # an early answer to a half-sent body would look like a broken connection
        if isinstance(fault, Refusal):
            # No charset: discord.py compares the content type word for word.
            said = json.dumps(dict(fault.body)).encode()
            return web.Response(body=said, status=fault.status, content_type="application/json")
        return refuse(fault)

    async def _spoil(self, request: web.Request, response: web.Response, fault: Fault | Refusal) -> web.StreamResponse:
        """Give the answer to a call already carried out (or refused) in the way the fault asks for."""
        match fault:
            case Fault.TAKEN_CLOSED:
                _close(request)
            case Fault.TAKEN_RESET:
                _reset(request)
            case Fault.TAKEN_HALF:
                _send_half(request, response)
            case Fault.TAKEN_SILENT:
                await self._silence(request)
            case Fault.TAKEN_500 | Fault.TAKEN_502 | Fault.TAKEN_503:
                return await _send(request, _front_end_error(int(fault[-3:])))
            case Fault.TAKEN_GARBAGE:
                return await _send(request, web.Response(body=b"\xff\xfe<oops", content_type="application/json"))
            case Fault.TAKEN_WRONG_TYPE:
                return await _send(request, web.Response(body=_bytes(response), content_type="text/html"))
            case Fault.TAKEN_SLOWLY:
                return await self._crumbs(request, response)
            case _:
                return await _send(request, response)
        return response

    async def _silence(self, request: web.Request) -> None:
        # aiohttp offers nothing to wait on for a client that hangs up, hence the look every 20 ms.
        while not self._closing and _connected(request):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        _close(request)

    async def _crumbs(self, request: web.Request, response: web.Response) -> web.StreamResponse:
        slow = web.StreamResponse(status=response.status, headers={"Content-Type": response.content_type})
        await slow.prepare(request)
        for byte in _bytes(response):
            await slow.write(bytes([byte]))
            await asyncio.sleep(self.crumb_gap)
        await slow.write_eof()
        return slow


async def _send(request: web.Request, response: web.Response) -> web.Response:
    """Write the whole answer now, so that the observer's "answered" is true."""
    if not _connected(request):
        return response
    try:
        await response.prepare(request)
        await response.write_eof()
    except ConnectionError:  # the client is gone; what was carried out stays carried out
        _close(request)
    return response


def _bytes(response: web.Response) -> bytes:
    body = response.body
    return body if isinstance(body, bytes) else b""


def _front_end_error(status: int) -> web.Response:
    page = f"<html><head><title>{status}</title></head><body><h1>{status}</h1><hr>front end</body></html>"
    return web.Response(status=status, text=page, content_type="text/html")


def _connected(request: web.Request) -> bool:
    return request.transport is not None and not request.transport.is_closing()


def _close(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.close()


def _reset(request: web.Request) -> None:
    """Close so that the client gets RST, not FIN."""
    if request.transport is None:
        return
    sock = request.transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()


def _send_half(request: web.Request, response: web.Response) -> None:
    """Promise the whole answer, send its first half, hang up."""
    if request.transport is None:
        return
    body = _bytes(response)
    lines = (f"HTTP/1.1 {response.status} OK", "Content-Type: application/json", f"Content-Length: {len(body)}", "", "")
    request.transport.write("\r\n".join(lines).encode() + body[: len(body) // 2])
    request.transport.close()
