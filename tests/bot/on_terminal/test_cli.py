"""The ``shipdate`` command, as a script meets it: its exit status, its two outputs."""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from shutil import copytree

import pytest
from filelock import FileLock

from bot.on_terminal import cli
from index.api import Index
from index.retrieval.pipeline import QUESTION_LIMIT
from tests.support.articles import ROOT, SAMPLES, check_stored, news, write
from tests.support.terminal import SHIPDATE, Done, shipdate, shipdate_process

pytestmark = pytest.mark.model


def check_told(done: Done, *words: str) -> None:
    """Assert that it failed with one clear line."""
    assert done.returncode == 1, done
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in lines[0]
    assert all(word in lines[0] for word in words), lines[0]


@pytest.fixture
def filled(samples: Index, samples_data: Path, tmp_path: Path) -> Path:
    """A data folder with the sample articles in it, to do anything with."""
    copytree(samples_data, tmp_path / "filled")
    return tmp_path / "filled"


# Help and wrong usage


@pytest.mark.slow
def test_help_is_there_at_once() -> None:
    """Processor time is measured, so that it does not matter what else the machine is doing."""
    took = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = shipdate_process("--help")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert (done.returncode, done.stderr) == (0, "")
        assert all(command in done.stdout for command in ("index", "ask", "chat", "demo", "doctor"))
    assert statistics.median(took) < 0.5, took


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["ask"],
        ["ask", "When?", "--json-lines"],
        ["ask", "When?", "--nonsense"],
        ["index"],
        ["index", "add"],
        ["index", "remove"],
        ["status"],
        ["status", "Sora", "--json-lines"],
        ["status", "Sora", "--nonsense"],
        ["products"],
        ["products", "add"],
        ["products", "remove"],
        ["--data"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_status_2(arguments: list[str], data: Path) -> None:
    done = shipdate(*arguments, data=data)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not data.exists()


# A whole life


def test_articles_are_added_listed_asked_rebuilt_and_removed(data: Path, tmp_path: Path) -> None:
    said = {"title": "Aurora gets a date", "published": "2025-03-04", "url": "https://daily.example/a"}
    path = write(tmp_path / "news" / "a.md", "Aurora ships on 4 May.", **said)
    write(tmp_path / "news" / "b.md", "Borealis ships on 5 June.")
    write(tmp_path / "news" / "c.txt", "Borealis   ships on 5 June.")

    done = shipdate("index", "add", tmp_path / "news", data=data)
    assert (done.returncode, done.stdout) == (0, "2 added, 1 duplicate\n")
    assert "same text" in done.stderr

    done = shipdate("index", "list", "--json", data=data)
    listed = json.loads(done.stdout)
    assert [(one["title"], one["published"]) for one in listed] == [
        ("Aurora gets a date", "2025-03-04T00:00:00Z"),
        ("Borealis ships on 5 June.", None),
    ]
    table = shipdate("index", "list", data=data).stdout
    assert listed[0]["id"][:12] in table  # which is enough to name it
    assert "undated" in table

    done = shipdate("ask", "When does Aurora ship?", "--as-of", "2025-12-31", data=data)
    assert (done.returncode, done.stderr) == (0, "")
    assert "“Aurora ships on 4 May.”" in done.stdout
    assert "4 March 2025" in done.stdout
    assert "As of 31 December 2025." in done.stdout

    done = shipdate("index", "rebuild", data=data)
    assert (done.returncode, done.stdout.split(":")[0], done.stderr) == (0, "rebuilt", "")

    report = json.loads(shipdate("doctor", "--json", "--offline", data=data).stdout)
    assert (report["articles"], report["passages"], report["vectors"]) == (2, 2, 4)
    assert {"name", "folder", "engine"} <= report["model"].keys()

    done = shipdate("index", "remove", "https://daily.example/a", "no such thing", data=data)
    check_told(done, "no such thing")
    assert "Aurora gets a date" in done.stdout
    done = shipdate("index", "remove", tmp_path / "news" / "b.md", data=data)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(shipdate("index", "list", "--json", data=data).stdout) == []
    assert path.is_file()


@pytest.mark.slow
def test_the_demo_answers_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = shipdate_process("demo", env={"TMPDIR": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "home")})
    assert (done.returncode, done.stderr) == (0, "")
    assert "When will Sora ship?" in done.stdout
    assert "https://shipdate.example/" in done.stdout
    assert not [path for path in tmp_path.iterdir() if "torch" not in path.name]  # PyTorch makes a folder of its own


