"""Twenty ways to lay out a page; what stands in each is in eight languages in :mod:`tests.index.ingestion.readers.pages`."""

from __future__ import annotations

from tests.index.ingestion.readers.pages import OTHER, Layout, Words, paragraphs

Laid = tuple[str, tuple[str, ...], tuple[str, ...]]

_CARDS = f'<div class="related-posts"><h3>More stories</h3><ul><li>{OTHER}</li><li>{OTHER} again</li><li>{OTHER} once more</li></ul></div>'


def _items(words: Words) -> tuple[str, ...]:
    return tuple(f"- {item}" for item in words.items)


def blog(words: Words) -> Laid:
    """A blog made with WordPress: share buttons, tags, related posts, comments."""
    return (
        f'<main><article class="post"><h1 class="entry-title">{words.title}</h1><div class="entry-meta">{words.read}</div>'
        f'<div class="entry-content">{paragraphs(words.body)}<h2>{words.heading}</h2><ul>{paragraphs(words.items, "li")}</ul>'
        f'<div class="sharedaddy"><h3>Share this:</h3><ul><li><a href="#">Mail</a></li></ul></div></div>{_CARDS}'
        f'<div id="comments" class="comments-area"><ol class="comment-list"><li>I tried it and lost all my clips.</li></ol></div>'
        "</article></main>",
        (*words.body, f"# {words.heading}", *_items(words)),
        (words.read, "Zephyr Sound 8", "lost all my clips", "Share this"),
    )


def letter(words: Words) -> Laid:
    """A newsletter on Substack: a subtitle, a box to subscribe in the middle."""
    return (
        f'<div class="single-post"><article class="newsletter-post post"><div class="post-header"><h1>{words.title}</h1>'
        f'<h3 class="subtitle">{words.dek}</h3></div><div class="available-content"><div class="body markup">{paragraphs(words.body[:3])}'
        f'<div class="subscription-widget-wrap"><p>{words.notice}</p></div>{paragraphs(words.body[3:])}</div></div></article></div>',
        (words.dek, *words.body),
        (words.notice,),
    )


def two_containers(words: Words) -> Laid:
    """A magazine that breaks its article in two for an advertisement."""
    return (
        f'<article><header><h1>{words.title}</h1></header><div class="chunk"><div class="article-body"><div class="inner">'
        f'{paragraphs(words.body[:3])}</div></div></div><div class="ad-slot"><p>Advertisement</p></div>'
        f'<div class="chunk"><div class="article-body"><div class="inner">{paragraphs(words.body[3:])}</div></div></div></article>{_CARDS}',
        words.body,
        ("Advertisement", "Zephyr Sound 8"),
    )


def standfirst(words: Words) -> Laid:
    """A newspaper with its lead outside of the article."""
    return (
        f'<div class="page"><div class="top"><h1>{words.title}</h1><p class="standfirst">{words.dek}</p></div>'
        f"<article>{paragraphs(words.body)}</article></div>",
        (words.dek, *words.body),
        (),
    )


def teaser_inside(words: Words) -> Laid:
    """Teasers of other articles between the paragraphs."""
    return (
        f"<article><h1>{words.title}</h1>{paragraphs(words.body[:2])}<p><strong>{words.teaser}</strong></p>{paragraphs(words.body[2:4])}"
        f"<p>{OTHER}</p>{paragraphs(words.body[4:])}</article>",
        words.body,
        (words.teaser, "Zephyr Sound 8"),
    )


def price_table(words: Words) -> Laid:
    """A table with names of columns."""
    rows = "<tr><td>Nimbus 3</td><td>$9</td><td>2027</td></tr><tr><td>Nimbus 3 Pro</td><td>$30</td><td>2028</td></tr>"
    return (
        f"<article><h1>{words.title}</h1>{paragraphs(words.body)}<h2>{words.heading}</h2><table><thead><tr><th>Model</th><th>Price</th>"
        f"<th>Shutdown</th></tr></thead><tbody>{rows}</tbody></table></article>",
        (
            *words.body,
            f"# {words.heading}",
            "Model: Nimbus 3; Price: $9; Shutdown: 2027",
            "Model: Nimbus 3 Pro; Price: $30; Shutdown: 2028",
        ),
        (),
    )


