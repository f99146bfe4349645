"""No text makes a pattern slow: what a regular expression takes for it grows as the text does, not as its square.

Of all patterns of the code, each is given texts that make patterns slow, as it is used. What articles and feeds alone go through
is not looked at here, nor what reads files that come along.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import time
from collections import deque
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

import bot
import index
from index.text.dates import rules
from index.text.dates.lexer import vocabulary
from index.text.languages import LANGUAGES

_ELSEWHERE = (
    "index.ingestion.sources.",
    "index.text.passages",
    "index.text.sentences",
    "index.embedding.learned.stage_examples",
    "index.storage.store.migrations",
)

_UNITS = (
    *("a", "A", "1", "世", "あ", "é", "\u0301", " ", "\n", "\t", ",", ".", "…", "-", "_", "+", "*", "|", "/", "\\", "=", "#", "&", ":"),
    *("'", '"', "(", ")", "[", "]", "<", ">", "@", "<a", "<@", "://", "http://", "http://a", "xoxb-", ":a", "a.", "a-", "a "),
    *("1,", "1.", "1 ", "U.S. ", "2024-01-01 ", "as of ", "d", "M", "y", "p", "dM", "y&", "(W"),
)
"""Of which texts are made; the last ones are words to the rules for dates."""

_ENDS = (("", "\0"), ("a", "a"))
"""What stands around, so that a match fails at the very end, or not."""

_SHORT, _FAR = 1_000, 4_000
_LOOKS = 4  # what is slow is slow each time; a machine that is busy with something else is not
_NOTHING = 0.003  # seconds: as long as this no text is noticed

Use = Callable[[str], object]


def _modules() -> Iterator[ModuleType]:
    for package in (bot, index):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.startswith(_ELSEWHERE) and not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


def _in(value: object) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from (one for held in value.values() for one in _in(held))
    elif isinstance(value, list | tuple):
        yield from (one for held in value for one in _in(held))


def _everywhere(pattern: re.Pattern[str]) -> Use:
    return lambda text: deque(pattern.finditer(text), maxlen=0)


def _used() -> Iterator[tuple[str, Use]]:
    """Every pattern, by its name, as it is used: wherever in a text it fits, or at its beginning."""
    for module in _modules():
        source = inspect.getsource(module)
        for name, value in vars(module).items():
            for pattern in _in(value):
                if re.search(rf"\b{name}\b", source) and isinstance(pattern.pattern, str):
                    anywhere = re.search(rf"\b{name}\.(?:sub|subn|search|finditer|findall|split)\(", source)
                    yield f"{module.__name__}.{name}", _everywhere(pattern) if anywhere else pattern.match
    for language in ("", *LANGUAGES):
        yield f"dates in {language or 'any language'}", _everywhere(vocabulary(language).pattern)
    for spaced, after, month_first, bare in ((True, True, False, False), (True, False, True, True), (False, False, False, False)):
        for number, (_, pattern, _) in enumerate(rules._rules(spaced, after, month_first, bare)):
            yield f"rule {number} for dates{' between spaces' if spaced else ''}{' after' if after else ''}", _everywhere(pattern)


def _seconds(use: Use, text: str) -> float:
    """The least of three, of this thread alone."""

    def once() -> float:
        started = time.thread_time()
        use(text)
        return time.thread_time() - started

    return min(once() for _ in range(3))


def _slow(use: Use, unit: str, before: str, behind: str) -> bool:
    short, far = (before + unit * (length // len(unit)) + behind for length in (_SHORT, _FAR))

    def seems_slow() -> bool:
        took = _seconds(use, far)
        return took > _NOTHING and took > 2 * (_FAR / _SHORT) * _seconds(use, short)

    return all(seems_slow() for _ in range(_LOOKS))


@pytest.mark.parametrize("use", [pytest.param(use, id=name) for name, use in _used()])
def test_what_a_pattern_takes_grows_as_the_text_does(use: Use) -> None:
    assert [(unit, before, behind) for unit in _UNITS for before, behind in _ENDS if _slow(use, unit, before, behind)] == []


def test_a_pattern_that_takes_the_square_is_found() -> None:
    assert _slow(re.compile(r"\s*\d").search, " ", "", "")
    assert not _slow(re.compile(r"\d").search, " ", "", "")
