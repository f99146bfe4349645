"""When an article appeared, as far as it says so: by its page's statements for machines, its text, or its address."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from index.ingestion.readers.written_days import Stated, stated
from index.model.articles import Precision
from index.model.errors import ArticleError
from index.text import dates

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["Dated", "Stated", "cannot_precede", "credible", "is_to_come", "of_page", "required", "stated", "told_by"]

_WEB_BEGAN = 1991
_AHEAD = timedelta(days=1)
_SET = datetime(2020, 1, 1, tzinfo=UTC)  # before Shipdate was written: a clock that shows less was never set
_SHOWN = 40  # characters of what is no date
_YEARS_APART = timedelta(days=5 * 365)

# What is looked at of a page or a text: more is not where its day stands, and anybody may write megabytes.
_HEAD, _HEAD_LINES, _FOOT_LINES = 8_000, 12, 4
_BYLINE = 140  # characters
_BLOCKS, _LINE = 400, 400
_LEAVES = frozenset("p div li td dd h2 h3 h4 h5 h6 address section article header ul ol table blockquote".split())
_LONG = 80  # characters of a paragraph that is text
_SENTENCES = 200
_SCRIPTS, _SCRIPT_LIMIT, _ENTITIES, _METAS = 20, 300_000, 60, 300
_ELEMENTS, _DAY_ELEMENTS, _BESIDE, _DEPTH = 50_000, 60, 30, 60

_ARTICLE_TYPE = re.compile(r"Article|Posting|Report\b|VideoObject")
_PAGE_TYPE = re.compile(r"WebPage|ItemPage")
_PUBLISHED_IN_JSON = re.compile(r'"datePublished"\s{0,9}:\s{0,9}"([^"]{4,60})"')
_PUBLISHED_NAMES = (
    "article:published_time og:article:published_time og:published_time article:published datepublished parsely-pub-date sailthru.date "
    "cxenseparse:recs:publishtime cxenseparse:publishtime shareaholic:article_published_time bt:pubdate rbpubdate ptime dc.date.issued "
    "dcterms.issued dc.date.published dc.date.created dcterms.created dc.date dcterms.date citation_publication_date citation_online_date "
    "citation_date pubdate publishdate publish-date publish_date published_date published-date publication_date publication-date "
    "date_published article.published article_date_original originalpublicationdate og:article:published article:post_date published "
    "release_date date created creation_date datecreated"
).split()
_UPDATED_NAMES = (
    "article:modified_time og:article:modified_time og:updated_time datemodified dcterms.modified dc.date.modified lastmod last-modified "
    "article:modified modified updated"
).split()
_ELSEWHERE = re.compile(
    r"comment|related|recommend|teaser|sidebar|widget|footer|promo|latest|popular|trending|newsletter|read-?next|read-?more|more-[a-z]"
    r"|(?<![a-z])(?:nav|menu|card|cards|aside)(?![a-z])",
    re.IGNORECASE,
)
_DATE_CLASS = re.compile(
    r"(?<![a-z])(?:date|datum|fecha|pub-?date|published|publish|timestamp|dateline|byline|posted|meta|info|author|signature)(?![a-z])|(?:post|entry|article|publi\w{0,6})"
    r"[-_]{1,2}(?:date|meta|time)",
    re.IGNORECASE,
)
_MODIFIED = re.compile(
    r"updat|modif|edited|aktualisiert|geändert|mis à jour|mise à jour|actualizad|actualización|atualizad|aggiornat|更新|修正", re.IGNORECASE
)
_LABEL = re.compile(
    r"[*_(\[【（]{0,3}(?:first |article |originally |zuerst |initialement )?"
    r"(?:published|posted|released|issued|publication date|release date|date published|date posted|date"
    r"|veröffentlicht|erschienen|erstellt|veröffentlichungsdatum|datum|stand"
    r"|publiée?|mise? en ligne|date de publication|paru|publicado|publicada|fecha de publicación|fecha|data de publicação|data"
    r"|pubblicato|pubblicata|data di pubblicazione|発表日|公開日|掲載日|投稿日|配信日|作成日|発行日"
    r"|发布时间|发布日期|发布于|发表于|发表时间|發布時間|發布日期|日期|时间|時間)[*_]{0,2}"
    r"(?: in [^\s.]{1,20}(?: [^\s.]{1,20}){0,2}(?= on))?"
    r"(?: (?:on|by|in|am|den|vom|le|el|em|il|at))?\s?[:：]?[*_]{0,2}(?: (?:on|am|le|el|em|il))?"
)
_PLACE = re.compile(r"[【\[(（*_]{0,3}[^\W\d_a-zß-ÿ][^\n.!?;:\"“”]{0,50}?[,(（、]?(?:\s(?:le|el|em|il|den|am|on))?")
_DASH = re.compile(r"[电電]?[)）\]】*_]{0,3}\s?(?:\([^()\n]{1,40}\)\s?)?(?:/[^/\n]{2,30}/\s?)?(?:\.?--?|–|—|―|】|/PR)")
_BOUND = re.compile(
    r"(?:\b(?:since|until|till|by|before|after|from|starting|through|of|in|to|bis|seit|ab|vor|nach|zum|depuis|avant|après|jusqu\S*|dès|du|au"
    r"|desde|hasta|antes|después|a partir|até|depois|dal|fino|entro|prima|dopo)|以降|まで|より|自|至)\s?(?:the|le|el|il|o|dem|al|del|de)?$"
    r"|\b(?:deadline|event|webinar|conference|ends?|starts?|expires?|valid|effective|frist|gültig|born|geboren|termin)\b",
    re.IGNORECASE,
)
_COPYRIGHT = re.compile(r"©|\(c\)|copyright|retrieved|accessed|abgerufen|consulté", re.IGNORECASE)
_AFTER_BYLINE = re.compile(r"[|·•,–—/)\]】（(*_-]|\d|at\b|um\b|à\b|by\b|von\b|\.?$|\d+ min|[ap]m\b|\d\d?:", re.IGNORECASE)
_LETTER_HEAD = re.compile(r"[^\W\d_a-zß-ÿ][^\W\d_]{1,25}(?:[ -][^\W\d_]{1,25}){0,2}, (?:den|le)")  # "Bonn, den"
_CLOCK = re.compile(r"\d\d?:\d\d(?::\d\d)?$")
_BETWEEN = re.compile(r"\s[-–—|·•/]{1,2}\s|\s?[|·•]\s?")
_ARTICLE_BEFORE = re.compile(r"([,|·•–—-])\s(?:le|el|em|il|am|den|on)$")
_SENTENCE = re.compile(r"(?:[^.!?。！？\n]|\.(?=\S)|(?<=\b\d)\.|(?<=\b\d\d)\.|(?<=\b[A-Z])\.){1,600}")
_YEAR = re.compile(r"(?:19|20)\d\d|[令平]")
_PLAN = re.compile(
    r"\b(?:will|shall|would|won't|plan\w{0,4}|expect\w{0,3}|schedul\w{1,3}|upcoming|until|till|by|before|starting|deadline|going to|due"
    r"|set to|if|may(?! \d)|might|could|wird|werden|soll\w{0,3}|bis|ab|geplant|voraussichtlich|würde|seront|devrait|prévue?|jusqu|d'ici"
    r"|sera\w{0,2}|serán|prevista?o?|hasta|a partir|podría|será|serão|até|deve|sarà|saranno|previst\w|entro|fino|dovrebbe)\b"
    r"|予定|見込|まで|以降|计划|計劃|将|將|预计|預計|之前|截至",
    re.IGNORECASE,
)
_PAST: Mapping[str, re.Pattern[str]] = {
    "en": re.compile(r"\b(?:was|were|did|had|became|began|came|made|said|went|saw|[a-z]{2,20}ed)\b", re.IGNORECASE),
    "de": re.compile(
        r"\b(?:wurden?|waren?|hatten?|kam|ging|begann|gab|erschien|\w{3,20}te|(?:hat|haben|ist|sind)\b.{0,200}\b\w{0,12}ge\w{2,15}[tn])\b"
    ),
    "fr": re.compile(r"\b(?:était|étaient|fut|(?:a|ont|est|sont|avait)\b(?: \w{1,15}){0,2} \w{2,20}(?:é|ée|és|ées|i|is|it|u))\b"),
    "es": re.compile(r"\b(?:fue|fueron|era|eran|\w{3,20}(?:ó|aron|ieron)|(?:ha|han) \w{2,20}(?:ado|ido))\b"),
    "it": re.compile(r"\b(?:era|erano|fu|(?:è|sono) stat[oaie]|(?:ha|hanno) \w{2,20}(?:ato|uto|ito)|\w{3,20}(?:ò|arono))\b"),
    "pt": re.compile(r"\b(?:foi|foram|era|eram|\w{3,20}(?:ou|aram|eram|eu|iu))\b"),
    "ja": re.compile(r"(?:した|された|しました|されました|だった|始まった|なった)"),
    "zh": re.compile(r"了|已经|已於|已于|曾|发布|發布|推出|上线|宣布"),
}
_DAY_IN_ADDRESS = re.compile(
    r"/((?:19|20)\d\d)[/-]([a-z]{3,9}|\d\d?)/(\d\d?)(?=[/_.-]|$)|[/_-]((?:19|20)\d\d)-(\d\d)-(\d\d)(?!\d)"
    r"|(?<!\d)((?:19|20)\d\d)(0[1-9]|1[0-2])([0-3]\d)(?!\d)"
)
_MONTH_IN_ADDRESS = re.compile(r"/((?:19|20)\d\d)[/-](0?[1-9]|1[0-2])(?=/|$)")


def required(text: str, language: str = "") -> Stated:
    """A day, a month or a year, as people or machines write it (see :func:`stated`).

    Raises:
        ArticleError: it is none.
    """
    day = stated(text, language)
    if day is None:
        raise ArticleError(f"“{text[:_SHOWN]}” is not a date; write it as 2024-12-09 or 2024-12-09T18:00:00Z.")
    return day


def credible(published: datetime | None) -> datetime | None:
    """The date that a machine wrote, unless it is older than the web or not yet come: then nobody knows it."""
    return None if published is None or published.year < _WEB_BEGAN or is_to_come(published, datetime.now(UTC)) else published


def is_to_come(published: datetime, now: datetime) -> bool:
    """Whether a date lies further ahead than time zones and clocks that go wrong explain; by a clock that was never set, none does."""
    return published - _AHEAD > now >= _SET


class Dated(NamedTuple):
    """When a page appeared and was last changed, as far as it says so."""

    published: datetime | None = None
    precision: Precision = Precision.DAY
    updated: datetime | None = None


def of_page(tree: HtmlElement | None, text: str, language: str, address: str | None, now: datetime) -> Dated:
    """By a page's own statement: for machines, beside its headline, at the head or the foot of its text, or in its address.

    What says when it was changed is kept apart, and never makes it new. Where JSON-LD and metadata differ, the earlier counts: what moves
    or renews a page writes one of the two anew; unless they are years apart, when the earlier one is the site's.

    Args:
        text: its article.
    """
    linked = _of_linked_data(tree, address, now) if tree is not None else _Statements()
    named = _of_metadata(tree, now) if tree is not None else _Statements()
    shown = _Statements()
    if tree is not None and not (linked.published or named.published):
        shown = _beside_headline(tree, language, now)
    updated = max((said.updated for said in (linked, named, shown) if said.updated), default=None)
    found = _earlier(linked.published, named.published) or shown.published
    if found is None and (day := (_told_near(tree, language, now) if tree is not None else None) or told_by(text, language, now)):
        found = Stated(day, Precision.INFERRED)
    found = found or (_of_address(address, now) if address else None) or linked.vague
    if found is None:
        return Dated(updated=updated)
    return Dated(found.moment, found.precision, updated if updated and updated > found.moment else None)


def told_by(text: str, language: str, now: datetime) -> datetime | None:
    """The day that the first or last lines of a text tell as its own: by a dateline, a byline, "Published on ..." or a date alone."""
    lines = [line.strip() for line in text[:_HEAD].splitlines() if line.strip()][:_HEAD_LINES]
    paragraphs = 0
    for line in lines:
        if day := _of_line(line, language, now):
            return day
        if paragraphs:  # behind the first paragraph one line may be a byline: what follows may be of another article
            break
        paragraphs += len(line) > _BYLINE
    feet = [line.strip() for line in text[-_HEAD:].splitlines() if line.strip()][-_FOOT_LINES:] if len(text) > _HEAD // 8 else []
    return _of_foot(feet, language, now)


def _of_foot(lines: list[str], language: str, now: datetime) -> datetime | None:
    """The day in the last lines of a text, if it is a single one: several are of what else there is."""
    days = {day for line in lines if len(line) <= _BYLINE and (day := _of_line(line, language, now))}
    return days.pop() if len(days) == 1 else None


def cannot_precede(text: str, language: str, now: datetime) -> date | None:
    """The latest day with its year that a sentence tells of as past: the text is no older. Plans, and days to come, do not count."""
    latest = None
    past = _PAST.get(language.replace("_", "-").split("-", maxsplit=1)[0].lower())
    if past is None:
        return None
    count = 0
    for sentence in _SENTENCE.finditer(text):
        said = sentence.group()
        if not _YEAR.search(said) or _PLAN.search(said) or not past.search(said):
            continue
        count += 1
        if count > _SENTENCES:
            break
        for day, _, _ in _full_days(said, language, now.date()):
            if day <= now.date() and (latest is None or day > latest):
                latest = day
    return latest


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _believed(text: object, language: str, now: datetime) -> Stated | None:
    """What is written for machines, if it is a day that can be."""
    said = stated(text, language) if isinstance(text, str) else None
    return said if said and said.moment.year >= _WEB_BEGAN and not is_to_come(said.moment, now) else None


def _full_days(line: str, language: str, today: date) -> list[tuple[date, int, int]]:
    """The days in a line that are said with their year, and where they stand."""
    days = []
    for said in dates.find(line, language, today):
        written = line[said.start : said.end]
        if said.first != said.last or not _YEAR.search(written):
            continue
        if not any(map(str.isalpha, written)):
            exact = stated(written, language)
            if exact is None or exact.precision is not Precision.DAY:
                continue
            days.append((exact.moment.date(), said.start, said.end))
        else:
            days.append((said.first, said.start, said.end))
    return days


def _of_line(line: str, language: str, now: datetime) -> datetime | None:
    if line.startswith(("#", "- ")) and not stated(line.lstrip("#- "), language):
        return None
    part = line[:_BYLINE]
    if not any(map(str.isdigit, part)):
        return None
    whole = stated(line.strip("#-*_ "), language)
    if whole:
        return whole.moment if whole.precision is Precision.DAY and _believed(line.strip("#-*_ "), language, now) else None
    if len(line) < _BYLINE and (piece := _piece(line, language, now)):
        return piece
    days = _full_days(part, language, now.date())
    if not days:
        return None
    day, start, end = days[0]
    before, after = part[:start].strip(), part[end:].strip()
    told = (
        _LABEL.fullmatch(before.casefold()) is not None
        or (before[-1:] in (":", "：") and _LABEL.fullmatch(before.casefold().split()[-1]) is not None)
        or (_PLACE.fullmatch(before) is not None and _DASH.match(after) is not None)
        or (_LETTER_HEAD.fullmatch(before) is not None and after[:1] in (".", ""))
        or (len(line) < _BYLINE and len(days) <= 2 and _is_byline(before, after))
    )
    return _at(day) if told and day.year >= _WEB_BEGAN and not is_to_come(_at(day), now) else None


def _piece(line: str, language: str, now: datetime) -> datetime | None:
    """The day between the marks of a byline, such as "News | 3 March 2026 | 4 minutes"; what is said to be of a change is none."""
    pieces = _BETWEEN.split(line)
    if len(pieces) < 2 or len(pieces[0].split()) > 7:
        return None
    for number, piece in enumerate(pieces):
        written = piece.strip("*_[]() ")
        label = _LABEL.match(written.casefold())
        said = _believed(written, language, now) or (_believed(written[label.end() :], language, now) if label else None)
        if said and said.precision is Precision.DAY:
            before = pieces[number - 1] if number and not label and not any(map(str.isdigit, pieces[number - 1])) else ""
            return None if _MODIFIED.search(before) or _BOUND.search(before) or _COPYRIGHT.search(line) else said.moment
    return None


def _is_byline(before: str, after: str) -> bool:
    """Whether what stands around a date is a name, a section or the like, and no sentence."""
    before = _ARTICLE_BEFORE.sub(r"\1", before)
    if _MODIFIED.search(before) or _BOUND.search(before) or len(before.split()) > 7 or len(after) > 60 or _COPYRIGHT.search(before):
        return False
    if after and not _AFTER_BYLINE.match(after):
        return False
    if not before:
        return True
    is_short = len(before.split()) <= 3 and len(before) <= 40 and not before[0].islower() and not before.endswith(" on")
    return before[-1] in ",|·•-–—/:;(" or (is_short and (not after or _CLOCK.match(after) is not None))


@dataclass(slots=True)
class _Statements:
    """What one kind of statement says; ``vague`` is of the page as such, not of its article."""

    published: Stated | None = None
    updated: datetime | None = None
    vague: Stated | None = None


def _earlier(one: Stated | None, other: Stated | None) -> Stated | None:
    if one is None or other is None:
        return one or other
    exact = [said for said in (one, other) if said.precision is Precision.DAY]
    if len(exact) == 1:
        return exact[0]
    first, second = sorted((one, other), key=lambda said: said.moment)
    if second.moment.date() == first.moment.date():
        return one
    return second if second.moment - first.moment > _YEARS_APART else first


def _of_linked_data(tree: HtmlElement, address: str | None, now: datetime) -> _Statements:
    entities: list[dict[str, Any]] = []
    found = _Statements()
    for script in tree.xpath("//script[contains(@type, 'ld+json')]")[:_SCRIPTS]:
        content = (script.text or "")[:_SCRIPT_LIMIT].strip().removeprefix("<!--").removeprefix("//<![CDATA[").removesuffix("-->")
        try:
            entities += _entities(json.loads(content.strip().rstrip(";"), strict=False))
        except (ValueError, RecursionError):
            values = set(_PUBLISHED_IN_JSON.findall(content))
            if len(values) == 1 and found.published is None:
                found.published = _believed(values.pop(), "", now)
    articles = [entity for entity in entities if _ARTICLE_TYPE.search(_types(entity))]
    if len(articles) > 1:
        own = [entity for entity in articles if _is_own(entity, tree, address)]
        dates_said = {str(entity.get("datePublished")) for entity in articles}
        articles = own or (articles if len(dates_said) == 1 else [])
    for entity in articles[:1]:
        for name in ("datePublished", "uploadDate", "dateCreated"):
            found.published = found.published or _believed(_first(entity.get(name)), "", now)
    for entity in [*articles[:1], *(entity for entity in entities if _PAGE_TYPE.search(_types(entity)))]:
        modified = _believed(_first(entity.get("dateModified")), "", now)
        found.updated = found.updated or (modified.moment if modified else None)
        if entity not in articles:
            found.vague = found.vague or _believed(_first(entity.get("datePublished")), "", now)
    return found


def _first(value: object) -> object:
    value = value[0] if isinstance(value, list) and value else value
    if isinstance(value, dict):
        value = value.get("@value")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _entities(data: object) -> list[dict[str, Any]]:
    """The things that linked data describes as the page's own: not those that are only parts, lists or relations of others."""
    waiting: list[tuple[object, int]] = [(data, 0)]
    entities: list[dict[str, Any]] = []
    while waiting and len(entities) < _ENTITIES:
        value, depth = waiting.pop(0)
        if isinstance(value, list):
            waiting += [(each, depth + 1) for each in value[:_ENTITIES]] if depth < 3 else []
        elif isinstance(value, dict):
            entities.append(value)
            waiting += [(value[name], depth + 1) for name in ("@graph", "mainEntity") if name in value and depth < 3]
    return entities


