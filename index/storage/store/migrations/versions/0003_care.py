"""Copies of articles, feeds, jobs, audit, question log, workspaces' settings; where each term stands."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("articles", sa.Column("etag", sa.Text))
    op.add_column("articles", sa.Column("modified", sa.Text))
    op.add_column("articles", sa.Column("signature", sa.LargeBinary, nullable=False, server_default=""))
    op.add_column("generations", sa.Column("model", sa.Text, nullable=False, server_default=""))
    op.add_column("generations", sa.Column("scope", sa.Text))
    op.create_table(
        "copies",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("article", sa.Integer, sa.ForeignKey("articles.number", ondelete="CASCADE"), nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("publisher", sa.Text),
        sa.Column("published", sa.Text),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("etag", sa.Text),
        sa.Column("modified", sa.Text),
        sa.UniqueConstraint("scope", "source"),
    )
    op.create_index("copies_by_article", "copies", ["article"])
    op.create_table(
        "bands",
        sa.Column("article", sa.Integer, sa.ForeignKey("articles.number", ondelete="CASCADE"), nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("key", sa.Integer, nullable=False),
    )
    op.create_index("bands_by_key", "bands", ["scope", "key"])
    op.create_index("bands_by_article", "bands", ["article"])
    op.create_table(
        "feeds",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("every", sa.Integer, nullable=False),
        sa.Column("etag", sa.Text),
        sa.Column("modified", sa.Text),
        sa.Column("added", sa.Float, nullable=False),
        sa.Column("due", sa.Float, nullable=False),
        sa.Column("checked", sa.Float),
        sa.Column("new", sa.Float),
        sa.Column("failing", sa.Float),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text),
        sa.UniqueConstraint("scope", "url"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "feed_items",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("feed", sa.Integer, sa.ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.UniqueConstraint("feed", "key"),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("queued", sa.Float, nullable=False),
        sa.Column("started", sa.Float),
        sa.Column("finished", sa.Float),
        sa.Column("rate", sa.Float),
        sa.Column("problem", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("jobs_open", "jobs", ["scope"], unique=True, sqlite_where=sa.text("state IN ('queued', 'running')"))
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("workspace", sa.Text),
        sa.Column("user", sa.Text),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("outcome", sa.Text, nullable=False),
    )
    op.create_index("audit_by_moment", "audit", ["at"])
    op.create_table(
        "questions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("workspace", sa.Text),
        sa.Column("user", sa.Text),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("answered", sa.Integer, nullable=False),
        sa.Column("elapsed_ms", sa.Float, nullable=False),
    )
    op.create_index("questions_by_moment", "questions", ["at"])
    op.create_table(
        "settings",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "scopes",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sqlite_autoincrement=True,
    )
    op.execute("CREATE VIRTUAL TABLE passage_instances USING fts5vocab(passage_words, 'instance')")
