"""What others write, and what is typed, cannot steer the operator's terminal, forge a line of output, or end in a mistake of ours."""

from __future__ import annotations

import io
import json
import sqlite3
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.on_terminal import cli
from bot.on_terminal.output import console
from bot.service.permissions import Caller
from bot.service.service import Service
from bot.settings import Settings
from index.api import Index
from tests.support.articles import write

pytestmark = pytest.mark.slow

SEQUENCES = (
    "\x1b[31mred",
    "\x1b]0;title\x07",
    "\x1b]8;;https://bad.example\x1b\\",
    "\x1b[2J\x1b[H",
    "\x9b31m",
    "\x9d0;title\x9c",
    "over\rwritten",
    "over\x08\x08written",
    "two\nlines",
    "two\u2028lines",
    "two\x85lines",
    "\u202egpj.\u202c",
    "\u2067isolated\u2069",
    "[/x]",
    "[red]red[/red]",
    "[link=https://bad.example]here[/link]",
    ":smile:",
    "{0} %s \\",
    '"],"quotes":[',
    "&#27; <b>",
)
BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LETTERS = st.one_of(
    st.characters(exclude_characters="\0/", exclude_categories=["Cs"]),
    st.sampled_from("\x1b\x07\x08\r\n\t\x7f\x85\x9b\u2028\u202e\u2066[]{}%&\"'\\"),
)
TYPED = st.one_of(st.sampled_from(SEQUENCES), st.text(LETTERS, max_size=30))
"""What may be an argument of a process, which cannot be NUL, without making folders."""


@dataclass(frozen=True)
class Done:
    """What came of a command."""

    status: object
    out: str
    err: str


Run = Callable[..., Done]


class Keyboard(io.TextIOWrapper):
    """What is typed."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def shipdate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Runs a command in this process, in a folder of its own, and never lets a text through that could steer a terminal."""
    folder = tmp_path_factory.mktemp("cwd")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("COLUMNS", "100")
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        patch.setattr("platformdirs.user_log_path", lambda _name: folder / "log")

        def run(*arguments: object, data: Path, stdin: bytes = b"", encoding: str = "utf-8") -> Done:
            out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
            status: object = 0
            with pytest.MonkeyPatch.context() as streams:
                streams.setattr(sys, "argv", ["shipdate", "--data", str(data), *map(str, arguments)])
                streams.setattr(sys, "stdin", Keyboard(io.BytesIO(stdin), encoding="utf-8"))
                streams.setattr(sys, "stdout", out)
                streams.setattr(sys, "stderr", err)
                try:
                    cli.main()
                except SystemExit as ended:
                    status = ended.code
            texts = []
            for stream in (out, err):
                stream.flush()
                texts.append(stream.buffer.getvalue().decode(encoding))  # type: ignore[attr-defined]
            done = Done(status or 0, *texts)
            check(done)
            return done

        yield run


def check(done: Done) -> None:
    """Assert that a command ended as it should, and let nothing through."""
    assert done.status in (0, 1, 2), done
    assert "Traceback" not in done.out + done.err
    assert "mistake of ours" not in done.err
    check_harmless(done.out + done.err)


