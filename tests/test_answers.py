"""What each platform can say to a send, and each way not to reach it at all (reliability.md 2), as publishing meets it.

None of these leaves a doubt: the run stops there with a reason, the other platform goes on, and the next run finishes.
A group that became a supergroup is followed, see `test_survival.py`.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from bots.model import State
from bots.rehearsal.faults import Refusal
from tests import tally
from tests.test_faults import DESTINATION, SEND, WHOLE, impatient, open_rows, publish, there
from tests.theatre import Theatre, theatre

pytestmark = pytest.mark.survival


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Theatre]:
    monkeypatch.setattr("bots.app.load", impatient)
    with theatre(tmp_path / "column") as found:
        yield found


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer and what becomes of the message it was given to."""

    name: str
    platform: str
    refusal: Refusal
    state: State
    words: str
    """What the author is told, in part."""

    def __str__(self) -> str:
        return f"{self.platform}: {self.name}"


def telegram(name: str, status: int, description: str, state: State, words: str) -> Answer:
    body = {"ok": False, "error_code": status, "description": description}
    return Answer(name, "telegram", Refusal(status, body), state, words)


def discord(name: str, status: int, words: tuple[int, str], state: State, told: str) -> Answer:
    return Answer(name, "discord", Refusal(status, {"code": words[0], "message": words[1]}), state, told)


CLOSED, REFUSED = State.PENDING, State.FAILED
"""The chat or the token is at fault, so the message waits; the message is at fault, so its source has to change."""
LONG_MESSAGE = "Bad Request: message is too long"
NO_RIGHTS = "Bad Request: not enough rights to send text messages to the chat"
BAD_ENTITY = "Bad Request: can't parse entities: unsupported start tag at byte offset 4"
ANSWERS = [
    telegram("blocked", 403, "Forbidden: bot was blocked by the user", CLOSED, "blocked the bot"),
    telegram("kicked", 403, "Forbidden: bot was kicked from the channel chat", CLOSED, "was removed from the chat"),
    telegram("chat not found", 400, "Bad Request: chat not found", CLOSED, "does not know the chat"),
    telegram("topic closed", 400, "Bad Request: TOPIC_CLOSED", CLOSED, "topic is closed"),
    telegram("topic deleted", 400, "Bad Request: TOPIC_DELETED", CLOSED, "topic was deleted"),
    telegram("no such topic", 400, "Bad Request: message thread not found", CLOSED, "topic does not exist"),
    telegram("no rights", 400, NO_RIGHTS, CLOSED, "may not send this here"),
    telegram("too long", 400, LONG_MESSAGE, REFUSED, "longer than Telegram takes"),
    telegram("entity parse error", 400, BAD_ENTITY, REFUSED, "Telegram refuses the message"),
    telegram("file too big", 413, "Request Entity Too Large", REFUSED, "larger than Telegram takes"),
    telegram("bad image URL", 400, "Bad Request: wrong HTTP URL specified", REFUSED, "refuses a picture's address"),
    telegram("token revoked", 401, "Unauthorized", CLOSED, "does not know the bot's token"),
    discord("DM closed", 403, (50007, "Cannot send messages to this user"), CLOSED, "takes no direct messages"),
    discord("unknown channel", 404, (10003, "Unknown Channel"), CLOSED, "does not know the channel"),
    discord("kicked", 403, (50001, "Missing Access"), CLOSED, "can't see the channel"),
    discord("no rights", 403, (50013, "Missing Permissions"), CLOSED, "lacks a permission"),
    discord("archived thread", 400, (50083, "Thread is archived"), CLOSED, "thread is archived"),
    discord("too long", 400, (50035, "Invalid Form Body"), REFUSED, "Discord refuses the message"),
    discord("file too big", 413, (40005, "Request entity too large"), REFUSED, "too large"),
    discord("token revoked", 401, (0, "401: Unauthorized"), CLOSED, "does not know the bot's token"),
]


@pytest.mark.parametrize("nth", [2, *(pytest.param(n, marks=pytest.mark.soak) for n in (1, 3, 4))])
@pytest.mark.parametrize("answer", ANSWERS, ids=str)
async def test_what_a_platform_answers(house: Theatre, answer: Answer, nth: int) -> None:
    faults = house.telegram_faults if answer.platform == "telegram" else house.discord_faults
    faults.at(nth, answer.refusal, SEND[answer.platform])
    mine = DESTINATION[answer.platform]
    (other,) = set(DESTINATION.values()) - {mine}
    first = await publish(house)
    assert (first[other].ok, there(house, other)) == (True, WHOLE)
    assert there(house, mine) == WHOLE[: nth - 1]
    assert answer.words in first[mine].stopped
    assert not first[mine].in_doubt
    rows = [row for row in open_rows(house) if row.destination == mine]
    assert rows[0].state is answer.state
    await finishes(house, f"answer of {answer.platform}")


async def finishes(house: Theatre, kind: str) -> None:
    """The next run brings out everything, once."""
    second = await publish(house)
    for name in DESTINATION.values():
        tally.seen(kind, WHOLE, there(house, name))
        assert there(house, name) == WHOLE
    assert all(report.ok for report in second.values())
    assert open_rows(house) == ()


# Never reached

Address = Callable[[ExitStack, str], str]
"""Makes an address at which nobody answers, given the real one."""


def unknown_name(_: ExitStack, base: str) -> str:
    return "http://nowhere.invalid"


def nobody_listening(_: ExitStack, base: str) -> str:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        return f"http://127.0.0.1:{gone.getsockname()[1]}"


def full_queue(stack: ExitStack, base: str) -> str:
    """A server that takes no connection: the system leaves the client waiting once the queue is full."""
    server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
    for _ in range(2):
        waiting = stack.enter_context(socket.socket())
        waiting.setblocking(False)
        waiting.connect_ex(server.getsockname())
    return f"http://127.0.0.1:{server.getsockname()[1]}"


def no_encryption(_: ExitStack, base: str) -> str:
    """A server that doesn't speak TLS."""
    return base.replace("http://", "https://")


NEVER_REACHED = [unknown_name, nobody_listening, full_queue, no_encryption]


@pytest.mark.parametrize("address", NEVER_REACHED, ids=lambda one: one.__name__)
async def test_a_platform_that_is_not_reached_gets_everything_later(house: Theatre, address: Address) -> None:
    config = house.folder / "config.yaml"
    usual = config.read_text(encoding="utf-8")
    real = usual.partition("telegram:\n  api: ")[2].partition("\n")[0]
    with ExitStack() as stack:
        config.write_text(usual.replace(real, address(stack, real)), encoding="utf-8")
        first = await publish(house)
    assert (first["server"].ok, there(house, "server")) == (True, WHOLE)
    assert "can't be reached" in first["channel"].stopped
    assert not first["channel"].in_doubt
    assert there(house, "channel") == []
    config.write_text(usual, encoding="utf-8")
    await finishes(house, "not reached")
