"""Readers of a running column, on both platforms at once: they react, answer, look up, subscribe, and are heard."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bots.rehearsal.discord import members
from bots.rehearsal.discord.interactions import PATIENCE, Interaction
from bots.rehearsal.discord.markdown import Link, Text, parse
from bots.rehearsal.discord.model import Permission
from bots.rehearsal.telegram import User
from tests.discord_world import picture
from tests.readers_house import ADA, TALK, House, button, buttons_of, house
from tests.test_run import until

AUTHOR = User(77, "Author")
PAPERS = "Papers\nA second paragraph about papers."
NEXT = """---
title: Weekly two
date: {date}
---
Hello again.

# Models

News about models.

# Papers

News about papers.
"""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        yield made


def test_readers_are_heard_answered_and_served(here: House) -> None:
    with here.running() as process:
        until(here.complete, process)
        _answer_and_take_back(here, process)
        _look_up(here, process)
        _subscribe_to_models(here, process)
        _next_issue(here, process)
        until(lambda: len(here.asked("select 1 from tallies where number > 0")) == 2, process)
    _shown_to_the_author(here)
    assert [line for line in here.log.read_text("utf-8").splitlines() if " INFO " not in line] == []


def _answer_and_take_back(here: House, process: subprocess.Popen[bytes]) -> None:
    (_, models), (papers, _) = here.posted("Models"), here.posted("Papers")
    here.telegram.react(here.theatre.channel.id, papers.id, ADA, ["👍"])
    here.discord.react(models, here.bo, "🎉")
    first = here.telegram.comment(here.theatre.channel.id, papers.id, ADA, "Which pappers?")
    text = here.theatre.text
    mine = here.discord.say(text, here.bo, "Good modls", reply_to=models.id)
    sorry = here.discord.say(text, here.bo, "I take it back", reply_to=models.id)
    until(lambda: here.comments() == ["Good modls", "I take it back", "Which pappers?"], process)
    here.telegram.edit(TALK, first.id, "Which papers?")
    here.discord.edit(mine, "Good models")
    here.discord.delete(sorry)
    until(lambda: here.comments() == ["Good models", "Which papers?"], process)


def _look_up(here: House, process: subprocess.Popen[bytes]) -> None:
    here.telegram.say(ADA.id, ADA, "/latest")
    until(lambda: len(here.told()) == 1, process)
    assert here.told()[0].text.startswith("#1 Weekly one")
    here.telegram.press(ADA.id, here.told()[0].id, ADA, "Papers")
    until(lambda: [one.text for one in here.told()[1:]] == [PAPERS], process)
    asked = here.discord.command(here.theatre.text, here.bo, "latest")
    until(lambda: bool(here.answers(asked)) and asked.acknowledged is not None, process)
    until(lambda: "Weekly one" in here.answers(asked)[0], process)
    (contents,) = here.discord.answers(asked)
    pressed = here.discord.press(contents, here.bo, buttons_of(contents)["Papers"])
    until(lambda: bool(here.answers(pressed)), process)
    assert "A second paragraph about papers." in here.answers(pressed)[0]
    assert asked.ephemeral
    for each in (asked, pressed):
        assert each.acknowledged is not None
        assert each.acknowledged - each.sent < PATIENCE


def _subscribe_to_models(here: House, process: subprocess.Popen[bytes]) -> None:
    here.telegram.say(ADA.id, ADA, "/subscribe")
    until(lambda: button(here.told()[-1], "Digest"), process)
    here.telegram.press(ADA.id, here.told()[-1].id, ADA, "Models")
    until(lambda: button(here.told()[-1], "✓ Models"), process)
    private = here.discord.converse(here.bo)
    asked = here.discord.command(private.id, here.bo, "subscribe")
    until(lambda: bool(here.answers(asked)) and bool(buttons_of(here.discord.answers(asked)[-1])), process)
    panel = here.discord.answers(asked)[-1]
    pressed = here.discord.press(panel, here.bo, buttons_of(panel)["Models"])
    until(lambda: bool(here.answers(pressed)), process)
    assert here.answers(pressed) == ["These sections of each issue come to you: Models"]


def _next_issue(here: House, process: subprocess.Popen[bytes]) -> None:
    private = here.discord.converse(here.bo).id
    state, ada = here.theatre.discord.state, here.told()[-1].id
    two = here.theatre.folder / "posts" / "two.md"
    two.write_text(NEXT.format(date=f"{datetime.now(UTC):%Y-%m-%d %H:%M} +00:00"), encoding="utf-8")

    def came() -> tuple[list[str], list[str]]:
        return (
            [one.text for one in here.told() if one.id > ada],
            [one.content for one in state.messages(private)],
        )

    until(lambda: any("News about" in text for text in here.theatre.telegram_texts()), process)
    until(lambda: all(came()), process)
    until(lambda: here.asked("select count(*) from deliveries where state not in ('sent')") == [(0,)], process)
    for texts in came():
        said = "\n".join(texts)
        assert "News about models." in said
        assert "News about papers." not in said


def _shown_to_the_author(here: House) -> None:
    found = {one["text"]: one for one in here.records("comments")}
    assert {text: (one["platform"], one["section"]) for text, one in found.items()} == {
        "Good models": ("discord", "models"),
        "Which papers?": ("telegram", "papers"),
    }
    (stats,) = [one for one in here.records("stats") if one["replies"]]
    assert stats["replies"] == {"discord": 1, "telegram": 1}
    done = here.theatre.run("export")
    assert done.returncode == 0, done.stderr
    files = here.theatre.folder / "comments"
    exported = json.loads((files / "one.json").read_text("utf-8"))
    corners = {part["id"]: part for part in exported["sections"]}
    assert [one["text"] for one in corners["models"]["comments"]] == ["Good models"]
    assert [one["text"] for one in corners["papers"]["comments"]] == ["Which papers?"]
    assert corners["models"]["reactions"] == {"discord": {"🎉": 1}}
    assert corners["papers"]["reactions"] == {"telegram": {"👍": 1}}
    page = (files / "one.html").read_text("utf-8")
    assert "Good models" in page
    assert "take it back" not in page + json.dumps(exported)


def test_an_answer_costs_a_call_a_message_and_a_picture_goes_by_its_id(here: House) -> None:
    (here.theatre.post.parent / "a.png").write_bytes(picture().content)
    text = here.theatre.post.read_text(encoding="utf-8")
    here.theatre.post.write_text(
        text.replace("about papers.", "about papers.\n\n![A picture](a.png)"), encoding="utf-8"
    )
    calls = here.theatre.telegram_faults.calls
    with here.running() as process:
        until(lambda: here.complete() and here.theatre.channel.messages[0].edited is not None, process)
        before = len(calls)
        here.telegram.say(ADA.id, ADA, "/latest")
        until(lambda: len(here.told()) == 1, process)
        here.telegram.press(ADA.id, here.told()[0].id, ADA, "Papers")
        until(lambda: len(here.told()) == 2, process)
    made = [call for call in calls[before:] if call.startswith(("send", "answer", "edit"))]
    assert made == ["sendMessage", "answerCallbackQuery", "sendPhoto"]
    published = here.posted("Papers")[0].content.media
    assert published is not None
    assert here.told()[1].content.media == published


COMMANDS = [
    "latest",
    "issue",
    "archive",
    "search",
    "sections",
    "subscribe",
    "unsubscribe",
    "comments",
    "lang",
    "privacy",
    "forget",
    "help",
]


def test_both_platforms_know_the_commands_and_a_panel_of_roles_outlives_a_restart(here: House) -> None:
    state = here.theatre.discord.state
    guild = state.channels[here.theatre.text].guild
    wanted = state.add_role(guild, "readers")
    power = state.add_role(guild, "bots", permissions=Permission.MANAGE_ROLES)
    members.give(state, guild, state.bot.id, power.id)
    here.configure(discord=f'  roles:\n    column: "{wanted.id}"\n')
    place = state.add_channel(guild, "roles").id
    with here.running() as process:
        until(lambda: set(COMMANDS) <= {one["name"] for one in state.commands.get(0, {}).values()}, process)
        until(lambda: bool(_menus(here)[-1]), process)
        assert _menus(here) == [COMMANDS] * 3
    done = here.theatre.run("panel", str(place))
    assert done.returncode == 0, done.stderr
    (panel,) = state.messages(place)
    identified = here.theatre.discord.gateway.identified
    identified.clear()
    with here.running() as process:
        until(lambda: bool(identified), process)
        given = here.discord.press(panel, here.bo, f"r:{wanted.id}")
        until(lambda: bool(here.answers(given)), process)
        assert [role.id for role in members.roles(state, guild, here.bo.id)] == [wanted.id]
        taken = here.discord.press(panel, here.bo, f"r:{wanted.id}")
        until(lambda: bool(here.answers(taken)), process)
        assert members.roles(state, guild, here.bo.id) == ()
    changed = (here.theatre.telegram_faults, "setMyCommands"), (here.theatre.discord_faults, "overwriteCommands")
    # Telegram has a list for readers and one for the author, each in two languages and for everybody else.
    assert [faults.calls.count(method) for faults, method in changed] == [6, 1], "the second start changes nothing"


def _menus(here: House) -> list[list[str]]:
    """The commands that Telegram shows a reader, one whose app speaks Chinese, and the author."""
    readers = [(TALK, User(9, "Reader", language=language)) for language in ("de", "zh")]
    shown = [here.telegram.menu(chat, user) for chat, user in (*readers, (here.theatre.author.id, AUTHOR))]
    return [[str(one["command"]) for one in each] for each in shown]


# ------------------------------------------------------------------------------------------------------ hostile words

HOSTILE = {
    "html": "pwned <script>alert(1)</script> <img src=x onerror=alert(1)> </title>",
    "markdown": "pwned [x](javascript:alert(1)) [y](https://evil.example) **b** # h `c` ||s||",
    "bidi": "pwned user\u202etxt.exe\u2066 \u2069 \x1b[31mred\x07",
    "emoji": "pwned " + "😀" * 1900,
    "mentions": "pwned @everyone @here <@{bo}> <@&{bo}> <#{bo}> @admin /forget #tag",
    "fake section": 'pwned"}], "sections": [{"id": "papers"\n# Papers\n/start i_one_papers i:one:papers q:1:now',
}
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def test_hostile_words_do_no_harm_anywhere(here: House) -> None:
    mallory = User(666, "<b>Mallory</b> @everyone \u202e", "mallory")
    with here.running() as process:
        until(here.complete, process)
        post, message = here.posted("Models")
        hostile = [words.replace("{bo}", str(here.bo.id)) for words in HOSTILE.values()]
        for words in hostile:
            here.telegram.comment(here.theatre.channel.id, post.id, mallory, words)
        until(lambda: len(here.comments()) == len(HOSTILE), process)
        asked = here.discord.command(here.theatre.text, here.bo, "comments")
        until(lambda: "pwned" in "".join(here.answers(asked)), process)
        for words in hostile:
            here.discord.say(here.theatre.text, here.bo, words, reply_to=message.id)
        until(lambda: len(here.comments()) == 2 * len(HOSTILE), process)
        here.telegram.say(ADA.id, ADA, "/comments")
        until(lambda: any("pwned" in one.text for one in here.told()), process)
    _harmless_in_the_answers(here, asked)
    _harmless_in_the_files(here)
    for command in (("comments", "one"), ("stats", "one")):
        shown = here.theatre.run(*command)
        assert (shown.returncode, "Models" in shown.stdout, CONTROLS.search(shown.stdout)) == (0, True, None), command
    here.configure(note="1m")
    with here.running() as process:
        letters = here.theatre.author.messages
        until(lambda: any("12 replies" in one.text for one in letters), process)
    (note,) = [one.text for one in letters if "12 replies" in one.text]
    assert "Models (12)" in note
    assert "pwned" not in note
    assert "Mallory" not in note


def _harmless_in_the_answers(here: House, asked: Interaction) -> None:
    """What was said on one platform, told on the other: nobody is called, and nothing leads anywhere but by itself."""
    (told,) = here.told()
    assert "bo: pwned" in told.text
    assert {entity.type for entity in told.entities} <= {"url"}
    answered = here.discord.answers(asked)
    assert "Mallory" in answered[0].content
    for one in answered:
        assert not one.mentioned.everyone | bool(one.mentioned.users) | bool(one.mentioned.roles)
        drawn = parse(one.content)
        assert all(isinstance(node, Text) or (isinstance(node, Link) and not node.masked) for node in drawn)


def _harmless_in_the_files(here: House) -> None:
    assert here.theatre.run("export").returncode == 0
    files = here.theatre.folder / "comments"
    raw, page = ((files / name).read_text("utf-8") for name in ("one.json", "one.html"))
    assert "<" not in raw
    assert not CONTROLS.search(raw + page)
    corners = {part["id"]: part["comments"] for part in json.loads(raw)["sections"]}
    assert {name: len(said) for name, said in corners.items() if said} == {"models": 2 * len(HOSTILE)}
    for one in corners["models"]:
        assert "<script" not in one["html"]
        assert "href" not in one["html"] or "javascript" not in one["html"].partition("href")[2][:20]
    assert "<script" not in page.partition("</head>")[2]
    assert 'href="javascript' not in page
