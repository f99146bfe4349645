"""All settings, from the environment or a ``.env`` file in the working folder; the environment wins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from platformdirs import user_cache_path, user_data_path
from pydantic import AliasGenerator, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_SAY_BY_THEMSELVES = ("shipdate_", "discord_", "slack_", "embedding_model", "database_url", "allow_private_network")
_PASSWORD = re.compile(r"://[^/?#:]*:([^/?#]*)@")  # of a URL, however badly the rest is formed


def is_secret(name: str) -> bool:
    """Whether the value of a setting with this name must never be shown: ``..._TOKEN``, ``..._SECRET`` and ``..._KEY``."""
    return name.lower().endswith(("_token", "_secret", "_key"))


def variable(name: str) -> str:
    """The variable of a setting: its field's name, behind ``SHIPDATE_`` unless it says by itself whose it is."""
    return name.upper() if name.startswith(_SAY_BY_THEMSELVES) else f"SHIPDATE_{name.upper()}"


class Settings(BaseSettings):
    """The settings as one typed object; each can be given by its field's name, or by its variable's (see :func:`variable`)."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8-sig",
        extra="ignore",
        populate_by_name=True,
        alias_generator=AliasGenerator(validation_alias=variable),
    )

    data: Path = Field(
        default_factory=lambda: user_data_path("shipdate"), description="the folder where articles, vectors and history live"
    )
    cache: Path = Field(
        default_factory=lambda: user_cache_path("shipdate"),
        description="the folder for what can be made again: the unpacked model, and its conversion",
    )
    embedding_model: str = Field(
        default="", description="a sentence-transformers model, by hub name or folder; empty: the one that comes along"
    )
    engine: str = Field(
        default="", description="what runs the model, as `shipdate doctor` names it (openvino-fp32, torch-fp32 ...); empty: by a rule"
    )
    database_url: str = Field(default="", description="empty: SQLite in the data folder")
    allow_private_network: bool = Field(default=False, description="true: web pages may be on private addresses")

    web_ports: Annotated[frozenset[int], NoDecode] = Field(
        default=frozenset({80, 443}), description="the ports at which web pages and feeds may be fetched"
    )
    owners: str = Field(
        default="", description="who manages what every workspace sees: discord:USER_ID, slack:TEAM_ID:USER_ID, comma-separated"
    )
    max_articles: int = Field(default=10_000, ge=0, description="the most articles of one workspace")
    max_feeds: int = Field(default=100, ge=0, description="the most feeds of one workspace")
    user_rate: int = Field(default=20, ge=1, description="the most questions a minute of one person")
    workspace_rate: int = Field(default=120, ge=1, description="the most questions a minute of one workspace")
    retention_days: int = Field(default=30, ge=0, description="after how many days logged questions are deleted")
    audit_days: int = Field(default=365, ge=1, description="after how many days lines of the audit are deleted")
    shipdate_key: str = Field(
        default="", description="with what the tokens of workspaces are encrypted; several with commas: the first encrypts, all decrypt"
    )
    ops: str = Field(default="", description="HOST:PORT of /healthz, /readyz and /metrics; empty: off")
    log_format: Literal["console", "json"] = Field(default="console", description="how `shipdate serve` logs")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="what it logs")

    discord_token: str = Field(default="", description="the token of the Discord bot; empty: no Discord")
    discord_api_url: str = Field(default="", description="the REST base of another Discord-compatible server; its gateway is asked there")
    discord_shard_ids: Annotated[tuple[int, ...], NoDecode] = Field(
        default=(), description="the shards that this process runs, such as 0,1; empty: all"
    )
    discord_shard_count: int | None = Field(
        default=None, ge=1, description="how many shards there are; empty: as many as Discord recommends"
    )
    slack_bot_token: str = Field(
        default="", description="the bot token (xoxb-) of one Slack workspace; empty: no Slack, or several workspaces by OAuth"
    )
    slack_app_token: str = Field(default="", description="the app-level token (xapp-) of Socket Mode")
    slack_signing_secret: str = Field(default="", description="HTTP mode: by which Slack's requests are known")
    slack_http: str = Field(default="", description="HTTP mode: HOST:PORT where Slack's requests are answered")
    slack_client_id: str = Field(default="", description="several workspaces, by OAuth: the app's client id")
    slack_client_secret: str = Field(default="", description="and its secret")
    slack_api_url: str = Field(default="", description="another base of Slack's Web API")

    @property
    def tokens(self) -> Mapping[str, str]:
        """Every setting that is a token, a secret or a key, by its name; empty where it is not set."""
        return {name: getattr(self, name) for name in type(self).model_fields if is_secret(name)}

    @property
    def secrets(self) -> frozenset[str]:
        """The texts that must never be shown: tokens and keys, each, and the password in DATABASE_URL."""
        password = _PASSWORD.search(self.database_url)
        keys = map(str.strip, self.shipdate_key.split(","))
        said = [*self.tokens.values(), *keys, *((password[1], unquote(password[1])) if password else ())]
        return frozenset(filter(None, said))

    @field_validator("web_ports", mode="before")
    @classmethod
    def _ports(cls, value: Any) -> Any:
        """Ports with commas between them."""
        return [port.strip() for port in value.split(",") if port.strip()] or [80, 443] if isinstance(value, str) else value

    @field_validator("discord_shard_ids", mode="before")
    @classmethod
    def _shards(cls, value: Any) -> Any:
        """Numbers with commas between them."""
        return [shard.strip() for shard in value.split(",") if shard.strip()] if isinstance(value, str) else value

    @field_validator("data", "cache", mode="before")
    @classmethod
    def _home(cls, value: Any) -> Any:
        """``~`` is the home folder."""
        try:
            return Path(value).expanduser()
        except RuntimeError:
            raise ValueError("there is no such home folder") from None

    @model_validator(mode="before")
    @classmethod
    def _default_when_empty(cls, values: Any) -> Any:
        """An empty line in ``.env`` means the default, as the comments there say."""
        return {name: value for name, value in values.items() if value != ""}
