"""Text as Telegram's server keeps it, and nothing in it that the server would turn into a link by itself."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from bots.layout.atoms import Atom, MarkKind, Span

JOINER = "\u2060"
"""Invisible; the server keeps it and finds nothing across it (telegram.md 1.8)."""

# What the server does to text before it counts it (telegram.md 1.5); a line end is ours to make, not the author's.
_CLEAN: dict[int, str] = {
    **dict.fromkeys(range(0x20), " "),
    **dict.fromkeys([0x0D, *range(0x2028, 0x202F), 0x0333, 0x033F, 0x030A], ""),
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
}
_DIRECTIONS = re.compile("[\u200e\u200f]+(?=[\u200e\u200f])")

# Endings that look like a domain's and are none; everything else with two letters or more may be one.
_NO_DOMAINS = re.compile(
    "js|ts|db|kt|go|rb|hs|jl|gz|html|cpp|json|txt|ya?ml|toml|css|tsx|jsx|xml|csv|exe|dll|jpg|png|pdf|docx?|ipynb|onnx|gguf|"
    "safetensors|mod|sum|lock|ini|cfg|conf|log|swift|php|vue|svelte|scss|less|lua|svg|gif|webp|mp3|mp4|wav|avi|tar|rar|"
    "iso|dmg|apk|jar|sys|bat|sql|sqlite|env",
    re.IGNORECASE,
)
_DOMAIN = re.compile(
    r"(?<![\w@.-])[\w-]+(?:\.[\w-]+)*\.(?P<last>[A-Za-z]{2,}|xn--[\w-]+|中国|中國|公司|网络|網絡|网址|在线|中文网|集团|我爱你|商城|网店|香港|台湾|新加坡)"
    r"(?![\w-]|[\w.-]*@)"
)
_ADDRESS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){2}\.(?=\d{1,3}(?![\d.]))")
# With a path behind it an e-mail address is taken for a web address with a user name.
_USER = re.compile(r"@(?:[\w-]+\.)+(?P<last>[A-Za-z]{2,})(?=[/:?#])")
_CARD = re.compile(r"\d(?:[ -]?\d){12,}")
_CARD_STEP = 9  # the shortest card number has 13 digits
_AFTER = re.compile(
    r"(?<![\w@])@(?=\w{2})"  # a mention
    r"|(?<!\w)#(?=[\w·]*[^\W\d_])"  # a hashtag needs a letter of any script
    r"|(?<!\w)\$(?=1?[A-Z])"  # a cashtag
    r"|(?<![\w/<>])/(?=\w)"  # a command
    r"|(?:tg|ton|tonsite|ftp|https?):(?=//)"  # an address that can't be sent as a link
)
_OWN = (MarkKind.LINK, MarkKind.CODE)


def cleaned(atom: Atom) -> Atom:
    """The atom with the text the server will keep, so that what we count is what it counts."""
    spans = tuple(Span(_clean(span.text, in_code=atom.frame.code is not None), span.marks) for span in atom.spans)
    return replace(atom, spans=spans)


def inert(atom: Atom) -> Atom:
    """The atom with a word joiner wherever the server would see a link, a mention or a tag nobody wrote.

    Code and the author's links stay as they are: the server looks for nothing inside them.
    """
    if atom.frame.code is not None or not atom.spans:
        return atom
    places = sorted(set(_places(atom.text)))
    return replace(atom, spans=tuple(_joined(atom.spans, places))) if places else atom


def _clean(text: str, *, in_code: bool) -> str:
    if in_code:
        text = text.expandtabs(4)
    # A ring above its letter is one character more often than two; alone the server removes it.
    text = unicodedata.normalize("NFC", text) if "\u030a" in text else text
    return _DIRECTIONS.sub(lambda run: "\u200c" * len(run[0]), text.translate(_CLEAN))


def _places(text: str) -> Iterator[int]:
    """Offsets at which a joiner is needed."""
    for found in _AFTER.finditer(text):
        yield found.end()
    if "." in text:
        for found in _DOMAIN.finditer(text):
            if not _NO_DOMAINS.fullmatch(found["last"]):
                yield found.start("last")
        for found in _USER.finditer(text):
            yield found.start("last")
        for found in _ADDRESS.finditer(text):
            yield found.end()
    for found in _CARD.finditer(text):
        yield from range(found.start() + _CARD_STEP, found.end() - 12 + _CARD_STEP, _CARD_STEP)


def _joined(spans: tuple[Span, ...], places: list[int]) -> Iterator[Span]:
    offset = 0
    for span in spans:
        first, end = bisect_left(places, offset), bisect_left(places, offset + len(span.text))
        inside = [at - offset for at in places[first:end]]
        offset += len(span.text)
        if any(mark.kind in _OWN for mark in span.marks):
            yield span
            continue
        bounds = [0, *inside, len(span.text)]
        pieces = [span.text[a:b] for a, b in pairwise(bounds)]
        yield Span(JOINER.join(pieces), span.marks)