def check_harmless(text: str) -> None:
    """Assert that no terminal obeys anything in it."""
    steering = {one for one in text if (unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") and one != "\n") or one in BIDI}
    assert not steering, (steering, text)


@pytest.fixture(scope="module")
async def hostile(samples: Index, samples_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with articles, feeds, products and an audit, to write anything into."""
    place = tmp_path_factory.mktemp("hostile") / "data"
    copytree(samples_data, place)
    fill(place, list(SEQUENCES))
    return place


def fill(data: Path, texts: list[str]) -> None:
    """Let every field of every article, feed and act be one of these."""
    some = cycle(texts)
    with closing(sqlite3.connect(data / "shipdate.sqlite")) as database, database:
        for (number,) in database.execute("SELECT number FROM articles").fetchall():
            values = (next(some), f"https://a.example/{next(some)}", next(some), next(some), number)
            database.execute("UPDATE articles SET title = ?, url = ?, publisher = ?, language = ? WHERE number = ?", values)
        database.execute("DELETE FROM feeds")
        database.execute("DELETE FROM audit")
        for number in range(len(texts)):
            feed = (f"https://a.example/{number}{next(some)}", next(some), next(some))
            database.execute("INSERT INTO feeds (scope, url, title, every, added, due, failing, failures, problem) "
                             "VALUES ('', ?, ?, 3600, 0, 0, 0, 1, ?)", feed)  # fmt: skip
            act = (next(some), next(some), next(some), next(some), next(some))
            database.execute("INSERT INTO audit (at, platform, user, scope, act, subject, outcome) VALUES (0, ?, ?, '', ?, ?, ?)", act)


SHOWING = (
    *(("index", "list"), ("feeds", "list"), ("audit",), ("votes",), ("products", "list"), ("feeds", "export")),
    *(("ask", "Who in Hollywood is testing Sora?"), ("status", "Sora"), ("doctor", "--offline")),
)
IN_JSON = [words for words in SHOWING if words[-1] != "export"]


@pytest.mark.parametrize("words", SHOWING, ids=" ".join)
def test_no_article_feed_or_act_can_steer_the_terminal_that_shows_it(hostile: Path, shipdate: Run, words: tuple[str, ...]) -> None:
    shipdate(*words, data=hostile)


@pytest.mark.parametrize("words", IN_JSON, ids=" ".join)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
def test_json_stays_json_whatever_stands_in_it_and_whatever_the_terminal_can_show(
    hostile: Path, shipdate: Run, words: tuple[str, ...], encoding: str
) -> None:
    done = shipdate(*words, "--json", data=hostile, encoding=encoding)
    if words == ("index", "list"):
        assert {one["language"] for one in json.loads(done.out)} <= set(SEQUENCES)
    assert json.loads(done.out) is not None


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(TYPED, min_size=20, max_size=30))
def test_whatever_an_article_a_feed_or_an_act_says_can_be_listed(hostile: Path, shipdate: Run, texts: list[str]) -> None:
    fill(hostile, texts)
    for words in (("index", "list"), ("feeds", "list"), ("audit",), ("ask", "Who in Hollywood is testing Sora?")):
        assert shipdate(*words, data=hostile).status == 0
        assert json.loads(shipdate(*words, "--json", data=hostile).out)
    shipdate("feeds", "export", data=hostile)


def test_what_is_marked_up_is_shown_as_it_is(hostile: Path, shipdate: Run) -> None:
    """A language of ``[/x]`` once made the list of articles impossible."""
    fill(hostile, ["[/x]", "[red]a[/red]", ":smile:"])
    shown = shipdate("index", "list", data=hostile).out
    assert all(text in shown for text in ("[/x]", "[red]a[/red]", ":smile:"))


def test_a_terminal_with_colours_obeys_only_shipdate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where colours are shown, an address is also a link, which ends with an escape of its own."""
    from rich.style import Style
    from rich.text import Text

    monkeypatch.setenv("FORCE_COLOR", "1")
    for hostile in SEQUENCES:
        shown, plain = io.StringIO(), io.StringIO()
        console(shown).print(Text(f"«{hostile}»", Style(bold=True, link=f"https://a.example/{hostile}")), f"«{hostile}»")
        console(plain).print(Text("«»", Style(bold=True, link="https://a.example/")), "«»")
        assert shown.getvalue().count("\x1b") <= plain.getvalue().count("\x1b") * 2  # of two lines, where it breaks one
        check_harmless(shown.getvalue().replace("\x1b", ""))


WORD = "\ufffe"
"""Stands for what is typed."""

OF_PATHS = (
    *(("index", "add", WORD), ("index", "remove", WORD), ("feeds", "import", WORD), ("backup", WORD), ("restore", "--yes", WORD)),
    *(("--data", WORD, "index", "list"), ("--data", WORD, "backup", "copy.zip"), ("--data", WORD, "doctor", "--offline")),
)
COMMANDS = (
    *OF_PATHS,
    *(("index", "add", f"{WORD}.md"), ("index", WORD), ("restore", WORD), ("slack-manifest", "--http", WORD), (WORD,)),
    *(("feeds", "add", WORD), ("feeds", "remove", WORD), ("feeds", "refresh", WORD), ("feeds", "add", "--every", WORD, "a")),
    *(("products", "add", WORD), ("products", "remove", WORD), ("products", "add", "Aurora", "--maker", WORD, "--alias", WORD)),
    *(("products", "add", "Aurora", "--parent", WORD), ("discord-invite", WORD), ("ask", WORD), ("ask", f"--{WORD}")),
    *(("ask", "When?", "--as-of", WORD), ("status", WORD), ("status", "Sora", "--as-of", WORD)),
    *(("audit", "--since", WORD), ("audit", "--last", WORD), ("forget", "--user", f"terminal:{WORD}")),
    *(("forget", "--yes", "--user", WORD), ("forget", "--yes", "--user", f"terminal:{WORD}"), ("forget", "--yes", "--workspace", WORD)),
)


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that stays nearly empty."""
    return tmp_path_factory.mktemp("little") / "data"


def typed_in(words: tuple[str, ...], typed: str) -> list[str]:
    """A command, with something typed into it that leaves the test's folder alone."""
    return [word.replace(WORD, f"a{typed}" if typed.startswith((".", "~")) else typed) for word in words]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.sampled_from(COMMANDS), TYPED)
def test_whatever_is_typed_is_done_or_refused_in_words(little: Path, shipdate: Run, words: tuple[str, ...], typed: str) -> None:
    shipdate(*typed_in(words, typed), data=little)


@pytest.mark.parametrize(
    "words", [words for words in COMMANDS if words[0] != "products"], ids=lambda words: " ".join(words).replace(WORD, "…")
)
def test_a_sequence_for_the_terminal_is_harmless_in_every_argument(little: Path, shipdate: Run, words: tuple[str, ...]) -> None:
    """Typer quotes wrong arguments, SQLite those that name nothing, and so on."""
    shipdate(*typed_in(words, "".join(SEQUENCES).replace("/", "")), data=little)


@pytest.mark.parametrize("typed", ["x" * 5000, "~nobody-of-that-name/a.md", "\udcff\ud800.md", "http://[::1"])
@pytest.mark.parametrize("words", OF_PATHS, ids=lambda words: " ".join(words).replace(WORD, "…"))
def test_no_path_is_too_odd_for_a_sentence(little: Path, shipdate: Run, words: tuple[str, ...], typed: str) -> None:
    """A name that is too long for the file system, a home folder of nobody, halves of characters."""
    shipdate(*(word.replace(WORD, typed) for word in words), data=little)


async def test_what_is_removed_may_have_any_name(index: Index, tmp_path: Path) -> None:
    """Chats hand on what was typed, with NUL and halves of characters in it."""
    service, caller = Service(index, Settings()), Caller.operator()
    await service.add(caller, [str(write(tmp_path / "a.md", "Aurora ships on 4 May."))])
    for name in ("\0", "a\0b.md", "\ud800", "/\udcff\0", "x" * 100_000, "../" * 5000, "~nobody-of-that-name"):
        assert await service.remove(caller, [name]) == {}
        (outcome,) = await service.add(caller, [name])
        assert outcome.change == "failed"
    assert len(await service.remove(caller, [str(tmp_path / "a.md")])) == 1


def test_a_line_of_output_cannot_be_forged(shipdate: Run, tmp_path: Path) -> None:
    """A title of two lines is shown on one."""
    data = tmp_path / "data"
    title = "Aurora\\nremoved everything: \\e[2J"
    path = write(tmp_path / "a\nb.md", "Aurora ships on 4 May.", title=f'"{title}"')
    shipdate("index", "add", path, tmp_path / "c\nd.md", data=data)
    done = shipdate("index", "remove", path, "no\nsuch", data=data)
    assert len(done.out.splitlines()) == len(done.err.splitlines()) == 1
    assert "no\\nsuch" in done.err


def test_lines_of_json_are_answered_by_lines_of_json(hostile: Path, shipdate: Run) -> None:
    ids: list[bytes] = [json.dumps(text).encode() for text in (*SEQUENCES, "\0", "\ud800", "\u2028")]
    ids += [b"NaN", b"-Infinity", b"1e999", b"1" * 5000, b"[" * 900 + b"]" * 900, b'{"a":' * 985 + b"1" + b"}" * 985, b"[" * 99_999]
    lines = [b'{"id": %b, "question": %b}' % (id_, json.dumps(text).encode()) for id_, text in zip(ids, cycle(SEQUENCES))]
    done = shipdate("ask", "--json-lines", data=hostile, stdin=b"\n".join(lines))
    answers = [json.loads(line, parse_constant=pytest.fail) for line in done.out.splitlines()]
    assert (done.status, len(answers)) == (0, len(lines))
    assert [answer["id"] for answer in answers[: len(SEQUENCES)]] == list(SEQUENCES)
    assert all("error" in answer for answer in answers[len(SEQUENCES) + 3 :] if "question" not in answer)


def test_a_list_of_feeds_that_is_exported_is_read_again_as_it_was(hostile: Path, shipdate: Run, tmp_path: Path) -> None:
    fill(hostile, ["Aurora \u202e \u2066 [31m & <b> é 可灵"])
    exported = shipdate("feeds", "export", data=hostile).out
    (tmp_path / "feeds.opml").write_text(exported, encoding="utf-8")
    with closing(sqlite3.connect(hostile / "shipdate.sqlite")) as database, database:
        (title,) = database.execute("SELECT title FROM feeds").fetchone()
        database.execute("DELETE FROM feeds")
    shipdate("feeds", "import", tmp_path / "feeds.opml", data=hostile)
    (feed,) = json.loads(shipdate("feeds", "list", "--json", data=hostile).out)
    assert feed["title"].split() == title.split()


def test_the_file_that_is_sent_with_a_report_can_be_looked_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tracebacks quote what was read, and are shown with ``cat``."""
    from bot.on_terminal.commands.running import unforeseen

    monkeypatch.setattr("platformdirs.user_log_path", lambda _name: tmp_path)
    unforeseen(ValueError("".join(SEQUENCES)))
    check_harmless((tmp_path / "errors.log").read_text(encoding="utf-8"))


def test_warnings_of_libraries_cannot_steer_the_terminal(shipdate: Run, little: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import logging

    async def listing(_self: object) -> list[object]:
        logging.getLogger("some.library").warning("cannot read %s", "".join(SEQUENCES))
        return []

    monkeypatch.setattr(Index, "list", listing)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    assert "cannot read" in shipdate("index", "list", data=little).err


def test_a_question_before_something_is_deleted_cannot_steer_the_terminal(shipdate: Run, little: Path) -> None:
    done = shipdate("forget", "--user", "terminal:" + "".join(SEQUENCES).replace(":", ""), data=little, stdin=b"n\n")
    assert done.status == 1
    assert "for good? [y/N]" in done.err
