"""Days that are known to the month only, parts of articles with days of their own, and from which day on an undated article is shown."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    # Of what is undated nobody noted when it was first read: it was there by today.
    today = str(datetime.now(UTC).date().toordinal())
    op.add_column("articles", sa.Column("precision", sa.Text, nullable=False, server_default="day"))
    op.add_column("articles", sa.Column("shown_from", sa.Integer, nullable=False, server_default=today))
    op.add_column("articles", sa.Column("updated", sa.Text))
    op.add_column("articles", sa.Column("not_before", sa.Integer))
    op.add_column("articles", sa.Column("sections", sa.Text, nullable=False, server_default="[]"))
    op.get_bind().exec_driver_sql("UPDATE articles SET shown_from = day WHERE day IS NOT NULL")
    op.add_column("passages", sa.Column("day", sa.Integer))
