"""Discord's form rules. A form that breaks some is refused whole, with every broken field named (discord.md 1.1, 8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bots.rehearsal.discord.components import check_components, walk
from bots.rehearsal.discord.forms import Allowed, FileNote, Form
from bots.rehearsal.discord.model import Flag
from bots.rehearsal.discord.problems import Problems, mapping, sequence
from bots.rehearsal.discord.wire import FilePart, Json, Refused

CONTENT = 2000
"""Code points (discord.md 1.1)."""
NONCE = 25
FILES = 10
EMBEDS = 10
EMBED_TOTAL = 6000
DESCRIPTION = 1024
FILE_BYTES = 10 * 1024 * 1024
"""Per file, in a server without boosts."""
REQUEST_BYTES = 25 * 1024 * 1024
COMPONENTS = 40
COMPONENT_TEXT = 4000
ALLOWED_IDS = 100

_EMBED_FIELDS = {"title": 256, "description": 4096}
_EMBED_NAMES = {"footer": ("text", 2048), "author": ("name", 256)}
_KNOWN_FLAGS = Flag.SUPPRESS_EMBEDS | Flag.SUPPRESS_NOTIFICATIONS | Flag.COMPONENTS_V2


def check_files(files: tuple[FilePart, ...], size: int) -> None:
    """Number and sizes of the uploads; sizes are per file and for the whole request."""
    if size > REQUEST_BYTES or any(len(each.content) > FILE_BYTES for each in files):
        raise Refused(413, 40005, "Request entity too large")
    if len(files) > FILES:
        raise Refused(400, 30015, f"Maximum number of attachments in a message reached ({FILES})")


def read_form(body: Json, *, new: bool = False) -> Form:
    """The form in a request body. Fields nobody knows are ignored; raises Refused 50035 for all that are wrong.

    `new`: it changes a message that has Components V2 already.
    """
    problems = Problems()
    form = Form(
        content=text_field(problems, ["content"], body.get("content"), CONTENT),
        nonce=_nonce(problems, body.get("nonce")),
        enforce_nonce=body.get("enforce_nonce") is True,
        flags=_flags(problems, body),
        embeds=_embeds(problems, body),
        components=_components(problems, body, new=new),
        attachments=_notes(problems, body),
        allowed=_allowed(problems, body.get("allowed_mentions")),
        reply_to=_reference(problems, body.get("message_reference")),
        must_exist=_must_exist(body.get("message_reference")),
    )
    problems.settle()
    _check_v2(form)
    return form


def clean(text: str) -> str:
    """Content as the server keeps it: both ends stripped, lone surrogates and NUL gone (discord.md 1.1, 2.5)."""
    return "".join(char for char in text if char != "\0" and not "\ud800" <= char <= "\udfff").strip()


def text_field(problems: Problems, path: list[str | int], value: object, limit: int) -> str | None:
    """The string in a field of at most `limit` code points, None when it is absent."""
    if value is None:
        return None
    if isinstance(value, bool | Mapping | list):
        problems.add(path, "STRING_TYPE_CONVERT", f'Could not interpret "{value}" as string.')
        return None
    # Nobody says whether the limit is measured before or after stripping, so the stricter reading holds.
    problems.longer(path, str(value), limit)
    return str(value)


def _nonce(problems: Problems, value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        problems.add(["nonce"], "NONCE_TYPE_CONVERT", "Nonce must be a string or an integer.")
        return None
    problems.longer(["nonce"], str(value), NONCE)
    return str(value)


def _flags(problems: Problems, body: Json) -> Flag | None:
    value = body.get("flags")
    if value is None:
        return None
    number = integer_field(problems, ["flags"], value)
    return Flag(number & _KNOWN_FLAGS)  # unknown bits are ignored (discord.md 3.2)


def integer_field(problems: Problems, path: list[str | int], value: object) -> int:
    """The number in a field, which may be written as a string; 0 for one that is wrong."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    problems.add(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not an integer.')
    return 0


def _entries(problems: Problems, body: Json, name: str) -> list[Mapping[str, Any]] | None:
    """A list of objects; None when the field is absent, empty when it is null."""
    if name not in body:
        return None
    value = body[name] or []
    if isinstance(value, list) and all(isinstance(each, Mapping) for each in value):
        return value
    problems.add([name], "LIST_TYPE_CONVERT", "Only iterables of objects may be used.")
    return []


