"""All settings, from the environment or a ``.env`` file in the working folder; the environment wins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from platformdirs import user_cache_path, user_data_path
from pydantic import AliasChoices, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The settings as one typed object; each can be given by its field's name, which is its environment name in lower case."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", populate_by_name=True)

    data: Path = Field(
        default_factory=lambda: user_data_path("shipdate"),
        validation_alias=AliasChoices("SHIPDATE_DATA", "data"),
        description="the folder where articles, vectors and history live",
    )
    cache: Path = Field(
        default_factory=lambda: user_cache_path("shipdate"),
        validation_alias=AliasChoices("SHIPDATE_CACHE", "cache"),
        description="the folder for what can be made again: the unpacked model",
    )
    embedding_model: str = Field(
        default="",
        validation_alias=AliasChoices("EMBEDDING_MODEL", "embedding_model"),
        description="a sentence-transformers model, by hub name or folder; empty: the one that comes along",
    )
    database_url: str = Field(
        default="",
        validation_alias=AliasChoices("DATABASE_URL", "database_url"),
        description="empty: SQLite in the data folder",
    )
    allow_private_network: bool = Field(
        default=False,
        validation_alias=AliasChoices("ALLOW_PRIVATE_NETWORK", "allow_private_network"),
        description="true: web pages may be on private addresses",
    )

    @field_validator("data", "cache", mode="before")
    @classmethod
    def _default_when_empty(cls, value: Any, info: Any) -> Any:
        """An empty line in ``.env`` means the default, as the comments there say; ``~`` is the home folder."""
        if value == "":
            return user_data_path("shipdate") if info.field_name == "data" else user_cache_path("shipdate")
        return Path(value).expanduser()
