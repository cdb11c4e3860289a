"""Updates that are pushed: what config.yaml may say, who is believed, and that nothing is lost or kept twice."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from telegram import WebhookInfo

from bots.app import Hooks
from bots.clock import SystemClock
from bots.config import load
from bots.errors import ConfigError, Rejected, TokenRejected, TryLater
from bots.platforms.hooks import Hook
from bots.platforms.listening import Batch
from bots.platforms.setup import Level
from bots.platforms.telegram.examining import about_webhook
from bots.platforms.telegram.webhook import HEADER, LARGEST, TelegramWebhook
from bots.redaction import Secret
from bots.rehearsal.serving import serve
from bots.rehearsal.telegram import ChatKind, People, Telegram, User, make_app
from bots.webhooks import SECRET, insist
from tests.telegram_house import AUTHOR, TALK, House, free_port, house, kept, running, until
from tests.telegram_readers import READER, done, stage
from tests.telegram_readers import TALK as ROOM
from tests.telegram_world import TOKEN
from tests.theatre import Theatre, theatre

WORD = "s3cret_-" * 4


def info(url: str, trouble: str = "") -> WebhookInfo:
    return WebhookInfo(url, False, 3, last_error_message=trouble or None)


# config.yaml

CONFIGURED: list[tuple[str, list[str], dict[str, str], tuple[str, int, str]]] = [
    ("the least", ["url: https://example.com/telegram"], {}, ("https://example.com/telegram", 8080, "/telegram")),
    ("no path at all", ["url: https://example.com"], {}, ("https://example.com", 8080, "/")),
    ("a port", ["url: https://example.com/t", "port: 9000"], {}, ("https://example.com/t", 9000, "/t")),
    ("a port of the house", ["url: https://example.com/t"], {"PORT": "5000"}, ("https://example.com/t", 5000, "/t")),
    ("both", ["url: https://example.com/t", "port: 9000"], {"PORT": "5000"}, ("https://example.com/t", 9000, "/t")),
    (
        "behind a prefix",
        ["url: https://example.com:8443/a/b", "path: /b"],
        {},
        ("https://example.com:8443/a/b", 8080, "/b"),
    ),
    ("this machine", ["url: http://127.0.0.1:5/x"], {}, ("http://127.0.0.1:5/x", 8080, "/x")),
]


def configured(folder: Path, lines: list[str], environ: dict[str, str]) -> Hook | None:
    text = "telegram:\n  webhook:\n" + "".join(f"    {line}\n" for line in lines)
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return load(folder / "config.yaml", environ).platforms["telegram"].hook


@pytest.mark.parametrize(("lines", "environ", "wanted"), [r[1:] for r in CONFIGURED], ids=[r[0] for r in CONFIGURED])
def test_what_can_be_configured(
    tmp_path: Path, lines: list[str], environ: dict[str, str], wanted: tuple[str, int, str]
) -> None:
    hook = configured(tmp_path, lines, {SECRET: WORD, **environ})
    assert hook is not None
    assert (hook.url, hook.port, hook.path, hook.secret) == (*wanted, WORD)
    assert WORD not in repr(hook)
    insist(hook)


WRONG: list[tuple[str, list[str], dict[str, str], str]] = [
    ("no address", ["port: 5"], {}, "url"),
    ("http", ["url: http://example.com/"], {}, "https"),
    ("a port Telegram does not know", ["url: https://example.com:5000/"], {}, "443, 80, 88 or 8443"),
    ("no host", ["url: https:///x"], {}, "https"),
    ("a strange path", ["url: https://example.com", "path: x y"], {}, "path begins with /"),
    ("a port that is none", ["url: https://example.com", "port: 70000"], {}, "port"),
    ("a port of the house that is none", ["url: https://example.com"], {"PORT": "x"}, "PORT is 'x'"),
    ("a short secret", ["url: https://example.com"], {SECRET: "a" * 31}, "32 to 256"),
    ("a secret with a space", ["url: https://example.com"], {SECRET: "a" * 16 + " " + "a" * 16}, "32 to 256"),
]


@pytest.mark.parametrize(("lines", "environ", "why"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_can_not(tmp_path: Path, lines: list[str], environ: dict[str, str], why: str) -> None:
    with pytest.raises(ConfigError, match=why) as refused:
        configured(tmp_path, lines, environ)
    assert "a" * 20 not in str(refused.value)


def test_without_a_secret_nothing_is_started(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=SECRET):
        insist(configured(tmp_path, ["url: https://example.com"], {}))
    insist(None)
    with pytest.raises(ValueError, match="believes everybody"):
        TelegramWebhook(TOKEN, hook=Hook("https://example.com/", 1, "/", None))


# Who is believed


@dataclass
class Door:
    """A webhook of one's own, and what it heard."""

    url: str
    http: ClientSession
    world: Telegram
    batches: list[Batch]

    async def push(self, body: Any, secret: str | None = WORD, method: str = "POST", path: str = "") -> int:
        content = BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        headers = {} if secret is None else {HEADER: secret}
        async with self.http.request(method, self.url + path, data=content, headers=headers) as answer:
            return answer.status


