"""Shipdate and its peers behind the same few calls: what ``peers.py`` starts, one task of one system in a process of its own.

    python -m benchmarks.systems SYSTEM TASK JOB FOLDER

It runs with each system's own Python, so nothing but the standard library is imported before the system itself. Each peer is set up as
its documentation says that it is fast on a CPU; the comments name the option. Where a choice was left, it fell in the peer's favour.
All of them run the model in OpenVINO, a backend that sentence-transformers documents as faster on CPUs than PyTorch ("Speeding up
inference": https://sbert.net/docs/sentence_transformer/usage/efficiency.html) and that each of them lets one choose. By itself it computes
in bf16 where the processor can. Shipdate's set-up finds by measurement that eight bits are faster
(:mod:`index.embedding.encoders.int8`); the peers have what that page says of its kind only as a model that is quantised beforehand, on a
data set of the hub, so they have bf16.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
import resource
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import Any, Protocol

QUOTES = 3  # asked for
AT_A_TIME = 16
BATCH = 32  # texts that a peer encodes at once: sentence-transformers' own default
WARM_UP = 10  # questions

Job = Mapping[str, Any]
"""What ``peers.py`` hands over: ``model`` (a folder), ``sources`` (paths, for Shipdate), ``pieces`` (for the peers), ``questions``."""

Question = Mapping[str, Any]
"""``question``, and ``as_of``: an ISO date, or None."""

Quote = Mapping[str, str]
"""``url`` of the article, and ``text``."""


class System(Protocol):
    """Made with the job and a folder; whatever was added there before is open, and the model is loaded."""

    def __init__(self, job: Job, folder: Path) -> None: ...

    def add(self) -> None:
        """Cut, embed and store the articles; they are on the disk when this returns."""

    def ask(self, question: Question) -> list[Quote]:
        """The best quotes, best first."""

    def ask_all(self, questions: Sequence[Question]) -> None:
        """Answer all, sixteen at a time, by whatever way the system has for that."""


class Shipdate:
    """As in use, with nothing set."""

    def __init__(self, job: Job, folder: Path) -> None:
        from bot.settings import Settings
        from index import open_index

        self._job = job
        self._loop = asyncio.Runner()
        self._opened = open_index(Settings(data=folder))
        self._index = self._loop.run(self._opened.__aenter__())
        self._loop.run(self._index.engine())

    def add(self) -> None:
        outcomes = self._loop.run(self._index.add(self._job["sources"]))
        if failed := [outcome for outcome in outcomes if outcome.change == "failed"]:
            raise RuntimeError(f"{failed[0]} was not added")

    def ask(self, question: Question) -> list[Quote]:
        return self._loop.run(self._ask(question))

    def ask_all(self, questions: Sequence[Question]) -> None:
        waiting = iter(questions)

        async def person() -> None:
            for question in waiting:
                await self._ask(question)

        async def people() -> None:
            await asyncio.gather(*(person() for _ in range(AT_A_TIME)))

        # No other system remembers what it has answered. Passages that were read stay in memory, as all do in LlamaIndex and Haystack.
        self._index._pipeline._answers.clear()
        self._loop.run(people())

    async def _ask(self, question: Question) -> list[Quote]:
        as_of = date.fromisoformat(question["as_of"]) if question["as_of"] else None
        answer = await self._index.ask(question["question"], as_of=as_of)
        return [{"url": quote.article.url, "text": quote.text} for quote in answer.quotes[:QUOTES]]


class Txtai:
    """SQLite, FAISS and BM25 (its documentation: "Embeddings", "Configuration").

    Words cost it hits where question and article differ in language; by vectors alone (``weights=1``) it hits as often as its like.
    """

    def __init__(self, job: Job, folder: Path) -> None:
        from txtai import Embeddings

        self._job = job
        self._folder = folder
        if any(folder.iterdir()):
            self._embeddings = Embeddings()
            self._embeddings.load(str(folder))
            return
        self._embeddings = Embeddings(
            path=job["model"],
            method="sentence-transformers",  # which puts the model's own prompts before questions and passages
            vectors={"backend": "openvino"},  # what is passed on to the model
            encodebatch=BATCH,
            gpu=False,
            content=True,
            sqlite={"wal": True},  # reads and writes do not wait for each other
            hybrid=True,
            backend="faiss",  # by itself exact up to 5,000 vectors
        )
        self._embeddings.batchtransform(["warm"], "data")

    def add(self) -> None:
        # All in one call; its text is what it searches and what it returns, so the title is taken off again in answers.
        self._embeddings.index(
            (f"{piece['url']}#{at}", {"text": f"{piece['title']}\n{piece['text']}", "published": piece["published"]})
            for at, piece in enumerate(self._job["pieces"])
        )
        self._embeddings.save(str(self._folder))

    def ask(self, question: Question) -> list[Quote]:
        return self._batch([question])[0]

    def ask_all(self, questions: Sequence[Question]) -> None:
        for some in _slices(questions, AT_A_TIME):
            self._batch(some)  # its call for many encodes them together

    def _batch(self, questions: Sequence[Question]) -> list[list[Quote]]:
        dated = "select id, text, score from txtai where similar(:question, 500) and published <= :as_of"
        found = self._embeddings.batchsearch(
            [dated if question["as_of"] else question["question"] for question in questions],
            QUOTES,
            parameters=[dict(question) if question["as_of"] else None for question in questions],
        )
        return [[{"url": row["id"].rpartition("#")[0], "text": row["text"].partition("\n")[2]} for row in rows] for rows in found]


class LlamaIndex:
    """A FAISS store with an exact index (its documentation: "Faiss Vector Store"), and the retriever alone: no language model is asked."""

    def __init__(self, job: Job, folder: Path) -> None:
        import faiss
        from llama_index.core import StorageContext, load_index_from_storage
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding
        from llama_index.vector_stores.faiss import FaissVectorStore

        self._job = job
        self._folder = str(folder)
        self._model = HuggingFaceEmbedding(
            model_name=job["model"],
            query_instruction="query: ",
            text_instruction="passage: ",
            embed_batch_size=BATCH,  # its own default is 10
            device="cpu",
            backend="openvino",  # "Local Embeddings with HuggingFace"
        )
        self._encoding = Lock()  # OpenVINO's model refuses a second call while one runs: "Infer Request is busy"
        if any(folder.iterdir()):
            store = FaissVectorStore.from_persist_dir(self._folder)
            kept = StorageContext.from_defaults(vector_store=store, persist_dir=self._folder)
            self._index = load_index_from_storage(kept, embed_model=self._model)
            self._retriever = self._index.as_retriever(similarity_top_k=QUOTES)
            self._any_date = self._index.as_retriever(similarity_top_k=500)
        else:
            dimension = len(self._model.get_text_embedding("warm"))
            self._context = StorageContext.from_defaults(vector_store=FaissVectorStore(faiss.IndexFlatIP(dimension)))

    def add(self) -> None:
        from llama_index.core import VectorStoreIndex
        from llama_index.core.schema import TextNode

        nodes = [
            TextNode(
                text=piece["text"],
                metadata={"title": piece["title"], "url": piece["url"], "published": piece["published"]},
                excluded_embed_metadata_keys=["url", "published"],
            )
            for piece in self._job["pieces"]
        ]
        VectorStoreIndex(nodes, storage_context=self._context, embed_model=self._model)
        self._context.persist(self._folder)

    def ask(self, question: Question) -> list[Quote]:
        from llama_index.core import QueryBundle

        bundle = QueryBundle(question["question"])
        with self._encoding:
            bundle.embedding = self._model.get_query_embedding(question["question"])
        if as_of := question["as_of"]:  # its FAISS store has no filters: whatever is newer is left out afterwards
            nodes = [node for node in self._any_date.retrieve(bundle) if node.metadata["published"] <= as_of]
        else:
            nodes = self._retriever.retrieve(bundle)
        return [{"url": node.metadata["url"], "text": node.text} for node in nodes[:QUOTES]]

    def ask_all(self, questions: Sequence[Question]) -> None:
        _in_threads(self, questions)


class Haystack:
    """The in-memory store, kept as its JSON file; its components are called one after another, which spares the pipeline's own time."""

    def __init__(self, job: Job, folder: Path) -> None:
        from haystack.components.retrievers import InMemoryEmbeddingRetriever
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack.utils import ComponentDevice
        from haystack_integrations.components.embedders.sentence_transformers import SentenceTransformersTextEmbedder

        self._job = job
        self._file = folder / "store.json"
        self._options = {"model": job["model"], "device": ComponentDevice.from_str("cpu"), "backend": "openvino", "progress_bar": False}
        self._encoding = Lock()  # OpenVINO's model refuses a second call while one runs: "Infer Request is busy"
        if self._file.exists():
            store = InMemoryDocumentStore.load_from_disk(str(self._file))
            self._questions = SentenceTransformersTextEmbedder(**self._options, prefix="query: ")
            self._questions.warm_up()
            self._retriever = InMemoryEmbeddingRetriever(store, top_k=QUOTES)
        else:
            from haystack_integrations.components.embedders.sentence_transformers import SentenceTransformersDocumentEmbedder

            # Vectors have unit length, so that the dot product, which needs no norms, gives the cosine.
            self._store = InMemoryDocumentStore(embedding_similarity_function="dot_product", return_embedding=False, shared=False)
            self._passages = SentenceTransformersDocumentEmbedder(
                **self._options, prefix="passage: ", batch_size=BATCH, meta_fields_to_embed=["title"]
            )
            self._passages.warm_up()

    def add(self) -> None:
        from haystack import Document

        documents = [
            Document(content=piece["text"], meta={name: piece[name] for name in ("title", "url", "published")})
            for piece in self._job["pieces"]
        ]
        self._store.write_documents(self._passages.run(documents)["documents"])
        self._store.save_to_disk(str(self._file))

    def ask(self, question: Question) -> list[Quote]:
        with self._encoding:
            vector = self._questions.run(question["question"])["embedding"]
        as_of = question["as_of"]
        filters = {"field": "meta.published", "operator": "<=", "value": as_of} if as_of else None
        documents = self._retriever.run(vector, filters=filters)["documents"]
        return [{"url": document.meta["url"], "text": document.content} for document in documents]

    def ask_all(self, questions: Sequence[Question]) -> None:
        _in_threads(self, questions)