def test_json_lines_are_answered_in_order_whatever_is_in_them(filled: Path) -> None:
    lines: list[bytes] = [
        b'{"id": "q1", "question": "Who in Hollywood is testing Sora?"}',
        b"{not json",
        b'["question"]',
        b'{"id": 3}',
        b"",
        b'{"id": 4, "question": "When will Sora ship?", "as_of": "2024-06-30"}',
        b'{"id": 5, "question": "When will Sora ship?", "as_of": "soon"}',
        b'{"id": 6, "question": ""}',
        b'{"id": 7, "question": "caf\xe9"}',
        b'{"id": 8, "question": "\\ud800 sora"}',
        json.dumps({"id": 9, "question": "sora " * 200_000}).encode(),
        json.dumps({"id": 10, "question": "x" * 9_000_000}).encode(),
        b"[" * 200_000,
        json.dumps({"id": 12, "question": "可灵什么时候发布？"}, ensure_ascii=False).encode(),
        b'{"id": {"a": [1]}, "question": "Qui teste Sora \\u00e0 Hollywood ?"}',  # and no line end after the last
    ]
    done = shipdate("ask", "--json-lines", data=filled, stdin=b"\n".join(lines))
    assert (done.returncode, done.stderr) == (0, "")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(lines) - 1  # the empty line asks nothing
    (first, not_json, a_list, no_question, dated, bad_date, empty, not_utf8, surrogate, long, longer, nested, chinese, last) = answers
    assert first["id"] == "q1"
    assert "Kutcher" in first["quotes"][0]["text"]
    assert all("error" in one for one in (not_json, a_list, no_question, bad_date, not_utf8, long, longer, nested))
    assert dated["as_of"] == "2024-06-30"
    assert all(quote["article"]["published"] < "2024-07" for quote in dated["quotes"])
    assert (bad_date["id"], long["id"]) == (5, 9)
    assert f"{QUESTION_LIMIT:,}" in long["error"]
    assert (empty["reason"], empty["id"]) == ("empty_question", 6)
    assert surrogate["id"] == 8
    assert chinese["question"] == "可灵什么时候发布？"
    assert last["id"] == {"a": [1]}


