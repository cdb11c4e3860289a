"""Text with formatting laid over it, as Telegram keeps it, turned into a tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bots.pages.views import Element, Look, Node


@dataclass(frozen=True, slots=True)
class Span:
    """Formatting from `start` to before `end`, in code points."""

    start: int
    end: int
    look: Look
    href: str = ""
    language: str = ""


def nest(text: str, spans: Sequence[Span]) -> tuple[Node, ...]:
    """The tree that shows every span where it lies. Spans that overlap are cut where they cross; none is lost.

    Spans of blocks go outside, then those that start earlier, then the longer ones.
    """
    ordered = sorted(spans, key=lambda span: (not span.look.is_block, span.start, -span.end))
    return _fill(text, 0, len(text), ordered)


def _fill(text: str, low: int, high: int, spans: Sequence[Span]) -> tuple[Node, ...]:
    spans = _clipped(spans, low, high)
    if not spans:
        return (text[low:high],) if low < high else ()
    first, rest = spans[0], spans[1:]
    inside = _fill(text, first.start, first.end, rest)
    after = first.end
    if first.look.is_block and text[after:high].startswith("\n"):
        after += 1  # the block ends its line already
    element = Element(first.look, inside, first.href, first.language)
    return (*_fill(text, low, first.start, rest), element, *_fill(text, after, high, rest))


def _clipped(spans: Sequence[Span], low: int, high: int) -> list[Span]:
    clipped = (replace(span, start=max(span.start, low), end=min(span.end, high)) for span in spans)
    return [span for span in clipped if span.start < span.end]
