"""What a thread is about, so that "and Kling?", "et le prix ?" and "why?" can be asked in it."""

from __future__ import annotations

from collections.abc import Callable

from index.launches.product_lookup import Products
from index.model.answers import Topic
from index.text.languages import LANGUAGES
from index.text.words import words

_FEW = 3  # words: a question that is shorter goes on about what was said
_SOME = 8  # words: and one that is shorter than that when it says so
_PAIR = 2 / 3  # of a word: two Chinese or Japanese characters, which overlap
_OWN = 2  # words beside a product's name that ask nothing new: "and Kling?", "what about Veo"

_WORDS = [language.follow_up for language in LANGUAGES.values()]
_HEADS = frozenset(head for words_of in _WORDS for head in words_of.heads)
_PRONOUNS = frozenset(pronoun for words_of in _WORDS for pronoun in words_of.pronouns)
_PHRASES = frozenset(phrase for words_of in _WORDS for phrase in words_of.phrases)


def complete(question: str, topic: Topic, products: Products, is_name: Callable[[str], bool], is_word: Callable[[str], bool]) -> str:
    """The question as it would be asked outside its thread.

    Args:
        is_name, is_word: see :meth:`Products.asked`.
    """
    found = words(question)
    named = products.asked(question, is_name, is_word)
    if named:
        inside = {word.full for one in named for word in words(products.shown(one.product))}
        own = sum(1.0 if word.alphabetic else _PAIR for word in found if word.full not in inside)
        return _about(topic, products, named[0].product) if own <= _OWN and _goes_on(question, round(own) + 1) else question
    if topic.products and _goes_on(question, len(found)):
        return f"{', '.join(map(products.shown, topic.products))}: {question}"
    return question


def _goes_on(question: str, length: int) -> bool:
    found = [word.full for word in words(question)]
    if not found:
        return False
    told = found[0] in _HEADS or not _PRONOUNS.isdisjoint(found) or any(phrase in question for phrase in _PHRASES)
    return length <= _FEW or (told and length <= _SOME)


def _about(topic: Topic, products: Products, product: str) -> str:
    """The question before, about another product."""
    name = products.shown(product)
    mentions = products.mentions.find(topic.question, "")
    if not mentions:
        return f"{topic.question} {name}"
    first = mentions[0]
    return topic.question[: first.start] + name + topic.question[first.end :]
