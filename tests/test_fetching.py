"""Pictures on the web: fetched under guard, or not at all."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from bots.imaging.remote import Allowance, is_public
from tests.picture_world import lay_out, picture, pictures


@pytest.fixture
def blog(tmp_path: Path) -> Path:
    return lay_out(tmp_path)


# ---------------------------------------------------------------- fetching

PUBLIC = ["93.184.215.14", "2606:4700::1111", "64:ff9b::5db8:d70e", "2002:5db8:d70e::1", "::ffff:93.184.215.14"]
PRIVATE = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.1.2.3", "224.0.0.1"),
    *("255.255.255.255", "240.0.0.1", "::", "::1", "fe80::1", "fc00::1", "ff0e::1", "::ffff:127.0.0.1", "::7f00:1"),
    *("64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2001:0:5db8:d70e:0:0:80ff:fffe", "fe80::1%eth0"),
    *("2130706433", "0x7f.1", "localhost", ""),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public_also_in_disguise(address: str) -> None:
    assert not is_public(address)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def answer(body: bytes, kind: str = "image/png", **headers: str) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type=kind, headers=headers)

    return handler


def redirect(to: str) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        left = int(request.query.get("left", "0"))
        return web.Response(status=302, headers={"Location": f"/hop?left={left - 1}" if left > 1 else to})

    return handler


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "image/png"})
    await response.prepare(request)
    try:
        while True:
            await response.write(bytes(256 * 1024))
    except ConnectionError:
        return response


async def silent(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "image/png"})
    await response.prepare(request)
    await asyncio.Event().wait()
    return response


async def gone(_: web.Request) -> web.Response:
    return web.Response(status=404)


ROUTES: dict[str, Handler] = {
    "/ok.png": answer(picture()),
    "/bytes": answer(picture(), "application/octet-stream"),
    "/hop": redirect("/ok.png"),
    "/metadata": redirect("http://169.254.169.254/latest/meta-data/"),
    "/private": redirect("http://10.0.0.1/a.png"),
    "/disguise": redirect("http://[::ffff:10.0.0.1]/a.png"),
    "/number": redirect("http://167772161/a.png"),
    "/file": redirect("file:///etc/passwd"),
    "/nowhere": redirect(""),
    "/page": answer(b"<html>", "text/html"),
    "/liar.png": answer(b"<html>"),
    "/svg": answer(b"<svg/>", "image/svg+xml"),
    "/large": answer(bytes(10 * 1024 * 1024 + 1)),
    "/endless": endless,
    "/packed": answer(zlib.compress(bytes(1000)), **{"Content-Encoding": "deflate"}),
    "/silent": silent,
    "/gone": gone,
}


@pytest.fixture
async def server() -> AsyncIterator[str]:
    app = web.Application()
    for path, handler in ROUTES.items():
        app.router.add_get(path, handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


OPEN = Allowance(http=True, loopback=True)


async def test_a_fetched_picture_is_kept(blog: Path, server: str) -> None:
    sources = [f"{server}/ok.png", f"{server}/bytes", f"{server}/hop?left=3", "imgs/a.png"]
    some = pictures(blog, allowance=OPEN)
    with pytest.raises(ValueError, match="not been fetched"):
        some.content(sources[0])
    assert some.unreadable(sources) == {}
    assert await some.fetch(sources) == {}
    assert [some.content(source) for source in sources] == [picture()] * 4
    # What is in the cache needs neither network nor permission.
    assert await pictures(blog).fetch(sources) == {}


REFUSED = {
    "/hop?left=4": "more than 3 redirects",
    "/metadata": "169.254.169.254 is not a public address",
    "/private": "10.0.0.1 is not a public address",
    "/disguise": "::ffff:a00:1 is not a public address",
    "/number": "the download failed",
    "/file": "only https",
    "/nowhere": "more than 3 redirects",
    "/page": "text/html",
    "/liar.png": "not a PNG",
    "/svg": "not a PNG",
    "/large": "larger than 10 MiB",
    "/endless": "larger than 10 MiB",
    "/packed": "packed",
    "/gone": "404",
}


@pytest.mark.parametrize("path", REFUSED)
async def test_downloads_that_are_refused_say_why(blog: Path, server: str, path: str) -> None:
    source = server + path
    some = pictures(blog, allowance=OPEN)
    assert REFUSED[path] in (await some.fetch([source])).get(source, "")
    assert not list((blog / "cache").glob("*"))


async def test_a_server_that_does_not_answer_is_left(blog: Path, server: str) -> None:
    some = pictures(blog, allowance=replace(OPEN, seconds=0.2))
    assert await some.fetch([f"{server}/silent"]) == {f"{server}/silent": "no complete answer within 0.2 s"}


async def test_by_default_only_https_on_public_addresses(blog: Path, server: str) -> None:
    local = server.replace("http:", "https:")
    sources = [f"{server}/ok.png", f"{local}/ok.png", f"{local.replace('127.0.0.1', 'localhost')}/ok.png", "//[::1]/a"]
    reasons = list((await pictures(blog).fetch(sources)).values())
    assert reasons[0] == "only https addresses are fetched"
    assert len(reasons) == 4
    assert all("is not a public address" in reason for reason in reasons[1:])


async def test_links_are_not_fetched(blog: Path, server: str) -> None:
    some = pictures(blog, remote="link", allowance=OPEN)
    assert await some.fetch([f"{server}/ok.png", "imgs/a.png"]) == {
        f"{server}/ok.png": "pictures on the web are linked, not sent"
    }
