"""Learns what comes along for the bundled encoder (``index/embedding/learned/data/fitted.npz``), and tells how well the stages are read.

    make fit    (a quarter of an hour)

The reader of stages is cross-validated on products that it has not seen: all sentences on one product (and all that share a
text) are held out together.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import numpy as np
from sklearn.model_selection import GroupKFold

from bot.settings import Settings
from index.embedding.encoders import load as encoders
from index.embedding.learned import bundle
from index.embedding.learned.stage_examples import Example, examples, seen
from index.embedding.learned.stage_labels import HOWS, STAGES
from index.embedding.learned.stage_reader import StageReader

FOLDS = 5


def groups(known: tuple[Example, ...]) -> list[int]:
    """A number for each example; those that share a product, or a sentence but for the product's name, share it."""
    parents: dict[str, str] = {}

    def root(name: str) -> str:
        while parents.setdefault(name, name) != name:
            name = parents[name]
        return name

    for at, example in enumerate(known):
        product = example.product and re.sub(r"[\W\d].*", "", example.product.lower())
        text = example.text if example.span is None else example.text[: example.span[0]] + example.text[example.span[1] :]
        for shared in filter(None, (f"text {text}", product and f"product {product}")):
            parents[root(f"example {at}")] = root(shared)
    roots = [root(f"example {at}") for at in range(len(known))]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(roots))}
    return [numbers[name] for name in roots]


def main() -> None:
    settings = Settings()
    encoder = encoders.load(settings.embedding_model, settings.cache)
    known = examples()
    marked, grouped = seen(encoder, known), groups(known)
    stages, hows = np.array([one.stage for one in known]), np.array([one.how for one in known])
    guessed, manner = np.zeros(len(known), int), np.zeros(len(known), int)
    for train, test in GroupKFold(FOLDS).split(marked, stages, grouped):
        found = StageReader.fit([marked[at] for at in train], stages[train].tolist(), hows[train].tolist())([marked[at] for at in test])
        guessed[test], manner[test] = found[0].argmax(axis=1), found[1].argmax(axis=1)
    told = hows >= 0
    print(f"{len(known)} examples, {len(set(grouped))} groups of products, {FOLDS} folds")
    print(f"stage {np.mean(guessed == stages):.3f}, how {np.mean(manner[told] == hows[told]):.3f} of {', '.join(HOWS)}")
    for language in sorted({one.language for one in known}):
        rows = np.array([one.language == language for one in known])
        print(f"  {language}: stage {np.mean(guessed[rows] == stages[rows]):.3f}")
    for at, stage in enumerate(STAGES):
        print(f"  {stage}: recall {np.mean(guessed[stages == at] == at):.3f}, precision {np.mean(stages[guessed == at] == at):.3f}")
    place = Path(str(files("index.embedding.learned") / "data" / "fitted.npz"))
    bundle.keep(place, bundle.fit(encoder), encoder)
    print(f"written: {place} ({place.stat().st_size // 1024} kB)")


if __name__ == "__main__":
    main()
