"""What a page is called and who publishes it, in the shapes that pages have."""

from __future__ import annotations

import json

import pytest
from lxml.html import HtmlElement, fromstring

from index.ingestion.readers.titles import is_title, publisher_of, title_of

LONG = "Quillon opens its video model to everybody"


def page(
    title: str | None = None, *, h1: str | None = None, og: str | None = None, site: str | None = None, head: str = "", body: str = ""
) -> HtmlElement:
    """A page that states its title in some places."""
    parts = [f"<title>{title}</title>" if title is not None else "", head]
    parts += [f'<meta property="og:{name}" content="{text}">' for name, text in (("title", og), ("site_name", site)) if text is not None]
    heading = f"<h1>{h1}</h1>" if h1 is not None else ""
    document: HtmlElement = fromstring(f"<html><head>{''.join(parts)}</head><body>{body}{heading}<p>Words.</p></body></html>")
    return document


def ld(**node: object) -> str:
    """An article's JSON-LD."""
    return f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", **node})}</script>'


@pytest.mark.parametrize(
    ("made", "title"),
    [
        # The site behind it
        (page(f"{LONG} | Harbour Daily", site="Harbour Daily"), LONG),
        (page(f"{LONG} - Harbour Daily", site="Harbour Daily"), LONG),
        (page(f"{LONG} – Harbour Daily", site="Harbour Daily"), LONG),
        (page(f"{LONG} — Harbour Daily", site="Harbour Daily"), LONG),
        (page(f"{LONG} · Harbour Daily", site="Harbour Daily"), LONG),
        (page(f"{LONG} • Harbour Daily", site="Harbour Daily"), LONG),
        (page(f"{LONG} « Harbour Daily", site="Harbour Daily"), LONG),
        (page(f"{LONG}|Harbour Daily", site="Harbour Daily"), LONG),
        (page(f"{LONG} | HARBOURDAILY", site="Harbour Daily"), LONG),
        (page(f"{LONG} | The Harbour Daily", site="Harbour Daily"), LONG),
        (page(f"{LONG} | Harbour Daily News", site="Harbour Daily"), LONG),
        (page(f"{LONG} | Harbour Daily", og=f"{LONG} | Harbour Daily", site="Harbour Daily"), LONG),
        (page(f"{LONG} – Video – Harbour Daily", h1=LONG, site="Harbour Daily"), LONG),
        (page(f"{LONG} – Tech – Harbour Daily", site="Harbour Daily"), LONG),
        (page(f"{LONG} | Blog | Harbour Daily", site="Harbour Daily"), LONG),
        (page(f"{LONG} | Harbour Daily", head=ld(headline=LONG, publisher={"name": "Harbour Daily"})), LONG),
        (page(f"{LONG} | Harbour Daily", head=ld(publisher=[{"name": "Harbour Daily"}])), LONG),
        (page(f"{LONG} | Harbour Daily", body='<a href="/">Harbour Daily</a>'), LONG),
        (page(f"{LONG} | Harbour Daily", body='<a href="/"><img alt="Harbour Daily"></a>'), LONG),
        (
            page(f"{LONG} | Harbour Daily", head='<link rel=alternate type="application/rss+xml" title="Harbour Daily » Feed" href=/f>'),
            LONG,
        ),
        (page(f"{LONG} | Harbour Daily", h1=LONG), LONG),
        (page(f"{LONG} - Video models - Harbour Daily", h1=LONG), LONG),
        # The site before it
        (page(f"Harbour Daily: {LONG}", site="Harbour Daily"), LONG),
        (page(f"Harbour Daily | {LONG}", site="Harbour Daily"), LONG),
        (page(f"Harbour Daily - {LONG}", site="Harbour Daily"), LONG),
        # What belongs to the title
        (page("GPT-5 - what we know", site="Harbour Daily"), "GPT-5 - what we know"),
        (page("GPT-5 - what we know | Harbour Daily", site="Harbour Daily"), "GPT-5 - what we know"),
        (page("GPT-5 - what we know", h1="GPT-5 - what we know"), "GPT-5 - what we know"),
        (page("GPT-5 - what we know", h1="GPT-5", og="GPT-5 - what we know"), "GPT-5 - what we know"),
        (page("Claude: a guide", site="Claude"), "Claude: a guide"),
        (page("Claude: a guide", h1="Claude: a guide", site="Claude"), "Claude: a guide"),
        (page("Claude: a guide | Claude", site="Claude"), "Claude: a guide"),
        (page("Quillon: the model that nobody expected", site="Harbour Daily"), "Quillon: the model that nobody expected"),
        (page("Text-to-video in Quillon", site="Quillon"), "Text-to-video in Quillon"),
        (page("Quillon vs. Tarn | two models compared", site="Harbour Daily"), "Quillon vs. Tarn | two models compared"),
        (page("Prices rise at Quillon", site="Quillon"), "Prices rise at Quillon"),
        # Agreement
        (page(LONG, h1="Harbour Daily", og=LONG, site="Harbour Daily"), LONG),
        (page("Harbour Daily", h1=LONG, site="Harbour Daily"), LONG),
        (page("Home", h1=LONG), LONG),
        (page(LONG, h1="Menu"), LONG),
        (page("Newsroom | Quillon", h1=LONG, site="Quillon"), LONG),
        (page("You will not believe this model", h1=LONG, head=ld(headline=LONG)), LONG),
        (page(LONG, h1="Most read", og=LONG, head=ld(headline=LONG)), LONG),
        (page(f"{LONG} | Harbour Daily", h1="Harbour Daily", body=f"<h1>{LONG}</h1>"), LONG),
        (page("Quillon opens | Harbour Daily", h1=LONG, og=LONG, site="Harbour Daily"), LONG),
        (page(None, h1=LONG), LONG),
        (page(None, og=LONG), LONG),
        (page(None, head=f'<meta name="twitter:title" content="{LONG}">'), LONG),
        (page(None, head=ld(headline=LONG)), LONG),
        (page(None, head=f'<meta name="citation_title" content="{LONG}">'), LONG),
        # Spelling
        (page("Ann &amp; Bo&#8217;s model"), "Ann & Bo’s model"),
        (page(None, og="Ann &amp;amp; Bo&amp;#39;s model"), "Ann & Bo's model"),
        (page("\n   Quillon\n opens   its video model\t to everybody \u200b "), LONG),
        (page(None, og="&lt;b&gt;Quillon&lt;/b&gt; opens"), "Quillon opens"),
        (page(None, og="Models with x < 3 and y > 4"), "Models with x < 3 and y > 4"),
        (page(None, h1="<span>Video models</span><span>Quillon opens</span>"), "Video models Quillon opens"),
        (page(None, h1="<span>Q</span>uillon <em>opens</em>"), "Quillon opens"),
        (page(None, h1="Quillon<br>opens to <a href=x>every<b>body</b></a> today"), "Quillon opens to everybody today"),
        # Cut titles
        (page("Quillon opens its video model to…", h1=LONG), LONG),
        (page("Quillon opens its video model to ... | Harbour Daily", h1=LONG, site="Harbour Daily"), LONG),
        (page(LONG, og="Quillon opens its video mod…"), LONG),
        (page("Wait for it..."), "Wait for it..."),
        # The languages
        (page("Quillon öffnet sein Videomodell – Hafenblatt", site="Hafenblatt"), "Quillon öffnet sein Videomodell"),
        (page("Startseite", h1="Quillon öffnet sein Videomodell"), "Quillon öffnet sein Videomodell"),
        (page("Hafenblatt: Quillon öffnet sein Videomodell", site="Hafenblatt"), "Quillon öffnet sein Videomodell"),
        (page("Quillon : le modèle est ouvert à tous - Le Quai", site="Le Quai"), "Quillon : le modèle est ouvert à tous"),
        (page("Accueil", h1="Le modèle est ouvert à tous"), "Le modèle est ouvert à tous"),
        (page("Quillon abre su modelo | El Muelle", site="El Muelle"), "Quillon abre su modelo"),
        (page("Inicio", h1="Quillon abre su modelo"), "Quillon abre su modelo"),
        (page("Quillon apre il modello - Il Molo", site="Il Molo"), "Quillon apre il modello"),
        (page("Notizie", h1="Quillon apre il modello"), "Quillon apre il modello"),
        (page("Quillon abre o modelo — O Cais", site="O Cais"), "Quillon abre o modelo"),
        (page("Página inicial", h1="Quillon abre o modelo"), "Quillon abre o modelo"),
        (page("動画生成モデル「クイロン」を公開｜港通信", site="港通信"), "動画生成モデル「クイロン」を公開"),
        (page("クイロン：動画モデルの使い方 - 港通信", site="港通信"), "クイロン：動画モデルの使い方"),
        (page("ニュースリリース", h1="動画モデルを公開"), "動画モデルを公開"),
        (page("奎龙视频模型向所有人开放_港口新闻网", site="港口新闻网"), "奎龙视频模型向所有人开放"),
        (page("奎龙视频模型向所有人开放-港口新闻网", h1="奎龙视频模型向所有人开放", site="港口新闻网"), "奎龙视频模型向所有人开放"),
        (page("首页", h1="奎龙视频模型向所有人开放"), "奎龙视频模型向所有人开放"),
        # Nothing
        (page(None), None),
        (page("Untitled document"), None),
        (page("  |  "), None),
        (page("Microsoft Word - statement.doc"), None),
    ],
)
def test_the_title_of_a_page(made: HtmlElement, title: str | None) -> None:
    assert title_of(made) == title


