"""What was answered in chats and where it stands, what people thought of it, which events were handled."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "exchanges",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("workspace", sa.Text),
        sa.Column("user", sa.Text),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("thread", sa.Text, nullable=False),
        sa.Column("reply", sa.Text),
        sa.Column("as_of", sa.Integer, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("products", sa.Text, nullable=False),
        sa.Column("quotes", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("exchanges_by_question", "exchanges", ["platform", "channel", "asked"])
    op.create_index("exchanges_by_reply", "exchanges", ["platform", "channel", "reply"])
    op.create_index("exchanges_by_thread", "exchanges", ["platform", "channel", "thread"])
    op.create_index("exchanges_by_moment", "exchanges", ["at"])
    op.create_table(
        "votes",
        sa.Column("exchange", sa.Integer, sa.ForeignKey("exchanges.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("user", sa.Text, primary_key=True),
        sa.Column("up", sa.Integer, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("platform", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("holder", sa.Text),
    )