def definitions(words: Words) -> Laid:
    """A list of definitions."""
    pairs = "".join(f"<dt>Plan {number}</dt><dd>{item}</dd>" for number, item in enumerate(words.items, 1))
    return (
        f"<main><h1>{words.title}</h1>{paragraphs(words.body)}<dl>{pairs}</dl></main>",
        (*words.body, *(f"Plan {number}: {item}" for number, item in enumerate(words.items, 1))),
        (),
    )


def list_only(words: Words) -> Laid:
    """Nothing but a list."""
    return f"<h1>{words.title}</h1><ul>{paragraphs(words.body, 'li')}</ul>", tuple(f"- {text}" for text in words.body), ()


def breaks(words: Words) -> Laid:
    """Paragraphs that only breaks part."""
    return f'<div id="content"><h1>{words.title}</h1><div class="text">{"<br><br>".join(words.body)}</div></div>', words.body, ()


def notices(words: Words) -> Laid:
    """Notices on cookies and subscriptions amid the text."""
    return (
        f'<div class="cookie-banner"><p>We use cookies to make this site better. Accept all cookies.</p></div>'
        f"<article><h1>{words.title}</h1>"
        f"{paragraphs(words.body[:3])}<p>{words.notice}</p><p>{words.read}</p>{paragraphs(words.body[3:])}</article>",
        words.body,
        (words.notice, words.read, "cookies"),
    )


FIRST: dict[str, tuple[Layout, tuple[str, ...]]] = {
    "blog": (blog, ("en", "de", "zh")),
    "newsletter": (letter, ("en", "fr", "pt")),
    "two containers": (two_containers, ("en", "it", "ja")),
    "standfirst outside": (standfirst, ("de", "es", "fr")),
    "teasers inside": (teaser_inside, ("en", "fr", "zh")),
    "table of prices": (price_table, ("en", "de", "ja")),
    "definitions": (definitions, ("en", "es", "it")),
    "list only": (list_only, ("en", "pt", "zh")),
    "breaks": (breaks, ("en", "de", "ja")),
    "notices": (notices, ("en", "es", "it")),
}


def figures(words: Words) -> Laid:
    """An agency's report with pictures, captions and credits."""
    figure = f'<figure><img src="a.jpg" alt="x"><figcaption>A clip by Nimbus. {words.credit}</figcaption></figure>'
    return (
        f'<div class="story"><h1>{words.title}</h1><p>{words.credit}</p>{paragraphs(words.body[:3])}'
        f"{figure}{paragraphs(words.body[3:])}</div>",
        words.body,
        (words.credit, "A clip by Nimbus"),
    )


def deep(words: Words) -> Laid:
    """Each paragraph in containers without names, as builders of sites make them."""
    wrapped = "".join(f"<div><div><div><span>{text}</span></div></div></div>" for text in words.body)
    return f'<div id="root"><div><div><h1>{words.title}</h1></div><div>{wrapped}</div></div></div>', words.body, ()


def documentation(words: Words) -> Laid:
    """A page of a documentation: a menu beside it, code, links to the pages before and after."""
    menu = "".join(f'<li><a href="/d{number}">Chapter {number} of the guide</a></li>' for number in range(12))
    return (
        f'<div class="layout"><div class="sidebar" role="navigation"><ul>{menu}</ul></div><main><article><h1>{words.title}</h1>'
        f"{paragraphs(words.body)}<pre><code>nimbus --make clip</code></pre><h2>{words.heading}</h2>"
        f"<ul>{paragraphs(words.items, 'li')}</ul>"
        '<nav class="pagination"><a href="/d1">Previous</a><a href="/d2">Next</a></nav></article></main></div>',
        (*words.body, f"# {words.heading}", *_items(words)),
        ("Chapter 3", "Previous"),
    )