@pytest.mark.parametrize(
    ("stated", "host", "title"),
    [
        (f"{LONG} | Harbour Daily", "www.harbourdaily.example", LONG),
        (f"{LONG} - harbour.example", "harbour.example", LONG),
        (f"{LONG} | Harbour", "blog.harbour.example", LONG),
        (f"{LONG} – Harbour Online", "harbour.example", LONG),
        (f"{LONG} | Quay", "harbour.example", f"{LONG} | Quay"),
        ("Harbour: a guide", "harbour.example", "Harbour: a guide"),
    ],
)
def test_the_name_of_the_host_is_no_part_of_a_title(stated: str, host: str, title: str) -> None:
    assert title_of(page(stated), host) == title


@pytest.mark.parametrize(
    "text",
    ["", None, "***", "Untitled", "Home", "Blog", "Newsroom", "Menü", "新闻中心", "Microsoft Word - X.doc", "Binder1.pdf", "scan_0042.PDF"],
)
def test_what_is_no_title(text: str | None) -> None:
    assert not is_title(text)


@pytest.mark.parametrize("text", ["Home robots are here", "A blog moves to Quillon", "How to read a .pdf", "Node.js 30 is out", "GPT-5"])
def test_what_is_a_title_though_it_looks_like_none(text: str) -> None:
    assert is_title(text)


