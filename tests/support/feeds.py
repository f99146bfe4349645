"""Feeds for tests."""

from __future__ import annotations

from html import escape

SENTENCE = "{0} will ship on {1} May, says its maker, which adds that testers liked it. The price of {0} is {2} dollars a month."


def teaser(name: str, number: int = 1) -> str:
    """Two sentences, as feeds have them."""
    return SENTENCE.format(name, number % 28 + 1, number + 9)


def story(name: str, number: int = 1) -> str:
    """Thirty paragraphs: a whole article."""
    more = "\n\n".join(
        f"In chapter {place} of the story of {name}, customer {number * 100 + place} waits for an invitation." for place in range(30)
    )
    return f"{teaser(name, number)}\n\n{more}"


def item(title: str = "", link: str = "", guid: str = "", *, date: str = "", summary: str = "", content: str = "") -> str:
    """An item of an RSS feed; ``content`` are its paragraphs."""
    body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in content.split("\n\n"))
    parts = {
        "title": title,
        "link": link,
        'guid isPermaLink="false"': guid,
        "pubDate": date,
        "description": summary,
        "content:encoded": body if content else "",
    }
    return "<item>" + "".join(f"<{name}>{escape(said)}</{name.split()[0]}>" for name, said in parts.items() if said) + "</item>"


def rss(*items: str, title: str = "Example News", head: str = "") -> str:
    """An RSS feed."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel><title>{escape(title)}</title>{head}{''.join(items)}</channel></rss>"
    )


def atom(*entries: str, title: str = "Example Atom") -> str:
    """An Atom feed."""
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>{escape(title)}</title>{"".join(entries)}</feed>'


BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "ha">'
    + "".join(f'<!ENTITY l{place} "{f"&l{place - 1};" * 10}">' for place in range(1, 10))
    + ']><rss version="2.0"><channel><title>&l9;</title></channel></rss>'
)
"""Entities that unfold to two gigabytes."""