def _types(entity: Mapping[str, Any]) -> str:
    kind = entity.get("@type")
    return " ".join(map(str, kind)) if isinstance(kind, list) else str(kind or "")


def _is_own(entity: Mapping[str, Any], tree: HtmlElement, address: str | None) -> bool:
    """Whether linked data of an article is of this page's: by its headline or its address."""
    headline = " ".join(str(entity.get("headline") or entity.get("name") or "").split()).casefold()
    heads = {" ".join(head.text_content().split()).casefold() for head in tree.xpath("//h1")[:5]}
    if headline and any(headline == head or (len(headline) > 20 and headline in head) for head in heads):
        return True
    page = entity.get("mainEntityOfPage")
    places = (entity.get("url"), entity.get("@id"), page.get("@id") if isinstance(page, dict) else page)
    own = [*tree.xpath("//link[@rel='canonical']/@href")[:1], *([address] if address else [])]
    own_places = {str(place).split("#", maxsplit=1)[0].rstrip("/") for place in own}
    return any(isinstance(place, str) and place.split("#", maxsplit=1)[0].rstrip("/") in own_places for place in places)


def _of_metadata(tree: HtmlElement, now: datetime) -> _Statements:
    said: dict[str, str] = {}
    for meta in tree.xpath("//meta[@content]")[:_METAS]:
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        if len(name) < 50 and not _is_elsewhere(meta):
            said.setdefault(name.strip().casefold(), meta.get("content").strip())
    published = [each for name in _PUBLISHED_NAMES if (each := _believed(said.get(name), "", now))]
    updated = next((each.moment for name in _UPDATED_NAMES if (each := _believed(said.get(name), "", now))), None)
    exact = [each for each in published if each.precision is Precision.DAY]
    return _Statements(next(iter(exact or published), None), updated)


