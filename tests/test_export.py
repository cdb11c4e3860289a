"""Export: readers' words as files, harmless whatever they hold, the same bytes for the same answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots import config, export, show_answers
from bots.cleaning import KINDS, LONGEST_NAME, LONGEST_TEXT, clean_name, clean_text
from bots.config import CommentRules
from bots.errors import ConfigError
from bots.events import Mark, Person, Tallied, Unsaid
from bots.pages import policy
from tests.answer_world import (
    ADA,
    AUTHOR,
    BO,
    CY,
    DI,
    GROUP,
    NUMBER,
    SERVER,
    World,
    bold,
    discord,
    forwarded,
    minute,
    telegram,
    world_in,
)  # fmt: skip

GOLDEN = Path(__file__).parent / "golden"
UTC = ZoneInfo("UTC")
OPEN = CommentRules(export=frozenset({"channel", "group", "server", "news", "forum"}))
ME = Person(AUTHOR, "Me")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_in(tmp_path, OPEN) as made:
        yield made


def answered(world: World) -> None:
    """A bit of everything."""
    for event in (
        forwarded("101", "9001"),
        telegram(
            "1", "Is it faster?\nReally?", reply_to="9001", thread="9001", marks=(bold(0, 5),), url="https://t.me/c/2/1"
        ),
        telegram("2", "By half.", ME, reply_to="1", thread="9001"),
        telegram(
            "3",
            "看这里 https://例子.example/?q=1",
            BO,
            reply_to="2",
            marks=(Mark("link", 0, 3, "https://example.org/?a=1&b=2"),),
        ),
        discord("4", "这是什么？", CY, reply_to="802"),
        discord("5", "first", DI, chat="900", thread="900"),
        discord("5", "second", DI, chat="900", thread="900", edited=True, at=minute(30)),
        discord("6", "hidden", DI, reply_to="4"),
        discord("7", "below what is hidden", BO, reply_to="6"),
        discord("8", "deleted", DI, reply_to="801"),
        Unsaid("discord", SERVER.chat, ("8",)),
        telegram("9", "in private", chat="555", reply_to="21", private=True),
        Tallied("telegram", NUMBER, "101", {"👍": 12, "❤": 3}),
        Tallied("discord", SERVER.chat, "802", {"party": 2}),
    ):
        world.filing.take(event)
    world.ledger.feedback.hide(world.comments()["6"].id)


def exported(world: World, folder: Path, *, short: bool = False) -> tuple[Path, ...]:
    return export.write(world.readers.public("one"), folder, UTC, short=short)


def without_style(page: str) -> str:
    page = page.replace(policy().replace("'", "&#39;"), "POLICY")
    return re.sub(r"<style>.*?</style>", "<style>STYLE</style>", page, flags=re.DOTALL)


def test_the_files_are_as_they_were(world: World, tmp_path: Path) -> None:
    answered(world)
    exported(world, tmp_path / "out")
    assert (tmp_path / "out" / "one.json").read_text("utf-8") == (GOLDEN / "export_comments.json").read_text("utf-8")
    page = without_style((tmp_path / "out" / "one.html").read_text("utf-8"))
    assert page == (GOLDEN / "export_comments.html").read_text("utf-8")


def test_the_same_answers_leave_the_files_alone(world: World, tmp_path: Path) -> None:
    answered(world)
    folder = tmp_path / "out"
    assert len(exported(world, folder)) == 2
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert exported(world, folder) == ()
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_another_ledger_gives_the_same_bytes(world: World, tmp_path: Path) -> None:
    answered(world)
    exported(world, tmp_path / "first")
    (tmp_path / "again").mkdir()
    with world_in(tmp_path / "again", OPEN) as again:
        again.filing.take(discord("77", "another number for each", reply_to="801"))
        again.filing.take(Unsaid("discord", SERVER.chat, ("77",)))
        answered(again)
        exported(again, tmp_path / "second")
    for name in ("one.json", "one.html"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_nothing_is_exported_that_was_not_allowed(tmp_path: Path) -> None:
    with world_in(tmp_path) as world:
        answered(world)
        assert exported(world, tmp_path / "out") == ()
        assert not (tmp_path / "out").exists()


def test_what_is_not_allowed_any_more_leaves_the_files(world: World, tmp_path: Path) -> None:
    answered(world)
    exported(world, tmp_path / "out")
    world.rules = CommentRules()
    world.open()
    assert len(exported(world, tmp_path / "out")) == 2
    text = (tmp_path / "out" / "one.json").read_text("utf-8")
    assert json.loads(text)["comments"] == 0
    assert "Lovelace" not in text


def test_only_the_destinations_that_are_named_are_exported(tmp_path: Path) -> None:
    with world_in(tmp_path, CommentRules(export=frozenset({"channel"}))) as world:
        answered(world)
        exported(world, tmp_path / "out")
        found = json.loads((tmp_path / "out" / "one.json").read_text("utf-8"))
        assert {one["platform"] for part in found["sections"] for one in part["comments"]} == {"telegram"}
        assert [part["reactions"] for part in found["sections"] if part["reactions"]] == [
            {"telegram": {"👍": 12, "❤": 3}}
        ]


def test_two_destinations_in_one_chat_have_to_allow_it_both(tmp_path: Path) -> None:
    with world_in(tmp_path, CommentRules(export=frozenset({"channel"}))) as world:
        own = world.ledger.feedback.delivery_at("telegram", GROUP.chat, "11")
        assert own is not None
        world.ledger.feedback.alias("telegram", GROUP.chat, "400", 1)  # the channel's post turned up in the other group
        world.filing.take(telegram("1", "x", chat=GROUP.chat, reply_to="400"))
        assert world.readers.public("one").voices == ()


def test_blocked_forgotten_and_retired_readers_are_left_out(world: World) -> None:
    world.filing.take(discord("1", "spam", ADA, reply_to="801"))
    world.filing.take(discord("2", "withdrawn", BO, reply_to="801"))
    world.filing.take(discord("3", "old", CY, reply_to="801"))
    world.filing.take(discord("4", "kept", DI, reply_to="3"))
    world.ledger.feedback.block(world.comments()["1"].id)
    world.filing.forget("discord", BO.id)
    world.ledger.feedback.expire(minute(4))
    assert [voice.comment.text for voice in world.readers.public("one").voices] == ["kept"]


def test_names_are_as_long_as_the_author_says(world: World, tmp_path: Path) -> None:
    answered(world)
    exported(world, tmp_path / "out", short=True)
    text = (tmp_path / "out" / "one.json").read_text("utf-8")
    assert '"name": "A. L."' in text
    assert "Lovelace" not in text


def test_a_folder_that_can_not_be_written_is_named(world: World, tmp_path: Path) -> None:
    answered(world)
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ConfigError, match="another folder with --out"):
        exported(world, tmp_path / "out")


def test_nothing_but_the_files_is_left_in_the_folder(world: World, tmp_path: Path) -> None:
    answered(world)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "vanished.json").write_text("{}")
    exported(world, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["one.html", "one.json", "vanished.json"]


FILES = {
    "issue-23": "issue-23",
    "第一期": "第一期",
    "../../etc/passwd": "etc-passwd-3754d6cb",
    "a b": "a-b-c8687a08",
    "..": "issue-5ec1f7e7",
    "": "issue-e3b0c442",
}


@pytest.mark.parametrize("issue", FILES)
def test_no_issue_leaves_the_folder(issue: str) -> None:
    found = export.file_name(issue)
    assert found == FILES[issue]
    assert Path(found).name == found


# ----------------------------------------------------------------------------------------------------- hostile words


class Seen(HTMLParser):
    """What a browser would make of it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.text += "\n" * (tag == "br")

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(html: str) -> Seen:
    parser = Seen()
    parser.feed(html)
    parser.close()
    return parser


