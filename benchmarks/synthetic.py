"""What a large index is measured on: synthetic, but honest.

A vector is that of a real sentence (of the sample articles and the calibration set) with Gaussian noise whose covariance is that
of the real sentences' vectors, as much as makes it as near to the one that it was drawn from as a real sentence is to its nearest
neighbour: a cosine of 0.95 on average for the bundled model. Less noise would make clumps, which clusters find too easily; noise
alike in all directions would make all distances equal, as they are in no text. Questions are the calibration set's, with the same
noise. A passage has one sentence, so that there are as many sentences as passages; its words are those of two real sentences,
half and half, and two made-up names, some common, most of them rare (Zipf's law).
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from index.embedding.learned.language_space import LanguageSpace
from index.model.articles import EVERYBODY, Article, Passage, Span
from index.storage.store.base import Embedded, Entry
from index.storage.store.database import FILE, Database
from index.storage.store.schema import WORDS
from index.storage.store.tenant_terms import mark, marked
from index.text.words import Profile, profile

HERE = Path(__file__).parent
WORKSPACE, SHARE = "slack:T1", 0.1  # whose articles are a tenth
PASSAGES = 5  # an article
DAYS = 1000


@dataclass(frozen=True)
class Real:
    """What everything is drawn from.

    Attributes:
        sentences: their vectors, and the language of each.
        questions: their vectors, without their language.
        asked: the questions.
    """

    sentences: np.ndarray
    languages: Sequence[str]
    profiles: Sequence[Profile]
    questions: np.ndarray
    asked: Sequence[str]
    space: LanguageSpace

    @classmethod
    def read(cls) -> Real:
        from benchmarks.measuring import sentence_texts
        from benchmarks.test_rates import articles
        from bot.settings import Settings
        from index.embedding.encoders import load as encoders
        from index.embedding.learned import bundle
        from index.ingestion.embed import cut

        encoder = encoders.load("", Settings().cache)
        space = bundle.load(encoder, Settings().cache).languages
        cuts = [cut(article) for article in articles()]
        said = [(text, one.article.language) for one in cuts for text in sentence_texts(one)]
        asked = [json.loads(line)["question"] for line in (HERE / "calibration/questions.jsonl").read_text(encoding="utf-8").splitlines()]
        return cls(
            encoder.encode_passages([text for text, _ in said]),
            [language for _, language in said],
            [profile("", [text], language) for text, language in said],
            space.queries(encoder.encode_queries(asked)),
            asked,
            space,
        )


class Noise:
    """See the module's docstring."""

    def __init__(self, vectors: np.ndarray, seed: int) -> None:
        self.dice = np.random.default_rng(seed)
        centred = vectors - vectors.mean(axis=0)
        _, spread, axes = np.linalg.svd(centred / np.sqrt(len(vectors)), full_matrices=False)
        cosines = vectors @ vectors.T
        np.fill_diagonal(cosines, -1)
        size = np.sqrt(1 / cosines.max(axis=1).mean() ** 2 - 1)
        self._root = (spread[:, None] * axes * size / np.sqrt((spread**2).sum())).astype(np.float32)

    def around(self, vectors: np.ndarray) -> np.ndarray:
        moved = vectors + self.dice.standard_normal((len(vectors), len(self._root)), dtype=np.float32) @ self._root
        return moved / np.linalg.norm(moved, axis=1, keepdims=True)


def name(dice: random.Random) -> str:
    """A made-up name: the first is as common as "the", most occur once or twice (Zipf's law)."""
    return f"nam{int(dice.paretovariate(0.6)) % 10_000_000:x}q"


def words_of(real: Real, dice: random.Random, places: Sequence[int]) -> Profile:
    """The words of a passage: of two real sentences, half and half, and two names."""
    first, second = (real.profiles[place] for place in places)
    head, tail = first.lines[1], second.lines[1]
    names = (name(dice), name(dice))
    line = (*head[: len(head) // 2], *tail[len(tail) // 2 :], *(one[:6] for one in names))
    return Profile(((), line), (*first.names, *names), first.common, (*first.capitals, *names))


async def fill(folder: Path, count: int, real: Real) -> None:
    """A database of so many passages, written straight into its tables."""
    await (await Database.open(folder)).close()
    noise, dice = Noise(real.sentences, 1), random.Random(1)
    with closing(sqlite3.connect(folder / FILE)) as base:
        base.execute("PRAGMA synchronous = OFF")
        base.execute("INSERT INTO generations (id, fingerprint, model, live, claims, revision) VALUES (1, 'bench:0', '', 1, '', 1)")
        base.execute("INSERT INTO scopes (number, name) VALUES (1, ?)", (WORKSPACE,))
        own = mark(1)
        columns = "number, id, scope, source, url, title, day, language, text, digest, text_digest, signature"
        of_passages = 'id, generation, article, start, "end", text, sentences, vectors, tells, tokens'
        for start in range(0, count, 10_000):
            many = min(10_000, count - start)
            picked = noise.dice.integers(0, len(real.sentences), (many, 2))
            vectors = np.stack([noise.around(real.sentences[picked[:, 0]]) for _ in range(2)], axis=1).astype("<f2")
            numbers = [1 + (start + at) // PASSAGES for at in range(many)]
            articles, passages, terms = [], [], []
            for at, (number, places) in enumerate(zip(numbers, picked.tolist(), strict=True)):
                scope = WORKSPACE if random.Random(number).random() < SHARE else EVERYBODY
                if (start + at) % PASSAGES == 0:
                    day = date(2024, 1, 1).toordinal() + dice.randrange(DAYS)
                    key = f"a{number}"
                    articles.append((number, key, scope, key, key, key, day, real.languages[places[0]], "", key, key, b""))
                id_ = 1 + start + at
                span = np.array([0, 9], "<i4").tobytes()
                passages.append((id_, 1, number, 0, 9, "", span, vectors[at].tobytes(), b"", b""))
                told = words_of(real, dice, places)
                its = own if scope == WORKSPACE else ""
                lines = "\n".join(marked(line, its) for line in told.lines)
                terms.append((id_, lines, marked(told.names, its), marked(told.common, its), " ".join(told.capitals)))
            base.executemany(f"INSERT INTO articles ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", articles)
            base.executemany(f"INSERT INTO passages ({of_passages}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", passages)
            base.executemany(f"INSERT INTO {WORDS} (rowid, terms, names, common, capitals) VALUES (?, ?, ?, ?, ?)", terms)
            base.commit()


def entry(real: Real, noise: Noise, dice: random.Random) -> Entry:
    """A new article, embedded."""
    key = f"new{dice.random()}"
    places = noise.dice.integers(0, len(real.sentences), (PASSAGES, 2)).tolist()
    embedded = []
    for at, two in enumerate(places):
        span = Span(10 * at, 10 * at + 9)
        vectors = noise.around(real.sentences[[two[0]] * 2]).astype(np.float16)
        told = words_of(real, dice, two)
        passage = Passage(span.start, span.end, (span,))
        embedded.append(Embedded(passage, "sentence.", told, vectors, np.zeros((0, 64), np.int8), np.zeros((1, 9), np.uint8), ()))
    published = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=dice.randrange(DAYS))
    article = Article(key, key, key, key, "sentence. " * PASSAGES, "en", published=published)
    return Entry(article, key, key, tuple(embedded))
