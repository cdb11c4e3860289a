"""What each kind of Telegram chat gets of an issue: contents, digests, pins, albums and files."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bots.document import Image as Picture
from bots.document import with_images
from bots.model import Destination, Format, Issue, Kind, Message, Post, Upload
from bots.platforms.telegram.render import TelegramRenderer
from bots.rehearsal.telegram import File
from bots.splitter import split
from tests.telegram_world import CHANNEL, HandClock, call, picture, world_of

RENDERER = TelegramRenderer("https://blog.example/{slug}/")
BODY = "开头。\n\n## 一 节\n\n甲\n\n## Two\n\n乙\n"
KINDS = [Kind.CHANNEL, Kind.SUPERGROUP, Kind.TOPIC, Kind.GROUP, Kind.PRIVATE]


def issue(body: str, **known: Any) -> Issue:
    """A post whose pictures are large where their name says so."""
    read = split(Post(Path("post.md"), "post", "post", known.pop("title", ""), body, 1, **known))

    def mark(image: Picture) -> Picture:
        return replace(image, large="tall" in image.src)

    return replace(read, sections=tuple(replace(each, blocks=with_images(each.blocks, mark)) for each in read.sections))


def rendered(body: str, kind: Kind = Kind.CHANNEL, renderer: TelegramRenderer = RENDERER, **more: Any) -> list[Message]:
    title = more.pop("title", "")
    description = more.pop("description", "")
    destination = Destination("d", "telegram", kind, "@d", **more)
    return list(renderer.render(issue(body, title=title, description=description), destination, frozenset()))


def links(message: Message) -> dict[str, str]:
    """Linked words -> address."""
    units = message.text.encode("utf-16-le")
    return {
        units[2 * each["offset"] : 2 * (each["offset"] + each["length"])].decode("utf-16-le"): each["url"]
        for each in message.body.get("entities", ())
        if each["type"] == "text_link"
    }


# ── contents and pins ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", KINDS)
def test_contents_wait_for_links_where_messages_have_addresses(kind: Kind) -> None:
    lead, *sections = rendered(BODY, kind)
    assert [slot.section for slot in lead.slots] == ([] if kind in (Kind.GROUP, Kind.PRIVATE) else ["一-节", "two"])
    assert lead.text == "开头。\n\n目录\n• 一 节\n• Two"
    assert [message.text for message in sections] == ["一 节\n甲", "Two\n乙"]


def test_the_first_message_is_pinned_where_that_is_asked_for() -> None:
    assert [message.after for message in rendered(BODY, pin=True)] == [("pin",), (), ()]
    assert [message.after for message in rendered("## 一\n\n甲", pin=True, format=Format.DIGEST)] == [("pin",)]
    assert {message.after for message in rendered(BODY)} == {()}


# ── digests ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def digest(body: str, **more: Any) -> list[Message]:
    return rendered(body, Kind.PRIVATE, format=Format.DIGEST, **more)


def test_a_digest_leads_to_the_site() -> None:
    (only,) = digest(BODY, title="周刊", description="六月")
    assert only.text == "周刊\n六月\n\n开头。\n\n目录\n• 一 节\n• Two"
    assert links(only) == {
        "周刊": "https://blog.example/post/",
        "一 节": "https://blog.example/post/#一-节",
        "Two": "https://blog.example/post/#two",
    }
    assert only.slots == ()
    assert only.body["link_preview_options"] == {"url": "https://blog.example/post/", "prefer_large_media": True}


def test_without_a_site_a_digest_has_no_links() -> None:
    (only,) = digest(BODY, title="周刊", renderer=TelegramRenderer())
    assert (links(only), only.slots, only.text.endswith("• Two")) == ({}, (), True)


def test_a_long_lead_is_left_to_the_site() -> None:
    (only,) = digest("字" * 5000 + "\n\n" + BODY, title="周刊")
    assert only.text == "周刊\n\n目录\n• 一 节\n• Two"


def test_a_digest_of_a_post_that_is_all_lead_is_the_post() -> None:
    assert "".join(message.text for message in digest("字" * 5000)).count("字") == 5000


def test_a_title_that_the_lead_repeats_is_linked_there() -> None:
    (only,) = digest("**周刊**\n\n开头。", title="周刊")
    assert links(only) == {"周刊": "https://blog.example/post/"}


# ── albums ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def gallery(*names: str) -> str:
    return "## 节\n\n" + "\n\n".join(f"![]({name})" for name in names)


def sizes(found: Sequence[Message]) -> list[int]:
    return [len(message.files) for message in found if message.files]


ALBUMS = [
    # pictures, sizes of the messages
    (1, [1]),
    (2, [2]),
    (10, [10]),
    (11, [9, 2]),
    (12, [10, 2]),
    (20, [10, 10]),
    (21, [10, 9, 2]),
    (39, [10, 10, 10, 9]),
]


@pytest.mark.parametrize(("pictures", "wanted"), ALBUMS)
def test_albums_are_few_and_leave_no_picture_alone(pictures: int, wanted: list[int]) -> None:
    names = [f"{number}.jpg" for number in range(pictures)]
    found = rendered(gallery(*names))
    assert sizes(found) == wanted
    assert [file.source for message in found for file in message.files] == names


def test_a_last_picture_with_its_own_words_is_not_lonely() -> None:
    names = [f"{number}.jpg" for number in range(11)]
    assert sizes(rendered(gallery(*names) + "\n\n后")) == [10, 1]


def test_a_break_of_the_author_keeps_a_picture_alone() -> None:
    names = [f"{number}.jpg" for number in range(10)]
    assert sizes(rendered(gallery(*names) + "\n\n<!-- weektech: break -->\n\n![](last.jpg)")) == [10, 1]


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def methods(found: Sequence[Message]) -> list[tuple[str, str]]:
    return [(message.method, message.text) for message in found if message.section != "lead"]


FILES = [
    ("a large picture goes out as a file", "![](tall.png)\n\n后", [("sendDocument", "节\n\n后")]),
    ("its text stands below it", "前\n\n![](tall.png)", [("sendMessage", "节\n前"), ("sendDocument", "")]),
    ("several are an album of files", "![](tall1.png)\n\n![](tall2.png)\n\n后", [("sendMediaGroup", "节\n\n后")]),
    (
        "files and photos never share an album",
        "![](a.png)\n\n![](tall.png)\n\n![](b.png)\n\n![](c.png)",
        [("sendPhoto", "节"), ("sendDocument", ""), ("sendMediaGroup", "")],
    ),
]


@pytest.mark.parametrize(("body", "wanted"), [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_large_pictures(body: str, wanted: list[tuple[str, str]]) -> None:
    assert methods(rendered("## 节\n\n" + body)) == wanted


@pytest.mark.parametrize(("name", "at"), [("a", 0), ("tall", 1)], ids=["photos: the first", "files: the last"])
def test_one_item_of_an_album_carries_the_text_and_its_links(name: str, at: int) -> None:
    lead, *_ = rendered(f"![]({name}1.png)\n\n![]({name}2.png)\n\n## 一\n\n甲")
    assert [item.get("caption") for item in lead.body["media"]] == ["目录\n• 一" if n == at else None for n in (0, 1)]
    linked = RENDERER.link(lead, {"一": "https://t.me/d/7"}).body["media"]
    assert [item["media"] for item in linked] == [item["media"] for item in lead.body["media"]]
    link = {"type": "text_link", "offset": 5, "length": 1, "url": "https://t.me/d/7"}
    assert [item.get("caption_entities", [])[1:] for item in linked] == [[link] if n == at else [] for n in (0, 1)]


NAMES = [
    ("pics/tall diagram v2.png", "1-tall-diagram-v2.png"),
    ("https://x.com/tall.webp?w=9", "1-tall.jpg"),
    ("tall-%E5%9B%BE.svg", "1-tall.png"),
    ("tall/图.jpg", "1.jpg"),
]


@pytest.mark.parametrize(("source", "name"), NAMES)
def test_readers_see_what_a_file_is(source: str, name: str) -> None:
    (message,) = [each for each in rendered(f"## 节\n\n![](<{source}>)") if each.files]
    assert [file.name for file in message.files] == [name]


def test_a_file_keeps_its_size_and_a_photo_does_not() -> None:
    out = io.BytesIO()
    Image.new("RGB", (12_000, 100), "white").save(out, "PNG")
    photo = Message("s", 1, "sendPhoto", {"photo": "attach://1.png"}, "", (Upload("1.png", "a.png"),))
    file = Message("s", 1, "sendDocument", {"document": "attach://1.png"}, "", (Upload("1.png", "a.png"),))
    widths = [Image.open(io.BytesIO(RENDERER.prepared(out.getvalue(), each, "1.png"))).width for each in (photo, file)]
    assert widths[0] < 10_000
    assert widths[1] == 12_000


# ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

PIECES = ["前文。\n\n", "![](a.png)\n\n", "![](tall.png)\n\n", "### 小节\n\n正文\n\n", "字" * 900 + "\n\n"]
PIECES += ["![](b.jpg)\n\n" * 6, "## 又一节\n\n见[此](https://x.com/)。\n\n", "[](x)\n\n"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=10).map("".join),
    st.sampled_from(KINDS),
    st.sampled_from(Format),
)
def test_the_server_takes_every_message_as_it_is(body: str, kind: Kind, form: Format) -> None:
    world = world_of(HandClock())
    found = rendered("开头\n\n" + body, kind, title="周刊", format=form)
    for message in found:
        files = {file.name: File(file.name, picture(kind="PNG")) for file in message.files}
        reply = call(world, message.method, files, **message.body)
        assert reply.ok, reply.description
        sent = reply.result if isinstance(reply.result, list) else [reply.result]
        shown = [each.get("text") or each.get("caption") for each in sent]
        assert [words for words in shown if words] == [message.text] * bool(message.text)
    assert world.chats[CHANNEL].messages
    assert form is Format.FULL or {message.section for message in found} == {"lead"}
