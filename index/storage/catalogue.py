"""The products that are known by name: their makers, spellings and families.

The catalogue comes along as ``catalogue.toml``; an installation adds its own products in ``products.toml`` in its data
folder. It only says how names are written and which belong together: a product that is in neither works too.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import tomli_w

from index.model.errors import CatalogueError, DataError
from index.system import disk_space
from index.system.atomic_files import write_whole
from index.text.name_keys import Key, key, slug
from index.text.sanitize import storable

OWN = "products.toml"
"""The installation's own products, in its data folder."""

_KEYS = {"id", "name", "maker", "aliases", "parent", "version", "ordinary", "context"}
_ID = re.compile(r"[^\W_]+(?:[-.][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Product:
    """One product, or one version of it.

    Attributes:
        id: lower-case words joined by hyphens; stable.
        aliases: its other spellings, in any script; case, accents, spaces and hyphens do not matter.
        parent: the id of the family that it is a version of.
        version: what tells it from its parent ("2", "3-turbo").
        ordinary: whether the bare name is also an ordinary word, so that something must show that the product is meant.
        context: words that show it, beside the maker.
    """

    id: str
    name: str
    maker: str = ""
    aliases: tuple[str, ...] = ()
    parent: str | None = None
    version: str = ""
    ordinary: bool = False
    context: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """All the ways in which it is written."""
        return (self.name, *self.aliases)


@dataclass(frozen=True)
class Catalogue:
    """Products by id, in the order of their families. Later ones replace earlier ones of the same id."""

    products: Mapping[str, Product] = field(default_factory=dict)

    @classmethod
    def of(cls, products: Iterable[Product]) -> Catalogue:
        """A catalogue of these products.

        Raises:
            CatalogueError: a parent is missing or its own ancestor, or two products share a spelling.
        """
        catalogue = cls({product.id: product for product in products})
        for product in catalogue.products.values():
            catalogue.family(product.id)
        owners: dict[Key, str] = {}
        for product in catalogue.products.values():
            for spelling in product.spellings:
                owner = owners.setdefault(key(spelling), product.id)
                if owner != product.id:
                    raise CatalogueError(f"“{spelling}” names both {owner} and {product.id}; leave it to one of them.")
        return catalogue

    @cached_property
    def spelled(self) -> Mapping[Key, Product]:
        """Each spelling, and the product that it names."""
        return {key(spelling): product for product in self.products.values() for spelling in product.spellings}

    @cached_property
    def makers(self) -> frozenset[Key]:
        """The makers' names: a name that opens with one goes on with the product's."""
        return frozenset(key(product.maker) for product in self.products.values() if product.maker)

    @cached_property
    def digest(self) -> str:
        """Two catalogues with the same digest find the same mentions."""
        return sha256(repr(sorted(self.products.items())).encode()).hexdigest()[:16]

    def family(self, id_: str) -> tuple[str, ...]:
        """A product's ancestors, the nearest first.

        Raises:
            CatalogueError: one is missing, or comes twice.
        """
        found: list[str] = []
        parent = self.products[id_].parent if id_ in self.products else None
        while parent is not None:
            if parent not in self.products:
                raise CatalogueError(f"{id_} has the parent {parent}, which is no product of the catalogue.")
            if parent in found or parent == id_:
                raise CatalogueError(f"{id_} is its own ancestor.")
            found.append(parent)
            parent = self.products[parent].parent
        return tuple(found)


def load(data: Path | None = None) -> Catalogue:
    """The catalogue that comes along, with the products of a data folder.

    Raises:
        CatalogueError: the folder's file cannot be understood; the text says where.
    """
    shipped = _read(files("index.storage").joinpath("catalogue.toml").read_text(encoding="utf-8"), "catalogue.toml")
    return Catalogue.of([*shipped, *(own(data) if data else ())])


def own(data: Path) -> Sequence[Product]:
    """The products that an installation added.

    Raises:
        CatalogueError: their file cannot be understood.
    """
    path = data / OWN
    try:
        return _read(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path} cannot be read ({error}); mend it or remove it.") from None


def add(data: Path, product: Product) -> None:
    """Add a product to an installation's own, or replace it there.

    Raises:
        CatalogueError: it does not fit into the catalogue.
    """
    _save(data, [*(one for one in own(data) if one.id != product.id), _checked(product, "this product")])


def remove(data: Path, id_: str) -> Product:
    """Take a product out of an installation's own.

    Raises:
        CatalogueError: it is not there, or another one is a version of it.
    """
    mine = own(data)
    removed = next((one for one in mine if one.id == id_), None)
    if removed is None:
        raise CatalogueError(f"{id_} is none of your own products; see `shipdate products list`.")
    _save(data, [one for one in mine if one.id != id_])
    return removed


def product_named(name: str, **details: Any) -> Product:
    """A product from what people type; its id is made from its name."""
    return _checked(Product(slug(key(name)), name.strip(), **details), name)


def _save(data: Path, products: Sequence[Product]) -> None:
    shipped = _read(files("index.storage").joinpath("catalogue.toml").read_text(encoding="utf-8"), "catalogue.toml")
    Catalogue.of([*shipped, *products])  # refuses what does not fit, before anything is written
    try:
        write_whole(data / OWN, storable(tomli_w.dumps({"product": [_table(product) for product in products]})))
    except OSError as error:
        if disk_space.is_lacking(error):
            raise DataError(disk_space.lacking(data)) from None
        raise DataError(f"{data / OWN} cannot be written ({error.strerror}); check the folder's permissions.") from None


def _table(product: Product) -> dict[str, Any]:
    """A product as its file has it: without what is empty."""
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(product).items()}
    return {name: value for name, value in values.items() if value}


def _read(content: str, place: str) -> list[Product]:
    try:
        tables = tomllib.loads(content).get("product", [])
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"{place} is not TOML ({error}); mend it or remove it.") from None
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise CatalogueError(f"{place} must hold tables that are called [[product]].")
    return [_product(one, place) for one in tables]


def _product(table: Mapping[str, Any], place: str) -> Product:
    where = f"{place}, product {table.get('id', table.get('name', '?'))!s}"
    unknown = sorted(table.keys() - _KEYS)
    if unknown:
        raise CatalogueError(f"{where}: there is no key {unknown[0]}; it may have {', '.join(sorted(_KEYS))}.")
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in table.items()}
    for name, value in values.items():
        texts = value if name in ("aliases", "context") else (value,)
        if not isinstance(texts, tuple) or not all(isinstance(one, bool if name == "ordinary" else str) for one in texts):
            raise CatalogueError(f"{where}: {name} has a value of the wrong type.")
    if "id" not in values or "name" not in values:
        raise CatalogueError(f"{where}: a product needs an id and a name.")
    return _checked(Product(**values), where)


def _checked(product: Product, where: str) -> Product:
    if not all(key(spelling) for spelling in product.spellings):
        raise CatalogueError(f"{where}: a name needs a letter or a digit.")
    if not _ID.fullmatch(product.id) or product.id != product.id.lower():
        raise CatalogueError(f"{where}: the id must be of small letters, digits and hyphens, such as gen-3-alpha.")
    return product