@asynccontextmanager
async def door(*, listening: bool = True) -> AsyncIterator[Door]:
    world = stage(SystemClock())
    port = free_port()
    hook = Hook(f"http://127.0.0.1:{port}/t", port, "/t", Secret(WORD))
    async with serve(make_app(world)) as base, ClientSession() as http:
        listener = TelegramWebhook(TOKEN, base, hook=hook)
        await listener.open()
        found: list[Batch] = []

        async def listen() -> None:
            async for batch in listener.listen(None):
                found.append(batch)

        task = asyncio.create_task(listen())
        await until(lambda: done(world, "getWebhookInfo")["url"] == hook.url)
        try:
            yield Door(hook.url, http, world, found)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await listener.close()


UPDATE = {"update_id": 7, "message": {"text": "hello"}}
KNOCKS: list[tuple[str, Any, dict[str, Any], int]] = [
    ("Telegram", UPDATE, {}, 200),
    ("somebody without a secret", UPDATE, {"secret": None}, 401),
    ("somebody with another one", UPDATE, {"secret": WORD[:-1] + "x"}, 401),
    ("somebody with the beginning of it", UPDATE, {"secret": WORD[:-1]}, 401),
    ("somebody with strange letters", UPDATE, {"secret": "é" * 32}, 401),
    ("a browser", b"", {"method": "GET"}, 405),
    ("another path", UPDATE, {"path": "/x"}, 404),
    ("no JSON", b"{", {}, 400),
    ("very deep JSON", b"[" * 100_000, {}, 400),
    ("no object", [1], {}, 400),
    ("no number", {"message": {}}, {}, 400),
    ("too much", b" " * (LARGEST + 1), {}, 413),
    ("too much, from nobody", b" " * (LARGEST + 1), {"secret": None}, 401),
]


async def test_who_is_believed() -> None:
    async with door() as here:
        for name, body, how, status in KNOCKS:
            assert await here.push(body, **how) == status, name
        assert [one.key for batch in here.batches for one in batch.updates] == ["7"]


async def test_an_update_is_accepted_when_it_is_stored_and_not_before() -> None:
    world, port = stage(SystemClock()), free_port()
    hook = Hook(f"http://127.0.0.1:{port}/t", port, "/t", Secret(WORD))
    async with serve(make_app(world)) as base, ClientSession() as http:
        listener = TelegramWebhook(TOKEN, base, hook=hook)
        await listener.open()
        here, batches = Door(hook.url, http, world, []), listener.listen(None)
        first = asyncio.create_task(anext(batches))
        await until(lambda: bool(done(world, "getWebhookInfo")["url"]))
        pushed = asyncio.create_task(here.push(UPDATE))
        assert [one.key for one in (await first).updates] == ["7"]
        for _ in range(5):  # the door answers, but not this one
            assert await here.push(UPDATE, secret=None) == 401
        assert not pushed.done()
        second = asyncio.create_task(anext(batches))  # which says that the first is stored
        assert await pushed == 200
        lost = [asyncio.create_task(here.push({**UPDATE, "update_id": number})) for number in (8, 9)]
        await second
        await batches.aclose()
        assert await asyncio.gather(*lost) == [503, 503]
        await listener.close()


async def test_a_port_that_is_taken_is_named() -> None:
    async with door() as here:
        hook = Hook(here.url, int(here.url.split(":")[2].split("/")[0]), "/t", Secret(WORD))
        listener = TelegramWebhook(TOKEN, hook=hook)
        with pytest.raises(TryLater, match=rf"Port {hook.port} can't be listened on"):
            await anext(listener.listen(None))


async def test_an_address_that_telegram_refuses_is_named() -> None:
    world = stage(SystemClock())
    async with serve(make_app(world)) as base:
        listener = TelegramWebhook(TOKEN, base, hook=Hook("https://10.0.0.1/", free_port(), "/", Secret(WORD)))
        await listener.open()
        with pytest.raises(Rejected, match=r"telegram\.webhook\.url"):
            await anext(listener.listen(None))
        world.bots.clear()
        with pytest.raises(TokenRejected):
            await anext(listener.listen(None))
        await listener.close()


