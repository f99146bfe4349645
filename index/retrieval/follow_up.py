"""Follow-up questions, rewritten to stand by themselves, so that "and Kling?", "et le prix ?" and "why?" can be asked in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from index.launches.product_lookup import Products
from index.model.answers import Topic
from index.text.languages import LANGUAGES
from index.text.words import Word, words

_ALWAYS_FOLLOWS = 3  # words: a question that is not longer goes on about what was said before
_MAY_FOLLOW = 8  # words: and one that is not longer than that when a word of it says so
_CHARACTER_PAIR = 2 / 3  # of a word: two Chinese or Japanese characters, which overlap
_ASKS_THE_SAME = 2  # words beside a product's name that ask nothing new: "and Kling?", "what about Veo"

_WORDS = [language.follow_up for language in LANGUAGES.values()]
_HEADS = frozenset(head for words_of in _WORDS for head in words_of.heads)
_PRONOUNS = frozenset(pronoun for words_of in _WORDS for pronoun in words_of.pronouns)
_PHRASES = frozenset(phrase for words_of in _WORDS for phrase in words_of.phrases)


def rewrite(question: str, topic: Topic, products: Products, is_name: Callable[[str], bool], is_word: Callable[[str], bool]) -> str:
    """The question as it would be asked outside its thread; unchanged, where it stands by itself.

    "and Kling?" after "When will Sora ship?" is "When will Kling ship?", and "why?" is "Sora: why?".

    Args:
        topic: what the thread was about before.
        is_name, is_word: see :meth:`Products.asked`.
    """
    tokens = words(question)
    mentions = products.asked(question, is_name, is_word)
    if mentions:
        in_names = {word.full for mention in mentions for word in words(products.shown(mention.product))}
        length = sum(1.0 if word.alphabetic else _CHARACTER_PAIR for word in tokens if word.full not in in_names)
        follows = length <= _ASKS_THE_SAME and _follows(question, tokens, round(length) + 1)
        return _about(topic, products, mentions[0].product) if follows else question
    if topic.products and _follows(question, tokens, len(tokens)):
        return f"{', '.join(map(products.shown, topic.products))}: {question}"
    return question


def _follows(question: str, tokens: Sequence[Word], length: int) -> bool:
    """Whether a question of so many words goes on about the one before."""
    folded = [word.full for word in tokens]
    if not folded:
        return False
    refers_back = folded[0] in _HEADS or not _PRONOUNS.isdisjoint(folded) or any(phrase in question for phrase in _PHRASES)
    return length <= _ALWAYS_FOLLOWS or (refers_back and length <= _MAY_FOLLOW)


def _about(topic: Topic, products: Products, product: str) -> str:
    """The question before, about another product."""
    name = products.shown(product)
    mentions = products.mentions.find(topic.question, "")
    if not mentions:
        return f"{topic.question} {name}"
    first = mentions[0]
    return topic.question[: first.start] + name + topic.question[first.end :]
