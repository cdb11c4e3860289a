"""Pages: what the author wrote stays text, formatting nests however it overlapped, nothing foreign is loaded."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bots import pages
from bots.clock import SystemClock
from bots.pages import Element, Look, Span, nest, policy, rehearsal_page
from bots.pages.markup import html, web_address
from bots.rehearsal.discord.model import Flag
from bots.rehearsal.discord.state import State
from bots.rehearsal.discord.validation import read_form
from bots.rehearsal.discord.wire import FilePart
from bots.rehearsal.page import DiscordPlace, Stage, TelegramPlace, page_application
from bots.rehearsal.serving import serve
from bots.rehearsal.show_discord import discord_view
from bots.rehearsal.show_telegram import formatted, telegram_view
from bots.rehearsal.telegram import Bot, Chat, Entity, File, Telegram

TOKEN = "123456789:" + "A" * 35
CHAT = -1001
EVIL = "<script>alert(1)</script>\"'&amp; <img src=x onerror=alert(1)>"


def plain(nodes: tuple[pages.Node, ...]) -> str:
    return "".join(node if isinstance(node, str) else plain(node.children) for node in nodes)


# ---------------------------------------------------------------- overlapping formatting

BOLD, ITALIC, QUOTE = Look.BOLD, Look.ITALIC, Look.QUOTE
OVERLAPS = {
    "apart": ([(0, 2, BOLD), (3, 5, ITALIC)], "<strong>ab</strong>c<em>de</em>f"),
    "one inside the other": ([(0, 6, BOLD), (2, 4, ITALIC)], "<strong>ab<em>cd</em>ef</strong>"),
    "the same stretch": ([(1, 3, BOLD), (1, 3, ITALIC)], "a<strong><em>bc</em></strong>def"),
    "crossing": ([(0, 4, BOLD), (2, 6, ITALIC)], "<strong>ab<em>cd</em></strong><em>ef</em>"),
    "a quote goes outside": (
        [(0, 4, BOLD), (2, 6, QUOTE)],
        "<strong>ab</strong><blockquote><strong>cd</strong>ef</blockquote>",
    ),
    "past the end": ([(4, 99, BOLD)], "abcd<strong>ef</strong>"),
    "empty": ([(3, 3, BOLD)], "abcdef"),
}


@pytest.mark.parametrize("case", OVERLAPS)
def test_formatting_nests_however_it_overlaps(case: str) -> None:
    spans, expected = OVERLAPS[case]
    assert html(nest("abcdef", [Span(*each) for each in spans])) == expected


def test_a_block_takes_the_line_end_after_it_along() -> None:
    assert html(nest("a\nb\n\nc", [Span(2, 3, QUOTE)])) == "a\n<blockquote>b</blockquote>\nc"


SPANS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.sampled_from([BOLD, ITALIC, QUOTE])), max_size=12)


def covered(nodes: tuple[pages.Node, ...], looks: frozenset[Look] = frozenset()) -> list[tuple[str, frozenset[Look]]]:
    found = []
    for node in nodes:
        if isinstance(node, str):
            found += [(char, looks) for char in node]
        else:
            found += covered(node.children, looks | {node.look})
    return found


@given(SPANS)
def test_every_character_keeps_exactly_its_looks(spans: list[tuple[int, int, Look]]) -> None:
    text = "abcdefghijkl"
    expected = [
        (char, frozenset(look for low, high, look in spans if low <= at < high)) for at, char in enumerate(text)
    ]
    assert covered(nest(text, [Span(*each) for each in spans])) == expected


def test_utf16_offsets_are_turned_into_characters() -> None:
    nodes = formatted("😀😀中 bold", [Entity("bold", 2, 2), Entity("italic", 6, 4)])
    assert html(nodes) == "😀<strong>😀</strong>中 <em>bold</em>"


@given(st.text("a中😀\n", max_size=12), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=5))
def test_no_entity_loses_text(text: str, places: list[tuple[int, int]]) -> None:
    assert plain(formatted(text, [Entity("bold", *place) for place in places])) == text


LINKS = {
    "text_link": (Entity("text_link", 0, 4, url="https://example.org"), "https://example.org"),
    "a bare address": (Entity("url", 0, 4), "http://a.io"),
}


@pytest.mark.parametrize("kind", LINKS)
def test_links_lead_where_the_entity_says(kind: str) -> None:
    entity, href = LINKS[kind]
    (link,) = formatted("a.io", [entity])
    assert isinstance(link, Element)
    assert link.href == href


# ---------------------------------------------------------------- safety

ADDRESSES = {
    "https://example.org/a?b=c": True,
    "http://127.0.0.1:1": True,
    "javascript:alert(1)": False,
    "JaVaScRiPt:alert(1)": False,
    "data:text/html,x": False,
    "//example.org": False,
    "/etc": False,
    "https:": False,
    "mailto:a@example.org": False,
    "http://[broken": False,
    "": False,
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_pages_link_to_the_web_only(address: str) -> None:
    assert bool(web_address(address)) is ADDRESSES[address]
    shown = html((Element(Look.LINK, ("x",), href=address),))
    assert ("<a " in shown) is ADDRESSES[address]
    assert ADDRESSES[address] is ("noopener" in shown)


class Seen(HTMLParser):
    """Collects tags, their attributes and the text between."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(page: str) -> Seen:
    parser = Seen()
    parser.feed(page)
    parser.close()
    return parser


