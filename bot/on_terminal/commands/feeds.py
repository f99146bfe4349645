"""``shipdate feeds``: the places that are watched for new articles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.on_terminal.commands.running import Json, settings_of, with_service
from bot.on_terminal.output import console, put, put_json, put_line, say
from index import ArticleError, FeedError

if TYPE_CHECKING:
    from bot.service.permissions import Caller
    from bot.service.service import Service
    from index import Outcome

feeds = typer.Typer(help="The RSS and Atom feeds that new articles come from.", no_args_is_help=True)


@feeds.command("add")
def add_feeds(
    context: typer.Context,
    urls: Annotated[
        list[str] | None, typer.Argument(metavar="URL...", help="Feeds, or pages that name theirs; with --starter: groups of them.")
    ] = None,
    starter: Annotated[
        bool, typer.Option("--starter", help="Feeds to begin with, all or some groups: labs, video, coding, devices, press, press-fr …")
    ] = False,
    every: Annotated[int | None, typer.Option(metavar="MINUTES", min=5, max=43200, help="How often to look; 60 by default.")] = None,
) -> None:
    """Follow feeds. Their articles come with the next look: `serve` takes it soon, `feeds refresh` at once."""
    minutes = timedelta(minutes=every) if every else None
    if not urls and not starter:
        raise typer.BadParameter("give the address of a feed, or --starter.")

    async def begin(service: Service, operator: Caller) -> None:
        made = await service.add_starter(operator, urls or (), every=minutes)
        put_line(f"following {made.added} feeds of the starter pack" + (f"; {made.known} were followed before" if made.known else ""))

    async def work(service: Service, operator: Caller) -> None:
        async def follow(url: str) -> str:
            feed = await service.add_feed(operator, url, every=minutes)
            return f"following {feed.id}: {feed.title or feed.url}"

        await _each(urls or (), follow)

    with_service(settings_of(context), begin if starter else work)


@feeds.command("list")
def list_feeds(context: typer.Context, as_json: Json = False) -> None:
    """What is followed, and how it fares."""

    async def work(service: Service, operator: Caller) -> None:
        from bot.on_terminal.render import feed_table
        from bot.presentation.json_api import feed_object

        followed = await service.feeds(operator)
        if as_json:
            put_json([feed_object(feed) for feed in followed])
        else:
            console().print(feed_table(followed))

    with_service(settings_of(context), work)


@feeds.command("remove")
def remove_feeds(
    context: typer.Context, names: Annotated[list[str], typer.Argument(metavar="ID-OR-URL...", help="As `feeds list` shows them.")]
) -> None:
    """Follow feeds no longer; their articles stay."""

    async def work(service: Service, operator: Caller) -> None:
        async def forget(name: str) -> str:
            feed = await service.remove_feed(operator, name)
            return f"removed {feed.id}: {feed.title or feed.url}"

        await _each(names, forget)

    with_service(settings_of(context), work)


@feeds.command("refresh")
def refresh_feeds(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="[ID-OR-URL...]", help="As `feeds list` shows them; all by default.")] = None,
) -> None:
    """Look at feeds now, whenever they are due."""

    async def work(service: Service, operator: Caller) -> None:
        looks = await service.refresh_feeds(operator, names)
        for look in looks:
            feed = look.feed
            put_line(f"{feed.title or feed.url}: {_counted(look.outcomes) or ('failed' if feed.problem else 'nothing new')}")
            _say_failures(look.outcomes)
            if feed.problem:
                say(feed.problem)
        if any(look.feed.problem for look in looks):
            raise SystemExit(1)

    with_service(settings_of(context), work)


@feeds.command("check")
def check_feeds(
    context: typer.Context,
    starter: Annotated[bool, typer.Option("--starter", help="Those to begin with, rather than those that are followed.")] = False,
) -> None:
    """Name the feeds that do not answer, or are none any more; nothing is added."""

    async def work(service: Service, operator: Caller) -> None:
        problems = await service.check_feeds(operator, starter=starter)
        wrong = [problem for problem in problems.values() if problem]
        for problem in wrong:
            say(problem)
        put_line(f"{len(problems) - len(wrong)} of {len(problems)} feeds answer")
        if wrong:
            raise SystemExit(1)

    with_service(settings_of(context), work)


@feeds.command("import")
def import_feeds(
    context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE", help="OPML, as feed readers export it.")]
) -> None:
    """Follow all feeds of a list."""
    from index import decode_text, file_content, home_path

    text = decode_text(file_content(home_path(file)))

    async def work(service: Service, operator: Caller) -> None:
        outcomes = await service.import_feeds(operator, text)
        put_line(_counted(outcomes) or "No feeds are in this list.")
        if _say_failures(outcomes) or not outcomes:
            raise SystemExit(1)

    with_service(settings_of(context), work)


@feeds.command("export")
def export_feeds(context: typer.Context) -> None:
    """Print all feeds as OPML, for other feed readers."""

    async def work(service: Service, operator: Caller) -> None:
        put((await service.export_feeds(operator)).rstrip())

    with_service(settings_of(context), work)


async def _each(names: Sequence[str], act: Callable[[str], Awaitable[str]]) -> None:
    """Do it with each, and tell what was done; what cannot be done with one does not stop the others."""
    failed = False
    for name in names:
        try:
            put_line(await act(name))
        except (FeedError, ArticleError) as error:
            say(str(error))
            failed = True
    if failed:
        raise SystemExit(1)


def _counted(outcomes: Sequence[Outcome]) -> str:
    counts = Counter(outcome.change for outcome in outcomes)
    return ", ".join(f"{count} {change}" for change, count in sorted(counts.items()))


def _say_failures(outcomes: Sequence[Outcome]) -> bool:
    """Say what went wrong with each; whether anything did."""
    failed = [outcome.detail or outcome.source for outcome in outcomes if outcome.change == "failed"]
    for sentence in failed:
        say(sentence)
    return bool(failed)
