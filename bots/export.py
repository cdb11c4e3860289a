"""Readers' answers as files: JSON for a site to include when it is built, and a page to look at. See docs/comments.md.

The same answers give the same bytes, a file that says what it should is left alone, and none is ever deleted. Readers'
words are hostile until proved otherwise: the HTML in the JSON is written by the renderer of our own pages, which
escapes everything, and the JSON itself can stand inside a page's script.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path
from typing import Any

from bots import pages
from bots.discussion import Corner, Discussion, Voice, key_of
from bots.errors import ConfigError
from bots.events import Mark
from bots.ledger import Comment
from bots.pages import Look, Span
from bots.privacy import initials

VERSION = 1
"""Of the JSON's shape: a key is added without notice, but none changes its meaning or goes under the same number."""
FOLDER = "comments"
NOBODY = "Reader"
"""Who has no name that can be shown."""
_LONGEST_FILE = 100
_LOOKS = {
    "bold": Look.BOLD,
    "italic": Look.ITALIC,
    "underline": Look.UNDERLINE,
    "strike": Look.STRIKE,
    "spoiler": Look.SPOILER,
    "code": Look.CODE,
    "pre": Look.PRE,
    "quote": Look.QUOTE,
    "link": Look.LINK,
}


def as_json(found: Discussion, *, short: bool) -> str:
    """The JSON of one issue; `short` makes names initials."""
    issue = found.issue
    out = issue.first_published_at
    record = {
        "version": VERSION,
        "issue": issue.id,
        "slug": issue.slug,
        "title": issue.title,
        "published": out.isoformat() if out else None,
        "comments": len(found.voices),
        "sections": [_section(corner, short=short) for corner in found.corners],
    }
    # "<" only as an escape: a page that puts the whole of it into a script is not ended by a reader's words.
    return json.dumps(record, ensure_ascii=False, indent=2).replace("<", "\\u003c") + "\n"


def as_page(found: Discussion, zone: tzinfo, *, short: bool) -> str:
    """The page of one issue, times in the column's zone."""
    topics = [
        pages.Topic(
            corner.title,
            tuple((platform, tuple(counts.items())) for platform, counts in corner.reactions.items()),
            tuple(_shown(voice, zone, short=short) for voice in corner.voices),
        )
        for corner in found.corners
        if corner.voices or corner.reactions
    ]
    return pages.comments_page(found.issue.title or found.issue.id, topics)


def write(found: Discussion, folder: Path, zone: tzinfo, *, short: bool, always: bool = False) -> tuple[Path, ...]:
    """Bring both files of an issue up to date; returns those that changed.

    Without answers nothing is begun, but a file that is there loses what may not be seen any more.
    """
    name = file_name(found.issue.id)
    files = {
        folder / f"{name}.json": as_json(found, short=short),
        folder / f"{name}.html": as_page(found, zone, short=short),
    }
    wanted = {path: text for path, text in files.items() if always or not found.is_empty or path.exists()}
    return tuple(path for path, text in wanted.items() if _written(path, text.encode()))


def file_name(issue: str) -> str:
    """An issue's id as a file's name: as it is where it can be, told apart from all others where it can't."""
    safe = re.sub(r"[^\w.-]+", "-", issue).strip(".-")[:_LONGEST_FILE]
    digest = hashlib.sha256(issue.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return issue if issue and safe == issue else f"{safe or 'issue'}-{digest}"


def safe_html(text: str, marks: tuple[Mark, ...] = ()) -> str:
    """A reader's words with their formatting, line ends as `<br>`; links lead to http and https alone."""
    return str(pages.html(pages.broken(_nodes(text, marks))))


def name_of(comment: Comment, *, short: bool) -> str:
    """As whom others see its writer."""
    name = initials(comment.name) if short else comment.name
    return name or NOBODY


def _section(corner: Corner, *, short: bool) -> dict[str, Any]:
    return {
        "id": corner.section,
        "title": corner.title,
        "reactions": {platform: dict(counts) for platform, counts in corner.reactions.items()},
        "comments": [_comment(voice, short=short) for voice in corner.voices],
    }


def _comment(voice: Voice, *, short: bool) -> dict[str, Any]:
    comment = voice.comment
    return {
        "id": voice.key,
        "parent": key_of(voice.parent) if voice.parent else None,
        "depth": voice.depth,
        "platform": comment.platform,
        "name": name_of(comment, short=short),
        "by_author": comment.by_author,
        "time": comment.said_at.isoformat(),
        "edited": comment.edited_at.isoformat() if comment.edited_at else None,
        "text": comment.text,
        "html": safe_html(comment.text, comment.marks),
        "link": pages.web_address(comment.url or "") or None,
    }


def _shown(voice: Voice, zone: tzinfo, *, short: bool) -> pages.Comment:
    comment = voice.comment
    return pages.Comment(
        key=voice.key,
        author=name_of(comment, short=short),
        time=comment.said_at.astimezone(zone),
        platform=comment.platform,
        nodes=_nodes(comment.text, comment.marks),
        depth=voice.depth,
        href=comment.url or "",
        by_author=comment.by_author,
        edited=comment.edited_at is not None,
    )


def _nodes(text: str, marks: tuple[Mark, ...]) -> tuple[pages.Node, ...]:
    return pages.nest(text, list(_spans(marks)))


def _spans(marks: tuple[Mark, ...]) -> Iterator[Span]:
    """What has no look here is plain."""
    for mark in marks:
        if mark.kind in _LOOKS:
            yield Span(mark.start, mark.start + mark.length, _LOOKS[mark.kind], mark.href)


def _written(path: Path, content: bytes) -> bool:
    """Put a file in place in one step; False for one that holds this already. Raises ConfigError."""
    try:
        if path.is_file() and path.read_bytes() == content:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(f"can't be written: {error}", path=path, remedy="Choose another folder with --out.") from None
    return True
