"""The encoder at work: loaded once, asked from the event loop, running beside it on threads of its own."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from index.embedding.encoders import load as encoders
from index.embedding.encoders.base import Encoded, Layers, TextEncoder
from index.embedding.engine.batcher import Batcher
from index.embedding.engine.priority import Precedence
from index.embedding.learned import bundle as fitting
from index.embedding.learned.bundle import Fitted
from index.embedding.learned.question_kinds import Intent
from index.system.telemetry import timed
from index.system.threads import cores, stand_back

T = TypeVar("T")

_TOGETHER = 32  # questions: as many as fill the encoder's batch


def _share(encoder: TextEncoder, cores: int) -> None:
    """Let the calling thread have so many cores, for the encoder and for the nets that read claims: PyTorch runs these, if it is there."""
    encoder.use(cores)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(cores)


class Engine:
    """An encoder and what was learned about it.

    Questions have one thread and all other texts another one, which gives way (see :mod:`index.embedding.engine.priority`), as does a
    third, for what is read in texts that are encoded already. One call of each runs at a time: it uses all cores by itself.
    """

    def __init__(self, encoder: TextEncoder, fitted: Fitted, bulk: ThreadPoolExecutor, precedence: Precedence) -> None:
        self.encoder = encoder
        self.fitted = fitted
        self._questions = ThreadPoolExecutor(1, thread_name_prefix="questions", initializer=encoder.use, initargs=(cores(),))
        self._ask = Batcher(self._encode, _TOGETHER)
        self._bulk = bulk
        self._precedence = precedence
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="beside")
        self._standing = threading.local()

    @classmethod
    async def load(cls, model: str, folder: Path, engine: str, precedence: Precedence, *, aside: bool = False) -> Engine:
        """The model of that name, or the bundled one; a few seconds, some minutes when another one is used for the first time.

        Args:
            folder: the cache for what can be made again.
            engine: what runs it; by a rule where it is empty.
            precedence: of the process: its questions go before the texts of any of its encoders.
            aside: whether nobody waits for it, so that it gives way even while it is loaded.

        Raises:
            ModelError: there is no such model or engine, or the hub cannot be reached.
        """
        bulk = ThreadPoolExecutor(1, thread_name_prefix="bulk")
        # All that NumPy multiplies here is small, and its threads would keep the encoder's from the cores.
        threadpool_limits(1, user_api="blas")

        def work() -> Engine:
            if aside:
                stand_back()
            encoder = encoders.load(model, folder, engine)
            _share(encoder, cores() if precedence.quiet else 1)
            return cls(encoder, fitting.load(encoder, folder), bulk, precedence)

        return await asyncio.get_running_loop().run_in_executor(bulk, work)

    def intent(self, question: Encoded) -> Intent:
        """What a question wants to know."""
        return Intent(*self.fitted.intents(self.fitted.languages.queries(question.vector[None, :])[0]))

    def is_word(self, word: str) -> bool:
        """Whether the tokenizer has it whole: it is an ordinary word, or a name that everybody knows."""
        return len(self.encoder.pieces([word])[0]) == 1

    def close(self) -> None:
        """End the threads when they have finished what they are at."""
        for thread in (self._questions, self._bulk, self._beside):
            thread.shutdown(wait=False, cancel_futures=True)

    @timed("encode")
    async def question(self, text: str) -> Encoded:
        """A question's vector and those of its tokens; questions that come while another is encoded are encoded together."""
        return await self._ask(text)

    async def _encode(self, texts: Sequence[str]) -> Sequence[Encoded]:
        return await asyncio.get_running_loop().run_in_executor(self._questions, self.encoder.queries_with_tokens, texts)

    async def passages(self, texts: Sequence[str]) -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.int8]]]:
        """Each passage's vector, and its tokens as they are stored."""

        def work() -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.int8]]]:
            return [(one.vector, self.fitted.tokens.passage(one.tokens)) for one in self.encoder.passages_with_tokens(texts)]

        return await self.bulk(work)

    async def layers(self, texts: Sequence[str], heads: Sequence[str]) -> list[Layers]:
        """Each sentence's vector and what the layers of the encoder make of its tokens, with what stands before it."""
        return await self.bulk(lambda: self.encoder.layers(texts, heads))

    async def bulk(self, work: Callable[[], T], *, beside: bool = False) -> T:
        """Do what can wait, beside the questions; plain Python in it calls :meth:`give_way` every few milliseconds.

        Args:
            beside: also beside what is encoded.
        """

        def run() -> T:
            if self._precedence.last and not getattr(self._standing, "back", False):
                stand_back()
                self._standing.back = True
            _share(self.encoder, cores() if self._precedence.quiet else 1)
            return work()

        return await asyncio.get_running_loop().run_in_executor(self._beside if beside else self._bulk, run)

    def give_way(self) -> None:
        """Let the open questions be answered first."""
        self._precedence.give_way()
