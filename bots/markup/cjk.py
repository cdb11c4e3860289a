"""Which characters are Chinese or Japanese to the rules of emphasis and of line ends."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import east_asian_width, name

# Unicode calls these "ambiguous": Chinese text sets them full width, so they follow the company they keep.
_SHARED = frozenset("“”‘’…—·")


@lru_cache(maxsize=8192)
def is_wide(char: str) -> bool:
    """Full-width by itself: ideographs, kana, full-width punctuation, most emoji."""
    return east_asian_width(char) in "WFH"


def is_cjk(char: str) -> bool:
    """Wide, or one of the quotes and dashes that Chinese shares with other scripts."""
    return char in _SHARED or is_wide(char)


@lru_cache(maxsize=8192)
def _spaced(char: str) -> bool:
    """Hangul separates words by spaces, and an emoji is no letter."""
    emoji = 0x1F000 <= ord(char) < 0x20000
    return emoji or name(char, "").startswith("HANGUL")


def joins(before: str, after: str) -> bool:
    """True when a line end between the two characters stands for nothing rather than for a space."""
    if not (is_cjk(before) and is_cjk(after) and (is_wide(before) or is_wide(after))):
        return False
    return not (_spaced(before) or _spaced(after))
