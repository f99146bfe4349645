"""Lines that are no text of an article, and sentences that look like such lines and are text."""

from __future__ import annotations

import pytest

from index.ingestion.readers.furniture import is_furniture


@pytest.mark.parametrize(
    "line",
    [
        "Read also: Zephyr has been shut down",
        "Lisez aussi : Zéphyr ferme",
        "Lesen Sie auch: Zephyr wird eingestellt",
        "関連記事：ゼファーが終了",
        "Photo: Example Agency",
        "图源：示例社",
        "© Example",
        "The post Nimbus is out appeared first on Example Outlet.",
        "Subscribe to our newsletter to get news in your inbox.",
        "By Ann Example, 3 March 2026",
        "Von Ines Beispiel, 12. Mai 2026",
        "Ann Example · March 3, 2026",
        "March 3, 2026",
        "2026-03-02 10:20",
        "2026年3月2日 10:20",
        "Published: 3 March 2026 at 10:42",
        "Publié le 3 mars 2026 à 10h42",
        "3 min read",
        "Lesezeit: 3 Minuten",
        "Tags: AI, video",
        "- Share on Mail",
        "# Related articles",
    ],
)
def test_what_stands_around_an_article_is_furniture(line: str) -> None:
    assert is_furniture(line)


@pytest.mark.parametrize(
    "line",
    [
        "Nimbus costs $20 a month.",
        "By March 2026, the model will be closed.",
        "By default, Nimbus keeps no data",
        "In May 2026, users in Brazil got access.",
        "# 3.2 - 10 November 2026",
        "Model: Nimbus; Price: $20",
        "Released: 3 March 2026",
        "Availability: March 2026",
        "- Image: up to 20 MB",
        "Photos can be animated with Nimbus 2.",
        "Related models will follow in June.",
        "Next: the API gets cheaper in June",
        "Share your videos with friends",
        "Source code is available today.",
        "Quellen sind belegt, sagt der Hersteller.",
        "The newsletter writer Pluma opens to all.",
        "文章生成模型今日发布。",
    ],
)
def test_what_an_article_says_is_none(line: str) -> None:
    assert not is_furniture(line)
