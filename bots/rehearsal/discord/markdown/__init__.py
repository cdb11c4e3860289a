"""A reader of Discord's Markdown dialect: what a message looks like in the client, not what its author meant.

Written from what is known of the client (discord.md 2), apart from the renderer it judges. Where the independent
parsers disagree it takes the reading that is worse for the author, so that a message which passes here is safe.
"""

from bots.rehearsal.discord.markdown.nodes import (
    CodeBlock,
    Emoji,
    Heading,
    Link,
    Listing,
    Mention,
    Mono,
    Node,
    Quote,
    Style,
    Styled,
    Subtext,
    Text,
    Timestamp,
)
from bots.rehearsal.discord.markdown.parser import parse
from bots.rehearsal.discord.markdown.reading import Run, links, runs, visible

__all__ = [
    "CodeBlock",
    "Emoji",
    "Heading",
    "Link",
    "Listing",
    "Mention",
    "Mono",
    "Node",
    "Quote",
    "Run",
    "Style",
    "Styled",
    "Subtext",
    "Text",
    "Timestamp",
    "links",
    "parse",
    "runs",
    "visible",
]
