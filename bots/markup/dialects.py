"""What other tools than GitHub read in a line of text: formulas, ![[embeds]], links in templates."""

from __future__ import annotations

import re

from markdown_it.rules_inline.state_inline import StateInline

# Not a price, not a shell variable: a formula has something in it that Markdown would misread.
_FORMULA = re.compile(r"\$(?=[^\s$])(?=[^$\n`]*[\\^_])[^$\n`]{1,400}(?<=\S)\$(?![\w$])")
_EMBED = re.compile(r"!\[\[([^\[\]|#\n]+\.(?:png|jpe?g|gif|webp|avif|svg|bmp))(?:\|([^\[\]\n]*))?\]\]", re.IGNORECASE)
_SIZED = re.compile(r"(!\[[^\]\n]{0,500}\]\([^()\s]+) =\d*%?x\d*%?\)")
_TARGET = r"(\]\(|(?:href|src)=[\"'])\s*"
_SITE = r"(?:\{\{\s*site\.(?:base)?url\s*\}\})"
_REFERENCES = (
    re.compile(_TARGET + r"\{\{[<%]\s*(?:rel)?ref\s+[\"']?([^\"'\s{}]+)[\"']?\s*[>%]\}\}"),
    re.compile(
        _TARGET + r"(?:\{\{\s*site\.(?:base)?url\s*\}\})?\{%-?\s*(?:link\s+(?:\w+/)*|post_url\s+)([^\s{}]+)\s*-?%\}"
    ),
    re.compile(_TARGET + r"\{\{\s*[\"']([^\"'{}]+)[\"']\s*\|\s*(?:relative_url|absolute_url|url)\s*\}\}()"),
    re.compile(_TARGET + _SITE + "()"),
)
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)


def mended(body: str) -> str:
    """The body with links written in a template's language made links; every line stays where it is."""
    if "{{" not in body and "{%" not in body and " =" not in body:
        return body
    return "".join(text if code else _mended(text) for text, code in _parts(body))


def _mended(text: str) -> str:
    text = _SIZED.sub(r"\1)", text)
    for pattern in _REFERENCES:
        text = pattern.sub(_resolved, text)
    return text


def _resolved(found: re.Match[str]) -> str:
    path = found[2]
    if "post_url" in found[0] and not path.endswith(".md"):
        path += ".md"
    return found[1] + (f"./{path}" if path.endswith(".md") and not path.startswith((".", "/")) else path)


def _parts(body: str) -> list[tuple[str, bool]]:
    """The body as (text, whether it is fenced code), without a gap."""
    parts: list[tuple[str, bool]] = []
    at = 0
    while opening := _FENCE.search(body, at):
        closing = re.compile(rf"^ {{0,3}}{opening[1]}", re.MULTILINE).search(body, opening.end())
        end = closing.end() if closing else len(body)
        parts += [(body[at : opening.start()], False), (body[opening.start() : end], True)]
        at = end
    return [*parts, (body[at:], False)]


def formula(state: StateInline, silent: bool) -> bool:
    """An inline rule for `$x_1 * y_1$`: shown as written, so that its stars and underscores are no emphasis."""
    if state.src[state.pos] != "$" or (state.pos and state.src[state.pos - 1] in "$\\"):
        return False
    found = _FORMULA.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.append_pending(found[0])
    state.pos = found.end()
    return True


def embed(state: StateInline, silent: bool) -> bool:
    """An inline rule for Obsidian's `![[picture.png|caption]]`; the same for a note stays as text."""
    if not state.src.startswith("![[", state.pos):
        return False
    found = _EMBED.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        alt = (found[2] or "").strip()
        token = state.push("image", "img", 0)
        # a number behind the bar is a width
        token.attrs = {"src": found[1].strip(), "alt": ""}
        token.children, token.content = [], ""
        if not re.fullmatch(r"[\dx]*", alt):
            state.md.inline.parse(alt, state.md, state.env, token.children)
    state.pos = found.end()
    return True