def _is_elsewhere(element: HtmlElement) -> bool:
    """Whether it stands in what is no part of the article: a comment, a teaser, a list of what else there is."""
    for depth, parent in enumerate(element.iterancestors()):
        if parent.tag in ("aside", "nav", "footer") or (parent.tag not in ("html", "body", "main") and _ELSEWHERE.search(_labels(parent))):
            return True
        if parent.tag == "article" and parent.getparent() is not None and not parent.xpath("(.//h1)[1]") and parent.xpath("(//h1)[1]"):
            return True
        if depth > _DEPTH:
            return True
    return _ELSEWHERE.search(_labels(element)) is not None


def _labels(element: HtmlElement) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''}"[:300]


def _beside_headline(tree: HtmlElement, language: str, now: datetime) -> _Statements:
    """By elements that are marked as the day of publication, or stand next to the headline."""
    found = _Statements()
    near: Stated | None = None
    for element, distance in _day_elements(tree):
        kind = f"{element.get('itemprop') or ''} {_labels(element)}"
        is_change = "dateModified" in kind or _MODIFIED.search(kind) is not None
        shown = " ".join(element.text_content().split()) if len(element) < 10 else ""
        is_change = is_change or _MODIFIED.search(shown[:40]) is not None
        if _is_elsewhere(element):
            continue
        said = _believed(element.get("datetime") or element.get("content") or "", language, now) or _shown(shown, language, now)
        if said is None:
            continue
        if is_change:
            found.updated = found.updated or said.moment
        elif "datePublished" in kind or element.get("pubdate") is not None:
            found.published = found.published or said
        elif distance <= _BESIDE:
            near = near or said
    found.published = found.published or near
    return found


