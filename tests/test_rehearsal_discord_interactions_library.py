"""Commands, buttons, menus and forms of the local Discord through unmodified discord.py."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import discord
from discord import app_commands

from bots.rehearsal.discord.interactions import Reply
from bots.rehearsal.discord.people import People
from tests.discord_world import Hearing, fast_world, listening, picture, until

LATE = timedelta(seconds=4)


class Desk(discord.Client):
    """Every kind of answer, as the library gives them."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents.default(), guild_ready_timeout=0.05)
        self.tree = app_commands.CommandTree(self)
        self.seen: list[Any] = []
        self.tree.add_command(app_commands.Command(name="latest", description="x", callback=self.latest))
        self.tree.add_command(app_commands.Command(name="slow", description="x", callback=self.slow))

    async def setup_hook(self) -> None:
        await self.tree.sync()
        self.add_dynamic_items(Subscribe)

    async def latest(self, interaction: discord.Interaction, section: str) -> None:
        roles = interaction.user.roles if isinstance(interaction.user, discord.Member) else []
        self.seen.append((interaction.user.name, section, str(interaction.locale), [role.name for role in roles]))
        view = discord.ui.View(timeout=None)
        view.add_item(Subscribe(section))
        file = discord.File(io.BytesIO(picture().content), "a.png")
        made = await interaction.response.send_message(f"latest {section}", view=view, file=file, ephemeral=True)
        assert isinstance(made.resource, discord.InteractionMessage)
        await interaction.followup.send("more", ephemeral=True)

    async def slow(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True)
        await interaction.edit_original_response(content="at last")


class Subscribe(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"sub:(?P<section>\w+)"):
    def __init__(self, section: str) -> None:
        super().__init__(discord.ui.Button(label="订阅", custom_id=f"sub:{section}"))
        self.section = section

    @classmethod
    async def from_custom_id(cls, interaction: Any, item: Any, match: Any) -> Subscribe:
        return cls(match["section"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.edit_message(content=f"subscribed to {self.section}", view=None)


async def test_the_library_answers_commands_and_buttons() -> None:
    world, channel = fast_world(speed=1)
    people, reader = People(world.state), world.state.add_user("读者")
    role = world.state.add_role(channel.guild, "AI")
    world.state.member_roles[channel.guild, reader.id] = frozenset({role.id})
    client = Desk()
    async with listening(world, client):
        done = people.command(channel.id, reader, "latest", {"section": "AI"}, locale="zh-CN")
        await until(lambda: len(people.answers(done)) == 2)
        first, second = people.answers(done)
        assert (first.content, second.content, done.ephemeral) == ("latest AI", "more", True)
        assert len(first.attachments) == 1
        pressed = people.press(first, reader, "sub:AI")
        await until(lambda: not pressed.waiting)
        assert people.answers(done)[0].content == "subscribed to AI"
        private = people.command(people.converse(reader).id, reader, "slow")
        await until(lambda: [each.content for each in people.answers(private)] == ["at last"])
    assert client.seen == [("读者", "AI", "zh-CN", ["@everyone", "AI"])]
    assert private.reply is Reply.LATER
    assert world.state.messages(channel.id) == ()


async def test_the_library_is_told_that_it_is_too_late() -> None:
    world, channel = fast_world(speed=1)
    people, reader = People(world.state), world.state.add_user("reader")
    world.state.commands[0] = {"9": {"id": "9", "type": 1, "name": "x", "application_id": str(world.state.bot.id)}}
    codes: list[int] = []
    client = Hearing()

    @client.event
    async def on_interaction(interaction: discord.Interaction) -> None:
        world.state.interactions[interaction.token].sent -= LATE
        try:
            await interaction.response.send_message("x")
        except discord.NotFound as error:
            codes.append(error.code)

    async with listening(world, client):
        done = people.command(channel.id, reader, "x")
        await until(lambda: codes)
    assert (codes, done.waiting) == ([10062], True)


async def test_the_library_completes_asks_and_reads_a_form() -> None:
    world, channel = fast_world(speed=1)
    people, reader = People(world.state), world.state.add_user("reader")
    client = Hearing()
    tree = app_commands.CommandTree(client)

    class Form(discord.ui.Modal, title="反馈"):
        words: discord.ui.TextInput[Any] = discord.ui.TextInput(label="?", custom_id="words")

        async def on_submit(self, interaction: discord.Interaction) -> None:
            await interaction.response.send_message(f"got {self.words.value}")

    async def comment(interaction: discord.Interaction, section: str) -> None:
        await interaction.response.send_modal(Form(custom_id="form"))

    async def sections(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=typed + "!", value=typed)]

    command: Any = app_commands.Command(name="comment", description="x", callback=comment)
    command.autocomplete("section")(sections)
    tree.add_command(command)
    async with listening(world, client):
        await tree.sync()
        typed = people.complete(channel.id, reader, "comment", {"section": "A"}, focused="section")
        await until(lambda: typed.choices)
        asked = people.command(channel.id, reader, "comment", {"section": "AI"})
        await until(lambda: asked.form)
        sent = people.fill_in(asked, {"words": "好"})
        await until(lambda: people.answers(sent))
    assert [(each["name"], each["value"]) for each in typed.choices] == [("A!", "A")]
    assert [each.content for each in people.answers(sent)] == ["got 好"]
