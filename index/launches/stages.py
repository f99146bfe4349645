"""Reads one sentence about one product: at which stage does it show the launch, and in what way does it say so?

A small net over the encoder's vectors of the sentence, of the product's name in it and of the clause around that. While it
learns it sees each sentence also with the name replaced, so that what it learns is not "Sora is discontinued". The vectors are
those of a middle layer beside the last one: an encoder's last layer keeps what a text is about, and how it is said (negation,
mood, tense) is clearer in the middle (Tenney et al., "BERT rediscovers the classical NLP pipeline", arXiv 1905.05950).

Learned from ``sentences.tsv``. On products that it has not seen it tells the stage of 78 % of those sentences, half of which were
chosen to mislead, and the way of 83 % (``make fit`` measures it); the last layer alone would tell 70 %, and without the clause
it would be 75 %.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from index.embedding.encoder import Encoder, Layers
from index.model import Stage

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Linear

MASK = "Nova"
"""What every product is called as well while the net learns: a word that could be a product's name in every language."""


class How(StrEnum):
    """In what way a sentence tells a stage.

    Attributes:
        EVENT: the stage begins with what it tells.
        STATE: the stage holds at the time of writing.
        PAST: it looks back: the stage began, or held, some time before.
        HEARSAY: rumours, leaks, forecasts; not the maker's word.
    """

    EVENT = "event"
    STATE = "state"
    PAST = "past"
    HEARSAY = "hearsay"


STAGES = (Stage.ANNOUNCED, Stage.LIMITED, Stage.RELEASED, Stage.DISCONTINUED, Stage.UNKNOWN)
"""In the order of the probabilities; the last is a sentence that tells of no stage."""

HOWS = tuple(How)

_HIDDEN = 64
_DROPOUT = 0.5
_DECAY = 0.05
_EPOCHS = 30
_BATCH = 128
_RATE = 3e-3
_SMOOTHING = 0.05
_HOW_SHARE = 0.4  # of the loss
_NETS = 3  # averaged: each starts from other random weights

_CLAUSE_END = re.compile(r"[,;:，；：、—–()（）]|\s-\s")
_BRACKETS = re.compile(r"\[\[(.*?)\]\]")


class Example(NamedTuple):
    """A sentence of ``sentences.tsv``.

    Attributes:
        span: where the product's name stands; None where the sentence names it only by a pronoun or a noun.
        product: the name that its source has.
        stage, how: places in :data:`STAGES` and :data:`HOWS`; -1 where no stage is told.
    """

    text: str
    span: tuple[int, int] | None
    product: str | None
    language: str
    stage: int
    how: int


