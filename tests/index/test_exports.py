"""What the index shows to whoever uses it."""

from __future__ import annotations

import subprocess
import sys

import pytest

import index

HEAVY = ("faiss", "httpx", "numpy", "openvino", "sqlalchemy", "torch", "trafilatura")


@pytest.mark.parametrize("name", index.__all__)
def test_every_name_that_is_shown_is_there(name: str) -> None:
    assert getattr(index, name) is not None


def test_every_name_that_is_loaded_late_is_shown() -> None:
    assert set(index._LAZY) < set(index.__all__)


def test_no_other_name_is_there() -> None:
    with pytest.raises(AttributeError, match="Nonsense"):
        index.Nonsense  # noqa: B018


def test_importing_the_index_loads_none_of_its_libraries() -> None:
    loaded = subprocess.run([sys.executable, "-c", "import index, sys; print(*sys.modules)"], capture_output=True, text=True, check=True)
    assert not set(HEAVY) & set(loaded.stdout.split())


def test_what_reads_foreign_files_is_imported_by_workers_alone() -> None:
    """It took a third of a second of each start."""
    script = "import index.api, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    readers = [name for name in loaded if name.startswith("index.ingestion.readers.") and name.count(".") == 3]
    assert {name.rpartition(".")[2] for name in readers} <= {"decoding", "documents", "draft"}
    assert not {"lxml", "trafilatura", "feedparser"} & set(loaded)
