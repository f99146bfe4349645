"""Whether two articles are one text: what an agency wrote stands on ten sites, with another headline and another last line.

Candidates are found by MinHash (Broder, "On the resemblance and containment of documents", 1997) and banding (Leskovec,
Rajaraman and Ullman, *Mining of Massive Datasets*, chapter 3); whether they are one is judged by their words. Time matters
here: an article that repeats last month's with a new date is news, and so is a template filled in with another name.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from datetime import date, timedelta
from hashlib import blake2b

import numpy as np

from index.model.articles import Article
from index.text import dates
from index.text.words import Case, Word, case, words

_PERMUTATIONS = 128
_BANDS = 16  # of 8 values each: two texts that share 0.9 of their shingles share a band with probability 0.9998, 0.5 with 0.06
_SHINGLE = 3  # words; four characters of Chinese and Japanese, whose words are overlapping pairs
_TOGETHER = 4096  # shingles, which take some 20 MB while they are hashed
_SIMILAR = 0.9  # the share of shingles in common, of all that either has
_LIKELY = _SIMILAR - 0.1  # by its estimate, whose standard error is 0.03
_APART = timedelta(days=3)
_ANY_DAY = date(2026, 1, 1)


def signature(article: Article) -> bytes:
    """The MinHash of a text's shingles: 128 uint32, little-endian."""
    from datasketch import MinHash

    made = MinHash(_PERMUTATIONS)
    shingles = list(_shingles(words(_body(article))))
    for at in range(0, len(shingles), _TOGETHER):
        made.update_batch([" ".join(shingle).encode() for shingle in shingles[at : at + _TOGETHER]])
    values: bytes = made.hashvalues.astype("<u4").tobytes()
    return values


def bands(made: bytes) -> tuple[int, ...]:
    """The keys of a signature, 64 bits each; texts that are nearly the same share at least one."""
    size = len(made) // _BANDS
    digests = (blake2b(bytes([band]) + made[band * size : (band + 1) * size], digest_size=8) for band in range(_BANDS))
    return tuple(int.from_bytes(digest.digest(), "little", signed=True) for digest in digests)


def likely(one: bytes, other: bytes) -> bool:
    """Whether the texts of two signatures may be nearly the same."""
    equal = np.frombuffer(one, "<u4") == np.frombuffer(other, "<u4")
    return float(equal.mean()) >= _LIKELY


def same(kept: Article, new: Article) -> bool:
    """Whether ``new`` says nothing that ``kept`` does not.

    That is: nearly the same words, the same numbers, names and days, and published within three days. The headline is each
    site's own. What has a date is no copy of what has none.
    """
    if new.published and (not kept.published or abs(new.published - kept.published) > _APART):
        return False
    if kept.text.split() == new.text.split():
        return True
    one, other = words(_body(kept)), words(_body(new))
    shingles, others = _shingles(one), _shingles(other)
    own = {word.full for word in words(f"{kept.publisher or ''}\n{new.publisher or ''}")}  # as in "told Example News"
    capitals, more = _capitals(one) - own, _capitals(other) - own
    return (
        len(shingles & others) >= _SIMILAR * len(shingles | others)
        and _numbers(one) == _numbers(other)
        and _names(kept, own) == _names(new, own)
        # A sentence more may begin with another capital, and in German hold some. Where each has its own, a name was replaced.
        and not (capitals - more and more - capitals)
        and _days(kept) == _days(new)
    )


def _body(article: Article) -> str:
    return article.text.removeprefix(f"{article.title}\n")


def _shingles(found: list[Word]) -> set[tuple[str, ...]]:
    full = [word.full for word in found]
    return {tuple(full[at : at + _SHINGLE]) for at in range(max(1, len(full) - _SHINGLE + 1))}


def _numbers(found: list[Word]) -> Counter[str]:
    return Counter(word.full for word in found if word.full[0].isdigit())


def _names(article: Article, own: set[str]) -> Counter[str]:
    """The words that are written like names, and how often they stand there."""
    names: Counter[str] = Counter()
    for line in unicodedata.normalize("NFKC", _body(article)).splitlines():
        found = words(line)
        names.update(word.full for at, word in enumerate(found) if case(found, at, line, article.language) is Case.NAME)
    return Counter({name: count for name, count in names.items() if name not in own})


def _capitals(found: list[Word]) -> set[str]:
    return {word.full for word in found if word.alphabetic and word.raw[0].isupper()}


def _days(article: Article) -> set[tuple[int, int]]:
    """The days that are named, each word read as on the same day, so that "tomorrow" is what it is in the other."""
    return {(said.first.toordinal(), said.last.toordinal()) for said in dates.find(_body(article), article.language, _ANY_DAY)}
