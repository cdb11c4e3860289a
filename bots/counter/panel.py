"""A panel of buttons by which readers on Discord give themselves roles. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bots import buttons, speech
from bots.buttons import Kind
from bots.model import Button, Destination, Message
from bots.platforms.base import Renderer
from bots.wording import Tongue


def panel(renderer: Renderer, place: Destination, roles: Mapping[str, str], say: Tongue) -> Sequence[Message]:
    """The panel; `roles` as in `Config.roles`. A button toggles its role."""
    each = [Button(buttons.label(title or say("Each issue")), f"{Kind.ROLE}:{role}") for title, role in roles.items()]
    words = say("Press a button to be told of new issues; press it again to be told no more.")
    return speech.messages(renderer, place, words, buttons.rows(each))
