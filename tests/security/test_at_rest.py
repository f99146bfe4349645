"""What lies on the disk: who may read it, and what it is worth to somebody who has it."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import assume, given
from hypothesis import strategies as st
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.installation_store.models.installation import Installation

from bot.on_slack import installations
from bot.on_slack.checks import stored_tokens
from bot.on_slack.connect import part as slack_part
from bot.server.run import LOCK, _alone
from bot.service.encryption import Seal, SealError
from bot.settings import Settings
from index import open_index
from index.storage.catalogue import product_named
from index.storage.maintenance import backup
from index.storage.maintenance.integrity import Check, Health, check_data
from index.storage.store.database import Database
from tests.support.articles import news, write


@pytest.fixture
def careless() -> Iterator[None]:
    """Whoever starts Shipdate lets everybody read and write what they make."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def shared_folder(tmp_path: Path, careless: None) -> Path:
    """A data folder that was there before, for everybody."""
    (tmp_path / "shared").mkdir(0o777)
    return tmp_path / "shared"


def modes(folder: Path) -> dict[str, int]:
    """The modes of all files and folders below a folder."""
    return {str(path.relative_to(folder)): stat.S_IMODE(path.lstat().st_mode) for path in folder.rglob("*")}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def open_all(folder: Path) -> None:
    """Let everybody read and write all that Shipdate has made there."""
    for path in folder.rglob("*"):
        if path.name != "kept.zip":
            path.chmod(0o777 if path.is_dir() else 0o666)


async def _made(data: Path) -> None:
    async with open_index(Settings(data=data)):
        pass


async def work_in(data: Path, tmp_path: Path) -> None:
    """All that makes a file there."""
    news(tmp_path / "news", 2)
    async with open_index(Settings(data=data)) as index:
        await index.add([str(tmp_path / "news")])
        await index.ask("When will Aurora ship?")
        await index.add_product(product_named("Newthing"))
        await index.rebuild()
        with _alone(data):
            await asyncio.to_thread(backup.back_up, data, data / "kept.zip")
    await backup.restore(data, data / "kept.zip")


async def test_no_file_of_a_data_folder_can_be_read_by_anybody_else(shared_folder: Path, tmp_path: Path) -> None:
    """A folder that exists already keeps its mode, and with the usual one everybody could read the tokens in the database."""
    async with open_index(Settings(data=shared_folder)) as index:
        await index.ledger.settings("")  # so that the files of the write-ahead log are there
        await work_in(shared_folder, tmp_path)
        found = modes(shared_folder)
    assert {"shipdate.sqlite", "shipdate.sqlite-wal", "shipdate.sqlite-shm", "products.toml", "writer.lock", LOCK} <= found.keys()
    assert any(name.startswith("before-restore") for name in found)
    assert any(name.endswith("manifest.json") for name in found)
    assert {name: oct(mode) for name, mode in found.items() if mode & 0o077} == {}
    assert mode(shared_folder) == 0o777  # it is somebody's own


async def test_what_is_restored_into_a_new_folder_is_as_closed(careless: None, shared_folder: Path, tmp_path: Path) -> None:
    await work_in(shared_folder, tmp_path)
    await backup.restore(tmp_path / "new", shared_folder / "kept.zip")
    assert not [name for name, mode in modes(tmp_path / "new").items() if mode & 0o077]
    assert mode(tmp_path / "new") == 0o700


async def test_files_that_an_older_version_left_open_are_closed_at_the_next_start(shared_folder: Path, tmp_path: Path) -> None:
    await work_in(shared_folder, tmp_path)
    open_all(shared_folder)
    async with open_index(Settings(data=shared_folder)):
        assert not [name for name, mode in modes(shared_folder).items() if mode & 0o077]


