"""Every network fault at a send, on either platform, and a second run after it (reliability.md 2).

Nothing twice, everything in order, whatever is missing is named, and the other platform never notices. The short slice
runs always; `make soak` runs each fault at each of three sends.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bots import config, exits
from bots.app import opened
from bots.clock import SystemClock
from bots.errors import ConfigError, PlanRefused
from bots.ledger import Delivery
from bots.model import Receipt, State
from bots.platforms import load
from bots.rehearsal.faults import Fault, Moment
from bots.rehearsal.telegram import ChatKind, Standing
from bots.report import Report
from tests import tally
from tests.theatre import Theatre, theatre

WHOLE = ["Weekly one", "Models", "Papers", "Closing"]
"""How the messages begin, in order."""
DESTINATION = {"telegram": "channel", "discord": "server"}
SEND = {"telegram": "sendMessage", "discord": "createMessage"}


class End(Enum):
    """How far the first run comes, and what it takes to finish."""

    ITSELF = "the run that met the fault finishes by itself"
    AGAIN = "the run stops there with a reason, and the next one finishes"
    SETTLED = "nobody can know: the author looks, says what is there, and the next run finishes"


TELEGRAM = {
    # Telegram has neither a key nor a history: what arrived is found, what did not needs a person (telegram.md 7.6).
    Fault.CLOSED_UNREAD: End.SETTLED,
    Fault.CLOSED_MID_REQUEST: End.SETTLED,
    Fault.TAKEN_CLOSED: End.ITSELF,
    Fault.TAKEN_RESET: End.ITSELF,
    Fault.TAKEN_HALF: End.ITSELF,
    Fault.TAKEN_SILENT: End.ITSELF,
    Fault.TAKEN_500: End.ITSELF,
    Fault.TAKEN_502: End.ITSELF,
    Fault.TAKEN_503: End.ITSELF,
    Fault.TAKEN_GARBAGE: End.ITSELF,
    Fault.TAKEN_WRONG_TYPE: End.ITSELF,
    Fault.TAKEN_SLOWLY: End.ITSELF,
    Fault.RATE_SHORT: End.ITSELF,
    Fault.RATE_LONG: End.ITSELF,
    Fault.RATE_GLOBAL: End.ITSELF,
    Fault.REFUSED: End.AGAIN,
}
# Discord has both, so only a refusal stops a run.
DISCORD = dict.fromkeys(Fault, End.ITSELF) | {Fault.REFUSED: End.AGAIN}
EXPECTED = {"telegram": TELEGRAM, "discord": DISCORD}
# discord.py holds a channel's second call back until the first was answered, and nothing cancels that (discord.md 7.2).
AT_FIRST = {("discord", Fault.TAKEN_SILENT): End.AGAIN}
"""What differs when the channel's very first call meets the fault."""

SLICE = [
    ("telegram", Fault.CLOSED_UNREAD),
    ("telegram", Fault.TAKEN_RESET),
    ("telegram", Fault.TAKEN_502),
    ("telegram", Fault.RATE_SHORT),
    ("telegram", Fault.REFUSED),
    ("discord", Fault.TAKEN_CLOSED),
    ("discord", Fault.TAKEN_GARBAGE),
    ("discord", Fault.REFUSED),
]
"""One fault of each sort: what every change has to survive."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One fault at one send of one platform."""

    platform: str
    fault: Fault
    nth: int = 2

    def __str__(self) -> str:
        return f"{self.platform} send {self.nth}: {self.fault}"

    @property
    def end(self) -> End:
        usual = EXPECTED[self.platform][self.fault]
        return AT_FIRST.get((self.platform, self.fault), usual) if self.nth == 1 else usual

    @property
    def destination(self) -> str:
        return DESTINATION[self.platform]


SHORT = [Trouble(platform, fault) for platform, fault in SLICE]
LONG = [
    trouble
    for nth in (1, 2, 4)
    for platform in EXPECTED
    for fault in Fault
    if (trouble := Trouble(platform, fault, nth)) not in SHORT
]


class Hasty(SystemClock):
    """Waits a sixtieth of the time, but knows the time of day that the servers have."""

    def __init__(self) -> None:
        super().__init__(60)

    def now(self) -> datetime:
        return datetime.now(UTC)


