"""Whole pages, with what stands around an article on the web, have the day that a reader would say."""

from __future__ import annotations

import subprocess
import sys

import pytest

from index.ingestion.readers.page import from_html
from index.model.articles import Precision

LD = '<script type="application/ld+json">%s</script>'

_PROSE = {
    "en": (
        "The Aurora model makes films of a minute from a sentence, and everybody can use it in the browser. I"
        "t costs nine dollars a month. The company says that the servers are ready for many people, and that "
        "longer films will come later."
    ),
    "de": (
        "Das Modell Aurora macht aus einem Satz einen Film von einer Minute, und alle können es im Browser nu"
        "tzen. Es kostet neun Dollar im Monat. Die Firma sagt, dass die Rechner bereit sind und dass später l"
        "ängere Filme kommen."
    ),
    "fr": (
        "Le modèle Aurora fait des films d’une minute à partir d’une phrase, et tout le monde peut l’utiliser"
        " dans le navigateur. Il coûte neuf dollars par mois. La société dit que les serveurs sont prêts et q"
        "ue des films plus longs viendront."
    ),
    "es": (
        "El modelo Aurora hace películas de un minuto a partir de una frase, y todos pueden usarlo en el nave"
        "gador. Cuesta nueve dólares al mes. La empresa dice que los servidores están listos y que habrá pelí"
        "culas más largas."
    ),
    "it": (
        "Il modello Aurora crea filmati di un minuto da una frase, e tutti possono usarlo nel browser. Costa "
        "nove dollari al mese. La società dice che i server sono pronti e che arriveranno filmati più lunghi."
    ),
    "pt": (
        "O modelo Aurora faz filmes de um minuto a partir de uma frase, e todos podem usá-lo no navegador. Cu"
        "sta nove dólares por mês. A empresa diz que os servidores estão prontos e que virão filmes mais long"
        "os."
    ),
    "ja": (
        "Auroraというモデルは、一文から一分の動画を作り、誰でもブラウザで使うことができる。料"
        "金は月に九ドルである。会社によれば、サーバーの準備はできており、より長い動画も後に対応する"
        "という。"
    ),
    "zh": (
        "Aurora模型可以用一句话生成一分钟的视频，所有人都可以在浏览器里使用。它每月收费九美元"
        "。公司表示服务器已经准备好，以后还会支持更长的视频。"
    ),
}
_HEADLINES = {
    "en": "Aurora opens to everybody",
    "de": "Aurora ist für alle da",
    "fr": "Aurora s’ouvre à tous",
    "es": "Aurora se abre a todos",
    "it": "Aurora apre a tutti",
    "pt": "Aurora abre para todos",
    "ja": "Auroraが一般公開",
    "zh": "Aurora向所有人开放",
}


def _page(language: str, head: str = "", beside: str = "", post: str = "", addr: str | None = None) -> tuple[str, str, str | None]:
    """A whole page: its language, its HTML and its address."""
    prose = f"<p>{_PROSE[language]}</p>" * 2
    title = _HEADLINES[language]
    body = f"<nav><a href=/>Start</a></nav><article><h1>{title}</h1>{beside}{prose}{post}</article><footer>© 2026 Example</footer>"
    return language, f'<html lang="{language}"><head><title>{title}</title>{head}</head><body>{body}</body></html>', addr


