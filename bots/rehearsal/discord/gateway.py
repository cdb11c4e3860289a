"""The gateway: who may listen, what they hear, and how a broken connection is taken up again (discord.md 7.3, 9.4).

No sockets here: a connection is a `Link`. Everything may be called from any thread.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bots.rehearsal.discord import shapes
from bots.rehearsal.discord.desk import Desk
from bots.rehearsal.discord.dispatch import Ear, guild_create, told
from bots.rehearsal.discord.events import Event
from bots.rehearsal.discord.intents import HIGHEST, PRIVILEGED, Intent
from bots.rehearsal.discord.limits import Rule
from bots.rehearsal.discord.problems import mapping
from bots.rehearsal.discord.sessions import ENDING, Close, Link, Op, Session

HEARTBEAT_MS = 41_250
SENDS = Rule(120, 60)
"""What a client may send over one connection (discord.md 7.1)."""
FRAME_BYTES = 4096
"""The longest frame a client may send."""


class Gateway:
    """One bot's gateway, with what a test wants to know of it and can do to it."""

    def __init__(self, desk: Desk, token: Callable[[], str]) -> None:
        self._desk, self._token = desk, token
        self.heartbeat_ms = HEARTBEAT_MS
        self.acknowledges = True
        """Switched off, heartbeats get no answer."""
        self.identified: list[Intent] = []
        """The intents of every IDENTIFY that was taken, in order."""
        self.resumed = 0
        """How often a session was taken up again."""
        self.links: list[Link] = []
        """The open connections."""
        self.sessions: dict[str, Session] = {}
        desk.state.news.listeners.append(self._hear)

    # ------------------------------------------------------------------ trouble on purpose

    def drop(self, code: int = Close.UNKNOWN_ERROR) -> None:
        """Close every connection; 0 breaks them off without a word."""
        for link in self._open():
            link.close(code)

    def ask_to_reconnect(self) -> None:
        """Tell every client to come back over a new connection."""
        for link in self._open():
            link.say(Op.RECONNECT)

    def invalidate(self, *, resumable: bool = False) -> None:
        """Tell every client that its session is over, or has to be taken up again."""
        for link in self._open():
            self._refuse_session(link, resumable=resumable)

    def push(self, frame: str) -> None:
        """Send every client a frame as it is, well formed or not."""
        for link in self._open():
            link.send(frame)

    def dispatch(self, name: str, data: Any) -> None:
        """Send every session an event as it is, numbered like any other."""
        with self._desk.state.lock:
            for session in self.sessions.values():
                session.dispatch(name, data)

    # ------------------------------------------------------------------ the protocol

    def connected(self, link: Link) -> None:
        with self._desk.state.lock:
            self.links.append(link)
            link.say(Op.HELLO, {"heartbeat_interval": self.heartbeat_ms, "_trace": []})

    def lost(self, link: Link, code: int | None) -> None:
        """The connection is gone; the session waits for its client, unless that said goodbye."""
        with self._desk.state.lock:
            if link in self.links:
                self.links.remove(link)
            session = link.session
            if session is None or session.link is not link:
                return
            session.link, session.left = None, self._desk.clock.now()
            if code in ENDING:
                self.sessions.pop(session.id, None)

    def received(self, link: Link, text: str) -> None:
        """A frame from a client; what is wrong with it closes the connection."""
        with self._desk.state.lock:
            if self._desk.limiter.take("gateway", link.key, SENDS).refused:
                link.close(Close.RATE_LIMITED)
                return
            frame = _decoded(text)
            if frame is None:
                link.close(Close.DECODE_ERROR)
                return
            self._answer(link, frame.get("op"), frame.get("d"))

    def _answer(self, link: Link, op: object, data: Any) -> None:
        match op:
            case Op.HEARTBEAT:
                if self.acknowledges:
                    link.say(Op.ACK)
            case Op.IDENTIFY:
                self._identify(link, mapping(data))
            case Op.RESUME:
                self._resume(link, mapping(data))
            case Op.MEMBERS | Op.PRESENCE | Op.VOICE if link.session is None:
                link.close(Close.NOT_AUTHENTICATED)
            case Op.MEMBERS:
                self._members(link.session, mapping(data))
            case Op.PRESENCE | Op.VOICE:
                pass  # nobody here looks at either
            case _:
                link.close(Close.UNKNOWN_OPCODE)

    def _identify(self, link: Link, data: Any) -> None:
        if link.session is not None:
            link.close(Close.ALREADY_AUTHENTICATED)
            return
        if data.get("token") != self._token():
            link.close(Close.WRONG_TOKEN)
            return
        asked = data.get("intents")
        if not isinstance(asked, int) or isinstance(asked, bool) or not 0 <= asked < HIGHEST << 1:
            link.close(Close.INVALID_INTENTS)
            return
        intents = Intent(asked)
        if intents & PRIVILEGED & ~self._switched_on():
            link.close(Close.DISALLOWED_INTENTS)
            return
        self.identified.append(intents)
        session = Session(Ear(intents, link.origin), link=link)
        self.sessions[session.id] = link.session = session
        link.session = session
        self._introduce(session, data.get("shard") or [0, 1])

    def _introduce(self, session: Session, shard: object) -> None:
        """READY, and each guild by itself."""
        state = self._desk.state
        flags = shapes.application_json(state.bot, content=state.message_content, members=state.server_members)["flags"]
        ready = {
            "v": 10,
            "user": shapes.user_json(state.bot),
            "guilds": [{"id": str(guild), "unavailable": True} for guild in state.guilds],
            "session_id": session.id,
            "resume_gateway_url": session.ear.origin.replace("http", "ws", 1) + "/gateway/",
            "application": {"id": str(state.bot.id), "flags": flags},
            "shard": shard,
        }
        session.dispatch("READY", ready)
        if Intent.GUILDS in session.intents:
            for guild in state.guilds.values():
                session.dispatch("GUILD_CREATE", guild_create(self._desk, guild, session.ear))

    def _resume(self, link: Link, data: Any) -> None:
        if link.session is not None:
            link.close(Close.ALREADY_AUTHENTICATED)
            return
        if data.get("token") != self._token():
            link.close(Close.WRONG_TOKEN)
            return
        session = self.sessions.get(str(data.get("session_id")))
        seen = data.get("seq")
        if session is None or session.over(self._desk.clock.now()):
            link.session = session
            self._refuse_session(link, resumable=False)
            return
        if not isinstance(seen, int) or not session.forgotten <= seen <= session.sequence:
            link.close(Close.INVALID_SEQUENCE)
            return
        if session.link is not None:
            session.link.close(Close.UNKNOWN_ERROR)  # the old connection, of which we didn't hear that it is gone
        link.session = session
        self.resumed += 1
        session.resume(link, seen)

    def _refuse_session(self, link: Link, *, resumable: bool) -> None:
        if not resumable and link.session is not None:
            self.sessions.pop(link.session.id, None)
            link.session = None
        link.say(Op.INVALID_SESSION, resumable)

    def _members(self, session: Session | None, data: Any) -> None:
        """All members of a guild in one chunk, for those who may see them."""
        guild = str(data.get("guild_id"))
        number = int(guild) if guild.isdecimal() else 0
        if session is None or number not in self._desk.state.guilds:
            return
        whole = guild_create(self._desk, self._desk.state.guilds[number], session.ear)
        chunk = {"guild_id": guild, "members": whole["members"], "chunk_index": 0, "chunk_count": 1, "not_found": []}
        nonce = {"nonce": data["nonce"]} if data.get("nonce") else {}
        session.dispatch("GUILD_MEMBERS_CHUNK", chunk | nonce)

    # ------------------------------------------------------------------ events

    def _hear(self, event: Event) -> None:
        with self._desk.state.lock:
            now = self._desk.clock.now()
            for gone in [each.id for each in self.sessions.values() if each.over(now)]:
                del self.sessions[gone]
            for session in self.sessions.values():
                if (news := told(self._desk, event, session.ear)) is not None:
                    session.dispatch(*news)

    def _switched_on(self) -> Intent:
        """The privileged intents that the portal grants."""
        state = self._desk.state
        content = Intent.MESSAGE_CONTENT if state.message_content else Intent(0)
        return content | (Intent.GUILD_MEMBERS if state.server_members else Intent(0))

    def _open(self) -> list[Link]:
        with self._desk.state.lock:
            return list(self.links)


def _decoded(text: str) -> dict[str, Any] | None:
    if len(text.encode()) > FRAME_BYTES:
        return None
    try:
        frame = json.loads(text)
    except ValueError:
        return None
    return frame if isinstance(frame, dict) else None