@cache
def examples() -> tuple[Example, ...]:
    """The labelled sentences."""
    content = files("index.launches").joinpath("sentences.tsv").read_text(encoding="utf-8")
    _, *rows = csv.reader(content.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return tuple(example for row in rows for example in _examples(*row))


def _examples(language: str, stage: str, how: str, sentence: str) -> Iterator[Example]:
    """Each sentence twice where it names its product: as it is, and with another name, so that no name teaches anything."""
    place = STAGES.index(Stage.UNKNOWN if stage == "none" else Stage(stage))
    manner = -1 if stage == "none" else HOWS.index(How(how))
    named = _BRACKETS.search(sentence)
    if named is None:
        yield Example(sentence, None, None, language, place, manner)
        return
    for name in (named[1], MASK):
        text = sentence[: named.start()] + name + sentence[named.end() :]
        yield Example(text, (named.start(), named.start() + len(name)), named[1], language, place, manner)


@dataclass(frozen=True)
class StageReader:
    """The net: standardised features, one hidden layer (GELU), nine logits; several such nets, averaged.

    Attributes:
        centre, scale: of the features. Shape (features,).
        first, second: the weights of each net, the biases in the last row. Shapes (nets, features + 1, hidden) and
            (nets, hidden + 1, 9).
    """

    centre: npt.NDArray[np.float32]
    scale: npt.NDArray[np.float32]
    first: npt.NDArray[np.float32]
    second: npt.NDArray[np.float32]

    @classmethod
    def fit(cls, features: npt.NDArray[np.float32], stages: Sequence[int], hows: Sequence[int]) -> StageReader:
        """Learn from examples, in some seconds. The same examples teach the same.

        Args:
            features: as :func:`features` makes them. Shape (examples, features).
            stages, hows: see :class:`Example`.
        """
        import torch

        centre, scale = features.mean(axis=0), features.std(axis=0) + 1e-6
        inputs = torch.from_numpy((features - centre) / scale)
        nets = [_train(inputs, torch.tensor(stages), torch.tensor(hows), seed) for seed in range(_NETS)]
        return cls(centre, scale, np.stack([first for first, _ in nets]), np.stack([second for _, second in nets]))

    @cached_property
    def digest(self) -> str:
        """Two with the same digest read alike."""
        return sha256(self.first.tobytes() + self.second.tobytes()).hexdigest()[:16]

    def __call__(self, features: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """How likely each stage is, and each way of telling it. Shapes (rows, 5) and (rows, 4); every row sums to one."""
        inputs = (features - self.centre) / self.scale
        stages = np.zeros((len(features), len(STAGES)), np.float32)
        hows = np.zeros((len(features), len(HOWS)), np.float32)
        for first, second in zip(self.first, self.second, strict=True):
            hidden = _gelu(inputs @ first[:-1] + first[-1])
            logits = hidden @ second[:-1] + second[-1]
            stages += _softmax(logits[:, : len(STAGES)]) / len(self.first)
            hows += _softmax(logits[:, len(STAGES) :]) / len(self.first)
        return stages, hows


def features(texts: Sequence[str], read: Sequence[Layers], spans: Sequence[tuple[int, int] | None]) -> npt.NDArray[np.float32]:
    """What the net sees of each sentence: the mean of its tokens, of those of the product's name, and of those of the clause around it.

    Args:
        spans: where the name stands; where there is none, the whole sentence takes its place, and the clause's.
    """
    rows = []
    for text, layers, span in zip(texts, read, spans, strict=True):
        whole = layers.mean()
        rows.append(np.concatenate([whole, *([layers.mean(span), layers.mean(_clause(text, span))] if span else [whole, whole])]))
    return np.stack(rows).astype(np.float32) if rows else np.zeros((0, 0), np.float32)


def _clause(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """From the punctuation before a name to that behind it."""
    ends = [0, *(match.end() for match in _CLAUSE_END.finditer(text)), len(text)]
    return max(end for end in ends if end <= span[0]), min(end for end in ends if end >= span[1])


def fit(encoder: Encoder) -> StageReader:
    """The reader for an encoder, from the labelled sentences."""
    known = examples()
    return StageReader.fit(seen(encoder, known), [example.stage for example in known], [example.how for example in known])


def seen(encoder: Encoder, known: Sequence[Example]) -> npt.NDArray[np.float32]:
    """The features of examples."""
    texts = [example.text for example in known]
    return features(texts, encoder.layers(texts), [example.span for example in known])


def _train(inputs: Tensor, stages: Tensor, hows: Tensor, seed: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """One net's weights, the biases as last rows."""
    import torch
    from torch import nn

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = nn.Sequential(
            nn.Dropout(_DROPOUT),
            first := nn.Linear(inputs.shape[1], _HIDDEN),
            nn.GELU(approximate="tanh"),
            nn.Dropout(_DROPOUT),
            second := nn.Linear(_HIDDEN, len(STAGES) + len(HOWS)),
        )
        optimizer = torch.optim.AdamW(net.parameters(), weight_decay=_DECAY)
        steps = _EPOCHS * -(-len(inputs) // _BATCH)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps)
        # Rare stages count more, but not in full: that would find them everywhere.
        weights = (len(stages) / torch.bincount(stages, minlength=len(STAGES)).clamp(min=1)) ** 0.5
        for _ in range(_EPOCHS):
            for batch in torch.split(torch.randperm(len(inputs)), _BATCH):
                logits = net(inputs[batch])
                loss = nn.functional.cross_entropy(
                    logits[:, : len(STAGES)], stages[batch], weights / weights.mean(), label_smoothing=_SMOOTHING
                )
                if (hows[batch] >= 0).any():
                    loss = loss + _HOW_SHARE * nn.functional.cross_entropy(logits[:, len(STAGES) :], hows[batch], ignore_index=-1)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
    return _weights(first), _weights(second)


def _weights(layer: Linear) -> npt.NDArray[np.float32]:
    joined = np.vstack([layer.weight.detach().numpy().T, layer.bias.detach().numpy()])
    return joined.astype(np.float16).astype(np.float32)  # as they are kept


def _gelu(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The tanh form of Hendrycks and Gimpel, "Gaussian error linear units" (arXiv 1606.08415)."""
    bent: npt.NDArray[np.float32] = 0.5 * values * (1 + np.tanh(np.sqrt(2 / np.pi) * (values + 0.044715 * values**3)))
    return bent


def _softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    sums: npt.NDArray[np.float32] = odds / odds.sum(axis=1, keepdims=True)
    return sums
