"""One line of marked text in Discord's Markdown.

Discord's emphasis knows no flanking rules, closes at the first delimiter that fits and looks for it inside code and
addresses, too (discord 2.1, 2.3, 2.5). So every line opens and closes its own, whitespace stays outside, a delimiter
never touches another one of its kind, and a style gives way to code or an address that contains its delimiter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bots.layout.atoms import Mark, MarkKind, Span
from bots.platforms.discord import links
from bots.platforms.discord.escape import GUARD, SLOT_CLOSE, SLOT_OPEN, code_span, literal

_NOT_TEXT = {ord(SLOT_OPEN): None, ord(SLOT_CLOSE): None}
_DELIMITERS = {MarkKind.BOLD: "**", MarkKind.STRIKE: "~~", MarkKind.UNDERLINE: "__", MarkKind.SPOILER: "||"}
_OPENINGS = {MarkKind.LINK: "[", MarkKind.SECTION: "[", MarkKind.CODE: "`", MarkKind.STRIKE: "~", MarkKind.SPOILER: "|"}


@dataclass(frozen=True, slots=True)
class _Token:
    """A stretch of the finished line; delimiters are told apart because two of them must not touch."""

    text: str
    delimiter: bool = False


@dataclass(frozen=True, slots=True)
class _Around:
    """What a stretch of spans stands in."""

    before: str
    """The character right before it, empty at the start of a line."""
    after: str
    inert: bool
    card: str
    underlined: bool = False


def render(spans: tuple[Span, ...], inert: bool, card: str = "") -> str:
    """The line's spans as Discord Markdown, without what only matters at the start of a line.

    Links to `card` are written so that Discord shows a preview card for them; all others so that it doesn't.
    """
    return _joined(_run(_merged(spans), _Around("", "", inert, card)))


def _merged(spans: Sequence[Span]) -> list[Span]:
    """Neighbours with the same marks as one span; a style's delimiters are never closed only to be opened again."""
    out: list[Span] = []
    for span in spans:
        text = span.text.translate(_NOT_TEXT)
        if text and out and out[-1].marks == span.marks:
            out[-1] = Span(out[-1].text + text, span.marks)
        elif text:
            out.append(Span(text, span.marks))
    return out


def _joined(tokens: Sequence[_Token]) -> str:
    out = ""
    last = _Token("")
    for token in tokens:
        if token.text:
            out += (GUARD if _ambiguous(last, token) else "") + token.text
            last = token
    return out


def _ambiguous(left: _Token, right: _Token) -> bool:
    """True when the two would be read as one longer delimiter."""
    end, start = left.text[-1:], right.text[:1]
    if end + start == "~_":  # a strike does not close before an underscore
        return left.delimiter
    if end != start or end not in "*_~|`":
        return False
    return (left.delimiter and right.delimiter) or (end in "~|" and (left.delimiter or right.delimiter)) or end == "`"


def _run(spans: Sequence[Span], around: _Around) -> list[_Token]:
    """The spans in order, the mark that reaches furthest outermost."""
    tokens: list[_Token] = []
    at = 0
    while at < len(spans):
        mark, end = _longest(spans, at)
        if mark is None:
            tokens.append(_leaf(spans[at], around))
        else:
            before = next((token.text[-1] for token in reversed(tokens) if token.text), around.before)
            after = _opening(spans[end]) if end < len(spans) else around.after
            here = _Around(before, after, around.inert, around.card, around.underlined)
            tokens += _marked(mark, _without(spans[at:end], mark), here)
        at = end
    return tokens


def _opening(span: Span) -> str:
    """The first character that will be written for the span."""
    if span.text[:1].isspace() or not span.marks:
        return span.text[:1]
    _, best = min((mark.kind is MarkKind.CODE, _OPENINGS.get(mark.kind, "*")) for mark in span.marks)
    return best


def _longest(spans: Sequence[Span], at: int) -> tuple[Mark | None, int]:
    """The mark of spans[at] that goes on furthest, and where it ends; None when only code is left."""
    best: tuple[Mark | None, int] = (None, at + 1)
    # A link goes outside what covers the same text: its address is safe from delimiters there.
    for mark in sorted(spans[at].marks, key=lambda m: m.kind not in (MarkKind.LINK, MarkKind.SECTION)):
        if mark.kind is MarkKind.CODE:
            continue
        end = at + 1
        while end < len(spans) and mark in spans[end].marks:
            end += 1
        if best[0] is None or end > best[1]:
            best = (mark, end)
    return best


def _without(spans: Sequence[Span], mark: Mark) -> list[Span]:
    return [Span(span.text, tuple(m for m in span.marks if m != mark)) for span in spans]


def _leaf(span: Span, around: _Around) -> _Token:
    return _Token(code_span(span.text) if _is_code(span) else literal(span.text, inert=around.inert))


def _is_code(span: Span) -> bool:
    return any(mark.kind is MarkKind.CODE for mark in span.marks)


