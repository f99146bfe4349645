"""Markdown as whoever reads the rendered page sees it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.ingestion.readers.markdown import from_markdown, rendered
from index.model.articles import Precision
from index.model.errors import ArticleError


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("**Vela 3** is *out* today.", "Vela 3 is out today."),
        ("Vela opened [in Canada](https://vela.example/ca) on Monday.", "Vela opened in Canada on Monday."),
        ("It is [~~late~~ early][note] now.\n\n[note]: https://vela.example/n", "It is late early now."),
        ("Vela is out: https://vela.example/p/1", "Vela is out"),
        ("Vela is out! <https://vela.example/p/1>", "Vela is out!"),
        ("See [https://vela.example/a](https://vela.example/a) for more.", "See for more."),
        ("A ![picture](p.png) of Vela", "A of Vela"),
        ("Run `vela up` first.", "Run vela up first."),
        ("```sh\nvela up\n```\nThen ask.", "Then ask."),
        ("Before.\n\n    indented code\n\nAfter.", "Before.\n\nAfter."),
        ("<!-- draft -->\nVela ships.", "Vela ships."),
        ("Vela <b>ships</b> in May.<br>Corvo does not.", "Vela ships in May.\n\nCorvo does not."),
        ("<div>\n<p>Vela ships &amp; stays.</p>\n<p>So does Corvo.</p>\n</div>", "Vela ships & stays.\n\nSo does Corvo."),
        ("<script>\nlet a = 1\n</script>\n\nVela ships.", "Vela ships."),
        ("{% include head.html %}\n\nVela ships {{< when >}}now.", "Vela ships now."),
        ("import Chart from './chart'\n\n<Chart data={1} />\n\nVela ships.", "Vela ships."),
        ("Vela ships.[^1]\n\n[^1]: Says its maker.", "Vela ships.\n\nSays its maker."),
        ("# Vela\n\nIt ships.", "# Vela\n\nIt ships."),
        ("Vela\n====\n\nIt ships.", "# Vela\n\nIt ships."),
        ("### Where `it` stands ###\nOut.", "### Where it stands\n\nOut."),
        ("- Vela is out.\n- Corvo is not.", "- Vela is out.\n- Corvo is not."),
        ("1. First.\n2. Then.", "- First.\n- Then."),
        ("- Vela\n  - in May\n  - in June\n- Corvo", "- Vela\n- in May\n- in June\n- Corvo"),
        ("- [x] Vela is out.\n- [ ] Corvo is not.", "- Vela is out.\n- Corvo is not."),
        ("- One.\n\n  And more of it.\n\n- Two.", "- One.\nAnd more of it.\n- Two."),
        ("> Vela is out,\n> its maker said.\n\nWe tried it.", "Vela is out, its maker said.\n\nWe tried it."),
        ("| Model | Price |\n|---|---|\n| Vela | $20 |\n| Corvo | |", "Model: Vela; Price: $20\nModel: Corvo"),
        (
            "Vela 3, which was shown in spring, is now\navailable to everybody.",
            "Vela 3, which was shown in spring, is now available to everybody.",
        ),
        ("Vela is out.\nCorvo is not.", "Vela is out.\n\nCorvo is not."),
        ("Status\nVela is out, and Corvo will be out in autumn.", "Status\n\nVela is out, and Corvo will be out in autumn."),
        ("我们今天发布新的视频模型，\n面向所有用户开放。", "我们今天发布新的视频模型，面向所有用户开放。"),
        ("新しい動画モデルは本日から日本\nでも使えます。", "新しい動画モデルは本日から日本でも使えます。"),
        ("借助**技能（Skills）**功能。", "借助技能（Skills）功能。"),
        (r"It costs 5\* and 3 \< 4.", "It costs 5* and 3 < 4."),
        ("Tom &amp; Co &mdash; ready", "Tom & Co — ready"),
        ("One.\n\n---\n\nTwo.", "One.\n\nTwo."),
        ("snake_case_name stays", "snake_case_name stays"),
        ("2 * 3 * 4 = 24", "2 * 3 * 4 = 24"),
    ],
)
def test_what_a_reader_sees(text: str, seen: str) -> None:
    assert rendered(text) == seen


WORDS = st.lists(st.from_regex(r"[a-z]{2,9}", fullmatch=True), min_size=1, max_size=8)
DRESS = st.sampled_from(["{}", "**{}**", "*{}*", "[{}](https://a.example/x)", "~~{}~~", "`{}`", "__{}__", "[**{}**](/a)"])
SHAPE = st.sampled_from(["{}.", "# {}", "- {}.", "> {}.", "1. {}.", "{}.\n<!-- no -->"])


@settings(max_examples=50)
@given(st.lists(st.tuples(SHAPE, st.lists(st.tuples(DRESS, WORDS), min_size=1, max_size=4)), min_size=1, max_size=6))
def test_all_words_stay_in_order_and_no_mark_does(document: list[tuple[str, list[tuple[str, list[str]]]]]) -> None:
    text = "\n\n".join(shape.format(" ".join(dress.format(" ".join(words)) for dress, words in pieces)) for shape, pieces in document)
    seen = rendered(text)
    wanted = [word for _, pieces in document for _, words in pieces for word in words]
    assert "".join(c if c.isalpha() else " " for c in seen).split() == wanted
    assert not any(mark in seen for mark in ("**", "__", "`", "](", "~~", "<", "http"))


@pytest.mark.parametrize(
    "text", ["[" * 50_000, "> " * 20_000, "*a **b " * 10_000, "- " * 20_000, "|" * 50_000, "`" * 50_001, "<" * 50_000, "a\n" * 50_000]
)
def test_what_nobody_writes_takes_no_time(text: str) -> None:
    rendered(text)


@pytest.mark.parametrize(
    ("matter", "day", "precision"),
    [
        ("---\ndate: 2026-05-04\n---", datetime(2026, 5, 4, tzinfo=UTC), Precision.DAY),
        ("---\nPublished: Oct 20, 2025\n---", datetime(2025, 10, 20, tzinfo=UTC), Precision.DAY),
        ("---\npubDate: 2025-02\n---", datetime(2025, 2, 1, tzinfo=UTC), Precision.MONTH),
        ("+++\ndate = 2026-05-04\n+++", datetime(2026, 5, 4, tzinfo=UTC), Precision.DAY),
        ('+++\npublish-date = "2026/03/02"\n+++', datetime(2026, 3, 2, tzinfo=UTC), Precision.DAY),
        ("---\nTitle: A\ntags: [x, y]\n---", None, Precision.DAY),
    ],
)
def test_front_matter_is_understood_as_people_write_it(matter: str, day: datetime | None, precision: Precision) -> None:
    draft = from_markdown(f"{matter}\n\nVela ships.".encode(), "file:a.md")
    assert (draft.published, draft.precision, draft.text) == (day, precision, "Vela ships.")


@pytest.mark.parametrize("matter", ["+++\ndate = \n+++", "+++\ntitle = 'A'\n", "---\ndate: soon\n---"])
def test_broken_front_matter_is_told(matter: str) -> None:
    with pytest.raises(ArticleError):
        from_markdown(f"{matter}\n\nVela ships.".encode(), "file:a.md")
