"""Two quick looks at Markdown before it is parsed: does it show anything, and what is its first H1?"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_LONGEST = 1000
"""Characters of a line beyond which it is no heading: some of the patterns below are slow on endless lines."""
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ATX = re.compile(r" {0,3}#(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_SETEXT = re.compile(r" {0,3}=+[ \t]*$")
_H1 = re.compile(r"<h1[^>]*>(.*?)</h1>", re.IGNORECASE)
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:[ \t]*\S[^\n]*$", re.MULTILINE)
_TAG = re.compile(r"</?(?!(?:img|video|audio|iframe|picture|source|svg)\b)[a-z][^<>]*>", re.IGNORECASE)
# What Markdown takes as marks when nothing else stands beside it, and characters that show nothing.
_SILENT = re.compile(r"[\s#>*_+=|~`:\\\-\u00ad\u034f\u115f\u2000-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff]+")
_PICTURE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])")
_MARKS = re.compile(r"\*+|~~|`+|(?<!\w)_+|_+(?!\w)|<[^<>]*>|\{#[^{}]*\}\s*$")


def has_content(body: str) -> bool:
    """False when a reader would see nothing: no text, no picture, only comments, marks and empty tags."""
    text = _COMMENT.sub("", body)
    if any(code and line.strip() for line, code in _lines(text)):
        return True
    text = _TAG.sub("", _DEFINITION.sub("", text))
    return bool(_SILENT.sub("", html.unescape(text)))


def first_title(body: str) -> str:
    """Plain text of the first H1 outside code, empty when there is none."""
    above = ""
    for line, code in _lines(_COMMENT.sub(_same_lines, body)):
        if code or len(line) > _LONGEST:
            above = ""
            continue
        match = _ATX.match(line) or _H1.search(line)
        if match and match[1]:
            return _plain(match[1])
        if above and _SETEXT.match(line):
            return _plain(above)
        above = line if line.strip() else ""
    return ""


def _same_lines(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def _lines(body: str) -> Iterator[tuple[str, bool]]:
    """Each line outside fences with False, each line of fenced code with True; the fences themselves are left out."""
    fence = ""
    for line in body.split("\n"):
        match = _FENCE.match(line)
        if fence and match and match[1].startswith(fence) and not line.strip(" `~\t"):
            fence = ""
        elif fence:
            yield line, True
        elif match:
            fence = match[1]
        else:
            yield line, False


def _plain(text: str) -> str:
    text = _LINK.sub(r"\1", _PICTURE.sub(r"\1", text))
    return html.unescape(_MARKS.sub("", text)).strip()
