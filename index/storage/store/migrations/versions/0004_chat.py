"""What was answered in chats and where it stands, what people thought of it, which events were handled, who installed the Slack app."""

from typing import Any

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
    _slack()


def _slack() -> None:
    """The tables of slack_sdk's installation and state stores (``slack_sdk.oauth``, 3.47), as it would make them itself."""
    bot: list[sa.Column[Any]] = [
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("client_id", sa.String(32), nullable=False),
        sa.Column("app_id", sa.String(32), nullable=False),
        sa.Column("enterprise_id", sa.String(32)),
        sa.Column("enterprise_name", sa.String(200)),
        sa.Column("team_id", sa.String(32)),
        sa.Column("team_name", sa.String(200)),
        sa.Column("bot_token", sa.String(200)),
        sa.Column("bot_id", sa.String(32)),
        sa.Column("bot_user_id", sa.String(32)),
        sa.Column("bot_scopes", sa.String(1000)),
        sa.Column("bot_refresh_token", sa.String(200)),
        sa.Column("bot_token_expires_at", sa.DateTime),
        sa.Column("is_enterprise_install", sa.Boolean, nullable=False),
        sa.Column("installed_at", sa.DateTime, nullable=False),
    ]
    person: list[sa.Column[Any]] = [
        sa.Column("enterprise_url", sa.String(200)),
        sa.Column("user_id", sa.String(32), nullable=False),
        sa.Column("user_token", sa.String(200)),
        sa.Column("user_scopes", sa.String(1000)),
        sa.Column("user_refresh_token", sa.String(200)),
        sa.Column("user_token_expires_at", sa.DateTime),
        sa.Column("incoming_webhook_url", sa.String(200)),
        sa.Column("incoming_webhook_channel", sa.String(200)),
        sa.Column("incoming_webhook_channel_id", sa.String(200)),
        sa.Column("incoming_webhook_configuration_url", sa.String(200)),
        sa.Column("token_type", sa.String(32)),
    ]
    op.create_table("slack_bots", *(column._copy() for column in bot))
    op.create_index("slack_bots_idx", "slack_bots", ["client_id", "enterprise_id", "team_id", "installed_at"])
    op.create_table("slack_installations", *bot, *person)
    op.create_index("slack_installations_idx", "slack_installations", ["client_id", "enterprise_id", "team_id", "user_id", "installed_at"])
    op.create_table(
        "slack_oauth_states",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("state", sa.String(200), nullable=False),
        sa.Column("expire_at", sa.DateTime, nullable=False),
    )
