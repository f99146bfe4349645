"""Words that are nearly spelled like another one, without comparing it with all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


class SpellingIndex:
    """Words, by their first letter and their length: a typing error changes the one never here, and the other only a little."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words: dict[tuple[str, int], list[str]] = {}
        for word in words:
            self._words.setdefault((word[:1], len(word)), []).append(word)

    def near(self, typed: str, most: int) -> Mapping[str, int]:
        """The words with the same first letter that are at most so many slips away, and how many each is (optimal string alignment)."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        lengths = range(len(typed) - most, len(typed) + most + 1)
        alike = [word for length in lengths for word in self._words.get((typed[:1], length), ())]
        return {word: slips for word, slips, _ in process.extract(typed, alike, scorer=OSA.distance, score_cutoff=most, limit=None)}