def _embeds(problems: Problems, body: Json) -> tuple[Mapping[str, Any], ...] | None:
    embeds = _entries(problems, body, "embeds")
    if embeds is None:
        return None
    problems.longer(["embeds"], "." * len(embeds), EMBEDS)
    total = sum(_embed_size(problems, n, embed) for n, embed in enumerate(embeds))
    if total > EMBED_TOTAL:
        problems.add(["embeds"], "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {EMBED_TOTAL}")
    return tuple(embeds)


def _embed_size(problems: Problems, n: int, embed: Mapping[str, Any]) -> int:
    """Characters of an embed that count towards the total; embed text is stripped before it is measured."""
    found: list[tuple[list[str | int], str, int]] = []
    for name, limit in _EMBED_FIELDS.items():
        found.append((["embeds", n, name], str(embed.get(name) or ""), limit))
    for name, (part, limit) in _EMBED_NAMES.items():
        found.append((["embeds", n, name, part], str(mapping(embed.get(name)).get(part) or ""), limit))
    fields = [mapping(each) for each in sequence(embed.get("fields"))]
    problems.longer(["embeds", n, "fields"], "." * len(fields), 25)
    for place, each in enumerate(fields):
        found.append((["embeds", n, "fields", place, "name"], str(each.get("name") or ""), 256))
        found.append((["embeds", n, "fields", place, "value"], str(each.get("value") or ""), 1024))
    for path, text, limit in found:
        problems.longer(path, text.strip(), limit)
    return sum(len(text.strip()) for _, text, _ in found)


def _components(problems: Problems, body: Json, *, new: bool) -> tuple[Mapping[str, Any], ...] | None:
    components = _entries(problems, body, "components")
    if components is None:
        return None
    everything = list(walk(components))
    problems.longer(["components"], "." * len(everything), COMPONENTS)
    text = "".join(str(each.get("content") or "") for each in everything)
    problems.longer(["components"], text, COMPONENT_TEXT)
    flags = body.get("flags")
    asked = isinstance(flags, int) and bool(flags & Flag.COMPONENTS_V2)
    check_components(problems, components, new=new or asked)
    return tuple(components)


def _notes(problems: Problems, body: Json) -> tuple[FileNote, ...] | None:
    entries = _entries(problems, body, "attachments")
    if entries is None:
        return None
    return tuple(_note(problems, n, entry) for n, entry in enumerate(entries))


def _note(problems: Problems, n: int, entry: Mapping[str, Any]) -> FileNote:
    path: list[str | int] = ["attachments", n]
    if entry.get("id") is None:
        problems.add([*path, "id"], "BASE_TYPE_REQUIRED", "This field is required")
        return FileNote(0)
    return FileNote(
        id=integer_field(problems, [*path, "id"], entry["id"]),
        filename=text_field(problems, [*path, "filename"], entry.get("filename"), 1024),
        description=text_field(problems, [*path, "description"], entry.get("description"), DESCRIPTION),
    )


def _allowed(problems: Problems, value: object) -> Allowed:
    if value is None:
        return Allowed()
    if not isinstance(value, Mapping):
        problems.add(["allowed_mentions"], "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
        return Allowed()
    parse = frozenset(str(each) for each in sequence(value.get("parse")))
    for unknown in sorted(parse - Allowed().parse):
        path = ["allowed_mentions", "parse"]
        problems.add(path, "BASE_TYPE_CHOICES", f"'{unknown}' must be one of ('users', 'roles', 'everyone').")
    users, roles = _ids(problems, value, "users", parse), _ids(problems, value, "roles", parse)
    return Allowed(parse, users, roles, value.get("replied_user") is True)


def _ids(problems: Problems, value: Json, kind: str, parse: frozenset[str]) -> frozenset[int]:
    ids = sequence(value.get(kind))
    problems.longer(["allowed_mentions", kind], "." * len(ids), ALLOWED_IDS)
    if ids and kind in parse:
        text = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
        problems.add(["allowed_mentions"], "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", text)
    return frozenset(integer_field(problems, ["allowed_mentions", kind, n], each) for n, each in enumerate(ids))


def _reference(problems: Problems, value: object) -> int | None:
    if not isinstance(value, Mapping) or value.get("message_id") is None:
        return None
    return integer_field(problems, ["message_reference", "message_id"], value["message_id"])


def _must_exist(value: object) -> bool:
    return not isinstance(value, Mapping) or value.get("fail_if_not_exists") is not False


def _check_v2(form: Form) -> None:
    """A Components V2 message carries components and nothing else (discord.md 1.2)."""
    if not form.flags or Flag.COMPONENTS_V2 not in form.flags:
        return
    problems = Problems()
    for name, value in (("content", form.content), ("embeds", form.embeds)):
        if value:
            text = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            problems.add([name], "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", text)
    problems.settle()
