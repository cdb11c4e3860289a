"""A reader's words without Discord's signs, and what the signs meant (discord.md 2). Pure.

The signs that people use: bold, italic, underline, strike, spoiler, code, quotes, links. What is not closed, or none of
these, stays in the text as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bots.events import Mark

_SIGNS: Mapping[str, str] = {
    "**": "bold",
    "*": "italic",
    "__": "underline",
    "_": "italic",
    "~~": "strike",
    "||": "spoiler",
}
_NO_URL = r"\s<>，。；：！？、（）【】《》「」"
_TOKEN = re.compile(
    rf"""
      \\(?P<escaped>[!-/:-@\[-`{{-~])
    | ```(?:[\w+\#.-]*\n)?(?P<pre>.+?)```
    | (?P<ticks>`{{1,2}})(?P<code>[^`]+)(?P=ticks)
    | \[(?P<label>[^\[\]\n]+)\]\(<?(?P<target>https?://[^\s<>()]+)>?\)
    | <(?P<bare>https?://[^\s<>]+)>
    | (?P<url>https?://[^{_NO_URL}]*[^{_NO_URL}.,;:!?'")\]*_~|])
    | <a?:(?P<emoji>\w{{2,32}}):\d{{1,20}}>
    | <@!?(?P<user>\d{{1,20}})>
    | <@&(?P<role>\d{{1,20}})>
    | <\#(?P<channel>\d{{1,20}})>
    | (?:^|(?<=\n))(?P<quote>>(?:>>)?)[ ]
    | (?P<sign>\*+|_+|~~|\|\|)
    """,
    re.VERBOSE | re.DOTALL,
)


def spoken(text: str, names: Mapping[str, str] | None = None) -> tuple[str, tuple[Mark, ...]]:
    """The words and their marks; `names` are those of people and roles, by the ids that mention them."""
    reading = _Reading(names or {})
    reading.read(text)
    return reading.result()


@dataclass(slots=True)
class _Open:
    """A sign that may begin something."""

    sign: str
    piece: int


@dataclass(slots=True)
class _Reading:
    """One text on its way: pieces of words, and the stretches of pieces that are marked."""

    names: Mapping[str, str]
    pieces: list[str] = field(default_factory=list)
    marked: list[tuple[str, int, int, str]] = field(default_factory=list)
    """Kind, first piece, piece after the last, address."""
    quotes: list[tuple[int, bool]] = field(default_factory=list)
    """Piece at which one begins, and whether it goes on to the end."""
    open: list[_Open] = field(default_factory=list)

    def read(self, text: str) -> None:
        done = 0
        for found in _TOKEN.finditer(text):
            self._plain(text[done : found.start()])
            done = found.end()
            if sign := found["sign"]:
                self._signs(sign, text[found.start() - 1 : found.start()], text[done : done + 1])
            else:
                self._token({name: value for name, value in found.groupdict().items() if value is not None})
        self._plain(text[done:])

    def result(self) -> tuple[str, tuple[Mark, ...]]:
        starts = [0]
        for piece in self.pieces:
            starts.append(starts[-1] + len(piece))
        text = "".join(self.pieces)
        marks = [Mark(kind, starts[a], starts[b] - starts[a], href) for kind, a, b, href in self.marked]
        for at, to_the_end in self.quotes:
            start, end = starts[at], len(text) if to_the_end else text.find("\n", starts[at])
            marks.append(Mark("quote", start, (end if end >= 0 else len(text)) - start))
        found = (mark for mark in marks if mark.length)
        return text, tuple(sorted(found, key=lambda mark: (mark.start, -mark.length, mark.kind)))

    def _plain(self, text: str) -> None:
        if text:
            self.pieces.append(text)

    def _mark(self, kind: str, text: str, href: str = "") -> None:
        self.pieces.append(text)
        self.marked.append((kind, len(self.pieces) - 1, len(self.pieces), href))

    def _token(self, found: Mapping[str, str]) -> None:
        match found:
            case {"escaped": sign}:
                self._plain(sign)
            case {"pre": words}:
                self._mark("pre", words.strip("\n"))
            case {"code": words}:
                self._mark("code", words)
            case {"label": label, "target": target}:
                self._link(label, target)
            case {"bare": url} | {"url": url}:
                self._mark("link", url, url)
            case {"emoji": name}:
                self._plain(f":{name}:")
            case {"user": number} | {"role": number}:
                self._plain(f"@{self.names.get(number, number)}")
            case {"channel": number}:
                self._plain(f"#{number}")
            case {"quote": sign}:
                self.quotes.append((len(self.pieces), len(sign) > 1))

    def _link(self, label: str, target: str) -> None:
        first = len(self.pieces)
        inside = _Reading(self.names)  # a label holds no brackets, so no other link
        inside.read(label)
        self.marked += [(kind, first + a, first + b, href) for kind, a, b, href in inside.marked]
        self.pieces += inside.pieces
        self.marked.append(("link", first, len(self.pieces), target))

    def _signs(self, run: str, before: str, after: str) -> None:
        """A run of one sign: it closes what is open, and what is left may open something."""
        opens = after.strip() != "" and not (run == "_" and _is_word(before))
        closes = before.strip() != "" and not (run == "_" and _is_word(after))
        while run:
            size = self._close(run) if closes else 0
            if not size:
                size = min(2, len(run))
                self.pieces.append(run[:size])
                if opens:
                    self.open.append(_Open(run[:size], len(self.pieces) - 1))
            run = run[size:]

    def _close(self, run: str) -> int:
        """How many signs of the run were needed to close the innermost thing they can close."""
        for at in range(len(self.open) - 1, -1, -1):
            begun = self.open[at]
            if run.startswith(begun.sign) and len(self.pieces) > begun.piece + 1:
                self.pieces[begun.piece] = ""
                self.marked.append((_SIGNS[begun.sign], begun.piece, len(self.pieces), ""))
                del self.open[at:]  # whatever was begun inside and not closed is no sign
                return len(begun.sign)
        return 0


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
