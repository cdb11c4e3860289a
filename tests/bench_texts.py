"""Texts for `make bench`: posts and corpora, sections made up from a seed, and families that try to be slow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from bots.errors import PostError
from bots.model import Post
from bots.posts import read

ROOT = Path(__file__).parent.parent
CORPORA = ROOT.parent / "shared" / "corpus"

FAMILIES: dict[str, Callable[[int], str]] = {
    "Chinese, sentences": lambda n: "这是一句话，它有标点。" * (n // 11),
    "Chinese, no punctuation": lambda n: "没有标点的文字" * (n // 7),
    "English, sentences": lambda n: "This is a sentence. " * (n // 20),
    "English, no punctuation": lambda n: "word another " * (n // 13),
    "one word": lambda n: "x" * n,
    "emoji": lambda n: "😀" * n,
    "paragraphs": lambda n: "One paragraph of a few words.\n\n" * (n // 31),
    "one-letter paragraphs": lambda n: "a\n\n" * (n // 3),
    "list items": lambda n: "- item of a list\n" * (n // 17),
    "nested items": lambda n: "- a\n  - b\n    - c\n" * (n // 19),
    "bold words": lambda n: "**bold** and " * (n // 13),
    "all bold": lambda n: f"**{'bold all the way. ' * (n // 18)}**",
    "links": lambda n: "[link](https://example.com/a/b) and " * (n // 36),
    "one long link": lambda n: f"[{'word ' * (n // 5)}](https://example.com)",
    "code spans": lambda n: "`code` x " * (n // 9),
    "code block": lambda n: "```py\n" + "x = 1 + 2\n" * (n // 10) + "```\n",
    "escapes": lambda n: r"a\*b\_c " * (n // 8),
    "line breaks": lambda n: "a line\\\n" * (n // 8),
    "one quote": lambda n: "> a quoted line\n>\n" * (n // 18),
    "table": lambda n: "|a|b|\n|-|-|\n" + "|cell [x](https://x.com)|other|\n" * (n // 32),
    "pictures": lambda n: "![alt](imgs/a.png)\n\n" * (n // 20),
    "pictures and text": lambda n: "![alt](imgs/a.png)\n\nSome text. More.\n\n" * (n // 38),
    "sub-headings": lambda n: "### Sub\n\ntext here\n\n" * (n // 20),
    "one long heading": lambda n: "\n## " + "word " * (n // 5),
    "accents without end": lambda n: "a" + "\u0301" * n,
}
"""About so many characters of Markdown, all in one section."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Posts that belong together in the tables."""

    name: str
    posts: tuple[Post, ...]


def made_up(body: str) -> Post:
    """A post with one section."""
    return Post(Path("bench.md"), "bench", "bench", "Bench", f"## Section\n\n{body}", 1)


def collections() -> Iterator[Collection]:
    """posts/, and the corpora if they lie beside the checkout."""
    for folder in (ROOT / "posts", *sorted(path for path in CORPORA.glob("*") if path.is_dir())):
        yield Collection(folder.name, tuple(_posts(folder)))
    if not CORPORA.is_dir():
        print("No corpora beside the checkout: measuring posts/ and made-up sections alone.")


def _posts(folder: Path) -> Iterator[Post]:
    for path in sorted(folder.glob("*.md")):
        try:
            yield read(path, ZoneInfo("UTC"), lenient=True)
        except PostError as error:
            print(f"left out: {error}")


def sections(seed: int, count: int) -> Collection:
    """Posts of one section each, all long enough for two messages and more."""
    random = Random(seed)  # noqa: S311 - made-up texts are no secret
    return Collection(f"made up (seed {seed})", tuple(made_up(_body(random)) for _ in range(count)))


def _body(random: Random) -> str:
    size = random.choice((2500, 5000, 9000, 14000))
    blocks: list[str] = []
    kinds = random.sample((_paragraph, _long_paragraph, _listing, _quote, _code, _picture, _sub_heading), 4)
    while sum(len(block) for block in blocks) < size:
        blocks.append(random.choice(kinds)(random))
    return "\n\n".join(blocks)


def _words(random: Random, count: int) -> str:
    return " ".join(random.choice(_WORDS) for _ in range(count))


def _sentence(random: Random) -> str:
    return _words(random, random.randint(3, 18)) + random.choice((".", "。", "！", "?", "；"))


def _paragraph(random: Random) -> str:
    return " ".join(_sentence(random) for _ in range(random.randint(1, 5)))


def _long_paragraph(random: Random) -> str:
    return _words(random, random.randint(60, 500))


def _listing(random: Random) -> str:
    return "\n".join("  " * random.choice((0, 0, 1)) + f"- {_sentence(random)}" for _ in range(random.randint(2, 12)))


def _quote(random: Random) -> str:
    return "\n>\n".join(f"> {_sentence(random)}" for _ in range(random.randint(1, 6)))


def _code(random: Random) -> str:
    lines = (
        "    " * random.randrange(3) + f"call_{random.randrange(99)}(*arguments)" for _ in range(random.randint(1, 40))
    )
    return "\n".join(("```python", *lines, "```"))


def _picture(random: Random) -> str:
    caption = f'\n<p align="center"><em>{_sentence(random)}</em></p>' if random.random() < 0.5 else ""
    return f'<p align="center"><img src="a.png" alt="a"></p>{caption}'


def _sub_heading(random: Random) -> str:
    return f"#### {_words(random, random.randint(1, 6))}\n\n{_paragraph(random)}"


_WORDS = (
    *("周刊", "文章", "发布", "论文", "一个模型", "训练数据", "2026", "（注）", "“引号”", "👍", "snake_case"),
    *("message", "section", "column", "the", "of", "and", "to", "reader", "weekly", "https://example.net/path"),
    *("**粗体**", "*italic*", "`code`", "~~struck~~", "**bold *and* italic**"),
    *("[link](https://example.com/a/b?c=d)", "[**链接**](https://example.org/x)"),
)
"""What made-up sections are made of."""
