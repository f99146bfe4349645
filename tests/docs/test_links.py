"""The docs lead somewhere: links, headings, files and settings that they name are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.settings import Settings
from tests.support.articles import ROOT
from tests.support.pages import PAGES, anchors, links, named, spans
from tools.settings_doc import PAGE, page, variable

FOLDERS = "bot/", "index/", "docs/", "tests/", "tools/", "benchmarks/", "requirements/"

INVENTED = re.compile(r"_x/|/ko\.")
"""In the names of files that are examples: of a platform and a language that there are not yet."""

SETTINGS = {variable(name, field) for name, field in Settings.model_fields.items()}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for link in links(page):
        target, _, anchor = link.partition("#")
        path = page.parent / target if target else page
        assert path.exists(), link
        assert not anchor or anchor in anchors(path), link


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    paths = [span for span in spans(page) if span.startswith(FOLDERS) and re.fullmatch(r"[\w./-]+", span)]
    assert [path for path in paths if not (ROOT / path).exists() and not INVENTED.search(path)] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_setting_that_is_named_is_one(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"\b(?:SHIPDATE|DISCORD|SLACK)_[A-Z_]*[A-Z]\b", text)) <= SETTINGS


def test_the_example_names_the_settings_and_no_others() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE)) == SETTINGS


def test_the_page_of_the_settings_is_what_make_docs_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_readme_and_the_guide_lead_to_every_page() -> None:
    led_to = {Path(link).name for name in ("README.md", "CONTRIBUTING.md") for link in links(ROOT / name)}
    assert {page.name for page in (ROOT / "docs").glob("*.md")} <= led_to


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 110
