"""A column's posts as issues: links between posts, and pictures looked at before anything is rendered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bots.app import renderers
from bots.column import Column, Draft
from bots.config import load
from bots.document import images, with_links
from bots.markdown import parse
from bots.model import Destination, Kind, Message

SITE = "https://blog.example/posts/{slug}/"
CHAT = {
    "telegram": Destination("channel", "telegram", Kind.CHANNEL, "@somewhere"),
    "discord": Destination("room", "discord", Kind.TEXT, "1"),
}


def column(root: Path, site: str = SITE) -> Column:
    text = f'column:\n  posts: posts\n  site: "{site}"\n' if site else "column:\n  posts: posts\n"
    (root / "config.yaml").write_text(text)
    (root / "posts").mkdir(exist_ok=True)
    config = load(root / "config.yaml", {})
    return Column(config, renderers(config))


# --- links to other posts -------------------------------------------------------------------------------------------

# as written in posts/2025-06-21-b.md -> where it leads on the site; "" for plain text
LINKS = {
    "./2025-06-14-a.md": "https://blog.example/posts/a/",
    "2025-06-14-a.md#part": "https://blog.example/posts/a/#part",
    "/2025-06-14-a.md": "https://blog.example/posts/a/",
    "posts/2025-06-14-a.md": "https://blog.example/posts/a/",
    "old/named.md": "https://blog.example/posts/by-its-slug/",
    "bundle/index.md": "https://blog.example/posts/bundle/",
    "two%20words.md": "https://blog.example/posts/two-words/",
    "gone.md": "",
    "../config.yaml.md": "",
    "#part": "https://blog.example/posts/b/#part",
    "/about/": "https://blog.example/about/",
    "../other/": "https://blog.example/posts/other/",
    "paper.pdf": "https://blog.example/posts/b/paper.pdf",
    "https://other.example/README.md": "https://other.example/README.md",
    "mailto:me@other.example": "",
}


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    posts = tmp_path / "posts"
    for name in ("2025-06-14-a.md", "two words.md", "old/named.md", "bundle/index.md"):
        (posts / name).parent.mkdir(parents=True, exist_ok=True)
        (posts / name).write_text("text")
    (posts / "old/named.md").write_text("---\nslug: by-its-slug\n---\ntext")
    return tmp_path


def shown(root: Path, link: str, site: str = SITE) -> list[str]:
    """The addresses in what Telegram is sent for a post with that link."""
    made = column(root, site)
    post = root / "posts" / "2025-06-21-b.md"
    post.write_text(f"Look [there]({link}).")
    bodies = [message.body for message in made.messages(made.draft(post), CHAT["telegram"])]
    assert all("there" in body["text"] for body in bodies)
    return [entity["url"] for body in bodies for entity in body.get("entities", ()) if "url" in entity]


@pytest.mark.parametrize("link", LINKS)
def test_where_a_relative_link_leads(linked: Path, link: str) -> None:
    assert shown(linked, link) == ([LINKS[link]] if LINKS[link] else [])


@pytest.mark.parametrize("link", [link for link in LINKS if not link.startswith("https")])
def test_without_a_site_it_is_plain_text(linked: Path, link: str) -> None:
    assert shown(linked, link, site="") == []


@pytest.mark.parametrize("link", ['{{< ref "2025-06-14-a.md" >}}', "{% post_url 2025-06-14-a %}"])
def test_links_in_the_language_of_templates(linked: Path, link: str) -> None:
    assert shown(linked, link) == ["https://blog.example/posts/a/"]


def test_every_link_of_a_tree_is_changed() -> None:
    source = "# [h](x)\n\n> [q](x)\n\n- [l](x)\n\n| [t](x) |\n|-|\n\n[![f](a.png)](x)\n\n**[s](x)**"
    source += "\n\n<details><summary><a href=x>d</a></summary>\n\n[i](x)\n\n</details>"
    blocks, _ = parse(source)
    changed = with_links(blocks, lambda href: href + "!")
    assert str(changed) == str(blocks).replace("href='x'", "href='x!'")
    assert str(changed).count("href='x!'") == 8


# --- pictures that are looked at ------------------------------------------------------------------------------------


def test_pictures_that_a_viewer_would_spoil_are_marked_wherever_they_stand(tmp_path: Path) -> None:
    made = column(tmp_path)
    Image.new("1", (400, 9000)).save(tmp_path / "posts" / "long.png")
    Image.new("1", (400, 300)).save(tmp_path / "posts" / "usual.png")
    remote = "https://pictures.example/long.png"
    made.config.state.joinpath("pictures").mkdir(parents=True)
    cached = made.config.state / "pictures" / hashlib.sha256(remote.encode()).hexdigest()
    cached.write_bytes((tmp_path / "posts" / "long.png").read_bytes())
    post = tmp_path / "posts" / "a.md"
    post.write_text(f"![](usual.png)\n\n> ![](long.png)\n\n| ![](long.png) |\n|-|\n\n- ![]({remote})\n\n![](gone.png)")
    draft = made.draft(post)
    assert {image.src: image.large for image in pictures(draft)} == {
        "usual.png": False,
        "long.png": True,
        remote: True,
        "gone.png": False,
    }
    assert set(draft.unreadable) == {"gone.png"}


def pictures(draft: Draft) -> Iterator[Any]:
    for section in draft.issue.sections:
        yield from images(section.blocks)


# --- sections with none, one and many pictures ----------------------------------------------------------------------

COUNTS = (0, 1, 10, 11, 39)
# how pictures stand in a section -> the Markdown of the picture with that number
STYLES = {
    "each with a caption": '<p align="center"><img src="{name}"></p>\n<p align="center">The view from hill {n}</p>\n',
    "each after a paragraph": "Hill {n} lies north of the town.\n\n![hill {n}]({name})\n",
    "one after another": "![hill {n}]({name})\n",
}


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    (tmp_path / "posts").mkdir()
    for number in range(1, max(COUNTS) + 1):
        Image.new("RGB", (64, 48), (number, 0, 0)).save(tmp_path / "posts" / f"{number}.webp")
    return tmp_path


def issue(style: str) -> str:
    """An issue with a section for each count, the sections' pictures counted from 1 again."""
    sections = []
    for count in COUNTS:
        entries = [STYLES[style].format(n=number, name=f"{number}.webp") for number in range(1, count + 1)]
        sections.append(
            "\n".join([f"## A walk past {count} hills\n", "We set out early.\n", *entries, "We went home."])
        )
    return "\n\n".join(["# Walks", *sections])


