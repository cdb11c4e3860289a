"""Webhooks: setting them, taking them away, looking at them (telegram.md 4.3; telegram-bot-api: do_set_webhook)."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from bots.rehearsal.telegram.polling import allowed_updates
from bots.rehearsal.telegram.replies import Json, bad_request, too_many_requests
from bots.rehearsal.telegram.state import Call, Hook

TOKEN_LENGTH = 256
TOKEN = re.compile(r"[A-Za-z0-9_-]*")
PORTS = frozenset({80, 88, 443, 8443})
CONNECTIONS = 40
MOST_CONNECTIONS = 100
TERMINATED = "Conflict: terminated by setWebhook request"


def set_webhook(call: Call) -> Json:
    """An empty address takes the webhook away. Whatever is wrong with a new one, the old one is gone by then."""
    url = call.params.text("url")
    if not url:
        return delete_webhook(call)
    _pace(call)
    before, inbox = call.state.hooks[call.bot.id], call.state.inboxes[call.bot.id]
    new = Hook(url, call.params.text("secret_token"), _connections(call))
    dropping = call.params.flag("drop_pending_updates")
    if not dropping and (new.url, new.secret, new.connections) == (before.url, before.secret, before.connections):
        inbox.allow(allowed_updates(call.params))
        return True
    inbox.interrupt(TERMINATED)
    _remove(call, dropping=dropping)
    _check(new)
    inbox.allow(allowed_updates(call.params))
    call.state.hooks[call.bot.id] = new
    inbox.ring()
    return True


def delete_webhook(call: Call) -> Json:
    _remove(call, dropping=call.params.flag("drop_pending_updates"))
    return True


def get_webhook_info(call: Call) -> Json:
    hook, inbox = call.state.hooks[call.bot.id], call.state.inboxes[call.bot.id]
    info: dict[str, Json] = {"url": hook.url, "has_custom_certificate": False, "pending_update_count": inbox.pending}
    if hook.failed is not None:
        info |= {"last_error_date": int(hook.failed.timestamp()), "last_error_message": hook.failure}
    if hook.url:
        info["max_connections"] = hook.connections
    if inbox.allowed:
        info["allowed_updates"] = sorted(inbox.allowed)
    return info


def local(url: str) -> bool:
    """True for an address on this machine: the only ones to which anything is sent, and any port or http will do."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _pace(call: Call) -> None:
    """At most one setWebhook a second."""
    now = call.state.clock.monotonic()
    if now < call.state.next_hook.get(call.bot.id, now):
        raise too_many_requests(1)
    call.state.next_hook[call.bot.id] = now + 1


def _connections(call: Call) -> int:
    given = call.params.integer("max_connections") if call.params.text("max_connections") else CONNECTIONS
    return max(1, min(MOST_CONNECTIONS, given))


def _remove(call: Call, *, dropping: bool) -> None:
    call.state.hooks[call.bot.id] = Hook()
    if dropping:
        call.state.inboxes[call.bot.id].clear()
    call.state.inboxes[call.bot.id].ring()


def _check(hook: Hook) -> None:
    parts = _split(hook.url)
    if len(hook.secret.encode("utf-8", "surrogatepass")) > TOKEN_LENGTH:
        raise bad_request("secret token is too long")
    if not TOKEN.fullmatch(hook.secret):
        raise bad_request("secret token contains unallowed characters")
    if local(hook.url):
        return
    if parts.scheme != "https":
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if (parts.port or 443) not in PORTS:
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    _check_reserved(parts.hostname or "")


def _check_reserved(host: str) -> None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return
    if not address.is_global:
        raise bad_request(f"bad webhook: IP address {host} is reserved")


def _split(url: str) -> SplitResult:
    """The address in parts; https is what an address without a scheme gets."""
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise bad_request("invalid webhook URL specified")
    return parts
