"""The reader of Discord's Markdown: what does the client draw?

`golden/rehearsal_discord_markdown.txt` holds the dialect case by case: what was written, then the stretches a reader
sees, each after its looks and with its link.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.rehearsal.discord.markdown import (
    CodeBlock,
    Heading,
    Link,
    Listing,
    Mention,
    Quote,
    Text,
    links,
    parse,
    runs,
    visible,
)

GOLDEN = Path(__file__).parent / "golden" / "rehearsal_discord_markdown.txt"


def drawn(source: str) -> str:
    """One line a stretch: its looks, then its text, then where it leads."""
    lines = []
    for run in runs(parse(source)):
        looks = ", ".join(sorted(run.looks)) or "plain"
        text = run.text.replace("\n", "⏎")
        lines.append(f"{looks}: {text}" + (f" -> {run.href}" if run.href else ""))
    return "\n".join(lines)


def cases() -> list[tuple[str, str, str]]:
    found = []
    for piece in GOLDEN.read_text(encoding="utf-8").split("\n\n== ")[1:]:
        name, _, rest = piece.partition("\n")
        source, _, expected = rest.partition("\n--\n")
        found.append((name, source, expected.strip("\n")))
    return found


@pytest.mark.parametrize(("name", "source", "expected"), cases(), ids=lambda value: value[:40])
def test_the_dialect(name: str, source: str, expected: str) -> None:
    assert drawn(source) == expected, name


REFUSED = {
    "a relative address": "[a](./b)",
    "a fragment": "[a](#b)",
    "mail": "[a](mailto:a@example.org)",
    "ftp": "[a](ftp://example.org)",
    "a title": '[a](https://example.org "title")',
    "a blank in the address": "[a](https://example.org/a b)",
    "an address in the text": "[https://example.org](https://example.org)",
    "an emoji in the text": "[文 🎉](https://example.org)",
    "a flag in the text": "[🇨🇳](https://example.org)",
    "a key cap in the text": "[1️⃣](https://example.org)",
    "a custom emoji in the text": "[<:a_b:12>](https://example.org)",
    "a code block in the text": "[```a```](https://example.org)",
    "no host": "[a](https://)",
    "a parenthesis in angle brackets": "[a](<https://example.org/(b)>)",
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_refused_link_is_printed_as_it_was_written(why: str) -> None:
    tree = parse(f"见 {REFUSED[why]}")
    assert [link for link in links(tree) if link.masked] == []
    assert visible(tree).startswith(f"见 {REFUSED[why]}"[:10])
    assert "](" in visible(tree)


ACCEPTED = {
    "http": "[a](http://example.org)",
    "angle brackets": "[a](<https://example.org/b>)",
    "a client's own scheme": "[a](discord://example/1)",
    "a bare domain in the text": "[example.org](https://example.org)",
    "trade marks, which are no emoji": "[a™ ©](https://example.org)",
    "encoded parentheses": "[a](https://example.org/%28b%29)",
    "inline code": "[`a`](https://example.org)",
    "brackets within brackets": "[a [b] c](https://example.org)",
}


@pytest.mark.parametrize("why", ACCEPTED)
def test_an_accepted_link_hides_its_address(why: str) -> None:
    (link,) = links(parse(ACCEPTED[why]))
    assert link.masked
    assert link.preview is ("<" not in ACCEPTED[why])
    assert "](" not in visible(parse(ACCEPTED[why]))


def test_a_mention_in_a_links_text_shows_its_raw_id() -> None:
    assert parse("[<@12>](https://example.org)") == (
        Link("https://example.org", (Text("<@12>"),), masked=True, preview=True),
    )


def test_blocks_carry_what_a_page_needs() -> None:
    tree = parse("## 二\n3. c\n4. d\n```py\nx\n```\n> q\n<@&5>")
    assert tree == (
        Heading(2, (Text("二"),)),
        Listing(((Text("c"),), (Text("d"),)), start=3),
        CodeBlock("x", "py"),
        Quote((Text("q"),)),
        Mention("role", "5"),
    )


def escaped(text: str) -> str:
    return "".join(char if char.isspace() or (char.isascii() and char.isalnum()) else "\\" + char for char in text)


LINES = st.text(st.sampled_from("ab 1中。（#-*_~`|[]()<>@:.!\\>+&\n😀¯ツ"), max_size=60)


@given(LINES)
def test_text_escaped_sign_by_sign_is_seen_as_it_was(text: str) -> None:
    seen = visible(parse(escaped(text)))
    assert seen == "\n".join(line.rstrip(" ") for line in text.split("\n"))


@given(st.text(max_size=200))
def test_any_text_has_a_tree(text: str) -> None:
    assert isinstance(visible(parse(text)), str)


@given(LINES)
def test_nothing_visible_is_invented(text: str) -> None:
    """Every character a reader sees was written, list markers apart."""
    seen = visible(parse(text)).replace("• ", "")
    assert set(seen) <= set(text) | set("0123456789. \n")


HOSTILE = {
    "open brackets": "[" * 2000,
    "brackets and parentheses": "[](" * 660,
    "escaped brackets": "\\[a]" * 500,
    "asterisks": "*" * 2000,
    "asterisks and words": "*a **b " * 280,
    "underscores": "_a__b" * 400,
    "backticks": "`a``b```" * 250,
    "fences and blank lines": "```" + "\n" * 1990,
    "quotes": "> " * 1000,
    "lists ever deeper": "\n".join("  " * n + "- x" for n in range(40)),
    "hashes and blanks": "# " * 1000,
    "one long heading of blanks": "# " + " " * 1990,
    "angles": "<https://" * 220,
    "mail addresses": "<" + "a." * 990,
    "spoilers and strikes": "||~~" * 500,
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_messages_are_read_quickly(what: str) -> None:
    started = time.process_time()
    visible(parse(HOSTILE[what]))
    assert time.process_time() - started < 2  # the cubic rules they are made for take minutes
