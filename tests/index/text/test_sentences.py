"""Where sentences end, and which of them say something, measured on judged documents in eight languages.

In ``sentences/*.tsv`` each line is a language and a document: ``‖`` stands behind each sentence, braces hold what says nothing by
itself. The first half was written before the rules, the second half after them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.text.passages import split
from index.text.sentences import ends

FOLDER = Path(__file__).parent / "sentences"
MARK = re.compile(r"(?:[-#]{1,6})\s+")


def documents(half: str) -> Iterator[tuple[str, str, list[str]]]:
    """Language, text and expected sentences."""
    for line in (FOLDER / f"{half}.tsv").read_text(encoding="utf-8").splitlines():
        language, marked = line.replace("\\n", "\n").split("\t")
        parts = [MARK.sub("", part.strip(), count=1) if MARK.match(part.strip()) else part.strip() for part in _apart(marked)]
        yield language, re.sub("[{}‖]", "", marked), [part for part in parts if any(map(str.isalnum, part))]


def _apart(marked: str) -> list[str]:
    return re.sub(r"\{[^}]*\}", "‖", marked).split("‖")


@pytest.mark.parametrize("half", ["first", "second"])
def test_few_sentences_are_cut_wrongly(half: str) -> None:
    count, errors = Counter[str](), Counter[str]()
    for language, text, expected in documents(half):
        cut = [text[sentence.start : sentence.end] for passage in split(text, language) for sentence in passage.sentences]
        missing = [sentence for sentence in expected if sentence not in cut]
        surplus = [sentence for sentence in cut if not any(sentence in one or one in sentence for one in expected)]
        for sentence in (*missing, *surplus):
            near = [one for one in cut if one != sentence and (one in sentence or sentence in one)]
            print(f"{language}: {'missing' if sentence in missing else 'surplus'} {sentence!r}, instead {near}")
        count[language] += len(expected)
        errors[language] += len(missing) + len(surplus)
    print(half, {language: f"{errors[language]}/{count[language]}" for language in count})
    assert errors.total() / count.total() < 0.02
    assert max(errors[language] / count[language] for language in count) <= 0.04


@pytest.mark.parametrize(
    ("language", "line", "first"),
    [
        ("en", "It starts at 10 a.m. PT today. It is free.", "It starts at 10 a.m. PT today."),
        ("de", "Im 2. Quartal kommt es. Es ist neu.", "Im 2. Quartal kommt es."),
        ("fr", "Sortie le 9 déc. 2026 à Lyon. C'est sûr.", "Sortie le 9 déc. 2026 à Lyon."),
        ("pt", "Chega a S. Paulo em maio. É pago.", "Chega a S. Paulo em maio."),
        ("und", "It is available.The price is known.", "It is available."),
        ("ru", "Она выйдет в мае. Цена неизвестна.", "Она выйдет в мае."),
    ],
)
def test_a_sentence_ends_where_it_ends(language: str, line: str, first: str) -> None:
    assert line[: ends(line, language)[0]].strip() == first
