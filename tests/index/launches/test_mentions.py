"""Which products a text speaks of."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.launches.mentions import Mention, Mentions, parent_of
from index.storage.catalogue import Catalogue, Product, load
from index.text.name_keys import key, slug

pytestmark = pytest.mark.model

CATALOGUE = load()
MENTIONS = Mentions(CATALOGUE)

PIECES = [
    *["Sora", "Sora 2", "sora2", "Soras", "Gen-3 Alpha Turbo", "gen 3", "Kling 9 Pro", "可灵", "可灵2.0", "海螺视频", "クリング", "Vidu"],
    *["OpenAI", "Pika Labs", "Humane", "AI Pin", "Le Chat", "Ｖｉｄｕ", "Lumière", "Quorvex 7", "Die", "the", "is", "out", "3.0", "２"],
    *[" ", " ", "-", ". ", ", ", "'s ", "\n", "\u00a0", "（", "）", "。", "+", "𝟚", "ﬁ", "½", "🎬"],
]
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=14).map("".join)


def named(text: str, language: str = "en") -> list[tuple[str, str]]:
    """What an article of this text names, as it is written there and by id; of the catalogue only."""
    return [(text[one.start : one.end], one.product) for one in MENTIONS.find(text, language, MENTIONS.context("", text)) if one.known]


def asked(question: str) -> list[str]:
    return [one.product for one in MENTIONS.find(question, "")]


def open_names(text: str, language: str = "en") -> list[str]:
    """The names in it that are in no catalogue."""
    return [text[one.start : one.end] for one in MENTIONS.find(text, language, MENTIONS.context("", text)) if not one.known]


# The longest name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Runway says that Gen-3 Alpha Turbo is faster.", ["runway", "runway-gen-3-alpha-turbo"]),
        ("Runway says that Gen-3 Alpha is slower.", ["runway", "runway-gen-3-alpha"]),
        ("OpenAI opened Sora 2 today.", ["sora-2"]),
        ("OpenAI opened Sora 2 Pro today.", ["sora-2-pro"]),
        ("OpenAI opened Sora, 2 years late.", ["sora"]),
        ("OpenAI opened Sora. 2 million came.", ["sora"]),
        ("Kuaishou compared Kling 2.1 with Kling 2.0 and Kling.", ["kling-2-1", "kling-2-0", "kling"]),
        ("OpenAI opened Sora, then Sora 2.", ["sora", "sora-2"]),
    ],
)
def test_the_longest_name_wins(text: str, expected: list[str]) -> None:
    assert [product for _, product in named(text)] == expected


@pytest.mark.parametrize(
    "written", ["Gen-3 Alpha Turbo", "GEN 3 ALPHA TURBO", "Gen3 Alpha-Turbo", "Gen\u00a03 Alpha Turbo", "Gen‑3 Alpha Turbo"]
)
def test_it_does_not_matter_how_a_name_is_joined(written: str) -> None:
    text = f"Yesterday Runway opened {written} to all."
    assert (written, "runway-gen-3-alpha-turbo") in named(text)


# Versions that no catalogue has


@pytest.mark.parametrize(
    ("text", "written", "product"),
    [
        ("Kuaishou promises Kling 9 for spring.", "Kling 9", "kling-9"),
        ("Kuaishou promises Kling 9.5 for spring.", "Kling 9.5", "kling-9.5"),
        ("Kuaishou promises Kling 9 Pro for spring.", "Kling 9 Pro", "kling-9-pro"),
        ("快手明天发布可灵9。", "可灵9", "kling-9"),
        ("OpenAI shows Sora 7 to the press.", "Sora 7", "sora-7"),
    ],
)
def test_a_version_that_no_catalogue_has_is_one_of_its_own(text: str, written: str, product: str) -> None:
    assert (written, product) in named(text, "zh" if "快手" in text else "en")
    assert parent_of(product, CATALOGUE) is not None


@pytest.mark.parametrize("text", ["Kuaishou opened Kling 2026 days ago.", "Kuaishou gave Kling pro accounts away."])
def test_a_year_and_a_word_in_small_letters_make_no_version(text: str) -> None:
    assert [product for _, product in named(text)] == ["kling"]


@pytest.mark.parametrize(
    ("product", "family"),
    [
        ("sora-2-pro", "sora-2"),
        ("kling-9", "kling"),
        ("kling-9-pro", "kling-9"),
        ("quorvex-2", "quorvex"),
        ("quorvex", None),
        ("quorvex-studio", "quorvex"),
        ("blue-quorvex", None),
    ],
)
def test_a_version_belongs_to_its_family(product: str, family: str | None) -> None:
    assert parent_of(product, CATALOGUE) == family


# Chinese, Japanese, German


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("快手今天宣布可灵面向所有用户开放。", "zh", [("可灵", "kling")]),
        ("昨天快手和字节跳动说，可灵和即梦都涨价了。", "zh", [("可灵", "kling"), ("即梦", "jimeng")]),
        ("可灵2.0的价格没有变。快手说。", "zh", [("可灵2.0", "kling-2-0")]),
        ("快手クリング3.0が公開された。", "ja", [("クリング3.0", "kling-3-0")]),
    ],
)
def test_chinese_and_japanese_names_stand_amid_running_text(text: str, language: str, expected: list[tuple[str, str]]) -> None:
    assert named(text, language) == expected


def test_a_german_genitive_is_the_name() -> None:
    text = "OpenAI erklärt das Ende Soras, aber nicht das Ende Klings."
    assert named(text, "de") == [("Soras", "sora"), ("Klings", "kling")]


def test_a_small_word_that_only_looks_like_a_genitive_is_none() -> None:
    text = "OpenAI counted the soras in the marsh."
    assert named(text) == []


# Names that are ordinary words


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("In den Bergen lebt die Pika, ein kleines Nagetier.", "de"),
        ("The plane left the Runway at noon.", "en"),
        ("El ave llamada Sora vive en los pantanos.", "es"),
        ("My neighbour Claude bought bread.", "en"),
    ],
)
def test_an_ordinary_word_is_no_product_without_a_sign_of_it(text: str, language: str) -> None:
    assert named(text, language) == []


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("Chenlin Meng founded the firm. It opened Pika to all.", "pika"),
        ("Pika Labs says: from today Pika costs nothing.", "pika"),
        ("The firm opened Runway, a text-to-video program.", "runway"),
        ("In a letter OpenAI defended Sora.", "sora"),
    ],
)
def test_with_its_maker_or_its_trade_beside_it_it_is(text: str, product: str) -> None:
    assert product in [id_ for _, id_ in named(text)]


def test_in_small_letters_an_ordinary_word_is_no_product_even_then() -> None:
    assert named("OpenAI saw a sora in the marsh.") == []


def test_in_a_question_everything_is_about_products() -> None:
    assert asked("is sora out?") == ["sora"]
    assert asked("what about pika") == ["pika"]


# Shorter names


def test_a_shorter_name_stands_for_the_longer_one_where_something_shows_it() -> None:
    assert ("AI Pin", "humane-ai-pin") in named("On Monday Humane said that the AI Pin ships in April.")
    assert named("On Monday the shop said that the AI Pin ships in April.") == []


# Makers


@pytest.mark.parametrize(
    "text", ["OpenAI and Google said nothing.", "It was said that Kuaishou and Shengshu met ByteDance.", "It is OpenAI."]
)
def test_makers_are_no_products(text: str) -> None:
    assert MENTIONS.find(text, "en", MENTIONS.context("", text)) == []


def test_a_sentence_about_another_maker_does_not_go_on_about_a_product() -> None:
    assert MENTIONS.may_go_on("sora", "It is not available yet.")
    assert MENTIONS.may_go_on("sora", "OpenAI gave no date.")
    assert not MENTIONS.may_go_on("sora", "Google gave no date.")
    assert MENTIONS.may_go_on("quorvex", "Google gave no date.")
    assert not MENTIONS.may_go_on("kling-9", "Google gave no date.")


# Names that are in no catalogue


def test_any_name_that_is_written_like_one_is_found() -> None:
    assert open_names("Everyone spoke of Quorvex and of Zemble 4 today.") == ["Quorvex", "Zemble 4"]


def test_the_capital_of_a_first_word_makes_no_name() -> None:
    assert open_names("Yesterday it rained. ") == []
    assert open_names("The Quorvex is here, and the rain too.") == ["Quorvex"]


def test_a_maker_in_front_is_left_out_of_the_name() -> None:
    assert open_names("We like Google Quorvex best.") == ["Quorvex"]


def test_two_spellings_of_an_open_name_are_one_product() -> None:
    ids = [one.product for text in ("We like Quorvex-2 best.", "We like QUORVEX 2.0 best.") for one in found(text)]
    assert ids == ["quorvex-2"] * 2


def found(text: str) -> list[Mention]:
    return MENTIONS.find(text, "en", MENTIONS.context("", text))


# Any text


@given(TEXTS, st.sampled_from(["en", "de", "zh", "ja", ""]))
def test_mentions_stand_where_they_say_in_order_and_apart(text: str, language: str) -> None:
    for context in (None, MENTIONS.context("", text)):
        end = 0
        for one in MENTIONS.find(text, language, context):
            assert end <= one.start < one.end <= len(text)
            assert text[one.start : one.end].strip() == text[one.start : one.end]
            assert one.product
            end = one.end


@given(TEXTS)
@example("海螺视频3.0")  # Hailuo's version 3, which has an entry of its own, under the family's Chinese name
def test_what_is_found_of_the_catalogue_is_written_as_the_catalogue_says(text: str) -> None:
    for one in MENTIONS.find(text, ""):
        if one.product in CATALOGUE.products:
            *most, last = key(text[one.start : one.end])
            spelled = [CATALOGUE.spelled.get((*most, form)) for form in (last, last.removesuffix("s"))]
            families = [(CATALOGUE.spelled.get(tuple(most[:at])), (*most[at:], last)) for at in range(1, len(most) + 1)]
            versions = [f"{family.id}-{slug(version)}" for family, version in families if family]
            assert one.product in [*(product.id for product in spelled if product), *versions]


@given(TEXTS, TEXTS)
def test_what_stands_in_another_paragraph_moves_no_mention(before: str, text: str) -> None:
    offset = len(before) + 2
    alone = [(one.start, one.end, one.product) for one in MENTIONS.find(text, "")]
    whole = [(one.start - offset, one.end - offset, one.product) for one in MENTIONS.find(f"{before}\n\n{text}", "")]
    assert [one for one in whole if one[0] >= 0] == alone


def test_two_catalogues_that_find_other_things_have_other_digests() -> None:
    one = Mentions(Catalogue.of([Product("quorvex", "Quorvex")]))
    other = Mentions(Catalogue.of([Product("quorvex", "Quorvex", ordinary=True)]))
    assert one.digest != other.digest
