"""What the bots say to readers, in the reader's language: gettext catalogues, read as they are written.

A catalogue is a `.po` file of plain entries, so a translator's tools work on it and nothing has to be compiled. The
English words are the key; a word that is missing in a catalogue is said in English.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "locale"
LANGUAGES: Mapping[str, str] = {"zh": "中文", "en": "English"}
"""The languages there are, each by its own name."""


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language."""

    language: str
    words: Mapping[str, str]

    def __call__(self, english: str, **values: object) -> str:
        """The words in this language, with `values` for the names in braces."""
        said = self.words.get(english) or english
        return said.format(**values) if values else said


@cache
def tongue(language: str) -> Tongue:
    """One of `LANGUAGES`."""
    path = FOLDER / language / "LC_MESSAGES" / "weektech.po"
    return Tongue(language, read_catalogue(path.read_text(encoding="utf-8")))


def spoken(client: str, otherwise: str) -> str:
    """The language for a reader whose app speaks `client` (`zh-hans`, `en-GB`); `otherwise` where it does not say."""
    if not client:
        return otherwise
    return "zh" if client.lower().replace("_", "-").split("-")[0] == "zh" else "en"


def read_catalogue(text: str) -> dict[str, str]:
    """Message to translation. Raises ValueError with the line of anything but comments and plain entries."""
    return {key: value for key, value in _entries(text) if key}


def _entries(text: str) -> Iterator[tuple[str, str]]:
    found = {"msgid": "", "msgstr": ""}
    now = ""
    for number, line in enumerate([*text.split("\n"), 'msgid ""'], 1):
        word, _, rest = line.strip().partition(" ")
        if not word or word.startswith("#"):
            continue
        if word in found:
            if word == "msgid" and now:
                yield found["msgid"], found["msgstr"]
            now, found[word] = word, ""
        else:
            rest = line.strip()
        found[now] = found.get(now, "") + _string(rest, number)


def _string(quoted: str, line: int) -> str:
    try:
        value = ast.literal_eval(quoted) if quoted[:1] == quoted[-1:] == '"' else None
    except (ValueError, SyntaxError):
        value = None
    if not isinstance(value, str):
        raise ValueError(f"line {line}: not a catalogue's entry")
    return value
