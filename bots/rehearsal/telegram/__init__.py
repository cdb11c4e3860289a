"""A local Telegram: the Bot API's methods, limits and refusals for what weektech uses."""

from bots.rehearsal.telegram.api import Telegram
from bots.rehearsal.telegram.limits import NO_LIMITS, Limits, Window
from bots.rehearsal.telegram.people import People
from bots.rehearsal.telegram.questions import Press, Question, Toast
from bots.rehearsal.telegram.replies import File, Reply
from bots.rehearsal.telegram.server import make_app
from bots.rehearsal.telegram.state import Bot
from bots.rehearsal.telegram.values import (
    Chat,
    ChatKind,
    Entity,
    Media,
    MediaKind,
    Member,
    Message,
    Permissions,
    Role,
    Standing,
    Topic,
    User,
)

__all__ = [
    "NO_LIMITS",
    "Bot",
    "Chat",
    "ChatKind",
    "Entity",
    "File",
    "Limits",
    "Media",
    "MediaKind",
    "Member",
    "Message",
    "People",
    "Permissions",
    "Press",
    "Question",
    "Reply",
    "Role",
    "Standing",
    "Telegram",
    "Toast",
    "Topic",
    "User",
    "Window",
    "make_app",
]
