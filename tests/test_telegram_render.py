"""Issues as Telegram messages: what is written, what is sent, and that the server finds nothing to change."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bots.document import Image as Picture
from bots.document import images
from bots.flow import Atom, Cut, Frame, Mark, MarkKind, Span, flow
from bots.model import Destination, Issue, Kind, Message, Post, Upload
from bots.platforms.telegram.inert import JOINER, cleaned, inert
from bots.platforms.telegram.render import TelegramRenderer
from bots.platforms.telegram.shape import CAPTION, ENTITIES, TEXT, TelegramMeasure, shape
from bots.splitter import split

GOLDEN = Path(__file__).parent / "golden"
CHANNEL = Destination("channel", "telegram", Kind.CHANNEL, "@somewhere")
RENDERER = TelegramRenderer("https://blog.example/{slug}/")


def issue(body: str, **known: Any) -> Issue:
    return split(Post(Path("post.md"), "post", "post", known.pop("title", ""), body, 1, **known))


def messages(body: str, channel: Destination = CHANNEL, **known: Any) -> Sequence[Message]:
    read = issue(body, **known)
    found = {image.src for section in read.sections for image in images(section.blocks)}
    return RENDERER.render(read, channel, frozenset(src for src in found if "missing" in src))


def caption_of(message: Message) -> dict[str, Any]:
    """The part of the body that carries text and entities."""
    return message.body["media"][0] if "media" in message.body else dict(message.body)


def entities_of(message: Message) -> list[dict[str, Any]]:
    carrier = caption_of(message)
    return list(carrier.get("entities") or carrier.get("caption_entities") or [])


# ── golden files ─────────────────────────────────────────────────────────────────────────────────────────────────────


def cases() -> Iterator[tuple[str, str, str]]:
    for path in sorted(GOLDEN.glob("telegram_*.txt")):
        fields = re.split(r"^\.\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert len(fields) % 3 == 0, f"{path.name}: a case has a title, a post and its messages"
        for at in range(0, len(fields), 3):
            yield fields[at].strip(), fields[at + 1], fields[at + 2]


def shown(found: Sequence[Message]) -> str:
    """Messages as text: how they are sent, what they say, then each entity with the words it covers."""
    lines: list[str] = []
    for message in found:
        above = ", text above" if caption_of(message).get("show_caption_above_media") else ""
        lines.append(f"== {message.section} {message.part}: {message.method}{above}")
        lines += [visible(line) for line in message.text.split("\n")] if message.text else []
        lines += [f"-- {described(message.text, entity)}" for entity in entities_of(message)]
        for slot in message.slots:
            lines.append(f"-> {slot.section}: {message.text[slot.offset : slot.offset + slot.length]}")
        for file in message.files:
            alt = f" ({file.alt})" if file.alt else ""
            lines.append(f"{'??' if file.missing else '++'} {file.name} = {file.source}{alt}")
        if preview := message.body.get("link_preview_options", {}).get("url"):
            lines.append(f"preview {preview}")
    return "\n".join(lines) + "\n"


def visible(line: str) -> str:
    """Joiners and wide spaces made visible."""
    return line.replace(JOINER, "¦").replace("\u2003", "→")


def described(text: str, entity: dict[str, Any]) -> str:
    words = visible(covered(text, entity).replace("\n", "⏎"))
    return f"{entity['type']}: {words}" + "".join(f" <{entity[key]}>" for key in ("url", "language") if key in entity)


def covered(text: str, entity: dict[str, Any]) -> str:
    units = text.encode("utf-16-le")
    return units[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")


@pytest.mark.parametrize(("body", "wanted"), [pytest.param(b, w, id=t) for t, b, w in cases()])
def test_a_post_becomes_these_messages(body: str, wanted: str) -> None:
    assert shown(messages(body)) == wanted


# ── the lead ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_lead_has_title_description_date_and_contents() -> None:
    lead = messages(
        "开头。\n\n## 一\n\n甲\n\n## 二\n\n乙", title="周刊", description="六月", date=datetime(2025, 6, 14, tzinfo=UTC)
    )[0]
    assert lead.text == "周刊\n六月\n2025-06-14\n\n开头。\n\n目录\n• 一\n• 二"
    assert [(entity["type"], covered(lead.text, entity)) for entity in entities_of(lead)] == [
        ("bold", "周刊"),
        ("italic", "六月"),
        ("bold", "目录"),
    ]
    assert [lead.text[slot.offset : slot.offset + slot.length] for slot in lead.slots] == ["一", "二"]


def test_a_title_the_lead_repeats_is_said_once() -> None:
    assert messages("**周刊**\n\n开头。", title="周刊")[0].text == "周刊\n\n开头。"


def test_a_post_without_headings_has_no_contents() -> None:
    (only,) = messages("只有一段。")
    assert (only.text, only.slots) == ("只有一段。", ())


def test_contents_become_links_as_sections_get_addresses() -> None:
    lead = messages("👋 开头\n\n## 一 😀\n\n甲\n\n## 二\n\n乙", title="周刊")[0]
    once = RENDERER.link(lead, {"二": "https://t.me/somewhere/3", "nowhere": "https://t.me/somewhere/9"})
    assert described(once.text, entities_of(once)[-1]) == "text_link: 二 <https://t.me/somewhere/3>"
    assert [slot.section for slot in once.slots] == ["一"]
    twice = RENDERER.link(once, {"一": "https://t.me/somewhere/2"})
    assert [described(twice.text, entity) for entity in entities_of(twice)] == [
        "bold: 周刊",
        "bold: 目录",
        "text_link: 一 😀 <https://t.me/somewhere/2>",
        "text_link: 二 <https://t.me/somewhere/3>",
    ]
    assert (twice.slots, twice.text) == ((), lead.text)


def test_linking_nothing_changes_nothing() -> None:
    lead = messages("开头\n\n## 一\n\n甲")[0]
    assert RENDERER.link(lead, {}) == lead


def test_contents_links_count_among_the_hundred_entities() -> None:
    found = messages("".join(f"## 第{n}节\n\n正文\n\n" for n in range(130)))
    leads = [message for message in found if message.section == "lead"]
    assert [len(lead.slots) + len(entities_of(lead)) for lead in leads] == [100, 31]


# ── options ──────────────────────────────────────────────────────────────────────────────────────────────────────────

LINKED = "## 一\n\n见[此](https://x.com/a)和[彼](https://y.com)"


def previews(body: str, channel: Destination = CHANNEL) -> list[dict[str, Any]]:
    return [m.body["link_preview_options"] for m in messages(body, channel) if "link_preview_options" in m.body]


def test_a_preview_is_chosen_never_accidental() -> None:
    off = {"is_disabled": True}
    assert previews(LINKED) == [off, {"url": "https://x.com/a", "prefer_large_media": True}]
    assert previews(LINKED, replace(CHANNEL, preview=False)) == [off, off]
    assert previews(LINKED + "\n\n![](a.jpg)") == [off]
    assert previews(LINKED + "\n\n<!-- weektech: break -->\n\n[z](https://z.com)")[2:] == [off]


SILENCE = [
    ("the destination says so", True, None, True),
    ("the post says so", False, True, True),
    ("the post wins", True, False, False),
    ("nobody says so", False, None, False),
]


@pytest.mark.parametrize(("channel", "post", "silent"), [row[1:] for row in SILENCE], ids=[row[0] for row in SILENCE])
def test_silence(channel: bool, post: bool | None, silent: bool) -> None:
    (message,) = messages("文", replace(CHANNEL, silent=channel), silent=post)
    assert message.body.get("disable_notification", False) is silent


# ── inert text ───────────────────────────────────────────────────────────────────────────────────────────────────────

INERT = [
    ("a mention", "@name", "@¦name"),
    ("a hashtag", "#标签", "#¦标签"),
    ("a number is no hashtag", "#1", "#1"),
    ("a cashtag", "$TSLA", "$¦TSLA"),
    ("a price is no cashtag", "$15B", "$15B"),
    ("a command", "用 /start 开始", "用 /¦start 开始"),
    ("a path is no command", "a/b 和 中/文", "a/b 和 中/文"),
    ("a file that looks like a domain", "README.md", "README.¦md"),
    ("a file that does not", "index.html", "index.html"),
    ("a number is no domain", "3.14 和 v1.2", "3.14 和 v1.2"),
    ("a Chinese domain", "例子.中国", "例子.¦中国"),
    ("an address in numbers", "10.0.0.1", "10.0.0.¦1"),
    ("a card number", "4111 1111 1111 1111", "4111 1111¦ 1111 1111"),
    ("an e-mail address with a path", "a@b.co/x", "a@b.¦co/x"),
    ("a date range is none", "2025-06-14 至 06-20", "2025-06-14 至 06-20"),
    ("an e-mail address stays one", "a.b@c.com", "a.b@c.com"),
    ("an address that can't be sent", "ftp://a.com/x", "ftp:¦//a.¦com/x"),
]


@pytest.mark.parametrize(("text", "wanted"), [row[1:] for row in INERT], ids=[row[0] for row in INERT])
def test_what_nobody_meant_as_a_link_is_inert(text: str, wanted: str) -> None:
    assert visible(inert(Atom(Frame(1), Cut.BLOCK, (Span(text),))).text) == wanted


@pytest.mark.parametrize("kind", [MarkKind.LINK, MarkKind.CODE])
def test_links_and_code_are_left_alone(kind: MarkKind) -> None:
    atom = Atom(Frame(1), Cut.BLOCK, (Span("@a_b", (Mark(kind, "https://x.com"),)), Span(" @a_b")))
    assert visible(inert(atom).text) == "@a_b @¦a_b"


def test_inertness_can_be_switched_off() -> None:
    assert messages("@name", replace(CHANNEL, inert=False))[0].text == "@name"


CLEANED = [
    ("control characters", "a\x00b\tc", "a b c"),
    ("invisible line ends and direction switches", "a\u2028b\u202ec", "abc"),
    ("a ring keeps its letter", "a\u030a", "å"),
    ("underlines the server removes", "a\u0333b\u033f", "ab"),
    ("direction marks in a row", "a\u200e\u200fb", "a\u200c\u200fb"),
]


@pytest.mark.parametrize(("text", "wanted"), [row[1:] for row in CLEANED], ids=[row[0] for row in CLEANED])
def test_text_is_what_the_server_keeps(text: str, wanted: str) -> None:
    assert cleaned(Atom(Frame(1), Cut.BLOCK, (Span(text),))).text == wanted


def test_tabs_in_code_become_spaces() -> None:
    assert cleaned(Atom(Frame(1, code=""), Cut.BLOCK, (Span("\tx"),))).text == "    x"


# ── shapes ───────────────────────────────────────────────────────────────────────────────────────────────────────────

SHAPES = [
    ("text alone", "text text", "text"),
    ("a picture alone", "pic", "below"),
    ("a heading may change places with its picture", "head pic text", "below"),
    ("text before a picture stands above it", "head text pic", "above"),
    ("with the picture's caption", "text pic caption pic caption", "above"),
    ("text on both sides of a picture", "text pic text", "none"),
    ("text between pictures", "pic text pic", "none"),
    ("ten pictures", "pic " * 10, "below"),
    ("eleven", "pic " * 11, "none"),
]


@pytest.mark.parametrize(("words", "wanted"), [row[1:] for row in SHAPES], ids=[row[0] for row in SHAPES])
def test_shapes(words: str, wanted: str) -> None:
    outline = shape([_atom(word) for word in words.split()])
    where = "none" if outline is None else "text" if not outline.images else "above" if outline.above else "below"
    assert where == wanted


def _atom(word: str) -> Atom:
    if word == "pic":
        return Atom(Frame(1), Cut.BLOCK, image=Picture("a.png"))
    return Atom(Frame(1, heading=2 * (word == "head")), Cut.BLOCK, (Span(word),), caption=word == "caption")


def test_limits_are_those_of_text_and_of_captions() -> None:
    text = [Atom(Frame(1), Cut.BLOCK, (Span("😀" * TEXT),))]
    assert TelegramMeasure().fits(text)
    assert not TelegramMeasure().fits([*text, *text])
    short = [_atom("pic"), Atom(Frame(1), Cut.BLOCK, (Span("文" * CAPTION),))]
    assert TelegramMeasure().fits(short)
    assert not TelegramMeasure().fits([*short, _atom("x")])


EDITS = [
    ("text stays text", "sendMessage", "sendMessage", True),
    ("text becomes a photo", "sendMessage", "sendPhoto", True),
    ("a photo can't become text", "sendPhoto", "sendMessage", False),
    ("a photo stays a photo", "sendPhoto", "sendPhoto", True),
    ("a photo becomes a file", "sendPhoto", "sendDocument", True),
    ("an album can't become a photo", "sendMediaGroup", "sendPhoto", False),
]


@pytest.mark.parametrize(("old", "new", "possible"), [row[1:] for row in EDITS], ids=[row[0] for row in EDITS])
def test_edits(old: str, new: str, possible: bool) -> None:
    assert RENDERER.can_edit(_call(old), _call(new)) is possible


def test_albums_can_be_edited_while_they_keep_their_size_and_kind() -> None:
    assert RENDERER.can_edit(_call("sendMediaGroup"), _call("sendMediaGroup"))
    assert not RENDERER.can_edit(_call("sendMediaGroup"), _call("sendMediaGroup", 3))
    assert not RENDERER.can_edit(_call("sendMediaGroup"), _call("sendMediaGroup", kind="document"))


def _call(method: str, pictures: int = 2, kind: str = "photo") -> Message:
    items = [{"type": kind, "media": f"attach://{n}.jpg"} for n in range(pictures)]
    bodies: dict[str, dict[str, Any]] = {"sendMediaGroup": {"media": items}, "sendMessage": {"text": "words"}}
    single = {"sendPhoto": "photo", "sendDocument": "document"}
    return Message("s", 1, method, bodies.get(method) or {single[method]: "attach://1.jpg"}, "words")


@pytest.mark.parametrize(("name", "kind"), [("1.jpg", "JPEG"), ("1.png", "PNG")])
def test_pictures_are_sent_as_their_names_say(name: str, kind: str) -> None:
    source = io.BytesIO()
    Image.new("RGBA", (9000, 100), (255, 0, 0, 0)).save(source, "WEBP")
    message = Message("s", 1, "sendPhoto", {}, "", (Upload(name, "a.webp"),))
    sent = Image.open(io.BytesIO(RENDERER.prepared(source.getvalue(), message, name)))
    width, height = sent.size
    assert (sent.format, width + height <= 10_000, max(width, height) <= 20 * min(width, height)) == (kind, True, True)


# ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

PIECES = [
    "一句话，**重点**和*斜体*。另一句：[链接](https://x.com/a)，`代码`！\n\n",
    "English with **bold `code` bold** and [**bold link**](https://y.com). See README.md, @name and #tag.\n\n",
    "- 条目一\n  - 子条目 😀\n- [x] 条目二\n\n",
    "> 引用**一**\n>\n> - 二\n>\n> ```py\n> a = 1\n> ```\n\n",
    "```js\n  let x = 1;\n\n\ty\n```\n\n",
    "<details><summary>更多</summary>\n\n藏着的[字](https://z.com)\n\n</details>\n\n",
    "| 名 | 值 |\n|---|---|\n| **甲** | [乙](https://x.com) |\n\n",
    "![图](a.jpg)\n\n",
    '<p align="center"><img src="b.png"></p>\n<p align="center"><em>说明</em></p>\n\n',
    "![没有](missing.png)\n\n",
    "### 小标题 `x`\n\n",
    "---\n\n",
    "字" * 700 + "\n\n",
    "😀👨‍👩‍👧 word " * 150 + "\n\n",
    "".join(f"[l{n}](https://x.com/{n}) " for n in range(70)) + "\n\n",
    "**b** x " * 60 + "\n\n",
]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join))
def test_every_message_is_one_the_server_takes_as_it_is(body: str) -> None:
    read = issue("## 节\n\n正文\n\n" + body)
    found = RENDERER.render(read, CHANNEL, frozenset({"missing.png"}))
    for message in found:
        assert len(message.text) <= (TEXT if message.method == "sendMessage" else CAPTION)
        assert message.text == message.text.strip(" \n") or entities_of(message)[0]["type"] == "pre"
        _check_entities(message.text, entities_of(message))
    said = "".join(message.text for message in found if message.section != "lead")
    wanted = "".join(
        atom.text for atom in flow(read.sections[1].blocks, frozenset({"missing.png"}), "https://blog.example/post/")
    )
    assert _letters(said) == _letters(wanted)
    pictures = [file.source for message in found for file in message.files if not file.missing]
    assert pictures == [image.src for image in images(read.sections[1].blocks) if image.src != "missing.png"]


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def _check_entities(text: str, entities: list[dict[str, Any]]) -> None:
    """Sorted, in the text, never in the middle of a character, no more than the server keeps, nested as it allows."""
    assert len(entities) <= ENTITIES
    assert entities == sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))
    for entity in entities:
        assert entity["length"] > 0
        assert 2 * (entity["offset"] + entity["length"]) <= len(text.encode("utf-16-le"))
        covered(text, entity)
    for kind in {entity["type"] for entity in entities}:
        same = [entity for entity in entities if entity["type"] == kind]
        assert all(one["offset"] + one["length"] <= other["offset"] for one, other in pairwise(same))
    for code in (entity for entity in entities if entity["type"] in ("code", "pre")):
        over = [e for e in entities if _overlap(code, e) and e is not code and "quote" not in e["type"]]
        assert not over


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(one["offset"] < other["offset"] + other["length"] and other["offset"] < one["offset"] + one["length"])
