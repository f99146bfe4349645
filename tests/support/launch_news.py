"""Articles and questions of several workspaces that have much to hide from each other, for tests."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from index.model.answers import Topic
from index.model.articles import EVERYBODY
from tests.support.articles import write

OURS, THEIRS, OTHERS, NOBODYS = "slack:T1", "slack:T2", "discord:3", "slack:T9"
"""Workspaces: the first three have articles, the last has none."""

_NAMES = {
    EVERYBODY: ("Aurora", "Borealis", "Cirrus", "Fathom", "Kling"),
    OURS: ("Aurora", "Zephyrion", "Quillmark", "Vidu", "黑曜石"),
    THEIRS: ("Aurora", "Borealis", "Glimmerwood", "Nimbus", "Kling 9", "Aurorra", "Sora"),
    OTHERS: ("Cirruss", "Tidewatch", "Zephyrion", "Fathom", "火炎瓶モデル"),
}
"""What the articles of each are about: names of their own, some of which are others' names with a slip, and names that all know."""

_CHATTER = ("nimbus", "glimmerwood", "aurora", "tidewatch", "quillmark")
"""What others write in small letters."""

_NEWS = {
    "en": (
        "{name} will ship on {day} May. Its maker says that testers liked it. The price of {name} is {price} dollars.",
        "{name} was released on {day} March and anyone can sign up. It costs {price} dollars a month in Brazil.",
        "The maker has shut down {name}. Since {day} June nobody can use {name} any more, and {price} people lost their work.",
        "{name} {version} is open to testers by invitation. The waiting list holds {price} names.",
        "People speak of a {chatter} when they mean any cloud. A {chatter} costs {price} dollars, they say, and {name} costs more.",
    ),
    "fr": (
        "{name} sortira le {day} mai. Son prix sera de {price} euros par mois.",
        "{name} {version} est disponible pour tous depuis le {day} mars. Il coûte {price} euros.",
    ),
    "de": ("{name} ist seit dem {day}. März für alle verfügbar und kostet {price} Euro. Manche nennen es {chatter}.",),
    "es": ("{name} {version} saldrá el {day} de mayo y costará {price} euros al mes.",),
    "zh": ("{name}于5月{day}日发布，价格为每月{price}元。所有人都可以使用{name}。",),
    "ja": ("{name}は5月{day}日に公開された。料金は月に{price}ドルです。",),
}

_QUESTIONS = (
    "When will {name} ship?",
    "how much does {name} cost",
    "is {name} out yet?",
    "who can use {name} {version}?",
    "was {name} out in March 2025?",
    "Quand sort {name} ?",
    "Wann kommt {name}?",
    "¿Cuánto cuesta {name} {version}?",
    "{name}什么时候发布？",
    "{name}の料金はいくらですか？",
)
_SMALL_TALK = ("", "hello, how are you?", "what does a nimbus cost?", "what is new?", "and the price?", "why?")
_VERSIONS = ("2.0", "3", "7.5")
_FIRST = date(2025, 1, 1)
_DAYS = (None, None, date(2025, 2, 15), date(2025, 6, 30))


@dataclass(frozen=True, slots=True)
class Probe:
    """Something to ask: a question, or the name of a product of which the status is wanted."""

    text: str
    of_status: bool
    as_of: date | None
    topic: Topic | None = None


def batches(folder: Path) -> list[tuple[str, Path]]:
    """Folders of articles, and the scope of each, in the order in which they are to be added: everybody's come neither first nor last."""
    dice = random.Random(1)
    plan = ((THEIRS, 28), (OURS, 9), (EVERYBODY, 14), (OTHERS, 7))
    made = []
    for turn, (scope, count) in enumerate(plan):
        made.append((scope, folder / str(turn)))
        for number in range(count):
            name, language = dice.choice(_NAMES[scope]), dice.choice(("en", "en", *_NEWS))
            text = _filled(dice, dice.choice(_NEWS[language]), name)
            said = {"published": str(_FIRST + timedelta(days=dice.randrange(360)))} if dice.random() < 0.9 else {}
            write(made[-1][1] / f"{number:02}.md", text, title=f"{name} {turn}.{number}", language=language, **said)
    return made


def probes() -> Iterator[Probe]:
    """Things to ask at random, for ever: also for what only others know, with slips, versions and days."""
    dice = random.Random(2)
    names = sorted({name for of_scope in _NAMES.values() for name in of_scope})
    names += [name.lower() for name in names] + [_slip(dice, name) for name in names] + list(_CHATTER)
    questions = [_filled(dice, question, name) for name in names for question in dice.sample(_QUESTIONS, 2)]
    questions += _SMALL_TALK
    while True:
        as_of = dice.choice(_DAYS)
        if dice.random() < 0.72:
            yield Probe(dice.choice(names) + dice.choice(("", "", " 2", " 9")), True, as_of)
        elif dice.random() < 0.1:
            yield Probe(f"and {dice.choice(names[::4])}?", False, as_of, Topic("When will Aurora ship?", ("aurora",)))
        else:
            yield Probe(dice.choice(questions), False, as_of)


def _filled(dice: random.Random, template: str, name: str) -> str:
    return template.format(
        name=name, day=dice.randrange(2, 28), price=dice.randrange(5, 99), version=dice.choice(_VERSIONS), chatter=dice.choice(_CHATTER)
    )


def _slip(dice: random.Random, name: str) -> str:
    """The name with two letters swapped, or one left out."""
    at = dice.randrange(1, len(name) - 1)
    return dice.choice((name[:at] + name[at + 1] + name[at] + name[at + 2 :], name[:at] + name[at + 1 :]))