async def test_everything_is_asked_for_and_the_webhook_stays() -> None:
    async with door() as here:
        info = done(here.world, "getWebhookInfo")
        assert {"message_reaction", "message_reaction_count", "inline_query"} <= set(info["allowed_updates"])
        People(here.world).say(ROOM, READER, "hello")
        await until(lambda: bool(here.batches))
        world = here.world
    assert done(world, "getWebhookInfo")["url"] == here.url
    People(world).say(ROOM, READER, "meanwhile")
    assert done(world, "getWebhookInfo")["pending_update_count"] >= 1


# What doctor says

OURS = Hook("https://example.com/t", 8080, "/t", Secret(WORD))
LOOKS: list[tuple[str, WebhookInfo, Hook | None, list[tuple[Level, str]]]] = [
    ("none", info(""), None, []),
    ("ours is not set yet", info(""), OURS, []),
    ("somebody's", info("https://example.org/"), None, [(Level.NOTE, "a webhook is set")]),
    ("another than ours", info("https://example.org/"), OURS, [(Level.NOTE, "another webhook is set")]),
    ("ours", info(OURS.url), OURS, [(Level.FINE, "updates are pushed to the webhook")]),
    (
        "ours, in trouble",
        info(OURS.url, "Connection refused"),
        OURS,
        [(Level.NOTE, "the webhook does not always answer: Connection refused")],
    ),
    (
        "ours without a secret",
        info(""),
        replace(OURS, secret=None),
        [(Level.PROBLEM, "telegram.webhook has no secret")],
    ),
]


@pytest.mark.parametrize(("seen", "ours", "wanted"), [row[1:] for row in LOOKS], ids=[row[0] for row in LOOKS])
def test_what_doctor_says(seen: WebhookInfo, ours: Hook | None, wanted: list[tuple[Level, str]]) -> None:
    assert [(one.level, one.what) for one in about_webhook(seen, ours)] == wanted


# weektech run behind one


def hooked(here: House) -> int:
    port = free_port()
    here.configure(telegram=["webhook:", f"  url: http://127.0.0.1:{port}/t", f"  port: {port}"])
    return port


async def test_buttons_and_words_arrive(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        hooked(here)
        here.write(timedelta(hours=-48))
        async with running(here, environ={SECRET: WORD}):
            await here.press("Send now")
            await here.published()
        assert "getUpdates" not in here.faults.calls
        assert "deleteWebhook" not in here.faults.calls


async def test_what_is_stored_but_not_accepted_comes_again_and_is_kept_once(tmp_path: Path) -> None:
    seen: list[str] = []

    def point(name: str) -> None:
        seen.append(name)
        if name == "inbox.after" and seen.count(name) == 1:
            raise RuntimeError("the way back is cut")

    async with house(tmp_path) as here:
        hooked(here)
        here.people.say(AUTHOR.id, AUTHOR, "first")
        async with running(here, Hooks(point=point), environ={SECRET: WORD}):
            await until(lambda: seen.count("inbox.after") >= 2)
            here.people.say(TALK, User(5), "second")
            await until(lambda: [one.text for one in kept(tmp_path)] == ["first", "second"])
            await until(lambda: seen.count("inbox.after") >= 3)


@pytest.fixture
def stand(tmp_path: Path) -> Any:
    with theatre(tmp_path / "column") as found:
        found.post.unlink()
        found.author.kind = ChatKind.PRIVATE
        port = free_port()
        text = (found.folder / "config.yaml").read_text(encoding="utf-8")
        own = f'  author: "77"\n  webhook:\n    url: http://127.0.0.1:{port}/t\n    port: {port}\n'
        text = text.replace('  author: "77"\n', own).partition("  server:")[0]
        (found.folder / "config.yaml").write_text(text, encoding="utf-8")
        yield found


def test_killed_between_storing_and_accepting(stand: Theatre) -> None:
    people = People(stand.telegram)
    people.start(AUTHOR)
    more = {SECRET: WORD, "DISCORD_BOT_TOKEN": ""}
    died = stand.run("run", die=("inbox.after", 1), more=more)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert [one.text for one in kept(stand.folder)] == ["/start"]
    assert done_in(stand)["pending_update_count"] == 1
    died = stand.run("run", die=("inbox.after", 1), more=more)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert [one.text for one in kept(stand.folder)] == ["/start"]


def test_run_does_not_start_without_the_secret(stand: Theatre) -> None:
    refused = stand.run("run", more={"DISCORD_BOT_TOKEN": ""})
    assert refused.returncode not in (0, -signal.SIGKILL)
    assert SECRET in refused.stderr
    assert done_in(stand)["url"] == ""


def done_in(stand: Theatre) -> Any:
    (bot,) = stand.telegram.bots.values()
    reply = stand.telegram.call(bot.token, "getWebhookInfo", {})
    return reply.result
