"""What the reader makes of sentences that nobody could read in two ways."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from bot.settings import Settings
from index.embedding.encoders.base import TextEncoder
from index.embedding.learned import bundle
from index.embedding.learned.stage_examples import MASK, examples
from index.embedding.learned.stage_labels import FLAGS, HOWS, STAGES, Marked
from index.embedding.learned.stage_reader import StageReader, mark
from index.model.launches import How, Stage

pytestmark = pytest.mark.model

SENTENCES = [
    ("Today the company unveiled Brightleaf, a drawing assistant that nobody outside can use yet.", "Brightleaf", Stage.ANNOUNCED),
    ("Le fabricant a présenté Brumaire hier, sans dire quand il sera disponible.", "Brumaire", Stage.ANNOUNCED),
    ("Der Hersteller hat Waldkauz gestern vorgestellt; auf den Markt kommt er frühestens im nächsten Jahr.", "Waldkauz", Stage.ANNOUNCED),
    ("今天公司首次展示了青鸾，但没有公布上线时间。", "青鸾", Stage.ANNOUNCED),
    ("Quillon is only open to a few hundred invited testers for now.", "Quillon", Stage.LIMITED),
    ("Waldkauz startet als geschlossene Beta für ausgewählte Tester.", "Waldkauz", Stage.LIMITED),
    ("Nimbalo por ahora solo está disponible para un grupo reducido de probadores con invitación.", "Nimbalo", Stage.LIMITED),
    ("Starting today, anyone can sign up and use Brightleaf, the company said.", "Brightleaf", Stage.RELEASED),
    ("Brumaire est disponible pour tous dès aujourd'hui.", "Brumaire", Stage.RELEASED),
    ("Waldkauz ist ab sofort für alle Kunden verfügbar.", "Waldkauz", Stage.RELEASED),
    ("青鸾今天正式上线，所有用户都可以使用。", "青鸾", Stage.RELEASED),
    ("ヒバリは本日から誰でも利用できるようになった。", "ヒバリ", Stage.RELEASED),
    ("Quillon has been shut down and can no longer be used.", "Quillon", Stage.DISCONTINUED),
    ("Brumaire fermera définitivement le 30 juin, annonce l'éditeur.", "Brumaire", Stage.DISCONTINUED),
    ("Waldkauz wird eingestellt; die Server werden Ende Mai abgeschaltet.", "Waldkauz", Stage.DISCONTINUED),
    ("Nimbalo dejará de funcionar el 1 de marzo y la empresa devolverá el dinero.", "Nimbalo", Stage.DISCONTINUED),
    ("The engineers who built Quillon studied in Porto.", "Quillon", Stage.UNKNOWN),
    ("Waldkauz versteht zwölf Sprachen und malt in Öl.", "Waldkauz", Stage.UNKNOWN),
]


@pytest.fixture(scope="module")
def reader(encoder: TextEncoder) -> StageReader:
    """The one that comes with the encoder."""
    return bundle.load(encoder, Settings().cache).stages


def seen(encoder: TextEncoder, texts: Sequence[str], names: Sequence[str | None]) -> list[Marked]:
    """What the net sees of sentences and of the names in them."""
    spans = [(text.index(name), text.index(name) + len(name)) if name else None for text, name in zip(texts, names, strict=True)]
    return [mark(text, layers, span) for text, layers, span in zip(texts, encoder.layers(texts), spans, strict=True)]


# The labelled sentences


def test_every_example_has_its_name_where_it_says() -> None:
    for example in examples():
        assert "[[" not in example.text
        assert "]]" not in example.text
        if example.span:
            assert example.text[slice(*example.span)] in (example.product, MASK)


def test_a_sentence_with_a_name_is_there_with_another_name_too() -> None:
    named = [example for example in examples() if example.span]
    assert sum(example.text[slice(*example.span)] == MASK for example in named if example.span) * 2 >= len(named)
    for one, other in zip(named[::2], named[1::2], strict=True):
        assert (one.product, one.stage, one.how, one.language) == (other.product, other.stage, other.how, other.language)


def test_sentences_stand_behind_headlines_that_were_drawn_from_the_others() -> None:
    heads = [example.head for example in examples() if example.head]
    assert len(heads) >= 0.9 * len(examples())
    assert all(head.endswith(": ") and "[[" not in head for head in heads)
    assert len(set(heads)) > 200
    assert all(not example.head.startswith(example.text) for example in examples() if example.head)
    own = [example for example in examples() if example.span and example.head]
    share = sum(example.text[slice(*example.span)] in example.head for example in own if example.span) / len(own)
    assert 0.4 <= share <= 0.75


def test_every_stage_and_every_way_of_telling_it_has_examples_in_many_languages() -> None:
    for place in range(len(STAGES)):
        assert len({example.language for example in examples() if example.stage == place}) >= 5
    for place in range(len(HOWS)):
        assert len({example.language for example in examples() if example.how == place}) >= 5
    for example in examples():
        assert (example.how == -1) == (STAGES[example.stage] is Stage.UNKNOWN)


# What the net sees


def test_the_name_and_its_clause_are_marked(encoder: TextEncoder) -> None:
    text = "Quillon is out, and Brightleaf is not."
    [one] = seen(encoder, [text], ["Brightleaf"])
    [layers] = encoder.layers([text])
    assert one.tokens.shape == (len(layers.spans), 2 * encoder.dimension)
    assert one.flags.shape == (len(layers.spans), FLAGS)
    for (start, end), (name, clause, nameless) in zip(layers.spans, one.flags, strict=True):
        assert name == ("Brightleaf".find(text[start:end].strip()) >= 0)
        assert clause == (start >= text.index(" and"))
        assert not nameless


def test_a_sentence_without_a_name_is_marked_as_such(encoder: TextEncoder) -> None:
    [one] = seen(encoder, ["It is out, and people like it."], [None])
    assert (one.flags == [0, 0, 1]).all()


def test_names_are_found_in_text_without_spaces(encoder: TextEncoder) -> None:
    [one] = seen(encoder, ["昨天，可灵今天上线。"], ["可灵"])
    assert 0 < one.flags[:, 0].sum() < one.flags[:, 1].sum() < len(one.flags)


# What it reads


def test_clear_sentences_are_read_as_anybody_would(encoder: TextEncoder, reader: StageReader) -> None:
    stages, hows = reader(seen(encoder, [text for text, _, _ in SENTENCES], [name for _, name, _ in SENTENCES]))
    read = {text: STAGES[row.argmax()] for (text, _, _), row in zip(SENTENCES, stages, strict=True)}
    assert read == {text: stage for text, _, stage in SENTENCES}
    assert stages.shape == (len(SENTENCES), len(STAGES))
    assert hows.shape == (len(SENTENCES), len(HOWS))
    for rows in (stages, hows):
        assert np.allclose(rows.sum(axis=1), 1, atol=1e-4)
        assert (rows >= 0).all()


def test_in_one_sentence_each_product_has_its_own_stage(encoder: TextEncoder, reader: StageReader) -> None:
    text = "Quillon was shut down for good in May; Brightleaf, its successor, has been open to everybody since June."
    stages, _ = reader(seen(encoder, [text, text], ["Quillon", "Brightleaf"]))
    assert [STAGES[row.argmax()] for row in stages] == [Stage.DISCONTINUED, Stage.RELEASED]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Rumours say that Brightleaf could be shut down soon.", "Brightleaf"),
        ("According to two people who asked not to be named, Quillon will be released in March.", "Quillon"),
        ("Gerüchten zufolge soll Waldkauz im Frühjahr erscheinen.", "Waldkauz"),
    ],
)
def test_rumours_are_told_from_the_makers_word(encoder: TextEncoder, reader: StageReader, text: str, name: str) -> None:
    _, hows = reader(seen(encoder, [text], [name]))
    assert HOWS[hows[0].argmax()] is How.HEARSAY


def test_a_sentence_is_read_alike_alone_and_among_others(encoder: TextEncoder, reader: StageReader) -> None:
    texts, names = [text for text, _, _ in SENTENCES], [name for _, name, _ in SENTENCES]
    together, _ = reader(seen(encoder, texts, names))
    for at in (0, 7, 12):
        alone, _ = reader(seen(encoder, texts[at : at + 1], names[at : at + 1]))
        assert np.allclose(alone[0], together[at], atol=0.05)


# Learning


def drawn(rows: int = 90) -> tuple[list[Marked], list[int], list[int]]:
    """Tokens of which one tells a stage, drawn alike each time."""
    random = np.random.default_rng(7)
    stages = [row % len(STAGES) for row in range(rows)]
    hows = [-1 if STAGES[stage] is Stage.UNKNOWN else row % len(HOWS) for row, stage in enumerate(stages)]
    made = []
    for stage in stages:
        tokens = random.normal(size=(int(random.integers(2, 9)), 24)).astype(np.float32)
        tokens[0, stage] += 9
        made.append(Marked(tokens, np.zeros((len(tokens), FLAGS), np.float32)))
    return made, stages, hows


def test_of_no_sentences_nothing_is_read() -> None:
    made, stages, hows = drawn()
    for found in StageReader.fit(made, stages, hows)([]):
        assert len(found) == 0


@pytest.mark.slow
def test_the_same_examples_teach_the_same() -> None:
    made, stages, hows = drawn()
    one, other = StageReader.fit(made, stages, hows), StageReader.fit(made, stages, hows)
    assert one.digest == other.digest
    assert np.array_equal(one(made)[0], other(made)[0])


@pytest.mark.slow
def test_other_examples_teach_something_else() -> None:
    made, stages, hows = drawn()
    assert StageReader.fit(made, stages, hows).digest != StageReader.fit(made, stages[::-1], hows[::-1]).digest


@pytest.mark.slow
def test_what_examples_show_is_learned() -> None:
    made, stages, hows = drawn(1000)
    read, _ = StageReader.fit(made, stages, hows)(made)
    assert np.mean(read.argmax(axis=1) == np.array(stages)) > 0.9


@pytest.mark.slow
def test_what_was_drawn_before_does_not_change_what_is_learned() -> None:
    import torch

    made, stages, hows = drawn()
    torch.manual_seed(1)
    one = StageReader.fit(made, stages, hows)
    state = torch.get_rng_state()
    torch.manual_seed(2)
    assert StageReader.fit(made, stages, hows).digest == one.digest
    torch.manual_seed(1)
    assert torch.equal(torch.get_rng_state(), state)  # and nobody else's chance is touched
