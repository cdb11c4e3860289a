"""What readers look up: the newest issue, any other, the archive, a search, a section, what others said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from bots import buttons, editions
from bots.app import App
from bots.buttons import ALL, Data, Kind
from bots.counter.finding import Shelved, find, recurring, shelved, snippet
from bots.counter.shelf import Shelf, spot
from bots.counter.visits import Comments, Reply, Visit
from bots.layout.address import post_address
from bots.ledger import Volume
from bots.model import LEAD, Button, Post
from bots.wording import Tongue

PAGE, FOUND = 10, 5
"""Issues on a page of the archive, and sections on one of a search."""
RECENT = 12
"""Issues whose sections are taken for the column's."""
_MOST_WORDS, _LONGEST_WORDS = 8, 200
_NEWEST_COMMENTS = 5
_LONGEST_COMMENT = 300


class Reading:
    """The reading room of one column."""

    def __init__(self, app: App, shelf: Shelf, comments: Comments | None = None) -> None:
        self._app, self._shelf, self._comments = app, shelf, comments

    async def volumes(self) -> tuple[Shelved, ...]:
        """The issues that are out there, newest first."""
        return shelved(await asyncio.to_thread(self._app.ledger.library.volumes))

    # Commands

    async def latest(self, visit: Visit, _: str = "") -> Reply:
        found = await self.volumes()
        return await self._contents(visit, found[0]) if found else Reply(visit.say("Nothing was published yet."))

    async def issue(self, visit: Visit, words: str) -> Reply:
        if not words.strip():
            return await self.latest(visit)
        found = find(await self.volumes(), words, self._app.config.zone)
        if len(found) == 1:
            return await self._contents(visit, found[0])
        if not found:
            return Reply(visit.say("There is no such issue. /archive lists them all."))
        return self._listed(visit, found[:PAGE], visit.say("Several issues fit:"))

    async def archive(self, visit: Visit, words: str) -> Reply:
        number = int(words) - 1 if words.strip().isascii() and words.strip().isdecimal() and len(words) < 6 else 0
        return await self._archive(visit, max(0, number))

    async def search(self, visit: Visit, words: str) -> Reply:
        if not words.strip():
            return Reply(visit.say("Say what to look for: /search words"))
        return await self._search(visit, words, 0)

    async def sections(self, visit: Visit, _: str = "") -> Reply:
        found = await self.topics()
        if not found:
            return Reply(visit.say("Nothing was published yet."))
        each = [
            Button(buttons.label(title), f"{Kind.TOPIC}:{buttons.token(section)}") for section, title in found.items()
        ]
        return Reply(visit.say("The sections of the column. Each button shows the newest:"), buttons.rows(each))

    async def comments(self, visit: Visit, words: str) -> Reply:
        all_ = await self.volumes()
        found = find(all_, words, self._app.config.zone) if words.strip() else all_
        if not found:
            return Reply(visit.say("There is no such issue. /archive lists them all."))
        return await self._said(visit, found[0].volume)

    # Buttons and links

    async def pressed(self, visit: Visit, data: Data) -> Reply | None:
        """What a button shows; None for one that leads nowhere."""
        match data.kind:
            case Kind.SECTION:
                return await self.section(visit, data.value(0), data.value(1))
            case Kind.ARCHIVE:
                return await self._archive(visit, data.page(0))
            case Kind.SEARCH:
                return await self._search(visit, data.value(1), data.page(0)) if data.value(1) else None
            case Kind.TOPIC:
                return await self._topic(visit, data.value(0))
            case Kind.COMMENTS:
                volume = await self._volume(data.value(0))
                return await self._said(visit, volume.volume) if volume else None
            case _:
                return None

    async def section(self, visit: Visit, issue: str, section: str) -> Reply | None:
        """A section by the tokens of a button: all of them for `ALL`, the contents for an empty one."""
        found = await self._volume(issue)
        if found is None or not section:
            return await self._contents(visit, found) if found else None
        known = [name for name, _ in await asyncio.to_thread(self._app.ledger.library.titles, found.volume.id)]
        if section == ALL and not visit.private:
            return Reply(visit.say("The whole issue is long: ask me in a private chat."))
        name = buttons.named(section, known)
        wanted = known if section == ALL else [name] if name is not None else []
        place = spot(visit.platform, visit.chat)
        shown = await self._shelf.sections(place, found.volume, wanted)
        return Reply(enclosed=shown) if shown else None

    async def linked(self, visit: Visit, payload: str) -> Reply | None:
        """What a deep link leads to; None for one that leads nowhere."""
        link = buttons.read_link(payload)
        return await self.section(visit, link[0], link[1] or "") if link else None

    async def topics(self) -> dict[str, str]:
        """Id and title of the sections that the column has again and again."""
        order = [one.volume.id for one in (await self.volumes())[:RECENT]]
        named = await asyncio.to_thread(self._app.ledger.library.named, order)
        return dict(list(recurring(named, order).items())[: buttons.MOST - 5])

    def described(self, say: Tongue, one: Shelved) -> str:
        """An issue in one line."""
        day = one.volume.released.astimezone(self._app.config.zone).date().isoformat()
        title = one.volume.title or one.volume.id
        return f"{title} ({day})" if str(one.number) in title else f"#{one.number} {title} ({day})"

    def address(self, volume: Volume) -> str:
        """Where the issue is on the author's site, else in a public chat; empty for nowhere."""
        zone = self._app.config.zone
        dated = volume.released.astimezone(zone) if volume.dated else None
        post = Post(Path(volume.path), volume.id, volume.slug, volume.title, "", 1, date=dated)
        return post_address(self._app.config.site, post)

    # Pages

    async def _volume(self, short: str) -> Shelved | None:
        all_ = {one.volume.id: one for one in await self.volumes()}
        name = buttons.named(short, all_)
        return all_[name] if name is not None else None

    async def _contents(self, visit: Visit, one: Shelved) -> Reply:
        titles = await asyncio.to_thread(self._app.ledger.library.titles, one.volume.id)
        sections = [(name, title) for name, title in titles if name != LEAD]
        lines = [self.described(visit.say, one), self.address(one.volume)]
        lines += [f"{number}. {title}" for number, (_, title) in enumerate(sections, 1)]
        rows = editions.contents(one.volume.id, sections, visit.say.language)
        return Reply("\n".join(line for line in lines if line), rows)

    def _listed(self, visit: Visit, found: Sequence[Shelved], head: str, last: Sequence[Button] = ()) -> Reply:
        lines = [head, "", *(self.described(visit.say, one) for one in found)]
        each = [Button(f"#{one.number}", buttons.of_section(one.volume.id)) for one in found]
        return Reply("\n".join(lines), buttons.rows(each, last))

    async def _archive(self, visit: Visit, page: int) -> Reply:
        all_ = await self.volumes()
        shown = all_[page * PAGE : (page + 1) * PAGE]
        if not shown:
            return Reply(visit.say("There is no such page." if all_ else "Nothing was published yet."))
        pages = -(-len(all_) // PAGE)
        head = visit.say("All issues, page {page} of {pages}:", page=page + 1, pages=pages)
        return self._listed(visit, shown, head, _turning(visit, page, pages, lambda at: f"{Kind.ARCHIVE}:{at}"))

    async def _search(self, visit: Visit, given: str, page: int) -> Reply:
        words = given[:_LONGEST_WORDS].split()[:_MOST_WORDS]
        hits = await asyncio.to_thread(self._app.ledger.library.search, words, FOUND, page * FOUND)
        if not hits.page:
            return Reply(visit.say("Nothing was found."))
        volumes = {one.volume.id: one for one in await self.volumes()}
        pages = -(-hits.total // FOUND)
        head = visit.say("{total} found, page {page} of {pages}:", total=hits.total, page=page + 1, pages=pages)
        lines, each = [head], list[Button]()
        for number, hit in enumerate(hits.page, page * FOUND + 1):
            where = self.described(visit.say, volumes[hit.issue]) if hit.issue in volumes else hit.issue
            title = "" if hit.section == LEAD else f" · {hit.title}"
            lines.append(f"{number}. {where}{title}\n{snippet(hit.text, words)}")
            each.append(Button(str(number), buttons.of_section(hit.issue, hit.section)))
        last = _turning(visit, page, pages, lambda at: buttons.data(Kind.SEARCH, str(at), " ".join(words)))
        return Reply("\n\n".join(lines), (tuple(each), *((tuple(last),) if last else ())))

    async def _topic(self, visit: Visit, short: str) -> Reply | None:
        order = [one.volume.id for one in (await self.volumes())[:RECENT]]
        named = await asyncio.to_thread(self._app.ledger.library.named, order)
        section = buttons.named(short, dict.fromkeys(name for _, name, _ in named))
        issue = next((one for one in order if (one, section) in {(of, name) for of, name, _ in named}), None)
        if issue is None or section is None:
            return None
        return await self.section(visit, buttons.token(issue), buttons.token(section))

    async def _said(self, visit: Visit, volume: Volume) -> Reply:
        if self._comments is None:
            return Reply(visit.say("Comments are not collected here."))
        said = await asyncio.to_thread(self._comments, volume.id)
        head = visit.say("{title}: {number} comments", title=volume.title or volume.id, number=len(said))
        shown = [f"{one.name}: {_shortened(one.text)}" for one in said[-_NEWEST_COMMENTS:]]
        return Reply("\n\n".join([head, *reversed(shown)]))


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_COMMENT else text[: _LONGEST_COMMENT - 1] + "…"


def _turning(visit: Visit, page: int, pages: int, data: Callable[[int], str | None]) -> list[Button]:
    """Buttons to the pages before and behind, where they fit into a button."""
    found: list[Button] = []
    for at, words in ((page - 1, "◀"), (page + 1, "▶")):
        carried = data(at) if 0 <= at < pages else None
        if carried is not None:
            found.append(Button(words, carried))
    return found
