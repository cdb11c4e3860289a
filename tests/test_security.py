"""What must never happen, end to end: tokens that show, files that leak, readers that are pinged, posts that hang us.

The parts have their own tests (redaction, pictures, front matter); here a whole run is looked at from outside.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import pytest
from PIL import Image

from bots import config
from bots.app import opened, renderers
from bots.clock import SystemClock
from bots.column import Column
from bots.errors import PostError
from bots.model import Destination
from bots.platforms import PLATFORMS
from bots.rehearsal.discord.forms import Allowed
from bots.rehearsal.discord.mentions import Around, pings
from bots.rehearsal.discord.model import Permission
from bots.rehearsal.faults import Fault
from bots.rehearse import stage
from tests.theatre import ROOT, TELEGRAM_TOKEN, Theatre, theatre

DISCORD_TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.abcdefghijklmnopqrstuvwxyz0123456789AB"
HEAD = "---\ntitle: x\ndate: 2026-11-21\n---\n"
LIMIT = 5.0
"""Seconds that one post may take, whatever is in it: several times what the worst of these needs."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Theatre]:
    with theatre(tmp_path / "column") as found:
        found.discord.token = DISCORD_TOKEN
        yield found


def write(house: Theatre, text: str) -> None:
    house.post.write_text(text, encoding="utf-8")


# Tokens

AT_DEBUG = (
    "import logging, runpy, sys; logging.basicConfig(level=logging.DEBUG); sys.argv = sys.argv[1:];"
    " runpy.run_path(sys.argv[0], run_name='__main__')"
)
"""Runs the script named behind it with every library's log on stderr."""


