"""A crowd of readers asks at once while an issue goes out: under the platforms' own rate windows neither waits long.

Both servers and `weektech run` are on clocks that run equally fast; seconds here are those of these clocks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from bots.clock import SystemClock
from bots.pacing import Load, estimate
from bots.rehearsal.discord.api import Discord
from bots.rehearsal.discord.interactions import PATIENCE, Interaction
from bots.rehearsal.discord.model import User as Member
from bots.rehearsal.discord.people import People as DiscordPeople
from bots.rehearsal.discord.server import application as discord_application
from bots.rehearsal.discord.state import State as DiscordState
from bots.rehearsal.faults import Faults
from bots.rehearsal.serving import serve_in_thread
from bots.rehearsal.telegram import Bot, Chat, ChatKind, Telegram, User
from bots.rehearsal.telegram import People as TelegramPeople
from bots.rehearsal.telegram import make_app as telegram_application
from tests.test_run import until
from tests.theatre import CONFIG, TELEGRAM_TOKEN, Theatre

SECTIONS = 12
MESSAGES = SECTIONS + 1
CHATS = {"telegram": "@column", "discord": "1"}
"""Where it goes, as far as pacing minds."""
AHEAD = 12
"""Seconds until it is due, by when an earlier issue is there to be asked for."""
MOST_WAIT = 70.0
"""Seconds for an answer on Telegram."""
SLOWER, HARDLY = 1.3, 1.05
"""How much longer it may take: than its windows allow, as calls take a while; and than without readers."""
ASKED: tuple[tuple[str, str], ...] = (("latest", ""), ("search", "words"), ("help", ""))
"""What readers ask in turn, with what is behind the command."""
EARLIER = "---\ntitle: Weekly zero\ndate: {date}\n---\nOnce.\n\n# Part 1\n\nOld words.\n"
LONG = "---\ntitle: Weekly one\ndate: {date}\n---\nWelcome.\n" + "".join(
    f"\n# Part {number}\n\nNew words.\n" for number in range(1, SECTIONS + 1)
)


@dataclass
class Crowd:
    """Everybody who asks, and what they were answered."""

    theatre: Theatre
    telegram: list[User] = field(default_factory=list)
    discord: list[Interaction] = field(default_factory=list)

    def gather(self, size: int) -> Callable[[], None]:
        """Make them known; what this gives makes all of them ask."""
        state = self.theatre.discord.state
        on_telegram = [User(100_000 + number, f"Reader {number}") for number in range(size)]
        on_discord = [state.add_user(f"reader {number}") for number in range(size)]
        return lambda: self._ask(on_telegram, on_discord)

    def _ask(self, on_telegram: list[User], on_discord: list[Member]) -> None:
        telegram, discord = TelegramPeople(self.theatre.telegram), DiscordPeople(self.theatre.discord.state)
        for number, (one, other) in enumerate(zip(on_telegram, on_discord, strict=True)):
            command, words = ASKED[number % len(ASKED)]
            telegram.say(one.id, one, f"/{command} {words}".rstrip())
            options = {"words": words} if words else {}
            self.discord.append(discord.command(self.theatre.text, other, command, options))
        self.telegram += on_telegram

    def answered(self) -> bool:
        people = DiscordPeople(self.theatre.discord.state)
        said = (people.answers(each) for each in self.discord)
        return all(self._waits()) and all(any(one.content for one in answers) for answers in said)

    def longest(self) -> dict[str, float]:
        """The longest waits in seconds, see `Figures`; none without a crowd."""
        people = DiscordPeople(self.theatre.discord.state)
        telegram = [wait for wait in self._waits() if wait is not None]
        acknowledged = [each.acknowledged - each.sent for each in self.discord if each.acknowledged is not None]
        discord = [max(one.edited or one.sent for one in people.answers(each)) - each.sent for each in self.discord]
        waits = {"telegram": telegram, "acknowledged": acknowledged, "discord": discord}
        return {name: max(each).total_seconds() for name, each in waits.items() if each}

    def _waits(self) -> list[timedelta | None]:
        found: list[timedelta | None] = []
        for user in self.telegram:
            asked, *answers = self.theatre.telegram.chats[user.id].messages
            found.append(answers[0].date - asked.date if answers else None)
        return found


@contextmanager
def flooded(folder: Path, speed: float) -> Iterator[tuple[Theatre, list[int]]]:
    """A theatre whose servers keep their windows, and the statuses of everything they answered."""
    clock, faults, statuses = SystemClock(speed), (Faults(), Faults()), list[int]()
    channel = Chat(-1001000000001, title="Column", username="column", can_edit=True)
    author = Chat(77, ChatKind.PRIVATE, "Author")
    telegram = Telegram([Bot(TELEGRAM_TOKEN)], [channel, author], clock)
    discord = Discord(DiscordState(clock))
    text = discord.state.add_channel(discord.state.add_guild("Guild").id, "weekly").id
    discord.state.message_content = True

    @web.middleware
    async def noted(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        answer = await handler(request)
        statuses.append(answer.status)
        return answer

    def watched(app: web.Application) -> web.Application:
        app.middlewares.append(noted)
        return app

    with (
        serve_in_thread(lambda: watched(telegram_application(telegram, faults[0]))) as telegram_base,
        serve_in_thread(lambda: watched(discord_application(discord, faults[1]))) as discord_base,
    ):
        (folder / "posts").mkdir(parents=True)
        config = CONFIG.format(telegram=telegram_base, discord=discord_base, text=text)
        (folder / "config.yaml").write_text(config, encoding="utf-8")
        yield Theatre(folder, channel, author, discord, text, *faults, telegram), statuses


def begun(found: Theatre, number: int) -> bool:
    """So much of the long issue is in both chats."""
    return all(
        sum("New words." in text or "Weekly one" in text for text in texts) >= number
        for texts in (found.telegram_texts(), found.discord_texts())
    )


def lasted(found: Theatre) -> dict[str, float]:
    """By platform, seconds from the first to the last message of the long issue."""
    telegram = [one.date for one in found.channel.messages][-MESSAGES:]
    discord = [one.sent for one in found.discord.state.messages(found.text)][-MESSAGES:]
    return {
        name: (times[-1] - times[0]).total_seconds() for name, times in (("telegram", telegram), ("discord", discord))
    }


@dataclass(frozen=True)
class Figures:
    """What one flood took, in seconds."""

    waited: dict[str, float]
    """The longest waits: for an answer on each platform, and on Discord for the acknowledgement."""
    lasted: dict[str, float]
    """The long issue, by platform."""


def flood(folder: Path, size: int, speed: float) -> Figures:
    """Let so many readers of each platform ask at once while the long issue goes out; nothing may be refused."""
    with flooded(folder, speed) as (found, statuses):
        now = datetime.now(UTC)
        for name, text, ahead in (("zero", EARLIER, 0), ("one", LONG, AHEAD)):
            date = (now + timedelta(seconds=ahead)).isoformat(timespec="seconds")
            (folder / "posts" / f"{name}.md").write_text(text.format(date=date), encoding="utf-8")
        crowd = Crowd(found)
        ask = crowd.gather(size)
        process = found.start("run", more={"HASTE": str(speed)})
        try:
            until(lambda: begun(found, 3) and bool(found.discord.gateway.identified), process)
            ask()
            until(lambda: begun(found, MESSAGES) and crowd.answered(), process)
        finally:
            process.kill()
            process.wait()
        assert statuses.count(429) == 0
        return Figures(crowd.longest(), lasted(found))


def least() -> dict[str, float]:
    """Seconds that the long issue takes if every call arrives at once."""
    return {name: estimate([Load(name, chat, [1] * MESSAGES)]) for name, chat in CHATS.items()}


def prompt(found: Figures) -> bool:
    """Everybody was answered in good time."""
    return found.waited["telegram"] <= MOST_WAIT and found.waited["acknowledged"] < PATIENCE.total_seconds()


def test_a_crowd_is_answered_and_the_issue_is_not_late(tmp_path: Path) -> None:
    found = flood(tmp_path / "column", 40, 3)
    assert prompt(found), found
    assert all(found.lasted[name] <= SLOWER * shortest for name, shortest in least().items()), found


@pytest.mark.soak
def test_a_great_crowd_is_no_different(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alone, found = flood(tmp_path / "alone", 0, 1), flood(tmp_path / "column", 200, 1)
    with capsys.disabled():
        print(f"\n200 readers on each platform: waited {found.waited}, lasted {found.lasted}, alone {alone.lasted}")
    assert prompt(found), found
    assert all(found.lasted[name] <= HARDLY * seconds for name, seconds in alone.lasted.items()), (found, alone)
