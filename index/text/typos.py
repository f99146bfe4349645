"""Words that are nearly spelled like another one, without comparing it with all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_SHORTEST = 4  # letters: shorter words are too near to each other


class SpellingIndex:
    """Words, by their first letter and their length: a typing error changes the one never here, and the other only a little."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words: dict[tuple[str, int], list[str]] = {}
        for word in words:
            self._words.setdefault((word[:1], len(word)), []).append(word)

    def nearest(self, typed: str, long: int | None = None) -> str | None:
        """The word that was probably meant by a mistyped one: one letter too many, too few, or two swapped ("klling").

        No letter is replaced ("sofa" is not Sora).

        Args:
            long: in words of so many letters two mistakes of any kind are forgiven; in none by default.
        """
        if len(typed) < _SHORTEST:
            return None

        def forgiven(word: str, slips: int) -> bool:
            is_long = long is not None and len(word) >= long
            return is_long or (slips == 1 and (len(word) != len(typed) or sorted(word) == sorted(typed)))

        near = self.near(typed, 1 if long is None else 2).items()
        return min(((slips, word) for word, slips in near if len(word) >= _SHORTEST - 1 and forgiven(word, slips)), default=(0, None))[1]

    def near(self, typed: str, most: int) -> Mapping[str, int]:
        """The words with the same first letter that are at most so many slips away, and how many each is (optimal string alignment)."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        lengths = range(len(typed) - most, len(typed) + most + 1)
        alike = [word for length in lengths for word in self._words.get((typed[:1], length), ())]
        return {word: slips for word, slips, _ in process.extract(typed, alike, scorer=OSA.distance, score_cutoff=most, limit=None)}
