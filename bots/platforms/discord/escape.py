"""Literal text in Discord's Markdown: what the author wrote is what the reader sees (facts: discord 2.4, 2.5)."""

from __future__ import annotations

import re

JOINER = "\u2060"
"""Word joiner: breaks up a mention; the reader doesn't see it, though copied text carries it."""
GUARD = "\u200b"
"""Zero-width space: keeps two delimiters apart that would be read as one."""
SLOT_OPEN, SLOT_CLOSE = "\ufdd0", "\ufdd1"
"""Stand around a contents entry until its place is known; no text holds them, they are not characters."""

_INLINE = re.compile(
    r"""
      [\\*_`\[]               # each of them opens something, wherever it stands
    | (?:^|(?<=\]))\(         # a link's label reaches over brackets to the next "]("
    | ~(?=~) | (?<=~)~        # one of a pair; alone they are only characters
    | \|(?=\|) | (?<=\|)\|
    | <(?!\s)                 # <@user>, <#channel>, <:emoji:1>, <t:0>, <https://x>, or the start of a link that follows
    | (?:(?<=http)|(?<=https)):(?=//)       # an address that is not a link would swallow the Chinese behind it
    | :(?=[A-Za-z0-9_+\-]{1,40}:)           # :smile:
    | @(?=everyone|here)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MENTION = re.compile(r"\\@(?=everyone|here)|\\<(?=(?:@[!&]?|\#)[0-9])", re.IGNORECASE)
# Delimiters before a marker don't hide it: the parsers look for lists inside a bold line, too.
_LINE_START = re.compile(rf"^((?:[*_~|\[{SLOT_OPEN}]|\s)*)(?:(\#{{1,3}}|-\#|[-+])(?=\s|$)|(>)|([0-9]+)(\.)(?=\s|$))")
_ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")
_BACKTICKS = re.compile(r"`(?=`)")
_FENCE = re.compile(r"``(?=`)")
_LANGUAGE = re.compile(r"[A-Za-z0-9_+.#-]{1,32}")


def literal(text: str, *, inert: bool = True) -> str:
    """`text` with every character escaped that Discord would act on inside a line.

    With `inert`, mentions are broken by a word joiner as well, so that not even a server that looks for them before it
    looks at backslashes finds one.
    """
    escaped = _INLINE.sub(r"\\\g<0>", text)
    return _MENTION.sub(lambda m: m[0] + JOINER if m[0] == r"\<" else "@" + JOINER, escaped) if inert else escaped


def line_start(line: str) -> str:
    """A finished line that no longer begins a heading, a list, subtext or a quote."""

    def escape(m: re.Match[str]) -> str:
        before, mark, quote, number, dot = m.groups()
        return f"{before}{number}\\{dot}" if number else f"{before}\\{mark or quote}"

    return _LINE_START.sub(escape, line)


def plain(escaped: str) -> str:
    """The text that `literal` was given."""
    return _ESCAPED.sub(r"\1", escaped).replace(JOINER, "")


def code_span(text: str) -> str:
    """Inline code; nothing can be escaped inside, so backticks are fenced in by more of them or kept apart."""
    if "`" not in text:
        return f"`{text}`"
    apart = _BACKTICKS.sub("`" + GUARD, text)
    # The parsers take one space away again where it touches a backtick.
    left, right = (" " if text[at] == "`" else "" for at in (0, -1))
    return f"``{left}{apart}{right}``"


def fence(lines: str, language: str) -> str:
    """A code block; three backticks inside it can't close it."""
    body = _FENCE.sub("``" + GUARD, lines)
    name = language if _LANGUAGE.fullmatch(language) else ""
    return f"```{name}\n{body if body.strip() else GUARD}\n```"
