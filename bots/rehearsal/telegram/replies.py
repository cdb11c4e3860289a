"""What the Bot API answers, and the refusals a call can end with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Any
"""A value as `json.dumps` takes it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: HTTP status and JSON body."""

    status: int
    body: Mapping[str, Json]

    @property
    def ok(self) -> bool:
        return self.status == 200

    @property
    def result(self) -> Json:
        return self.body.get("result")

    @property
    def description(self) -> str:
        return str(self.body.get("description", ""))


class BotApiError(Exception):
    """A call the Bot API does not carry out.

    `parameters` is its `ResponseParameters`: retry_after in seconds, or migrate_to_chat_id.
    """

    def __init__(self, code: int, description: str, parameters: Mapping[str, int] | None = None) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, dict(parameters or {})

    def reply(self) -> Reply:
        body: dict[str, Json] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return Reply(self.code, body)


def bad_request(what: str) -> BotApiError:
    """400. The server lower-cases the first letter of TDLib's own messages, raw codes stay (telegram.md 6)."""
    raw_code = len(what) > 1 and (what[1].isupper() or what[1] == "_")
    return BotApiError(400, "Bad Request: " + (what if raw_code else what[:1].lower() + what[1:]))


def forbidden(what: str) -> BotApiError:
    return BotApiError(403, f"Forbidden: {what}")


def too_many_requests(seconds: int) -> BotApiError:
    return BotApiError(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


def success(result: Json) -> Reply:
    return Reply(200, {"ok": True, "result": result})


@dataclass(frozen=True, slots=True)
class File:
    """A part of a multipart request."""

    name: str
    content: bytes = field(repr=False)
    mime: str = "application/octet-stream"