class Chroma:
    """A persistent client in this process. Its embedding function has no prefixes, so it is given texts that begin with them."""

    def __init__(self, job: Job, folder: Path) -> None:
        import chromadb
        from chromadb.config import Settings
        from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction

        self._job = job
        self._encode = SentenceTransformerEmbeddingFunction(job["model"], backend="openvino")
        client = chromadb.PersistentClient(str(folder), Settings(anonymized_telemetry=False))
        self._collection = client.get_or_create_collection(
            "articles",
            embedding_function=None,
            configuration={"hnsw": {"space": "ip"}},  # "Configure Collections": of unit vectors the same as the cosine, and cheaper
        )
        self._encode(["query: warm"])

    def add(self) -> None:
        pieces = self._job["pieces"]
        self._collection.add(
            ids=[str(at) for at in range(len(pieces))],
            documents=[piece["text"] for piece in pieces],
            embeddings=self._encode([f"passage: {piece['title']}\n{piece['text']}" for piece in pieces]),
            metadatas=[{"url": piece["url"], "published": _number(piece["published"])} for piece in pieces],
        )

    def ask(self, question: Question) -> list[Quote]:
        return self._batch([question])[0]

    def ask_all(self, questions: Sequence[Question]) -> None:
        for some in _slices([question for question in questions if not question["as_of"]], AT_A_TIME):
            self._batch(some)  # its call for many encodes them together, but has one filter for all of them
        for question in questions:
            if question["as_of"]:
                self.ask(question)

    def _batch(self, questions: Sequence[Question]) -> list[list[Quote]]:
        as_of = questions[0]["as_of"]
        found = self._collection.query(
            query_embeddings=self._encode(["query: " + question["question"] for question in questions]),
            n_results=QUOTES,
            where={"published": {"$lte": _number(as_of)}} if as_of else None,
            include=["documents", "metadatas"],
        )
        return [
            [{"url": meta["url"], "text": text} for meta, text in zip(metas, texts, strict=True)]
            for metas, texts in zip(found["metadatas"], found["documents"], strict=True)
        ]