def impatient(place: str) -> Any:
    """The platforms' own senders, which give a silent server seconds instead of minutes."""
    made = load(place)
    patience = {"TelegramSender": {"answer_within": 1.0, "patience": 5.0}, "DiscordSender": {"patience": 2.0}}
    return partial(made, **patience.get(place.partition(":")[2], {}))


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Theatre]:
    monkeypatch.setattr("bots.app.load", impatient)
    # The local Discord has nothing on its way any more once it hung up, and its clock can't be hurried.
    monkeypatch.setattr("bots.platforms.discord.send.LATENESS", timedelta())
    with theatre(tmp_path / "column") as found:
        yield found


async def publish(house: Theatre) -> dict[str, Report]:
    """What `weektech publish` does, sixty times as fast; by destination."""
    settings = config.load(house.folder / "config.yaml", house.environment({}))
    async with opened(settings, Hasty()) as app:
        destinations = app.destinations()
        reports = await app.publish(await app.plan(house.post, destinations), destinations)
    return {report.destination: report for report in reports}


async def settle_by_eye(house: Theatre, row: Delivery) -> None:
    """What the author does: look into the chat, and say what is there."""
    found = [message for message in house.channel.messages if message.text == row.payload.text]
    receipt = Receipt((str(found[0].id),), f"https://t.me/column/{found[0].id}") if found else None
    settings = config.load(house.folder / "config.yaml", house.environment({}))
    async with opened(settings, Hasty()) as app:
        await app.settle(row.id, receipt)


def there(house: Theatre, destination: str) -> list[str]:
    """The first lines of what readers see."""
    texts = house.telegram_texts() if destination == "channel" else house.discord_texts()
    return [text.lstrip("# ").split("\n")[0] for text in texts]


def open_rows(house: Theatre) -> tuple[Delivery, ...]:
    with house.ledger() as ledger:
        return ledger.unfinished()


def named(report: Report, row: Delivery) -> bool:
    """True when the author is told which message it is about, and why."""
    return row.id in {one.id for one in report.in_doubt} and row.section in report.stopped and bool(row.error)


@pytest.mark.survival
@pytest.mark.parametrize("trouble", SHORT, ids=str)
async def test_a_fault_at_a_send(house: Theatre, trouble: Trouble) -> None:
    await check(house, trouble)


@pytest.mark.soak
@pytest.mark.parametrize("trouble", LONG, ids=str)
async def test_each_fault_at_each_send(house: Theatre, trouble: Trouble) -> None:
    await check(house, trouble)


async def check(house: Theatre, trouble: Trouble) -> None:
    faults = house.telegram_faults if trouble.platform == "telegram" else house.discord_faults
    faults.at(trouble.nth, trouble.fault, SEND[trouble.platform])
    first = await publish(house)
    mine = trouble.destination
    (other,) = set(DESTINATION.values()) - {mine}
    assert (first[other].ok, there(house, other)) == (True, WHOLE), "the other platform noticed"
    check_first(house, trouble, first[mine])
    if trouble.end is End.SETTLED:
        await check_doubt(house, trouble, first[mine])
    second = await publish(house)
    tally.seen(f"fault at a send, {trouble.platform}", WHOLE, there(house, mine), len(first[mine].in_doubt))
    assert [report.ok for report in second.values()] == [True, True]
    assert (there(house, mine), there(house, other)) == (WHOLE, WHOLE)
    assert open_rows(house) == ()
    assert len(faults.calls) > trouble.nth, "the fault never came"


def check_first(house: Theatre, trouble: Trouble, report: Report) -> None:
    """What the run that met the fault left behind and said."""
    found = there(house, trouble.destination)
    assert report.ok is (trouble.end is End.ITSELF), report.stopped
    if trouble.end is End.ITSELF:
        assert found == WHOLE
        return
    arrived = trouble.nth if trouble.fault.carried_out else trouble.nth - 1
    assert found == WHOLE[:arrived], "something was sent twice, lost, or sent after the doubt"
    assert report.stopped, "the author is not told why it stopped"


async def check_doubt(house: Theatre, trouble: Trouble, report: Report) -> None:
    """In doubt means: this message alone, named, and no further call until the author has looked."""
    (row,) = doubted(open_rows(house))
    assert named(report, row)
    assert row.seq == trouble.nth
    before = there(house, trouble.destination)
    (unasked,) = [one for one in (await publish(house)).values() if not one.ok]
    assert named(unasked, row)
    assert there(house, trouble.destination) == before, "sent although nobody knows what is there"
    await settle_by_eye(house, row)


def doubted(rows: Sequence[Delivery]) -> list[Delivery]:
    return [row for row in rows if row.state is State.IN_DOUBT]


