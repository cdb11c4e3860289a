"""What the keys of a post's front matter mean: the names people use for one thing, in our own words.

Keys are compared without case, `-` and `_`. Keys that mean nothing to us belong to the site generator and are passed
over, but ours stand under one `weektech:` key, where an unknown one is a mistake.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from bots.header.dates import DateError, Written, parse_date
from bots.model import Notice
from bots.yamlfile import Flaw, KeyPath, Value, text_of

TITLE = ("title",)
# Hugo has both: `publishDate` is when readers get it, `date` when it was begun.
DATE = ("pubdate", "publishdate", "publisheddate", "publishedat", "datepublished", "published", "date", "created")
UPDATED = ("updateddate", "updatedat", "updated", "lastmod", "lastmodified", "modified", "modifieddate", "datemodified")
DESCRIPTION = ("description", "summary", "excerpt", "subtitle", "abstract")
TAGS = ("categories", "category", "tags", "tag", "keywords")
SLUG = ("slug", "permalink")
OURS = ("id", "slug", "silent")

_TRUE = ("true", "yes", "on", "1")
_FALSE = ("false", "no", "off", "0")
_TWICE = "the clock shows this time twice that night; the first is meant. Write an offset, such as +01:00, to choose."
_UNSAFE = re.compile(r"[^\w.-]+")
_COMMAS = re.compile(r"[,，、;；]")


@dataclass(frozen=True, slots=True)
class Metadata:
    """Front matter, understood. Empty values mean that the author said nothing."""

    title: str = ""
    description: str = ""
    date: datetime | None = None
    date_only: bool = False
    updated: datetime | None = None
    tags: tuple[str, ...] = ()
    draft: bool = False
    slug: str = ""
    id: str = ""
    silent: bool | None = None


@dataclass(slots=True)
class Reader:
    """Reads values and tells `flawed` of each one that can't be understood, then goes on without it."""

    data: Mapping[str, Value]
    lines: Mapping[KeyPath, int]
    zone: ZoneInfo
    flawed: Callable[[Flaw], None]
    warnings: list[Notice] = field(default_factory=list)
    """What can be used and may still be meant differently."""
    keys: Mapping[str, str] = field(init=False)
    """Plain name to the key as written."""

    def __post_init__(self) -> None:
        self.keys = {_plain(key): key for key in reversed(list(self.data))}

    def read(self) -> Metadata:
        date = self._date(DATE)
        updated = self._date(UPDATED)
        ours = self._ours()
        return Metadata(
            title=_one_line(self._text(TITLE)),
            description=_one_line(self._text(DESCRIPTION)),
            date=date.moment if date else None,
            date_only=bool(date and date.date_only),
            updated=updated.moment if updated else None,
            tags=self._tags(),
            draft=self._draft(),
            slug=safe_slug(text_of(ours, "slug")) or self._slug(),
            id=self._id(ours),
            silent=self._flag("silent", ours, ("weektech",)),
        )

    def _text(self, names: tuple[str, ...]) -> str:
        return next((text for _, text in self._texts(names)), "")

    def _texts(self, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """The key as written and the text of each of `names` that has one."""
        for key in (self.keys[name] for name in names if name in self.keys):
            if text := text_of(self.data, key):
                yield key, text

    def _line(self, *path: str) -> int:
        return self.lines.get(path, 1)

    def _date(self, names: tuple[str, ...]) -> Written | None:
        for key, text in self._texts(names):
            if text.lower() in _TRUE + _FALSE:  # Jekyll's `published: false` is no date
                continue
            try:
                written = parse_date(text, self.zone)
            except DateError as e:
                self.flawed(Flaw(f"`{key}` can't be used.", self._line(key), str(e)))
                continue
            if written.repeated:
                self.warnings.append(Notice(f"`{key}`: {_TWICE}", self._line(key)))
            return written
        return None

    def _tags(self) -> tuple[str, ...]:
        found = [tag for name in TAGS if name in self.keys for tag in _words(self.data[self.keys[name]])]
        return tuple(dict.fromkeys(found))

    def _draft(self) -> bool:
        """Hugo and Astro say `draft: true`, Jekyll `published: false`, Pelican `status: draft`."""
        status = self._text(("status",)).lower()
        published = self._text(("published",)).lower()
        return bool(self._flag(self.keys.get("draft", ""), self.data, ())) or status == "draft" or published in _FALSE

    def _flag(self, key: str, data: Mapping[str, Value], above: KeyPath) -> bool | None:
        text = text_of(data, key).lower()
        if text and text not in _TRUE + _FALSE:
            name = ".".join((*above, key))
            self.flawed(Flaw(f"`{name}` is `{text}`.", self._line(*above, key), "Write true or false."))
            return None
        return text in _TRUE if text else None

    def _slug(self) -> str:
        for key, text in self._texts(SLUG):
            if _plain(key) == "permalink":
                # Jekyll's `/:year/:title/` is a pattern, not an address.
                return "" if ":" in text else safe_slug(text.rstrip("/").rpartition("/")[2].removesuffix(".html"))
            return safe_slug(text)
        return ""

    def _ours(self) -> Mapping[str, Value]:
        ours = self.data.get(self.keys.get("weektech", ""), {})
        if not isinstance(ours, dict):
            if ours:
                self.flawed(Flaw("`weektech` has no keys below it.", self._line("weektech"), _our_keys()))
            return {}
        for key in ours:
            if key not in OURS:
                near = difflib.get_close_matches(key, OURS, 1)
                remedy = f"Did you mean `{near[0]}`?" if near else _our_keys()
                self.flawed(Flaw(f"`weektech.{key}` is not a key.", self._line("weektech", key), remedy))
        return ours

    def _id(self, ours: Mapping[str, Value]) -> str:
        text = text_of(ours, "id")
        if text and (_UNSAFE.search(text) or len(text) > 100):
            remedy = "Use up to 100 letters, digits, - _ and . without spaces."
            self.flawed(Flaw(f"`weektech.id` is `{text[:100]}`.", self._line("weektech", "id"), remedy))
            return ""
        return text


def _our_keys() -> str:
    return "It knows " + ", ".join(f"`{key}`" for key in OURS) + "."


def _plain(key: str) -> str:
    return key.lower().replace("_", "").replace("-", "")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _words(value: Value) -> Iterator[str]:
    """Tags from `a, b`, from a list, or from Hexo's lists of lists."""
    if isinstance(value, str):
        yield from (word.strip().lstrip("#") for word in _COMMAS.split(value) if word.strip().lstrip("#"))
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)


def safe_slug(text: str) -> str:
    """Lower case, letters and digits of any script kept, everything else one hyphen; may come out empty."""
    return re.sub("-{2,}", "-", _UNSAFE.sub("-", text.strip().lower())).strip("-.")