def talkative(house: Theatre, *words: str) -> str:
    python, *rest = house.command(*words)
    done = subprocess.run(
        [python, "-c", AT_DEBUG, *rest], cwd=house.folder, env=house.environment({}),
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "DEBUG" in done.stderr, "nothing was logged, so nothing is proved"
    return done.stdout + done.stderr


def kept(folder: Path) -> bytes:
    """Everything weektech wrote beside the posts."""
    return b"".join(path.read_bytes() for path in sorted((folder / ".weektech").rglob("*")) if path.is_file())


@pytest.mark.parametrize("fate", ["succeeds", "fails on answers that are no answers", "is turned away"])
def test_no_token_in_anything_that_a_run_says_or_keeps(house: Theatre, fate: str) -> None:
    if fate.startswith("fails"):
        house.telegram_faults.at(2, Fault.TAKEN_GARBAGE, "sendMessage")
        house.discord_faults.at(2, Fault.TAKEN_503, "createMessage")
    if fate == "is turned away":
        house.channel.can_post = False
    told = talkative(house, "publish")
    for token in (TELEGRAM_TOKEN, DISCORD_TOKEN):
        for spelling in (token, token[-20:]):
            assert spelling not in told
            assert spelling.encode() not in kept(house.folder)


@pytest.mark.parametrize(
    "part", ["telegram:\n  proxy: http://me:open-sesame@127.0.0.1:1\n", "discord:\n  proxy: http://me:open-sesame@127.0.0.1:1\n"]
)  # fmt: skip
def test_no_password_of_a_proxy_is_told(house: Theatre, part: str) -> None:
    path = house.folder / "config.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(part.partition("\n")[0] + "\n", part, 1), encoding="utf-8")
    told = talkative(house, "publish")
    assert "can't be reached" in told
    assert "open-sesame" not in told


async def test_a_configuration_shows_no_token(house: Theatre) -> None:
    found = config.load(house.folder / "config.yaml", house.environment({}))
    async with opened(found, SystemClock(60)) as app:
        shown = f"{found!r} {found.platforms!r} {[await app.sender(name) for name in PLATFORMS]!r} {vars(app)!r}"
    assert TELEGRAM_TOKEN not in shown
    assert DISCORD_TOKEN not in shown


async def test_the_rehearsals_page_knows_no_token(house: Theatre) -> None:
    mine = config.load(house.folder / "config.yaml", house.environment({}))
    async with stage(mine, port=0, speed=60) as set_, aiohttp.ClientSession() as client:
        async with opened(set_.config, set_.clock) as app:
            await app.publish(await app.plan(house.post, app.destinations()), app.destinations(), yes=True)
        page = await (await client.get(set_.page)).text()
    assert "Models" in page
    assert TELEGRAM_TOKEN not in page
    assert DISCORD_TOKEN not in page


def test_the_environment_file_stays_out_of_the_repository() -> None:
    ignored = subprocess.run(
        ["git", "check-ignore", ".env", ".weektech/ledger.db"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ignored.stdout.split() == [".env", ".weektech/ledger.db"]


# Pictures


def outside(house: Theatre) -> Path:
    """A picture that no post may show."""
    path = house.folder / "secret.png"
    Image.new("RGB", (40, 30), "red").save(path)
    return path


def symlink(house: Theatre) -> str:
    (house.post.parent / "a.png").symlink_to(outside(house))
    return "a.png"


def linked_folder(house: Theatre) -> str:
    outside(house)
    (house.post.parent / "imgs").symlink_to(house.folder)
    return "imgs/secret.png"


def chain(house: Theatre) -> str:
    (house.post.parent / "b.png").symlink_to("a.png")
    symlink(house)
    return "b.png"


def hard_way_up(house: Theatre) -> str:
    outside(house)
    return "./x/../../secret.png"


ESCAPES = [symlink, linked_folder, chain, hard_way_up]


@pytest.mark.parametrize("escape", ESCAPES)
def test_no_picture_from_outside_is_read(house: Theatre, escape: Callable[[Theatre], str]) -> None:
    write(house, f"{HEAD}# A\n\ntext\n\n![alt]({escape(house)})\n")
    found = config.load(house.folder / "config.yaml", {})
    with pytest.raises(PostError, match="leaves the post's folder") as caught:
        Column(found, renderers(found)).draft(house.post)
    assert (caught.value.path, caught.value.line) == (house.post, 9)
    shown = Column(found, renderers(found)).draft(house.post, lenient=True)
    assert len(shown.unreadable) == 1


def test_a_picture_from_outside_stops_the_publication(house: Theatre) -> None:
    write(house, f"{HEAD}# A\n\ntext\n\n![alt]({symlink(house)})\n")
    found = house.run("publish", "posts/one.md")
    assert found.returncode == 1
    assert "one.md:9: The picture" in found.stderr
    assert house.telegram_texts() == house.discord_texts() == []


# Pings


async def test_nothing_an_author_quotes_pings_anybody(house: Theatre) -> None:
    state = house.discord.state
    guild = state.channels[house.text].guild
    state.permit(house.text, state.rights(house.text) | Permission.MENTION_EVERYONE)
    reader, role = state.add_user("Reader"), state.add_role(guild, "Readers", mentionable=True)
    words = f"@everyone @here <@{reader.id}> <@!{reader.id}> <@&{role.id}> @column /start #tag"
    write(house, f"---\ntitle: '{words}'\ndate: 2026-11-21\n---\n{words}\n\n## {words}\n\n- {words}\n\n> **{words}**\n")
    assert house.run("publish", "posts/one.md").returncode == 0
    # The same words from a careless bot would reach everybody.
    around = Around(frozenset(state.users), {role.id: role}, state.rights(house.text))
    assert pings(words, Allowed(), around).everyone
    for message in state.messages(house.text):
        assert (message.pings.users, message.pings.roles, message.pings.everyone) == (frozenset(), frozenset(), False)
    found = {entity.type for message in house.channel.messages for entity in message.content.entities}
    assert not found & {"mention", "text_mention", "bot_command", "hashtag"}
    assert "everyone" in house.discord_texts()[0]


# Posts that want to hang us

SIZE = 12_000
"""Bytes of a family: enough to see anything that grows faster than the text."""


def repeated(piece: str, size: int = SIZE) -> str:
    return HEAD + piece * (size // len(piece))


MARKDOWN = {
    "quotes in quotes": lambda: HEAD + ">" * SIZE,
    "lists in lists": lambda: HEAD + "- " * (SIZE // 2) + "x",
    "deeper and deeper lists": lambda: HEAD + "\n".join("  " * n + "- x" for n in range(300)),
    "open links": lambda: repeated("["),
    "open pictures": lambda: repeated("!["),
    "closed links": lambda: HEAD + "[" * (SIZE // 2) + "]" * (SIZE // 2),
    "links to nowhere": lambda: repeated("[a]("),
    "emphasis that never ends": lambda: repeated("*a _"),
    "stars": lambda: repeated("**a *b "),
    "strikes": lambda: repeated("~~a ~"),
    "back ticks of every length": lambda: HEAD + " ".join("`" * n for n in range(1, 150)),
    "reference definitions": lambda: HEAD + "".join(f"[r{n}]: /x\n" for n in range(1000)) + "[r1]",
    "footnotes": lambda: HEAD + "".join(f"[^{n}] " for n in range(1000)) + "\n\n[^1]: x\n",
    "footnotes in footnotes": lambda: HEAD + "[^0]\n\n" + "".join(f"[^{n}]: [^{n + 1}]\n" for n in range(500)),
    "a wide table": lambda: HEAD + "|" + "a|" * 1000 + "\n|" + "-|" * 1000 + "\n|" + "b|" * 1000,
    "a long table": lambda: HEAD + "|a|b|\n|-|-|\n" + "|x|y|\n" * 2000,
    "open tags": lambda: repeated("<b>"),
    "tags in tags": lambda: HEAD + "<p>" * (SIZE // 6) + "x" + "</p>" * (SIZE // 8),
    "attributes": lambda: HEAD + "<p " + "a=1 " * (SIZE // 4) + ">x</p>",
    "open comments": lambda: repeated("<!-- "),
    "open angles": lambda: repeated("<"),
    "entities": lambda: repeated("&#x1F600;"),
    "auto links": lambda: repeated("http://a.b/c "),
    "addresses without an end": lambda: HEAD + "http://" + "a" * SIZE,
    "addresses in brackets": lambda: HEAD + "http://a" + "(" * (SIZE // 2) + ")" * (SIZE // 2),
    "mentions": lambda: repeated("@a/b.c#d "),
    "digits": lambda: HEAD + "1" * SIZE,
    "dots": lambda: repeated("a."),
    "one word": lambda: HEAD + "x" * SIZE,
    "one line of Chinese": lambda: HEAD + "字" * (SIZE // 3),
    "joined emoji": lambda: HEAD + "👨‍👩‍👧‍👦" * 500,
    "combining marks": lambda: HEAD + "e" + "\u0301" * SIZE,
    "headings": lambda: HEAD + "# a\n" * (SIZE // 40),
    "headings of every level": lambda: HEAD + "".join("#" * (n % 6 + 1) + f" {n}\n\nx\n\n" for n in range(600)),
    "shortcodes": lambda: repeated("{{< a "),
    "dollars": lambda: repeated("$a"),
    "line ends": lambda: HEAD + "x" + "\n" * SIZE + "y",
    "hard breaks": lambda: repeated("a  \n"),
    "pictures": lambda: HEAD + "".join(f"![a](p{n}.png)" for n in range(500)),
    "a data address": lambda: HEAD + "![a](data:image/png;base64," + "A" * SIZE + ")",
    "controls": lambda: HEAD + "\x01\x02\x1b[2J\x7f\u202e\ufeff\ud7ff" * 500,
}
YAML = {
    "nested lists": "title: " + "[" * 5000,
    "nested maps": "title: " + "{a: " * 5000,
    "an alias bomb": "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(50)),
    "merge keys": "a: &a {x: 1}\nb:\n  <<: [" + "*a, " * 500 + "]",
    "a tag": "title: !!python/object/apply:os.system [true]",
    "an unclosed quote": 'title: "' + "x" * SIZE,
    "many keys": "".join(f"k{n}: v\n" for n in range(5000)),
    "a long key": "k" * SIZE + ": v",
    "two documents": "title: a\n---\ntitle: b",
    "a NUL": "title: a\0b",
    "a date of nowhere": "title: x\ndate: 2026-99-99",
    "a date of no number": "title: x\ndate: ٢٠٢٦-١١-٢١",
    "an endless number": "title: x\ndate: " + "9" * 5000,
    "indentation": "\n".join(" " * n + f"k{n}:" for n in range(1000)),
    "dashes": "- " * 20_000,
}


@pytest.fixture(scope="module")
def column(tmp_path_factory: pytest.TempPathFactory) -> Column:
    found = config.load(tmp_path_factory.mktemp("hostile") / "config.yaml", {})
    return Column(found, renderers(found))


def judged(column: Column, text: str) -> str:
    """What becomes of a post on both platforms: "fine", or the error's words. Any other error is a defect."""
    path = column.config.root / "hostile.md"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        draft = column.draft(path, lenient=True)
        for name, platform in PLATFORMS.items():
            column.messages(draft, Destination(name, name, platform.kind, ""))
    except PostError as error:
        return str(error) if error.path == path and error.remedy else f"no place or no remedy: {error}"
    return "fine"


@pytest.mark.parametrize("family", MARKDOWN)
def test_hostile_markdown_comes_to_an_end(column: Column, family: str) -> None:
    text = MARKDOWN[family]()
    began = time.process_time()
    assert not judged(column, text).startswith("no place")
    assert time.process_time() - began < LIMIT


@pytest.mark.parametrize("family", YAML)
def test_hostile_front_matter_comes_to_an_end(column: Column, family: str) -> None:
    began = time.process_time()
    assert not judged(column, f"---\n{YAML[family]}\n---\ntext\n").startswith("no place")
    assert time.process_time() - began < LIMIT


# Terminals

DANGEROUS = [*"\x00\x07\x08\x1b\x7f\x9b\x9d", "\u202e", "\u2066"]


@pytest.mark.parametrize(
    "words",
    [
        ["check"],
        ["plan"],
        ["render", "posts/one.md", "--to", "discord", "--json"],
    ],
    ids=" ".join,
)
def test_no_post_drives_the_terminal(house: Theatre, words: list[str]) -> None:
    evil = "A\\e]0;owned\\aB\\u202eC\\u009bD\\u2066E"
    raw = "".join(DANGEROUS[1:])
    write(
        house,
        f'---\ntitle: "{evil}"\ndescription: "{evil}"\ndate: 2026-11-21\n---\nhi {raw}\n\n## S {raw}\n\n'
        f"![{raw}](gone{raw}.png)\n\n## T {raw}\n\n<weird {raw}>\n",
    )
    found = house.run(*words)
    assert found.returncode in (0, 1, 3), found.stderr
    assert "Traceback" not in found.stderr
    assert [mark for mark in DANGEROUS if mark in found.stdout + found.stderr] == []


def test_a_file_name_does_not_drive_the_terminal(house: Theatre) -> None:
    (house.post.parent / "b\x1b]0;owned\x07.md").write_text("---\ntitle: [\n---\nx", encoding="utf-8")
    found = house.run("check", "--offline")
    assert found.returncode == 1
    assert "\x1b" not in found.stdout + found.stderr


# Other people on the machine


def test_what_is_kept_is_the_authors_alone(house: Theatre) -> None:
    """The ledger holds unpublished text; with a usual umask others may read it, but never write it."""
    before = os.umask(0o022)
    try:
        assert house.run("publish").returncode == 0
    finally:
        os.umask(before)
    modes = [path.stat().st_mode & 0o022 for path in (house.folder / ".weektech").rglob("*")]
    assert modes
    assert not any(modes)
