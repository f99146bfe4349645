"""The products that are known by name, and those that an installation adds."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.launches.mentions import Mentions
from index.model.errors import CatalogueError, ShipdateError
from index.storage import catalogue
from index.storage.catalogue import OWN, Catalogue, Product, load, own, product_named
from index.text.name_keys import key

SHIPPED = load()
MENTIONS = Mentions(SHIPPED)


def refused(data: Path) -> str:
    """The one sentence with which a folder's products are refused."""
    with pytest.raises(CatalogueError) as told:
        load(data)
    assert isinstance(told.value, ShipdateError)
    assert "\n" not in str(told.value)
    return str(told.value)


def put(data: Path, content: str | bytes) -> Path:
    data.mkdir(exist_ok=True)
    (data / OWN).write_bytes(content if isinstance(content, bytes) else content.encode())
    return data


# What comes along


def test_many_products_are_known() -> None:
    assert len(SHIPPED.products) >= 60
    assert {"sora", "sora-2", "kling", "vidu", "runway-gen-3-alpha", "veo-3"} <= SHIPPED.products.keys()


def test_no_id_stands_twice() -> None:
    tables = tomllib.loads(files("index.storage").joinpath("catalogue.toml").read_text(encoding="utf-8"))["product"]
    assert len({table["id"] for table in tables}) == len(tables) == len(SHIPPED.products)


def test_every_parent_is_there_and_before_its_versions() -> None:
    order = list(SHIPPED.products)
    for product in SHIPPED.products.values():
        if product.parent:
            assert order.index(product.parent) < order.index(product.id)
        assert len(set(SHIPPED.family(product.id))) == len(SHIPPED.family(product.id))


def test_every_spelling_names_one_product() -> None:
    owners: dict[tuple[str, ...], str] = {}
    for product in SHIPPED.products.values():
        for spelling in product.spellings:
            assert owners.setdefault(key(spelling), product.id) == product.id


def test_every_plain_name_is_found_as_its_product() -> None:
    plain = [product for product in SHIPPED.products.values() if re.fullmatch(r"[\w .+-]+", product.name)]
    assert len(plain) > 600
    for product in plain:
        found = [(one.start, one.end, one.product, one.known) for one in MENTIONS.find(product.name, "")]
        assert found == [(0, len(product.name), product.id, True)]


def test_families_are_told_from_the_nearest_to_the_farthest() -> None:
    assert SHIPPED.family("sora-2-pro") == ("sora-2", "sora")
    assert SHIPPED.family("sora") == ()


# An installation's own


def test_a_product_of_ones_own_is_added_replaced_and_removed(data: Path) -> None:
    data.mkdir()
    catalogue.add(data, product_named("Brightleaf", maker="Osterhus", aliases=("明叶",)))
    assert load(data).products["brightleaf"].aliases == ("明叶",)
    catalogue.add(data, product_named("Brightleaf", maker="Osterhus", aliases=("亮叶",), ordinary=True))
    assert [(one.id, one.aliases, one.ordinary) for one in own(data)] == [("brightleaf", ("亮叶",), True)]
    assert len(load(data).products) == len(SHIPPED.products) + 1
    assert catalogue.remove(data, "brightleaf").name == "Brightleaf"
    assert load(data).products == SHIPPED.products


def test_what_is_written_is_read_back_the_same(data: Path) -> None:
    data.mkdir()
    whole = Product("brightleaf-2.5", 'Bright"leaf\\ 2.5', "Ôsterhus 火", ("明叶2.5",), "sora", "2.5", True, ("drawing",))
    catalogue.add(data, whole)
    assert list(own(data)) == [whole]


