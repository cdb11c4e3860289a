"""Discord's Markdown: text that stays text, and styles that stay apart."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.layout.atoms import Atom, Cut, Frame, Mark, MarkKind, Span
from bots.packing import pack
from bots.platforms.discord.dialect import compose
from bots.platforms.discord.escape import GUARD, JOINER, literal, plain
from bots.platforms.discord.measure import DiscordMeasure
from bots.rehearsal.discord.markdown import parse, runs

# ── literal text ─────────────────────────────────────────────────────────────────────────────────────────────────────

WRITTEN = [
    ("a star", "2 * 3", r"2 \* 3"),
    ("underscores in a name", "__init__", r"\_\_init\_\_"),
    ("underscores between Chinese", "变量_名称_说明", r"变量\_名称\_说明"),
    ("a shrug", "¯\\_(ツ)_/¯", r"¯\\\_(ツ)\_/¯"),
    ("a backslash before a letter", r"C:\dir", r"C:\\dir"),
    ("a backslash before Chinese", "\\中", r"\\中"),
    ("one tilde is only a tilde", "约~3", "约~3"),
    ("two tildes strike", "a~~b~~", r"a\~\~b\~\~"),
    ("one bar is only a bar", "a | b", "a | b"),
    ("two bars hide", "||a||", r"\|\|a\|\|"),
    ("a backtick", "`a", r"\`a"),
    ("what looks like a link", "[a](b)", r"\[a]\(b)"),
    ("less than", "a < b", "a < b"),
    ("a tag", "<b>", r"\<b>"),
    ("a user", "<@123>", rf"\<{JOINER}@123>"),
    ("a role", "<@&123>", rf"\<{JOINER}@&123>"),
    ("a channel", "<#123>", rf"\<{JOINER}#123>"),
    ("a time", "<t:0:R>", r"\<t\:0:R>"),
    ("a custom emoji", "<:a:1>", r"\<\:a:1>"),
    ("everyone", "@everyone", f"@{JOINER}everyone"),
    ("here", "@here", f"@{JOINER}here"),
    ("somebody's name is no mention on Discord", "@tom", "@tom"),
    ("a shortcode", ":smile:", r"\:smile:"),
    ("a time of day", "12:30", "12:30"),
    ("an address nobody linked", "http://localhost", r"http\://localhost"),
    ("full-width punctuation", "（注）！", "（注）！"),
]


@pytest.mark.parametrize(("written", "sent"), [pytest.param(w, s, id=t) for t, w, s in WRITTEN])
def test_literal_text_is_shown_as_written(written: str, sent: str) -> None:
    assert literal(written) == sent


def test_mentions_keep_their_characters_where_the_author_wants_that() -> None:
    assert literal("@here <@1>", inert=False) == r"\@here \<@1>"


STARTS = [
    ("a heading", "# a", r"\# a"),
    ("a hashtag is none", "#a", "#a"),
    ("four signs are no heading", "#### a", "#### a"),
    ("subtext", "-# a", r"\-# a"),
    ("a bullet", "- a", r"\- a"),
    ("another bullet", "+ a", r"\+ a"),
    ("a minus", "-1", "-1"),
    ("a quote", "> a", r"\> a"),
    ("a number", "1. a", r"1\. a"),
    ("a year", "2026. 年", r"2026\. 年"),
    ("a number with a Chinese mark", "1、甲", "1、甲"),
    ("a version", "1.2", "1.2"),
]


def text(*spans: Span, frame: Frame | None = None, starts: bool = True) -> Atom:
    return Atom(frame or Frame(1), Cut.BLOCK, spans, starts=starts)


@pytest.mark.parametrize(("written", "sent"), [pytest.param(w, s, id=t) for t, w, s in STARTS])
def test_the_start_of_a_line_is_text(written: str, sent: str) -> None:
    lines = (text(Span("前")), text(Span(written)), text(Span(f"  {written}"), frame=Frame(2)))
    assert compose(lines).text == f"前\n{sent}\n{sent}"


@pytest.mark.parametrize(("written", "sent"), [pytest.param(w, s, id=t) for t, w, s in STARTS])
def test_markers_are_escaped_inside_emphasis_items_and_quotes(written: str, sent: str) -> None:
    bold = Span(written, (Mark(MarkKind.BOLD),))
    assert compose([text(bold)]).text == f"**{sent}**"
    assert compose([text(bold, frame=Frame(1, quote=True))]).text == f"> **{sent}**"
    assert compose([text(Span(written), frame=Frame(1, item=True, marker="•"))]).text == f"- {sent}"


def test_a_message_that_begins_inside_a_line_escapes_its_start() -> None:
    line = [text(Span("去年是")), text(Span("2025. 今年是 # 号"), starts=False)]
    assert compose(line).text == "去年是2025. 今年是 # 号"
    assert compose(line[1:]).text == r"2025\. 今年是 # 号"


def test_a_message_that_begins_inside_a_nested_list_counts_depth_anew() -> None:
    deep = Frame(1, item=True, indent=2, marker="•")
    rows = [
        text(Span("甲"), frame=deep),
        text(Span("乙"), frame=deep),
        text(Span("丙"), frame=Frame(1, item=True, marker="•")),
    ]
    assert compose(rows).text == "- 甲\n- 乙\n- 丙"


# ── styles that meet ─────────────────────────────────────────────────────────────────────────────────────────────────

BOLD, ITALIC, STRIKE = Mark(MarkKind.BOLD), Mark(MarkKind.ITALIC), Mark(MarkKind.STRIKE)
UNDERLINE, SPOILER, CODE = Mark(MarkKind.UNDERLINE), Mark(MarkKind.SPOILER), Mark(MarkKind.CODE)
MEETING = [
    ("bold in italic, at its start", [("a", (ITALIC, BOLD)), (" b", (ITALIC,))], "_**a** b_"),
    (
        "the same before a letter, where _ does not close",
        [("a", (ITALIC, BOLD)), ("b", (ITALIC,)), ("c", ())],
        f"*{GUARD}**a**b*c",
    ),
    ("italic in underline", [("a", (UNDERLINE, ITALIC))], "__*a*__"),
    ("italic between a word and bold", [("前", ()), ("甲", (ITALIC,)), ("乙", (BOLD,))], f"前*甲*{GUARD}**乙**"),
    ("italic, then bold", [("甲", (ITALIC,)), ("乙", (BOLD,))], "_甲_**乙**"),
    ("a tilde at the end of a strike", [("a~", (STRIKE,))], f"~~a~{GUARD}~~"),
    ("a bar at the end of a spoiler", [("a|", (SPOILER,))], f"||a|{GUARD}||"),
    ("a star at the end of bold", [("a*", (BOLD,))], r"**a\***"),
    ("code that holds the delimiter takes no style", [("a", (BOLD,)), ("x**y", (BOLD, CODE))], "**a**`x**y`"),
    ("a space before such code", [("a ", (ITALIC,)), ("x*y", (ITALIC, CODE))], "*a* `x*y`"),
    ("other code takes it", [("x", (BOLD, CODE))], "**`x`**"),
    ("code right after code", [("a", (CODE,)), ("b", (ITALIC, CODE))], "`a`*`b`*"),
    ("only spaces", [("a", ()), (" ", (BOLD,)), ("b", ())], "a b"),
    ("a strike does not close before _", [("a", (STRIKE,)), ("b", (ITALIC, BOLD))], f"~~a~~{GUARD}_**b**_"),
    ("styles that cross", [("a", (BOLD,)), ("b", (BOLD, STRIKE)), ("c", (STRIKE,))], "**a~~b~~**~~c~~"),
    ("brackets in bold", [("[a]", (BOLD,))], r"**\[a]**"),
]


@pytest.mark.parametrize(("spans", "sent"), [pytest.param(w, s, id=t) for t, w, s in MEETING])
def test_styles_that_meet_stay_apart(spans: list[tuple[str, tuple[Mark, ...]]], sent: str) -> None:
    assert compose([text(*(Span(words, marks) for words, marks in spans))]).text == sent


def test_two_quotes_without_a_line_between_them_stay_two() -> None:
    rows = [text(Span(words), frame=Frame(number, quote=True)) for number, words in enumerate("甲乙")]
    assert compose(rows).text == "> 甲\n\n> 乙"


# ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

NASTY = st.text(st.sampled_from("a中1 \n*_~|`\\[]()<>#-+.!:@/&😀。“”") | st.characters(codec="utf-8"), max_size=60)


@given(
    st.lists(st.sampled_from(["@everyone", "@here", "<@1>", "<@!2>", "<@&3>", "<#4>", "\\", "`", "中"])).map("".join)
)
def test_no_text_notifies_anyone(written: str) -> None:
    assert not re.search(r"@everyone|@here|<(@[!&]?|#)\d+>", literal(written))


@given(NASTY)
def test_escaping_loses_nothing(written: str) -> None:
    assert plain(literal(written)) == written.replace(JOINER, "")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from("甲乙丙丁。 *_~|`[]<>#😀\n"), max_size=3000).map("".join), st.integers(1, 4))
def test_no_cut_loses_a_character(words: str, times: int) -> None:
    atoms = [text(Span(line), frame=Frame(number)) for number, line in enumerate((words * times).split("\n"))]
    runs = pack(atoms, DiscordMeasure())
    joined = "".join(plain(compose(run).text) for run in runs)
    assert "".join(joined.split()).replace(GUARD, "") == "".join((words * times).split())


SIGNS = st.sampled_from(
    [*"a中1 *_~|`\\[]()<>#-+.:。“”😀", "**", "__", "~~", "||", "1. ", "- ", "# ", ":ok:", "@here", "<@1>"]
)
STYLES = st.lists(st.sampled_from([BOLD, ITALIC, STRIKE, UNDERLINE, SPOILER]), unique=True).map(tuple)
MARKS = st.tuples(STYLES, st.sampled_from([(), (), (), (CODE,)])).map(lambda pair: (*pair[0], *pair[1]))
SPANS = st.lists(st.builds(Span, st.lists(SIGNS, min_size=1, max_size=6).map("".join), MARKS), min_size=1, max_size=5)


def seen(char: str) -> bool:
    return not char.isspace() and char not in (GUARD, JOINER)


@settings(max_examples=200, deadline=None)
@given(SPANS)
def test_the_client_shows_what_was_meant(spans: list[Span]) -> None:
    """The rehearsal's reader of the dialect is the judge; code may have to give up a style around it."""
    meant = [(char, {m.kind.value for m in span.marks}) for span in spans for char in span.text if seen(char)]
    read = [
        (char, set(run.looks)) for run in runs(parse(compose([text(*spans)]).text)) for char in run.text if seen(char)
    ]
    assert [char for char, _ in read] == [char for char, _ in meant]
    for (_, looks), (_, wanted) in zip(read, meant, strict=True):
        assert looks == wanted or ("code" in looks and looks < wanted)
