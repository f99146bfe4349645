"""What all tests share: the real bundled model, loaded once, and an index of the sample articles."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from bot.settings import Settings
from index import open_index
from index.api import Index
from index.embedding.encoders import load as encoders
from index.embedding.encoders.base import TextEncoder
from index.storage.context import IndexContext
from index.system.sandbox import Sandbox
from tests.support.articles import SAMPLES, SORA_ARTICLE

settings.register_profile("shipdate", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shipdate")

Opener = Callable[[], AbstractAsyncContextManager[Index]]


@pytest.fixture(scope="session", autouse=True)
def environment() -> Iterator[None]:
    """Settings come from the tests alone, not from the shell or the ``.env`` of whoever runs them; the model's cache is the user's."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("SHIPDATE_") and name != "SHIPDATE_CACHE"]:
            patch.delenv(name)
        for name in ("EMBEDDING_MODEL", "DATABASE_URL", "DISCORD_TOKEN", "DISCORD_API_URL"):
            patch.setenv(name, "")
        really, cache = encoders.load, Settings().cache
        loaded = functools.cache(lambda name: really(name, cache))
        patch.setattr(encoders, "load", lambda name, *_: loaded(name))  # every index of this process shares one loaded model
        yield


@pytest_asyncio.fixture(scope="session", autouse=True)
async def sandbox(environment: None) -> AsyncIterator[Sandbox]:
    """Workers that all indexes of the tests' event loop share: to start them takes longer than most tests."""
    shared, loop, own = Sandbox(), asyncio.get_running_loop(), vars(IndexContext)["sandbox"]

    def of(context: IndexContext) -> Sandbox:
        made: Sandbox = shared if asyncio.get_running_loop() is loop else own.fget(context)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(IndexContext, "sandbox", property(of))
        yield shared
    await shared.close()


@pytest.fixture(scope="session")
def encoder(environment: None) -> TextEncoder:
    """The real bundled model."""
    made = Settings()
    return encoders.load(made.embedding_model, made.cache)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers model of three small layers, which spells. Read only."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("small")
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *map(chr, range(33, 127))]
    spelling = Tokenizer(models.WordPiece({piece: at for at, piece in enumerate([*pieces, *(f"##{one}" for one in pieces[4:])])}))
    spelling.pre_tokenizer = pre_tokenizers.Whitespace()
    spelling.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=spelling, model_max_length=128, **names).save_pretrained(folder / "bert")
    shape = BertConfig(
        vocab_size=spelling.get_vocab_size(), hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=64
    )
    BertModel(shape).save_pretrained(folder / "bert")
    transformer = Transformer(str(folder / "bert"), max_seq_length=128)
    model = SentenceTransformer(modules=[transformer, Pooling(32, "mean"), Normalize()], device="cpu", prompts={"query": "ask: "})
    model.save(str(folder / "model"), create_model_card=False)
    return folder / "model"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An empty place for a data folder."""
    return tmp_path / "data"


@pytest.fixture
def opened(data: Path) -> Opener:
    """Opens the index in :func:`data`, as often as a test wants."""
    return lambda: open_index(Settings(data=data))


@pytest_asyncio.fixture
async def index(opened: Opener) -> AsyncIterator[Index]:
    """An empty index of the test's own."""
    async with opened() as made:
        yield made


@pytest.fixture(scope="session")
def samples_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of :func:`samples`."""
    return tmp_path_factory.mktemp("samples")


@pytest_asyncio.fixture(scope="session")
async def samples(samples_data: Path) -> AsyncIterator[Index]:
    """The sample articles that come along. Read only."""
    async with open_index(Settings(data=samples_data)) as made:
        await made.add([str(SAMPLES)])
        yield made


@pytest.fixture(scope="session")
def sora_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of :func:`sora`."""
    return tmp_path_factory.mktemp("sora")


@pytest_asyncio.fixture(scope="session")
async def sora(sora_data: Path) -> AsyncIterator[Index]:
    """One article, in French, undated, about why Sora is late. Read only."""
    if not SORA_ARTICLE.is_file():
        pytest.skip(f"{SORA_ARTICLE} is not here")
    async with open_index(Settings(data=sora_data)) as made:
        await made.add([str(SORA_ARTICLE)])
        yield made
