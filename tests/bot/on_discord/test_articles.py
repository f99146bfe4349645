"""Articles are added, listed and removed on Discord."""

from __future__ import annotations

import pytest

from bot.on_discord.articles import _PAGE as PAGE
from bot.settings import Settings
from index.ingestion.sources.files import SIZE_LIMIT
from tests.bot.on_discord.conftest import AURORA
from tests.support.discord import World, ids_of, press, text_of, told
from tests.support.site import Site, page


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The tests' own site may be asked."""
    return settings.model_copy(update={"allow_private_network": True})


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
