"""The scripts without spaces and capitals, as ranges for a class of a regular expression.

What is a character of a word is narrower than what belongs to these scripts: sound marks, the middle dot between the words of
foreign names, and the hexagrams amid the ideographs are no letters, and would end a term in FTS5.
"""

from __future__ import annotations

KANA = "\u3041-\u30ff"
"""Hiragana and katakana, with their marks."""

MIDDLE_DOT = "\u30fb"
"""Stands in Japanese between words in kana, and in Chinese too."""

HAN = "\u3400-\u9fff"
"""Chinese characters, and the hexagrams."""

COMPATIBLE_HAN = "\uf900-\ufaff"
"""Chinese characters once more, as other encodings had them; most are unified by NFKC."""

HANGUL = "\uac00-\ud7af"
"""Korean syllables."""

ITERATION_MARK = "\u3005"
"""々, which repeats the character before it."""

FULL_WIDTH = "\uff00-\uffef"
"""Latin letters, digits and marks as wide as an ideograph, and half-width kana."""

CJK = KANA + HAN + HANGUL
"""Whatever belongs to one of these scripts, but for compatible and full-width forms."""

CJK_LETTERS = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff" + COMPATIBLE_HAN + HANGUL
"""What words of these scripts are made of."""
