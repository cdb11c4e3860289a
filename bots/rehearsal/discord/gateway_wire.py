"""The gateway on a websocket: frames in, frames out in their order, whoever sends them from whatever thread."""

from __future__ import annotations

import asyncio

from aiohttp import WSMsgType, web

from bots.rehearsal.discord.gateway import Gateway
from bots.rehearsal.discord.sessions import Link

_Frame = str | int
"""A frame to send, or the code to close with."""


async def converse(gateway: Gateway, request: web.Request) -> web.WebSocketResponse:
    """Hold one connection until either side closes it. Frames are plain text, which every client takes (9.2)."""
    socket = web.WebSocketResponse(autoping=True)
    await socket.prepare(request)
    loop = asyncio.get_running_loop()
    outgoing: asyncio.Queue[_Frame] = asyncio.Queue()

    def queue(frame: _Frame) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(outgoing.put_nowait, frame)

    closed_here: list[int] = []

    def close(code: int) -> None:
        closed_here.append(code)
        queue(code)

    link = Link(queue, close, f"http://{request.host}")
    writing = asyncio.create_task(_write(socket, request, outgoing))
    try:
        gateway.connected(link)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                gateway.received(link, message.data)
            elif message.type is WSMsgType.BINARY:
                gateway.received(link, message.data.decode(errors="replace"))
    finally:
        # A client echoes our closing with a code of its own, which says nothing about its session.
        gateway.lost(link, None if closed_here else socket.close_code)
        writing.cancel()
    return socket


async def _write(socket: web.WebSocketResponse, request: web.Request, outgoing: asyncio.Queue[_Frame]) -> None:
    while True:
        frame = await outgoing.get()
        try:
            if isinstance(frame, str):
                await socket.send_str(frame)
            elif frame:
                await socket.close(code=frame)
            elif request.transport is not None:
                request.transport.abort()
        except ConnectionError:  # the client is gone; reading notices it too
            return
