"""A request as it came in, an answer as it goes out, a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file of a multipart request; `key` is the n of `files[n]`."""

    key: int
    filename: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A request, decoded."""

    method: str
    path: str
    """Beneath /api/v10, with its leading slash and without the query."""
    token: str = ""
    """The Authorization header as sent."""
    query: Mapping[str, str] = field(default_factory=dict)
    body: Json = field(default_factory=dict)
    """The JSON body, or `payload_json` of a multipart request."""
    items: tuple[Any, ...] | None = None
    """The JSON body of the routes that take a list."""
    files: tuple[FilePart, ...] = ()
    size: int = 0
    """Bytes of the whole request body."""
    origin: str = "http://127.0.0.1"
    """Scheme, host and port under which attachments can be fetched."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any = None
    """JSON-able; None for an empty 204."""
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The server says no: an HTTP status, Discord's own code and message, and for 50035 the tree of field errors."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status, self.code, self.message, self.errors = status, code, message, errors

    def body(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"message": self.message, "code": self.code}
        return shown | {"errors": self.errors} if self.errors else shown
