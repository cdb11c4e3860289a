"""What reaches a terminal: results on stdout, everything else on stderr, no text of unknown origin as it came."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from bots.model import Notice
from bots.redaction import Redactor

_CONTROL = dict.fromkeys(
    (*range(10), *range(11, 32), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
)
"""Control and bidi characters: text from posts and readers must not drive the terminal."""
_ESCAPED = {number: f"\\u{number:04x}" for number in _CONTROL}
"""The same as JSON writes them, which escapes only the first 32 by itself."""


class _Hidden:
    """What must not be shown; replaced once the tokens are known."""

    by = Redactor()


def hide(secrets: Iterable[str]) -> None:
    """From here on these are shown to nobody, whatever they turn up in."""
    _Hidden.by = Redactor(secrets)


def out() -> Console:
    return Console(highlight=False, markup=False)


def err() -> Console:
    return Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def safe(text: str, style: str = "") -> Text:
    """Text of unknown origin, harmless in a terminal and without secrets."""
    return Text(_Hidden.by.redact(text.translate(_CONTROL)), style)


def line(record: Mapping[str, Any]) -> None:
    """One object of a --json answer, at once: a script may be waiting for it."""
    # Only Unicode has a place for every letter; elsewhere JSON's own escapes keep the line valid.
    letters = (sys.stdout.encoding or "").lower().startswith("utf")
    print(json.dumps(record, ensure_ascii=not letters).translate(_ESCAPED), flush=True)


def error(problem: BaseException) -> None:
    err().print(Text.assemble(("error ", "bold red"), safe(str(problem))))


def notices(path: Path, found: Iterable[Notice]) -> None:
    for notice in found:
        where = f"{path}:{notice.line}" if notice.line else str(path)
        err().print(Text.assemble(("warning ", "yellow"), safe(f"{where}: {notice.what}")))
