"""posts/*.md -> Post: finding the files, decoding them, and making metadata and text of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from bots.errors import PostError
from bots.header.dates import DateError, parse_date
from bots.header.frontmatter import Parts, cut
from bots.header.headline import first_title, has_content
from bots.header.metadata import Metadata, Reader, safe_slug
from bots.model import Notice, Post
from bots.yamlfile import Flaw

MAX_BYTES = 1024 * 1024
"""The largest weekly seen in the wild has 40 KiB; far beyond that a file is not an issue of a column."""

_SUFFIXES = (".md", ".markdown", ".mdx")
_DATE_KEY = re.compile(
    rb"\A(?:\xef\xbb\xbf)?(?:---|\+\+\+)\r?\n(?:.*\n)*?(?:date|pubdate|publishdate)\s*[:=]", re.IGNORECASE
)
_JEKYLL = re.compile(r"(\d{4}-\d{2}-\d{2})(?:-(.+))?")


def find(folder: Path) -> list[Path]:
    """The issue files below `folder`, sorted by path: one Markdown file an issue, or a Hugo bundle's `index.md`.

    Hidden files, `_drafts`, Hugo's `_index.md` and READMEs are no issues. Raises PostError without the folder.
    """
    if not folder.is_dir():
        raise PostError("There is no such folder.", path=folder, remedy="Name a folder with Markdown files.")
    return sorted(_files(folder, top=True))


def is_file_name(name: str) -> bool:
    """Whether a path ends like one of an issue's file."""
    return name.lower().endswith(_SUFFIXES)


def _files(folder: Path, *, top: bool = False) -> list[Path]:
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name == "_drafts":
            continue
        if path.is_dir() and not path.is_symlink():
            found += _files(path)
        elif path.is_file() and is_file_name(path.name) and not _is_about(path.stem):
            found.append(path)
    index = next((path for path in found if path.parent == folder and path.stem == "index"), None)
    if index is None:
        return found
    # index.en.md is the same issue in another language
    others = [path for path in found if path.parent != folder or not path.stem.startswith("index")]
    return _beside(index, others, top=top)


def _beside(index: Path, others: list[Path], *, top: bool) -> list[Path]:
    """Of an index.md and the files beside it those that are issues.

    A bundle's index.md is the issue and the other files belong to it; a site's list of posts has no date.
    """
    dated = [path for path in others if _is_dated(path)]
    if _is_dated(index):
        return [index, *dated]
    return others if dated or (top and others) else [index]


def _is_dated(path: Path) -> bool:
    """A glance at the file, for telling issues from other pages."""
    if _file_name(path)[0]:
        return True
    try:
        with path.open("rb") as file:
            return _DATE_KEY.search(file.read(4096)) is not None
    except OSError:  # reading it will say why
        return False


def _is_about(stem: str) -> bool:
    return stem.lower() == "readme" or stem.startswith("_index")


def read(path: Path, zone: ZoneInfo, *, lenient: bool = False) -> Post:
    """Read one file; local times are in `zone`. Raises PostError with the line and what to do.

    With `lenient` (for `render`) metadata that can't be understood becomes a warning and counts as not written.
    """
    text = _text(path)
    try:
        parts = cut(text)
    except Flaw as flaw:
        raise _error(flaw, path) from None
    if not has_content(parts.body):
        raise PostError("The post has nothing to show.", path=path, line=parts.first_line, remedy="Write some text.")
    complaints = _Complaints(path, lenient)
    reader = Reader(parts.data, parts.lines, zone, complaints.take)
    data = _with_file_date(reader.read(), path, zone, complaints.take)
    return _post(path, parts, data, (*complaints.notices, *reader.warnings))


def twin(path: Path, post: Post, other: Path) -> PostError:
    """Two files that claim to be the same issue."""
    return PostError(
        f"Its id `{post.id}` is that of {other} as well.",
        path=path,
        remedy="Write `weektech: id:` or another slug into one; the date before a name does not tell them apart.",
    )


def _post(path: Path, parts: Parts, data: Metadata, warnings: tuple[Notice, ...]) -> Post:
    slug = data.slug or safe_slug(_file_name(path)[1]) or "post"
    return Post(
        path=path,
        id=data.id or slug,
        slug=slug,
        title=data.title or first_title(parts.body),
        body=parts.body,
        first_line=parts.first_line,
        description=data.description,
        date=data.date,
        date_only=data.date_only,
        updated=data.updated,
        tags=data.tags,
        draft=data.draft,
        silent=data.silent,
        warnings=warnings,
    )


@dataclass(slots=True)
class _Complaints:
    """Where mistakes in metadata go: raised at once, or kept as notices."""

    path: Path
    lenient: bool
    notices: list[Notice] = field(default_factory=list)

    def take(self, flaw: Flaw) -> None:
        if not self.lenient:
            raise _error(flaw, self.path)
        self.notices.append(Notice(f"{flaw.what} {flaw.remedy}".strip(), flaw.line))


def _error(flaw: Flaw, path: Path) -> PostError:
    return PostError(flaw.what, path=path, line=flaw.line, remedy=flaw.remedy)


def _text(path: Path) -> str:
    """The file as text with "\\n" line ends, without a byte-order mark."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            remedy = "Split it into several posts, and keep pictures in files of their own."
            raise PostError(f"The post has {size:,} bytes; 1 MiB is the limit.", path=path, remedy=remedy)
        raw = path.read_bytes()
    except (FileNotFoundError, ValueError):  # a name with a NUL is a ValueError
        raise PostError("There is no such file.", path=path, remedy="Check the name.") from None
    except OSError as e:
        raise PostError(f"The file can't be read: {e.strerror}.", path=path, remedy="Name a readable file.") from e
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = _unix(raw[: e.start].decode("latin-1")).count("\n") + 1
        what = f"The file is not UTF-8: byte 0x{raw[e.start]:02X}."
        raise PostError(what, path=path, line=line, remedy="Save it as UTF-8.") from None
    return _unix(text)


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _with_file_date(data: Metadata, path: Path, zone: ZoneInfo, flawed: Callable[[Flaw], None]) -> Metadata:
    date = _file_name(path)[0]
    if data.date or not date:
        return data
    try:
        return replace(data, date=parse_date(date, zone).moment, date_only=True)
    except DateError as e:
        flawed(Flaw("The date in the file name can't be used.", 1, str(e)))
        return data


def _file_name(path: Path) -> tuple[str, str]:
    """Date and name of the file, the folder's for a bundle; a date alone is its own name."""
    name = path.resolve().parent.name if path.stem == "index" else path.stem
    match = _JEKYLL.fullmatch(name)
    return (match[1], match[2] or name) if match else ("", name)
