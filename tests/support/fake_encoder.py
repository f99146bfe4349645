"""An encoder without a model, for tests that are not about meaning: it loads at once and encodes in no time.

Texts are cut by the bundled model's own tokenizer. Each token has a vector drawn by its number; a text's vector is the sum of its tokens',
rare ones counting more. So texts that share words are near each other, and no others.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index.embedding.encoders import base, bundled, lazy_tokenizer
from index.embedding.encoders.base import Card, Output, TextEncoder, Vectors
from index.embedding.encoders.lazy_tokenizer import Vocabulary
from index.embedding.encoders.load import locate
from index.embedding.encoders.tokenizer import Inputs, TextTokenizer
from index.embedding.learned.bundle import Fitted
from index.embedding.learned.language_space import LanguageSpace
from index.embedding.learned.question_kinds import Intent, Kind, Softmax, Tells
from index.embedding.learned.stage_labels import HOWS, STAGES, Marked
from index.embedding.learned.stage_reader import StageReader
from index.embedding.learned.token_space import DIMENSIONS, TokenSpace
from index.model.launches import Stage

if TYPE_CHECKING:
    from tokenizers import Tokenizer

DIMENSION = 128
_INPUTS = ("input_ids", "attention_mask")
_LONGEST = 512  # tokens of a text, as for the bundled model
_PADDING = 1
_SPECIAL = 4  # the first pieces of the vocabulary stand for no text
_DRAWN = 4093  # different vectors: drawn at once, and so many that two words of a text seldom share one


class FakeEncoder(TextEncoder):
    """See the module.

    Args:
        cache: the tokenizer is laid out there, once.
    """

    def __init__(self, cache: Path) -> None:
        folder = _tokenizer_folder(cache)
        numbers, likelihoods = np.load(folder / "numbers.npy"), np.load(folder / "likelihoods.npy")
        scores = np.zeros(len(numbers), np.float32)
        scores[numbers] = likelihoods

        def whole() -> Tokenizer:
            from tokenizers import Tokenizer

            return Tokenizer.from_file(str(folder / "tokenizer.json"))

        vocabulary = Vocabulary(folder, _LONGEST)
        tokenizer = TextTokenizer(whole, inputs=_INPUTS, padding=_PADDING, longest=_LONGEST, scores=scores, vocabulary=vocabulary)
        # It stands in the bundled model's place, so it has its name.
        card = Card(bundled.NAME, str(folder), "fake-1", DIMENSION, "", "", _INPUTS, _PADDING, _LONGEST)
        super().__init__(card, "fake", tokenizer)
        self._vectors = base.unit(np.random.default_rng(0).standard_normal((_DRAWN, DIMENSION), np.float32))
        self._weights = np.maximum(-scores, 0)
        self._weights[:_SPECIAL] = 0

    def use(self, cores: int) -> None:
        """It needs but one."""

    def _run(self, given: Iterable[Inputs], wanted: Sequence[Output], *, asked: bool) -> Iterator[list[Vectors]]:
        for inputs in given:
            ids = inputs["input_ids"]
            tokens = self._vectors[ids % _DRAWN]
            whole = base.unit(np.einsum("tp,tpd->td", self._weights[ids], tokens) + 1e-3)
            seen = tokens + 0.5 * np.roll(tokens, 1, axis=1)  # each token with the one before it
            made = {Output.VECTORS: whole, Output.TOKENS: tokens, Output.MIDDLE: np.concatenate([seen, tokens], axis=-1)}
            yield [made[output] for output in wanted]


def _tokenizer_folder(cache: Path) -> Path:
    folder = cache / f"tests-{bundled.NAME.replace('/', '-')}"
    if not folder.is_dir():
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch, suppress(OSError):  # another process may have been faster
            written = Path(scratch) / "tokenizer"
            written.mkdir()
            target, _ = locate("", cache)
            said = (Path(target) / "tokenizer.json").read_text(encoding="utf-8")
            lazy_tokenizer.write(said, written)
            (written / "tokenizer.json").write_text(said, encoding="utf-8")
            written.rename(folder)
    return folder


class _NoStages(StageReader):
    """Finds that no sentence tells where a launch stands."""

    def __call__(self, seen: Sequence[Marked]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        unknown = np.array([stage is Stage.UNKNOWN for stage in STAGES], np.float32)
        return np.tile(unknown, (len(seen), 1)), np.full((len(seen), len(HOWS)), 1 / len(HOWS), np.float32)


def fitted(encoder: FakeEncoder) -> Fitted:
    """What stands for what is learned: vectors stay as they are, each question is on a launch and may want to know anything."""
    nothing = np.zeros(DIMENSION, np.float32)
    kinds, intents = np.zeros((len(Kind._fields), DIMENSION + 1), np.float32), np.zeros((len(Intent._fields), DIMENSION + 1), np.float32)
    kinds[Kind._fields.index("launch"), -1] = 8
    tells = np.zeros((len(Intent._fields), 3 * DIMENSION + 1), np.float32)
    return Fitted(
        LanguageSpace(np.zeros((1, DIMENSION), np.float32), nothing),
        TokenSpace(np.eye(DIMENSION, DIMENSIONS, dtype=np.float32), nothing, nothing),
        Softmax(kinds),
        Softmax(intents),
        Tells(tells),
        _NoStages(np.zeros(2 * DIMENSION, np.float32), np.ones(2 * DIMENSION, np.float32), []),
        encoder.piece_scores(),
    )