@pytest.mark.slow
def test_answers_are_written_as_soon_as_they_are_ready_and_a_reader_may_go_away(filled: Path) -> None:
    """As in ``shipdate ... | head -2``."""
    with subprocess.Popen(
        [*SHIPDATE, "--data", str(filled), "ask", "--json-lines"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        for number in range(2):
            process.stdin.write(b'{"id": %d, "question": "When will Sora ship?"}\n' % number)
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdout.close()
        process.stdin.write(b'{"question": "When will Sora ship?"}\n' * 20)
        process.stdin.close()
        said = process.stderr.read().decode()
        assert (process.wait(60), said) == (0, "")


@pytest.mark.slow
def test_the_terminals_encoding_does_not_matter(filled: Path) -> None:
    done = shipdate_process("ask", "Qui teste Sora à Hollywood ?", data=filled, env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"})
    assert "Traceback" not in done.stderr
    assert done.returncode == 0


# What goes wrong is told in one line


def test_each_file_that_cannot_be_added_is_told_in_a_line(data: Path, tmp_path: Path) -> None:
    """One process for all of them, since each start takes seconds."""
    places = {
        tmp_path / "missing.md": "does not exist",
        write(tmp_path / "empty.md", ""): "no text",
        tmp_path / "binary.md": "not a text file",
        write(tmp_path / "broken.md", "---\ntitle: [\n---\n\nText."): "line",
        write(tmp_path / "date.md", "Text.", published="soon"): "soon",
        tmp_path / "image.png": ".md",
    }
    (tmp_path / "binary.md").write_bytes(bytes(range(256)))
    (tmp_path / "image.png").write_bytes(b"PNG")
    if os.geteuid() != 0:
        unreadable = write(tmp_path / "unreadable.md", "Text.")
        unreadable.chmod(0)
        places[unreadable] = "cannot be read"
    good = write(tmp_path / "good.md", "Aurora ships on 4 May.")
    done = shipdate("index", "add", *places, good, data=data)
    assert done.returncode == 1
    assert done.stdout == f"1 added, {len(places)} failed\n"
    lines = done.stderr.strip().splitlines()
    assert len(lines) == len(places)
    for line, (path, words) in zip(lines, places.items(), strict=True):
        assert str(path) in line
        assert words in line
    assert check_stored(data) == 1


@pytest.mark.parametrize(
    "arguments", [["index", "list"], ["ask", "When?"], ["index", "add", SAMPLES], ["doctor", "--offline"]], ids=lambda words: words[0]
)
def test_a_data_folder_that_cannot_be_written_is_told(data: Path, arguments: list[object]) -> None:
    data.write_text("a file in its place", encoding="utf-8")
    check_told(shipdate(*arguments, data=data), str(data))


def test_a_date_that_is_none_is_told(data: Path) -> None:
    check_told(shipdate("ask", "When?", "--as-of", "yesterday", data=data), "yesterday", "2024-12-09")


@pytest.mark.parametrize("question", ["", "   "])
def test_an_empty_question_is_told(data: Path, question: str) -> None:
    check_told(shipdate("ask", question, data=data), "When will Sora ship?")


def test_a_question_that_is_too_long_is_told(data: Path) -> None:
    check_told(shipdate("ask", "x" * 100_000, data=data), "100,000", f"{QUESTION_LIMIT:,}")


@pytest.mark.slow
def test_an_unknown_model_is_told_quickly(data: Path) -> None:
    """It takes what PyTorch takes to load, on however busy a machine, but not the minutes of a hub that is asked again and again."""
    started = time.perf_counter()
    done = shipdate("ask", "When will Sora ship?", data=data, env={"EMBEDDING_MODEL": "shipdate-tests/none"})
    check_told(done, "shipdate-tests/none", "EMBEDDING_MODEL")
    assert time.perf_counter() - started < 90


@pytest.mark.slow
def test_another_model_answers_once_the_articles_are_embedded_with_it(filled: Path, tmp_path: Path) -> None:
    changed = {"EMBEDDING_MODEL": str(tmp_path)}
    check_told(shipdate("index", "rebuild", data=filled, env=changed), "The rebuild failed", str(tmp_path))
    done = shipdate("ask", "Qui teste Sora à Hollywood ?", data=filled, env=changed)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Kutcher" in done.stdout


def test_a_rebuild_is_cancelled(filled: Path) -> None:
    check_told(shipdate("index", "rebuild", "--cancel", data=filled), "No rebuild")
    with closing(sqlite3.connect(filled / "shipdate.sqlite")) as database, database:  # one that was interrupted
        database.execute("INSERT INTO jobs (scope, state, done, total, queued) VALUES ('', 'running', 3, 14, 0)")
    done = shipdate("index", "rebuild", "--cancel", data=filled)
    assert (done.returncode, done.stdout.split(":")[0], done.stderr) == (0, "cancelled", "")
    check_told(shipdate("index", "rebuild", "--cancel", data=filled), "No rebuild")


@pytest.mark.slow
def test_an_unknown_model_does_not_end_a_chat_in_a_traceback(filled: Path, tmp_path: Path) -> None:
    done = shipdate_process(
        "chat", data=filled, stdin="", env={"EMBEDDING_MODEL": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    )
    assert "Traceback" not in done.stderr


def test_a_setting_that_it_cannot_be_is_told(data: Path) -> None:
    check_told(shipdate("index", "list", data=data, env={"ALLOW_PRIVATE_NETWORK": "perhaps"}), "ALLOW_PRIVATE_NETWORK", "perhaps")


def test_another_writer_is_told_and_readers_go_on(filled: Path, tmp_path: Path) -> None:
    with FileLock(filled / "writer.lock"):
        check_told(shipdate("index", "add", write(tmp_path / "a.md", "Aurora ships."), data=filled), str(filled))
        assert "shipdate.example" in shipdate("index", "list", data=filled).stdout
        answer = json.loads(shipdate("ask", "Qui teste Sora à Hollywood ?", "--json", data=filled).stdout)
        assert "Kutcher" in answer["quotes"][0]["text"]


@pytest.mark.slow
def test_a_full_disk_is_told_and_what_was_stored_stays(filled: Path, tmp_path: Path) -> None:
    before = check_stored(filled)
    limit = 100_000  # bytes a file: less than the new articles need
    news(tmp_path / "news", 40)

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    check_told(shipdate_process("index", "add", tmp_path / "news", data=filled, prepare=full), "room", str(filled))
    assert check_stored(filled) >= before
    done = shipdate("index", "add", tmp_path / "news", data=filled)
    assert done.returncode == 0, done
    assert check_stored(filled) == before + 40


def test_a_mistake_of_ours_is_told_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_settings: object) -> None:
        raise ZeroDivisionError("nobody thought of this")

    monkeypatch.setattr("index.open_index", broken)
    monkeypatch.setattr("platformdirs.user_log_path", lambda _name: tmp_path / "log")
    monkeypatch.setattr(sys, "argv", ["shipdate", "--data", str(tmp_path), "index", "list"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    (line,) = capsys.readouterr().err.strip().splitlines()
    written = (tmp_path / "log" / "errors.log").read_text(encoding="utf-8")
    assert ended.value.code == 1
    assert "Traceback" not in line
    assert "nobody thought of this" in written
    assert written.split()[2] in line