EDITS = {"telegram": "editMessageText", "discord": "editMessage"}


@pytest.mark.parametrize(
    ("platform", "fault"),
    [
        ("telegram", Fault.TAKEN_CLOSED),
        ("discord", Fault.TAKEN_GARBAGE),
        *(pytest.param(one, fault, marks=pytest.mark.soak) for one in EDITS for fault in Fault),
    ],
    ids=str,
)
async def test_a_fault_at_a_correction_is_never_a_doubt(house: Theatre, platform: str, fault: Fault) -> None:
    await publish(house)
    house.post.write_text(house.post.read_text().replace("second paragraph", "better paragraph"), encoding="utf-8")
    faults = house.telegram_faults if platform == "telegram" else house.discord_faults
    faults.at(faults.calls.count(EDITS[platform]) + 1, fault, EDITS[platform])
    first = await publish(house)
    assert doubted(open_rows(house)) == []
    # Discord never cancels a call (discord.md 7.2), so a run may be out of tries before a silent server is given up.
    assert first[DESTINATION[platform]].ok or fault in {Fault.REFUSED, Fault.TAKEN_SILENT}
    second = await publish(house)
    for destination in DESTINATION.values():
        tally.seen(f"fault at a correction, {platform}", WHOLE, there(house, destination))
        assert there(house, destination) == WHOLE
    assert [report.ok for report in second.values()] == [True, True]
    assert open_rows(house) == ()
    corrected = [text for text in (*house.telegram_texts(), *house.discord_texts()) if "better paragraph" in text]
    assert len(corrected) == 2


def test_two_runs_at_once_are_one(house: Theatre) -> None:
    """The later one is turned away, or finds all done. Processes: discord.py knows one server in each."""
    both = [house.start("publish"), house.start("publish")]
    codes = sorted(one.wait(60) for one in both)
    assert codes in ([0, 0], [0, exits.BUSY])
    assert (there(house, "channel"), there(house, "server")) == (WHOLE, WHOLE)


async def test_a_name_that_means_another_chat_changes_nothing_there(house: Theatre) -> None:
    """Message 2 of the new chat is not message 2 of the old one."""
    await publish(house)
    path = house.folder / "config.yaml"
    house.author.kind, house.author.standing = ChatKind.CHANNEL, Standing.ADMINISTRATOR
    house.author.username = "elsewhere"
    path.write_text(path.read_text().replace("@column", "@elsewhere"), encoding="utf-8")
    settings = config.load(path, house.environment({}))
    async with opened(settings, Hasty()) as app:
        await app.test(house.post, ["telegram"])
    before = [message.text for message in house.author.messages]
    house.post.write_text(house.post.read_text().replace("first paragraph", "better paragraph"), encoding="utf-8")
    report = (await publish(house))["channel"]
    assert [message.text for message in house.author.messages] == before
    assert report.failed
    assert all("@column" in row.error for row in report.failed)


async def test_a_run_that_is_told_to_stop_hears_the_answer_first(house: Theatre) -> None:
    """SIGTERM in mid-send: the message is recorded as sent and nothing new begins, so nobody has to look."""
    house.telegram_faults.crumb_gap = 0.005
    house.telegram_faults.at(2, Fault.TAKEN_SLOWLY, "sendMessage")
    victim = house.start("publish", "posts/one.md")

    def watch(moment: Moment) -> None:
        if (moment.method, moment.nth, moment.phase) == ("sendMessage", 2, "taken"):
            victim.send_signal(signal.SIGTERM)

    house.telegram_faults.observer = watch
    assert await asyncio.to_thread(victim.wait, 20) != 0
    assert there(house, "channel") == WHOLE[:2]
    assert {row.state for row in open_rows(house)} <= {State.PENDING}
    assert all(report.ok for report in (await publish(house)).values())
    assert (there(house, "channel"), there(house, "server")) == (WHOLE, WHOLE)


async def test_a_new_name_for_a_chat_sends_nothing_twice(house: Theatre) -> None:
    await publish(house)
    path = house.folder / "config.yaml"
    path.write_text(path.read_text().replace("  channel:", "  kanal:"), encoding="utf-8")
    with pytest.raises(PlanRefused, match="published as channel"):
        await publish(house)
    assert there(house, "channel") == WHOLE
    twin = '  channel:\n    platform: telegram\n    chat: "@Column"\n'
    path.write_text(path.read_text() + twin, encoding="utf-8")
    with pytest.raises(ConfigError, match="channel is the same chat as kanal"):
        await publish(house)
