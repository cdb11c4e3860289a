"""HTML pages: one renderer for all of them. It knows no platform's API; callers bring the values of `views`."""

from bots.pages.render import policy, rehearsal_page
from bots.pages.spans import Span, nest
from bots.pages.views import Card, Chat, Element, Embed, File, Look, Message, Node, Picture, Thread

__all__ = [
    "Card",
    "Chat",
    "Element",
    "Embed",
    "File",
    "Look",
    "Message",
    "Node",
    "Picture",
    "Span",
    "Thread",
    "nest",
    "policy",
    "rehearsal_page",
]