def test_a_product_that_came_along_can_be_replaced(data: Path) -> None:
    data.mkdir()
    vidu = SHIPPED.products["vidu"]
    catalogue.add(data, Product("vidu", vidu.name, vidu.maker, (*vidu.aliases, "Veedoo")))
    changed = load(data)
    assert len(changed.products) == len(SHIPPED.products)
    assert changed.spelled[key("veedoo")].id == "vidu"
    catalogue.remove(data, "vidu")
    assert load(data).digest == SHIPPED.digest


def test_without_a_file_there_are_no_products_of_ones_own(data: Path) -> None:
    assert own(data) == ()
    assert load(data).digest == SHIPPED.digest


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[[product]\n", "TOML"),
        (b"\xff\xfe\x00", "cannot be read"),
        ('product = "Sora"\n', "[[product]]"),
        ("product = [1]\n", "[[product]]"),
        ('[[product]]\nname = "Brightleaf"\n', "id"),
        ('[[product]]\nid = "brightleaf"\n', "name"),
        ('[[product]]\nid = "Bright Leaf"\nname = "Brightleaf"\n', "small letters"),
        ('[[product]]\nid = "brightleaf"\nname = "?"\n', "letter or a digit"),
        ('[[product]]\nid = "brightleaf"\nname = "Brightleaf"\naliases = ["…"]\n', "letter or a digit"),
        ('[[product]]\nid = "brightleaf"\nname = "Brightleaf"\naliases = "Leaf"\n', "aliases"),
        ('[[product]]\nid = "brightleaf"\nname = 7\n', "name"),
        ('[[product]]\nid = "brightleaf"\nname = "Brightleaf"\nordinary = "yes"\n', "ordinary"),
        ('[[product]]\nid = "brightleaf"\nname = "Brightleaf"\ncolour = "green"\n', "colour"),
        ('[[product]]\nid = "brightleaf"\nname = "Brightleaf"\nparent = "nobody"\n', "nobody"),
        ('[[product]]\nid = "brightleaf"\nname = "Brightleaf"\nparent = "brightleaf"\n', "ancestor"),
        ('[[product]]\nid = "brightleaf"\nname = "SORA-2"\n', "sora-2"),
    ],
)
def test_a_file_that_cannot_be_understood_is_told_in_one_sentence(data: Path, content: str | bytes, words: str) -> None:
    assert words in refused(put(data, content))


def test_a_ring_of_parents_is_told(data: Path) -> None:
    tables = '[[product]]\nid = "{0}"\nname = "{0}"\nparent = "{1}"\n'
    assert "ancestor" in refused(put(data, tables.format("leafa", "leafb") + tables.format("leafb", "leafa")))


def test_what_does_not_fit_is_refused_and_changes_nothing(data: Path) -> None:
    data.mkdir()
    catalogue.add(data, product_named("Brightleaf"))
    catalogue.add(data, product_named("Brightleaf 2", parent="brightleaf"))
    before = (data / OWN).read_bytes()
    for product in (Product("x", "Sora"), Product("x", "X", parent="nobody"), Product("X", "X"), Product("x", "?")):
        with pytest.raises(CatalogueError):
            catalogue.add(data, product)
    for id_ in ("sora", "nobody", "brightleaf"):  # the last has a version
        with pytest.raises(CatalogueError):
            catalogue.remove(data, id_)
    assert (data / OWN).read_bytes() == before


@pytest.mark.parametrize("name", ["", "?", "🙂"])
def test_a_name_with_neither_letter_nor_digit_is_refused(name: str) -> None:
    with pytest.raises(CatalogueError):
        product_named(name)


@pytest.mark.slow
@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(lambda said: f"[[product]]\n{said}".encode())))
def test_any_file_is_read_or_told(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        try:
            load(put(Path(folder), content))
        except CatalogueError as told:
            assert str(told)


def test_catalogues_with_other_products_have_other_digests() -> None:
    one, two = Catalogue.of([Product("a", "A")]), Catalogue.of([Product("a", "A", aliases=("B",))])
    assert one.digest == Catalogue.of([Product("a", "A")]).digest != two.digest
