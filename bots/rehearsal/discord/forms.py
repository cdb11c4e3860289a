"""What a message form asks for, once it has passed: the values `validation` reads out of a request body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bots.rehearsal.discord.model import Flag


@dataclass(frozen=True, slots=True)
class Allowed:
    """Whose mentions may notify. A form without the field allows everything, on edits too (discord.md 3.1, 3.4)."""

    parse: frozenset[str] = frozenset({"users", "roles", "everyone"})
    users: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    replied_user: bool = True


@dataclass(frozen=True, slots=True)
class FileNote:
    """An entry of `attachments`: a file of this request by its n, or on an edit one the message already has."""

    id: int
    filename: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """A checked message form. None means the field was absent, which on an edit leaves things as they are."""

    content: str | None = None
    nonce: str | None = None
    enforce_nonce: bool = False
    flags: Flag | None = None
    embeds: tuple[Mapping[str, Any], ...] | None = None
    components: tuple[Mapping[str, Any], ...] | None = None
    attachments: tuple[FileNote, ...] | None = None
    allowed: Allowed = field(default_factory=Allowed)
    reply_to: int | None = None
    must_exist: bool = True
    """`fail_if_not_exists` of the reference: true unless said otherwise."""
