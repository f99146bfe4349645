"""Where the sentences of one line of text end, and which of them say something.

For the languages that have a file (:mod:`index.text.languages`) each mark that may end a sentence is judged by what stands around
it: abbreviations, initials, ordinals, times, quotation marks, names with an exclamation mark. For all others ``sentencex`` knows
the abbreviations and full stops. Both take time in proportion to the text: no mark is judged by more than some tens of characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache

from index.text import dates
from index.text.language import UNKNOWN
from index.text.languages import LANGUAGES
from index.text.scripts import CJK, FULL_WIDTH

_NEAR = 48  # characters on either side of a mark by which it is judged
_QUOTE_LENGTH = 200  # characters back to where a quotation began
_STRETCH = 2000  # characters: sentencex takes quadratic time for quotation marks that are never closed
_STRETCH_ENDS = (". ", "。", " ")  # the best first

_CJK = re.compile(f"[{CJK}{FULL_WIDTH}]")
_MARK = re.compile(r"[.!?…。！？｡．؟]+|\s[•▪‣●◦](?=\s)")
_BULLETS = "•▪‣●◦"
_FULL_WIDTH_ENDS = frozenset("。！？｡．")
_CLOSING = re.compile(r"(?:[”’»)\]」』）】〉》›]|[\"'“«](?!\w)|[ \u00a0\u202f]»(?!\w)|\[\d{1,3}\])*")
_OPENING = re.compile(r"[\s\"'“”„«»‘‚‹([¿¡「『–—*_-]*")
_LAST_TOKEN = re.compile(rf"[^\s\"'’“”„«»‘‚‹(（\[{{¿¡—*_「『、，。！？：{CJK}]+\Z")
_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*")
_LOWER_NAME = re.compile(r"[a-z]{1,5}[A-Z]\w")  # iPhone, xAI, macOS
_GLUED_BEFORE = re.compile(r"(?:[^\W\d_]{3}|\d{4}|[%)\]”»\"])\Z")
_GLUED_AFTER = re.compile(r"(?:[^\W\d_]['’]?[^\W\d_]+(?:['’-]\w+)?(?=[\s,]|\Z)|[IAÀÉEOY](?=\s))")
_ADDRESS = re.compile(r"[./@:\\]")
_INITIALISM = re.compile(r"[^\W\d_](?:\.[^\W\d_]{1,2})+\Z")
_DAY_HALF = re.compile(r"\d\s?[ap]\.?\s?m\Z", re.IGNORECASE)
_ZONE = re.compile(r"(?:[A-Z]{2,4}|Pacific|Eastern|Central|Mountain|Greenwich|UTC\S*)\Z")
_EXCLAIMING = frozenset({"yahoo", "jeopardy", "kahoot", "joomla", "yum"})
_ATTRIBUTION = re.compile(
    r"\s*(?:[^\W\d_]\S*\s){0,3}(?:asked|asks|said|says|told|added|wrote|writes|exclaimed|tweeted|posted|joked|wondered|replied|"
    r"sagte|sagt|fragte|fragt|schrieb|schreibt|rief|demande|demanda|dit|s'exclame|pregunta|preguntó|dijo|dice|disse|pergunta|"
    r"perguntou|chiede|chiese)\b"
)
_CJK_GOES_ON = re.compile(
    r"\s*(?:[、，,；;：:）)」』”]|と|って|という|など|の|に|を|が|は|も|で|的|等|[^。！？，、“”「」\s]{0,10}?(?:说|表示|称|写道|问道|指出|强调)(?:[。，：,]|\Z)|[他她]们?(?:说|问|道))"
)
_CJK_QUOTE_OPENS = '“「『"'
_CJK_QUOTE_STANDS_APART = "：:，,。！？\u3000 、"

_LAST_MARK = re.compile(r"[.!?…。！？｡．؟।۔][\"'”’»)\]」』）】〉》›“« \u00a0\u202f]*\Z")
_QUESTION = re.compile(r"[?？؟][\"'”’»)」』）\s]*\Z")
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_ROW = re.compile(r"[:：].*[;；].*[:：]", re.DOTALL)
_DATE_PARTS = re.compile(r"[\d年月日号號时時点點分秒半星期周週曜午上下前后後:：./\-]")
_WHOLE_WORD = 20  # letters: what is longer is a run of words in a script without spaces
_SOME_DAY = date(2000, 1, 1)  # which day a date is does not matter here


class _Rules:
    """What ends no sentence in a language, and in English, whose names and abbreviations stand in texts of all languages."""

    def __init__(self, language: str) -> None:
        both = [LANGUAGES[code] for code in dict.fromkeys((language, "en"))]
        self.titles = frozenset(word.lower() for each in both for word in each.titles)
        self.abbreviations = frozenset(word.lower() for each in both for word in each.sentences.abbreviations)
        self.before_numbers = frozenset(word.lower() for each in both for word in each.sentences.before_numbers)
        self.at_either = frozenset(word.lower() for each in both for word in each.sentences.abbreviations_at_ends)
        self.openers = frozenset(word for each in both for word in each.sentences.openers)
        self.before_ordinals = frozenset(both[0].sentences.before_ordinals)
        self.after_ordinals = frozenset(both[0].sentences.after_ordinals)

    def ends_one(self, line: str, mark: re.Match[str], end: int, all_small: bool) -> bool:  # noqa: PLR0911, PLR0912 (a case a line)
        """Whether a sentence ends with this mark and the closing quotation marks behind it, which end at ``end``."""
        written, start = mark.group(), mark.start()
        if written[-1] in _BULLETS:
            return True
        before = line[max(0, start - _NEAR) : start]
        after = line[end : end + _NEAR]
        token = self._token(before)
        if before[-1:] in "([（［" and end > mark.end():  # (!), [...]
            return False
        if not _FULL_WIDTH_ENDS.isdisjoint(written):
            return self._ends_ideographs(line, mark, end, after)
        near = (before[-1:], after[:1]) if written[0] != "." else (before[-1:],)
        if any(map(_CJK.match, near)) and not after[:1].isspace():
            return token.lower() not in _EXCLAIMING and self._ends_ideographs(line, mark, end, after)
        if not after[:1].isspace():
            return self._is_glued(before, token, written, after)
        opening = _OPENING.match(after)
        rest = after[opening.end() :] if opening else after
        is_small = rest[:1].islower() and not _LOWER_NAME.match(rest)
        found = _WORD.match(rest)
        word = found.group() if found else ""
        opens = word in self.openers
        if rest[:1] in ",;:)":
            return False
        is_quoted = end > mark.end()
        if opening and is_quoted and any(dash in opening.group() for dash in "–—-"):
            return False  # the speaker's name
        if "!" in written or "?" in written:
            if is_small:
                return False
            if token.lower() in _EXCLAIMING:
                return opens
            return not (is_quoted and _ATTRIBUTION.match(after))
        if len(written) > 1 or written == "…":
            if is_small or rest[:1].isdigit():
                return False
            return bool(before[-1:].strip()) or opens or word.lower() in self.titles
        if is_small:
            return all_small and len(token) > 1 and token.isalpha() and token.lower() not in self.abbreviations | self.at_either
        return self._ends_at_stop(before, token, rest, word, opens)

    def _ends_at_stop(self, before: str, token: str, rest: str, word: str, opens: bool) -> bool:  # noqa: PLR0911 (a case a line)
        low = token.lower()
        if low in self.titles or low in self.abbreviations:
            return False
        if _DAY_HALF.search(before):
            return not (_ZONE.match(word) or word.lower() in self.after_times) and not rest[:1].isdigit()
        if rest[:1].isdigit():
            is_date = bool(self.before_ordinals) and token.isdigit()
            return not (low in self.before_numbers or is_date or (len(token) == 1 and token.isalpha()) or _INITIALISM.match(token))
        if _INITIALISM.match(token) or low in self.at_either or (len(token) == 1 and token.isalpha()):
            return opens
        if token.isdigit():
            head = before[: len(before) - len(token)].rstrip()
            if not head:
                return False  # the number of an item
            if self.before_ordinals and len(token) <= 3:
                return not (word.lower() in self.after_ordinals or (self._token(head).lower() in self.before_ordinals and not opens))
        return True

    @property
    def after_times(self) -> frozenset[str]:
        """Days and months, behind "10 a.m."."""
        return _CALENDAR

    @staticmethod
    def _token(before: str) -> str:
        last = _LAST_TOKEN.search(before)
        return last.group() if last else ""

    @staticmethod
    def _is_glued(before: str, token: str, written: str, after: str) -> bool:
        """Whether two sentences stand without a space between them ("available.The")."""
        if after[:1] in "¿¡":
            return True
        if (len(written) > 1 and set(written) == {"."}) or _ADDRESS.search(token) or not after[:1].isupper():
            return False
        if not _GLUED_BEFORE.search(before) or (before[-1:].isalpha() and not before[-3:].islower()):
            return False
        return _GLUED_AFTER.match(after) is not None

    @staticmethod
    def _ends_ideographs(line: str, mark: re.Match[str], end: int, after: str) -> bool:
        if end == mark.end():
            return after[:1] not in "、，,；;：:"
        if _CJK_GOES_ON.match(after):
            return False
        # A quotation within a sentence goes on with it; one that is a sentence stands after a colon, or first.
        since = max(0, mark.start() - _QUOTE_LENGTH)
        opened = max(line.rfind(quote, since, mark.start()) for quote in _CJK_QUOTE_OPENS)
        closed = max(line.rfind(quote, since, mark.start()) for quote in "”」』")
        return opened <= max(closed, 0) or line[opened - 1] in _CJK_QUOTE_STANDS_APART


_CALENDAR = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october "
    "november december".split()
)


@cache
def _rules(language: str) -> _Rules:
    return _Rules(language)


def ends(line: str, language: str) -> list[int]:
    """Where the sentences of a line end, in order; the last is the line's own end. White space before a sentence belongs to it.

    Args:
        language: ISO 639-1 code or a tag that begins with one, of the article. A line in another language is cut by the same rules.
    """
    code = language.partition("-")[0]
    if code == UNKNOWN:
        code = "en"
    if code not in LANGUAGES:
        return _ends_by_library(line, code)
    rules = _rules(code)
    cuts: list[int] = []
    first = next(filter(str.isalpha, line[:_NEAR]), "")
    all_small = first.islower() and not _LOWER_NAME.match(line.lstrip())
    last = len(line.rstrip())
    for mark in _MARK.finditer(line, 0, last):
        closing = _CLOSING.match(line, mark.end(), last)
        end = mark.start() if mark.group()[-1] in _BULLETS else closing.end() if closing else mark.end()
        if end >= last:
            break
        if rules.ends_one(line, mark, end, all_small) and (not cuts or end > cuts[-1]):
            cuts.append(end)
    return [*cuts, len(line)]


def _ends_by_library(line: str, language: str) -> list[int]:
    from sentencex import segment

    titles = frozenset(title for known in LANGUAGES.values() for title in known.titles)
    cuts, end = [], 0
    for stretch in _stretches(line):
        for piece in segment(language, stretch):
            end += len(piece)
            token = _LAST_TOKEN.search(line[max(0, end - _NEAR) : end].rstrip())
            if not (token and token.group()[-1] == "." and token.group()[:-1] in titles):  # it takes "M. Name" for two sentences
                cuts.append(end)
    return [*cuts, len(line)] if not cuts or cuts[-1] < len(line) else cuts


def _stretches(line: str) -> Iterator[str]:
    """A line in stretches that end, as far as they can, with a sentence."""
    start = 0
    while len(line) - start > _STRETCH:
        found = (line.rfind(mark, start + _STRETCH // 2, start + _STRETCH) + len(mark) for mark in _STRETCH_ENDS)
        end = next((end for end in found if end > start + len(". ")), start + _STRETCH)
        yield line[start:end]
        start = end
    yield line[start:]


def says_something(sentence: str, language: str, *, is_heading: bool = False) -> bool:  # noqa: PLR0911 (a case a line)
    """Whether a sentence says something by itself, so that it can be quoted.

    One word, a name, a date, a label, a number, a link or a lead that ends in a colon does not. A heading has to have five words
    (ten characters in Chinese or Japanese), or fewer and a number, and to ask nothing: most headings only name a subject.
    """
    if sentence[-1:] in ":：" or (is_heading and _QUESTION.search(sentence)):
        return False
    if "://" in sentence or "www." in sentence:
        sentence = _LINK.sub(" ", sentence).strip()
    ideographs = len(_CJK.findall(sentence[:200]))
    if ideographs * 4 > len(sentence[:200]) or ideographs >= 12:
        return _ideographs_say_something(sentence, is_heading)
    tokens = sentence[:200].split()
    count = _count(tokens)
    is_closed = not is_heading and _LAST_MARK.search(sentence) is not None
    if is_closed:
        return count >= 2 and any(len(token) > 1 and token[:1].isalpha() for token in tokens) and not _is_date(sentence, language, count)
    if _ROW.search(sentence):
        return True
    has_digit = any(character.isdigit() for character in sentence[:200])
    if count < (3 if has_digit else 5 if is_heading else 4):
        return False
    if has_digit and count <= 10:
        tokens = _without_dates(sentence, language).split()
    words = [token for token in tokens if sum(map(str.isalpha, token)) > 1 and not any(map(str.isdigit, token))]
    if not is_heading and count <= 5 and not any(word[:1].islower() or not word[:1].isalpha() or _CJK.match(word) for word in words):
        return not any(word[:1].isupper() for word in words) and len(words) > 2
    return len(words) >= (3 if is_heading or not has_digit else 2) or _count(words) > 4


def _count(tokens: list[str]) -> int:
    """How many words there are; in scripts without spaces six letters are taken for one."""
    return sum(1 if len(token) <= _WHOLE_WORD else len(token) // 6 for token in tokens if any(map(str.isalnum, token)))


def _ideographs_say_something(sentence: str, is_heading: bool) -> bool:
    said = _DATE_PARTS.sub("", sentence[:200])
    letters = sum(map(str.isalpha, said))
    has_digit = any(map(str.isdigit, sentence[:200]))
    if is_heading:
        return letters >= (5 if has_digit else 10)
    return letters >= (3 if _LAST_MARK.search(sentence) else 4 if has_digit else 8)


def _is_date(sentence: str, language: str, count: int) -> bool:
    return count <= 5 and any(map(str.isdigit, sentence)) and not any(map(str.isalpha, _without_dates(sentence, language)))


def _without_dates(sentence: str, language: str) -> str:
    kept, end = [], 0
    for day in dates.find(sentence[:200], language, _SOME_DAY):
        kept.append(sentence[end : day.start])
        end = day.end
    return " ".join((*kept, sentence[end:]))
