"""The tables, as SQLAlchemy Core sees them. What makes them is in ``migrations/``.

A *generation* is all that was made from the articles by one encoder and one splitter: passages, sentences, words, vectors.
Exactly one is live; a rebuild fills another one beside it and then swaps them in one transaction.
"""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint

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
    Column("day", Integer),  # of publication in UTC, as a proleptic Gregorian ordinal: what as_of compares
    Column("language", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("text_digest", Text, nullable=False),
    UniqueConstraint("scope", "source"),
    UniqueConstraint("id"),
    Index("articles_by_text", "scope", "text_digest"),
)

generations = Table(
    "generations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("fingerprint", Text, nullable=False),
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
    Column("text", Text, nullable=False),  # article text [start:end], so that a search need not read whole articles
    Column("sentences", LargeBinary, nullable=False),  # int32 pairs (start, end), offsets into the article's text
    Column("vectors", LargeBinary, nullable=False),  # fp16 rows as the encoder made them: the passage's, then each sentence's
    Column("tells", LargeBinary, nullable=False),  # uint8, nine a sentence (see index.kinds)
    Column("tokens", LargeBinary, nullable=False),  # int8 rows, one a token (see index.embedding.tokens)
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
"""The FTS5 table of passages' terms (see :class:`index.words.Profile`); its rowid is the passage's id. Columns: ``terms`` (a
line for the title, then one a sentence), ``names``, ``common``, and ``capitals``, which is kept but not searched."""

VOCABULARY = "passage_vocabulary"
"""How often each term stands in each column (an fts5vocab table over :data:`WORDS`)."""
