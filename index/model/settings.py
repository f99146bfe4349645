"""What an index has to be told."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class IndexSettings(Protocol):
    """What an index has to know; :class:`bot.settings.Settings` does.

    Attributes:
        data: the folder where everything is kept.
        cache: the folder for what can be made again: unpacked models.
        embedding_model: a sentence-transformers model (hub name or folder); empty for the bundled one.
        engine: what runs it, such as "openvino-fp32"; empty for what a rule says.
        database_url: empty for SQLite in the data folder.
        allow_private_network: whether web pages may be on private addresses.
        web_ports: the ports at which web pages and feeds may be fetched.
        max_articles: the most articles of one workspace.
    """

    @property
    def data(self) -> Path: ...
    @property
    def cache(self) -> Path: ...
    @property
    def embedding_model(self) -> str: ...
    @property
    def engine(self) -> str: ...
    @property
    def database_url(self) -> str: ...
    @property
    def allow_private_network(self) -> bool: ...
    @property
    def web_ports(self) -> frozenset[int]: ...
    @property
    def max_articles(self) -> int: ...
