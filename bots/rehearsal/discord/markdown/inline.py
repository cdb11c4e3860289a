"""What can stand anywhere in a line: styles, code, links, mentions, escapes. Each rule looks at one position.

The client matches patterns in turn instead of weighing delimiters, so styles open and close next to any character and
reach over line ends (discord.md 2.1, 2.5).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import regex

from bots.rehearsal.discord.markdown.nodes import (
    CodeBlock,
    Emoji,
    Link,
    Mention,
    Mono,
    Node,
    Style,
    Styled,
    Text,
    Timestamp,
)


@dataclass(frozen=True, slots=True)
class Context:
    """Where the reader is."""

    blocks: bool = True
    """Line starts may open a heading, list or quote: not inside a style or a link."""
    quote: bool = False
    link: bool = False
    depth: int = 0
    """Lists around this place."""
    styles: int = 0
    """Styles around this place."""


DEEPEST_STYLE = 20
"""A guard, not a fact about the client: a line of two thousand asterisks would nest a thousand times."""


Found = tuple[Node, int]
"""A node and where it ends."""
Read = Callable[[str, Context], tuple[Node, ...]]
"""The reader itself, for what stands inside a node."""
Rule = Callable[[str, int, Context, Read], Found | None]

_SHRUG = "¯\\_(ツ)_/¯"
_ESCAPE = re.compile(r"\\([^0-9A-Za-z\s])")
_FENCE = re.compile(r"```(?:([A-Za-z0-9_+.#-]+)\n)?\n*([^\n].*?)\n*```(?:\n|$)?", re.DOTALL)
_CODE = re.compile(r"(``?)(.*?[^`])\1(?!`)", re.DOTALL)
_EM_STAR = re.compile(r"\*(?=\S)((?:\*\*|\\.|\s+(?:\\.|[^\s*\\]|\*\*)|[^\s*\\])+?)\*(?!\*)", re.DOTALL)
_EM_LINE = re.compile(r"_((?:__|\\.|[^\\_])+?)_(?![A-Za-z0-9_])", re.DOTALL)
_STRONG = re.compile(r"\*\*((?:\\.|[^\\])+?)\*\*(?!\*)", re.DOTALL)
_UNDERLINE = re.compile(r"__((?:\\.|[^\\])+?)__(?!_)", re.DOTALL)
_STRIKE = re.compile(r"~~(.+?)~~(?!_)", re.DOTALL)
_SPOILER = re.compile(r"\|\|(.+?)\|\|", re.DOTALL)
_MASKED = re.compile(r"\[((?:\[[^\[\]]*\]|\\[\[\]]|[^\[\]])*)\]\(([^)\n]*)\)")
_BARE = re.compile(r"https?://[^\s<]+[^<.,:;\"')\]\s]")
_ANGLE = re.compile(r"<(https?://[^\s<>]+)>")
_MAIL = re.compile(r"<([\w.+-]+@[\w-]+(?:\.[\w-]+)+)>")
_MENTION = re.compile(r"<(?:@!?(?P<user>\d+)|@&(?P<role>\d+)|#(?P<channel>\d+)|/(?P<command>[^\n:<>]+:\d+))>")
_GUIDE = re.compile(r"<id:(customize|browse|guide|linked-roles(?::\d+)?)>")
_EMOJI = re.compile(r"<a?:(\w{2,32}):(\d+)>")
_TIME = re.compile(r"<t:(-?\d{1,17})(?::([tTdDfFRsS]))?>")
_EVERYONE = re.compile(r"@(everyone|here)")

_ADDRESS_IN_LABEL = re.compile(r"https?://\S{2}")
_PICTOGRAPH = r"[\p{Extended_Pictographic}--[©®™]]|\p{RI}|[0-9#*]\uFE0F?\u20E3"
_EMOJI_IN_LABEL = regex.compile(rf"{_PICTOGRAPH}|<a?:\w+:\d+>", regex.V1)
_SCHEMES = frozenset({"http", "https", "discord"})


def _shrug(text: str, at: int, context: Context, read: Read) -> Found | None:
    return (Text(_SHRUG), at + len(_SHRUG)) if text.startswith(_SHRUG, at) else None


def _escape(text: str, at: int, context: Context, read: Read) -> Found | None:
    match = _ESCAPE.match(text, at)
    if match is None or (context.link and match[1] in "[]"):
        return None  # in a link's text the backslash before a bracket shows (discord.md 2.3)
    return Text(match[1]), match.end()


def _fence(text: str, at: int, context: Context, read: Read) -> Found | None:
    # Clients disagree about fences in quotes, so here they show their backticks.
    match = None if context.quote or context.link else _FENCE.match(text, at)
    if match is None:
        return None
    return CodeBlock(match[2], match[1] or ""), match.end()


def _code(text: str, at: int, context: Context, read: Read) -> Found | None:
    match = _CODE.match(text, at)
    if match is None:
        return None
    inner = match[2]
    # A blank each side lets code begin or end with a backtick; it isn't shown.
    if inner.startswith(" `") or inner.endswith("` "):
        inner = inner.removeprefix(" ").removesuffix(" ")
    return Mono(inner), match.end()


def _styled(pattern: re.Pattern[str], style: Style) -> Rule:
    def rule(text: str, at: int, context: Context, read: Read) -> Found | None:
        match = pattern.match(text, at) if context.styles < DEEPEST_STYLE else None
        if match is None:
            return None
        inside = replace(context, blocks=False, styles=context.styles + 1)
        return Styled(style, read(match[1], inside)), match.end()

    return rule


def _longest(*rules: tuple[re.Pattern[str], Style]) -> Rule:
    """Of several styles that open with the same character, the one that reaches furthest; the first if they tie."""
    by_pattern = [(pattern, _styled(pattern, style)) for pattern, style in rules]

    def rule(text: str, at: int, context: Context, read: Read) -> Found | None:
        reach = [(match.end(), chosen) for pattern, chosen in by_pattern if (match := pattern.match(text, at))]
        return max(reach, key=lambda each: each[0])[1](text, at, context, read) if reach else None

    return rule


def _masked(text: str, at: int, context: Context, read: Read) -> Found | None:
    """A masked link, or its source as it stands when the client refuses it (discord.md 2.3)."""
    match = None if context.link else _MASKED.match(text, at)
    if match is None:
        return None
    label, target = match[1], match[2]
    angled = target.startswith("<") and target.endswith(">")
    href = target[1:-1] if angled else target
    if not _opens(href) or _refused(label):
        return Text(match[0]), match.end()
    children = read(label, replace(context, blocks=False, link=True))
    return Link(href, children, masked=True, preview=not angled), match.end()


def _opens(href: str) -> bool:
    """True for an address the client makes a link of: one of three schemes, a host, no blanks or angle brackets."""
    if any(char.isspace() or char in "<>" for char in href):
        return False
    try:
        parts = urlsplit(href)
        return parts.scheme.lower() in _SCHEMES and bool(parts.hostname)
    except ValueError:
        return False


def _refused(label: str) -> bool:
    return bool(_ADDRESS_IN_LABEL.search(label) or _EMOJI_IN_LABEL.search(label) or "```" in label)


def _angle(text: str, at: int, context: Context, read: Read) -> Found | None:
    match = None if context.link else _ANGLE.match(text, at)
    return (Link(match[1], (Text(match[1]),), masked=False, preview=False), match.end()) if match else None


def _mail(text: str, at: int, context: Context, read: Read) -> Found | None:
    match = None if context.link else _MAIL.match(text, at)
    return (Link(f"mailto:{match[1]}", (Text(match[1]),), masked=False, preview=False), match.end()) if match else None


def _bare(text: str, at: int, context: Context, read: Read) -> Found | None:
    """A bare address takes along everything up to the next blank, Chinese included (discord.md 2.3)."""
    match = None if context.link else _BARE.match(text, at)
    return (Link(match[0], (Text(match[0]),), masked=False, preview=True), match.end()) if match else None


def _mention(text: str, at: int, context: Context, read: Read) -> Found | None:
    if context.link:
        return None  # in a link's text the raw id shows
    if match := _MENTION.match(text, at):
        kind = match.lastgroup or ""
        return Mention(kind, match[kind]), match.end()
    if match := _GUIDE.match(text, at):
        return Mention("guide", match[1]), match.end()
    return None


def _custom(text: str, at: int, context: Context, read: Read) -> Found | None:
    match = _EMOJI.match(text, at)
    return (Emoji(match[1], match[2]), match.end()) if match else None


def _time(text: str, at: int, context: Context, read: Read) -> Found | None:
    match = _TIME.match(text, at)
    return (Timestamp(int(match[1]), match[2] or "f"), match.end()) if match else None


def _everyone(text: str, at: int, context: Context, read: Read) -> Found | None:
    match = _EVERYONE.match(text, at)
    return (Mention("everyone", match[1]), match.end()) if match else None


RULES: dict[str, tuple[Rule, ...]] = {
    "¯": (_shrug,),
    "\\": (_escape,),
    "`": (_fence, _code),
    "*": (_longest((_EM_STAR, Style.ITALIC), (_STRONG, Style.BOLD)),),
    "_": (_longest((_EM_LINE, Style.ITALIC), (_UNDERLINE, Style.UNDERLINE)),),
    "~": (_styled(_STRIKE, Style.STRIKE),),
    "|": (_styled(_SPOILER, Style.SPOILER),),
    "[": (_masked,),
    "<": (_angle, _mention, _custom, _time, _mail),
    "h": (_bare,),
    "@": (_everyone,),
}
"""Rules by the character they start at, in the order they are tried."""


def inline(text: str, at: int, context: Context, read: Read) -> Found | None:
    """The inline node that starts at `at`, None for a plain character."""
    for rule in RULES.get(text[at], ()):
        if (found := rule(text, at, context, read)) is not None:
            return found
    return None
