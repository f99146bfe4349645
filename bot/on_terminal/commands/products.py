"""``shipdate products``: the products that are known by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.on_terminal.commands.running import Json, settings_of, with_index, with_service
from bot.on_terminal.output import console, put_json, put_line

if TYPE_CHECKING:
    from bot.service.permissions import Caller
    from bot.service.service import Service
    from index import Index

products = typer.Typer(help="The products that are known by name; any other one works too.", no_args_is_help=True)


@products.command("add")
def add_product(  # noqa: PLR0917
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="As it is shown.")],
    maker: Annotated[str, typer.Option(help="Who makes it.")] = "",
    alias: Annotated[list[str] | None, typer.Option(help="Another spelling, in any script; can be given several times.")] = None,
    parent: Annotated[str | None, typer.Option(metavar="ID", help="The family that it is a version of.")] = None,
    ordinary: Annotated[bool, typer.Option(help="The name is also an ordinary word.")] = False,
) -> None:
    """Add a product that the catalogue lacks, or replace your own one; articles that name it are read again."""
    from bot.on_terminal.progress import progress
    from index import product_named

    product = product_named(name, maker=maker, aliases=tuple(alias or ()), parent=parent, ordinary=ordinary)

    async def work(service: Service, operator: Caller) -> None:
        with progress("Reading") as tell:
            await service.add_product(operator, product, tell=tell)
        put_line(f"added {product.id}: {product.name}")

    with_service(settings_of(context), work)


@products.command("list")
def list_products(context: typer.Context, as_json: Json = False) -> None:
    """All products that are known by name."""

    async def work(index: Index) -> None:
        from bot.on_terminal.render import product_table
        from bot.presentation.json_api import product_object

        known = await index.products()
        if as_json:
            put_json([product_object(product) for product in known])
        else:
            console().print(product_table(known))

    with_index(settings_of(context), work)


@products.command("remove")
def remove_product(context: typer.Context, id_: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Take out a product of your own; those that came along stay."""
    from bot.on_terminal.progress import progress

    async def work(service: Service, operator: Caller) -> None:
        with progress("Reading") as tell:
            await service.remove_product(operator, id_, tell=tell)
        put_line(f"removed {id_}")

    with_service(settings_of(context), work)