PAGES = (
    (
        _page(
            "en", beside='<div class="article__info"><span>Written by the desk</span><span>Published: Tue 14 Apr 2026, 09.15</span></div>'
        ),
        "2026-04-14",
    ),
    (_page("en", beside="<p><em>April 14th, 2026 — 5 minute read</em></p>"), "2026-04-14"),
    (_page("en", beside='<ul class="details"><li>Category: News</li><li>14 April 2026</li></ul>'), "2026-04-14"),
    (
        _page(
            "en",
            head=LD % ('{"@context":"https://schema.org","@type":"TechArticle","name":"Aurora","datePublished":"April 14, 2026 9:15 am"}'),
        ),
        "2026-04-14",
    ),
    (_page("en", head='<meta name="article:published_time" content="14 Apr 2026">'), "2026-04-14"),
    (
        _page(
            "en",
            head='<meta http-equiv="last-modified" content="2026-06-01"><meta property="og:updated_time" content="2026-06-01">',
            addr="https://a.example/2026/04/14/aurora",
        ),
        "2026-04-14",
    ),
    (
        _page(
            "en",
            head=LD % ('{"@type":"Article","datePublished":"","dateModified":"2026-06-01"}'),
            beside='<time datetime="2026-04-14T09:15:00-07:00">7 months ago</time>',
        ),
        "2026-04-14",
    ),
    (
        _page(
            "en",
            post='<section class="more-stories"><h2>More</h2><a href=/b>Borealis</a> <time datetime="2026-09-09"></time></section>',
        ),
        None,
    ),
    (_page("en", post="<p>Last updated: April 14, 2026</p>"), None),
    (
        _page(
            "en",
            post='<ul class="post-list"><li><h3>Borealis is out</h3><span class="date">April 14, 2026</span></li>'
            '<li><h3>Cirrus is out</h3><span class="date">April 2, 2026</span></li></ul>',
        ),
        None,
    ),
    (
        _page(
            "en",
            head=LD
            % (
                '[{"@type":"BreadcrumbList"},{"@type":"NewsArticle","headline":"Aurora opens to everybody",'
                '"datePublished":"2026-04-14T23:30:00-07:00",'
                '"author":{"@type":"Person","datePublished":"2001-01-01"}}]'
            ),
        ),
        "2026-04-14",
    ),
    (_page("en", beside="<p>TORONTO, April 14, 2026 (EXAMPLE NEWSWIRE) -- Aurora is open.</p>"), "2026-04-14"),
    (_page("de", beside='<div class="meta">14.04.2026 | 09:15 Uhr</div>'), "2026-04-14"),
    (_page("de", beside="<p>Stand: 14. April 2026, 9 Uhr</p>"), "2026-04-14"),
    (_page("de", beside='<p class="autor">Redaktion Example · 14. Apr. 2026 · Lesezeit 3 Minuten</p>'), "2026-04-14"),
    (_page("de", post="<p>Die Anmeldung ist bis 14. April 2026 möglich.</p>"), None),
    (_page("fr", beside='<p class="chapo-date">Publié le 14/04/2026 à 09:15 - Mis à jour le 20/05/2026</p>'), "2026-04-14"),
    (_page("fr", beside="<p>Par la rédaction, le 14 avril 2026</p>"), "2026-04-14"),
    (_page("fr", beside="<p>Modifié le 14 avril 2026</p>"), None),
    (_page("es", beside='<span class="fecha-publicacion">14 abr 2026 - 09:15 CEST</span>'), "2026-04-14"),
    (_page("es", beside="<p>Redacción | Madrid | 14/04/2026</p>"), "2026-04-14"),
    (_page("it", beside="<p>di Redazione - 14 Aprile 2026 ore 9:15</p>"), "2026-04-14"),
    (_page("it", beside="<p>MILANO, 14 aprile 2026 (Agenzia Esempio) - Aurora apre.</p>"), "2026-04-14"),
    (_page("pt", beside='<p class="data">14/04/2026 às 09h15 • Atualizado em 20/05/2026</p>'), "2026-04-14"),
    (_page("pt", beside="<p>Por Redação — São Paulo, 14 de abril de 2026</p>"), "2026-04-14"),
    (_page("ja", beside='<p class="article-date">公開日 2026.04.14　更新日 2026.05.20</p>'), "2026-04-14"),
    (_page("ja", beside="<p>2026年4月14日（火）9時15分</p>"), "2026-04-14"),
    (_page("zh", beside='<div class="info">2026年04月14日 09:15 来源：示例网</div>'), "2026-04-14"),
    (_page("zh", beside="<p>作者：编辑部 时间：2026-04-14</p>"), "2026-04-14"),
    (_page("zh", addr="https://a.example/tech/2026-04/14/content_12345.htm"), "2026-04-14"),
    (
        _page(
            "en", beside='<div class="kicker">Models</div><div class="author-line">By the desk &bull; Apr 14 2026 &bull; 3 comments</div>'
        ),
        "2026-04-14",
    ),
    (_page("en", beside="<p><strong>Date:</strong> 14 April 2026</p>"), "2026-04-14"),
    (_page("en", beside="<p><small>Posted in News on April 14, 2026</small></p>"), "2026-04-14"),
    (_page("en", beside="<p>Tuesday, April 14</p>", addr="https://a.example/blog/2026/04/aurora"), "2026-04"),
    (
        _page(
            "en",
            head=LD % ('{"@type":"Blog","blogPost":[{"@type":"BlogPosting","headline":"Other","datePublished":"2025-01-01"}]}'),
            beside='<span class="posted-on">Apr 14, 2026</span>',
        ),
        "2026-04-14",
    ),
    (_page("en", head=LD % ('{"@type":"SoftwareApplication","datePublished":"2020-01-01"}')), None),
    (
        _page(
            "en", head=LD % ('{"@type":"NewsArticle","datePublished":"2026-04-14T09:15:00Z"}') + '<meta name="date" content="2026-11-19">'
        ),
        "2026-04-14",
    ),
    (_page("en", head='<meta name="DC.Date.Issued" content="2026-04-14T00:00">'), "2026-04-14"),
    (
        _page(
            "en",
            beside='<time class="dt-published" datetime="2026-04-14 09:15:00">Apr 14</time>',
            post='<div id="disqus_comments"><time datetime="2026-05-01"></time></div>',
        ),
        "2026-04-14",
    ),
    (_page("en", post="<p>For release April 14, 2026</p>"), "2026-04-14"),
    (_page("en", post="<p>Copyright 2026 Example. All rights reserved.</p>"), None),
    (_page("en", post="<p>The offer ends April 14, 2026</p>"), None),
    (_page("de", beside="<p>Hamburg, den 14. April 2026. Aurora ist für alle da, teilte die Firma mit.</p>"), "2026-04-14"),
    (_page("de", beside='<span class="a-publish-info">Dienstag, 14.04.2026 09:15</span>'), "2026-04-14"),
    (_page("de", beside="<p>Veröffentlicht: 14. April 2026 | Aktualisiert: 20. Mai 2026</p>"), "2026-04-14"),
    (_page("de", beside="<p>(dpa-artig/Example) 14.04.2026</p>"), "2026-04-14"),
    (_page("fr", beside="<p>Publié mardi 14 avril 2026 à 9h15</p>"), "2026-04-14"),
    (_page("fr", beside='<div class="signature">La rédaction – 14 avr. 2026</div>'), "2026-04-14"),
    (_page("fr", post="<p>Le service fermera le 14 avril 2026.</p>"), None),
    (_page("es", beside="<p>Actualizado: 20/05/2026 · Publicado: 14/04/2026 09:15</p>"), "2026-04-14"),
    (_page("es", beside="<p>Por Redacción 14 abril, 2026</p>"), "2026-04-14"),
    (_page("it", beside="<p>Pubblicato: 14/04/2026, 09:15</p>"), "2026-04-14"),
    (_page("it", beside="<p>14 apr 2026</p>"), "2026-04-14"),
    (_page("pt", beside="<p>Publicado em: 14 de abril de 2026</p>"), "2026-04-14"),
    (
        _page("pt", beside='<time datetime="2026-04-14T09:15:00-03:00">14/04/26</time><time datetime="2026-05-20">Atualizado</time>'),
        "2026-04-14",
    ),
    (_page("ja", beside="<p>掲載日：2026/04/14</p>"), "2026-04-14"),
    (_page("ja", beside="<p>プレスリリース　2026年4月14日</p>"), "2026-04-14"),
    (_page("ja", post="<p>キャンペーンは2026年4月14日まで。</p>"), None),
    (_page("zh", beside="<p>示例网 2026-04-14 09:15:33</p>"), "2026-04-14"),
    (_page("zh", beside="<p>【示例社北京2026年4月14日电】Aurora开放。</p>"), "2026-04-14"),
)


@pytest.mark.parametrize(("page", "day"), PAGES)
def test_a_whole_page_has_its_day(page: tuple[str, str, str | None], day: str | None) -> None:
    _, content, address = page
    draft = from_html(content.encode(), "file:/page.html", address=address)
    shown = draft.published.date().isoformat()[: 7 if draft.precision is Precision.MONTH else 10] if draft.published else None
    assert shown == day


def test_looking_for_furniture_leaves_the_months_of_all_languages_as_they_are() -> None:
    names = (
        "from babel.dates import get_month_names\n"
        "from index.ingestion.readers.furniture import is_furniture\n"
        "from index.text.dates.lexer import vocabulary\n"
        "is_furniture('14 de abril de 2026')\n"
        "vocabulary('pt')\n"
        "print(get_month_names('wide', 'stand-alone', 'pt')[10])"
    )
    result = subprocess.run([sys.executable, "-c", names], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "outubro"