EVIL = "<script>alert(1)</script>\"'&amp; <img src=x onerror=alert(1)> </style></title>"
HOSTILE = {
    "html": EVIL,
    "emoji": "😀" * 4000,
    "one long family": "👨‍👩‍👧‍👦" * 1000,
    "markdown": "[x](javascript:alert(1)) ![](https://t/x.png) **bold** `code` <https://a.b>",
    "bidi": "user\u202etxt.exe\u2066 \u2069\u200f ok",
    "controls": "a\x00b\x1b[31mred\x1b]0;title\x07\x9b2J\r\nnew\x85line\u2028end",
    "halves": "\ud83d broken \udc00",
    "accents": "a" + "\u0301" * 5000,
    "fake ids": '"id": "a"}], "sections": [{"id": "b"\n# Beta\n    #1 · Me · author',
    "lines": "\n" * 5000,
    "end of script": "</script><script>alert(1)//",
    "templates": "{{ 7*7 }} {% include 'x' %} ${7*7} <%= 7 %>",
}
TAGS = {"strong", "em", "u", "s", "span", "code", "a", "pre", "blockquote", "br"}
ATTRIBUTES = {"class", "tabindex", "href", "rel", "target", "data-language"}


def file_hostile(world: World, text: str) -> None:
    marks = [Mark(kind, 0, len(text), "javascript:alert(1)") for kind in sorted(KINDS)]
    marks += [Mark("link", 0, 9, f"https://x.y/{EVIL}"), Mark("script", 0, 3), Mark("bold", -5, 10**9)]
    world.filing.take(
        discord("1", text, Person("9", text), reply_to="801", marks=tuple(marks), url=f"javascript:{text}")
    )
    world.filing.take(discord("2", "x" + text, Person("9", text), reply_to="1", url=f"https://x.y/{EVIL}"))
    world.filing.take(Tallied("discord", SERVER.chat, "801", {text: 3}))


