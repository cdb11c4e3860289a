"""Issues as Discord messages: what is written, what is sent."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bots.document import images
from bots.errors import PostError
from bots.flow import flow
from bots.markdown import read
from bots.model import Destination, Issue, Kind, Message, Post
from bots.platforms.discord.dialect import compose
from bots.platforms.discord.measure import LIMIT, DiscordMeasure, units
from bots.platforms.discord.render import DiscordRenderer
from bots.splitter import split

GOLDEN = Path(__file__).parent / "golden"
ROOM = Destination("room", "discord", Kind.TEXT, "1")


def issue(body: str, title: str = "") -> Issue:
    return split(Post(Path("post.md"), "post", "post", title, body, 1))


def messages(body: str, room: Destination = ROOM, title: str = "") -> Sequence[Message]:
    made = issue(body, title)
    found = {image.src for section in made.sections for image in images(section.blocks)}
    return DiscordRenderer().render(made, room, frozenset(src for src in found if "missing" in src))


def content(body: str, room: Destination = ROOM) -> str:
    """The content of the only message."""
    (message,) = messages(body, room)
    return str(message.body["content"])


# ── golden files ─────────────────────────────────────────────────────────────────────────────────────────────────────


def cases() -> Iterator[tuple[str, str, str]]:
    for path in sorted(GOLDEN.glob("discord_*.txt")):
        fields = re.split(r"^\.\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert len(fields) % 3 == 0, f"{path.name}: a case has a title, a post and its messages"
        for at in range(0, len(fields), 3):
            yield fields[at].strip(), fields[at + 1], fields[at + 2]


def shown(found: Sequence[Message]) -> str:
    lines: list[str] = []
    for message in found:
        lines += [f"== {message.section} {message.part}", *str(message.body.get("content", "")).split("\n")]
        for file in message.files:
            alt = f" ({file.alt})" if file.alt else ""
            lines.append(f"{'??' if file.missing else '++'} {file.name} = {file.source}{alt}")
    return "\n".join(line for line in lines) + "\n"


@pytest.mark.parametrize(("body", "wanted"), [pytest.param(b, w, id=t) for t, b, w in cases()])
def test_a_post_becomes_these_messages(body: str, wanted: str) -> None:
    assert shown(messages(body)) == wanted


# ── pictures, flags, mentions ────────────────────────────────────────────────────────────────────────────────────────


def test_more_than_ten_pictures_need_a_second_message() -> None:
    first, second = messages("".join(f"![]({n}.png)\n\n" for n in range(11)))
    assert [len(each.files) for each in (first, second)] == [10, 1]
    assert "content" not in first.body


def test_a_picture_is_named_in_the_body_with_its_alt_text() -> None:
    (message,) = messages(f"![{'x' * 2000}](a.svg) ![](b.PNG)")
    assert message.body["attachments"] == [
        {"id": 0, "filename": "1.jpg", "description": "x" * 1024},
        {"id": 1, "filename": "2.png"},
    ]
    assert [file.name for file in message.files] == ["1.jpg", "2.png"]


FLAGS = [
    ("nothing said", True, False, None),
    ("no cards", False, False, 4),
    ("silent", True, True, 4096),
    ("both", False, True, 4100),
]


@pytest.mark.parametrize(("preview", "silent", "flags"), [pytest.param(*row[1:], id=row[0]) for row in FLAGS])
def test_flags_say_what_the_destination_wants(preview: bool, silent: bool, flags: int | None) -> None:
    room = Destination("room", "discord", Kind.TEXT, "1", silent=silent, preview=preview)
    (message,) = messages("文", room)
    assert message.body.get("flags") == flags


def test_without_cards_every_address_is_in_brackets() -> None:
    room = Destination("room", "discord", Kind.TEXT, "1", preview=False)
    assert content("[甲](https://a.example/)", room) == "[甲](<https://a.example/>)"


def test_the_role_is_called_once_by_the_first_message() -> None:
    room = Destination("room", "discord", Kind.TEXT, "1", role="42")
    first, *others = messages("开头\n\n# 甲\n\n文\n\n# 乙\n\n文", room)
    assert first.body["content"].startswith("<@&42>\n")
    assert first.body["allowed_mentions"] == {"parse": [], "roles": ["42"]}
    assert all(each.body["allowed_mentions"] == {"parse": []} for each in others)
    assert not any("42" in each.body["content"] for each in others)


def test_an_issue_of_nothing_but_invisible_characters_sends_nothing() -> None:
    assert messages("\u200b\u2060") == []


# ── contents ─────────────────────────────────────────────────────────────────────────────────────────────────────────

SECTIONS = "# 甲 *a*\n\n文\n\n# 🚀 乙\n\n文\n\n# [丙]\n\n文\n\n# 1\\. 丁\n"
URL = "https://discord.com/channels/1/2/3"


def test_contents_entries_become_links_once_their_sections_are_out() -> None:
    lead, *_ = messages(SECTIONS, title="一周")
    assert [lead.body["content"][slot.offset :][: slot.length] for slot in lead.slots] == [
        "甲 a",
        "🚀 乙",
        r"\[丙]",
        r"1\. 丁",
    ]
    linked = DiscordRenderer().link(lead, {slot.section: URL for slot in lead.slots})
    assert linked.body["content"].split("\n")[-4:] == [
        f"- [甲 a](<{URL}>)",
        f"- 🚀 [乙](<{URL}>)",
        f"- \\[[丙](<{URL}>)]",
        f"- [1\\. 丁](<{URL}>)",
    ]
    assert linked.slots == ()


def test_linking_can_go_on_where_it_left_off() -> None:
    lead, *_ = messages(SECTIONS, title="一周")
    renderer = DiscordRenderer()
    first, second, *others = (slot.section for slot in lead.slots)
    half = renderer.link(lead, {second: URL})
    assert [slot.section for slot in half.slots] == [first, *others]
    rest = dict.fromkeys((first, *others), URL)
    assert renderer.link(half, rest) == renderer.link(lead, {**rest, second: URL})
    assert renderer.link(lead, {}) is lead


def test_a_call_before_the_contents_moves_their_links() -> None:
    room = Destination("room", "discord", Kind.TEXT, "1", role="42")
    lead, *_ = messages(SECTIONS, room, title="一周")
    linked = DiscordRenderer().link(lead, {lead.slots[0].section: URL})
    assert f"\n- [甲 a](<{URL}>)\n" in linked.body["content"]


def test_an_entry_that_no_longer_fits_stays_unlinked() -> None:
    lead, *_ = messages(SECTIONS, title="一周")
    first, second, *_ = (slot.section for slot in lead.slots)
    linked = DiscordRenderer().link(lead, {first: URL + "?" + "x" * LIMIT, second: URL})
    assert f"🚀 [乙](<{URL}>)" in linked.body["content"]
    assert first in [slot.section for slot in linked.slots]


def test_there_is_room_for_the_links_before_they_exist() -> None:
    body = "".join(f"# 第{number}节\n\n文\n\n" for number in range(60))
    renderer = DiscordRenderer()
    leads = [message for message in messages(body, title="一周") if message.section == "lead"]
    url = "https://discord.com/channels/" + "/".join(["9" * 20] * 3)
    for message in leads:
        linked = renderer.link(message, {slot.section: url for slot in message.slots})
        assert linked.slots == ()
        assert units(linked.body["content"]) <= LIMIT
    assert sum(len(message.slots) for message in leads) == 60


def test_the_plain_text_has_no_markup() -> None:
    lead, *_ = messages("**甲** [乙](https://a.example/)\n\n- 丙_丁\n", title="一周")
    assert lead.text == "一周\n\n甲 乙\n\n• 丙_丁"


# ── what Discord takes ───────────────────────────────────────────────────────────────────────────────────────────────


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (20, 10), "red").save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(("name", "kind"), [("1.jpg", "JPEG"), ("1.png", "PNG"), ("1.gif", "GIF"), ("1.webp", "WEBP")])
def test_a_picture_in_the_format_of_its_name_stays_as_it_is(name: str, kind: str) -> None:
    (message,) = messages("文")
    assert DiscordRenderer().prepared(picture(kind), message, name) == picture(kind)


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "PNG"])
def test_a_picture_is_sent_as_what_its_name_says(kind: str) -> None:
    (message,) = messages("文")
    sent = DiscordRenderer().prepared(picture(kind), message, "1.jpg")
    assert Image.open(io.BytesIO(sent)).format == "JPEG"


def test_any_message_can_be_edited_into_any_other() -> None:
    words, pictures = messages("文")[0], messages("![](a.png)")[0]
    assert DiscordRenderer().can_edit(words, pictures)
    assert DiscordRenderer().can_edit(pictures, words)


def test_a_relative_link_leads_to_the_post_on_the_site() -> None:
    made = split(
        Post(Path("p.md"), "p", "p", "", "[甲](../q/)\n\n![](a.png)", 1, date=datetime(2026, 3, 1, tzinfo=UTC))
    )
    (message,) = DiscordRenderer("https://a.example/{year}/{slug}/").render(made, ROOM, frozenset())
    assert message.body["content"] == "2026-03-01\n\n[甲](<https://a.example/2026/q/>)"


# ── splitting ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_emoji_counts_as_the_two_units_that_clients_count() -> None:
    found = messages("😀" * 1500)
    assert [len(message.body["content"]) for message in found] == [1000, 500]


def test_a_long_code_block_is_closed_and_opened_again() -> None:
    found = messages("```py\n" + "x = 1\n" * 500 + "```")
    assert len(found) == 2
    for message in found:
        assert message.body["content"].startswith("```py\nx = 1\n")
        assert message.body["content"].endswith("\nx = 1\n```")


def test_bold_over_a_cut_is_closed_and_opened_again() -> None:
    first, second = messages("**" + "一句话。" * 700 + "**")
    for message in (first, second):
        assert re.fullmatch(r"\*\*[^*]*\*\*", message.body["content"])


def test_a_section_of_several_messages_is_cut_at_its_subheadings() -> None:
    body = "# 甲\n\n## 一\n\n" + "文" * 900 + "\n\n## 二\n\n" + "文" * 900 + "\n\n## 三\n\n" + "文" * 900 + "\n\n# 乙"
    starts = [message.body["content"].split("\n")[:2] for message in messages(body)[1:-1]]
    assert [lines[0] for lines in starts] == ["## 甲", "### 二", "### 三"]
    assert starts[0][1] == "### 一"


def test_an_address_too_long_for_any_message_costs_its_link_not_its_words() -> None:
    assert content(f"前[甲](https://a.example/{'x' * 3000})后") == "前甲后"


def test_a_label_of_nothing_but_escapes_still_fits() -> None:
    found = messages("[" + r"\*" * 590 + "](https://a.example/" + "x" * 900 + ")")
    assert all(units(message.body["content"]) <= LIMIT for message in found)
    assert sum(message.body["content"].count(r"\*") for message in found) == 590


# ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

NASTY = st.text(st.sampled_from("a中1 \n*_~|`\\[]()<>#-+.!:@/&😀。“”") | st.characters(codec="utf-8"), max_size=60)
MARKUP = [
    "**",
    "***",
    "`",
    "```\n",
    "~~",
    "\n\n",
    "\n- ",
    "\n1. ",
    "\n> ",
    "\n# ",
    "\n## ",
    "[",
    "](",
    "<b>",
    "</b>",
    "😀",
]
PIECES = [
    "[甲](https://a.example/x_y)",
    "https://a.example/b ",
    "![](p.png)\n\n",
    "![](missing.png)",
    "一句话。",
    "word ",
]
TABLE = "| a | b |\n|-|-|\n| 1 | 2 |\n"
WORDS = st.sampled_from([*MARKUP, *PIECES, TABLE, "@everyone "])
BODIES = st.lists(WORDS | NASTY, max_size=30).map("".join)
LONG = st.tuples(BODIES, st.integers(1, 80)).map(lambda pair: (pair[0] + " ") * pair[1])


@settings(max_examples=60, deadline=None)
@given(BODIES | LONG)
def test_every_message_is_one_that_discord_takes(body: str) -> None:
    try:
        found = messages("开头\n\n" + body)
    except PostError:
        return
    for message in found:
        sent = message.body.get("content", "")
        assert units(sent) <= LIMIT
        assert sent == sent.strip()
        assert sent or message.body["attachments"]
        assert len(message.body.get("attachments", ())) <= 10
        assert sent.count("```") % 2 == 0


@settings(max_examples=60, deadline=None)
@given(BODIES)
def test_the_estimate_never_rules_out_a_message_that_fits(body: str) -> None:
    atoms = flow(read(body, 1).blocks, frozenset())
    measure = DiscordMeasure()
    weights = measure.weights(atoms)
    for start in range(len(atoms)):
        least = 0
        for end in range(start + 1, len(atoms) + 1):
            least += weights[end - 1][end - 1 > start][0]
            assert least <= measure.size(compose(atoms[start:end]))
