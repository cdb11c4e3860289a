"""Reading posts: what each dialect of front matter means, and that every mistake names its line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.errors import ConfigError, PostError
from bots.header.dates import DateError, parse_date
from bots.model import Post
from bots.posts import find, read
from bots.yamlfile import MAX_BYTES, load_yaml

GOLDEN = Path(__file__).parent / "golden"
SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


def golden(name: str) -> Iterator[tuple[str, str, str]]:
    """Words, input and expected output of each case: three blocks, each ended by a line with one dot."""
    blocks = (GOLDEN / name).read_text(encoding="utf-8").split("\n.\n")
    assert len(blocks) % 3 == 1, f"{name}: a case lacks a block"
    for words, given_, expected in zip(*[iter(blocks[:-1])] * 3, strict=True):
        yield words.strip(), given_, expected


def shown(post: Post) -> str:
    """The post as lines of `name: value`, without what the author said nothing about."""
    date = post.date and post.date.isoformat(sep=" ", timespec="minutes") + (" (day)" if post.date_only else "")
    values = {
        "id": post.id if post.id != post.slug else "",
        "slug": post.slug,
        "title": post.title,
        "description": post.description,
        "date": date,
        "updated": post.updated and post.updated.isoformat(sep=" ", timespec="minutes"),
        "tags": " | ".join(post.tags),
        "draft": post.draft,
        "silent": "" if post.silent is None else str(post.silent).lower(),
        "warning": "; ".join(f"line {notice.line}: {notice.what}" for notice in post.warnings),
        "body": f"line {post.first_line}: {post.body.strip().splitlines()[0]}",
    }
    return "\n".join(f"{name}: {value}" for name, value in values.items() if value)


def write(folder: Path, content: str | bytes, name: str = "post.md") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "expected"), [pytest.param(g, e, id=w) for w, g, e in golden("post_frontmatter.txt")]
)
def test_front_matter_in_every_dialect(tmp_path: Path, content: str, expected: str) -> None:
    assert shown(read(write(tmp_path, content), SHANGHAI, lenient=True)) == expected


@pytest.mark.parametrize(("content", "expected"), [pytest.param(g, e, id=w) for w, g, e in golden("post_errors.txt")])
def test_every_mistake_names_its_line_and_a_remedy(tmp_path: Path, content: str, expected: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(PostError) as caught:
        read(path, SHANGHAI)
    assert str(caught.value).removeprefix(f"{path}:") == expected
    assert caught.value.remedy


FILES = {
    "a file that is not there": (None, "There is no such file."),
    "a file over 1 MiB": (b"x" * 2 * 1024 * 1024, "The post has 2,097,152 bytes; 1 MiB is the limit."),
    "GBK on the third line": ("# a\r\n\r\n标题".encode("gbk"), "The file is not UTF-8: byte 0xB1."),
    "UTF-16": ("# 标题".encode("utf-16"), "The file is not UTF-8: byte 0xFF."),
    "an empty file": (b"", "The post has nothing to show."),
    "only spaces, marks and invisible characters": ("\n# \n***\n\u200b\u3000&nbsp;<br>\n".encode(), "nothing to show"),
    "only comments, one with code in it": (b"<!-- a -->\n<!--\n```\nb\n```\n-->\n", "nothing to show"),
    "only link definitions": (b"[a]: https://example.org\n", "nothing to show"),
}


@pytest.mark.parametrize("case", FILES)
def test_files_that_are_no_posts(tmp_path: Path, case: str) -> None:
    content, expected = FILES[case]
    path = tmp_path / "post.md" if content is None else write(tmp_path, content)
    for lenient in (False, True):
        with pytest.raises(PostError, match=r".") as caught:
            read(path, SHANGHAI, lenient=lenient)
        assert expected in caught.value.what
        assert caught.value.remedy


def test_a_wrong_byte_is_found_on_its_line_whatever_the_line_ends(tmp_path: Path) -> None:
    for ends in (b"\n", b"\r\n", b"\r"):
        with pytest.raises(PostError) as caught:
            read(write(tmp_path, ends.join([b"# a", b"b", b"\xff"])), SHANGHAI)
        assert caught.value.line == 3


@pytest.mark.parametrize("body", ["🎉", "`x`", "![](a.png)", "<img src=a.png>", "```\n<p>\n```", "!", "# 标题", "- a"])
def test_a_little_content_is_content(tmp_path: Path, body: str) -> None:
    assert read(write(tmp_path, body), SHANGHAI).body == body


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_byte_order_mark_and_line_ends_change_nothing(tmp_path: Path, ends: str, mark: bytes) -> None:
    content = mark + ends.join(["---", "title: 一周", "---", "正文", "第二行"]).encode()
    post = read(write(tmp_path, content), SHANGHAI)
    assert (post.title, post.body, post.first_line) == ("一周", "正文\n第二行", 4)


@settings(deadline=None)
@given(st.text(max_size=400))
def test_any_text_raises_only_post_errors(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    for content in (text, f"---\n{text}\n---\nx", f"+++\n{text}\n+++\nx", f"---\nweektech:\n  {text}\n---\nx"):
        path = write(folder, content.encode(errors="replace"))
        with contextlib.suppress(PostError):
            assert read(path, SHANGHAI, lenient=True).body.strip()


@settings(deadline=None)
@given(st.text("ab:-#'\"[]{}\n *&!|>\t。", max_size=80))
def test_a_body_after_front_matter_is_kept_whole(tmp_path_factory: pytest.TempPathFactory, body: str) -> None:
    # a paragraph of its own: `[b]: x` alone defines a link and shows nothing
    path = write(tmp_path_factory.getbasetemp() / "whole", f"---\ntitle: a\n---\n{body}\n\nx")
    assert read(path, SHANGHAI).body == f"{body}\n\nx"


# name of the file -> slug, day
NAMES = {
    "2025-06-14-weektech-1.md": ("weektech-1", "2025-06-14"),
    "2025-06-14.md": ("2025-06-14", "2025-06-14"),
    "2025-13-45-x.md": ("x", ""),
    "content_2018_12-nixcon-2018.md": ("content_2018_12-nixcon-2018", ""),
    "issue-20250614.md": ("issue-20250614", ""),
    "一周科技大事 22（上）.md": ("一周科技大事-22-上", ""),
    "weektech-7/index.md": ("weektech-7", ""),
    "2025-06-14-weektech-8/index.md": ("weektech-8", "2025-06-14"),
    "Über Uns.markdown": ("über-uns", ""),
    "？.md": ("post", ""),
}


@pytest.mark.parametrize("name", NAMES)
def test_slug_and_day_from_the_file_name(tmp_path: Path, name: str) -> None:
    post = read(write(tmp_path, "text", name), SHANGHAI, lenient=True)
    assert (post.slug, f"{post.date:%Y-%m-%d}" if post.date else "") == NAMES[name]
    assert post.date_only == bool(post.date)


def test_a_written_date_beats_the_one_in_the_file_name(tmp_path: Path) -> None:
    post = read(write(tmp_path, "---\ndate: 2025-07-01 09:30\n---\nx", "2025-06-14-a.md"), SHANGHAI)
    assert post.date is not None
    assert (post.date.isoformat(), post.date_only) == ("2025-07-01T09:30:00+08:00", False)


def test_which_files_of_a_folder_are_issues(tmp_path: Path) -> None:
    issues = ["2025/b.md", "_posts/2025-06-14-a.md", "bundle/index.md", "c.markdown", "d.MD"]
    others = [
        *("README.md", "_index.md", "_index.zh.md", ".hidden.md", "_drafts/e.md", ".git/f.md", "bundle/notes.md"),
        *("index.md", "imgs/a.png", "notes.txt"),
    ]
    for name in issues + others:
        write(tmp_path, "x", name)
    assert [str(path.relative_to(tmp_path)) for path in find(tmp_path)] == issues
    (tmp_path / "bundle" / "notes.md").unlink()
    assert find(tmp_path / "bundle") == [tmp_path / "bundle" / "index.md"]
    with pytest.raises(PostError):
        find(tmp_path / "nowhere")


DATED = "---\ndate: 2025-06-14\n---\nx"
# files of a folder -> those that are issues
INDEXES = {
    "a bundle of its own": ({"index.md": DATED, "notes.md": "x", "index.en.md": DATED}, ["index.md"]),
    "a list of posts beside posts": ({"index.md": "# list", "a.md": DATED, "b.md": "x"}, ["a.md", "b.md"]),
    "a list of posts in a year's folder": ({"2025/index.md": "x", "2025/a.md": DATED}, ["2025/a.md"]),
    "an issue beside issues": ({"index.md": DATED, "a.md": DATED}, ["a.md", "index.md"]),
    "an index alone": ({"index.md": "x"}, ["index.md"]),
    "a list of bundles": ({"index.md": "x", "one/index.md": DATED, "one/part.md": "x"}, ["one/index.md"]),
    "MDX": ({"a.mdx": "x"}, ["a.mdx"]),
}


@pytest.mark.parametrize("case", INDEXES)
def test_when_an_index_is_an_issue(tmp_path: Path, case: str) -> None:
    files, issues = INDEXES[case]
    for name, text in files.items():
        write(tmp_path, text, name)
    assert [str(path.relative_to(tmp_path)) for path in find(tmp_path)] == issues


# as written -> the moment in Berlin
DATES = {
    "2025-06-14": "2025-06-14 00:00 +0200 day",
    "2025/6/4": "2025-06-04 00:00 +0200 day",
    "2025.06.14": "2025-06-14 00:00 +0200 day",
    "2025年6月14日": "2025-06-14 00:00 +0200 day",
    "Jun 14 2025": "2025-06-14 00:00 +0200 day",
    "June 14, 2025": "2025-06-14 00:00 +0200 day",
    "14 June 2025": "2025-06-14 00:00 +0200 day",
    "2025-06-14 18:00": "2025-06-14 18:00 +0200",
    "2025-06-14T18:00:30": "2025-06-14 18:00 +0200",
    "2025/06/14 6:05 pm": "2025-06-14 18:05 +0200",
    "2025-06-14 12:00 AM": "2025-06-14 00:00 +0200",
    "2025-06-14T18:00:00.123Z": "2025-06-14 20:00 +0200",
    "2025-06-14 18:00:00 +0800": "2025-06-14 12:00 +0200",
    "2025-06-14T23:30-08:00": "2025-06-15 09:30 +0200",
    "2025-01-14 18:00 UTC": "2025-01-14 19:00 +0100",
    "Sat, 14 Jun 2025 18:00:00 +0800": "2025-06-14 12:00 +0200",
    "Sat, 14 Jun 2025 18:00:00": "2025-06-14 18:00 +0200",
    "2025-10-26 02:30": "2025-10-26 02:30 +0200",  # shown twice that night: the first
    "2025-10-26 02:30 +0100": "2025-10-26 02:30 +0100",
}


@pytest.mark.parametrize("text", DATES)
def test_dates_as_people_write_them(text: str) -> None:
    written = parse_date(text, BERLIN)
    assert f"{written.moment:%Y-%m-%d %H:%M %z}" + (" day" if written.date_only else "") == DATES[text]


NO_DATES = [
    "",
    "soon",
    "06/14/2025",
    "2025-13-99",
    "2025-02-29",
    "2025-06-14 25:00",
    "2025-06-14 13:00 pm",
    "0001-01-01",
]


@pytest.mark.parametrize("text", [*NO_DATES, "9999-12-31T23:59-12:00", "2025-06-14 18:00 +99:99", "2025-06-14x"])
def test_what_is_no_date_says_how_to_write_one(text: str) -> None:
    with pytest.raises(DateError, match="2025-06-14 18:00"):
        parse_date(text, BERLIN)


def test_a_time_that_summer_time_skips_is_refused_and_a_day_is_not() -> None:
    with pytest.raises(DateError, match="does not exist in Europe/Berlin"):
        parse_date("2025-03-30 02:30", BERLIN)
    # In Cairo the clock goes from 23:59 to 01:00.
    day = parse_date("2025-04-25", ZoneInfo("Africa/Cairo"))
    assert (f"{day.moment:%d %H:%M}", day.date_only) == ("25 01:00", True)


@settings(deadline=None)
@given(st.datetimes(), st.sampled_from(["Europe/Berlin", "Asia/Shanghai", "America/St_Johns", "Pacific/Apia"]))
def test_every_date_is_read_back_or_refused(moment: object, zone: str) -> None:
    try:
        written = parse_date(f"{moment:%Y-%m-%d %H:%M}", ZoneInfo(zone))
    except DateError:
        return
    assert f"{written.moment:%Y-%m-%d %H:%M}" == f"{moment:%Y-%m-%d %H:%M}"
    assert isinstance(written.moment.utcoffset(), timedelta)


def test_yaml_keeps_every_scalar_as_written_and_knows_its_line() -> None:
    text = "a: no\nb:\n  - 12:30\n  - c: 0x10\n    d: 2025-06-14\ne: [~, 'x', 1_000]\nf:\ng: ''\n"
    data, lines = load_yaml(text, 10, "config.yaml")
    assert data == {"a": "no", "b": ["12:30", {"c": "0x10", "d": "2025-06-14"}], "e": ["~", "x", "1_000"], "g": ""}
    assert lines["b", "0"] == 12
    assert lines["b", "1", "d"] == 14
    assert lines["f",] == 16
    assert load_yaml("# nothing\n", 1, "config.yaml") == ({}, {})


BOMBS = {
    "an alias": ("a: &x 1\nb: *x\n", 1, "aliases"),
    "a merge key": ("a: 1\n<<: {b: 1}\n", 2, "merge"),
    "a tag": ("a: !!python/name:os.system x\n", 1, "tags"),
    "depth nine": ("a: [[[[[[[[x]]]]]]]]\n", 1, "deeper than 8"),
    "200 000 brackets": ("a:\n  " + "[" * 60_000, 2, "deeper than 8"),
    "65 KiB": ("a: " + "x" * MAX_BYTES, 1, "64 KiB"),
    "a control character": ("a: 1\nb: \x07\n", 2, "U.0007"),
    "two documents": ("a: 1\n---\nb: 1\n", 2, "second YAML document"),
    "an empty key twice": ("a:\nb: 1\na:\n", 3, "second time"),
    "a list at the top": ("- a\n", 1, "keys and values"),
    "a list as a key": ("? [a]\n: b\n", 1, "A key is a list"),
    "a key twice, one level down": ("a:\n  b: 1\n  b: 2\n", 3, "second time"),
    "a tab": ("a:\n\tb: 1\n", 2, "tab"),
    "an open quote": ("a: 1\nb: 'x\nc: 2\n", 2, "a quote is not closed"),
    "a colon in a value": ("a: 1\nb: x: y\n", 2, "second `: `"),
    "a bad indent": ("a: 1\n  b: 2\nc: 3\n", 2, "second `: `"),
    "an open bracket": ("a: [x\nb: 1\n", 1, "a bracket is not closed"),
}


@pytest.mark.parametrize("case", BOMBS)
def test_yaml_that_is_refused_at_its_line(case: str) -> None:
    text, line, words = BOMBS[case]
    for error in (PostError, ConfigError):
        with pytest.raises(error, match=words) as caught:
            load_yaml(text, 1, "config.yaml", error=error)
        assert (caught.value.line, bool(caught.value.remedy)) == (line, True)
