"""What all tests share: an encoder, loaded once (the real model for tests with ``@pytest.mark.model``), and an index of the samples."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from bot.settings import Settings
from index import open_index
from index.api import Index
from index.embedding.encoders import load as encoders
from index.embedding.encoders.base import TextEncoder
from index.embedding.learned import bundle as fitting
from index.storage.context import IndexContext
from index.system.sandbox import Sandbox
from tests.support.articles import SAMPLES, SORA_ARTICLE
from tests.support.fake_encoder import FakeEncoder, fitted

settings.register_profile("shipdate", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shipdate")

Opener = Callable[[], AbstractAsyncContextManager[Index]]
Filler = Callable[[Path, bool], Awaitable[tuple[Path, Index]]]


@pytest.fixture(scope="session", autouse=True)
def environment() -> Iterator[None]:
    """Settings come from the tests alone, not from the shell or the ``.env`` of whoever runs them; the model's cache is the user's."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("SHIPDATE_") and name != "SHIPDATE_CACHE"]:
            patch.delenv(name)
        for name in ("EMBEDDING_MODEL", "DATABASE_URL", "DISCORD_TOKEN", "DISCORD_API_URL"):
            patch.setenv(name, "")
        yield


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test with the model that it needs; those with the same one run together."""
    real = any(mark.name == "model" for mark in metafunc.definition.iter_markers())
    metafunc.parametrize("model", [real], indirect=True, ids=[pytest.HIDDEN_PARAM], scope="session")


@pytest.fixture(scope="session")
def cache(environment: None) -> Path:
    """Where the model is kept."""
    return Settings().cache


@pytest.fixture(scope="session")
def load_encoder(cache: Path) -> Callable[[str], TextEncoder]:
    """Loads a model for good, once for all indexes of this process."""
    really = encoders.load
    return functools.cache(lambda name: really(name, cache))


@pytest.fixture(scope="session")
def fake_encoder(cache: Path) -> FakeEncoder:
    """What stands in the bundled model's place."""
    return FakeEncoder(cache)


@pytest.fixture(scope="session", autouse=True)
def model(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Whether the bundled model is the real one. What depends on it is made anew when it changes."""
    load_encoder, learned, real = request.getfixturevalue("load_encoder"), fitting.load, request.param
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoders, "load", lambda name, *_: load_encoder(name))
        if not real:
            fake = request.getfixturevalue("fake_encoder")
            known = fitted(fake)
            patch.setattr(encoders, "load", lambda name, *_: load_encoder(name) if name else fake)
            patch.setattr(
                fitting, "load", lambda encoder, folder: known if encoder.fingerprint == fake.fingerprint else learned(encoder, folder)
            )
        yield real


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
def encoder(model: bool, cache: Path) -> TextEncoder:
    """The bundled model, or what stands in its place."""
    return encoders.load("", cache)


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


@pytest_asyncio.fixture(scope="session")
async def filled_once(environment: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Filler]:
    """Opens an index of an article or a folder of them; of the same ones, with the same model, the index that is open."""
    indexes: dict[tuple[Path, bool], tuple[Path, Index]] = {}
    async with AsyncExitStack() as stack:

        async def fill(articles: Path, real: bool) -> tuple[Path, Index]:
            if (articles, real) not in indexes:
                data = tmp_path_factory.mktemp("filled")
                made = await stack.enter_async_context(open_index(Settings(data=data)))
                await made.add([str(articles)])
                indexes[articles, real] = data, made
            return indexes[articles, real]

        yield fill


@pytest_asyncio.fixture(scope="session")
async def samples(filled_once: Filler, model: bool) -> Index:
    """The sample articles that come along. Read only."""
    return (await filled_once(SAMPLES, model))[1]


@pytest_asyncio.fixture(scope="session")
async def samples_data(filled_once: Filler, samples: Index, model: bool) -> Path:
    """The data folder of :func:`samples`."""
    return (await filled_once(SAMPLES, model))[0]


@pytest_asyncio.fixture(scope="session")
async def sora(filled_once: Filler, model: bool) -> Index:
    """One article, in French, undated, about why Sora is late. Read only."""
    if not SORA_ARTICLE.is_file():
        pytest.skip(f"{SORA_ARTICLE} is not here")
    return (await filled_once(SORA_ARTICLE, model))[1]


@pytest_asyncio.fixture(scope="session")
async def sora_data(filled_once: Filler, sora: Index, model: bool) -> Path:
    """The data folder of :func:`sora`."""
    return (await filled_once(SORA_ARTICLE, model))[0]
