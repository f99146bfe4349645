"""The tables, as SQLAlchemy Core sees them. What makes them is in ``migrations/``.

A *generation* is all that was made from the articles by one encoder and one splitter: passages, sentences, words, vectors.
Exactly one is live; a rebuild fills another one beside it and then swaps them in one transaction.

Moments (``at``, ``due`` ...) are seconds since the epoch; publication days are proleptic Gregorian ordinals.
"""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint, text

metadata = MetaData()

articles = Table(
    "articles",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("publisher", Text),
    Column("published", Text),  # ISO 8601 with its offset, as it was given
    Column("precision", Text, nullable=False),  # how exactly that is known
    Column("day", Integer),  # the last one on which it may have been published, in UTC, as a proleptic Gregorian ordinal
    Column("shown_from", Integer, nullable=False),  # from that day on it counts; an undated one from the first that is known of it
    Column("updated", Text),  # when it was last changed, as it says itself
    Column("not_before", Integer),  # of an undated one, the first day on which it can have been written
    Column("sections", Text, nullable=False),  # JSON: pairs of an offset and a day, or null, of its parts with days of their own
    Column("language", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("text_digest", Text, nullable=False),
    Column("etag", Text),  # what its web server said of the page as it was read, to ask whether it has changed
    Column("modified", Text),  # its Last-Modified, likewise
    Column(
        "signature", LargeBinary, nullable=False
    ),  # of its words (see index.ingestion.sources.near_duplicates); empty where an older version wrote it
    UniqueConstraint("scope", "source"),
    UniqueConstraint("id"),
    Index("articles_by_text", "scope", "text_digest"),
)

copies = Table(
    "copies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("article", ForeignKey("articles.number", ondelete="CASCADE"), nullable=False),  # that was kept
    Column("scope", Text, nullable=False),  # the article's
    Column("source", Text, nullable=False),  # where the same text stands, too
    Column("url", Text, nullable=False),
    Column("publisher", Text),
    Column("published", Text),
    Column("digest", Text, nullable=False),
    Column("etag", Text),
    Column("modified", Text),
    UniqueConstraint("scope", "source"),
    Index("copies_by_article", "article"),
)

bands = Table(
    "bands",
    metadata,
    Column("article", ForeignKey("articles.number", ondelete="CASCADE"), nullable=False),
    Column("scope", Text, nullable=False),
    Column("key", Integer, nullable=False),  # two articles that share one may have nearly the same text
    Index("bands_by_key", "scope", "key"),
    Index("bands_by_article", "article"),
)

generations = Table(
    "generations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("model", Text, nullable=False),  # EMBEDDING_MODEL as it was set: the model may have to be loaded again
    Column("scope", Text),  # of whose articles alone it is made, to be merged into the live one; null: of all
    Column("live", Integer, nullable=False),
    Column("claims", Text, nullable=False),  # by which classifier and catalogue its claims were made
    Column("revision", Integer, nullable=False),  # drawn anew at each change: vector files of another are stale
)

passages = Table(
    "passages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("generation", ForeignKey("generations.id", ondelete="CASCADE"), nullable=False),
    Column("article", ForeignKey("articles.number", ondelete="CASCADE"), nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("day", Integer),  # of the section that it stands in, where that has one of its own
    Column("text", Text, nullable=False),  # article text [start:end], so that a search need not read whole articles
    Column("sentences", LargeBinary, nullable=False),  # int32 pairs (start, end), offsets into the article's text
    Column("vectors", LargeBinary, nullable=False),  # fp16 rows as the encoder made them: the passage's, then each sentence's
    Column("tells", LargeBinary, nullable=False),  # uint8, nine a sentence (see index.embedding.learned.question_kinds)
    Column("tokens", LargeBinary, nullable=False),  # int8 rows, one a token (see index.embedding.learned.token_space)
    Index("passages_by_article", "article"),
    Index("passages_by_generation", "generation", "article"),
    sqlite_autoincrement=True,  # an id never comes back, so what still points to it can only miss
)

claims = Table(
    "claims",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("passage", ForeignKey("passages.id", ondelete="CASCADE"), nullable=False),
    Column("place", Integer, nullable=False),  # of the sentence in its passage; -1 for the article's title
    Column("product", Text, nullable=False),
    Column("named", Integer, nullable=False),
    Column("stage", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("sure", Float, nullable=False),
    Column("since", Integer),  # the day that the sentence names for it, as an ordinal
    Index("claims_by_passage", "passage"),
    Index("claims_by_product", "product"),
)

WORDS = "passage_words"
"""The FTS5 table of passages' terms (see :class:`index.text.words.Profile`); its rowid is the passage's id. Columns: ``terms`` (a
line for the title, then one a sentence), ``names``, ``common``, and ``capitals``, which is kept but not searched. Terms of a
workspace's articles are marked (see :mod:`index.storage.store.tenant_terms`)."""

VOCABULARY = "passage_vocabulary"
"""How often each term stands in each column (an fts5vocab table over :data:`WORDS`)."""

INSTANCES = "passage_instances"
"""Where each term stands (another fts5vocab table over :data:`WORDS`)."""

feeds = Table(
    "feeds",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("title", Text),
    Column("every", Integer, nullable=False),  # seconds from one look to the next
    Column("etag", Text),
    Column("modified", Text),
    Column("added", Float, nullable=False),
    Column("due", Float, nullable=False),
    Column("checked", Float),  # the last look that succeeded
    Column("new", Float),  # the last look that found an article
    Column("failing", Float),  # since when; null while it works
    Column("failures", Integer, nullable=False),  # in a row
    Column("problem", Text),  # one sentence
    UniqueConstraint("scope", "url"),
    sqlite_autoincrement=True,
)

feed_items = Table(
    "feed_items",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("feed", ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False),
    Column("key", Text, nullable=False),  # a digest of the name that the feed has for it
    Column("digest", Text, nullable=False),  # of what the feed said of it when it was read
    Column("failures", Integer, nullable=False),  # to have the page behind it, in a row
    UniqueConstraint("feed", "key"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("done", Integer, nullable=False),  # articles
    Column("total", Integer, nullable=False),
    Column("queued", Float, nullable=False),
    Column("started", Float),
    Column("finished", Float),
    Column("rate", Float),  # articles a second, as it was lately
    Column("problem", Text),
    Column("in_public", Text),  # what is said in its place to those whose business the files of this machine are not
    # One at a time a scope: the database itself sees to it.
    Index("jobs_open", "scope", unique=True, sqlite_where=text("state IN ('queued', 'running')")),
    sqlite_autoincrement=True,
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("platform", Text, nullable=False),
    Column("workspace", Text),
    Column("user", Text),
    Column("scope", Text, nullable=False),  # whose articles, feeds or settings it was about
    Column("act", Text, nullable=False),
    Column("subject", Text),  # what it was done to
    Column("outcome", Text, nullable=False),
    Index("audit_by_moment", "at"),
)

questions = Table(
    "questions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("platform", Text, nullable=False),
    Column("workspace", Text),
    Column("user", Text),
    Column("question", Text, nullable=False),
    Column("answered", Integer, nullable=False),
    Column("elapsed_ms", Float, nullable=False),
    Index("questions_by_moment", "at"),
)

settings = Table(
    "settings",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),  # JSON
)

scopes = Table(
    "scopes",
    metadata,
    Column("number", Integer, primary_key=True),  # by which its terms are told apart in the word index
    Column("name", Text, nullable=False, unique=True),
    sqlite_autoincrement=True,
)

exchanges = Table(
    "exchanges",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("platform", Text, nullable=False),
    Column("workspace", Text),
    Column("user", Text),
    Column("channel", Text, nullable=False),
    Column("asked", Text, nullable=False),  # the message, or the command, that asked
    Column("thread", Text, nullable=False),  # what it goes on in
    Column("reply", Text),  # the message that answers; null until there is one, or where only the asker has seen it
    Column("as_of", Integer, nullable=False),  # a proleptic Gregorian ordinal
    Column("language", Text, nullable=False),
    Column("products", Text, nullable=False),  # JSON: their ids
    Column("quotes", Text, nullable=False),  # JSON: where each stands, and a digest of its words
    Index("exchanges_by_question", "platform", "channel", "asked"),
    Index("exchanges_by_reply", "platform", "channel", "reply"),
    Index("exchanges_by_thread", "platform", "channel", "thread"),
    Index("exchanges_by_moment", "at"),
    Index("exchanges_by_workspace", "platform", "workspace"),
    sqlite_autoincrement=True,  # what stands under an old answer never points to a new one
)

votes = Table(
    "votes",
    metadata,
    Column("exchange", ForeignKey("exchanges.id", ondelete="CASCADE"), primary_key=True),
    Column("user", Text, primary_key=True),
    Column("up", Integer, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("at", Float, nullable=False),
    Column("holder", Text),  # the process that is at it; null once it is done
)
