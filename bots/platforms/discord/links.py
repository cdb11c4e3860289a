"""Links in Discord's Markdown: `[label](<target>)` where the label allows it, else its words and the address.

Discord prints a masked link raw when its label holds an emoji, an address or a bracket (discord 2.3).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import quote, unquote

import regex

from bots.layout.atoms import MarkKind, Span

_OPENABLE = regex.compile(r"https?://[^\s/]", regex.IGNORECASE)
_ADDRESS = r"https?://\S+|discord\.gg/\S*"
_EMOJI = (
    r"(?:[0-9#*]\uFE0F?\u20E3"
    r"|[\p{Extended_Pictographic}\p{Regional_Indicator}\uFE0F\u200D\U0001F3FB-\U0001F3FF\U000E0020-\U000E007F])+"
)
# One of these in a label, and Discord prints the whole link raw.
_UNFIT = regex.compile(rf"({_ADDRESS}|{_EMOJI}|[\[\]]+)", regex.IGNORECASE)
_WORD = regex.compile(r"\w")
_UNSAFE = regex.compile(r"[\s()<>\[\]\\|`*\"]|~(?=~)|(?<=~)~")


def openable(href: str) -> bool:
    """True for the only schemes a masked link may have."""
    return bool(_OPENABLE.match(href))


def target(href: str, *, underlined: bool = False) -> str:
    """`href` without a character that ends the link or closes an emphasis around it."""
    host = regex.match(r"[^:]*://[^/?#]*", href)
    split = host.end() if host else 0
    safe = href[:split] + str(_UNSAFE.sub(lambda m: quote(m[0]), href[split:]))
    # quote() leaves "~" alone as RFC 3986 says; here a pair of them would be a strike.
    safe = safe.replace("~~", "%7E%7E")
    return safe.replace("_", "%5F") if underlined else safe


def is_address(label: str, href: str) -> bool:
    """True when the label is the link's own address, whichever way either is percent-encoded."""
    bare = openable(label) and not regex.search(r"[\s<>]", label)
    return bare and unquote(label).rstrip("/") == unquote(href).rstrip("/")


def pieces(label: Sequence[Span]) -> list[tuple[bool, tuple[Span, ...]]]:
    """The label cut into stretches that fit between the brackets (True) and stretches that don't (False)."""
    out: list[tuple[bool, tuple[Span, ...]]] = []
    for fits, span in _classified(label):
        if fits and out and out[-1][0]:
            out[-1] = (True, (*out[-1][1], span))
        else:
            out.append((fits, (span,)))
    return out


def _classified(label: Sequence[Span]) -> Iterator[tuple[bool, Span]]:
    for span in label:
        if any(mark.kind is MarkKind.CODE for mark in span.marks):
            yield not _UNFIT.search(span.text), span
            continue
        for at, text in enumerate(_UNFIT.split(span.text)):
            if text:
                yield at % 2 == 0, replace(span, text=text)


def best(stretches: Sequence[tuple[bool, tuple[Span, ...]]]) -> int | None:
    """Index of the longest stretch that can carry the link and has something to click on; None for none."""
    sizes = [len("".join(s.text for s in spans)) if fits and _words(spans) else 0 for fits, spans in stretches]
    return sizes.index(max(sizes)) if any(sizes) else None


def _words(spans: Sequence[Span]) -> bool:
    return any(_WORD.search(span.text) for span in spans)
