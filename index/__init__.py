"""The index: articles in, verbatim quotes out. No chat in here.

    async with open_index(settings) as index:
        await index.add(["articles/"])
        answer = await index.ask("When will Sora ship?")

Importing this costs nothing; the libraries that do the work are loaded when an index first needs them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from index.model.answers import Answer, Reason, Topic
from index.model.articles import EVERYBODY, Article, Change, Counts, Listed, Outcome, Progress, Source
from index.model.audit import Audited
from index.model.chat import Exchange
from index.model.errors import (
    ArticleError,
    BusyError,
    DataError,
    FeedError,
    JobError,
    ModelError,
    QuestionError,
    QuotaError,
    ShipdateError,
)
from index.model.feeds import Feed, Look
from index.model.jobs import Job, JobState
from index.model.launches import Period, Stage, Status
from index.model.quotes import Mark, Quote

if TYPE_CHECKING:
    from index.api import Index

__all__ = [
    "EVERYBODY",
    "Answer",
    "Article",
    "ArticleError",
    "Audited",
    "BusyError",
    "Change",
    "Counts",
    "DataError",
    "Exchange",
    "Feed",
    "FeedError",
    "Job",
    "JobError",
    "JobState",
    "Listed",
    "Look",
    "Mark",
    "ModelError",
    "Outcome",
    "Period",
    "Progress",
    "QuestionError",
    "QuotaError",
    "Quote",
    "Reason",
    "ShipdateError",
    "Source",
    "Stage",
    "Status",
    "Topic",
    "open_index",
]


class IndexSettings(Protocol):
    """What an index has to know; :class:`bot.settings.Settings` does.

    Attributes:
        data: the folder where everything is kept.
        cache: the folder for what can be made again: unpacked models.
        embedding_model: a sentence-transformers model (hub name or folder); empty for the bundled one.
        engine: what runs it, such as "openvino-fp32"; empty for what a rule says.
        database_url: empty for SQLite in the data folder.
        allow_private_network: whether web pages may be on private addresses.
        web_ports: the ports at which web pages and feeds may be fetched.
        max_articles: the most articles of one workspace.
    """

    @property
    def data(self) -> Path: ...
    @property
    def cache(self) -> Path: ...
    @property
    def embedding_model(self) -> str: ...
    @property
    def engine(self) -> str: ...
    @property
    def database_url(self) -> str: ...
    @property
    def allow_private_network(self) -> bool: ...
    @property
    def web_ports(self) -> frozenset[int]: ...
    @property
    def max_articles(self) -> int: ...


@asynccontextmanager
async def open_index(settings: IndexSettings) -> AsyncIterator[Index]:
    """The index in the data folder, made if there is none.

    Raises:
        DataError: the folder cannot be used.
    """
    from index.api import Index

    index = await Index.open(settings)
    try:
        yield index
    finally:
        await index.close()
