"""Which products people mean by what they type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.launches.mentions import Mentions
from index.launches.product_lookup import Products
from index.storage.catalogue import load
from index.text.name_keys import key, parts

pytestmark = pytest.mark.model

CATALOGUE = load()
MENTIONS = Mentions(CATALOGUE)
CLAIMED = ("acme-nimbus", "humane-ai-pin", "kling-9", "quorvex", "quorvex-2", "quorvex-2-pro", "quorvex-café", "sora", "zemble-studio")
PRODUCTS = Products(MENTIONS, CLAIMED)
NOTHING = Products(MENTIONS, ())
WORDS = frozenset(
    [
        *["a", "after", "does", "energy", "for", "how", "is", "it", "much", "of", "or", "out", "panel", "pin", "price", "search", "ship"],
        *["sofa", "solar", "the", "to", "what", "when", "who", "will"],
    ]
)
NAMES = frozenset(["quorvex", "zemble", "studio", "nimbus", "acme", "android"])


def asked(question: str, products: Products = PRODUCTS) -> list[str]:
    return list(dict.fromkeys(one.product for one in products.asked(question, NAMES.__contains__, WORDS.__contains__)))


# Names alone


@pytest.mark.parametrize(
    ("name", "product"),
    [
        ("Sora", "sora"),
        ("  SORA ", "sora"),
        ("sorra", "sora"),
        ("klling", "kling"),
        ("seedanse", "seedance"),
        ("dream machne", "luma-dream-machine"),
        ("veo3", "veo-3"),
        ("Veo 3.0", "veo-3"),
        ("gen 3 turbo", "runway-gen-3-alpha-turbo"),
        ("gen3 alpha turbo", "runway-gen-3-alpha-turbo"),
        ("Lumière de Google", "lumiere"),
        ("lumiere de google", "lumiere"),
        ("可灵", "kling"),
        ("クリング", "kling"),
        ("可灵 2.0", "kling-2-0"),
        ("Soras", "sora"),
        ("Ｓｏｒａ ２", "sora-2"),
    ],
)
@pytest.mark.parametrize("products", [PRODUCTS, NOTHING], ids=["articles", "no articles"])
def test_a_name_is_understood_however_it_is_typed(products: Products, name: str, product: str) -> None:
    assert products.named(name) == (product, CATALOGUE.products[product].name)


@pytest.mark.parametrize(
    ("name", "product"),
    [
        ("OpenAI Sora", "sora"),
        ("openai sorra", "sora"),
        ("Kuaishou Kling 2.0", "kling-2-0"),
        ("Runway Gen-4", "runway-gen-4"),
        ("Google Veo 3", "veo-3"),
    ],
)
def test_the_maker_may_stand_in_front(name: str, product: str) -> None:
    assert PRODUCTS.named(name)[0] == product


@pytest.mark.parametrize("name", ["solar", "sofa", "so", "Klang", "Zyx 3000", "黑曜石"])
def test_another_word_is_another_product(name: str) -> None:
    product, shown = PRODUCTS.named(name)
    assert product not in CATALOGUE.products
    assert product not in CLAIMED
    assert shown == name


def test_versions_that_no_catalogue_has_are_shown_with_their_familys_name() -> None:
    assert PRODUCTS.named("kling 9") == ("kling-9", "Kling 9")
    assert NOTHING.named("kling 12 pro") == ("kling-12-pro", "Kling 12 Pro")


def test_products_that_only_the_articles_know_are_found() -> None:
    assert PRODUCTS.named("QUORVEX")[0] == "quorvex"
    assert PRODUCTS.named("quorvexx") == ("quorvex", "Quorvex")
    assert PRODUCTS.named("Quorvex 2.0") == ("quorvex-2", "Quorvex 2.0")
    assert PRODUCTS.named("zemble studio")[0] == "zemble-studio"


def test_a_shorter_name_is_the_longer_one_that_the_articles_know() -> None:
    assert PRODUCTS.named("AI Pin") == ("humane-ai-pin", "Humane AI Pin")
    assert NOTHING.named("AI Pin")[0] == "ai-pin"


def test_a_name_inside_a_description_is_found() -> None:
    assert PRODUCTS.named("the Kling of last year")[0] == "kling"
    assert PRODUCTS.named("Humane's AI Pin of 2024")[0] == "humane-ai-pin"


@given(st.text(max_size=40))
def test_any_name_means_something(name: str) -> None:
    product, shown = PRODUCTS.named(name)
    assert bool(product) == bool(key(name))
    assert PRODUCTS.named(name) == (product, shown)


@given(st.lists(st.sampled_from("the ai Pin AI pin opus 4 humane studio - 世 of".split()), max_size=12).map(" ".join))
def test_short_names_are_found_wherever_they_stand(name: str) -> None:
    """As if all stretches of the text were tried, which nobody can wait for."""
    found = parts(name)
    stretches = [found[at:end] for at in range(len(found)) for end in range(len(found), at, -1)]
    claimed = [{id_ for id_ in MENTIONS.shortened(tuple(part.key for part in run)) if id_ in CLAIMED} for run in stretches]
    expected = [(run[0].start, run[-1].end, *ids) for run, ids in zip(stretches, claimed, strict=True) if len(ids) == 1]
    assert [(one.start, one.end, one.product) for one, _ in PRODUCTS._inside(found)] == expected


@pytest.mark.parametrize("length", [1, 5, 1000])
def test_a_name_of_many_numbers_has_few_families(length: int) -> None:
    related = PRODUCTS.relations(PRODUCTS.named("Zyx " + "7 " * length)[0])
    assert sum(relation < 0 for relation in related.values()) == min(length, 8)


def test_every_name_of_the_catalogue_means_its_product() -> None:
    for product in CATALOGUE.products.values():
        for spelling in product.spellings:
            for typed in (spelling, spelling.lower(), spelling.upper()):
                assert PRODUCTS.named(typed) == (product.id, product.name)


# Names in questions


@pytest.mark.parametrize(
    ("question", "products"),
    [
        ("When will Sora ship?", ["sora"]),
        ("when will sorra ship?", ["sora"]),
        ("is klling out", ["kling"]),
        ("is veo3 out?", ["veo-3"]),
        ("is gen 3 turbo out?", ["runway-gen-3-alpha-turbo"]),
        ("Is Kling or Sora 2 out?", ["kling", "sora-2"]),
        ("Sora or Sora or sora?", ["sora"]),
        ("可灵2.0什么时候发布？", ["kling-2-0"]),
        ("Wann kommt Kling 9?", ["kling-9"]),
        ("When will OpenAI Sora ship?", ["sora"]),
        ("When will quorvex ship?", ["quorvex"]),
        ("When will quorvex 2 ship?", ["quorvex-2"]),
        ("When will zemble studio ship?", ["zemble-studio"]),
        ("what is the ai pin?", ["humane-ai-pin"]),
    ],
)
def test_a_question_is_about_the_products_that_it_names(question: str, products: list[str]) -> None:
    assert asked(question) == products


@pytest.mark.parametrize(
    "question",
    ["", "When will it ship?", "what does solar energy price?", "is the sofa out?", "what is android?", "search for it", "OpenAI?", "🎬?"],
)
def test_a_question_that_names_none_is_about_none(question: str) -> None:
    assert asked(question) == []


def test_a_question_about_a_name_that_no_article_has_is_about_none() -> None:
    assert asked("When will quorvex ship?", NOTHING) == []


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("When will Sora ship?", ["Sora"]),
        ("so is klling out", ["klling"]),
        ("gen 3 turbo: out?", ["gen 3 turbo"]),
        ("可灵2.0什么时候发布？", ["可灵2.0"]),
        ("how much is quorvex 2", ["quorvex 2"]),
    ],
)
def test_it_is_told_where_a_question_names_them(question: str, named: list[str]) -> None:
    found = PRODUCTS.asked(question, NAMES.__contains__, WORDS.__contains__)
    assert [question[one.start : one.end] for one in found] == named


@given(st.text(max_size=60))
def test_any_question_may_be_asked(question: str) -> None:
    products = asked(question)
    assert len(set(products)) == len(products)


# Families


def test_a_product_has_versions_and_families() -> None:
    related = PRODUCTS.relations("sora-2")
    assert (related["sora-2"], related["sora-2-pro"], related["sora"]) == (0, 1, -1)
    assert "sora-turbo" not in related
    related = PRODUCTS.relations("kling")
    assert (related["kling"], related["kling-9"], related["kling-3-0-omni"]) == (0, 1, 1)
    assert PRODUCTS.relations("kling-9")["kling"] == -1


def test_names_of_the_articles_have_versions_too() -> None:
    assert PRODUCTS.relations("quorvex") == {"quorvex": 0, "quorvex-2": 1, "quorvex-2-pro": 1}
    assert PRODUCTS.relations("quorvex-2-pro") == {"quorvex-2-pro": 0, "quorvex-2": -1, "quorvex": -1}


def test_a_name_with_its_maker_before_it_is_the_same_product() -> None:
    assert PRODUCTS.relations("nimbus") == {"nimbus": 0, "acme-nimbus": 0}


def test_no_product_is_its_own_version_or_family() -> None:
    for product in (*CATALOGUE.products, *CLAIMED):
        assert PRODUCTS.relations(product)[product] == 0