MESSAGE = pages.Message("1", datetime(2026, 11, 22, 16, 5, tzinfo=timezone(timedelta(hours=8))), "weektech")


def page(*messages: pages.Message) -> str:
    return rehearsal_page([pages.Chat("telegram", "T", messages), pages.Chat("discord", "D", messages)], "Page")


def test_whatever_is_written_stays_text() -> None:
    evil = replace(
        MESSAGE,
        author=EVIL,
        nodes=(
            EVIL,
            Element(Look.PRE, (EVIL,), language=EVIL),
            Element(Look.LINK, (EVIL,), href=f"https://x.y/{EVIL}"),
        ),
        pictures=(pages.Picture('/x" onerror="y', EVIL),),
        files=(pages.File(EVIL, 1),),
        cards=(pages.Card(EVIL, EVIL),),
        embeds=(pages.Embed(EVIL, f"https://x.y/{EVIL}", (EVIL,), pages.Picture('/x" onerror="y', EVIL), EVIL),),
        buttons=((pages.Button(EVIL, EVIL),),),
        reactions=(pages.Reaction(EVIL, 1),),
        source=EVIL,
        thread=pages.Thread("1", EVIL, (replace(MESSAGE, note=EVIL),), (EVIL,), (EVIL,)),
    )

    def chat(platform: str) -> pages.Chat:
        return pages.Chat(platform, EVIL, (evil,), kind=EVIL, posts=(pages.Thread("2", EVIL, (evil,)),), names=True)

    shown = seen(rehearsal_page([chat(name) for name in ("telegram", "discord")], EVIL))
    assert "script" not in shown.tags
    assert [name for name, _ in shown.attributes if name.startswith("on")] == []
    assert shown.text.count("alert(1)") >= 2 * EVIL.count("alert(1)")


@given(st.text(max_size=80))
def test_any_text_reads_back_from_the_page(text: str) -> None:
    shown = seen(html((text,)))
    assert (shown.tags, shown.text) == ([], text)


def test_a_page_loads_nothing_from_elsewhere_and_runs_nothing() -> None:
    shown = page(
        replace(MESSAGE, pictures=tuple(map(pages.Picture, ("https://example.org/a.png", "//example.org/b.png"))))
    )
    loads = [value for name, value in seen(shown).attributes if name in {"src", "srcset", "action", "poster"}]
    assert loads == [""] * 4
    assert "default-src 'none'" in policy()
    assert "unsafe" not in policy()
    assert "style=" not in re.sub(r"<style>.*?</style>", "", shown, flags=re.DOTALL)


def test_a_message_shows_its_state_and_has_an_anchor() -> None:
    shown = page(replace(MESSAGE, edited=True, silent=True, pings=2))
    for words in ("edited", "silent", "pings 2", 'id="telegram-1"', 'href="#discord-1"', "16:05"):
        assert words in shown


def test_an_empty_chat_says_so() -> None:
    assert page().count("Nothing was sent here yet.") == 2


# ---------------------------------------------------------------- the rehearsal's page


def picture(colour: str = "red") -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(held, "PNG")
    return held.getvalue()


def telegram() -> Telegram:
    return Telegram([Bot(TOKEN)], [Chat(CHAT, title="每周技术")], SystemClock(1000))


def album(server: Telegram) -> None:
    files = {f"p{n}": File(f"{n}.png", picture()) for n in range(2)}
    media = [{"type": "photo", "media": "attach://p0", "caption": "图"}, {"type": "photo", "media": "attach://p1"}]
    assert server.call(TOKEN, "sendMediaGroup", {"chat_id": CHAT, "media": media}, files).status == 200


def test_an_album_is_one_message_with_its_caption() -> None:
    server = telegram()
    album(server)
    (shown,) = telegram_view(server.chats[CHAT], UTC).messages
    assert [each.src for each in shown.pictures] == [f"/media/telegram/{CHAT}/1", f"/media/telegram/{CHAT}/2"]
    assert shown.nodes == ("图",)


PREVIEWS = {
    "the first link by default": (None, "https://example.org/a"),
    "switched off": ({"is_disabled": True}, None),
    "another address": ({"url": "https://example.net/b"}, "https://example.net/b"),
}


