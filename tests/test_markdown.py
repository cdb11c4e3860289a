"""The neutral tree: what each piece of Markdown and HTML becomes. The golden files are Markdown in, tree out."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.document import (
    Block,
    Break,
    Cell,
    Code,
    Details,
    Directive,
    Figure,
    Heading,
    Image,
    Inline,
    Item,
    LineBreak,
    Link,
    List,
    Mono,
    Paragraph,
    Quote,
    Rule,
    Styled,
    Table,
    Text,
)
from bots.errors import PostError
from bots.markdown import parse

GOLDEN = sorted((Path(__file__).parent / "golden").glob("markdown_*.txt"))


# --- the tree as text -------------------------------------------------------------------------------------------------


def inline(nodes: Iterable[Inline]) -> str:
    """`bold[重点]` and so on; "⏎" is a line break the author asked for."""
    return "".join(map(_inline, nodes))


def _inline(node: Inline) -> str:
    match node:
        case Text(text):
            return text
        case Mono(text):
            return f"mono[{text}]"
        case Styled(style, children):
            return f"{style.name.lower()}[{inline(children)}]"
        case Link(href, children):
            return f"link[{inline(children)}]({href})"
        case LineBreak():
            return "⏎"
        case Image():
            return f"image[{node.alt}]({node.src})" + (f" to {node.href}" if node.href else "")


def outline(blocks: Iterable[Block]) -> Iterator[str]:
    """One line a block with the line of the file it starts on, what it holds indented beneath."""
    for block in blocks:
        head, inside = _block(block)
        yield f"{head} @{block.line}" if not inside and ":" not in head else head.replace(":", f" @{block.line}:", 1)
        yield from (f"  {line}" for line in inside)


def _block(block: Block) -> tuple[str, list[str]]:
    """The block's own line and what is indented beneath it."""
    inside: list[str] = []
    match block:
        case Paragraph(content):
            head = f"paragraph: {inline(content)}"
        case Heading(level, content, _, name):
            head = f"heading {level}{' #' + name if name else ''}: {inline(content)}"
        case Quote(blocks):
            head, inside = "quote:", list(outline(blocks))
        case List(items, _, start):
            head = "bullets:" if start is None else f"numbers from {start}:"
            inside = [line for item in items for line in _item(item)]
        case Code(text, _, language):
            head, inside = f"code {language}".rstrip() + ":", [f"|{line}" for line in text.split("\n")]
        case Table(rows, _, aligns):
            head = "table:" + (f" {aligns}" if aligns else "")
            inside = [" | ".join(map(_cell, row)).rstrip() for row in rows]
        case Figure(images, _, caption):
            head, inside = "figure:", [_inline(image) for image in images]
            inside += [f"= {inline(caption)}"] if caption else []
        case Details(summary, blocks):
            head, inside = f"details: {inline(summary)}".rstrip(), list(outline(blocks))
        case Directive(name, value):
            head = f"directive: {name} {value}".rstrip()
        case Rule() | Break():
            head = type(block).__name__.lower()
    return head, inside


def _cell(cell: Cell) -> str:
    return ("*" if cell.header else "") + inline(cell.content)


def _item(item: Item) -> list[str]:
    box = {None: "", True: " [x]", False: " [ ]"}[item.checked]
    return [f"item @{item.line}:{box}", *(f"  {line}" for line in outline(item.blocks))]


def tree(markdown: str) -> str:
    blocks, notices = parse(markdown)
    return "\n".join([*outline(blocks), *(f"! {notice.line}: {notice.what}" for notice in notices)])


# --- golden files: title, Markdown and tree, each ended by a line with a single dot ----------------------------------


