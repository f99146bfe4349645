"""The encoder at work: loaded once, asked from the event loop, running beside it on a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from index.embedding import encoder as encoders
from index.embedding import fitted as fitting
from index.embedding.encoder import Encoded, Encoder, Layers, Vectors
from index.embedding.fitted import Fitted
from index.judging import Judge
from index.kinds import Intent
from index.observing import timed

T = TypeVar("T")


class Engine:
    """An encoder and what was learned about it.

    One call runs at a time: PyTorch uses all cores by itself.
    """

    def __init__(self, encoder: Encoder, fitted: Fitted, thread: ThreadPoolExecutor) -> None:
        self.encoder = encoder
        self.fitted = fitted
        self.judge = Judge(encoder, fitted)
        self._thread = thread

    @classmethod
    async def load(cls, model: str, cache: Path) -> Engine:
        """The model of that name, or the bundled one; a few seconds, some minutes when another one is used for the first time.

        Raises:
            ModelError: there is no such model, or the hub cannot be reached.
        """
        thread = ThreadPoolExecutor(1, thread_name_prefix="encoder")
        # All that NumPy multiplies here is small, and its threads would keep the encoder's from the cores.
        threadpool_limits(1, user_api="blas")

        def work() -> Engine:
            encoder = encoders.load(model, cache)
            return cls(encoder, fitting.load(encoder, cache), thread)

        return await asyncio.get_running_loop().run_in_executor(thread, work)

    def intent(self, question: Encoded) -> Intent:
        """What a question wants to know."""
        return Intent(*self.fitted.intents(self.fitted.languages.queries(question.vector[None, :])[0]))

    def is_word(self, word: str) -> bool:
        """Whether the tokenizer has it whole: it is an ordinary word, or a name that everybody knows."""
        return len(self.encoder.pieces(word)) == 1

    def close(self) -> None:
        """End the thread when it has finished what it is at."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    @timed("encode")
    async def question(self, text: str) -> Encoded:
        """A question's vector and those of its tokens."""
        return (await self._run(lambda: self.encoder.queries_with_tokens([text])))[0]

    async def passages(self, texts: Sequence[str]) -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.int8]]]:
        """Each passage's vector, and its tokens as they are stored."""

        def work() -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.int8]]]:
            return [(one.vector, self.fitted.tokens.passage(one.tokens)) for one in self.encoder.passages_with_tokens(texts)]

        return await self._run(work)

    async def sentences(self, texts: Sequence[str]) -> Vectors:
        """Each sentence's vector."""
        return await self._run(lambda: self.encoder.encode_passages(texts))

    async def layers(self, texts: Sequence[str]) -> list[Layers]:
        """What two layers of the encoder make of each sentence."""
        return await self._run(lambda: self.encoder.layers(texts))

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
