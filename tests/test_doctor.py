"""`weektech doctor`: what is missing, what it costs, what to do; and an exit code that tells notes from problems."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bots import config
from bots.clock import SystemClock
from bots.doctor import Chapter, configuration, ledger
from bots.model import Destination, Kind
from bots.platforms import skew
from bots.platforms.discord.examining import DiscordExaminer
from bots.platforms.setup import Examiner, Level
from bots.platforms.telegram.examining import TelegramExaminer
from bots.rehearsal.discord.api import Discord
from bots.rehearsal.discord.model import PUBLISHER, Permission
from bots.rehearsal.discord.server import application as discord_application
from bots.rehearsal.discord.state import State as DiscordState
from bots.rehearsal.serving import serve
from bots.rehearsal.telegram import NO_LIMITS, Bot, Chat, ChatKind, Standing, Telegram
from bots.rehearsal.telegram import make_app as telegram_application
from tests.postgres import Server
from tests.theatre import Theatre, theatre

TOKEN = "123456789:" + "A" * 35


async def examined(examiner: Examiner, destination: Destination | None = None) -> list[str]:
    """What a look at the bot finds, or a look at one chat."""
    await examiner.open()
    try:
        found = tuple(await (examiner.chat(destination) if destination else examiner.account()))
    finally:
        await examiner.close()
    assert all(one.cost and one.remedy for one in found if one.level is not Level.FINE)
    return [one.what for one in found if one.level is not Level.FINE]


# ------------------------------------------------------------------------------------------------------ on Telegram

BOTS = [
    # what is wrong with the bot, the bot, what is found
    ("nothing", Bot(TOKEN), []),
    ("a webhook", Bot(TOKEN, webhook="https://example.com/hook"), ["a webhook is set"]),
]


@pytest.mark.parametrize(("bot", "found"), [row[1:] for row in BOTS], ids=[row[0] for row in BOTS])
async def test_the_telegram_bot(bot: Bot, found: list[str]) -> None:
    async with serve(telegram_application(Telegram([bot], [], SystemClock(), NO_LIMITS))) as base:
        assert await examined(TelegramExaminer(TOKEN, base)) == found


NO_DISCUSSION = "no discussion group is linked"
AWAY = "the bot is not in the discussion group"
PRIVACY, MEMBER, BASIC = "privacy mode is on", "the bot is no administrator", "this is a basic group"
ADMIN, PLAIN = Standing.ADMINISTRATOR, Standing.MEMBER
TALK = Chat(-1002, ChatKind.SUPERGROUP, "Talk")
CHATS = [
    # the chat, its kind, the bot's standing in the group, whether the bot hears everything, what is found
    ("a channel alone", Chat(-1001), Kind.CHANNEL, ADMIN, False, [NO_DISCUSSION]),
    ("a discussion group with the bot", Chat(-1001, linked=-1002), Kind.CHANNEL, ADMIN, False, []),
    ("without the bot", Chat(-1001, linked=-1002), Kind.CHANNEL, Standing.LEFT, False, [AWAY]),
    ("that threw it out", Chat(-1001, linked=-1002), Kind.CHANNEL, Standing.KICKED, False, [AWAY]),
    ("with the bot as a member", Chat(-1001, linked=-1002), Kind.CHANNEL, PLAIN, False, [PRIVACY, MEMBER]),
    ("without privacy mode", Chat(-1001, linked=-1002), Kind.CHANNEL, PLAIN, True, [MEMBER]),
    ("a supergroup", TALK, Kind.SUPERGROUP, ADMIN, False, []),
    ("a supergroup's member", TALK, Kind.SUPERGROUP, PLAIN, False, [PRIVACY, MEMBER]),
    ("a topic", TALK, Kind.TOPIC, ADMIN, False, []),
    ("a basic group", Chat(-1002, ChatKind.GROUP, "Friends"), Kind.GROUP, PLAIN, True, [BASIC, MEMBER]),
    ("a reader", Chat(-1001, ChatKind.PRIVATE, "Reader"), Kind.PRIVATE, PLAIN, False, []),
]


@pytest.mark.parametrize(
    ("chat", "kind", "standing", "hears", "found"), [row[1:] for row in CHATS], ids=[row[0] for row in CHATS]
)
async def test_telegram_chats(chat: Chat, kind: Kind, standing: Standing, hears: bool, found: list[str]) -> None:
    group = replace(chat if chat.group else TALK, id=-1002, standing=standing)
    chats = [group] if chat.group else [replace(chat), group]
    telegram = Telegram([Bot(TOKEN, reads_groups=hears)], chats, SystemClock(), NO_LIMITS)
    async with serve(telegram_application(telegram)) as base:
        assert await examined(TelegramExaminer(TOKEN, base), Destination("x", "telegram", kind, str(chat.id))) == found


# ------------------------------------------------------------------------------------------------------- on Discord


@pytest.mark.parametrize(("intent", "found"), [(False, ["Message Content Intent is off"]), (True, [])])
async def test_the_discord_bot(intent: bool, found: list[str]) -> None:
    discord = Discord(DiscordState(SystemClock()))
    discord.state.message_content = intent
    async with serve(discord_application(discord)) as base:
        assert await examined(DiscordExaminer(discord.token, base)) == found


# -------------------------------------------------------------------------------------------------------- the clock

SKEWS = [
    (timedelta(), ""),
    (timedelta(seconds=50), ""),
    (timedelta(seconds=-50), ""),
    (timedelta(seconds=90), "this machine's clock is 90 s ahead"),
    (timedelta(hours=-1), "this machine's clock is 3600 s behind"),
]


@pytest.mark.parametrize(("off", "says"), SKEWS)
async def test_a_clock_that_is_wrong_is_named(off: timedelta, says: str) -> None:
    def wrong() -> datetime:
        return datetime.now(UTC) + off

    async with serve(telegram_application(Telegram([Bot(TOKEN)], [], SystemClock(), NO_LIMITS))) as base:
        found = skew.finding(await skew.ahead(base, None, wrong))
    if says:
        minutes = found.what.split()
        assert (found.level, minutes[:4], minutes[-1]) == (Level.NOTE, says.split()[:4], says.rsplit(maxsplit=1)[-1])
        assert abs(int(minutes[4]) - int(says.split()[4])) <= 2
    else:
        assert found.level is Level.FINE


async def test_a_server_that_can_not_be_reached_says_nothing_of_the_clock() -> None:
    assert await skew.ahead("http://127.0.0.1:9", None) is None
    assert skew.finding(None).level is Level.NOTE


# ------------------------------------------------------------------------------------------- config.yaml and ledger


def told(chapter: Chapter) -> list[tuple[Level, str]]:
    return [(one.level, one.what) for one in chapter.findings if one.level is not Level.FINE]


def test_a_config_that_does_nothing_yet(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    found = told(configuration(config.load(path, {}), path))
    assert [level for level, _ in found] == [Level.PROBLEM, Level.PROBLEM, Level.NOTE, Level.NOTE, Level.NOTE]
    assert found[0][1] == "there is no such file"


LASTING = [
    # where it runs, whether the ledger will last
    ("a disk of one's own", {}, True),
    ("a disk that is emptied", {"DYNO": "worker.1"}, False),
    ("a disk that is emptied, and an empty address", {"DYNO": "worker.1", "DATABASE_URL": ""}, False),
]


@pytest.mark.parametrize(("environ", "lasts"), [row[1:] for row in LASTING], ids=[row[0] for row in LASTING])
def test_a_ledger_that_will_not_last_is_a_problem(tmp_path: Path, environ: dict[str, str], lasts: bool) -> None:
    found = told(ledger(config.load(tmp_path / "config.yaml", environ), environ))
    assert found == (
        [] if lasts else [(Level.PROBLEM, "it is a file on Heroku, where files are lost at the next restart")]
    )


def test_a_ledger_on_a_server_lasts_anywhere(tmp_path: Path, postgres: Server) -> None:
    with postgres.ledger() as name:
        environ = {"DYNO": "worker.1", "DATABASE_URL": postgres.url(name)}
        found = ledger(config.load(tmp_path / "config.yaml", environ), environ)
    assert told(found) == []
    assert [one.what for one in found.findings if one.what.startswith("PostgreSQL 1")]


def test_a_server_that_can_not_be_reached_is_a_problem_without_its_password(tmp_path: Path) -> None:
    environ = {"DATABASE_URL": "postgresql://me:secret@/ledger?host=/nowhere"}
    [(level, what)] = told(ledger(config.load(tmp_path / "config.yaml", environ), environ))
    assert (level, "can't be reached" in what, "secret" in what) == (Level.PROBLEM, True, False)


def test_a_ledger_that_can_not_be_used_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / ".weektech").mkdir()
    (tmp_path / ".weektech" / "ledger.db").write_bytes(b"no database" * 200)
    [(level, what)] = told(ledger(config.load(tmp_path / "config.yaml", {}), {}))
    assert (level, "not a database" in what) == (Level.PROBLEM, True)


# ---------------------------------------------------------------------------------------------------- as a command


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Theatre]:
    with theatre(tmp_path / "column") as found:
        yield found


def test_a_healthy_column_has_notes_and_no_problems(house: Theatre) -> None:
    found = house.run("doctor")
    assert found.returncode == 0, found.stdout
    assert "✗" not in found.stdout
    for words in ("Python 3.", "can be written", "channel (channel, Column)", "comments can't be collected"):
        assert words in found.stdout


def no_right(house: Theatre) -> None:
    house.channel.can_post = False


def no_history(house: Theatre) -> None:
    house.discord.state.permit(house.text, PUBLISHER & ~Permission.READ_MESSAGE_HISTORY)


def paused(house: Theatre) -> None:
    assert house.run("pause", "holidays").returncode == 0


def nothing(house: Theatre) -> None:
    """The tokens alone make the difference."""


PROBLEMS = [
    # what is wrong, how it is brought about, environment, about what, what is said
    ("no right to post", no_right, {}, "channel (channel, Column)", "the right to post messages"),
    ("no history", no_history, {}, "server (text, Guild #weekly)", "Read Message History"),
    ("no token", nothing, {"TELEGRAM_BOT_TOKEN": ""}, "telegram", "TELEGRAM_BOT_TOKEN is not set"),
    ("a wrong token", nothing, {"DISCORD_BOT_TOKEN": "wrong"}, "discord", "does not know the bot's token"),
    ("a pause", paused, {}, "ledger", "paused: holidays"),
]


@pytest.mark.parametrize(
    ("change", "more", "about", "says"), [row[1:] for row in PROBLEMS], ids=[row[0] for row in PROBLEMS]
)
def test_each_problem_is_named_with_what_it_costs(
    house: Theatre, change: Callable[[Theatre], None], more: dict[str, str], about: str, says: str
) -> None:
    change(house)
    found = house.run("doctor", "--json", more=more)
    records = [json.loads(line) for line in found.stdout.splitlines()]
    assert all(set(record) == {"about", "level", "what", "cost", "remedy"} for record in records)
    problems = [record for record in records if record["level"] == "problem"]
    assert found.returncode == 1
    assert [record["about"] for record in problems] == [about]
    assert says in problems[0]["what"]
    assert problems[0]["cost"]
