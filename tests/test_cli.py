"""`weektech` as its users meet it: each command as a process, against both local servers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from bots.cli import COMMANDS
from bots.rehearsal.telegram import Standing
from tests.theatre import CONFIG, POST, Theatre, theatre


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Theatre]:
    with theatre(tmp_path / "column") as found:
        yield found


def sent(house: Theatre) -> int:
    return len(house.channel.messages) + len(house.author.messages) + len(house.discord_texts())


def config(house: Theatre, old: str, new: str) -> None:
    path = house.folder / "config.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def put(content: str | bytes) -> Callable[[Theatre], None]:
    def write(house: Theatre) -> None:
        house.post.write_bytes(content if isinstance(content, bytes) else content.encode())

    return write


def unknown_key(house: Theatre) -> None:
    config(house, "  title: Column", "  titel: Column")


def unknown_telegram_chat(house: Theatre) -> None:
    config(house, "@column", "@nowhere")


def unknown_discord_chat(house: Theatre) -> None:
    config(house, f'chat: "{house.text}"', 'chat: "1000"')


def kicked(house: Theatre) -> None:
    house.channel.standing = Standing.KICKED


HEAD = "---\ntitle: x\ndate: 2026-11-21\n---\n"
BAD = [
    # what is wrong, how it is brought about, words after `publish`, what the author reads
    ("broken YAML", put("---\ntitle: [x\n---\ntext"), [], "one.md:2:"),
    ("a key given twice", put("---\ntitle: x\ntitle: y\n---\ntext"), [], "one.md:3:"),
    ("a missing picture with --strict", put(HEAD + "# A\n\n![alt](gone.png)"), ["--strict"], "gone.png"),
    ("a picture that leaves the folder", put(HEAD + "# A\n\n![alt](../../secret.png)"), [], "one.md:7:"),
    ("an unknown config key", unknown_key, [], "config.yaml:2: unknown key 'column.titel'. Did you mean 'title'?"),
    ("an unknown Telegram chat", unknown_telegram_chat, [], "channel:"),
    ("an unknown Discord channel", unknown_discord_chat, [], "server:"),
    ("a kicked bot", kicked, [], "channel:"),
    ("a post of 2 MiB", put(HEAD + "word " * 400_000), [], "1 MiB"),
    ("a post that is not UTF-8", put(HEAD.encode() + "一周".encode("gb18030")), [], "one.md:5:"),
    ("a post with no visible content", put(HEAD + "<!-- nothing -->\n"), [], "one.md:"),
    ("a date that does not exist", put(HEAD.replace("11-21", "13-41") + "text"), [], "one.md:3:"),
]


@pytest.mark.parametrize(("change", "words", "says"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_input_is_a_clear_error_and_nothing_is_sent(
    house: Theatre, change: Callable[[Theatre], None], words: list[str], says: str
) -> None:
    change(house)
    found = house.run("publish", "posts/one.md", *words)
    assert found.returncode not in (0, 2), found.stdout
    assert found.stderr.startswith(("error", "warning"))
    assert says in found.stderr
    assert "Traceback" not in found.stderr
    assert sent(house) == 0


@pytest.mark.parametrize("name", ["TELEGRAM_BOT_TOKEN", "DISCORD_BOT_TOKEN"])
def test_a_missing_token_is_named(house: Theatre, name: str) -> None:
    found = house.run("publish", "posts/one.md", more={name: ""})
    assert (found.returncode, sent(house)) == (1, 0)
    assert f"{name} is not set" in found.stderr


def test_a_wrong_token_is_refused_and_never_shown(house: Theatre) -> None:
    wrong = "987654321:" + "Z" * 35
    found = house.run("publish", "posts/one.md", more={"TELEGRAM_BOT_TOKEN": wrong})
    assert (found.returncode, sent(house)) == (3, 0)
    assert wrong not in found.stderr + found.stdout
    assert "token" in found.stderr


def test_a_token_of_any_shape_is_never_shown(house: Theatre) -> None:
    odd = {"DISCORD_BOT_TOKEN": "a-token-of-no-known-shape"}
    house.run("pause", f"see {odd['DISCORD_BOT_TOKEN']}", more=odd)
    assert house.run("status", more=odd).stdout.startswith("Paused: see [hidden]")


def test_a_token_in_config_is_refused(house: Theatre) -> None:
    config(house, "telegram:\n", "telegram:\n  token: 1:a\n")
    found = house.run("plan")
    assert found.returncode == 1
    assert "tokens don't belong into config.yaml" in found.stderr


def test_publishing_twice_sends_nothing(house: Theatre) -> None:
    assert house.run("publish").returncode == 0
    before = sent(house)
    again = house.run("publish")
    assert (again.returncode, sent(house), before) == (0, before, 8)
    assert "nothing to do" not in again.stderr


def test_a_corrected_word_is_one_edit_each_and_nothing_else_moves(house: Theatre) -> None:
    house.run("publish")
    texts = house.telegram_texts(), house.discord_texts()
    house.post.write_text(POST.replace("paragraph about papers", "word about papers"), encoding="utf-8")
    steps = [json.loads(line) for line in house.run("plan", "--json").stdout.splitlines()]
    assert [(s["destination"], s["section"], s["action"]) for s in steps if s["action"] != "keep"] == [
        ("channel", "papers", "edit"),
        ("server", "papers", "edit"),
    ]
    assert "[-paragraph-]{+word+}" in next(s["diff"] for s in steps if s["action"] == "edit")
    calls = len(house.telegram_faults.calls), len(house.discord_faults.calls)
    published = house.run("publish", "--json")
    assert published.returncode == 0
    for report in map(json.loads, published.stdout.splitlines()):
        assert (report["sent"], report["edited"], report["deleted"]) == (0, 1, 0)
    assert house.telegram_faults.calls[calls[0] :].count("editMessageText") == 1
    assert house.discord_faults.calls[calls[1] :].count("editMessage") == 1
    expected = [[t.replace("paragraph about papers", "word about papers") for t in side] for side in texts]
    assert [house.telegram_texts(), house.discord_texts()] == expected


def test_an_empty_ledger_never_publishes_the_archive(house: Theatre) -> None:
    for day in (1, 2, 3):
        old = POST.replace("2026-11-21", f"2025-01-0{day}")
        (house.folder / "posts" / f"old{day}.md").write_text(old, encoding="utf-8")
    config(house, "start: 2026-11-01", "start: 2026-11-22")
    found = house.run("publish")
    assert (found.returncode, sent(house)) == (0, 0)
    assert "No post is due" in found.stderr


def test_a_pause_holds_everything_until_it_is_taken_back(house: Theatre) -> None:
    assert house.run("pause", "the author is away").returncode == 0
    held = house.run("publish")
    assert (held.returncode, sent(house)) == (3, 0)
    assert "the author is away" in held.stderr
    assert house.run("resume").returncode == 0
    assert house.run("publish").returncode == 0
    assert sent(house) == 8


def test_a_chat_that_may_not_be_written_to_is_left_out_and_named(house: Theatre) -> None:
    house.channel.can_post = False
    found = house.run("publish")
    assert (found.returncode, len(house.channel.messages), len(house.discord_texts())) == (3, 0, 4)
    assert "right to post messages" in found.stderr
    house.channel.can_post = True
    assert house.run("publish").returncode == 0
    assert (len(house.channel.messages), len(house.discord_texts())) == (4, 4)


def test_a_test_goes_to_the_author_and_leaves_no_trace(house: Theatre) -> None:
    found = house.run("test", "posts/one.md", "--to", "telegram")
    assert (found.returncode, len(house.author.messages), len(house.channel.messages)) == (0, 4, 0)
    assert house.run("status").stdout.strip() == "Nothing was published yet."


def test_check_names_both_chats_and_sends_nothing(house: Theatre) -> None:
    found = house.run("check")
    assert (found.returncode, sent(house)) == (0, 0)
    assert "channel: Column" in found.stdout
    assert "server:" in found.stdout


def test_status_counts_what_is_out_there(house: Theatre) -> None:
    house.run("publish", "--to", "channel")
    found = house.run("status", "--all", "--json")
    first, *others, whole = [json.loads(line) for line in found.stdout.splitlines()]
    assert found.returncode == 0
    assert (first["destination"], first["section"], first["state"]) == ("channel", "lead", "sent")
    assert first["url"] == "https://t.me/column/1"
    assert len(others) == 3
    assert (whole["destination"], whole["standing"], whole["counts"]) == ("channel", "published", {"sent": 4})


def test_render_needs_no_config_no_token_and_no_ledger(tmp_path: Path, house: Theatre) -> None:
    (tmp_path / "here.md").write_text("# A\n\n**bold** ![p](p.png)\n\n![gone](no.png)\n", encoding="utf-8")
    Image.new("RGB", (20, 20)).save(tmp_path / "p.png")
    (house.folder / "config.yaml").unlink()
    found = house.run(
        "render", str(tmp_path / "here.md"), "--to", "telegram", "--json", more={"TELEGRAM_BOT_TOKEN": ""}
    )
    records = [json.loads(line) for line in found.stdout.splitlines()]
    assert found.returncode == 0
    keys = ["platform", "post", "section", "part", "method", "params", "files"]
    assert all(list(record) == keys for record in records)
    files = {file["source"]: file for record in records for file in record["files"]}
    assert files["p.png"] == {"name": "1.png", "source": "p.png", "alt": "p", "missing": False}
    assert files["no.png"]["missing"] is True
    assert "no.png" in found.stderr
    assert not (house.folder / ".weektech").exists()
    assert house.run("render", str(tmp_path / "here.md"), "--to", "discord", "--strict").returncode == 1


def test_rehearse_ends_by_itself_and_touches_nothing_real(house: Theatre) -> None:
    found = house.run("rehearse", "--once")
    assert found.returncode == 0, found.stderr
    table = found.stdout.partition("\nok ")[0].splitlines()[1:]
    groups = [line.strip() for line in table if line[:1].strip()]
    assert sorted(groups) == sorted(re.findall(r"^ok +(\S+):", found.stdout, re.MULTILINE))
    assert len(groups) >= 7
    assert "http://127.0.0.1:" in found.stdout
    assert sent(house) == 0
    assert not (house.folder / ".weektech").exists()


def test_help_names_every_command(house: Theatre) -> None:
    shown = house.run("--help").stdout
    for panel, commands in COMMANDS.items():
        assert f" {panel} " in shown
        assert all(f" {name} " in shown for name in commands)


WORDS = [
    # what is typed, what the author is told
    (["publish", "--to", "chanel"], "there is no destination 'chanel'. Did you mean 'channel'?"),
    (["plan", "--to", "servre"], "there is no destination 'servre'. Did you mean 'server'?"),
    (["render", "posts", "--to", "telegam"], "there is no destination or platform 'telegam'. Did you mean 'telegram'?"),
    (["test", "posts/one.md", "--to", "discrod"], "there is no platform 'discrod'. Did you mean 'discord'?"),
]


@pytest.mark.parametrize(("words", "says"), WORDS, ids=[row[0][0] for row in WORDS])
def test_a_wrong_word_is_answered_with_the_right_one(house: Theatre, words: list[str], says: str) -> None:
    found = house.run(*words)
    assert (found.returncode, sent(house)) == (1, 0)
    assert says in found.stderr


def test_check_speaks_to_scripts(house: Theatre) -> None:
    (house.folder / "posts" / "two.md").write_text("---\ntitle: [x\n---\ntext", encoding="utf-8")
    house.channel.can_post = False
    found = house.run("check", "--json")
    records = [json.loads(line) for line in found.stdout.splitlines()]
    posts, chats = [r for r in records if "post" in r], [r for r in records if "destination" in r]
    assert found.returncode == 1
    assert [(r["post"].rpartition("/")[2], r["ok"], r["sections"], r["messages"]) for r in posts] == [
        ("one.md", True, 4, {"telegram": 4, "discord": 4}),
        ("two.md", False, 0, {}),
    ]
    assert [(r["destination"], r["ok"], len(r["problems"])) for r in chats] == [
        ("channel", False, 1),
        ("server", True, 0),
    ]


def test_render_takes_a_destination_with_its_kind(house: Theatre) -> None:
    config(house, f'chat: "{house.text}"\n', f'chat: "{house.text}"\n    kind: forum\n')
    by_name = house.run("render", "posts", "--to", "server", "--json")
    records = [json.loads(line) for line in by_name.stdout.splitlines()]
    assert by_name.returncode == 0, by_name.stderr
    assert records[0]["method"] == "createForumPost"
    plain = house.run("render", "posts", "--to", "discord", "--json")
    assert json.loads(plain.stdout.splitlines()[0])["method"] == "createMessage"


def test_no_destination_yet(house: Theatre) -> None:
    (house.folder / "config.yaml").write_text(CONFIG.split("destinations")[0].format(telegram="", discord="", text=""))
    found = house.run("publish")
    assert (found.returncode, "no destination" in found.stderr) == (1, True)


IN_THE_GAP = """---
title: Gap
date: 2027-03-28
---
Text.
"""


def test_check_refuses_an_hour_that_the_clock_skips_and_warns_of_one_that_comes_twice(house: Theatre) -> None:
    config(house, "  title: Column\n", '  title: Column\n  timezone: Europe/Berlin\n  slot: "02:30"\n')
    house.post.write_text(IN_THE_GAP, encoding="utf-8")
    refused = house.run("check", "--offline")
    assert refused.returncode == 1
    assert "2027-03-28 02:30 Europe/Berlin does not exist" in refused.stderr
    house.post.write_text(IN_THE_GAP.replace("2027-03-28", "2026-10-25"), encoding="utf-8")
    warned = house.run("check", "--offline")
    assert (warned.returncode, "comes twice" in warned.stderr) == (0, True)
    house.post.write_text(IN_THE_GAP.replace("2027-03-28", "2026-10-25 02:30"), encoding="utf-8")
    exact = house.run("check", "--offline")
    assert (exact.returncode, "twice that night" in exact.stderr) == (0, True)


def test_two_posts_that_claim_to_be_one_issue_are_named_and_neither_becomes_the_other(house: Theatre) -> None:
    (house.folder / "posts" / "2026-11-28-one.md").write_text(
        POST.replace("Weekly one", "Weekly two"), encoding="utf-8"
    )
    checked = house.run("check", "--offline")
    assert (checked.returncode, "Its id `one` is that of" in checked.stderr) == (1, True)
    assert house.run("publish", "posts/one.md").returncode == 0
    refused = house.run("publish", "posts/2026-11-28-one.md")
    assert (refused.returncode, "Its id `one` is that of" in refused.stderr) == (1, True)
    assert "Weekly two" not in "".join(house.telegram_texts())


@pytest.mark.parametrize("address", ["$DATABASE", "bob:hunter2@db.example.com/weektech"])
def test_an_address_that_is_none_begins_no_new_ledger(house: Theatre, address: str) -> None:
    found = house.run("status", more={"DATABASE_URL": address})
    assert (found.returncode, "DATABASE_URL is no address" in found.stderr) == (1, True)
    assert "hunter2" not in found.stderr