@pytest.mark.parametrize("case", PREVIEWS)
def test_a_text_shows_a_place_for_the_preview_it_gets(case: str) -> None:
    wish, address = PREVIEWS[case]
    server = telegram()
    entities = [{"type": "text_link", "offset": 0, "length": 1, "url": "https://example.org/a"}]
    params = {"chat_id": CHAT, "text": "ab", "entities": entities, "link_preview_options": wish}
    reply = server.call(TOKEN, "sendMessage", {name: value for name, value in params.items() if value is not None})
    assert reply.status == 200
    (shown,) = telegram_view(server.chats[CHAT], UTC).messages
    assert [card.href for card in shown.cards] == ([address] if address else [])


def discord_with(content: str, flags: Flag | None = None, *files: FilePart) -> tuple[State, int]:
    state = State(SystemClock())
    guild = state.add_guild("Readers")
    role = state.add_role(guild.id, "读者", mentionable=True)
    channel = state.add_channel(guild.id, "weekly")
    body = {"content": content.replace("ROLE", str(role.id)), "flags": int(flags or 0)}
    state.post(channel.id, read_form(body), files)
    return state, channel.id


def test_discord_shows_names_cards_and_pings() -> None:
    state, channel = discord_with("<@&ROLE> [a](https://example.org/a) [b](<https://example.org/b>)")
    (shown,) = discord_view(state, channel, UTC).messages
    assert "@读者" in plain(shown.nodes)
    assert [card.href for card in shown.cards] == ["https://example.org/a"]
    assert shown.pings == 1
    state, channel = discord_with("https://example.org/a", Flag.SUPPRESS_EMBEDS | Flag.SUPPRESS_NOTIFICATIONS)
    (shown,) = discord_view(state, channel, UTC).messages
    assert (shown.cards, shown.silent) == ((), True)


def test_discord_tells_pictures_from_other_files() -> None:
    files = FilePart(0, "a.png", picture()), FilePart(1, "b.pdf", b"%PDF"), FilePart(2, "c.png", b"no picture")
    state, channel = discord_with("x", None, *files)
    (shown,) = discord_view(state, channel, UTC).messages
    assert [(each.width, each.height) for each in shown.pictures] == [(60, 40)]
    assert [each.name for each in shown.files] == ["b.pdf", "c.png"]


MARKDOWN = {
    "## 二": "<h4>二</h4>",
    "-# 小": '<div class="subtext">小</div>',
    "2. a\n3. b": '<ol start="2"><li>a</li><li>b</li></ol>',
    "- a\n  - b": "<ul><li>a\n<ul><li>b</li></ul></li></ul>",
    "> a\n> b": "<blockquote>a\nb</blockquote>",
    "```py\nx < y\n```": '<pre data-language="py"><code>x &lt; y</code></pre>',
    "||a||": '<span class="spoiler" tabindex="0">a</span>',
    "<t:0:f> <t:99999999999999:f>": '<span class="mention">1970-01-01 00:00 UTC</span> '
    '<span class="mention">&lt;t:99999999999999:f&gt;</span>',
    "[a](javascript:b)": "[a](javascript:b)",
}


@pytest.mark.parametrize("source", MARKDOWN)
def test_discords_markdown_becomes_html(source: str) -> None:
    state, channel = discord_with(source)
    (shown,) = discord_view(state, channel, UTC).messages
    assert html(shown.nodes) == MARKDOWN[source]


async def test_the_page_is_served_with_its_pictures_and_a_policy() -> None:
    server = telegram()
    album(server)
    state, channel = discord_with("# 题", None, FilePart(0, "a.png", picture("blue")), FilePart(1, "x.html", b"<p>"))
    stage = Stage({"t": TelegramPlace(server.chats[CHAT]), "d": DiscordPlace(channel)}, state)
    async with serve(page_application(stage)) as base, aiohttp.ClientSession() as session:
        async with session.get(base + "/") as response:
            shown = await response.text()
            assert policy() in response.headers["Content-Security-Policy"]
        sources = [value for name, value in seen(shown).attributes if name == "src" and value]
        assert len(sources) == 3
        for source in sources:
            async with session.get(base + source) as response:
                assert (response.status, response.content_type) == (200, "image/png")
        page_file = state.messages(channel)[0].attachments[1]
        async with session.get(f"{base}/media/discord/{page_file.id}") as response:
            assert response.content_type == "application/octet-stream"
            assert response.headers["Content-Disposition"] == "attachment"
        for missing in (f"/media/telegram/{CHAT}/99", "/media/telegram/5/1", "/media/discord/99", "/media/../page.py"):
            async with session.get(base + missing) as response:
                assert response.status == 404


async def test_the_page_answers_only_to_this_machines_name() -> None:
    state, channel = discord_with("x")
    stage = Stage({"discord": DiscordPlace(channel)}, state)
    async with (
        serve(page_application(stage)) as base,
        aiohttp.ClientSession(headers={"Host": "example.org"}) as session,
        session.get(base + "/") as response,
    ):
        assert response.status == 421
