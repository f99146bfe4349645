"""Claims: what each sentence says of a product's launch."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # Empty: what was read before there were claims is read for them by the next addition; for which questions they answer, by a rebuild.
    op.add_column("generations", sa.Column("claims", sa.Text, nullable=False, server_default=""))
    op.add_column("passages", sa.Column("tells", sa.LargeBinary, nullable=False, server_default=""))
    op.create_table(
        "claims",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("passage", sa.Integer, sa.ForeignKey("passages.id", ondelete="CASCADE"), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("product", sa.Text, nullable=False),
        sa.Column("named", sa.Integer, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("how", sa.Text, nullable=False),
        sa.Column("sure", sa.Float, nullable=False),
        sa.Column("since", sa.Integer),
    )
    op.create_index("claims_by_passage", "claims", ["passage"])
    op.create_index("claims_by_product", "claims", ["product"])
