"""HTML pages: one renderer for all of them. It knows no platform's API; callers bring the values of `views`."""

from bots.pages.render import policy, rehearsal_page
from bots.pages.spans import Span, nest
from bots.pages.views import Button, Card, Chat, Element, Embed, File, Look, Message, Node, Picture, Reaction, Thread

__all__ = [
    "Button",
    "Card",
    "Chat",
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
    "nest",
    "policy",
    "rehearsal_page",
]
