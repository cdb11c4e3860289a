"""Webhooks of the local Telegram: how one is set, and how updates are pushed till they are taken (telegram.md 4.3)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import telegram
from aiohttp import web
from telegram import error
from telegram.request import HTTPXRequest

from bots.clock import SystemClock
from bots.rehearsal.serving import serve, serve_in_thread
from bots.rehearsal.telegram import People, Telegram, make_app
from tests.telegram_readers import CHANNEL, READER, TALK, call, done, stage
from tests.telegram_world import BAD, TOKEN, HandClock

HOOK = "https://example.org/hook"
SECRET = "X-Telegram-Bot-Api-Secret-Token"

SETTINGS: list[tuple[str, dict[str, Any], str]] = [
    ("the plain case", {}, ""),
    ("another port", {"url": "https://example.org:8443/"}, ""),
    ("this machine", {"url": "http://127.0.0.1:5000/"}, ""),
    ("a token of 256", {"secret_token": "aZ9_-" * 51 + "x"}, ""),
    ("a token of 257", {"secret_token": "x" * 257}, "secret token is too long"),
    ("a token with a dot", {"secret_token": "a.b"}, "secret token contains unallowed characters"),
    ("no host", {"url": "https:///x"}, "invalid webhook URL specified"),
    ("another scheme", {"url": "ftp://example.org/"}, "invalid webhook URL specified"),
    ("http", {"url": "http://example.org/"}, "bad webhook: An HTTPS URL must be provided for webhook"),
    (
        "a port of our own",
        {"url": "https://example.org:5000/"},
        "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
    ),
    ("a private address", {"url": "https://10.0.0.1/"}, "bad webhook: IP address 10.0.0.1 is reserved"),
]


@pytest.mark.parametrize(("params", "why"), [r[1:] for r in SETTINGS], ids=[r[0] for r in SETTINGS])
def test_what_can_be_set(params: dict[str, Any], why: str) -> None:
    world = stage(HandClock())
    reply = call(world, "setWebhook", **{"url": HOOK, **params})
    assert reply.description == (BAD + why if why else "")
    assert done(world, "getWebhookInfo")["url"] == ("" if why else params.get("url", HOOK))


def test_its_state_is_told_but_not_its_secret() -> None:
    clock = HandClock()
    world = stage(clock)
    People(world).say(TALK, READER, "hello")
    done(world, "setWebhook", url=HOOK, max_connections=500, allowed_updates=["message"], secret_token="hidden")
    info = done(world, "getWebhookInfo")
    assert info == {
        "url": HOOK,
        "has_custom_certificate": False,
        "pending_update_count": 1,
        "max_connections": 100,
        "allowed_updates": ["message"],
    }
    assert "hidden" not in repr(world.hooks)
    People(world).say(CHANNEL, READER, "not asked for")
    assert done(world, "getWebhookInfo")["pending_update_count"] == 2  # the post's copy in the group is a message
    done(world, "deleteWebhook", drop_pending_updates=True)
    assert done(world, "getWebhookInfo")["pending_update_count"] == 0


def test_polling_is_refused_until_the_webhook_is_gone() -> None:
    world = stage(HandClock())
    done(world, "setWebhook", url=HOOK)
    refused = call(world, "getUpdates")
    assert refused.status == 409
    assert refused.description.startswith("Conflict: can't use getUpdates method while webhook is active; use del")
    done(world, "setWebhook", url="")
    assert call(world, "getUpdates").ok


def test_one_change_a_second_and_a_failed_one_leaves_none() -> None:
    clock = HandClock()
    world = stage(clock)
    done(world, "setWebhook", url=HOOK)
    again = call(world, "setWebhook", url="https://example.org/other")
    assert (again.status, again.body["parameters"]) == (429, {"retry_after": 1})
    done(world, "deleteWebhook")
    clock.seconds += 1
    done(world, "setWebhook", url=HOOK)
    clock.seconds += 1
    assert not call(world, "setWebhook", url="http://example.org/").ok
    assert done(world, "getWebhookInfo")["url"] == ""


# ── pushed over HTTP ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Listener:
    """A bot behind a webhook: answers with the planned codes, then with 200, and remembers what came."""

    codes: list[int] = field(default_factory=list)
    got: list[Any] = field(default_factory=list)
    refused: list[Any] = field(default_factory=list)
    secrets: set[str | None] = field(default_factory=set)
    entered: int = 0
    hold: asyncio.Event | None = None
    """Answers to messages in `TALK` wait for it."""

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/hook", self.take)
        return app

    async def take(self, request: web.Request) -> web.Response:
        update = await request.json()
        self.entered += 1
        self.secrets.add(request.headers.get(SECRET))
        if self.hold is not None and update.get("message", {}).get("chat", {}).get("id") == TALK:
            await self.hold.wait()
        code = self.codes.pop(0) if self.codes else 200
        (self.got if code == 200 else self.refused).append(update)
        return web.Response(status=code, headers={"Retry-After": "7"} if code == 429 else {})

    def words(self) -> list[str]:
        return [update.get("message", update.get("channel_post", {})).get("text", "") for update in self.got]


@asynccontextmanager
async def pushed(world: Telegram, listener: Listener, **params: Any) -> AsyncIterator[str]:
    """The local Telegram with its webhook on `listener`, set by the client library."""
    async with serve(listener.app()) as ours, serve(make_app(world)) as base:
        async with telegram.Bot(TOKEN, f"{base}/bot") as bot:
            assert await bot.set_webhook(f"{ours}/hook", **params)
        yield base


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - the server has nothing to wait on
        await asyncio.sleep(0.005)


async def test_updates_are_pushed_with_the_secret_in_the_order_they_came() -> None:
    world, listener = stage(SystemClock()), Listener()
    people = People(world)
    people.say(TALK, READER, "0")
    async with pushed(world, listener, secret_token="s3cret_-"):
        for n in range(1, 6):
            people.say(TALK, READER, str(n))
        await until(lambda: len(listener.got) == 6)
        await until(lambda: done(world, "getWebhookInfo")["pending_update_count"] == 0)
    assert listener.words() == list("012345")
    assert listener.secrets == {"s3cret_-"}
    parsed = telegram.Update.de_json(listener.got[0], None)
    assert parsed.message is not None
    assert parsed.message.from_user is not None
    assert parsed.message.from_user.id == READER.id


async def test_a_refused_update_comes_again_later_and_later_and_holds_up_its_chat_only() -> None:
    clock = SystemClock(speed=200)
    world, listener = stage(clock), Listener(codes=[500] * 5)
    people = People(world)
    async with pushed(world, listener):
        began = clock.monotonic()
        people.say(TALK, READER, "first")
        await until(lambda: len(listener.refused) >= 2)
        people.say(TALK, READER, "second")
        await until(lambda: len(listener.got) == 2)
        waited = clock.monotonic() - began
        info = done(world, "getWebhookInfo")
    assert listener.words() == ["first", "second"]
    assert {update["update_id"] for update in listener.refused} == {listener.got[0]["update_id"]}
    assert waited >= 0 + 2 + 4 + 8 + 16
    assert info["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"
    assert info["last_error_date"]


async def test_a_slow_chat_does_not_hold_up_the_others() -> None:
    world, listener = stage(SystemClock()), Listener(hold=asyncio.Event())
    people = People(world)
    async with pushed(world, listener):
        people.say(TALK, READER, "slow")
        people.start(READER)
        await until(lambda: listener.words() == ["/start"])
        assert listener.hold is not None
        listener.hold.set()
        await until(lambda: listener.words() == ["/start", "slow"])


async def test_with_one_connection_everybody_waits() -> None:
    world, listener = stage(SystemClock()), Listener(hold=asyncio.Event())
    people = People(world)
    async with pushed(world, listener, max_connections=1) as base, telegram.Bot(TOKEN, f"{base}/bot") as bot:
        people.say(TALK, READER, "slow")
        await until(lambda: listener.entered == 1)
        people.start(READER)
        for _ in range(5):  # round trips, in which a second connection would have come
            assert (await bot.get_webhook_info()).pending_update_count == 2
        assert listener.entered == 1
        assert listener.hold is not None
        listener.hold.set()
        await until(lambda: listener.words() == ["slow", "/start"])


async def test_the_answer_may_say_how_long_to_wait() -> None:
    clock = SystemClock(speed=200)
    world, listener = stage(clock), Listener(codes=[429])
    async with pushed(world, listener):
        began = clock.monotonic()
        People(world).say(TALK, READER, "x")
        await until(lambda: listener.words() == ["x"])
        assert clock.monotonic() - began >= 7


async def test_totals_of_reactions_are_pushed_when_they_are_due() -> None:
    world, listener = stage(SystemClock(speed=100)), Listener()
    people = People(world)
    async with pushed(world, listener):
        number = people.say(CHANNEL, READER, "post").id
        people.react(CHANNEL, number, READER, ["👍"])
        await until(lambda: any("message_reaction_count" in update for update in listener.got))


async def test_a_webhook_that_answers_gone_for_almost_a_day_is_closed() -> None:
    world, listener = stage(SystemClock(speed=50_000)), Listener(codes=[410] * 10_000)
    async with pushed(world, listener):
        People(world).say(TALK, READER, "x")
        await until(lambda: not world.hooks[4242].url)


async def test_nobody_listening_is_told_too() -> None:
    world = stage(SystemClock())
    async with serve(make_app(world)):
        done(world, "setWebhook", url="http://127.0.0.1:9/hook")
        People(world).say(TALK, READER, "x")
        await until(lambda: done(world, "getWebhookInfo").get("last_error_message") == "Connection refused")


async def test_a_waiting_poller_is_sent_away_by_a_webhook() -> None:
    world = stage(SystemClock(speed=10))
    with serve_in_thread(lambda: make_app(world)) as base:
        bot = telegram.Bot(TOKEN, f"{base}/bot", request=HTTPXRequest(), get_updates_request=HTTPXRequest())
        async with bot:
            poll = asyncio.ensure_future(bot.get_updates(timeout=30))
            await until(lambda: world.inboxes[bot.id].awaited)
            await bot.set_webhook(HOOK)
            with pytest.raises(error.Conflict, match="terminated by setWebhook"):
                await poll
            with pytest.raises(error.Conflict, match="webhook is active"):
                await bot.get_updates()
            assert (await bot.get_webhook_info()).url == HOOK
            await bot.delete_webhook()
            assert await bot.get_updates() == ()