def _told_near(tree: HtmlElement, language: str, now: datetime) -> datetime | None:
    """By the lines from the headline to the second paragraph, and those behind the last one: bylines are no part of an article's text."""
    headline = _headline(tree)
    is_behind, paragraphs, blocks = headline is None, 0, 0
    feet: list[str] = []
    for number, element in enumerate(tree.iter("*")):
        if number > _ELEMENTS or blocks > _BLOCKS:
            break
        is_behind = is_behind or element is headline
        if not is_behind or element is headline or element.tag not in _LEAVES or any(child.tag in _LEAVES for child in element):
            continue
        blocks += 1
        line = " ".join(element.text_content()[:_LINE].split())
        if element.tag == "p" and len(line) > _LONG:
            paragraphs += 1
            feet.clear()
        if not any(map(str.isdigit, line)) or _is_elsewhere(element):
            continue
        if paragraphs < 2 and (day := _of_line(line, language, now)):
            return day
        feet.append(line)
    return _of_foot(feet[-_FOOT_LINES:], language, now)


def _headline(tree: HtmlElement) -> HtmlElement | None:
    return next(iter(tree.xpath("(//article//h1 | //main//h1 | //h1)[1]")), None)


def _day_elements(tree: HtmlElement) -> list[tuple[HtmlElement, int]]:
    """What may hold the day, and how many elements it stands from the headline."""
    headline = _headline(tree)
    places: list[tuple[HtmlElement, int]] = []
    at, paragraphs = None, 0
    for number, element in enumerate(tree.iter("*")):
        if number > _ELEMENTS:
            break
        if element is headline:
            at = number
        if element.tag == "time" or "datePublished" in (element.get("itemprop") or "") or _DATE_CLASS.search(_labels(element)):
            places.append((element, number if paragraphs < 2 else _ELEMENTS * 2))  # behind two paragraphs stands what is no head
        elif at is not None and element.tag == "p" and len(element.text or "") > _LONG:
            paragraphs += 1
    places = places[:_DAY_ELEMENTS]
    return [(element, abs(number - at) if at is not None else _BESIDE + 1) for element, number in places]


def _shown(text: str, language: str, now: datetime) -> Stated | None:
    if said := _believed(text, language, now):
        return said
    day = _of_line(text, language, now) if 0 < len(text) < _BYLINE else None
    return Stated(day, Precision.DAY) if day else None


def _of_address(address: str, now: datetime) -> Stated | None:
    path = address.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0][:500]
    if match := _DAY_IN_ADDRESS.search(path):
        year, month, day = (part for part in match.groups() if part)
        said = _believed(f"{day} {month} {year}" if month.isalpha() else f"{year}-{month}-{day}", "", now)
        return Stated(said.moment, Precision.INFERRED) if said else None
    if match := _MONTH_IN_ADDRESS.search(path):
        return _believed(f"{match[1]}-{match[2]}", "", now)
    return None
