"""How entities may lie to each other: order, nesting, splitting, merging, the cut at a hundred (telegram.md 1.3, 1.4).

The rules are TDLib's; tests compare them with TDLib itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from bots.rehearsal.telegram.values import Entity

STYLES = ("bold", "italic", "underline", "strikethrough", "spoiler")
"""May overlap anything; they are split where something else begins or ends."""
QUOTES = frozenset({"blockquote", "expandable_blockquote"})
SOLID = frozenset({"code", "pre", "date_time"})
"""Nothing stands inside these."""
FOUND = ("mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bank_card_number")
"""Found by Telegram itself; it ignores them in what a bot sends."""
MOST = 100
"""Entities that reach the server; custom emoji don't count."""

RANK = {"blockquote": 0, "expandable_blockquote": 0, "pre": 11, "code": 20, "date_time": 30}
RANK |= {"text_link": 49, "text_mention": 49, "custom_emoji": 99}
RANK |= dict.fromkeys(FOUND, 50) | {name: 90 + n for n, name in enumerate(STYLES)}


def order(entity: Entity) -> tuple[int, int, int]:
    """Outer before inner; between equals a fixed rank by type."""
    rank = 10 if entity.type == "pre" and entity.language else RANK[entity.type]
    return entity.offset, -entity.length, rank


def canonical(entities: Iterable[Entity]) -> list[Entity]:
    """Entities as Telegram keeps them: none partly over another, forbidden nestings gone, styles split."""
    ordered = sorted(entities, key=order)
    quotes = _disjoint([e for e in ordered if e.type in QUOTES])
    others = _disjoint([e for e in ordered if e.type not in QUOTES and e.type not in STYLES])
    frame = sorted([*quotes, *_not_across(others, quotes)], key=order)
    return _joined([e for e in ordered if e.type in STYLES], frame)


def with_found(entities: Sequence[Entity], found: Sequence[Entity]) -> list[Entity]:
    """Entities together with those Telegram found, which yield to links, code and quotes but split styles."""
    quotes = [e for e in entities if e.type in QUOTES]
    others = [e for e in entities if e.type not in QUOTES and e.type not in STYLES]
    free = [f for f in _not_across(found, quotes) if not any(_touch(f, other) for other in others)]
    frame = sorted([*quotes, *others, *free], key=order)
    return _joined([e for e in entities if e.type in STYLES], frame)


def capped(entities: Sequence[Entity]) -> list[Entity]:
    """What goes to the server: custom emoji, then a hundred others, styles last; the rest is lost without a word."""
    emoji = [e for e in entities if e.type == "custom_emoji"]
    solid = [e for e in entities if e.type not in STYLES and e.type not in FOUND and e.type != "custom_emoji"]
    styles = split([e for e in entities if e.type in STYLES], [])
    return [*emoji, *[*solid, *styles][:MOST]]


def split(styles: Sequence[Entity], frame: Sequence[Entity]) -> list[Entity]:
    """Styles merged where they touch, then cut wherever another style begins or an entity of `frame` begins or ends."""
    runs = [run for name in STYLES for run in _merged([e for e in styles if e.type == name])]
    cuts = sorted({e.offset for e in [*runs, *frame]} | {e.end for e in frame})
    solid = [e for e in frame if e.type in SOLID]
    pieces = [piece for run in runs for piece in _pieces(run, cuts)]
    return sorted((p for p in pieces if not any(_touch(p, s) for s in solid)), key=order)


def _joined(styles: Sequence[Entity], frame: Sequence[Entity]) -> list[Entity]:
    return sorted([*frame, *split(styles, frame)], key=order)


def _disjoint(ordered: Sequence[Entity]) -> list[Entity]:
    """Those that begin after the last one kept has ended."""
    kept: list[Entity] = []
    for entity in ordered:
        if not kept or entity.offset >= kept[-1].end:
            kept.append(entity)
    return kept


def _not_across(entities: Iterable[Entity], quotes: Sequence[Entity]) -> list[Entity]:
    """Those that lie inside a quote or clear of every quote."""
    return [e for e in entities if all(not _touch(e, q) or _inside(e, q) for q in quotes)]


def _touch(one: Entity, other: Entity) -> bool:
    return one.offset < other.end and other.offset < one.end


def _inside(inner: Entity, outer: Entity) -> bool:
    return outer.offset <= inner.offset and inner.end <= outer.end


def _merged(runs: Sequence[Entity]) -> list[Entity]:
    """Runs of one style in order, touching ones made one."""
    merged: list[Entity] = []
    for run in runs:
        if merged and run.offset <= merged[-1].end:
            end = max(merged[-1].end, run.end)
            merged[-1] = replace(merged[-1], length=end - merged[-1].offset)
        else:
            merged.append(run)
    return merged


def _pieces(run: Entity, cuts: Sequence[int]) -> list[Entity]:
    edges = [run.offset, *(c for c in cuts if run.offset < c < run.end), run.end]
    return [replace(run, offset=a, length=b - a) for a, b in pairwise(edges)]