SYSTEMS: Mapping[str, type[System]] = {
    "Shipdate": Shipdate,
    "txtai": Txtai,
    "LlamaIndex": LlamaIndex,
    "Haystack": Haystack,
    "Chroma": Chroma,
}

PACKAGES = {"txtai": "txtai", "LlamaIndex": "llama-index-core", "Haystack": "haystack-ai", "Chroma": "chromadb"}
"""Whose version is that of a peer."""


def _slices(questions: Sequence[Question], size: int) -> Iterator[Sequence[Question]]:
    return (questions[at : at + size] for at in range(0, len(questions), size))


def _in_threads(system: System, questions: Iterable[Question]) -> None:
    """What is left to a system that has no call for many questions."""
    with ThreadPoolExecutor(AT_A_TIME) as threads:
        for _ in threads.map(system.ask, questions):
            pass


def _number(day: str) -> int:
    """An ISO date as a number of the same order: Chroma compares no texts."""
    return int(day.replace("-", ""))


def _stay_offline(event: str, _: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise PermissionError("No benchmark reaches for the network.")


def convert(job: Job, folder: Path) -> Iterator[Any]:
    """Write the model into ``folder`` as OpenVINO reads it: once, which the backend's documentation heavily recommends."""
    from sentence_transformers import SentenceTransformer

    SentenceTransformer(job["model"], device="cpu", backend="openvino").save_pretrained(str(folder))
    yield True


def versions(_: Job, __: Path) -> Iterator[Any]:
    """Of the peers, and of what they run on."""
    names = [*PACKAGES.values(), "sentence-transformers", "transformers", "torch", "openvino", "faiss-cpu"]
    yield {name: importlib.metadata.version(name) for name in names}


def add(system: System) -> Iterator[Any]:
    """How many seconds it took, then the most memory that the process had, in bytes."""
    started = perf_counter()
    system.add()
    yield {"seconds": perf_counter() - started, "memory": _memory()}


def answer(system: System, questions: Sequence[Question]) -> Iterator[Any]:
    """The first answer, as soon as it is there; then all of them with their seconds, one by one and sixteen at a time."""
    system.ask(questions[0])
    yield True
    for question in questions[:WARM_UP]:
        system.ask(question)
    seconds, quotes = [], []
    for question in questions:
        started = perf_counter()
        quotes.append(system.ask(question))
        seconds.append(perf_counter() - started)
    started = perf_counter()
    system.ask_all(questions)
    yield {"seconds": seconds, "together": perf_counter() - started, "quotes": quotes, "memory": _memory()}


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    name, task, job_file, where = sys.argv[1:]
    sys.addaudithook(_stay_offline)
    results, sys.stdout = sys.stdout, sys.stderr  # libraries print
    job, folder = json.loads(Path(job_file).read_text(encoding="utf-8")), Path(where)
    folder.mkdir(exist_ok=True)
    if task in ("convert", "versions"):
        told = {"convert": convert, "versions": versions}[task](job, folder)
    else:
        system = SYSTEMS[name](job, folder)
        tasks = {"open": lambda: iter(()), "add": lambda: add(system), "answer": lambda: answer(system, job["questions"])}
        told = tasks[task]()
    for one in told:
        print(json.dumps(one), file=results, flush=True)


if __name__ == "__main__":
    main()