async def test_what_is_not_its_own_is_left_alone(shared_folder: Path, tmp_path: Path) -> None:
    """The data folder may be somebody's home; and in one that is open to all, others may have put links to anywhere."""
    theirs, far = write(shared_folder / "letter.md", "Dear reader."), write(tmp_path / "far", "Anything.")
    (shared_folder / "serve.lock").symlink_to(far)
    (shared_folder / "vectors").mkdir()
    (shared_folder / "vectors" / "1-1").symlink_to(tmp_path)
    for path in (theirs, far):
        path.chmod(0o644)
    await _made(shared_folder)
    assert [mode(path) for path in (theirs, far)] == [0o644, 0o644]


def test_doctor_tells_of_an_open_folder_and_of_open_files(shared_folder: Path) -> None:
    asyncio.run(_made(shared_folder))

    def privacy() -> tuple[Health, str, str]:
        (found,) = (check for check in check_data(shared_folder) if check.name == "privacy")
        return found.state, found.message, found.advice or ""

    state, message, advice = privacy()
    assert (state, advice) == (Health.WARNING, f"Run `chmod 700 {shared_folder}`.")
    assert "0777" in message
    (shared_folder / "shipdate.sqlite").chmod(0o640)
    state, message, _ = privacy()
    assert state is Health.WARNING
    assert str(shared_folder / "shipdate.sqlite") in message
    (shared_folder / "shipdate.sqlite").chmod(0o600)
    shared_folder.chmod(0o700)
    assert privacy()[0] is Health.OK


# Tokens of workspaces

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))
TOKEN = "xoxb-1-2-secret"


@pytest.fixture
async def database(data: Path) -> AsyncIterator[Database]:
    opened = await Database.open(data)
    yield opened
    await opened.close()


def store(database: Database, keys: str = "") -> AsyncInstallationStore:
    """Where Slack's library keeps who has installed the app, as the bot gives it."""
    settings = Settings(slack_client_id="1.2", slack_client_secret="secret", shipdate_key=keys)
    return installations.oauth_settings(settings, database, "https://slack.example/api/").installation_store  # type: ignore[return-value]


async def install(database: Database, keys: str = "", token: str = TOKEN) -> None:
    """A workspace has installed the app, with every secret that Slack may send along."""
    await store(database, keys).async_save(
        Installation(
            app_id="A1",
            team_id="T1",
            user_id="U1",
            bot_token=token,
            bot_id="B1",
            bot_user_id="U2",
            bot_refresh_token=f"{token}-refresh",
            user_token=f"{token}-user",
            incoming_webhook_url=f"https://hooks.slack.example/{token}",
        )
    )


async def token_of(database: Database, keys: str) -> str | None:
    bot = await store(database, keys).async_find_bot(enterprise_id=None, team_id="T1")
    return bot.bot_token if bot else None


async def on_disk(database: Database) -> bytes:
    """All that there is of it, the write-ahead log included."""
    return b"".join(path.read_bytes() for path in database._file.parent.glob("shipdate.sqlite*"))


async def test_tokens_are_encrypted_at_rest_where_a_key_is_set(database: Database) -> None:
    await install(database, NEW)
    assert b"xoxb-" not in await on_disk(database)
    assert await token_of(database, NEW) == TOKEN
    found = await store(database, NEW).async_find_installation(enterprise_id=None, team_id="T1")
    assert found is not None
    assert (found.user_token, found.incoming_webhook_url) == (f"{TOKEN}-user", f"https://hooks.slack.example/{TOKEN}")


async def test_tokens_that_were_stored_in_plain_are_encrypted_when_a_key_comes(database: Database) -> None:
    await install(database)
    assert TOKEN.encode() in await on_disk(database)
    await installations.renew(database, Seal.of(NEW))
    assert b"xoxb-" not in await on_disk(database)
    assert await token_of(database, NEW) == TOKEN


async def test_a_key_is_changed_by_putting_the_new_one_before_it(database: Database) -> None:
    await install(database, OLD)
    assert await token_of(database, f"{NEW}, {OLD}") == TOKEN
    await installations.renew(database, Seal.of(f"{NEW},{OLD}"))
    assert await token_of(database, NEW) == TOKEN
    with pytest.raises(SealError):
        await token_of(database, OLD)