def sent(messages: Sequence[Message], section: str) -> tuple[list[str], str]:
    """The pictures of a section in the order of the payloads, and all its text."""
    own = [message for message in messages if message.section == section]
    assert [message.part for message in own] == list(range(1, len(own) + 1))
    for message in own:
        names = [upload.name for upload in message.files]
        assert names == carried(message.body)
        assert len(names) <= 10
    return [upload.source for message in own for upload in message.files], "\n".join(message.text for message in own)


def carried(body: Mapping[str, Any]) -> list[str]:
    """The names of the uploads a payload refers to, in its order."""
    if "attachments" in body:
        return [str(attachment["filename"]) for attachment in body["attachments"]]
    media = body.get("media") or [{"media": body[key]} for key in ("photo", "document") if key in body]
    return [str(item["media"]).removeprefix("attach://") for item in media]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("platform", CHAT)
def test_sections_with_many_pictures_keep_all_of_them_in_order(gallery: Path, platform: str, style: str) -> None:
    made = column(gallery)
    post = gallery / "posts" / "2025-06-14-walks.md"
    post.write_text(issue(style))
    draft = made.draft(post)
    messages = made.messages(draft, CHAT[platform])
    assert draft.unreadable == {}
    for count, section in zip(COUNTS, draft.issue.sections[1:], strict=True):
        shown_pictures, text = sent(messages, section.id)
        assert shown_pictures == [f"{number}.webp" for number in range(1, count + 1)]
        if style != "one after another":
            places = [
                text.index(f"ill {number} " if "paragraph" in style else f"hill {number}")
                for number in range(1, count + 1)
            ]
            assert places == sorted(places)
        assert (text.index("We set out early."), text.count("We went home.")) > (0, 0)


@pytest.mark.parametrize("platform", CHAT)
def test_a_row_of_pictures_takes_the_fewest_messages(gallery: Path, platform: str) -> None:
    """Ten pictures a message are the most on both platforms (telegram.md 2, discord.md 1.1)."""
    made = column(gallery)
    post = gallery / "posts" / "2025-06-14-walks.md"
    post.write_text(
        "\n\n".join(f"## {count}\n\n" + " ".join(f"![]({n}.webp)" for n in range(1, count + 1)) for count in COUNTS[1:])
    )
    draft = made.draft(post)
    messages = made.messages(draft, CHAT[platform])
    needed = [sum(message.section == section.id for message in messages) for section in draft.issue.sections[1:]]
    assert needed == [-(-count // 10) for count in COUNTS[1:]]


# --- what is said of a post -----------------------------------------------------------------------------------------


def test_each_notice_is_given_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    post = tmp_path / "posts" / "2025-06-14-a.md"
    made = column(tmp_path)
    post.write_text("---\ntitle: x\ndate: someday\n---\n# A\n\n<b>open\n\n![alt](gone.png)\n")
    notices = made.draft(post, lenient=True).notices
    assert [notice.line for notice in notices] == [3, 7, 9]
