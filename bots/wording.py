"""What the bots say to readers, in the reader's language: gettext catalogues, read as they are written.

A catalogue is a `.po` file of plain entries, so a translator's tools work on it and nothing has to be compiled. The
English words are the key; a word that is missing in a catalogue is said in English.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

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
    return Tongue(language, read_catalogue(FOLDER / language / "LC_MESSAGES" / "weektech.po"))


def spoken(client: str, otherwise: str) -> str:
    """The language for a reader whose app speaks `client` (`zh-hans`, `en-GB`); `otherwise` where it does not say."""
    if not client:
        return otherwise
    return "zh" if client.lower().replace("_", "-").split("-")[0] == "zh" else "en"


def read_catalogue(path: Path) -> dict[str, str]:
    """Message to translation; what is not translated yet has none."""
    with path.open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file, abort_invalid=True) if entry.id}
