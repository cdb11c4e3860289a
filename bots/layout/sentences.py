"""Where a line of text may be cut: between sentences, and if need be between words and characters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import regex

from bots.layout.atoms import Atom, Cut, MarkKind, Span

_CLOSERS = r"""[”’」』）】》〉"')\]]*"""
# A full stop needs space behind it: cut apart, `foo.中国` would no longer be seen as an address to be made inert.
_ENDS = regex.compile(
    rf"(?:[。！？；…]+{_CLOSERS}|(?P<ascii>[.!?;]+){_CLOSERS}(?=\s|$)|[!?;]+{_CLOSERS}(?=\p{{Han}}))\s*"
)
_ABBREVIATION = regex.compile(
    r"(?:^|[\s(\[“‘（])(?:\p{L}|(?:\p{L}\.)+\p{L}|dr|mr|mrs|ms|prof|st|vs|etc|al|cf|fig|no|vol|eq|sec|approx|inc|ltd|jr|sr)$",
    regex.IGNORECASE,
)
_CJK = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}"
# A word takes the punctuation after it along, so that no message starts with a comma.
_WORDS = regex.compile(rf"(?:(?=[{_CJK}])\X|[^\s{_CJK}]+|\s+)[\p{{Pe}}\p{{Pf}}\p{{Po}}]*\s*")
_WHOLE = (MarkKind.LINK, MarkKind.CODE, MarkKind.SECTION)


def sentences(spans: Sequence[Span]) -> list[tuple[Span, ...]]:
    """The line cut after its sentences; never inside a link or a code span."""
    text = "".join(span.text for span in spans)
    inside = _protected(spans, len(text))
    ends = [end for end in _sentence_ends(text) if end not in inside]
    return _sliced(spans, ends)


def refine(atom: Atom, limit: int) -> tuple[Atom, ...]:
    """The atom cut at words and CJK characters, the pieces in order.

    A link or code span of up to `limit` characters stays whole, as does every grapheme; a longer one is cut inside.
    Pictures and short words come back as they are.
    """
    return cut(atom, word_ends(atom, limit))


def word_ends(atom: Atom, limit: int) -> list[int]:
    """The offsets in the atom's text at which `refine` cuts it, rising; the last one is its end."""
    inside = _protected(atom.spans, limit)
    return [end for end in _word_ends(atom.text, limit) if end not in inside]


def cut(atom: Atom, ends: Sequence[int]) -> tuple[Atom, ...]:
    """The atom cut at these offsets, the pieces in order; only the first keeps its marker and what it stands for."""
    pieces = _sliced(atom.spans, ends)
    if len(pieces) < 2:
        return (atom,)
    rest = replace(atom, cut=Cut.WORD, starts=False, gap=False, missing=None, frame=replace(atom.frame, marker=""))
    return (replace(atom, spans=pieces[0]), *(replace(rest, spans=piece) for piece in pieces[1:]))


def _sentence_ends(text: str) -> Iterator[int]:
    start = 0
    for found in _ENDS.finditer(text):
        if set(found["ascii"] or "!") == {"."} and _goes_on(
            text[start : found.start()], text[found.end() : found.end() + 1]
        ):
            continue
        start = found.end()
        yield start


def _goes_on(before: str, after: str) -> bool:
    """True when a full stop after `before` does not end a sentence: an abbreviation, an initial, `1. `, `e.g. `."""
    if before[-1:].isdigit():
        return before.strip().isdigit() or not after or after.islower()
    return after.islower() or _ABBREVIATION.search(before[-12:]) is not None


def _word_ends(text: str, limit: int) -> Iterator[int]:
    for found in _WORDS.finditer(text):
        if len(found[0]) <= limit:
            yield found.end()
        else:
            yield from _grapheme_ends(found[0], found.start(), limit)


def _grapheme_ends(word: str, start: int, limit: int) -> Iterator[int]:
    for found in regex.finditer(r"\X", word):
        # A grapheme longer than a message (stacked accents without end) has to give way.
        yield from range(start + found.start() + limit, start + found.end(), limit)
        yield start + found.end()


def _protected(spans: Sequence[Span], limit: int) -> set[int]:
    """Offsets inside links and code spans of at most `limit` characters, where no cut may fall."""
    inside: set[int] = set()
    for kind in _WHOLE:
        for start, end in _stretches(spans, kind):
            if end - start <= limit:
                inside.update(range(start + 1, end))
    return inside


def _stretches(spans: Sequence[Span], kind: MarkKind) -> list[tuple[int, int]]:
    """Where marks of that kind lie; neighbours with the same target are one."""
    found: list[tuple[int, int]] = []
    offset, value = 0, None
    for span in spans:
        mark = next((mark.value for mark in span.marks if mark.kind is kind), None)
        end = offset + len(span.text)
        if mark is not None and mark == value and found:
            found[-1] = (found[-1][0], end)
        elif mark is not None:
            found.append((offset, end))
        offset, value = end, mark
    return found


def _sliced(spans: Sequence[Span], ends: Sequence[int]) -> list[tuple[Span, ...]]:
    """The spans cut at the offsets; pieces without text are left out."""
    pieces: list[list[Span]] = [[]]
    cuts, offset = iter(ends), 0
    cut = next(cuts, None)
    for span in spans:
        start = 0
        while cut is not None and cut <= offset + len(span.text):
            pieces[-1].append(Span(span.text[start : cut - offset], span.marks))
            start, cut = cut - offset, next(cuts, None)
            pieces.append([])
        pieces[-1].append(Span(span.text[start:], span.marks))
        offset += len(span.text)
    kept = (tuple(span for span in piece if span.text) for piece in pieces)
    return [piece for piece in kept if piece]