def _marked(mark: Mark, spans: Sequence[Span], around: _Around) -> list[_Token]:
    lead, core, trail = _trimmed(spans)
    if not core:
        return [_Token(lead)]
    inner = replace(around, before=lead[-1:] or around.before, after=trail[:1] or around.after)
    return [_Token(lead), *_core(mark, core, inner), _Token(trail)]


def _core(mark: Mark, spans: list[Span], around: _Around) -> list[_Token]:
    if mark.kind is MarkKind.LINK:
        return _link(mark.value, spans, around)
    if mark.kind is MarkKind.SECTION:
        return [_Token(SLOT_OPEN), *_run(spans, around), _Token(SLOT_CLOSE)]
    return [token for part in _styled(mark, spans, around) for token in part]


def _trimmed(spans: Sequence[Span]) -> tuple[str, list[Span], str]:
    """Whitespace at the front, the spans without it, whitespace at the end. Code keeps its own."""
    core = list(spans)
    lead = trail = ""
    while core and not _is_code(core[0]) and core[0].text[:1].isspace():
        stripped = core[0].text.lstrip()
        lead += core[0].text[: len(core[0].text) - len(stripped)]
        core[:1] = [replace(core[0], text=stripped)] if stripped else []
    while core and not _is_code(core[-1]) and core[-1].text[-1:].isspace():
        stripped = core[-1].text.rstrip()
        trail = core[-1].text[len(stripped) :] + trail
        core[-1:] = [replace(core[-1], text=stripped)] if stripped else []
    return lead, core, trail


# ── styles ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _styled(mark: Mark, spans: list[Span], around: _Around) -> Iterator[list[_Token]]:
    """The stretches that can take the style wrapped in it, those that can't as they are."""
    delimiter = _DELIMITERS.get(mark.kind) or _italic(spans, around)
    for at, (hostile, part) in enumerate(stretches := list(_by_hostility(spans, delimiter))):
        after = _opening(stretches[at + 1][1][0]) if at + 1 < len(stretches) else around.after
        lead, core, trail = _trimmed(part)
        if hostile or not core:
            yield _run(part, replace(around, after=after))
        else:
            underlined = around.underlined or delimiter == "__"
            inside = replace(around, before=delimiter[-1], after=delimiter[0], underlined=underlined)
            sign = _Token(delimiter, True)
            yield [_Token(lead), sign, *_run(core, inside), sign, _Token(trail)]


def _by_hostility(spans: Sequence[Span], delimiter: str) -> Iterator[tuple[bool, list[Span]]]:
    part: list[Span] = []
    kind = False
    for span in spans:
        hostile = delimiter in _raw(span)
        if part and hostile != kind:
            yield kind, part
            part = []
        kind = hostile
        part.append(span)
    if part:
        yield kind, part


def _raw(span: Span) -> str:
    """The part of a span's text that is written without escapes: code, and an address that is its own label."""
    own = any(mark.kind is MarkKind.LINK and links.is_address(span.text, mark.value) for mark in span.marks)
    return span.text if own or _is_code(span) else ""


def _italic(spans: Sequence[Span], around: _Around) -> str:
    """`*`, which closes anywhere, unless it would touch bold; `_` closes only before what is no word."""
    edges = {*spans[0].marks, *spans[-1].marks}
    touches_bold = "*" in (around.before, around.after) or any(mark.kind is MarkKind.BOLD for mark in edges)
    free = not any(char.isalnum() or char == "_" for char in (around.before, around.after))
    plain = not any(mark.kind is not MarkKind.BOLD for span in spans for mark in span.marks)
    return "_" if touches_bold and free and plain else "*"


# ── links ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _link(href: str, spans: list[Span], around: _Around) -> list[_Token]:
    label = "".join(span.text for span in spans)
    if not links.openable(href):
        return [*_run(spans, around), _Token("" if href in label else f" ({literal(href, inert=around.inert)})")]
    if links.is_address(label, href):
        return [_Token(f"<{label}>")]
    return _masked(links.target(href, underlined=around.underlined), href, spans, around)


def _masked(target: str, href: str, spans: list[Span], around: _Around) -> list[_Token]:
    """The best stretch of the label linked, the rest beside it; the address written out when no stretch will do."""
    stretches = links.pieces(spans)
    shown = next((at for at, (_, part) in enumerate(stretches) if links.is_address(_text(part), href)), None)
    chosen = links.best(stretches) if shown is None else None
    tokens: list[_Token] = []
    for at, (_, part) in enumerate(stretches):
        if at == shown:
            tokens.append(_Token(f"<{_text(part)}>"))
        elif at == chosen:
            tokens += _labelled(list(part), target if href == around.card else f"<{target}>", around)
        else:
            tokens += _run(part, around)
    return tokens if shown is not None or chosen is not None else [*tokens, _Token(f" <{target}>")]


def _labelled(spans: list[Span], target: str, around: _Around) -> list[_Token]:
    lead, core, trail = _trimmed(spans)
    label = _joined(_run(core, replace(around, before="[", after="]")))
    return [_Token(lead), _Token(f"[{label}]({target})"), _Token(trail)]


def _text(spans: Sequence[Span]) -> str:
    return "".join(span.text for span in spans)