async def test_a_lost_key_is_told_in_one_sentence_and_the_app_can_be_installed_again(
    database: Database, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await install(database, OLD)
    for keys in ("", OTHER):
        await installations.renew(database, Seal.of(keys))
        (line,) = capsys.readouterr().out.splitlines()
        assert "SHIPDATE_KEY is not the key" in line
        assert "T1" in line
        with pytest.raises(SealError, match="another key than SHIPDATE_KEY"):
            await token_of(database, keys)
        assert tokens_check(data, keys).state is Health.ERROR
    await install(database, OTHER, "xoxb-again")
    assert await token_of(database, OTHER) == "xoxb-again"
    assert tokens_check(data, OTHER).state is Health.OK


def tokens_check(data: Path, keys: str) -> Check:
    return stored_tokens(Settings(data=data, shipdate_key=keys))


async def test_doctor_says_how_tokens_are_stored(database: Database, data: Path) -> None:
    assert tokens_check(data, "").state is Health.OK
    await install(database)
    assert tokens_check(data, "").state is Health.WARNING
    assert "SHIPDATE_KEY" in (tokens_check(data, "").advice or "")
    await installations.renew(database, Seal.of(NEW))
    assert tokens_check(data, NEW).state is Health.OK
    malformed = tokens_check(data, "nonsense")
    assert (malformed.state, "SHIPDATE_KEY is no key" in malformed.message) == (Health.ERROR, True)


@pytest.mark.parametrize("keys", ["nonsense", NEW[:-2], f"{NEW}; {OLD}", "ключ", f"{NEW},short"], ids=range(5))
def test_a_malformed_key_is_told_at_the_start(data: Path, keys: str) -> None:
    settings = Settings(data=data, slack_bot_token="xoxb-1", slack_app_token="xapp-1", shipdate_key=keys)
    with pytest.raises(SealError, match="SHIPDATE_KEY is no key"):
        slack_part(settings, None)  # type: ignore[arg-type]


@given(st.text())
def test_no_text_as_a_key_ends_in_another_error(keys: str) -> None:
    with suppress(SealError):
        Seal.of(keys)


@given(st.text(), st.sampled_from(["", NEW, f"{NEW},{OLD}"]))
def test_every_secret_comes_back_as_it_was(secret: str, keys: str) -> None:
    assume(not secret.startswith("fernet:"))
    seal = Seal.of(keys)
    stored = seal.close(secret)
    assert seal.open(stored) == seal.open(seal.renewed(stored)) == secret
    assert not keys or secret not in stored or len(secret) < 4


def test_no_line_of_the_log_shows_a_key() -> None:
    assert {OLD, NEW} <= Settings(shipdate_key=f"{NEW}, {OLD}").secrets


async def test_a_workspace_that_installs_the_app_again_and_again_has_one_token_stored(database: Database) -> None:
    for number in range(3):
        await install(database, token=f"xoxb-{number}")
        await installations.remains(database, "T1")
    assert await installations.remains(database, "T1") == 2  # the bot's, and who installed it
    assert await token_of(database, "") == "xoxb-2"


# The way to an installation


async def test_beginning_to_install_the_app_leaves_nothing_behind(database: Database) -> None:
    """Anybody may ask for the first page as often as they like, signed or not."""
    states = installations._States("secret")
    before = await on_disk(database)
    issued = [await states.async_issue() for _ in range(100)]
    assert len(set(issued)) == 100
    assert await on_disk(database) == before
    assert all([await states.async_consume(state) for state in issued])


async def test_a_state_is_good_once_for_ten_minutes_and_only_from_this_app(monkeypatch: pytest.MonkeyPatch) -> None:
    states, others = installations._States("secret"), installations._States("another secret")
    state, late = await states.async_issue(), await states.async_issue()
    assert [await states.async_consume(state) for _ in range(2)] == [True, False]
    assert not await states.async_consume(await others.async_issue())
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 601)
    assert not await states.async_consume(late)


@given(st.text())
async def test_no_state_that_somebody_makes_up_is_taken_or_breaks_anything(state: str) -> None:
    assert not await installations._States("secret").async_consume(state)
