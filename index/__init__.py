"""The index: articles in, verbatim quotes out. No chat in here.

    async with open_index(settings) as index:
        await index.add(["articles/"])
        answer = await index.ask("When will Sora ship?")

This is its whole face: whoever uses the index imports from here, and from nowhere below.
Importing it costs nothing; the libraries that do the work are loaded when an index, or one of these names, first needs them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from index.model.answers import Answer, Reason, Topic
from index.model.articles import EVERYBODY, Article, Change, Counts, Listed, Outcome, Precision, Progress, Source
from index.model.audit import Audited, Logged
from index.model.chat import Exchange
from index.model.errors import (
    ArticleError,
    BackupError,
    BusyError,
    CatalogueError,
    DataError,
    FeedError,
    JobError,
    ModelError,
    QuestionError,
    QuotaError,
    ShipdateError,
)
from index.model.feeds import Feed, Look, StarterFeeds
from index.model.jobs import Job, JobState
from index.model.launches import Period, Stage, Status
from index.model.quotes import Mark, Quote, words_digest
from index.model.settings import IndexSettings

if TYPE_CHECKING:
    from index.api import Index
    from index.embedding.encoders.bundled import NAME as BUNDLED_MODEL
    from index.embedding.encoders.load import load as load_encoder
    from index.embedding.encoders.load import measure as measure_engines
    from index.ingestion.embed import Tell
    from index.ingestion.readers.decoding import decode as decode_text
    from index.ingestion.sources.files import SIZE_LIMIT as FILE_SIZE_LIMIT
    from index.ingestion.sources.files import content as file_content
    from index.ingestion.sources.files import home as home_path
    from index.ingestion.sources.files import left_out as left_out_files
    from index.ingestion.sources.pages import source_of as source_of_address
    from index.ingestion.web.address import AddressError, is_address
    from index.ingestion.web.address import parse as parse_address
    from index.ingestion.web.address import prepare as prepare_addresses
    from index.ingestion.web.fetch import Fetcher
    from index.ingestion.web.response import FetchError
    from index.storage.catalogue import Product, product_named
    from index.storage.maintenance.archive import inspect as inspect_backup
    from index.storage.maintenance.backup import back_up, restore
    from index.storage.maintenance.backup import copies as restore_copies
    from index.storage.maintenance.backup import keeping as keeping_data
    from index.storage.maintenance.backup import rewriting as rewriting_copy
    from index.storage.maintenance.integrity import Check, Health, check_data, live_fingerprint
    from index.storage.maintenance.integrity import counts as stored_counts
    from index.storage.maintenance.integrity import look_up as look_up_rows
    from index.storage.maintenance.integrity import states as stored_states
    from index.storage.store.database import FILE as DATABASE_FILE
    from index.storage.store.database import Database
    from index.storage.store.ledger import Ledger
    from index.system.atomic_files import held as is_held
    from index.system.atomic_files import size_of, write_whole
    from index.system.private_files import FILE as PRIVATE_FILE
    from index.system.telemetry import Observer, observed
    from index.system.telemetry import question as current_question
    from index.text.sanitize import storable

__all__ = [
    "BUNDLED_MODEL",
    "DATABASE_FILE",
    "EVERYBODY",
    "FILE_SIZE_LIMIT",
    "PRIVATE_FILE",
    "AddressError",
    "Answer",
    "Article",
    "ArticleError",
    "Audited",
    "BackupError",
    "BusyError",
    "CatalogueError",
    "Change",
    "Check",
    "Counts",
    "DataError",
    "Database",
    "Exchange",
    "Feed",
    "FeedError",
    "FetchError",
    "Fetcher",
    "Health",
    "Index",
    "IndexSettings",
    "Job",
    "JobError",
    "JobState",
    "Ledger",
    "Listed",
    "Logged",
    "Look",
    "Mark",
    "ModelError",
    "Observer",
    "Outcome",
    "Period",
    "Precision",
    "Product",
    "Progress",
    "QuestionError",
    "QuotaError",
    "Quote",
    "Reason",
    "ShipdateError",
    "Source",
    "Stage",
    "StarterFeeds",
    "Status",
    "Tell",
    "Topic",
    "back_up",
    "check_data",
    "current_question",
    "decode_text",
    "file_content",
    "home_path",
    "inspect_backup",
    "is_address",
    "is_held",
    "keeping_data",
    "left_out_files",
    "live_fingerprint",
    "load_encoder",
    "look_up_rows",
    "measure_engines",
    "observed",
    "open_index",
    "parse_address",
    "prepare_addresses",
    "product_named",
    "restore",
    "restore_copies",
    "rewriting_copy",
    "size_of",
    "source_of_address",
    "storable",
    "stored_counts",
    "stored_states",
    "words_digest",
    "write_whole",
]

_LAZY = {
    "Index": "index.api.Index",
    "BUNDLED_MODEL": "index.embedding.encoders.bundled.NAME",
    "load_encoder": "index.embedding.encoders.load.load",
    "measure_engines": "index.embedding.encoders.load.measure",
    "Tell": "index.ingestion.embed.Tell",
    "AddressError": "index.ingestion.web.address.AddressError",
    "is_address": "index.ingestion.web.address.is_address",
    "parse_address": "index.ingestion.web.address.parse",
    "prepare_addresses": "index.ingestion.web.address.prepare",
    "decode_text": "index.ingestion.readers.decoding.decode",
    "Fetcher": "index.ingestion.web.fetch.Fetcher",
    "FILE_SIZE_LIMIT": "index.ingestion.sources.files.SIZE_LIMIT",
    "file_content": "index.ingestion.sources.files.content",
    "home_path": "index.ingestion.sources.files.home",
    "left_out_files": "index.ingestion.sources.files.left_out",
    "FetchError": "index.ingestion.web.response.FetchError",
    "source_of_address": "index.ingestion.sources.pages.source_of",
    "Product": "index.storage.catalogue.Product",
    "product_named": "index.storage.catalogue.product_named",
    "inspect_backup": "index.storage.maintenance.archive.inspect",
    "back_up": "index.storage.maintenance.backup.back_up",
    "restore_copies": "index.storage.maintenance.backup.copies",
    "keeping_data": "index.storage.maintenance.backup.keeping",
    "restore": "index.storage.maintenance.backup.restore",
    "rewriting_copy": "index.storage.maintenance.backup.rewriting",
    "Check": "index.storage.maintenance.integrity.Check",
    "Health": "index.storage.maintenance.integrity.Health",
    "check_data": "index.storage.maintenance.integrity.check_data",
    "stored_counts": "index.storage.maintenance.integrity.counts",
    "live_fingerprint": "index.storage.maintenance.integrity.live_fingerprint",
    "look_up_rows": "index.storage.maintenance.integrity.look_up",
    "stored_states": "index.storage.maintenance.integrity.states",
    "DATABASE_FILE": "index.storage.store.database.FILE",
    "Database": "index.storage.store.database.Database",
    "Ledger": "index.storage.store.ledger.Ledger",
    "is_held": "index.system.atomic_files.held",
    "size_of": "index.system.atomic_files.size_of",
    "write_whole": "index.system.atomic_files.write_whole",
    "PRIVATE_FILE": "index.system.private_files.FILE",
    "Observer": "index.system.telemetry.Observer",
    "observed": "index.system.telemetry.observed",
    "current_question": "index.system.telemetry.question",
    "storable": "index.text.sanitize.storable",
}
"""Names whose modules load libraries, or would be loaded for nothing by most, and where they are defined."""

if not TYPE_CHECKING:  # a type checker would take every name for one that there is

    def __getattr__(name: str) -> object:
        if name not in _LAZY:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module, _, attribute = _LAZY[name].rpartition(".")
        return getattr(import_module(module), attribute)


@asynccontextmanager
async def open_index(settings: IndexSettings) -> AsyncIterator[Index]:
    """The index in the data folder, made if there is none.

        async with open_index(Settings(data=Path("news"))) as index:  # bot.settings.Settings, or an object of your own with these names
            print(await index.counts())

    Raises:
        DataError: the folder cannot be used.
    """
    from index.api import Index

    index = await Index.open(settings)
    try:
        yield index
    finally:
        await index.close()
