"""Whether two articles are one text: what an agency wrote stands on ten sites, with another headline and another last line.

Candidates are found by MinHash (Broder, "On the resemblance and containment of documents", 1997) and banding (Leskovec,
Rajaraman and Ullman, *Mining of Massive Datasets*, chapter 3); whether they are one is judged by their words. Time matters
here: an article that repeats last month's with a new date is news, and so is a template filled in with another name.
"""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta
from hashlib import blake2b

import numpy as np

from index import dates
from index.model import Article
from index.words import Case, Word, case, words

_PERMUTATIONS = 128
_BANDS = 16  # of 8 values each: two texts that share 0.9 of their shingles share a band with probability 0.9998, 0.5 with 0.06
_SHINGLE = 3  # words; four characters of Chinese and Japanese, whose words are overlapping pairs
_SIMILAR = 0.9  # the share of shingles in common, of all that either has
_LIKELY = _SIMILAR - 0.1  # by its estimate, whose standard error is 0.03
_APART = timedelta(days=3)
_ANY_DAY = date(2026, 1, 1)


def signature(text: str) -> bytes:
    """The MinHash of a text's shingles: 128 uint32, little-endian."""
    from datasketch import MinHash

    made = MinHash(_PERMUTATIONS)
    made.update_batch([" ".join(shingle).encode() for shingle in _shingles(words(text))])
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

    Nearly the same words, the same numbers, names and days, and published within three days. What has a date is no copy of what has none.
    """
    if new.published and (not kept.published or abs(new.published - kept.published) > _APART):
        return False
    if kept.text.split() == new.text.split():
        return True
    one, other = words(kept.text), words(new.text)
    shingles, others = _shingles(one), _shingles(other)
    return (
        len(shingles & others) >= _SIMILAR * len(shingles | others)
        and _numbers(one) == _numbers(other)
        and _names(one, kept) - _own(kept) - _own(new) == _names(other, new) - _own(kept) - _own(new)
        and _days(kept) == _days(new)
    )


def _shingles(found: list[Word]) -> set[tuple[str, ...]]:
    full = [word.full for word in found]
    return {tuple(full[at : at + _SHINGLE]) for at in range(max(1, len(full) - _SHINGLE + 1))}


def _numbers(found: list[Word]) -> set[str]:
    return {word.full for word in found if word.full[0].isdigit()}


def _names(found: list[Word], article: Article) -> set[str]:
    """The words that are written like names; in German, whose nouns all are, every word with a capital."""
    plain = unicodedata.normalize("NFKC", article.text)
    return {
        word.full
        for at, word in enumerate(found)
        if case(found, at, plain, article.language) is Case.NAME or (article.language == "de" and word.raw[0].isupper())
    }


def _own(article: Article) -> set[str]:
    """The words by which a publisher names itself, as in "told Example News"."""
    return {word.full for word in words(article.publisher or "")}


def _days(article: Article) -> set[tuple[int, int]]:
    """The days that are named, each word read as on the same day, so that "tomorrow" is what it is in the other."""
    return {(said.first.toordinal(), said.last.toordinal()) for said in dates.find(article.text, article.language, _ANY_DAY)}