@pytest.mark.parametrize("case", HOSTILE)
def test_no_words_do_harm_in_a_file(world: World, tmp_path: Path, case: str) -> None:
    file_hostile(world, HOSTILE[case])
    exported(world, tmp_path / "out")
    raw = (tmp_path / "out" / "one.json").read_text("utf-8")
    assert "<" not in raw
    found = json.loads(raw)
    assert [part["id"] for part in found["sections"]] == ["lead", "a", "b"]
    for one in found["sections"][1]["comments"]:
        assert len(one["name"]) <= LONGEST_NAME
        assert len(one["text"]) <= LONGEST_TEXT
        assert one["link"] is None or one["link"].startswith("https://")
        shown = seen(one["html"])
        assert set(shown.tags) <= TAGS
        assert {name for name, _ in shown.attributes} <= ATTRIBUTES
        assert all(value.startswith("https://") for name, value in shown.attributes if name == "href")
        assert "".join(shown.text.split()) == "".join(one["text"].split())
    page = (tmp_path / "out" / "one.html").read_text("utf-8")
    whole = seen(page)
    assert "script" not in whole.tags
    assert "img" not in whole.tags
    assert [name for name, _ in whole.attributes if name.startswith("on") or name in {"src", "style"}] == []
    assert all(value.startswith(("https://", "data:,")) for name, value in whole.attributes if name == "href")
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f-\x9f]", page + raw)


OURS = re.compile(
    r"$|One$|  (One|Alpha|Beta)\b|  \d reactions, \d replies;|  Questions |( {4}| {6})(│|https://x|\d · discord · 2026)"
)
"""How each line begins, a reader's with a bar."""


@pytest.mark.parametrize("case", HOSTILE)
def test_no_words_drive_the_terminal(world: World, capsys: pytest.CaptureFixture[str], case: str) -> None:
    file_hostile(world, HOSTILE[case])
    show_answers.comments(world.readers.discussion("one"), UTC)
    show_answers.stats(world.readers.stats("one"), UTC)
    shown = capsys.readouterr().out
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f-\x9f]", shown)
    for line in shown.splitlines():
        assert OURS.match(line), line


MARKS = st.lists(
    st.builds(
        Mark, st.sampled_from([*sorted(KINDS), "evil"]), st.integers(-3, 40), st.integers(-3, 40), st.text(max_size=9)
    ),
    max_size=8,
)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40), MARKS)
def test_any_words_with_any_marks_read_back(text: str, marks: list[Mark]) -> None:
    cleaned, kept = clean_text(text, marks)
    assert clean_text(cleaned, kept) == (cleaned, kept)
    shown = seen(export.safe_html(cleaned, kept))
    assert "".join(shown.text.split()) == "".join(cleaned.split())
    assert set(shown.tags) <= TAGS
    assert {name for name, _ in shown.attributes} <= ATTRIBUTES


def test_marks_stay_on_their_words_when_others_are_taken_out() -> None:
    text, marks = clean_text("\u202ea\x00b\r\ncd", [Mark("bold", 1, 3), Mark("italic", 6, 2)])
    assert text == "ab\ncd"
    assert [(text[one.start : one.start + one.length]) for one in marks] == ["ab", "cd"]


def test_a_long_text_ends_between_two_characters_of_the_reader() -> None:
    family = "👨‍👩‍👧‍👦"
    text, marks = clean_text(family * 1000, [Mark("bold", 0, 10**6)])
    assert text == family * 585 + "…"
    assert marks == (Mark("bold", 0, len(text) - 1),)


NAMES = {
    "  Ada \n\t Lovelace ": "Ada Lovelace",
    "\u202eevil\u202c": "evil",
    "x" * 100: "x" * 79 + "…",
    "\x00\u200f": "",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_are_one_short_line(name: str) -> None:
    assert clean_name(name) == NAMES[name]


def test_a_link_in_a_title_or_a_chain_of_ten_thousand_is_no_trouble(world: World) -> None:
    one = world.filing.said(discord("1", "x", reply_to="801"))
    assert one is not None
    chain = [replace(one, id=n, message_id=str(n), parent=str(n - 1) if n > 1 else None) for n in range(1, 10_001)]
    circle = [replace(one, id=n, message_id=f"c{n}", parent=f"c{n % 3 + 1}") for n in range(1, 4)]
    from bots.discussion import discussion

    found = discussion(world.ledger.past("one"), [*chain, *circle], (), {})
    assert len(found.voices) == 10_003
    assert max(voice.depth for voice in found.voices) == 9_999


# ------------------------------------------------------------------------------------------------------ configuration


BAD = {
    "comments:\n  export: [sever]\n": "Did you mean 'server'",
    "comments:\n  export: [reader]\n": "never exported",
    "comments:\n  keep: a year\n": "length of time",
    "comments:\n  names: none\n": "full",
}
DESTINATIONS = """destinations:
  server:
    platform: discord
    chat: "88"
  reader:
    platform: telegram
    kind: private
    chat: "55"
"""


@pytest.mark.parametrize("text", BAD)
def test_a_wrong_word_about_comments_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text + DESTINATIONS, encoding="utf-8")
    with pytest.raises(ConfigError, match=BAD[text]):
        config.load(path, {})


def test_an_empty_length_is_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text('comments:\n  keep: ""\n  note: ""\n  export: [server]\n' + DESTINATIONS, encoding="utf-8")
    found = config.load(path, {"WEEKTECH_SECRET": "hush"})
    assert found.comments == CommentRules(keep=None, note=None, export=frozenset({"server"}))
    assert found.secret == "hush"
    assert "hush" not in repr(found)
