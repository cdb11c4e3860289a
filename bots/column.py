"""An author's column: from files in posts/ to the messages each destination should show."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path
from urllib.parse import unquote

from bots import posts, splitter
from bots.config import Config
from bots.document import Image, images, with_images, with_links
from bots.errors import PostError
from bots.imaging.raster import is_large
from bots.layout.address import post_address
from bots.model import Destination, Issue, Message, Notice, Post
from bots.pictures import Pictures, is_remote
from bots.platforms.base import Renderer


@dataclass(frozen=True, slots=True)
class Draft:
    """An issue with what is known about its pictures."""

    issue: Issue
    pictures: Pictures
    unreadable: Mapping[str, str]
    """Picture source -> why it can't be read, in words."""

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What was repaired or can't be shown, in the order of the file."""
        lines = _lines(self.issue)
        missing = (Notice(f"picture {src}: {why}", lines.get(src, 0)) for src, why in self.unreadable.items())
        return tuple(sorted((*self.issue.warnings, *missing), key=lambda n: n.line))


@dataclass(frozen=True, slots=True)
class Column:
    """The configuration with everything that reading and rendering need; knows neither tokens nor the ledger."""

    config: Config
    renderers: Mapping[str, Renderer]

    def files(self) -> list[Path]:
        """The column's posts, oldest name first."""
        if not self.config.posts.is_dir():
            raise PostError(
                "there is no such folder.", path=self.config.posts, remedy="Set column.posts in config.yaml."
            )
        return posts.find(self.config.posts)

    def newest(self) -> Path:
        """The post with the latest date that is no draft. Raises PostError for a folder without any."""
        read = [posts.read(path, self.config.zone) for path in self.files()]
        ready = [post for post in read if not post.draft]
        if not ready:
            raise PostError("there is no post that is not a draft.", path=self.config.posts)
        return max(ready, key=age).path

    def issue(self, path: Path, *, lenient: bool = False) -> Issue:
        """Read and cut one post, its links to other posts' files made links to their addresses on the site.

        `lenient` turns wrong metadata into notices.
        """
        issue = splitter.split(posts.read(path, self.config.zone, lenient=lenient))
        if not self.config.site:
            return issue
        sections = (
            replace(section, blocks=with_links(section.blocks, lambda href: self._elsewhere(path, href)))
            for section in issue.sections
        )
        return replace(issue, sections=tuple(sections))

    def _elsewhere(self, path: Path, href: str) -> str:
        """The address of the post whose file a link in the post at `path` names; any other link as it is.

        Empty, which readers see as plain text, for a file that is not there: on the site it would lead nowhere.
        """
        name, hash_, anchor = href.partition("#")
        if not posts.is_file_name(name) or "://" in name:
            return href
        try:
            other = posts.read(self._named(path, unquote(name)), self.config.zone, lenient=True)
        except PostError:
            return ""
        address = post_address(self.config.site, other)
        return f"{address}{hash_}{anchor}" if address else ""

    def _named(self, path: Path, name: str) -> Path:
        """The file a link means: beside the post, beneath the posts' folder, or there by its bare name."""
        root = self.config.posts.resolve()
        relative = name.lstrip("/")
        candidates = [path.resolve().parent / relative, root / relative, root / Path(relative).name]
        inside = (one.resolve() for one in candidates)
        return next((one for one in inside if one.is_relative_to(root) and one.is_file()), candidates[0])

    def draft(self, path: Path, *, lenient: bool = False) -> Draft:
        """An issue with its pictures looked at, those on the web if they were fetched before; touches no network.

        A picture that leaves the post's folder is a PostError, or in a lenient reading one that can't be read.
        """
        issue = self.issue(path, lenient=lenient)
        pictures = self.pictures(path)
        found = _looked_at(pictures, issue, _lines(issue), lenient=lenient)
        return Draft(found.issue, pictures, found.unreadable)

    async def fetched(self, draft: Draft) -> Draft:
        """The draft with the pictures on the web downloaded, those that failed added to the unreadable ones."""
        failed = await draft.pictures.fetch(sources(draft.issue))
        lines = {src: line for src, line in _lines(draft.issue).items() if is_remote(src) and src not in failed}
        found = await asyncio.to_thread(_looked_at, draft.pictures, draft.issue, lines, lenient=False)
        return Draft(found.issue, draft.pictures, {**draft.unreadable, **failed, **found.unreadable})

    def messages(self, draft: Draft, destination: Destination) -> Sequence[Message]:
        """What `destination` should show, in sending order."""
        return self.renderers[destination.platform].render(draft.issue, destination, frozenset(draft.unreadable))

    def errata(self, draft: Draft, destination: Destination, shown: Sequence[Message]) -> Sequence[Message]:
        """What answers to the sections of which something is `shown` there (see `messages`)."""
        first = {message.section: message for message in reversed(shown)}
        renderer = self.renderers[destination.platform]
        return [
            renderer.erratum(text, part, first[section.id], destination)
            for section in draft.issue.sections
            if section.id in first
            for part, text in enumerate(section.errata, 1)
        ]

    def digests(self, draft: Draft) -> Mapping[str, str]:
        """Picture source -> hash of its bytes, for those that can be read."""
        readable = (source for source in sources(draft.issue) if source not in draft.unreadable)
        return {source: hashlib.sha256(draft.pictures.original(source)).hexdigest() for source in readable}

    def pictures(self, path: Path) -> Pictures:
        """Where the pictures of the post at `path` are looked for."""
        config = self.config
        inside = config.posts.is_dir() and path.resolve().is_relative_to(config.posts.resolve())
        return Pictures(
            path.resolve().parent,
            root=config.posts.resolve() if inside else None,
            assets=config.assets,
            cache=config.state / "pictures",
            kept=config.state / "approved" / hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:32],
            remote=config.remote_pictures,
        )


