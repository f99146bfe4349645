"""The index: articles in, verbatim quotes out. No chat in here.

    async with open_index(settings) as index:
        await index.add(["articles/"])
        answer = await index.ask("When will Sora ship?")

Importing this costs nothing; the libraries that do the work are loaded when an index first needs them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

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
from index.model.settings import IndexSettings

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
    "IndexSettings",
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
