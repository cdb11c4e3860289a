"""HTML pages: one renderer for all of them. It knows no platform's API; callers bring the values of `views`."""

from bots.pages.markup import broken, html, web_address
from bots.pages.render import comments_page, policy, rehearsal_page
from bots.pages.spans import Span, nest
from bots.pages.views import (
    Button,
    Card,
    Chat,
    Comment,
    Element,
    Embed,
    File,
    Look,
    Message,
    Node,
    Picture,
    Reaction,
    Thread,
    Topic,
)

__all__ = [
    "Button",
    "Card",
    "Chat",
    "Comment",
    "Element",
    "Embed",
    "File",
    "Look",
    "Message",
    "Node",
    "Picture",
    "Reaction",
    "Span",
    "Thread",
    "Topic",
    "broken",
    "comments_page",
    "html",
    "nest",
    "policy",
    "rehearsal_page",
    "web_address",
]
