"""`Discord`: a call answered, or refused as the real server would. No sockets here."""

from __future__ import annotations

from bots.clock import Clock
from bots.rehearsal.discord.commands import Creates
from bots.rehearsal.discord.desk import Desk
from bots.rehearsal.discord.gateway import Gateway
from bots.rehearsal.discord.limits import Limiter, Rule, Rules, Standing
from bots.rehearsal.discord.routes import ROUTES, Route
from bots.rehearsal.discord.state import State
from bots.rehearsal.discord.wire import Answer, Call, Refused

TOKEN = "rehearsal"  # noqa: S105 -- a name for the one bot of a server that only answers to this machine


def route_name(method: str, path: str) -> str:
    """The documentation's name of a call, the method itself for a path nobody knows; faults are planned by it."""
    found = _find(method, path)
    return found[0].name if found else method


def takes_list(method: str, path: str) -> bool:
    """True for the calls whose body is a list."""
    found = _find(method, path)
    return found is not None and found[0].listed


class Discord:
    """The server: `call` answers a request; `state` shows what became of it."""

    def __init__(self, state: State, rules: Rules | None = None, token: str = TOKEN) -> None:
        self.state, self.rules, self.token = state, rules or Rules(), token
        self.limiter = Limiter(state.clock)
        self.desk = Desk(state, self.rules, self.limiter, Creates(state))
        self.gateway = Gateway(self.desk, lambda: self.token)

    @property
    def clock(self) -> Clock:
        return self.state.clock

    def call(self, call: Call) -> Answer:
        """Carry a request out, or refuse it as the real server would."""
        with self.state.lock:
            try:
                return self._answer(call)
            except Refused as refusal:
                return Answer(refusal.status, refusal.body())

    def limited(self, standing: Standing, *, everyone: bool = False, code: int = 0) -> Answer:
        """The 429 of a full window; `everyone` for the window of the whole token."""
        return self.desk.limited(standing, everyone=everyone, code=code)

    def _answer(self, call: Call) -> Answer:
        found = _find(call.method, call.path)
        if found is None or not found[0].keyed:
            if call.token != f"Bot {self.token}":
                raise Refused(401, 0, "401: Unauthorized")
            # What carries a token of its own in its address is outside of this window (discord.md 6).
            whole = self.limiter.take("everything", "", self.rules.everything)
            if whole.refused:
                return self.limited(whole, everyone=True)
        if found is None:
            raise Refused(*_unrouted(call))
        route, names = found
        return self._within(route, names, call)

    def _within(self, route: Route, names: dict[str, str], call: Call) -> Answer:
        """Count the call in its window, then carry it out; refused calls count as well."""
        if not route.window:
            return route.handler(self.desk, call, names)
        rule: Rule = getattr(self.rules, route.window)
        standing = self.limiter.take(route.window, names.get("channel_id") or names["token"], rule)
        if standing.refused:
            return self.limited(standing)
        try:
            answer = route.handler(self.desk, call, names)
        except Refused as refusal:
            answer = Answer(refusal.status, refusal.body())
        # A handler's own 429 comes from a sub-limit: the outer window still has room, and its headers say so.
        return Answer(answer.status, answer.body, {**self.limiter.headers(standing), **answer.headers})


def _find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    for route in ROUTES:
        if route.method == method and (match := route.path.fullmatch(path)):
            return route, match.groupdict()
    return None


def _unrouted(call: Call) -> tuple[int, int, str]:
    if any(route.path.fullmatch(call.path) for route in ROUTES):
        return 405, 0, "405: Method Not Allowed"
    return 404, 0, "404: Not Found"
