"""Emphasis beside full-width punctuation, as its author means it.

CommonMark asks for a space or punctuation outside of `**` when punctuation stands inside, because that is how spaced
scripts are written. Chinese has no such spaces: `**注（note）**正文` would stay literal. Here a CJK neighbour counts
as that space, and CJK punctuation as a letter.
"""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline.state_inline import Scanned, StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType

from bots.markup.cjk import is_cjk


def _space(char: str) -> bool:
    return isWhiteSpace(ord(char))


def _punctuation(char: str) -> bool:
    return not is_cjk(char) and (isMdAsciiPunct(ord(char)) or isPunctChar(char))


def _bounds(char: str) -> bool:
    """What may stand outside of a marker that has punctuation inside."""
    return _space(char) or is_cjk(char) or _punctuation(char)


class _Inline(StateInline):
    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803 - markdown-it's own names
        """The run of markers at `start`: may it open, may it close, and its length."""
        if not canSplitWord:  # `_` keeps CommonMark's rule: it must not cut snake_case words
            return super().scanDelims(start, canSplitWord)
        end = start
        while end < self.posMax and self.src[end] == self.src[start]:
            end += 1
        before = self.src[start - 1] if start else " "
        after = self.src[end] if end < self.posMax else " "
        opens = not _space(after) and (not _punctuation(after) or _bounds(before))
        closes = not _space(before) and (not _punctuation(before) or _bounds(after))
        return Scanned(opens, closes, end - start)


class CjkInline(ParserInline):
    """markdown-it's inline parser with the emphasis rule of this module."""

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        state = _Inline(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens
