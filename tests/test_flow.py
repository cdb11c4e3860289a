"""The flow: blocks as lines, lines as atoms, and which links can be sent at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.document import Image, LineBreak, Paragraph, Text
from bots.flow import Atom, Cut, Frame, Mark, MarkKind, Span, flow, refine
from bots.layout.links import contact, target
from bots.layout.sentences import sentences
from bots.markdown import parse

SITE = "https://blog.example/posts/7/"


def laid_out(markdown: str, unreadable: frozenset[str] = frozenset(), site: str = SITE) -> list[str]:
    """One line an atom: what a cut before it costs, then what a reader sees."""
    blocks, _ = parse(markdown, 1)
    return [_shown(atom) for atom in flow(blocks, unreadable, site)]


def _shown(atom: Atom) -> str:
    frame = atom.frame
    where = [
        word for word, on in (("quote", frame.quote), ("folded", frame.expandable), ("caption", atom.caption)) if on
    ]
    if frame.heading:
        where.append(f"h{frame.heading}")
    if frame.code is not None:
        where.append(f"code {frame.code}".strip())
    text = f"[{atom.image.src}]" if atom.image else "".join(_marked(span) for span in atom.spans)
    lead = ("¶ " if atom.gap else "") + ("" if atom.starts else "+ ") + "  " * frame.indent
    note = f" ({', '.join(where)})" if where else ""
    return f"{atom.cut.name.lower()}{note}: {lead}{frame.marker + ' ' if frame.marker else ''}{text}"


def _marked(span: Span) -> str:
    text = span.text
    for mark in reversed(span.marks):
        text = f"{{{mark.kind}{' ' + mark.value if mark.value else ''}|{text}}}"
    return text


LAYOUT = [
    (
        "a paragraph is cut into sentences, the first of which costs most to lose",
        "一句。两句！Three. Four",
        ["block: 一句。", "sentence: + 两句！", "sentence: + Three. ", "sentence: + Four"],
    ),
    (
        "a heading stays with what follows, and so does a heading under a heading",
        "para\n\n## A\n\n### B\n\ntext",
        ["block: para", "subheading (h2): ¶ A", "never (h3): B", "never: text"],
    ),
    (
        "items are marked and nested, later lines have no marker",
        "3. one\n   - [x] done\n   - [ ] open\n4. two\n\n   more",
        ["block: 3. one", "line:   ☑ done", "line:   ☐ open", "item: 4. two", "line: more"],
    ),
    (
        "a list introduced by a colon belongs to its introduction",
        "解读：\n\n- 一\n- 二",
        ["block: 解读：", "line: • 一", "item: • 二"],
    ),
    (
        "a list after an ordinary paragraph is a block of its own",
        "para\n\n- one\n- two",
        ["block: para", "block: ¶ • one", "item: • two"],
    ),
    (
        "quotes are one, however deeply nested",
        "> a\n>\n> > b\n\nc",
        ["block (quote): a", "item (quote): ¶ b", "block: ¶ c"],
    ),
    (
        "code keeps its lines and its blank lines",
        "```py\na = 1\n\nb\n```",
        ["block (code py): ¶ a = 1", "line (code py): ", "line (code py): b"],
    ),
    (
        "a picture and its caption stay together",
        '<p align="center"><img src="a.png" alt="x"></p>\n<p align="center"><em>图一</em></p>\n\nafter',
        ["block: [a.png]", "never (caption): {italic|图一}", "block: ¶ after"],
    ),
    (
        "a linked picture shows its link beneath",
        "[![badge](b.svg)](https://ci.example/run)",
        ["block: [b.svg]", "never (caption): {link https://ci.example/run|badge}"],
    ),
    (
        "a rule between blocks is a line, at the end it is nothing",
        "a\n\n---\n\nb\n\n---",
        ["block: a", "block: ¶ ———", "block: ¶ b"],
    ),
    (
        "a break that the author asked for",
        "a\n\n<!-- weektech: break -->\n\nb",
        ["block: a", "forced: ¶ b"],
    ),
    (
        "details: a bold summary, then what it hides",
        "<details><summary>More</summary>\n\nhidden\n\n</details>",
        ["block: {bold|More}", "never (folded): hidden"],
    ),
    (
        "a narrow table becomes aligned columns, in cells as wide as they are shown",
        "| a | 名称 |\n|---|---:|\n| 12 | 值 |",
        ["block (code): ¶ a   名称", "line (code): ──  ────", "line (code): 12    值"],
    ),
    (
        "a table with links becomes a line a row, its header bold",
        "| a | b |\n|---|---|\n| x | [l](https://x.com) |",
        ["block: {bold|a} | {bold|b}", "line: x | {link https://x.com|l}"],
    ),
    (
        "marks nest, a link that can't be opened is text, an e-mail address is shown",
        "**b [l](https://x.com)** [no](javascript:x) [me](mailto:a@b.c)",
        ["block: {bold|b }{bold|{link https://x.com|l}} no me (a@b.c)"],
    ),
    (
        "a power keeps its caret, other raised text is only text",
        "10<sup>6</sup> 1<sup>st</sup> H<sub>2</sub>O",
        ["block: 10^6 1st H2O"],
    ),
    (
        "nothing is cut inside a link or a code span",
        "[One. Two.](https://x.com) `a. b. c.` 完。",
        ["block: {link https://x.com|One. Two.} {code|a. b. c.} 完。"],
    ),
]


@pytest.mark.parametrize(("markdown", "expected"), [row[1:] for row in LAYOUT], ids=[row[0] for row in LAYOUT])
def test_layout(markdown: str, expected: list[str]) -> None:
    assert laid_out(markdown) == expected


def test_a_picture_inside_a_line_keeps_its_place() -> None:
    line = (Text("before "), Image("a.png"), Image("b.png"), Text(" "), LineBreak(), Text("after"))
    atoms = flow([Paragraph(line, 1)], frozenset())
    assert [_shown(atom) for atom in atoms] == ["block: before", "line: [a.png]", "line: [b.png]", "line: after"]


CAPTIONED = "{link https://blog.example/posts/7/c.png|🖼 }猫"
MISSING = [
    ("alt text names it, a web address is linked", "![猫](https://x.com/c.png)", "{link https://x.com/c.png|🖼 猫}"),
    (
        "without alt text its address does",
        "![](./img/c.png)",
        "{link https://blog.example/posts/7/img/c.png|🖼 ./img/c.png}",
    ),
    ("the link around it wins", "[![猫](c.png)](https://y.com)", "{link https://y.com|🖼 猫}"),
    ("its caption does where it has one", '<figure><img src="c.png"><figcaption>猫</figcaption></figure>', CAPTIONED),
    ("a data address shows only its type", "![](data:image/png;base64,AAAA)", "🖼 data:image/png"),
]


@pytest.mark.parametrize(("markdown", "expected"), [row[1:] for row in MISSING], ids=[row[0] for row in MISSING])
def test_an_unreadable_picture_becomes_a_line(markdown: str, expected: str) -> None:
    sources = frozenset({"https://x.com/c.png", "./img/c.png", "c.png", "data:image/png;base64,AAAA"})
    assert laid_out(markdown, sources) == [f"block: {expected}"]


SENTENCES = [
    ("Chinese marks", "好。真的吗？是！", ["好。", "真的吗？", "是！"]),
    ("closing quotes stay with their sentence", "他说：“走吧。”然后走了。", ["他说：“走吧。”", "然后走了。"]),
    ("brackets too", "(One.) Two.", ["(One.) ", "Two."]),
    ("dots in a row are one mark", "等等……好吧... ok", ["等等……", "好吧... ok"]),
    ("semicolons", "一；二; three", ["一；", "二; ", "three"]),
    ("numbers and versions", "Version 3.14 costs 2.5M. 下一句", ["Version 3.14 costs 2.5M. ", "下一句"]),
    ("a number that counts", "1. 背景", ["1. 背景"]),
    ("a year ends a sentence", "It was in 2024. Then it ended.", ["It was in 2024. ", "Then it ended."]),
    ("abbreviations", "Dr. Li, e.g. Mr. Wu vs. U.S. firms. End", ["Dr. Li, e.g. Mr. Wu vs. U.S. firms. ", "End"]),
    ("names of files", "see README.md and foo.bar", ["see README.md and foo.bar"]),
    ("Latin marks before Chinese", "用 GPT!然后看 foo.中国", ["用 GPT!", "然后看 foo.中国"]),
    ("nothing to cut", "没有标点", ["没有标点"]),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in SENTENCES], ids=[row[0] for row in SENTENCES])
def test_sentences(text: str, expected: list[str]) -> None:
    assert ["".join(span.text for span in piece) for piece in sentences([Span(text)])] == expected


WORDS = [
    ("words keep their space", "one two  three", 10, ["one ", "two  ", "three"]),
    ("Chinese is cut anywhere but before punctuation", "你好，世界", 10, ["你", "好，", "世", "界"]),
    ("mixed", "用Python写", 10, ["用", "Python", "写"]),
    ("a word over the limit is cut between characters", "abcdef", 4, ["a", "b", "c", "d", "e", "f"]),
    ("a family is one character", "👨‍👩‍👧👨‍👩‍👧", 5, ["👨‍👩‍👧", "👨‍👩‍👧"]),
    ("accents without end have to give way", "a" + "\u0301" * 5, 2, ["a\u0301", "\u0301\u0301", "\u0301\u0301"]),
]


@pytest.mark.parametrize(("text", "limit", "expected"), [row[1:] for row in WORDS], ids=[row[0] for row in WORDS])
def test_words(text: str, limit: int, expected: list[str]) -> None:
    atom = Atom(Frame(1, marker="•", item=True), Cut.BLOCK, (Span(text),), gap=True)
    pieces = refine(atom, limit)
    assert [piece.text for piece in pieces] == expected
    assert [(piece.cut, piece.starts, piece.frame.marker) for piece in pieces[1:]] == [(Cut.WORD, False, "")] * (
        len(pieces) - 1
    )


def test_a_link_is_whole_until_it_is_longer_than_a_message() -> None:
    link = (Mark(MarkKind.LINK, "https://x.com"),)
    atom = Atom(Frame(1), Cut.BLOCK, (Span("see "), Span("a b", link), Span(" c", link), Span(" end")))
    assert [piece.text for piece in refine(atom, 5)] == ["see ", "a b c ", "end"]
    assert [piece.text for piece in refine(atom, 4)] == ["see ", "a ", "b ", "c ", "end"]


texts = st.text(st.sampled_from("ab 中文。，.!\u200d👩👧é\u0301()“”12"), max_size=60)
marks = st.sampled_from([(), (Mark(MarkKind.LINK, "https://x.com"),), (Mark(MarkKind.CODE),), (Mark(MarkKind.BOLD),)])


@given(st.lists(st.builds(Span, texts, marks), max_size=6), st.integers(1, 40))
def test_cutting_loses_nothing(spans: list[Span], limit: int) -> None:
    whole = "".join(span.text for span in spans)
    assert "".join(span.text for piece in sentences(spans) for span in piece) == whole
    pieces = refine(Atom(Frame(1), Cut.BLOCK, tuple(spans)), limit)
    assert "".join(piece.text for piece in pieces) == whole


LINKS = [
    ("https", "https://a.com/x?y#z", "https://a.com/x?y#z"),
    ("spaces around it, spaces in it", "  http://a.com/b c\t", "http://a.com/b%20c"),
    ("upper case", "HTTPS://A.com/X", "HTTPS://A.com/X"),
    ("Chinese domain and path", "https://例子.中国/路", "https://例子.中国/路"),
    ("user, password and port", "http://u:p@a.com:8080/", "http://u:p@a.com:8080/"),
    ("IPv4 and IPv6", "http://[::1]:80/", "http://[::1]:80/"),
    ("Telegram's own", "tg://resolve?domain=x", "tg://resolve?domain=x"),
    ("www is meant as an address", "www.a.com/x", "http://www.a.com/x"),
    ("relative", "../b.html", "https://blog.example/posts/b.html"),
    ("from the root", "/b", "https://blog.example/b"),
    ("a fragment of the post", "#part", "https://blog.example/posts/7/#part"),
    ("another host, same scheme", "//cdn.example/x", "https://cdn.example/x"),
    ("a slip of the finger", "hhttps://a.com", None),
    ("one slash", "https:/a.com", None),
    ("no host", "https:///x", None),
    ("no scheme worth sending", "javascript:alert(1)", None),
    ("mail is text", "mailto:a@b.c", None),
    ("this machine", "http://localhost:3000/", None),
    ("a host without a dot", "http://intranet/x", None),
    ("port zero", "http://a.com:0/", None),
    ("port too high", "http://a.com:65536/", None),
    ("port empty", "http://a.com:/x", None),
    ("port in words", "http://a.com:x/", None),
    ("a space in the host", "http://a b.com/", None),
    ("a bracket in the host", "http://a<b.com/", None),
    ("a bad escape in the host", "http://a%2.com/", None),
    ("a bad escape in the user name", "http://u%zz@a.com/", None),
    ("no IPv6", "http://[1.2.3.4]/", None),
    ("half a bracket", "http://[::1/", None),
    ("only dots", "http://../", None),
    ("a file", "file:///etc/passwd", None),
]


@pytest.mark.parametrize(("href", "expected"), [row[1:] for row in LINKS], ids=[row[0] for row in LINKS])
def test_which_links_can_be_sent(href: str, expected: str | None) -> None:
    assert target(href, SITE) == expected


@pytest.mark.parametrize("href", ["x.html", "/x", "#x", "?x", "", "."])
def test_relative_links_need_the_address_of_the_post(href: str) -> None:
    assert target(href) is None


def test_addresses_that_are_shown_as_text() -> None:
    assert [contact(href) for href in ("mailto:a@b.c?subject=x", "TEL:+123", "https://x.com")] == ["a@b.c", "+123", ""]
