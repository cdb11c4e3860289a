"""The readers' commands as the author meets them, and events on their way from the inbox into the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from bots.app import App, Hooks, renderers
from bots.column import Column
from bots.errors import ChatClosed
from bots.events import Event, Person
from bots.ledger import Ledger, Update
from bots.mail import Mail
from bots.model import Destination
from tests.answer_world import CHANNEL, NUMBER, PLACES, World, discord, forwarded, telegram, world_in
from tests.authors_desk import Desk, desk_in
from tests.virtual import VirtualClock, run


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return desk_in(tmp_path, monkeypatch)


def test_comments_are_listed_and_hidden_by_number(desk: Desk) -> None:
    assert [(one["comment"], one["section"], one["text"], one["parent"]) for one in desk.records("comments")] == [
        (1, "a", "why?", None),
        (2, "a", "spam", None),
        (3, "a", "more spam", 2),
    ]
    assert "Comment 2 is hidden" in desk.says("moderate", "hide", "2")
    assert "2 · hidden" in desk.says("comments", "one")
    assert desk.records("stats")[0]["replies"] == {"discord": 1, "telegram": 1}
    desk.says("moderate", "show", "2")
    assert desk.records("stats")[0]["replies"] == {"discord": 2, "telegram": 1}


def test_a_writer_is_blocked_and_forgotten_by_a_comments_number(desk: Desk) -> None:
    assert "Bo is blocked" in desk.says("moderate", "block", "3")
    assert [one["blocked"] for one in desk.records("comments")] == [False, True, True]
    assert "Bo is not blocked" in desk.says("moderate", "unblock", "2")
    assert "2 comments of Bo" in desk.says("moderate", "forget", "2")
    assert [one["text"] for one in desk.records("comments")] == ["why?"]
    assert "Nothing is kept" in desk.refuses("moderate", "forget", "2")


def test_export_writes_beside_the_configuration_and_says_what_changed(desk: Desk) -> None:
    folder = desk.folder / "comments"
    assert desk.says("export").splitlines() == [str(folder / "one.json"), str(folder / "one.html")]
    assert desk.says("export") == ""
    desk.says("moderate", "forget", "2")
    assert len(desk.says("export").splitlines()) == 2
    assert "spam" not in (folder / "one.json").read_text("utf-8")
    desk.says("export", "one", "--out", str(desk.folder / "data"))
    assert (desk.folder / "data" / "one.json").read_bytes() == (folder / "one.json").read_bytes()


def test_stats_show_who_waits_for_an_answer(desk: Desk) -> None:
    shown = desk.says("stats", "one")
    assert "Questions without your answer: 1" in shown
    assert "why?" in shown


def test_wrong_words_are_answered(desk: Desk) -> None:
    assert "Did you mean 'one'" in desk.refuses("comments", "ones")
    assert "no comment 99" in desk.refuses("moderate", "hide", "99")
    assert desk.run("moderate", "delete", "1").exit_code == 2


# ------------------------------------------------------------------------------------------------ from the inbox


class Known(App):
    """An app that is told the names of its chats by nobody but us."""

    asked = 0
    answers = True

    async def names_of(self, destination: Destination) -> frozenset[str]:
        self.asked += 1
        if not self.answers:
            raise ChatClosed("No network.")
        return frozenset({NUMBER, "@news"} if destination.name == CHANNEL.name else {destination.chat})


def mail_of(world: World, *events: Event, answers: bool = True) -> Known:
    """Put events into the inbox and have them handled."""

    async def life() -> Known:
        async with AsyncExitStack() as stack:
            column = Column(world.config, renderers(world.config))
            app = Known(column, world.ledger, VirtualClock(), stack, Hooks())
            app.answers = answers
            mail = Mail(app, _acknowledge, lambda: None)
            mail._readers = dict.fromkeys(("telegram", "discord"), lambda update: [events[update.payload["event"]]])
            for number, event in enumerate(events):
                key = f"{answers} {number}"
                world.ledger.inbox.take(event.platform, [Update(key, "message", {"event": number})])
            await mail.handle()
            return app

    return run(life())


async def _acknowledge(platform: str, ref: str, words: str) -> None:
    raise AssertionError("nothing was pressed")


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[World]:
    with world_in(tmp_path) as made:
        made.forget()
        with made.ledger._writing() as connection:
            connection.exec_driver_sql("DELETE FROM cursors")
        yield made


def test_the_inbox_files_what_readers_say(bare: World) -> None:
    app = mail_of(
        bare,
        forwarded("101", "9001"),
        telegram("1", "x", reply_to="9001"),
        replace(telegram("1", "y", reply_to="9001"), edited=True),
        telegram("2", "in the channel itself", Person("9", "Eve"), chat=NUMBER, reply_to="102"),
        discord("3", "z", reply_to="801"),
    )
    assert bare.places() == {"1": ("a", None), "2": ("b", None), "3": ("a", None)}
    assert bare.comments()["1"].text == "y"
    assert app.asked == len(PLACES)  # once each
    assert bare.ledger.inbox.waiting() == ()


def test_chats_without_an_answer_are_asked_again_and_nothing_is_lost(bare: World) -> None:
    mail_of(bare, telegram("2", "in the channel itself", chat=NUMBER, reply_to="102"), answers=False)
    assert bare.places() == {}
    mail_of(bare, discord("3", "z", reply_to="801"), telegram("4", "later", chat=NUMBER, reply_to="2"))
    bare.filing.connect()
    assert bare.places() == {"2": ("b", None), "3": ("a", None), "4": ("b", "2")}


def test_a_ledger_keeps_one_secret(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.db")
    first = ledger.feedback.secret()
    assert ledger.feedback.secret() == first
    assert len(first) == 64
    ledger.close()
