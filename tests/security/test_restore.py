"""`shipdate restore` takes a file from anywhere: it puts back a whole backup, or refuses in one sentence and changes nothing."""

from __future__ import annotations

import io
import json
import random
import sqlite3
import stat
import struct
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.on_terminal.cli import app
from bot.settings import Settings
from index import open_index
from index.model.errors import BackupError, ShipdateError
from index.storage.catalogue import OWN, product_named
from index.storage.maintenance import backup
from index.storage.maintenance.backup import back_up, restore
from index.storage.store.database import FILE
from tests.support.articles import check_stored, news, stored_texts

MANIFEST = "manifest.json"
LEFT_BEHIND = ("-wal", "-shm", ".lock")

Change = Callable[[sqlite3.Connection], object]


@pytest.fixture(scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is there: three articles and a product. Read only."""
    folder = tmp_path_factory.mktemp("here")
    async with open_index(Settings(data=folder / "data")) as index:
        await index.add([str(path) for path in news(folder / "news", 3)])
        await index.add_product(product_named("Oldthing"))
    return folder / "data"


@pytest.fixture(scope="module")
async def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole backup of something else: four articles, another product, a feed and a job."""
    folder = tmp_path_factory.mktemp("good")
    async with open_index(Settings(data=folder / "data")) as index:
        await index.add([str(path) for path in news(folder / "news", 7)[3:]])
        await index.add_product(product_named("Newthing"))
        await index.feeds._store.add({"https://a.example/feed": "A"}, "", every=timedelta(hours=1), now=1e9)
        await index.jobs._jobs.open("discord:1")
    back_up(folder / "data", folder / "good.zip")
    return folder / "good.zip"


@pytest.fixture
def data(folder: Path, tmp_path: Path) -> Path:
    return copytree(folder, tmp_path / "data")


def contents(data: Path) -> tuple[object, ...]:
    """What may not change."""
    names = sorted(path.name for path in data.iterdir() if not path.name.endswith(LEFT_BEHIND))
    return stored_texts(data), (data / OWN).read_bytes(), names


async def refused(data: Path, file: Path) -> str:
    """Assert that a backup is refused in one sentence, and that nothing has changed by it."""
    before = contents(data)
    with pytest.raises(BackupError) as raised:
        await restore(data, file)
    said = str(raised.value)
    assert said.startswith(str(file))
    assert said.isprintable()
    assert len(said) < 500 + len(str(file))
    assert contents(data) == before
    return said


def content_of(file: Path) -> bytes:
    return file.read_bytes()


def files_of(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def sealed(files: dict[str, bytes], file: Path, **said: object) -> Path:
    """A backup of these files with right checksums: whoever forges one can do that, too."""
    told = json.loads(files[MANIFEST]) | {"checksums": {name: sha256(files[name]).hexdigest() for name in files if name != MANIFEST}} | said
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (files | {MANIFEST: json.dumps(told).encode()}).items():
            archive.writestr(name, content)
    return file


def forged(good: Path, place: Path, change: Change) -> Path:
    """A backup whose database somebody has changed."""
    files = files_of(good)
    (place / "forged.sqlite").write_bytes(files[FILE])
    with closing(sqlite3.connect(place / "forged.sqlite", isolation_level=None)) as connection:
        change(connection)
    return sealed(files | {FILE: (place / "forged.sqlite").read_bytes()}, place / "forged.zip")


def runs(*statements: str) -> Change:
    return lambda connection: [connection.execute(statement) for statement in statements]


def schema_says(name: str, old: str, new: str) -> Change:
    """Another text in the schema, whatever stands in the table."""

    def change(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA writable_schema = ON")
        done = connection.execute(
            "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = ? AND sql LIKE ?", (old, new, name, f"%{old}%")
        )
        assert done.rowcount == 1

    return change


# What it is laid out like

STEALS = "BEGIN UPDATE feeds SET url = 'http://evil.example/' || url; END"
LAID_OUT: dict[str, Change] = {
    "a foreign trigger": runs(f"CREATE TRIGGER helpful AFTER INSERT ON articles {STEALS}"),
    "a trigger with the name of a table": runs(f"CREATE TRIGGER articles AFTER INSERT ON articles {STEALS}"),
    "a trigger that is another one": runs(
        "DROP TRIGGER passage_words_gone", f"CREATE TRIGGER passage_words_gone AFTER DELETE ON passages {STEALS}"
    ),
    "a trigger that is gone": runs("DROP TRIGGER passage_words_gone"),
    "a view in the place of a table": runs(
        "ALTER TABLE settings RENAME TO hidden", "CREATE VIEW settings AS SELECT scope, name, value FROM hidden"
    ),
    "a view beside the tables": runs("CREATE VIEW all_tokens AS SELECT bot_token FROM slack_bots"),
    "a table that is missing": runs("DROP TABLE feed_items"),
    "a table that is foreign": runs("CREATE TABLE stowaway (content BLOB)"),
    "a table in the place of the word index": runs(
        "DROP TABLE passage_words", "CREATE TABLE passage_words (terms, names, common, capitals)"
    ),
    "an index that is missing": runs("DROP INDEX jobs_open"),
    "an index that is no longer unique": runs(
        "DROP INDEX jobs_open", "CREATE INDEX jobs_open ON jobs (scope) WHERE state IN ('queued', 'running')"
    ),
    "a column more": runs("ALTER TABLE articles ADD COLUMN note TEXT"),
    "a column that makes itself": runs("ALTER TABLE questions ADD COLUMN again TEXT AS (question) VIRTUAL"),
    "a column of another type": schema_says("articles", "title TEXT", "title BLOB"),
    "a check that fails for ever": schema_says("jobs", "state TEXT NOT NULL", "state TEXT CHECK (0) NOT NULL"),
    "a table called restoring": runs("CREATE TABLE restoring (products TEXT, trick TEXT)"),
    "a view called restoring": runs("CREATE VIEW restoring AS SELECT 'x' AS products"),
    "two versions at once": runs("INSERT INTO alembic_version VALUES ('0001')"),
    "another version than it says": runs("UPDATE alembic_version SET version_num = '0001'"),
    "no version": runs("DELETE FROM alembic_version"),
    "other pages": runs("PRAGMA page_size = 512", "VACUUM"),
}


@pytest.mark.parametrize("change", LAID_OUT.values(), ids=LAID_OUT)
async def test_a_backup_whose_database_is_laid_out_in_any_other_way_is_refused(
    data: Path, good: Path, tmp_path: Path, change: Change
) -> None:
    """A trigger sends feeds elsewhere, a view shows tokens, a missing table ends every act: the checksums of all these are right."""
    await refused(data, forged(good, tmp_path, change))


HUGE = 2**62
VALUES = {
    "a text for a number": "UPDATE articles SET day = 'tomorrow'",
    "a day that is none": f"UPDATE articles SET day = {HUGE}",
    "a moment that is none": "UPDATE feeds SET due = 1e300",
    "bytes for a text": "UPDATE articles SET title = x'ff00'",
    "no bytes where there must be": "UPDATE passages SET vectors = 7",
    "an interval that is none": f"UPDATE feeds SET every = {HUGE}",
    "a state that is none": "UPDATE jobs SET state = 'odd'",
    "settings that cannot be read": "INSERT INTO settings VALUES ('discord:1', 'admins', '[')",
    "a scope that cannot be marked": f"INSERT INTO scopes VALUES ({10**9}, 'discord:7')",
    "a row after which there is no number": f"UPDATE articles SET number = {2**63 - 1} WHERE number = 1",
    "a sequence that is at its end": f"UPDATE sqlite_sequence SET seq = {2**63 - 1} WHERE name = 'feeds'",
    "a row without its parent": "UPDATE passages SET article = 999",
    "words of nothing": "UPDATE passage_words_content SET c0 = 'other' WHERE id = 1",
}


@pytest.mark.parametrize("statement", VALUES.values(), ids=VALUES)
async def test_a_backup_whose_tables_hold_what_cannot_be_read_is_refused(data: Path, good: Path, tmp_path: Path, statement: str) -> None:
    await refused(data, forged(good, tmp_path, runs("PRAGMA foreign_keys = OFF", statement)))


PRODUCTS = {
    "no TOML": b"[[product",
    "no UTF-8": b"\xff\xfe\x00",
    "no product": b'product = "all"',
    "a key that is unknown": b'[[product]]\nid = "x"\nname = "X"\nrun = "rm"',
    "a parent that is missing": b'[[product]]\nid = "x"\nname = "X"\nparent = "nobody"',
    "an id that steers the terminal": b'[[product]]\nid = "\\u001b[2J"\nname = "X"',
}


@pytest.mark.parametrize("content", PRODUCTS.values(), ids=PRODUCTS)
async def test_a_backup_with_products_that_cannot_be_used_is_refused(data: Path, good: Path, tmp_path: Path, content: bytes) -> None:
    """They would end every question from then on."""
    await refused(data, sealed(files_of(good) | {OWN: content}, tmp_path / "forged.zip"))


# How it is packed


def entry(name: str, mode: int = 0, packing: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr, info.compress_type = mode << 16, packing
    return info


PACKED: dict[str, Callable[[dict[str, bytes]], list[tuple[zipfile.ZipInfo, bytes]]]] = {
    "a foreign file": lambda _: [(entry("run.sh"), b"")],
    "a path that leads out": lambda _: [(entry("../shipdate.sqlite"), b"")],
    "a path from the root": lambda _: [(entry("/tmp/shipdate.sqlite"), b"")],
    "a folder": lambda _: [(entry("vectors/"), b"")],
    "the database twice": lambda files: [(entry(FILE), files[FILE])],
    "the manifest twice": lambda files: [(entry(MANIFEST), files[MANIFEST])],
}


@pytest.mark.parametrize("more", PACKED.values(), ids=PACKED)
async def test_a_backup_with_any_other_entry_than_its_three_is_refused(
    data: Path, good: Path, tmp_path: Path, more: Callable[[dict[str, bytes]], list[tuple[zipfile.ZipInfo, bytes]]]
) -> None:
    file, files = tmp_path / "forged.zip", files_of(good)
    sealed(files, file)
    with zipfile.ZipFile(file, "a") as archive:
        for info, content in more(files):
            with pytest.warns(UserWarning) if info.filename in files else nothing():
                archive.writestr(info, content)
    await refused(data, file)
    assert not (tmp_path / FILE).exists()


@contextmanager
def nothing() -> Iterator[None]:
    yield


@pytest.mark.parametrize(
    "info",
    [
        entry(FILE, stat.S_IFLNK | 0o777),
        entry(FILE, stat.S_IFDIR | 0o777),
        entry(FILE, packing=zipfile.ZIP_BZIP2),
        entry(FILE, packing=zipfile.ZIP_LZMA),
    ],
    ids=["a link", "a folder", "bzip2", "lzma"],
)
async def test_a_backup_that_is_packed_otherwise_is_refused(data: Path, good: Path, tmp_path: Path, info: zipfile.ZipInfo) -> None:
    files = files_of(good)
    with zipfile.ZipFile(tmp_path / "forged.zip", "w") as archive:
        archive.writestr(info, files[FILE])
        for name in (OWN, MANIFEST):
            archive.writestr(name, files[name])
    await refused(data, tmp_path / "forged.zip")


def headers(content: bytes, name: str) -> tuple[int, int]:
    """Where the local and the central header of an entry begin."""
    named = name.encode()
    return content.index(named) - 30, content.rindex(named) - 46


async def test_an_encrypted_backup_is_refused(data: Path, good: Path, tmp_path: Path) -> None:
    content = bytearray(content_of(good))
    local, central = headers(content, FILE)
    content[local + 6] |= 1
    content[central + 8] |= 1
    (tmp_path / "forged.zip").write_bytes(content)
    assert "encrypted" in await refused(data, tmp_path / "forged.zip")


# How much is in it


def bomb(good: Path, file: Path, name: str, size: int) -> Path:
    """A backup in which one file is so many zeros, packed as tightly as can be."""
    files = files_of(good)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for other in files.keys() - {name, MANIFEST}:
            archive.writestr(other, files[other])
        digest = sha256()
        with archive.open(name, "w") as out:
            for _ in range(size >> 20):
                digest.update(bytes(1 << 20))
                out.write(bytes(1 << 20))
        told = json.loads(files[MANIFEST])
        told["checksums"][name] = digest.hexdigest()
        if name != MANIFEST:
            archive.writestr(MANIFEST, json.dumps(told))
    return file


@pytest.mark.parametrize("name", [FILE, OWN, MANIFEST])
async def test_a_small_backup_that_unpacks_to_a_great_deal_is_refused_before_it_is_unpacked(
    data: Path, good: Path, tmp_path: Path, name: str
) -> None:
    """A file of 60 KB that would fill the disk, or the memory, with a thousand times as much."""
    file = bomb(good, tmp_path / "bomb.zip", name, 64 << 20)
    with at_most(20 << 20):
        assert "more than" in await refused(data, file)


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """No file may become larger than this."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("declared", [100, 300_000])
async def test_what_a_backup_says_of_its_sizes_is_not_relied_on(data: Path, good: Path, tmp_path: Path, declared: int) -> None:
    """The headers say that it is small; what comes out of it does not end."""
    file = bomb(good, tmp_path / "bomb.zip", FILE, 64 << 20)
    content = bytearray(file.read_bytes())
    local, central = headers(content, FILE)
    struct.pack_into("<I", content, local + 22, declared)
    struct.pack_into("<I", content, central + 24, declared)
    file.write_bytes(content)
    with at_most(20 << 20):
        await refused(data, file)


async def test_a_backup_of_a_database_that_was_emptied_can_be_restored(data: Path, folder: Path, tmp_path: Path) -> None:
    """Deleted rows leave zeros, which pack as tightly as a bomb does."""
    emptied = copytree(folder, tmp_path / "emptied")
    with closing(sqlite3.connect(emptied / FILE, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        for number in range(16):
            connection.execute("INSERT INTO questions VALUES (?, 0, '', '', '', ?, 0, 0)", (number, "x" * (4 << 20)))
        connection.execute("DELETE FROM questions")
    back_up(emptied, tmp_path / "emptied.zip")
    assert (emptied / FILE).stat().st_size > 60 << 20
    await restore(data, tmp_path / "emptied.zip")
    assert check_stored(data) == 3


# What it says of itself

SAID: dict[str, object] = {
    "articles that are no number": {"articles": "\x1b[2Jmany"},
    "a version that steers the terminal": {"shipdate": "\x1b]0;owned\x07", "format": 99},
    "no version": {"shipdate": None},
    "a moment that is none": {"created": "yesterday"},
    "a moment of no zone": {"created": "2026-01-01T00:00:00"},
    "checksums that are no texts": {"checksums": {FILE: 7, OWN: 7}},
    "checksums of other files": {"checksums": {FILE: "0" * 64, "../x": "0" * 64}},
    "checksums that are none": {"checksums": None},
    "a format that is none": {"format": "new"},
    "a schema that is none": {"schema": ["0004"]},
    "the schema of another": {"schema": "0001"},
}


@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
async def test_a_backup_that_says_nonsense_of_itself_is_refused(data: Path, good: Path, tmp_path: Path, said: dict[str, object]) -> None:
    file = sealed(files_of(good), tmp_path / "forged.zip", **said)
    await refused(data, file)


@pytest.mark.parametrize(
    "content", [b"[" * 90_000, b"1" * 90_000, b"\xff", b"null", b"{}"], ids=["deep", "long", "binary", "null", "empty"]
)
async def test_a_manifest_of_anything_is_refused(data: Path, good: Path, tmp_path: Path, content: bytes) -> None:
    files = files_of(good)
    with zipfile.ZipFile(tmp_path / "forged.zip", "w") as archive:
        for name in (FILE, OWN):
            archive.writestr(name, files[name])
        archive.writestr(MANIFEST, content)
    await refused(data, tmp_path / "forged.zip")


def test_the_command_says_it_in_one_line(data: Path, good: Path, tmp_path: Path) -> None:
    file = forged(good, tmp_path, LAID_OUT["a foreign trigger"])
    done = CliRunner().invoke(app, ["--data", str(data), "restore", str(file), "--yes"])
    assert isinstance(done.exception, BackupError)
    assert "the trigger “helpful” is none of Shipdate’s" in str(done.exception)


# What a killed restore leaves


@contextmanager
def unfinished(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process is killed as soon as the new content is committed."""
    with patch.context() as patched:
        patched.setattr(backup, "finish", lambda _: None)
        yield


async def test_a_backup_made_after_a_killed_restore_can_be_restored(
    data: Path, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unfinished(monkeypatch):
        await restore(data, good)
    assert "Oldthing" in (data / OWN).read_text(encoding="utf-8")
    back_up(data, tmp_path / "after.zip")
    assert "Newthing" in files_of(tmp_path / "after.zip")[OWN].decode()
    for target in (tmp_path / "elsewhere", data):
        await restore(target, tmp_path / "after.zip")
        assert check_stored(target) == 4
        assert [one["name"] for one in tomllib.loads((target / OWN).read_text(encoding="utf-8"))["product"]] == ["Newthing"]


async def test_one_that_an_older_version_made_then_can_be_restored_too(
    data: Path, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds the mark of the restore that was killed, and the products of before."""
    with unfinished(monkeypatch):
        await restore(data, good)
        back_up(data, tmp_path / "after.zip")
    await restore(tmp_path / "elsewhere", tmp_path / "after.zip")
    assert check_stored(tmp_path / "elsewhere") == 4
    assert "Newthing" in (tmp_path / "elsewhere" / OWN).read_text(encoding="utf-8")
    async with open_index(Settings(data=tmp_path / "elsewhere")) as index:
        assert (await index.ask("When will Drift 3 ship?")).answered


async def test_a_restore_after_a_killed_one_keeps_what_the_killed_one_brought(
    data: Path, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unfinished(monkeypatch):
        await restore(data, good)
    kept = await restore(data, good)
    assert kept is not None
    await restore(tmp_path / "elsewhere", kept)
    assert "Newthing" in (tmp_path / "elsewhere" / OWN).read_text(encoding="utf-8")


# Anything at all


async def whole_or_refused(folder: Path, file: Path) -> bool:
    """Restore it over a copy of what is there, and assert that it is refused, or that all can be used afterwards; and say which."""
    with tempfile.TemporaryDirectory() as place:
        data = copytree(folder, Path(place) / "data")
        before = contents(data)
        try:
            await restore(data, file)
        except ShipdateError as error:
            assert str(error).isprintable()
            assert contents(data) == before
            return False
        async with open_index(Settings(data=data)) as index:
            assert len(await index.list()) == 4
            assert len(await index.feeds.list()) == 1
            assert (await index.jobs.latest("discord:1")) is not None
            assert "newthing" in {product.id for product in await index.products()}
            await index.status("Drift")
            await index.ledger.audited()
        return True


async def test_a_backup_with_bytes_changed_is_whole_or_refused(folder: Path, good: Path, tmp_path: Path) -> None:
    content, dice = content_of(good), random.Random(17)
    headers = range(len(content) - 400, len(content))
    outcomes = []
    for attempt in range(30):
        changed = bytearray(content)
        for _ in range(dice.choice((1, 2, 8))):
            changed[dice.choice(headers) if attempt % 2 else dice.randrange(len(content))] ^= 1 << dice.randrange(8)
        (tmp_path / "changed.zip").write_bytes(changed)
        outcomes.append(await whole_or_refused(folder, tmp_path / "changed.zip"))
    assert not all(outcomes)


async def test_a_database_with_bytes_changed_and_the_right_checksum_is_whole_or_refused(folder: Path, good: Path, tmp_path: Path) -> None:
    """Whoever forges it can do that: the schema's page, the headers of pages, anything."""
    files, dice = files_of(good), random.Random(18)
    for attempt in range(15):
        changed = bytearray(files[FILE])
        page = 0 if attempt % 3 == 0 else dice.randrange(len(changed) // 4096) * 4096
        for _ in range(dice.choice((1, 4))):
            changed[page + dice.randrange(4096 if attempt % 2 else 100)] ^= 1 << dice.randrange(8)
        file = sealed(files | {FILE: bytes(changed)}, tmp_path / "changed.zip")
        await whole_or_refused(folder, file)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
async def test_a_backup_with_parts_exchanged_is_whole_or_refused(folder: Path, good: Path, data: st.DataObject) -> None:
    """Entries swapped, torn, doubled, of another backup; tables dropped, exchanged, renamed."""
    files = files_of(good)
    names = sorted(files)
    with tempfile.TemporaryDirectory() as place:
        match data.draw(st.sampled_from(("swap", "tear", "stretch", "tables"))):
            case "swap":
                one, other = data.draw(st.permutations(names))[:2]
                files[one], files[other] = files[other], files[one]
                made = io.BytesIO()
                with zipfile.ZipFile(made, "w") as archive:
                    for name in names:
                        archive.writestr(name, files[name])
                (Path(place) / "changed.zip").write_bytes(made.getvalue())
            case "tear":
                content = content_of(good)
                (Path(place) / "changed.zip").write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
            case "stretch":
                (Path(place) / "changed.zip").write_bytes(
                    data.draw(st.binary(max_size=99)) + content_of(good) + data.draw(st.binary(max_size=99))
                )
            case "tables":
                tables = st.sampled_from(("articles", "passages", "feeds", "jobs", "settings", "votes", "audit", "questions", "copies"))
                one, other = data.draw(tables), data.draw(tables)
                change = runs("PRAGMA legacy_alter_table = ON", f"ALTER TABLE {one} RENAME TO aside")
                more = runs(f"ALTER TABLE {other} RENAME TO {one}", f"ALTER TABLE aside RENAME TO {other}") if one != other else runs()
                forged(good, Path(place), lambda connection: (change(connection), more(connection))).rename(Path(place) / "changed.zip")
        await whole_or_refused(folder, Path(place) / "changed.zip")
