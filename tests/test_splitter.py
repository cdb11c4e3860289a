"""From a post to its sections: where it is cut, what each is called, and what an instruction does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.document import Block, Directive, Figure, Heading, Paragraph
from bots.errors import PostError
from bots.markup.inlines import plain
from bots.model import LEAD, Issue, Post, Section
from bots.splitter import groups, slug, split

GOLDEN = Path(__file__).parent / "golden" / "splitter_sections.txt"


def post(body: str, *, title: str = "期刊", first_line: int = 1, description: str = "") -> Post:
    return Post(Path("posts/x.md"), "x", "x", title, body, first_line, description)


def show(block: Block) -> str:
    if isinstance(block, Paragraph | Heading):
        return ("#" * block.level + " " if isinstance(block, Heading) else "") + plain(block.content)
    return type(block).__name__.lower()


def outline(issue: Issue) -> str:
    lines = [f"title: {issue.title}"]
    for section in issue.sections:
        lines.append(f"{section.id} @{section.line} {' > '.join(section.path)}".rstrip())
        lines += [f"  {' | '.join(show(block) for block in group)}".rstrip() for group in groups(section) if group]
    return "\n".join([*lines, *(f"! {notice.line}: {notice.what}" for notice in issue.warnings)])


def cases() -> list[tuple[str, str, str, str]]:
    parts = re.split(r"^\.\n", GOLDEN.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(parts) % 3 == 1, "a case is a title, Markdown and sections"
    triples = [parts[at : at + 3] for at in range(0, len(parts) - 1, 3)]
    return [
        (*name.strip().partition(" · ")[::2], markdown, sections.rstrip("\n")) for name, markdown, sections in triples
    ]


CASES = [pytest.param(*case[1:], id=case[0]) for case in cases()]


@pytest.mark.parametrize(("title", "markdown", "expected"), CASES)
def test_golden(title: str, markdown: str, expected: str) -> None:
    """The title of a case may name the post's title behind a dot; a line of sections holds one group of blocks."""
    assert outline(split(post(markdown, title=title))) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Hello, World!", "hello-world"),
        ("一周　大事（上）", "一周-大事-上"),
        ("ＡＩ Agent 2.0", "ai-agent-2-0"),
        ("**", "section"),
        ("snake_case", "snake_case"),
    ],
)
def test_slug(title: str, expected: str) -> None:
    assert slug(title) == expected


def sections(body: str) -> tuple[Section, ...]:
    return split(post(body)).sections


def test_ids_of_equal_headings_are_told_apart() -> None:
    ids = [section.id for section in sections("## 一\n\n## 一\n\n## 一 {#一-2}\n\n## Lead\n")]
    assert ids == [LEAD, "一", "一-3", "一-2", "lead-2"]


def test_a_pinned_id_used_twice_names_both_lines() -> None:
    with pytest.raises(PostError) as error:
        split(post("## 一 {#same}\n\n## 二\n\n<!-- weektech: id=same -->\n", first_line=10))
    assert str(error.value) == (
        'posts/x.md:12: The id "same" is used in line 10 and again here. Give one of them another id.'
    )


def test_the_id_of_the_lead_is_taken() -> None:
    with pytest.raises(PostError, match='"lead"'):
        sections("## 一 {#lead}")


@pytest.mark.parametrize(
    "body", ["", "# 期刊\n", "<!-- 只有注释 -->", "---\n\n[a]: x", "## 一\n\n<!-- weektech: skip -->\n"]
)
def test_a_post_that_shows_nothing_is_an_error(body: str) -> None:
    with pytest.raises(PostError, match="nothing in this post"):
        sections(body)


def test_absurd_nesting_names_the_file() -> None:
    with pytest.raises(PostError, match=r"^posts/x\.md:3: "):
        split(post("文\n\n" + "> " * 99))


def test_a_source_is_the_lines_of_its_section() -> None:
    lead, one, two = sections("开头\n\n## 一\n\n甲\n\n## 二\n乙\n")
    assert one.source == "## 一\n\n甲"
    assert two.source == "## 二\n乙"
    assert lead.source.endswith("开头")


def test_the_source_of_the_lead_holds_what_its_card_shows() -> None:
    body = "开头\n\n## 一\n\n甲\n"
    before, after = (split(post(body, description=text)).sections[0].source for text in ("旧", "新"))
    assert before != after
    assert split(post(body.replace("一", "二"))).sections[0].source != split(post(body)).sections[0].source


def test_a_reference_defined_elsewhere_is_part_of_the_source() -> None:
    body = "## 一\n\n见[甲]\n\n## 二\n\n文\n\n[甲]: https://old.example\n"
    before, after = sections(body), sections(body.replace("old", "new"))
    assert before[1].source != after[1].source
    assert before[0].source == after[0].source


def test_a_footnote_defined_elsewhere_is_part_of_the_section_and_its_source() -> None:
    _, one, two = sections("## 一\n\n见[^n]\n\n## 二\n\n文[^n]\n\n[^n]: 脚注\n    续\n")
    assert [show(block) for block in one.blocks] == ["# 一".replace("#", "##"), "见[1]", "[1] 脚注续"]
    assert "脚注" in one.source
    assert len(two.blocks) == 2


def test_what_is_skipped_is_no_part_of_the_source() -> None:
    _, one = sections("## 一\n\n甲\n\n### 内\n\n<!-- weektech: skip -->\n\n不要\n")
    assert one.source == "## 一\n\n甲"


LINES = st.sampled_from(
    ["# 一", "## 二", "### 三 {#三}", "甲", "乙，", "", "> 引", "- 项", "![](a.png)", "<!-- weektech: break -->"]
)


@given(st.lists(LINES, max_size=30))
def test_nothing_between_headings_is_lost(lines: list[str]) -> None:
    body = "\n\n".join([*lines, "甲"]).replace(" {#三}", "")
    shown = [show(block) for section in sections(body) for group in groups(section) for block in group]
    for text in ("# 一", "## 二", "### 三", "甲", "乙，", "break", "figure"):
        source = {"break": "<!-- weektech: break -->", "figure": "![](a.png)"}.get(text, text)
        assert shown.count(text) == [*lines, "甲"].count(source.replace("三", "三 {#三}"))


@given(st.lists(LINES, max_size=30))
def test_sections_are_in_order_with_ids_of_their_own(lines: list[str]) -> None:
    body = "\n\n".join([*lines, "甲"]).replace(" {#三}", "")
    found = sections(body)
    assert [section.line for section in found] == sorted(section.line for section in found)
    assert len({section.id for section in found}) == len(found)
    assert found[0].id == LEAD
    assert not any(isinstance(block, Directive) for section in found for block in section.blocks)
    for section in found[1:]:
        assert section.source.startswith("#")
        assert isinstance(section.blocks[0], Heading)
    assert sum(isinstance(block, Figure) for section in found for block in section.blocks) == lines.count("![](a.png)")