def cases(path: Path) -> list[tuple[str, str, str]]:
    parts = re.split(r"^\.\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(parts) % 3 == 1, f"{path.name}: a case is a title, Markdown and a tree"
    return [(parts[at].strip(), parts[at + 1], parts[at + 2].rstrip("\n")) for at in range(0, len(parts) - 1, 3)]


CASES = [
    pytest.param(markdown, expected, id=f"{path.stem.removeprefix('markdown_')}: {title}")
    for path in GOLDEN
    for title, markdown, expected in cases(path)
]


@pytest.mark.parametrize(("markdown", "expected"), CASES)
def test_golden(markdown: str, expected: str) -> None:
    assert tree(markdown) == expected


# --- laws -------------------------------------------------------------------------------------------------------------

# No character that is Markdown or HTML, and no digits: "1." begins a list.
PLAIN = st.text("甲乙，。（）“”：ab é\n ", max_size=200).map(lambda text: re.sub(r"(?m)^ +", "", text))
TAGS = ["b", "em", "p", "div", "table", "tr", "td", "ul", "li", "a", "details", "summary", "h2", "pre", "code"]
PIECES = [
    *("甲", "，", "ab", " ", "\n", "\n\n", "**", "*", "_", "~~", "`", "```\n", "[", "](x)", "![](a.png)", "> ", "- "),
    *("1. ", "# ", "---\n", "|a|b|\n|-|-|\n", "    ", "&amp;", "\\", "https://e.com/x", "www.", "{: .x}", "{{< x >}}"),
    *(
        "[^1]",
        "\n[^1]: ",
        "- [ ] ",
        "<!-- weektech: skip -->",
        "<!--",
        "<img src=a",
        '"',
        ">",
        "<",
        "</br>",
        "<script>",
    ),
    *(f"<{tag}>" for tag in TAGS),
    *(f"</{tag}>" for tag in TAGS),
    *(":::tip a\n", ":::\n", "<Callout>\n", "</Callout>\n", "<Image src={a} />\n", "import a from 'a.png'\n", "$$\n"),
    *("$a_b$", "==", "![[a.png|b]]", "> [!NOTE]\n", "甲\n: 乙\n", "{% highlight x %}\n", "{% endhighlight %}\n"),
    *("{% note info %}\n", "{% endnote %}\n", "{% cq %}", "{% endcq %}", "* TOC\n", '<p align="center">', "<center>"),
]


# A post's body has "\n" line ends only.
ANY = st.text(st.characters(exclude_characters="\r"), max_size=60)


def visible(blocks: Iterable[Block]) -> str:
    """What the golden trees show, without white space, markup and line numbers."""
    return "".join(_visible(block) for block in blocks)


def _visible(block: Block) -> str:
    assert isinstance(block, Paragraph), "plain text makes nothing but paragraphs"
    return "".join(node.text for node in block.content if isinstance(node, Text))


@given(PLAIN)
def test_plain_text_keeps_every_character_in_order(text: str) -> None:
    blocks, notices = parse(text)
    assert re.sub(r"\s", "", visible(blocks)) == re.sub(r"\s", "", text)
    assert notices == ()


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | ANY)
@settings(max_examples=300)
def test_any_text_is_read(text: str) -> None:
    blocks, notices = parse(text, first_line=7)
    last = 7 + text.count("\n")
    assert all(7 <= notice.line <= last for notice in notices)
    assert all(line and 7 <= int(line) <= last for line in re.findall(r" @(\d+)(?::|$)", "\n".join(outline(blocks))))


MANY = 3000
LARGE = {
    "stars and underscores": "*a_ " * MANY,
    "opening brackets": "[" * MANY,
    "pictures in pictures": "![" * MANY + "](x)" * MANY,
    "a long table": "|a|b|c|\n|-|-|-|\n" + "|x|y|z|\n" * MANY,
    "nested tags": "<b>" * 10_000 + "x" + "</b>" * 10_000,
    "tags crossed": "<i>" * MANY + "<b>" * MANY + "x" + "</i>" * MANY,
    "nested boxes": "<div>" * 10_000 + "x",
    "nested tables": "<table><tr><td>" * MANY + "x",
    "broken tags": "<p>" + '<a b="' * MANY,
    "unclosed comments": "<p>" + "<!-" * MANY,
    "address with a long tail": "https://a" + ".,)" * MANY + " x",
    "shortcodes": "{{< {: " * MANY,
    "nested emphasis": "*a **b " * 500 + "c** d*" * 500,
    "references": "".join(f"[a{number}]: x\n" for number in range(MANY)) + "甲",
    "tags of elements that hold text": "<ruby>a<rt>b" * 5000,
    "tags closed by others": "<i>a</b>" * 8000,
    "containers in containers": ":::tip\n" * 8000,
    "brackets that nothing closes": "![[" * 20_000,
    "formulas that nothing ends": "$$\na\n" * 8000,
    "attributes of components": "<A " + "b={c} " * MANY,
    "terms": "a\n: b\n\n" * MANY,
    "footnotes in footnotes": "".join(f"[^{n}]: [^{n + 1}]\n\n" for n in range(300)) + "[^0]",
}


@pytest.mark.parametrize("markdown", LARGE.values(), ids=LARGE.keys())
def test_large_and_odd_texts_take_no_time(markdown: str) -> None:
    start = time.process_time()
    parse(markdown)
    # a quadratic reading of any of these takes far longer; a slow machine does not
    assert time.process_time() - start < 8


@pytest.mark.parametrize("markdown", ["> " * MANY + "甲", "- " * MANY + "甲", "文\n\n" + "> " * 60 + "甲"])
def test_absurd_nesting_is_an_error_that_names_the_line(markdown: str) -> None:
    with pytest.raises(PostError, match="nested too deep") as error:
        parse(markdown, first_line=10)
    assert error.value.line == 10 + markdown.count("\n")
