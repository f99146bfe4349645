"""What admins do on Discord, and who may do it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from simcord.results import InteractionResult

from bot.on_discord import reindex
from bot.on_discord.articles import _PAGE as PAGE
from bot.settings import Settings
from index.ingestion import embed
from index.ingestion.reindex import Rebuilding
from index.ingestion.sources.files import SIZE_LIMIT
from tests.bot.on_discord.conftest import Start
from tests.support.discord import World, ids_of, press, text_of, told
from tests.support.feeds import item, rss
from tests.support.site import Site, page, serving

AURORA = "Aurora will ship on 4 May, says its maker, which adds that testers liked it. The price of Aurora is 12 dollars a month."


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving() as made:
        yield made


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The tests' own site may be asked."""
    return settings.model_copy(update={"allow_private_network": True})


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody works on rebuilds, and nobody follows them."""

    async def nothing(*_args: object) -> None:
        """Not even look."""

    monkeypatch.setattr(reindex.Reindexing, "_follow", nothing)
    monkeypatch.setattr(Rebuilding, "_take_up", lambda _self: None)


# Articles


@pytest.mark.model
async def test_addresses_and_files_are_added_together_and_answer_at_once(world: World, site: Site) -> None:
    address = site.put("/aurora", page("Aurora gets a date", AURORA, published="2025-03-04"))
    result = await world.admin.slash(
        world.channel,
        "articles add",
        url=f"{address} {site.address}/missing",
        file=(
            "borealis.md",
            b"---\npublished: 2025-03-05\n---\n\nBorealis is available to everybody since Monday. It costs nothing.",
        ),
        file2=("empty.md", b""),
    )
    said = told(result)
    assert "2 added, 2 failed" in said
    assert said.count("\n- ") == 2
    await world.mention(world.ann, "When will Aurora ship?")
    assert "4 May" in text_of(world.answers()[-1])
    await world.mention(world.ann, "What does Borealis cost?")
    assert "It costs nothing" in text_of(world.answers()[-1])


async def test_files_of_one_name_are_both_added(world: World) -> None:
    one, two = (f"{name} ships on {day} May 2025, says its maker.".encode() for name, day in (("Cirrus", 4), ("Drift", 9)))
    assert "2 added" in told(await world.admin.slash(world.channel, "articles add", file=("a.md", one), file2=("a.md", two)))


async def test_a_file_that_is_too_large_is_refused_before_it_is_fetched(world: World) -> None:
    result = await world.admin.slash(world.channel, "articles add", file=("huge.md", b"a" * (SIZE_LIMIT + 1)))
    assert "huge.md has more than 5 MB" in told(result)


async def test_what_is_added_belongs_to_the_server_alone(world: World) -> None:
    await world.admin.slash(world.channel, "articles add", file=("aurora.md", AURORA.encode()))
    other = world.env.create_guild()
    carl, channel = other.add_member(world.env.create_user("carl")), other.create_text_channel("here")
    await carl.send(channel, f"<@{world.bot.id}> When will Aurora ship?")
    assert "Nothing found" in text_of(world.answers(channel)[-1])


async def test_files_of_the_machine_cannot_be_added(world: World) -> None:
    assert "Only web addresses" in told(await world.admin.slash(world.channel, "articles add", url="/etc/passwd"))


async def test_nothing_to_add_is_told(world: World) -> None:
    assert "attach a file" in told(await world.admin.slash(world.channel, "articles add"))


async def test_articles_are_listed_in_pages_newest_first(world: World) -> None:
    result = await world.admin.slash(world.channel, "articles list")
    first = text_of(result.response)
    assert first.count("\n- ") == PAGE
    assert first.index("switches off the last part") < first.index("OpenAI is ending Sora")
    (forward,) = ids_of(result.response)
    turned = await world.admin.click(result.response, custom_id=forward)
    assert "2 / 2" in text_of(turned.response)
    assert "switches off the last part" not in text_of(turned.response)


async def test_articles_are_filtered(world: World) -> None:
    result = await world.admin.slash(world.channel, "articles list", filter="kling")
    listed = text_of(result.response).splitlines()[1:]
    assert listed
    assert all("kling" in line.casefold() for line in listed)


async def test_an_article_is_removed_after_a_confirmation(world: World) -> None:
    await world.admin.slash(world.channel, "articles add", file=("aurora.md", AURORA.encode()))
    (choice,) = await world.admin.autocomplete(world.channel, "articles remove", "article", "aurora")
    asked = await world.admin.slash(world.channel, "articles remove", article=choice["value"])
    assert "Take out" in told(asked)
    assert "It stays." in told(await press(world.admin, asked.response, "keep"))
    asked = await world.admin.slash(world.channel, "articles remove", article=choice["value"])
    assert "It is out." in told(await press(world.admin, asked.response, "take"))
    assert await world.admin.autocomplete(world.channel, "articles remove", "article", "aurora") == []


@pytest.mark.model
async def test_as_many_articles_are_suggested_as_discord_takes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.on_discord.articles.CHOICES", 3)
    newest = await world.service.articles(world.caller(world.admin), limit=3)
    choices = await world.admin.autocomplete(world.channel, "articles remove", "article", "")
    assert [choice["value"] for choice in choices] == [one.article.id for one in newest]


async def test_what_belongs_to_all_is_not_removed_by_one_server(world: World) -> None:
    (choice, *_) = await world.admin.autocomplete(world.channel, "articles remove", "article", "kling")
    asked = await world.admin.slash(world.channel, "articles remove", article=choice["value"])
    assert "only owners" in told(await press(world.admin, asked.response, "take"))
    assert await world.admin.autocomplete(world.channel, "articles remove", "article", "kling")


async def test_an_article_that_does_not_exist_is_told(world: World) -> None:
    assert "There is no article nonsense" in told(await world.admin.slash(world.channel, "articles remove", article="nonsense"))


# Feeds


async def test_feeds_are_followed_listed_and_left(world: World, site: Site) -> None:
    address = site.put("/feed.xml", rss(item("Aurora", f"{site.address}/aurora", "1", content=AURORA)), "application/rss+xml")
    assert "Following [Example News]" in told(await world.admin.slash(world.channel, "feeds add", url=address, minutes=30))
    listed = told(await world.admin.slash(world.channel, "feeds list"))
    assert "**Feeds: 1**" in listed
    assert "not looked at yet" in listed
    (choice,) = await world.admin.autocomplete(world.channel, "feeds remove", "feed", "example")
    assert "No longer following" in told(await world.admin.slash(world.channel, "feeds remove", feed=choice["value"]))
    assert "**Feeds: 0**" in told(await world.admin.slash(world.channel, "feeds list"))


async def test_what_is_no_feed_is_told(world: World, site: Site) -> None:
    assert "feed" in told(await world.admin.slash(world.channel, "feeds add", url=site.put("/page", page("A page", AURORA))))


# Rebuilding


async def test_a_rebuild_shows_how_far_it_is_and_what_came_of_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reindex, "PAUSE", 0.0)
    monkeypatch.setattr(embed, "BATCH_TEXTS", 16)
    await world.admin.slash(world.channel, "articles add", file=("aurora.md", AURORA.encode()))
    result = await world.admin.slash(world.channel, "reindex")
    assert "Re-indexed: 1 articles." in text_of(result.response)
    assert not ids_of(result.response)
    assert any("Re-indexing" in edit and "shipdate:cancel:" in edit for edit in world.edits())


@pytest.mark.usefixtures("idle")
async def test_a_rebuild_can_be_cancelled_by_its_button(world: World) -> None:
    await world.admin.slash(world.channel, "articles add", file=("aurora.md", AURORA.encode()))
    result = await world.admin.slash(world.channel, "reindex")
    assert "begins soon" in text_of(result.response)
    await press(world.admin, result.response, "cancel")
    assert "cancelled" in text_of(result.response)
    assert not ids_of(result.response)


# Settings and audit


@pytest.mark.model
async def test_settings_are_chosen_on_a_panel(world: World) -> None:
    shown = await world.admin.slash(world.channel, "settings")
    panel = shown.response
    assert panel and panel.ephemeral
    role = world.guild.create_role("Editors")
    await world.admin.select(panel, [world.channel], custom_id="shipdate:set:unprompted_channels:")
    await world.admin.select(panel, [role], custom_id="shipdate:set:admin_role:")
    await world.admin.select(panel, ["fr"], custom_id="shipdate:set:language:")
    for name in ("private_replies", "log_questions"):
        (switch,) = [id_ for id_ in ids_of(panel) if name in id_]
        await world.admin.click(panel, custom_id=switch)
    settings = await world.service.settings(world.caller(world.admin))
    assert settings.unprompted_channels == (str(world.channel.id),)
    assert settings.admin_role == str(role.id)
    assert (settings.language, settings.private_replies, settings.log_questions) == ("fr", True, True)
    said = text_of(panel)
    assert "Cela commence au prochain démarrage" in said
    await world.admin.select(panel, ["none"], custom_id="shipdate:set:language:")
    await world.admin.select(panel, [], custom_id="shipdate:set:admin_role:")
    settings = await world.service.settings(world.caller(world.admin))
    assert (settings.language, settings.admin_role) == (None, None)


async def test_the_audit_tells_who_did_what_newest_first(world: World) -> None:
    await world.admin.slash(world.channel, "articles add", file=("aurora.md", AURORA.encode()))
    await world.admin.slash(world.channel, "articles add", url="/etc/passwd")
    first, second = told(await world.admin.slash(world.channel, "audit")).splitlines()
    assert f"<@{world.admin.id}> · add articles: /etc/passwd · refused" in first
    assert "aurora.md · done: 1 added" in second


# Who may


def commands(world: World) -> dict[str, dict[str, object]]:
    """Every act, with what it needs."""
    return {
        "articles add": {"file": ("aurora.md", AURORA.encode())},
        "articles remove": {"article": "https://shipdate.example/samples/2024-07-24-kling-global"},
        "feeds add": {"url": "http://127.0.0.1:9/feed"},
        "feeds list": {},
        "feeds remove": {"feed": "1"},
        "reindex": {},
        "audit": {},
        "settings": {},
    }


@pytest.mark.model
@pytest.mark.usefixtures("idle")
async def test_who_may_do_what(world: World, settings: Settings, start: Start) -> None:
    """Role by act by scope. Discord is told to show the commands to everybody, so that it is Shipdate that refuses."""
    editors = world.guild.create_role("Editors")
    editor = world.guild.add_member(world.env.create_user("eve"), roles=[editors])
    owner = world.guild.add_member(world.env.create_user("olga"))
    await world.restart(start(settings.model_copy(update={"owners": f"discord:{owner.id}"})))
    await world.choose(world.service, admin_role=str(editors.id))
    await world.everybody_sees_all_commands()
    for name, needs in commands(world).items():
        for shared in (False, True) if name != "settings" else (False,):
            for member in (world.ann, world.admin, editor, owner):
                result = await member.slash(world.channel, name, **needs, **({"shared": True} if shared else {}))
                said = "\n".join(text_of(message) for message in (*result.followups, result.response) if message)
                refused = "Only the admins" in said or "Only the owners" in said
                may = member is owner if shared else member in (world.admin, editor)
                assert refused is not may, (name, shared, member.name, said)
                if refused:
                    assert told(result)


async def test_commands_of_admins_are_shown_to_those_who_manage_the_server(world: World) -> None:
    for_all = {"ask", "sora-status", "launch-status"}
    assert set(world.ann.available_commands(world.channel)) - {"Ask Shipdate about this"} == for_all
    shown = set(world.admin.available_commands(world.channel))
    assert shown >= for_all | set(commands(world))


async def test_in_a_direct_message_only_owners_manage(world: World) -> None:
    result: InteractionResult = await world.ann.user.slash("articles add", file=("aurora.md", AURORA.encode()))
    assert "Only the owners" in told(result)


async def test_suggestions_of_feeds_are_not_for_everybody(world: World) -> None:
    await world.everybody_sees_all_commands()
    assert await world.ann.autocomplete(world.channel, "feeds remove", "feed", "") == []