def sources(issue: Issue) -> tuple[str, ...]:
    """Every picture of the issue once, in reading order."""
    return tuple(_lines(issue))


@dataclass(frozen=True, slots=True)
class _Look:
    """What looking at pictures showed."""

    issue: Issue
    """With its large pictures marked."""
    unreadable: Mapping[str, str]


def _looked_at(pictures: Pictures, issue: Issue, wanted: Mapping[str, int], *, lenient: bool) -> _Look:
    """The pictures in `wanted`, source -> line, decoded; one on the web that was not fetched yet is passed over."""
    failed: dict[str, str] = {}
    large: set[str] = set()
    for source, line in wanted.items():
        try:
            if pictures.is_here(source) and is_large(pictures.size(source)):
                large.add(source)
        except ValueError as error:
            failed[source] = str(error)
        except PostError as error:
            if not lenient:
                raise PostError(error.what, path=issue.post.path, line=line, remedy=error.remedy) from None
            failed[source] = error.what
    return _Look(_marked(issue, large), failed)


def _marked(issue: Issue, large: Collection[str]) -> Issue:
    if not large:
        return issue

    def mark(image: Image) -> Image:
        return replace(image, large=True) if image.src in large else image

    sections = (replace(section, blocks=with_images(section.blocks, mark)) for section in issue.sections)
    return replace(issue, sections=tuple(sections))


def _lines(issue: Issue) -> dict[str, int]:
    """Every picture of the issue in reading order, with the line it is first named on."""
    found: dict[str, int] = {}
    for section in issue.sections:
        for image in images(section.blocks):
            found.setdefault(image.src, image.line)
    return found


def expand(paths: Sequence[Path]) -> Iterator[Path]:
    """Files as they are, folders as the Markdown files in them."""
    for path in paths:
        yield from posts.find(path) if path.is_dir() else (path,)


def age(post: Post) -> tuple[str, str]:
    """Sorts posts from the oldest to the newest; those without a date come first."""
    return (post.date.astimezone(UTC).isoformat() if post.date else "", post.slug)
