"""Settings: from the environment, a ``.env`` file, or by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import Settings, variable
from tests.support.articles import ROOT


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EMBEDDING_MODEL", raising=False)
    monkeypatch.delenv("SHIPDATE_CACHE", raising=False)


def test_a_setting_is_read_from_the_working_folder(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("EMBEDDING_MODEL=some/model\nSHIPDATE_DATA=here\nUNKNOWN=7\n", encoding="utf-8")
    assert (Settings().embedding_model, Settings().data) == ("some/model", Path("here"))


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("EMBEDDING_MODEL=some/model\n", encoding="utf-8")
    monkeypatch.setenv("EMBEDDING_MODEL", "other/model")
    assert Settings().embedding_model == "other/model"


def test_a_name_wins_over_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIPDATE_DATA", "/environment")
    assert Settings(data=Path("/named")).data == Path("/named")


def test_empty_means_default(monkeypatch: pytest.MonkeyPatch) -> None:
    default = Settings()
    for name in Settings.model_fields:
        monkeypatch.setenv(variable(name), "")
    assert Settings() == default
    assert default.data.is_absolute()


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIPDATE_DATA", "~/news")
    assert Settings().data == Path.home() / "news"


def test_the_example_is_a_valid_file_that_changes_nothing(tmp_path: Path) -> None:
    default = Settings()
    (tmp_path / ".env").write_bytes((ROOT / ".env.example").read_bytes())
    assert Settings() == default


def test_the_example_names_every_setting() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    for name in Settings.model_fields:
        assert f"{variable(name)}=" in example


def test_ports_are_numbers_with_commas_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIPDATE_WEB_PORTS", "80, 443,8080")
    assert Settings().web_ports == {80, 443, 8080}
