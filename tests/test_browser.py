"""The rehearsal's page in a real browser: what `make rehearse` leaves open is what a reader of it gets to see."""

from __future__ import annotations

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome")
DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 500, "height": 900}
CHATS = 9


def _browser() -> str:
    """Path of the system's browser; without one the tests are skipped, or fail where nothing may be skipped."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None and os.environ.get("WEEKTECH_NO_SKIPS"):
        pytest.fail(f"none of {', '.join(NAMES)} is installed")
    if found is None:
        pytest.skip(f"none of {', '.join(NAMES)} is installed")
    return found


@contextmanager
def rehearsing() -> Iterator[str]:
    """`weektech rehearse` in a terminal, where it stays until Ctrl-C; gives the address of its page."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"COLUMNS": "200", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "bots", "rehearse"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=theirs, stderr=subprocess.DEVNULL, env=environment)
    os.close(theirs)
    try:
        yield _address(ours)
    finally:
        process.send_signal(signal.SIGINT)
        _drain(ours)
        process.wait(20)
        os.close(ours)


def _address(terminal: int) -> str:
    shown = ""
    while not (found := re.search(r"(http://127\.0\.0\.1:\d+/)\s+\(Ctrl-C", shown)):
        try:
            shown += os.read(terminal, 65536).decode(errors="replace")
        except OSError:  # the process has closed its side of the terminal
            pytest.fail(f"the rehearsal ended early:\n{shown}")
    return found[1]


def _drain(terminal: int) -> None:
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        return


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    _browser()
    with rehearsing() as base:
        yield base


@pytest.fixture(scope="module")
def browser(address: str) -> Iterator[Browser]:
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=_browser()) as started:
        yield started


@contextmanager
def opened(browser: Browser, address: str, viewport: ViewportSize) -> Iterator[tuple[Page, list[str]]]:
    """The page with every complaint of the browser about it: scripts, policy, addresses that don't answer."""
    page = browser.new_page(viewport=viewport, reduced_motion="reduce")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
    page.on("response", lambda answer: complaints.append(f"{answer.status} {answer.url}") if not answer.ok else None)
    page.goto(address)
    try:
        yield page, complaints
    finally:
        page.close()


@pytest.fixture(scope="module")
def seen(browser: Browser, address: str) -> Iterator[tuple[Page, list[str]]]:
    with opened(browser, address, DESK) as found:
        yield found


@pytest.fixture(scope="module")
def desk(seen: tuple[Page, list[str]]) -> Page:
    return seen[0]


@pytest.fixture(scope="module")
def phone(browser: Browser, address: str) -> Iterator[Page]:
    with opened(browser, address, PHONE) as (page, _):
        yield page


PICTURES = """async () => {
  const all = [...document.images];
  for (const image of all) image.loading = 'eager';
  await Promise.all(all.map(image => image.decode().catch(() => null)));
  return all.map(image => [image.naturalWidth, image.getBoundingClientRect().width]);
}"""


def test_every_picture_is_drawn_and_nothing_is_complained_of(seen: tuple[Page, list[str]]) -> None:
    page, complaints = seen
    drawn = page.evaluate(PICTURES)
    assert page.locator(".chat").count() == CHATS
    assert len(drawn) > CHATS
    assert all(natural > 0 and shown > 20 for natural, shown in drawn), drawn
    assert complaints == []


TOO_WIDE = """() => [document.documentElement, ...document.querySelectorAll('.chat, .stream, .text, .bubble')]
  .filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.className || each.tagName)"""
LEFT_EDGES = "() => [...document.querySelectorAll('.chat')].map(each => each.getBoundingClientRect().left)"


def test_a_desk_shows_three_chats_side_by_side(desk: Page) -> None:
    assert desk.evaluate(TOO_WIDE) == []
    assert len(set(desk.evaluate(LEFT_EDGES))) == 3


def test_a_phone_shows_one_beneath_the_other_and_nothing_sticks_out(phone: Page) -> None:
    assert phone.evaluate(TOO_WIDE) == []
    assert len(set(phone.evaluate(LEFT_EDGES))) == 1


def test_every_link_within_the_page_leads_somewhere(desk: Page) -> None:
    links = desk.evaluate("() => [...document.querySelectorAll('a[href^=\"#\"]')].map(each => each.hash.slice(1))")
    ids = desk.evaluate("() => [...document.querySelectorAll('[id]')].map(each => each.id)")
    assert set(links) <= set(ids)
    assert len(ids) == len(set(ids))


HEIGHTS = "each => [each.clientHeight, each.scrollHeight]"


def test_a_chat_opens_in_full_and_closes_again(desk: Page) -> None:
    stream = desk.locator("#telegram-channel .stream")
    small = stream.evaluate(HEIGHTS)
    assert small[0] < small[1]
    desk.locator("nav a[href='#telegram-channel']").click()
    full = stream.evaluate(HEIGHTS)
    assert full[0] == full[1] > small[0]
    desk.locator("#telegram-channel .smaller").click()
    assert stream.evaluate(HEIGHTS) == small


def test_a_messages_address_brings_it_into_view(desk: Page, address: str) -> None:
    last = desk.locator("#discord-text .message").last
    desk.goto(f"{address}#{last.get_attribute('id')}")
    box = last.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < DESK["height"]


WORDS = {
    "#telegram-channel": ("pinned",),
    "#discord-announcement": ("published", "pinned", "thread ·"),
    "#discord-forum": ("post ·",),
    "#discord-follower": ("copy of an announcement",),
    "#telegram-discussion": ("forwarded from the channel",),
}


def test_what_each_kind_of_chat_shows_beside_its_messages(desk: Page) -> None:
    missing = {
        chat: set(words) - {word for word in words if word in desk.locator(chat).inner_text()}
        for chat, words in WORDS.items()
    }
    assert {chat: words for chat, words in missing.items() if words} == {}
