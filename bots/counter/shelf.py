"""The messages of an issue as a reader gets them: those that were published, as long as the ledger has them.

What is nowhere on the reader's platform is rendered from the file; what has no file any more is told in plain words.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from bots import speech
from bots.app import App
from bots.column import Draft
from bots.enclosures import enclose
from bots.errors import PostError
from bots.ledger import Delivery, Pool, Task, Volume
from bots.model import LEAD, Destination, Format, Kind, Message
from bots.platforms import PLATFORMS
from bots.platforms.base import Files
from bots.platforms.listening import Enclosed

_KNOWN = 2000
"""Pictures whose hashes are kept, so that one sent before is neither read nor prepared again."""

log = logging.getLogger("weektech")


def spot(platform: str, chat: str) -> Destination:
    """A reader's chat as a place to render for."""
    return Destination("reader", platform, PLATFORMS[platform].own, chat)


class Shelf:
    """Hands out sections."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._digests: dict[tuple[str, str, str], str] = {}
        """Platform and method, source of the message, upload's name -> hash of what was handed over."""

    async def sections(self, place: Destination, volume: Volume, sections: Sequence[str]) -> tuple[Enclosed, ...]:
        """The messages of these sections in order; those of a section nobody knows are none."""
        rows = await asyncio.to_thread(self._published, place.platform, volume.id)
        found: list[Enclosed] = []
        for section in sections:
            own = _best(rows, section)
            found += await self._enclosed(place, volume, own) if own else await self._afresh(place, volume, section)
        return tuple(found)

    def words(self, place: Destination, text: str) -> tuple[Enclosed, ...]:
        """Plain words as messages."""
        renderer = self._app.column.renderers[place.platform]
        return tuple(Enclosed(one, {}) for one in speech.messages(renderer, place, text))

    def _published(self, platform: str, issue: str) -> dict[Destination, list[Delivery]]:
        """What readers see of the issue, by the destinations from which it can be taken as it is."""
        places = {one.name: one for one in self._app.config.destinations if one.platform == platform}
        found: dict[Destination, list[Delivery]] = {}
        for row in self._app.ledger.past(issue).deliveries:
            place = places.get(row.destination)
            staying = row.out_there and not row.left_over and row.task is not Task.DELETE
            if staying and place is not None and place.format is Format.FULL:
                found.setdefault(place, []).append(row)
        return found

    async def _enclosed(self, place: Destination, volume: Volume, rows: Iterable[Delivery]) -> list[Enclosed]:
        renderer = self._app.column.renderers[place.platform]
        found: list[Enclosed] = []
        for row in rows:
            linked = renderer.link(row.payload, row.links or {})
            message = replace(linked, slots=(), inside=False, after=(), answers=False)
            try:
                files = await self._files(place.platform, message, row.source, Path(volume.path))
            except (PostError, ValueError, OSError) as error:
                log.info("a picture of %s can't be shown again: %s", row.key, error)
                found += self.words(place, row.payload.text)
            else:
                found.append(Enclosed(message, files))
        return found

    async def _files(self, platform: str, message: Message, source: str, post: Path) -> Files:
        """The pictures, by the platform's own ids where it keeps them: those need not be read. Raises as `enclose`."""
        names = [file.name for file in message.files if not file.missing]
        if not names:
            return {}
        pool = Pool(platform, message.method)
        keys = {name: (f"{platform} {message.method}", source, name) for name in names}
        if all(key in self._digests for key in keys.values()):
            digests = {name: self._digests[key] for name, key in keys.items()}
            known = await asyncio.to_thread(self._app.ledger.uploaded, pool, digests.values())
            if all(digest in known for digest in digests.values()):
                return {name: known[digest] for name, digest in digests.items()}
        column = self._app.column
        renderer = column.renderers[platform]
        enclosed = await asyncio.to_thread(enclose, message, source, column.pictures(post), renderer)
        while len(self._digests) > _KNOWN:
            del self._digests[next(iter(self._digests))]
        self._digests.update({keys[name]: digest for name, digest in enclosed.digests.items()})
        return enclosed.handed(await asyncio.to_thread(self._app.ledger.uploaded, pool, enclosed.digests.values()))

    async def _afresh(self, place: Destination, volume: Volume, section: str) -> list[Enclosed]:
        """From the file, or in the plain words that the library has."""
        texts = {one.section: one for one in await asyncio.to_thread(self._app.ledger.library.sections, volume.id)}
        if section not in texts:
            return []
        try:
            return await asyncio.to_thread(self._rendered, place, volume, section, texts[section].title)
        except (PostError, ValueError, OSError) as error:
            log.info("%s of %s is told in plain words: %s", section, volume.id, error)
            return list(self.words(place, f"{texts[section].title}\n\n{texts[section].text}"))

    def _rendered(self, place: Destination, volume: Volume, section: str, title: str) -> list[Enclosed]:
        column = self._app.column
        draft = column.draft(Path(volume.path), lenient=True)
        # A section that was retitled has its first id in the ledger.
        same = [one.id for one in draft.issue.sections if section == one.id] or [
            one.id for one in draft.issue.sections if one.title == title
        ]
        messages = [one for one in column.messages(draft, place) if one.section in same[:1]]
        if not messages:
            raise ValueError("the file does not have it any more")
        return [Enclosed(replace(one, slots=(), after=()), self._drawn(draft, one, place)) for one in messages]

    def _drawn(self, draft: Draft, message: Message, place: Destination) -> Files:
        renderer = self._app.column.renderers[place.platform]
        files = [file for file in message.files if not file.missing]
        return {one.name: renderer.prepared(draft.pictures.content(one.source), message, one.name) for one in files}


def _best(rows: dict[Destination, list[Delivery]], section: str) -> list[Delivery]:
    """A section's messages in reading order, from the destination that has the most of them.

    A forum's first message is a post, and a lead may call a role: neither is an answer to one reader.
    """
    found: list[Delivery] = []
    for place, all_ in rows.items():
        if section == LEAD and (place.kind is Kind.FORUM or place.role):
            continue
        own = [row for row in all_ if row.section == section]
        if len(own) > len(found):
            found = own
    return sorted(found, key=lambda row: (row.payload.answers, row.payload.part, row.seq))
