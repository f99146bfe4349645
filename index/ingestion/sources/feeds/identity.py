"""Which entries of a feed are articles of their own, and by what each is known."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from index.ingestion.sources.feeds.entries import Entry
from index.ingestion.web.address import Address, AddressError
from index.ingestion.web.address import parse as parse_address
from index.text.sanitize import storable

_TRACKING = re.compile(
    r"[^=]*=.*|(?:comments?|respond|reply|more|rss|feed|atom|ref|top|content|disqus_thread)(?:-\d*)?|\d{0,3}", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Known:
    """By what an entry is known.

    Attributes:
        key: its guid, else its link, else its title or words, whichever no other entry has.
        target: where its link leads, with its anchor; None where that is nowhere.
        is_part: whether it is a part of the page that it leads to, such as an entry of a change log: its own words are the article.
    """

    key: str
    target: Address | None
    is_part: bool


def tell_apart(entries: Sequence[Entry], titles: Sequence[str | None], words: Sequence[str], home: str) -> list[Known]:
    """By what each entry of a feed is known; its key is empty where nothing is said.

    Args:
        titles, words: of the entries, without markup.
        home: the page that it is the feed of.
    """
    targets = [_target(entry.link) for entry in entries]
    pages = [str(target.document) if target else "" for target in targets]
    ids = Counter(entry.id for entry in entries)
    own = _target(home)
    homes = {"", str(own.document) if own else ""}
    parts = [bool(page) and (page in homes or _is_front(page)) and bool(said) for page, said in zip(pages, words, strict=True)]
    places_of: defaultdict[str, list[int]] = defaultdict(list)
    for place, page in enumerate(pages):
        places_of[page].append(place)
    for page, places in places_of.items():
        if page and len(places) > 1:
            for place in _different(places, targets, titles, words, entries):
                parts[place] = True
    known: list[Known] = []
    addresses = Counter(str(target) for target in targets)
    alike = Counter(zip(titles, pages, strict=True))
    for place, entry in enumerate(entries):
        id_ = storable(entry.id).strip() if ids[entry.id] == 1 else ""
        page, target, title = pages[place], targets[place], titles[place] or ""
        if parts[place]:
            anchor = str(target) if target and target != target.document else ""
            shared = alike[titles[place], page] > 1
            link = anchor if addresses[anchor] == 1 else ""
            key = id_ or link or (title if not shared else "") or _digest(page, title, entry.published, words[place])
        else:
            shared = not page and alike[titles[place], page] > 1
            key = id_ or page or (title if not shared else "") or words[place] or title
        known.append(Known(key, target, parts[place]))
    return known


def _different(
    places: Sequence[int], targets: Sequence[Address | None], titles: Sequence[str | None], words: Sequence[str], entries: Sequence[Entry]
) -> set[int]:
    """Those of the entries that lead to one page which are not one article that is told of twice: they have words, and no others do."""
    said = [place for place in places if words[place]]
    anchors = Counter(anchor for place in said if (anchor := _anchor(targets[place])))
    anchored = {place for place in said if anchors.get(_anchor(targets[place])) == 1}
    names = Counter(titles[place] for place in said)
    named = {place for place in said if titles[place] and names[titles[place]] == 1} if len(names) > 1 else set()
    moments = Counter((words[place], entries[place].published or entries[place].updated) for place in said)
    dated = {place for place in said if moments[words[place], entries[place].published or entries[place].updated] == 1}
    all_words = Counter(words[place] for place in said)
    dated = {place for place in dated if all_words[words[place]] == 1 and (entries[place].published or entries[place].updated)}
    apart = anchored if len(anchored) > 1 else set()
    if len(said) > 1 and len(all_words) == len(said):
        apart |= named | dated
    return apart


def _anchor(target: Address | None) -> str:
    """The part of a page that an address names; empty for what only counts readers."""
    anchor = str(target).partition("#")[2] if target else ""
    return "" if _TRACKING.fullmatch(anchor) else anchor


def _target(link: str) -> Address | None:
    with suppress(AddressError):
        return parse_address(storable(link).strip())
    return None


def _is_front(page: str) -> bool:
    return page.partition("://")[2].partition("/")[2] == ""


def _digest(*said: str) -> str:
    return sha256(repr(said).encode()).hexdigest()
