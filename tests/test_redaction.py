"""No token and no password in anything that is logged, printed or raised."""

from __future__ import annotations

import io
import logging
import traceback
from collections.abc import Iterator
from dataclasses import replace

import pytest
from aiohttp import web

from bots.clock import SystemClock
from bots.errors import SendError
from bots.model import Destination, Kind, Message
from bots.platforms import PLATFORMS, load
from bots.platforms.base import Attempt, Sender
from bots.redaction import HIDDEN, Redactor, Secret, guard, quiet
from bots.rehearsal import telegram
from bots.rehearsal.discord.api import Discord
from bots.rehearsal.discord.server import application
from bots.rehearsal.discord.state import State
from bots.rehearsal.serving import serve

TELEGRAM = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOpp-_Q"
DISCORD = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.abcdefghijklmnopqrstuvwxyz0123456789AB"
TOKENS = {"telegram": TELEGRAM, "discord": DISCORD}

ATTEMPT = Attempt("key", "nonce", SystemClock().now())

SHAPES = (
    # what a line says, what must not be in it afterwards
    (f"POST https://api.telegram.org/bot{TELEGRAM}/sendMessage", TELEGRAM),
    (f"POST https://api.telegram.org/bot{TELEGRAM.replace(':', '%3A')}/getMe", TELEGRAM.split(":")[1]),
    (f"Bot[token={TELEGRAM}]", TELEGRAM),
    (f"Authorization: Bot {DISCORD}", DISCORD),
    ("proxy http://me:open-sesame@proxy.example:3128", "open-sesame"),
    ("DATABASE_URL=postgresql+psycopg://me:open%20sesame@db.example/weektech", "open%20sesame"),
    ("postgresql://db.example/weektech?user=me&password=open-sesame", "open-sesame"),
)
HARMLESS = (
    "12:30 2026-11-22 https://example.org/a:b/c sent 3 messages",
    "https://t.me/weekly/17 and https://discord.com/channels/1/2/3",
    "see https://example.org/@name and mail me@example.org",
)


@pytest.mark.parametrize(("line", "secret"), SHAPES)
def test_what_looks_like_a_secret_is_hidden(line: str, secret: str) -> None:
    redacted = Redactor().redact(line)
    assert secret not in redacted
    assert HIDDEN in redacted


@pytest.mark.parametrize("line", HARMLESS)
def test_other_lines_stay_as_they_are(line: str) -> None:
    assert Redactor().redact(line) == line


def test_known_secrets_are_hidden_in_every_spelling_and_short_ones_left_alone() -> None:
    redactor = Redactor(["p&ss/word", "p&ss/word-and-more", "1234"])
    assert (
        redactor.redact("p&ss/word-and-more, p&ss/word, p%26ss%2Fword, 1234") == f"{HIDDEN}, {HIDDEN}, {HIDDEN}, 1234"
    )


def test_a_secret_shows_itself_only_to_whoever_uses_it() -> None:
    secret = Secret(TELEGRAM)
    assert f"/bot{secret}/" == f"/bot{TELEGRAM}/"
    assert TELEGRAM not in repr(secret)
    assert TELEGRAM not in repr({"token": secret})


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged from DEBUG up, as a guarded handler writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    guard([handler], [TELEGRAM, DISCORD])
    root, talkers = (
        logging.getLogger(),
        [logging.getLogger(name) for name in ("httpx", "httpcore", "discord.http", "discord.client")],
    )
    before = root.level, [each.level for each in talkers]
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        root.setLevel(before[0])
        for each, level in zip(talkers, before[1], strict=True):
            each.setLevel(level)


def test_messages_arguments_and_tracebacks_are_redacted(log: io.StringIO) -> None:
    logger = logging.getLogger("test")
    logger.info("calling %s with %d", f"/bot{TELEGRAM}/", 7)
    try:
        raise ValueError(f"no such token: {TELEGRAM}")
    except ValueError:
        logger.exception("it failed")
    logger.info("here", stack_info=True)
    written = log.getvalue()
    assert TELEGRAM not in written
    assert f"calling /bot{HIDDEN}/ with 7" in written
    assert f"ValueError: no such token: {HIDDEN}" in written


def test_quiet_silences_the_libraries_that_log_addresses(log: io.StringIO) -> None:
    quiet()
    for name in ("httpx", "httpcore.http11", "discord.http"):
        logging.getLogger(name).info("POST %s", TELEGRAM)
    assert log.getvalue() == ""


def garbage() -> web.Application:
    """A server that answers everything with nonsense, and repeats the address it was asked for."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=404, text=f"{request.url} {request.headers.get('Authorization', '')}")

    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", answer)
    return app


def proper(platform: str) -> web.Application:
    if platform == "telegram":
        return telegram.make_app(telegram.Telegram([telegram.Bot(TELEGRAM)], [telegram.Chat(5)], SystemClock()))
    state = State(SystemClock())
    state.channels[5] = replace(state.add_channel(state.add_guild("Server").id, "weekly"), id=5)
    state._messages[5] = {}
    return application(Discord(state, token=DISCORD))


async def tell(platform: str, base: str) -> str:
    """Send a message, and give everything that a failure would let somebody read."""
    sender: Sender = load(PLATFORMS[platform].sender)(Secret(TOKENS[platform]), base_url=base)
    destination = Destination("d", platform, Kind.TEXT, "5")
    method, body = ("sendMessage", {"text": "x"}) if platform == "telegram" else ("createMessage", {"content": "x"})
    try:
        await sender.open()
        await sender.send(destination, Message("section", 1, method, body, "x"), {}, ATTEMPT)
    except SendError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        return "".join(shown.format()) + f"{error!r} {error} {error.code}"
    finally:
        await sender.close()
    return ""


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
@pytest.mark.parametrize("server", ["proper", "answering nonsense", "absent"])
async def test_no_send_leaks_a_token(platform: str, server: str, log: io.StringIO) -> None:
    async with serve(proper(platform) if server == "proper" else garbage()) as base:
        told = await tell(platform, "http://127.0.0.1:1" if server == "absent" else base)
    assert bool(told) == (server != "proper")
    for secret in (TOKENS[platform], TOKENS[platform][-20:]):
        assert secret not in told
        assert secret not in log.getvalue()
    assert log.getvalue()