@pytest.mark.parametrize(
    ("made", "publisher"),
    [
        (page(site="Harbour Daily"), "Harbour Daily"),
        (page(head=ld(publisher={"@type": "Organization", "name": "Harbour Daily"}, author={"name": "A. Writer"})), "Harbour Daily"),
        (page(head=ld(**{"@graph": [{"@type": "Article", "publisher": {"name": "Harbour Daily"}}]})), "Harbour Daily"),
        (page(head='<meta name="application-name" content="Harbour Daily">'), "Harbour Daily"),
        (page(site="Harbour &amp;amp; Quay"), "Harbour & Quay"),
        (page(head='<meta name="twitter:site" content="@harbour"><meta name="author" content="A. Writer">'), None),
        (page(site="@harbour"), None),
        (page(head='<script type="application/ld+json">{"@type": "NewsArticle", </script>'), None),
        (page(), None),
    ],
)
def test_the_publisher_of_a_page(made: HtmlElement, publisher: str | None) -> None:
    assert publisher_of(made) == publisher


def test_titles_and_json_without_end_are_no_titles() -> None:
    nested = '<script type="application/ld+json">' + "[" * 100_000 + "</script>"
    assert title_of(page("a" * 100_000, h1="b " * 100_000, head=nested)) is None
    assert title_of(page(" | ".join(["part"] * 150), h1=LONG)) == LONG
