"""What a Telegram bot lacks beside the right to publish: comments, reactions, links, polling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from telegram import Chat, ChatFullInfo, ChatMember, User, WebhookInfo

from bots.errors import ChatClosed
from bots.model import Destination
from bots.platforms import skew
from bots.platforms.hooks import Hook
from bots.platforms.setup import Finding, Level
from bots.platforms.telegram.client import ROOT, bot, harmlessly

_PRIVACY = (
    "Send /setprivacy to @BotFather and choose Disable, then take the bot out of the group and add it again; or make it"
    " an administrator."
)
_ADMINISTRATORS = (ChatMember.ADMINISTRATOR, ChatMember.OWNER)
_AWAY = (ChatMember.LEFT, ChatMember.BANNED)


class TelegramExaminer:
    """Looks at the bot and its chats. `base_url` and `proxy` as for the sender; `hook` is the webhook of ours."""

    def __init__(
        self,
        token: str,
        base_url: str | None = None,
        proxy: str | None = None,
        clock: skew.Now = skew.now,
        *,
        hook: Hook | None = None,
    ) -> None:
        self._hook = hook
        self._root, self._proxy, self._clock = (base_url or ROOT).rstrip("/"), proxy, clock
        self._bot = bot(token, base_url, proxy)

    async def open(self) -> None:
        """Connect and see that the token is good; raises TokenRejected or TryLater."""
        await harmlessly(self._bot.initialize)

    async def close(self) -> None:
        await self._bot.shutdown()

    async def account(self) -> Sequence[Finding]:
        """The bot, its webhook, the clock."""
        webhook = await harmlessly(self._bot.get_webhook_info)
        ahead = await skew.ahead(self._root, self._proxy, self._clock)
        return (*about_bot(self._bot.bot), *about_webhook(webhook, self._hook), skew.finding(ahead))

    async def chat(self, destination: Destination) -> Sequence[Finding]:
        """What keeps readers' answers from arriving. Raises ChatClosed where the bot can't look."""
        chat = await harmlessly(partial(self._bot.get_chat, destination.chat))
        if chat.type == Chat.PRIVATE:
            return ()
        if chat.type == Chat.CHANNEL:
            return tuple(await self._discussion(chat))
        member = await harmlessly(partial(self._bot.get_chat_member, chat.id, self._bot.id))
        return tuple(about_group(chat, member, self._bot.bot))

    async def _discussion(self, channel: ChatFullInfo) -> Sequence[Finding]:
        """The group where a channel's readers comment."""
        if channel.linked_chat_id is None:
            return [_no_discussion("no discussion group is linked", "Link one in the channel's settings: Discussion.")]
        try:
            group = await harmlessly(partial(self._bot.get_chat, channel.linked_chat_id))
            member = await harmlessly(partial(self._bot.get_chat_member, group.id, self._bot.id))
        except ChatClosed:
            group, member = None, None
        if group is None or member is None or member.status in _AWAY:
            return [_no_discussion("the bot is not in the discussion group", "Add it there, as an administrator.")]
        heard = [*about_group(group, member, self._bot.bot)]
        return heard or [Finding(Level.FINE, f"hears the discussion group {group.title}")]


def about_bot(bot: User) -> Iterator[Finding]:
    yield Finding(Level.FINE, f"@{bot.username}, and the token is good")
    if not bot.can_join_groups:
        yield Finding(
            Level.NOTE,
            "the bot can't be added to groups",
            "no group, topic or discussion group can be connected",
            "Send /setjoingroups to @BotFather and choose Enable.",
        )


def about_webhook(webhook: WebhookInfo, ours: Hook | None = None) -> Iterator[Finding]:
    """Updates go to the webhook or to those who ask, never to both (telegram.md 4.3)."""
    if ours is not None and ours.secret is None:
        yield Finding(
            Level.PROBLEM,
            "telegram.webhook has no secret",
            "`weektech run` does not start",
            "Set TELEGRAM_WEBHOOK_SECRET to 32 letters and digits or more.",
        )
    if not webhook.url:
        return
    if ours is None or webhook.url != ours.url:
        yield Finding(
            Level.NOTE,
            "a webhook is set" if ours is None else "another webhook is set",
            "publishing works, but updates go elsewhere: `weektech connect`, the author's buttons and readers' answers"
            " can't be read",
            "If nothing else uses it, take it away with the Bot API's deleteWebhook."
            if ours is None
            else "`weektech run` sets its own when it starts.",
        )
    elif webhook.last_error_message:
        yield Finding(
            Level.NOTE,
            f"the webhook does not always answer: {webhook.last_error_message}",
            f"{webhook.pending_update_count} updates wait",
            "Look whether `weektech run` runs and can be reached at telegram.webhook.url.",
        )
    else:
        yield Finding(Level.FINE, "updates are pushed to the webhook")


def about_group(group: ChatFullInfo, member: ChatMember, bot: User) -> Iterator[Finding]:
    """What the bot hears in a group it is in (telegram.md 4.1 and 4.2), and what such a group can't do."""
    if group.type == Chat.GROUP:
        yield Finding(
            Level.NOTE,
            "this is a basic group",
            "its messages have no links, so the contents message can't lead to the sections",
            "Let it become a supergroup (make the history visible to new members); weektech follows it.",
        )
    if member.status in _ADMINISTRATORS:
        return
    if not bot.can_read_all_group_messages:
        yield Finding(
            Level.NOTE,
            "privacy mode is on",
            "of what readers write it hears commands and replies to its own messages alone",
            _PRIVACY,
        )
    yield Finding(
        Level.NOTE,
        "the bot is no administrator",
        "it isn't told of reactions",
        "Make it an administrator; it needs no right for that.",
    )


def _no_discussion(what: str, remedy: str) -> Finding:
    return Finding(Level.NOTE, what, "comments can't be collected", remedy)
