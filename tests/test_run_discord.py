"""`weektech run` on Discord as a process: the author's buttons, a crowd of strangers, and what was missed meanwhile."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bots.events import Event, Said, Tallied
from bots.ledger import Update
from bots.platforms.discord.events import read
from bots.rehearsal.discord.forms import Form
from bots.rehearsal.discord.interactions import PATIENCE, Interaction
from bots.rehearsal.discord.model import Message, User
from bots.rehearsal.discord.people import People
from tests.discord_listening import BUTTON
from tests.test_run import until
from tests.theatre import NEVER, POST, Theatre, theatre

TITLES = ["Weekly one", "Models", "Papers", "Closing"]


@dataclass
class House:
    """A theatre whose author sits in a private channel of Discord."""

    theatre: Theatre
    author: User
    desk: int

    @property
    def people(self) -> People:
        return People(self.theatre.discord.state)

    def letters(self) -> list[Message]:
        return [one for one in self.theatre.discord.state.messages(self.desk) if one.components]

    def press(self, user: User, label: str) -> Interaction:
        letter = self.letters()[0]
        buttons = [button for row in letter.components for button in row["components"]]
        return self.people.press(letter, user, next(one["custom_id"] for one in buttons if one["label"] == label))

    def answers(self, done: Interaction) -> list[str]:
        return [one.content for one in self.people.answers(done)]

    def complete(self) -> bool:
        return [text.lstrip("# ").split("\n")[0] for text in self.theatre.discord_texts()] == TITLES

    @contextmanager
    def running(self, die: tuple[str, int] = NEVER) -> Iterator[subprocess.Popen[bytes]]:
        """The process; what it logs is in `log`, and `die` names the moment at which it kills itself."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                self.theatre.command("run", die=die),
                cwd=self.theatre.folder,
                env=self.theatre.environment({}),
                stdout=log,
                stderr=log,
            )
            try:
                yield process
            finally:
                process.kill()
                process.wait()

    @property
    def log(self) -> Path:
        return self.theatre.folder / "log"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    late = f"{datetime.now(UTC).year - 1}-11-21"
    with theatre(tmp_path / "column", POST.replace("2026-11-21", late)) as found:
        state = found.discord.state
        state.message_content = True
        guild = state.channels[found.text].guild
        author, desk = state.add_user("author"), state.add_channel(guild, "desk").id
        config = found.folder / "config.yaml"
        text = config.read_text(encoding="utf-8").replace("start: 2026", "start: 2020")
        text = text.replace(f'author: "{found.text}"', f'author: "{desk}"\n  admins: ["{author.id}"]')
        config.write_text(text + "release:\n  tell: discord\n", encoding="utf-8")
        yield House(found, author, desk)


def test_the_author_is_asked_and_a_crowd_of_strangers_is_answered_while_the_issue_goes_out(house: House) -> None:
    strangers = [house.theatre.discord.state.add_user(f"stranger {n}") for n in range(200)]
    state = house.theatre.discord.state
    elsewhere = state.add_channel(state.channels[house.desk].guild, "elsewhere")
    older = state.post(elsewhere.id, Form(content="", components=(BUTTON,)), ())
    with house.running() as process:
        until(lambda: bool(house.letters()), process)
        first = house.press(strangers[0], "Send now")
        until(lambda: bool(house.answers(first)), process)
        assert house.theatre.discord_texts() == []
        author = house.press(house.author, "Send now")
        until(lambda: bool(house.theatre.discord_texts()), process)
        crowd = [house.people.press(older, each, "q:99:now") for each in strangers]
        until(lambda: house.complete() and all(house.answers(each) for each in (author, *crowd)), process)
    assert house.answers(author) == ["Send now"]
    for each in (first, author, *crowd):
        assert each.acknowledged is not None
        assert each.acknowledged - each.sent < PATIENCE
    assert {tuple(house.answers(each)) for each in (first, *crowd)} == {("This is for the author alone.",)}
    lines = house.log.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if " INFO " not in line] == []


@pytest.mark.survival
def test_what_happened_while_it_was_off_is_in_the_inbox_once(house: House) -> None:
    state, people = house.theatre.discord.state, house.people
    with house.running() as process:
        until(lambda: bool(house.letters()), process)
        house.press(house.author, "Send now")
        until(house.complete, process)
        head = state.messages(house.theatre.text)[0]
        heard = [people.say(house.theatre.text, house.author, f"heard {n}", reply_to=head.id) for n in range(3)]
        until(
            lambda: cursor(house) == str(heard[-1].id) and comments(house) == ["heard 0", "heard 1", "heard 2"], process
        )
    people.delete(heard[0])
    people.edit(heard[1], "heard 1, changed")
    reader = state.add_user("reader")
    said = [people.say(house.theatre.text, reader, f"offline {n}") for n in range(300)]
    for one in said[:50]:
        people.delete(one)
    for one in said[50:100]:
        people.edit(one, f"{one.content}, changed")
    ours = state.messages(house.theatre.text)[:2]
    for n in range(50):
        each = state.add_user(f"reader {n}")
        for one in ours:
            people.react(one, each, "👍")
    with house.running(die=("inbox.after", 3)) as victim:
        assert victim.wait(60) == -signal.SIGKILL
    assert cursor(house) != str(said[-1].id)
    with house.running() as process:
        until(lambda: cursor(house) == str(said[-1].id) and waiting(house) == 0, process)
    events = kept(house)
    texts = Counter(event.text for event in events if isinstance(event, Said))
    wanted = [f"offline {n}, changed" for n in range(50, 100)] + [f"offline {n}" for n in range(100, 300)]
    assert texts == Counter(["heard 0", "heard 1", "heard 2", "heard 1, changed", *wanted])
    assert comments(house) == ["heard 1, changed", "heard 2"]
    tallies = [event for event in events if isinstance(event, Tallied)]
    assert {event.message_id: dict(event.counts) for event in tallies} == {str(one.id): {"👍": 50} for one in ours}


def cursor(house: House) -> str | None:
    rows = asked(house, "select value from cursors where name = 'discord'")
    return str(rows[0][0]) if rows else None


def comments(house: House) -> list[str]:
    query = "select text from comments where gone_at is null and issue != '' order by id"
    return [str(row[0]) for row in asked(house, query)]


def waiting(house: House) -> int:
    return int(asked(house, "select count(*) from inbox where done_at is null")[0][0])


def kept(house: House) -> list[Event]:
    """Everything of Discord that was ever put into the inbox."""
    rows = asked(house, "select key, kind, payload from inbox where platform = 'discord' order by id")
    return [event for key, kind, payload in rows for event in read(Update(key, kind, json.loads(payload)))]


def asked(house: House, query: str) -> list[tuple[Any, ...]]:
    """From the ledger's file, beside the process that writes to it."""
    with closing(sqlite3.connect(house.theatre.folder / ".weektech" / "ledger.db", timeout=30)) as database:
        return database.execute(query).fetchall()
