"""From markdown-it's tokens to the element tree: Markdown and HTML tags become the same elements."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from markdown_it.token import Token

from bots.markup import grammar, tags
from bots.markup.elements import Builder, Element
from bots.model import Notice

_LITERAL = ("<!--", "<script", "<style", "<pre", "<textarea")
_MARKUP = re.compile(r"^(?:#{1,6} |[-*] |> )|\*\*\S|\]\(|^```", re.MULTILINE)
_TASK = re.compile(r"\[([ xX])\](?=\s)")


@dataclass(frozen=True, slots=True)
class Tree:
    """A post as elements."""

    root: Element
    repairs: tuple[Notice, ...]
    targets: Mapping[str, str]
    """Label of each reference definition (`[label]: address`), as markdown-it normalises it, to what it defines."""


def read(body: str, first_line: int) -> Tree:
    """The element tree of a post and what had to be repaired in it. Raises PostError on absurd nesting."""
    tokens, targets = grammar.tokens(body, first_line)
    reader = _Reader(first_line)
    for token in tokens:
        reader.block(token)
    root = reader.builder.finish(first_line + body.count("\n"))
    return Tree(root, tuple(reader.builder.notices), targets)


class _Reader:
    def __init__(self, first_line: int) -> None:
        self.builder = Builder(first_line)
        self._first = first_line
        self._line = first_line
        self._item: Element | None = None
        """The list item whose first characters come next: only there `[x]` is a box."""

    def block(self, token: Token) -> None:
        if token.map:
            self._line = self._first + token.map[0]
        if token.type == "inline":
            for child in token.children or ():
                self._inline(child)
                self._item = None
        elif token.type in ("fence", "code_block"):
            language = token.info.strip().split(" ", 1)[0] if token.info else ""
            self.builder.leaf("pre", self._line, {"language": language}, token.content.removesuffix("\n"))
        elif token.type == "html_block":
            self._warn_of_markdown(token.content)
            self._html(token.content)
        else:
            self._tag(token)

    def _tag(self, token: Token) -> None:
        name = "footnote" if token.type.startswith("footnote_reference") else token.tag
        if token.nesting == 1:
            attrs = {key: str(value) for key, value in token.attrs.items()}
            if name == "footnote":
                start, end = token.map or (0, 1)
                attrs = {"label": token.meta["label"], "height": str(end - start)}
            element = self.builder.open(name, self._line, attrs, markdown=True)
            self._item = element if name == "li" else self._item if name == "p" else None
        elif token.nesting == -1:
            self.builder.close_markdown(name, self._line)
        else:
            self.builder.leaf(name, self._line)

    def _inline(self, token: Token) -> None:
        kind = token.type
        if kind in ("text", "text_special"):
            self._text(token)
        elif kind == "softbreak":
            self._line += 1
            self.builder.text("\n")
        elif kind == "hardbreak":
            self._line += 1
            self.builder.leaf("br", self._line)
        elif kind == "code_inline":
            self.builder.leaf("code", self._line, {}, token.content)
        elif kind == "html_inline":
            self._html(token.content)
        elif kind == "image":
            attrs = {"src": str(token.attrs["src"]), "alt": _plain(token.children or [])}
            self.builder.leaf("img", self._line, attrs)
        elif kind == "footnote_ref":
            self.builder.leaf("footnote-ref", self._line, {"label": token.meta["label"]})
        elif kind == "attributes":
            self.builder.leaf(kind, self._line, {}, token.content)
        elif kind == "shortcode":
            self.builder.text(token.content)
            self.builder.note(f"{token.content} is not understood and stands as text.", self._line)
        else:
            self._tag(token)

    def _text(self, token: Token) -> None:
        text = token.content
        box = _TASK.match(text) if self._item is not None and token.type == "text" else None
        if box and self._item is not None:
            self._item.attrs["checked"] = "" if box[1] == " " else "yes"
            text = text[box.end() :]
        self.builder.text(text)

    def _warn_of_markdown(self, source: str) -> None:
        """HTML goes on to the next blank line: what looks like Markdown in it is shown as it was typed."""
        found = None if source.lstrip().lower().startswith(_LITERAL) else _MARKUP.search(source)
        if found:
            line = self._line + source.count("\n", 0, found.start())
            self.builder.note("Markdown right below HTML stands as typed; put a blank line between them.", line)

    def _html(self, source: str) -> None:
        first = self._line
        for piece in tags.read(source):
            self._piece(piece, first + piece.line)
        self._line = first + source.count("\n")

    def _piece(self, piece: tags.Piece, line: int) -> None:
        builder = self.builder
        if isinstance(piece, tags.Data):
            builder.text(piece.text)
        elif isinstance(piece, tags.Close):
            builder.close_html(piece.tag, line)
        elif isinstance(piece, tags.Comment):
            builder.leaf("comment", line, {}, piece.text)
            if not piece.closed:
                builder.note("This comment is never closed; everything after it is hidden.", line)
        else:
            self._open(piece, line)

    def _open(self, piece: tags.Open, line: int) -> None:
        if piece.repaired and piece.tag in tags.KNOWN:
            self.builder.note(f"The tag <{piece.tag} has no closing bracket; it was read as if it had one.", line)
        if piece.is_text and not self.builder.is_open("svg"):
            self.builder.note(f"{piece.source} is no HTML tag and stands as text.", line)
            self.builder.text(piece.source)
        elif piece.tag in tags.VOID:
            self.builder.leaf(piece.tag, line, piece.attrs)
        else:
            self.builder.open(piece.tag, line, piece.attrs)


def _plain(children: list[Token]) -> str:
    """A picture's alternative text, however it is marked up."""
    words = []
    for child in children:
        if child.type in ("softbreak", "hardbreak"):
            words.append(" ")
        elif child.type == "image":
            words.append(_plain(child.children or []))
        elif child.type != "html_inline":
            words.append(child.content)
    return "".join(words).strip()
