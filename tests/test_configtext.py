"""A destination as text: into config.yaml without harm, and out of it again as data."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots import config
from bots.configtext import entry, inserted, snippet
from bots.connect import add, name_for
from bots.errors import ConfigError
from bots.model import Kind
from bots.platforms.setup import Found
from bots.rehearsal.telegram import User

TOKEN = "123456789:" + "A" * 35
CODE = "0badc0de"
READER = User(5, "Reader")
CHANNEL = Found(Kind.CHANNEL, "@weekly", "Weekly")

# ---------------------------------------------------------------------------------------------- lines of config.yaml

NEW = ("weekly:  # Weekly", "  platform: telegram", "  kind: channel", '  chat: "@weekly"')
ADDED = "".join(f"  {line}\n" for line in NEW)
WIDE = "".join(f"    {line}\n" for line in NEW)
INSERTIONS = [
    # what the file looks like, its text, its text afterwards
    ("no text at all", "", "destinations:\n" + ADDED),
    ("no destinations", "column:\n  title: x\n", "column:\n  title: x\n\ndestinations:\n" + ADDED),
    ("no line end at the end", "column:\n  title: x", "column:\n  title: x\n\ndestinations:\n" + ADDED),
    ("destinations without any", "destinations:\n", "destinations:\n" + ADDED),
    ("empty braces", "destinations: {}  # none\n", "destinations: # none\n" + ADDED),
    ("one there", "destinations:\n  a:\n    chat: x\n", "destinations:\n  a:\n    chat: x\n" + ADDED),
    ("one there, no line end", "destinations:\n  a:\n    chat: x", "destinations:\n  a:\n    chat: x\n" + ADDED),
    ("four spaces", "destinations:\n    a:\n      chat: x\n", "destinations:\n    a:\n      chat: x\n" + WIDE),
    ("samples in comments", "destinations:\n  # a:\n  #   chat: x\n", "destinations:\n  # a:\n  #   chat: x\n" + ADDED),
    (
        "another key behind it, with its comment",
        "destinations:\n  a:\n    chat: x\n\n# Guards.\nguards:\n  most_sends: 1\n",
        "destinations:\n  a:\n    chat: x\n" + ADDED + "\n# Guards.\nguards:\n  most_sends: 1\n",
    ),
    (
        "a comment at the margin between two",
        "destinations:\n  a:\n    chat: x\n# mine\n  b:\n    chat: y\n",
        "destinations:\n  a:\n    chat: x\n# mine\n  b:\n    chat: y\n" + ADDED,
    ),
    ("a comment behind the key", "destinations:  # where\n", "destinations:  # where\n" + ADDED),
    ("lines that end as on Windows", "destinations:\r\n  a:\r\n    chat: x\r\n", None),
    ("a byte-order mark", "\ufeffdestinations:\n", "\ufeffdestinations:\n" + ADDED),
]


@pytest.mark.parametrize(("text", "after"), [row[1:] for row in INSERTIONS], ids=[row[0] for row in INSERTIONS])
def test_a_destination_is_added_and_nothing_else_changes(text: str, after: str | None) -> None:
    assert inserted(text, NEW) == (text + ADDED.replace("\n", "\r\n") if after is None else after)


@given(st.lists(st.sampled_from(["", "# x", "column:", "  title: x", "destinations:", "  a:", "    chat: x", "  # y"])))
def test_without_the_new_lines_the_file_is_as_it_was(lines: list[str]) -> None:
    text = "\n".join(lines)
    grown = inserted(text, ("new:", "  mark: 1")).split("\n")
    at = next(number for number, line in enumerate(grown) if line.lstrip() == "new:")
    rest = "\n".join(grown[:at] + grown[at + 2 :])
    assert rest.removesuffix("" if "destinations:" in lines else "destinations:\n").rstrip("\n") == text.rstrip("\n")


def test_braces_are_refused_with_their_line() -> None:
    with pytest.raises(ConfigError) as refused:
        inserted("column: {}\ndestinations: {a: {chat: x}}\n", NEW)
    assert refused.value.line == 2


def test_a_title_stays_a_comment_whatever_it_holds() -> None:
    title = "a\nb: c\u2028d\u202ee\x85f # g"
    assert entry("x", "telegram", Found(Kind.CHANNEL, "1", title))[0] == "x:  # ab: cdef # g"


NAMES = [
    # title, kind, names in use, the name
    ("Weekly News", Kind.CHANNEL, [], "weekly-news"),
    ("一周科技大事", Kind.CHANNEL, [], "channel"),
    ("一周科技大事", Kind.TOPIC, ["topic"], "topic-2"),
    ("Weekly", Kind.CHANNEL, ["weekly", "weekly-2"], "weekly-3"),
    ("x" * 80, Kind.CHANNEL, [], "x" * 30),
]


@pytest.mark.parametrize(("title", "kind", "taken", "name"), NAMES)
def test_names_are_free_and_short(title: str, kind: Kind, taken: list[str], name: str) -> None:
    assert name_for(Found(kind, "1", title), taken) == name


# --------------------------------------------------------------------------------------------------- the file itself

OLD = """# My column.
column:
  title: 'x'   # in quotes
