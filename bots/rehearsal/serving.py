"""How a rehearsal server is run: on 127.0.0.1, on a free port, closed to pages of other origins."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from aiohttp import web

LOOPBACK = "127.0.0.1"
NAMES = frozenset({LOOPBACK, "localhost"})


@web.middleware
async def local_only(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuse a Host that isn't ours: a foreign page can point its own name at 127.0.0.1 (reliability.md 6)."""
    if request.host.rsplit(":", 1)[0] not in NAMES:
        raise web.HTTPMisdirectedRequest(text="This server answers only to 127.0.0.1.")
    return await handler(request)


@asynccontextmanager
async def serve(app: web.Application, port: int = 0) -> AsyncIterator[str]:
    """Run `app` on loopback; gives its base address, such as "http://127.0.0.1:40123". Port 0 takes a free one."""
    app.middlewares.insert(0, local_only)
    # Handlers outlive a client that hangs up, as the real servers' do, so shutting down must not wait long for them.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, handler_cancellation=False)
    await runner.setup()
    try:
        site = web.TCPSite(runner, LOOPBACK, port)
        await site.start()
        yield f"http://{LOOPBACK}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@contextmanager
def serve_in_thread(make_app: Callable[[], web.Application], port: int = 0) -> Iterator[str]:
    """The same in a thread with its own loop, for tests whose client is another process or holds the main thread."""
    started = threading.Event()
    host = _Host(make_app, port, started)
    thread = threading.Thread(target=lambda: asyncio.run(host.run()), name="rehearsal", daemon=True)
    thread.start()
    started.wait()
    try:
        yield host.address()
    finally:
        host.stop()
        thread.join()


class _Host:
    """One server in one thread: what the two sides need to know of each other."""

    def __init__(self, make_app: Callable[[], web.Application], port: int, started: threading.Event) -> None:
        self._make_app, self._port, self._started = make_app, port, started
        self._loop: asyncio.AbstractEventLoop | None = None
        self._done: asyncio.Event | None = None
        self._base = ""
        self._error: BaseException | None = None

    async def run(self) -> None:
        self._loop, self._done = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with serve(self._make_app(), self._port) as self._base:
                self._started.set()
                await self._done.wait()
        except OSError as error:
            self._error = error
        finally:
            self._started.set()

    def address(self) -> str:
        if self._error is not None:
            raise self._error
        return self._base

    def stop(self) -> None:
        if self._loop is not None and self._done is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._done.set)
