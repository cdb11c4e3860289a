"""Reads HTML as people type it: a stream of tags, text and comments that never fails.

The standard library's parser changed its reading of broken tags between Python releases, so the rules are here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape


def names(text: str) -> frozenset[str]:
    """Tag names written as words of one text."""
    return frozenset(text.split())


INLINE = names(
    "a abbr acronym b bdi bdo big blink cite code data del dfn em font i ins kbd label mark nobr q ruby rt rp s samp "
    "small span strike strong sub sup time tt u var tg-spoiler"
)
"""Formatting: it ends with the block it began in."""
VOID = names("area base br col embed hr img input link meta param source track wbr")
"""Never closed."""
BLOCK = names(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer footnote form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol optgroup option p pre "
    "search section summary table tbody td tfoot th thead tr ul"
)
"""Each begins a line of its own; `footnote` is ours, for Markdown's footnotes."""
KNOWN = (
    INLINE
    | VOID
    | BLOCK
    | names("audio button canvas head iframe map math meter noembed noframes noscript object output picture progress")
    | names("rb rtc script select slot style svg template textarea title video xmp")
    | names("mfrac mi mn mo mover mrow msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder semantics annotation")
)
"""Every tag of HTML, and the usual ones of MathML."""


@dataclass(frozen=True, slots=True)
class Open:
    tag: str
    """In lower case."""
    line: int
    """Line ends before it in the text that was read."""
    attrs: dict[str, str] = field(default_factory=dict)
    repaired: bool = False
    """True: its `>` was missing."""
    source: str = ""
    """As it was written."""

    @property
    def is_text(self) -> bool:
        """True for what only looks like a tag: `Vec<T>`, `x <y 且 z > 0`; not for `<my-widget>` or `<path d="…">`."""
        unnamed = not self.attrs or not all(map(str.isascii, self.attrs))
        return self.tag not in KNOWN and "-" not in self.tag and unnamed


@dataclass(frozen=True, slots=True)
class Close:
    tag: str
    line: int


@dataclass(frozen=True, slots=True)
class Data:
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Comment:
    text: str
    line: int
    closed: bool = True


Piece = Open | Close | Data | Comment

RAW = names("script style textarea title template noembed noframes iframe xmp")
"""Their content is characters up to their own closing tag."""

_NAME = re.compile(r"<(/?)([A-Za-z][^\s/>\"'=<]*)")
_SKIP = re.compile(r"[\s/]*")
_ATTR = re.compile(r"([^\s/>=<\"'][^\s/>=<]*)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>\"'<][^\s><]*))?")
_REST = re.compile(r"[\"'=][^\s><]*")
_DECLARATION = re.compile(r"<[!?][^>]*(>|$)")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def decoded(value: str) -> str:
    """Entities resolved; only those that end in `;`, because `?a=1&copy=2` is an address."""
    return _ENTITY.sub(lambda match: unescape(match[0]), value) if "&" in value else value


def read(source: str) -> Iterator[Piece]:
    """The pieces of an HTML fragment in order; joined, they cover the source without a gap."""
    position = line = 0
    while position < len(source):
        at = source.find("<", position)
        if at != position:
            at = len(source) if at < 0 else at
            yield Data(unescape(source[position:at]), line)
            piece_end = at
        else:
            piece, piece_end = _piece(source, at, line)
            yield piece
            if isinstance(piece, Open) and piece.tag in RAW:
                line += source.count("\n", position, piece_end)
                position = piece_end
                piece_end = _raw_end(source, position, piece.tag)
                yield Data(source[position:piece_end], line)
        line += source.count("\n", position, piece_end)
        position = piece_end


def _raw_end(source: str, start: int, tag: str) -> int:
    match = re.compile(rf"</{tag}\b", re.IGNORECASE).search(source, start)
    return match.start() if match else len(source)


def _piece(source: str, at: int, line: int) -> tuple[Piece, int]:
    if source.startswith("<!--", at):
        return _comment(source, at, line)
    name = _NAME.match(source, at)
    if name:
        return _tag(source, name, line)
    declaration = _DECLARATION.match(source, at)
    if declaration:
        return Comment("", line), declaration.end()
    return Data("<", line), at + 1


def _comment(source: str, at: int, line: int) -> tuple[Piece, int]:
    if source.startswith(("<!-->", "<!--->"), at):
        return Comment("", line), source.index(">", at) + 1
    end = source.find("-->", at + 4)
    if end < 0:
        return Comment(source[at + 4 :], line, closed=False), len(source)
    return Comment(source[at + 4 : end], line), end + 3


def _tag(source: str, name: re.Match[str], line: int) -> tuple[Piece, int]:
    attrs: dict[str, str] = {}
    position = name.end()
    while True:
        position = _end(_SKIP.match(source, position), position)
        attr = _ATTR.match(source, position)
        if attr is None:
            stray = _REST.match(source, position)
            if stray is None:
                break
            position = stray.end()
            continue
        attrs.setdefault(attr[1].lower(), decoded(_unquoted(attr[2] or "")))
        position = attr.end()
    whole = source.startswith(">", position)
    position += whole
    tag = name[2].lower()
    if not whole and tag not in KNOWN:
        return Data("<", line), name.start() + 1  # `a <b` is a comparison unless b is a tag
    if name[1]:
        return Close(tag, line), position
    return Open(tag, line, attrs, not whole, source[name.start() : position]), position


def _end(match: re.Match[str] | None, otherwise: int) -> int:
    return match.end() if match else otherwise


def _unquoted(value: str) -> str:
    return value[1:-1] if value[:1] in ("'", '"') and len(value) > 1 else value
