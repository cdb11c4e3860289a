"""What an author tells weektech: `<!-- weektech: skip -->`, `break`, `id=name`, `erratum ...`, `{#id}` on a heading."""

from __future__ import annotations

import re
from difflib import get_close_matches

from bots.document import Break, Directive
from bots.model import Notice

ERRATUM = "erratum"
"""Name of the instruction that adds words to a section which is out there already."""
_PREFIX = re.compile(r"\s*weektech\s*[::]\s*(.*?)\s*\Z", re.IGNORECASE | re.DOTALL)
_ID = re.compile(r"\s*\{#([^\s{}#]+)[^{}]*\}\s*\Z")
_ATTRIBUTE_ID = re.compile(r"[\s{:]#([^\s{}#]+)")
_NAMES = ("skip", "break", "id", "erratum")
_ERRATUM = re.compile(r"erratum(?:\s*[:\uff1a]\s*|\s+)(\S.*)", re.IGNORECASE | re.DOTALL)
LONGEST_ERRATUM = 900
"""Characters; with its opening word it fits into one message anywhere, whatever has to be escaped in it."""


def from_comment(text: str, line: int) -> Break | Directive | Notice | None:
    """What a comment means; None when it is not addressed to weektech, a Notice when it is not understood."""
    match = _PREFIX.match(text)
    if match is None:
        return None
    if erratum := _ERRATUM.fullmatch(match[1]):
        return _erratum(" ".join(erratum[1].split()), line)
    name, equals, value = (part.strip() for part in match[1].partition("="))
    if name == "break" and not equals:
        return Break(line)
    if (name == "skip" and not equals) or (name == "id" and value and not re.search(r"\s", value)):
        return Directive(name, value, line)
    return Notice(_complaint(match[1], name), line)


def pinned_id(heading: str) -> tuple[str, str]:
    """A heading's text without the `{#id}` at its end, and the id (empty for none)."""
    match = _ID.search(heading)
    return (heading[: match.start()], match[1]) if match else (heading, "")


def id_in(attributes: str) -> str:
    """The id in an attribute list such as `{: .wide #id}`, empty for none."""
    match = _ATTRIBUTE_ID.search(attributes)
    return match[1] if match else ""


def _erratum(words: str, line: int) -> Directive | Notice:
    if len(words) <= LONGEST_ERRATUM:
        return Directive(ERRATUM, words, line)
    return Notice(f"This erratum has {len(words)} characters and is left out; {LONGEST_ERRATUM} are allowed.", line)


def _complaint(whole: str, name: str) -> str:
    if name.lower() == ERRATUM:
        return '"weektech: erratum" needs the words to add, as in "weektech: erratum The price is 20, not 30."'
    close = get_close_matches(name, _NAMES, n=1, cutoff=0.5)
    if name == "id":
        return f'"weektech: {whole}" needs a name without spaces, as in "weektech: id=my-section".'
    hint = f'Did you mean "{close[0]}"?' if close else "It can be skip, break, id=name or erratum with words."
    return f'"weektech: {whole}" is not an instruction weektech knows. {hint}'