def changelog(words: Words) -> Laid:
    """Releases, each under a heading with its day."""
    return (
        f"<main><h1>{words.title}</h1><h2>3.2 - 10 November 2026</h2><ul>{paragraphs(words.body[:3], 'li')}</ul>"
        f"<h2>3.1 - 2 October 2026</h2><ul>{paragraphs(words.body[3:], 'li')}</ul></main>",
        (
            "# 3.2 - 10 November 2026",
            *(f"- {text}" for text in words.body[:3]),
            "# 3.1 - 2 October 2026",
            *(f"- {text}" for text in words.body[3:]),
        ),
        (),
    )


def wire(words: Words) -> Laid:
    """A press release: a table of facts, a contact."""
    facts = "<table><tr><td>Product</td><td>Nimbus 3</td></tr><tr><td>Country</td><td>Everywhere</td></tr></table>"
    return (
        f'<section class="release"><div class="release-body"><h1>{words.title}</h1>{paragraphs(words.body)}{facts}</div></section>',
        (*words.body, "Product: Nimbus 3", "Country: Everywhere"),
        (),
    )


def live(words: Words) -> Laid:
    """A live blog: entries with times."""
    entries = "".join(
        f'<div class="entry"><time datetime="2026-05-0{number}">10:4{number}</time><h3>Step {number}</h3><p>{text}</p></div>'
        for number, text in enumerate(words.body, 1)
    )
    lines = tuple(line for number, text in enumerate(words.body, 1) for line in (f"# Step {number}", text))
    return f"<main><article><h1>{words.title}</h1>{entries}</article></main>", lines, ("10:42",)


def amp(words: Words) -> Laid:
    """A page for phones with a paywall's note amid it and a box of related articles."""
    return (
        f'<article class="amp-wp-article"><header><h1>{words.title}</h1></header><div class="amp-wp-article-content">'
        f'{paragraphs(words.body[:3])}<div class="paywall"><p>This article is for subscribers only.</p></div>'
        f"{paragraphs(words.body[3:])}</div>"
        f"{_CARDS}</article>",
        words.body,
        ("subscribers only", "Zephyr Sound 8"),
    )


def ends_with_teasers(words: Words) -> Laid:
    """A feed's words at the end, and a list of other articles under a plain heading."""
    return (
        f'<div class="post-body entry-content"><h1>{words.title}</h1>{paragraphs(words.body)}<h3>Related articles</h3>'
        f"<ul><li>{OTHER}</li><li>{OTHER} again</li><li>{OTHER} once more</li></ul>"
        f"<p>The post {words.title} appeared first on Example Outlet.</p></div>",
        words.body,
        ("Zephyr Sound 8", "appeared first", "Related articles"),
    )


def portal(words: Words) -> Laid:
    """A portal that writes its credits as lines of the text."""
    return (
        f'<div class="main"><div class="article" id="artibody"><h1>{words.title}</h1>{paragraphs(words.body)}<p>{words.credit}</p>'
        f"<p>{words.teaser}</p></div></div><div class='comment-list'><p>First!</p></div>",
        words.body,
        (words.credit, words.teaser, "First!"),
    )


def inline(words: Words) -> Laid:
    """Words with marks and links inside, quotations, a lead that is a heading."""
    marked = tuple(f"{text[:5]}<b>{text[5:9]}</b>{text[9:14]}<a href='/x'><em>{text[14:20]}</em></a>{text[20:]}" for text in words.body)
    return (
        f"<article><h1>{words.title}</h1>{paragraphs(marked[:4])}<blockquote>{paragraphs(marked[4:])}</blockquote></article>",
        words.body,
        (),
    )


SECOND: dict[str, tuple[Layout, tuple[str, ...]]] = {
    "pictures": (figures, ("en", "fr", "zh")),
    "deep containers": (deep, ("en", "de", "ja")),
    "documentation": (documentation, ("en", "pt", "ja")),
    "changelog": (changelog, ("en", "es", "zh")),
    "press release": (wire, ("en", "it", "de")),
    "live blog": (live, ("en", "fr", "pt")),
    "phone page": (amp, ("en", "es", "it")),
    "teasers at the end": (ends_with_teasers, ("en", "de", "fr")),
    "portal": (portal, ("zh", "ja", "it")),
    "marks inside": (inline, ("en", "de", "es")),
}
