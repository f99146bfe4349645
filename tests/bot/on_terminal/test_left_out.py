"""What a folder holds that is no article is told, by kind."""

from __future__ import annotations

from pathlib import Path

from tests.support.articles import write
from tests.support.terminal import shipdate


def test_a_folder_tells_how_many_files_of_which_kinds_it_left_out(tmp_path: Path) -> None:
    for name in ("a.md", "b.png", "c.PNG", "d.zip", ".hidden.png"):
        write(tmp_path / "news" / name, "Aurora ships on 4 May.")
    done = shipdate("index", "add", tmp_path / "news", data=tmp_path / "data")
    assert (done.returncode, done.stdout) == (0, "1 added\nLeft out 3 files: 2 .png, 1 .zip\n")
    done = shipdate("index", "add", tmp_path / "news" / "a.md", data=tmp_path / "data")
    assert done.stdout == "1 unchanged\n"