destinations:
  a:
    platform: discord
    chat: "123"   # the first
guards:
  most_sends: 3
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(OLD, encoding="utf-8")
    return path


FOUND = [
    ("telegram", CHANNEL),
    ("telegram", Found(Kind.SUPERGROUP, "-1001234567890", "Talk")),
    ("telegram", Found(Kind.GROUP, "-5", "Friends")),
    ("telegram", Found(Kind.TOPIC, "-1001234567890", "Talk", "17")),
    ("telegram", Found(Kind.PRIVATE, "5", "Reader")),
    ("discord", Found(Kind.TEXT, "12", "Guild #weekly")),
    ("discord", Found(Kind.ANNOUNCEMENT, "12", "Guild #news")),
    ("discord", Found(Kind.FORUM, "12", "Guild #issues", tags=("每周", "extra"))),
    ("discord", Found(Kind.THREAD, "12", "Guild #weekly #one")),
]


@pytest.mark.parametrize(("platform", "found"), FOUND, ids=[found.kind for _, found in FOUND])
def test_every_kind_can_be_written_and_read_back(file: Path, platform: str, found: Found) -> None:
    add(file, "new", platform, found, {})
    first, new = config.load(file, {}).destinations
    assert first.name == "a"
    assert (new.name, new.platform, new.kind, new.chat) == ("new", platform, found.kind, found.chat)
    assert (new.topic, new.tags) == (found.topic, found.tags[:1])
    text = file.read_text(encoding="utf-8")
    assert all(part in text for part in OLD.partition("guards:"))


def test_what_is_printed_is_a_config_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(snippet(NEW), encoding="utf-8")
    assert [one.chat for one in config.load(path, {}).destinations] == ["@weekly"]


REFUSED = [
    ("a name in use", "a", OLD, "there is a destination 'a' already"),
    ("a chat in use", "b", OLD.replace("discord", "telegram").replace('"123"', '"@weekly"'), "It is called 'a'"),
    ("braces", "b", "destinations: {a: {platform: discord, chat: '1'}}\n", "written in braces"),
    ("the word inside a quotation", "b", "column:\n  title: 'x\n\ndestinations:\n  y\n  '\n", "can't be added"),
    ("the word inside a text", "b", 'column:\n  title: "x\n\ndestinations:\n  y"\n', "can't be added to this file"),
    ("a file that is wrong already", "b", "colum: {}\n", "unknown key"),
    ("a key given twice by hand", "b", OLD + "  a:\n    chat: x\n", "config.yaml"),
]


@pytest.mark.parametrize(("name", "text", "says"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_refusal_leaves_the_file_as_it_was(file: Path, name: str, text: str, says: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=says):
        add(file, name, "telegram", CHANNEL, {})
    assert file.read_text(encoding="utf-8") == text
    assert [path.name for path in file.parent.iterdir()] == ["config.yaml"]


def test_rights_and_links_of_the_file_stay(file: Path, tmp_path: Path) -> None:
    file.chmod(0o640)
    link = tmp_path / "elsewhere.yaml"
    link.symlink_to(file)
    add(link, "new", "telegram", CHANNEL, {})
    assert (link.is_symlink(), stat.S_IMODE(file.stat().st_mode)) == (True, 0o640)
    assert len(config.load(file, {}).destinations) == 2
