"""Dates in texts."""

from __future__ import annotations

import unicodedata
from datetime import date
from itertools import pairwise

import pytest
from babel.dates import format_date, get_month_names
from hypothesis import given, settings
from hypothesis import strategies as st

from index.text.dates import Lean, find

LANGUAGES = ("en", "fr", "de", "es", "it", "pt", "zh", "ja")
TODAY = date(2025, 6, 18)  # a Wednesday


def said(text: str, language: str, today: date = TODAY, lean: Lean = Lean.NEAR) -> list[tuple[str, str]]:
    """What is found, in the text's words and as first/last."""
    return [
        (text[one.start : one.end], f"{one.first}" if one.first == one.last else f"{one.first}/{one.last}")
        for one in find(text, language, today, lean=lean)
    ]


DAYS = """
en | Sora came out on [9 December 2024], it said | 2024-12-09
en | Sora came out on [December 9, 2024], it said | 2024-12-09
en | out since [Dec. 9th] | 2024-12-09
en | the [9th of December 2024] | 2024-12-09
en | on [Monday, 9 December 2024], almost ten months after | 2024-12-09
en | on [Tuesday (Dec 10)] it said | 2024-12-10
en | [Sept. 30, 2025]: Sora 2 | 2025-09-30
en | Posted [2024-12-09]T10:00:00Z by | 2024-12-09
en | on [12/9/2024] | 2024-12-09
en | on [25/12/2024] | 2024-12-25
en | Gen 4 [March 31] | 2025-03-31
en | was it out [may 9]? | 2025-05-09
en | from [9-12 December 2024] | 2024-12-09/2024-12-12
en | [March 9-12, 2024] in Paris | 2024-03-09/2024-03-12
en | [December 9 last year] | 2024-12-09
fr | Kling, présenté [jeudi 6 juin 2024], fabrique | 2024-06-06
fr | dès le [1er juillet] | 2025-07-01
fr | le [9 déc. 2024] | 2024-12-09
fr | le [9 sept. 2024] | 2024-09-09
fr | depuis [lundi 9 décembre], le modèle | 2024-12-09
fr | le [9/12/2024] | 2024-12-09
fr | du [9 au 12 décembre 2024] | 2024-12-09/2024-12-12
fr | le [9 décembre dernier] | 2024-12-09
fr | le [28 FÉVRIER 2025] | 2025-02-28
fr | le [28 fevrier 2025] | 2025-02-28
de | am [9. Dezember] in Berlin | 2024-12-09
de | am [Montag, den 9. Dezember 2024], sagte | 2024-12-09
de | ab [09.12.2024]. | 2024-12-09
de | seit [1. März 2025] | 2025-03-01
de | seit dem [3.3.2025] | 2025-03-03
de | am [9. Dezember letzten Jahres] | 2024-12-09
es | el [9 de diciembre de 2024] | 2024-12-09
es | el [lunes, 9 de diciembre de 2024] | 2024-12-09
es | el [9 dic 2024] | 2024-12-09
es | el [1.º de enero] | 2025-01-01
es | el [pasado 9 de diciembre] | 2024-12-09
es | del [9 al 12 de diciembre de 2024] | 2024-12-09/2024-12-12
it | il [9 dicembre 2024] | 2024-12-09
it | [lunedì 9 dicembre] la società | 2024-12-09
it | pensiona GPT-4 il [30 aprile] | 2025-04-30
it | il [primo luglio] | 2025-07-01
it | il [1° luglio 2025] | 2025-07-01
it | dal [9/12/2024] | 2024-12-09
pt | em [9 de dezembro de 2024] | 2024-12-09
pt | em [9 de dez. de 2024] | 2024-12-09
pt | na [segunda-feira, 9 de dezembro], | 2024-12-09
pt | no dia [1º de julho] | 2025-07-01
zh | OpenAI于[2024年12月9日]发布Sora | 2024-12-09
zh | [2024 年 12 月 9 日],OpenAI | 2024-12-09
zh | [２０２４年１２月９日]，OpenAI | 2024-12-09
zh | [二〇二四年十二月九日]发布 | 2024-12-09
zh | [12月9日（周一）]发布 | 2024-12-09
zh | 在[去年12月9日]发布 | 2024-12-09
zh | [本月9日]发布 | 2025-06-09
zh | 发布于[2024-12-09] | 2024-12-09
ja | [2024年12月9日]に公開 | 2024-12-09
ja | [12月9日(月)]に公開 | 2024-12-09
ja | [2024/12/09]公開 | 2024-12-09
ja | [昨年12月9日]に公開 | 2024-12-09
ja | [来年1月20日]まで | 2026-01-20
ru | вышла [2024-12-09] | 2024-12-09
ru | вышла [09.12.2024] | 2024-12-09
"""

PERIODS = """
en | in [March 2024] the firm | 2024-03-01/2024-03-31
en | is it out in [may]? | 2025-05-01/2025-05-31
en | it shipped in [march] | 2025-03-01/2025-03-31
en | In [May] OpenAI showed | 2025-05-01/2025-05-31
en | since [March], and | 2025-03-01/2025-03-31
en | [last December] | 2024-12-01/2024-12-31
en | [late 2024] | 2024-10-01/2024-12-31
en | by the [end of March] | 2025-03-21/2025-03-31
en | in [mid-May] | 2025-05-11/2025-05-20
en | in [early next year] | 2026-01-01/2026-03-31
en | by the [end of the year] | 2025-10-01/2025-12-31
en | [spring 2025] | 2025-03-01/2025-05-31
en | [this fall] | 2025-09-01/2025-11-30
en | in the [fall of 2024] | 2024-09-01/2024-11-30
en | in [Q3 2025] | 2025-07-01/2025-09-30
en | the [first half of 2025] | 2025-01-01/2025-06-30
en | in the [third quarter of 2025] | 2025-07-01/2025-09-30
en | as in [2024]. | 2024-01-01/2024-12-31
en | Sora ([2024]) | 2024-01-01/2024-12-31
en | [this week] | 2025-06-16/2025-06-22
en | [last month] | 2025-05-01/2025-05-31
en | [next year] | 2026-01-01/2026-12-31
en | [last quarter] | 2025-01-01/2025-03-31
en | [three weeks ago] | 2025-05-25/2025-05-31
en | [2 days ago] | 2025-06-16
en | [a year ago] | 2024-03-20/2024-09-16
en | available [in two weeks]. | 2025-06-29/2025-07-05
en | in the [coming weeks] | 2025-06-25/2025-07-16
en | in the [coming days] | 2025-06-19/2025-06-25
en | in the [next few months] | 2025-07-18/2025-12-15
fr | en [mars 2024] | 2024-03-01/2024-03-31
fr | en [mai], la société | 2025-05-01/2025-05-31
fr | au [mois de mars] | 2025-03-01/2025-03-31
fr | en [août] | 2025-08-01/2025-08-31
fr | [fin 2024] | 2024-10-01/2024-12-31
fr | à la [fin de l'année] | 2025-10-01/2025-12-31
fr | à la [fin de l’année] | 2025-10-01/2025-12-31
fr | [début mars] | 2025-03-01/2025-03-10
fr | à la [mi-mai] | 2025-05-11/2025-05-20
fr | à l'[automne] | 2025-09-01/2025-11-30
fr | à l'[été 2024] | 2024-06-01/2024-08-31
fr | au [premier semestre 2025] | 2025-01-01/2025-06-30
fr | au [T3 2025] | 2025-07-01/2025-09-30
fr | au [1er trimestre 2025] | 2025-01-01/2025-03-31
fr | en [2024] | 2024-01-01/2024-12-31
fr | la [semaine dernière] | 2025-06-09/2025-06-15
fr | [cette année] | 2025-01-01/2025-12-31
fr | l'[an dernier] | 2024-01-01/2024-12-31
fr | en [mars dernier] | 2025-03-01/2025-03-31
fr | [il y a deux mois] | 2025-04-03/2025-05-03
fr | [dans deux semaines] | 2025-06-29/2025-07-05
fr | dans les [prochains mois] | 2025-07-18/2025-12-15
fr | dans les [semaines à venir] | 2025-06-25/2025-07-16
de | im [Mai] | 2025-05-01/2025-05-31
de | im [März 2024] | 2024-03-01/2024-03-31
de | [Ende 2024] | 2024-10-01/2024-12-31
de | [Anfang März] | 2025-03-01/2025-03-10
de | bis [Jahresende] | 2025-10-01/2025-12-31
de | gegen [Ende des Jahres] | 2025-10-01/2025-12-31
de | im [Frühjahr 2025] | 2025-03-01/2025-05-31
de | im [dritten Quartal 2025] | 2025-07-01/2025-09-30
de | im [3. Quartal 2025] | 2025-07-01/2025-09-30
de | [letztes Jahr] | 2024-01-01/2024-12-31
de | im [vergangenen Monat] | 2025-05-01/2025-05-31
de | [nächste Woche] | 2025-06-23/2025-06-29
de | [vor drei Wochen] | 2025-05-25/2025-05-31
de | [in drei Monaten] | 2025-09-03/2025-10-03
de | in den [kommenden Wochen] | 2025-06-25/2025-07-16
de | kam [2024] auf den Markt | 2024-01-01/2024-12-31
de | im [Jahr 2024] | 2024-01-01/2024-12-31
es | en [mayo] | 2025-05-01/2025-05-31
es | [marzo de 2024] | 2024-03-01/2024-03-31
es | a [finales de 2024] | 2024-10-01/2024-12-31
es | a [principios de marzo] | 2025-03-01/2025-03-10
es | a [mediados de mayo] | 2025-05-11/2025-05-20
es | en [otoño] | 2025-09-01/2025-11-30
es | el [primer semestre de 2025] | 2025-01-01/2025-06-30
es | el [año que viene] | 2026-01-01/2026-12-31
es | el [mes pasado] | 2025-05-01/2025-05-31
es | [esta semana] | 2025-06-16/2025-06-22
es | [hace un año] | 2024-03-20/2024-09-16
es | [dentro de dos semanas] | 2025-06-29/2025-07-05
es | en los [próximos meses] | 2025-07-18/2025-12-15
it | a [maggio] | 2025-05-01/2025-05-31
it | [marzo 2024] | 2024-03-01/2024-03-31
it | entro la [fine dell'anno] | 2025-10-01/2025-12-31
it | a [metà marzo] | 2025-03-11/2025-03-20
it | in [autunno] | 2025-09-01/2025-11-30
it | nella [prima metà del 2025] | 2025-01-01/2025-06-30
it | nel [2024] | 2024-01-01/2024-12-31
it | il [mese scorso] | 2025-05-01/2025-05-31
it | lo [scorso anno] | 2024-01-01/2024-12-31
it | [quest'anno] | 2025-01-01/2025-12-31
it | [due settimane fa] | 2025-06-01/2025-06-07
it | [tra due settimane] | 2025-06-29/2025-07-05
it | nelle [prossime settimane] | 2025-06-25/2025-07-16
pt | em [maio] | 2025-05-01/2025-05-31
pt | em [março de 2024] | 2024-03-01/2024-03-31
pt | no [fim de 2024] | 2024-10-01/2024-12-31
pt | no [início de março] | 2025-03-01/2025-03-10
pt | na [semana passada] | 2025-06-09/2025-06-15
pt | no [próximo ano] | 2026-01-01/2026-12-31
pt | [semana que vem] | 2025-06-23/2025-06-29
pt | [há três meses] | 2025-03-03/2025-04-02
pt | [três meses atrás] | 2025-03-03/2025-04-02
pt | [daqui a dois meses] | 2025-08-03/2025-09-02
pt | nos [próximos meses] | 2025-07-18/2025-12-15
zh | [2024年3月]发布 | 2024-03-01/2024-03-31
zh | [3月]发布 | 2025-03-01/2025-03-31
zh | [2024年]发布 | 2024-01-01/2024-12-31
zh | [2024年底]前 | 2024-10-01/2024-12-31
zh | 将于[年底]推出 | 2025-10-01/2025-12-31
zh | [今年年底]推出 | 2025-10-01/2025-12-31
zh | [10月上旬]推出 | 2025-10-01/2025-10-10
zh | [今年夏天]推出 | 2025-06-01/2025-08-31
zh | [2025年第三季度] | 2025-07-01/2025-09-30
zh | [2025年上半年] | 2025-01-01/2025-06-30
zh | [上个月]推出 | 2025-05-01/2025-05-31
zh | [本周]推出 | 2025-06-16/2025-06-22
zh | [三个月前]推出 | 2025-03-03/2025-04-02
zh | [45天后]年化收入 | 2025-08-02
zh | [两周后]推出 | 2025-06-29/2025-07-05
zh | 将在[未来几周]推出 | 2025-06-25/2025-07-16
zh | [去年]推出 | 2024-01-01/2024-12-31
ja | [2024年3月]に公開 | 2024-03-01/2024-03-31
ja | [10月末]に公開 | 2025-10-21/2025-10-31
ja | [年末]に公開 | 2025-10-01/2025-12-31
ja | [来年春]までに | 2026-03-01/2026-05-31
ja | [来年の春]までに | 2026-03-01/2026-05-31
ja | [2025年前半]に | 2025-01-01/2025-06-30
ja | [先週]の展示会 | 2025-06-09/2025-06-15
ja | [先週]公開 | 2025-06-09/2025-06-15
ja | [来年]公開 | 2026-01-01/2026-12-31
ja | [3か月前]に | 2025-03-03/2025-04-02
ja | [3日前]に | 2025-06-15
ja | [今後数週間]で | 2025-06-25/2025-07-16
ja | [2週間後]に | 2025-06-29/2025-07-05
"""

RELATIVE = """
en | launched [today] | 2025-06-18
en | [Yesterday], OpenAI | 2025-06-17
en | the [day before yesterday] | 2025-06-16
en | out [tomorrow]. | 2025-06-19
en | said on [Tuesday]. | 2025-06-17
en | said [Wednesday] that | 2025-06-18
en | said [last Wednesday] | 2025-06-11
en | said [last Tuesday] | 2025-06-17
en | [next Tuesday] | 2025-06-24
en | [next Wednesday] | 2025-06-25
fr | [aujourd’hui] | 2025-06-18
fr | lancé [hier] | 2025-06-17
fr | [avant-hier] | 2025-06-16
fr | [mardi], Runway | 2025-06-17
fr | [mardi dernier] | 2025-06-17
fr | [mardi prochain] | 2025-06-24
de | [gestern] | 2025-06-17
de | startet [morgen] | 2025-06-19
de | am [Dienstag] | 2025-06-17
de | am [Dienstagabend] | 2025-06-17
de | [letzten Dienstag] | 2025-06-17
de | [kommenden Dienstag] | 2025-06-24
es | [hoy] y [mañana] | 2025-06-18 2025-06-19
es | el [martes pasado] | 2025-06-17
es | el [próximo martes] | 2025-06-24
it | [ieri] e [oggi] | 2025-06-17 2025-06-18
it | [martedì scorso] | 2025-06-17
it | il [prossimo martedì] | 2025-06-24
pt | [ontem] e [hoje] | 2025-06-17 2025-06-18
pt | na [terça-feira] | 2025-06-17
pt | na [terça], a empresa | 2025-06-17
pt | na [próxima terça-feira] | 2025-06-24
pt | na [última terça-feira] | 2025-06-17
zh | [今天]发布 | 2025-06-18
zh | [昨日]发布 | 2025-06-17
zh | [周二]发布 | 2025-06-17
zh | [上周二]发布 | 2025-06-10
zh | [下周二]发布 | 2025-06-24
zh | [星期二]发布 | 2025-06-17
ja | [本日]公開 | 2025-06-18
ja | [昨日]公開 | 2025-06-17
ja | [火曜日]に公開 | 2025-06-17
ja | [来週火曜]に公開 | 2025-06-24
ja | [来週の火曜日]に公開 | 2025-06-24
"""


def cases(table: str) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Language, text, and what is to be found: what stands in brackets, and the dates behind the last bar."""
    rows = []
    for line in table.strip().splitlines():
        language, marked, dates = (part.strip() for part in line.split(" | "))
        expressions = [part.split("]")[0] for part in marked.split("[")[1:]]
        text = marked.replace("[", "").replace("]", "")
        rows.append((language, text, list(zip(expressions, dates.split(), strict=True))))
    return rows


@pytest.mark.parametrize(("language", "text", "expected"), cases(DAYS + PERIODS.strip() + RELATIVE))
def test_finds(language: str, text: str, expected: list[tuple[str, str]]) -> None:
    assert said(text, language) == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Gen-3 and GPT-4.5 and version 3.10 of Kling 1.6"),
        ("en", "It costs $20, renders 1080p at 24/7 and has 2024 users."),
        ("en", "The plan gives 2000 credits, the other 2024 credits."),
        ("en", "A clip lasts 10 seconds; the trial is two weeks long, a month free."),
        ("en", "May Mobility drove; it may march on the second attempt."),
        ("en", "a bus by May Mobility, the Sunday Times wrote"),
        ("en", "You may not march here."),
        ("en", "31 February 2024 and February 30 and 2024-02-30 and 30/02/2024"),
        ("en", "9 December 1950, March 1912 and 2150-01-01"),
        ("en", "in 2000 cities, after 2000 credits, of 2024 users"),
        ("en", "gpt-4o-2024-08-06 scored 10/10"),
        ("en", "It takes three weeks of work and 30 days of tests."),
        ("en", "Black Friday, the last day, the next day, early days"),
        ("en", "springs fall in, the march of progress, an august body"),
        ("fr", "Gen-3 coûte 20 €, dure 10 secondes, en 1080p"),
        ("fr", "Le modèle a été entraîné pendant deux semaines et a passé les tests."),
        ("fr", "le 31 février 2024"),
        ("fr", "une mission sur Mars, un second essai, 2024 abonnés"),
        ("de", "hier in Berlin, 24/7, 2000 Credits, am Morgen"),
        ("de", "Die Testphase dauert drei Wochen. Der 31. Februar 2024 nicht."),
        ("de", "Er mag es, das Ende vom Lied, vor allem Sora"),
        ("es", "por la mañana, 2024 usuarios, la segunda versión"),
        ("es", "dura dos semanas; el mar, el fin de la guerra"),
        ("it", "per due settimane, la prima versione, 2024 utenti, in fine"),
        ("it", "3 set di dati e 2 mar"),
        ("pt", "a segunda versão e a quinta geração, na segunda fase, 2024 usuários"),
        ("pt", "por três semanas, a mar aberto"),
        ("zh", "今日头条在日本有2024用户，每周二次，版本3.10，24小时"),
        ("zh", "2024年2月31日，一周三次，试用30天"),
        ("ja", "日本のGen-3は1080pで10秒、2024円、30日間無料、1年間"),
        ("ja", "2024年度の売上、今年度の計画"),
        ("ru", "сегодня, в марте 2024 года, 3.10, 24/7"),
        ("und", "today 🙂"),
        ("en", "half a year ago, built in one day"),
        ("en", "every Friday, each Monday"),
        ("de", "jeden Freitag, streicht 2000 Skills, hat 2024 Nutzer, Codex 2021 läuft"),
        ("it", "una risoluzione di 2048 pixel"),
        ("fr", "un mois passé à attendre"),
        ("en", ""),
    ],
)
def test_is_no_date(language: str, text: str) -> None:
    assert said(text, language) == []


@pytest.mark.parametrize(
    ("language", "text", "today", "lean", "expected"),
    [
        ("en", "in May", date(2025, 2, 1), Lean.NEAR, date(2025, 5, 1)),
        ("en", "in May", date(2025, 2, 1), Lean.PAST, date(2024, 5, 1)),
        ("en", "in May", date(2025, 5, 20), Lean.PAST, date(2025, 5, 1)),
        ("en", "in December", date(2025, 2, 1), Lean.NEAR, date(2024, 12, 1)),
        ("en", "9 December", date(2025, 6, 9), Lean.NEAR, date(2024, 12, 9)),  # as near, so rather past
        ("en", "9 December", date(2025, 7, 20), Lean.NEAR, date(2025, 12, 9)),
        ("en", "9 December", date(2025, 7, 20), Lean.PAST, date(2024, 12, 9)),
        ("en", "9 December", date(2025, 12, 9), Lean.PAST, date(2025, 12, 9)),
        ("en", "29 February", date(2025, 6, 1), Lean.NEAR, date(2024, 2, 29)),
        ("en", "29 February", date(2027, 12, 1), Lean.PAST, date(2024, 2, 29)),
        ("en", "Monday 9 December", date(2025, 7, 20), Lean.NEAR, date(2024, 12, 9)),  # 2025's is a Tuesday
        ("en", "was X out in march?", date(2025, 2, 1), Lean.PAST, date(2024, 3, 1)),
        ("fr", "en été", date(2025, 4, 1), Lean.PAST, date(2024, 6, 1)),
        ("ja", "12月", date(2025, 7, 20), Lean.PAST, date(2024, 12, 1)),
        ("zh", "第三季度", date(2025, 5, 1), Lean.PAST, date(2024, 7, 1)),
        ("en", "this March", date(2025, 11, 1), Lean.NEAR, date(2025, 3, 1)),
        ("en", "last March", date(2025, 3, 10), Lean.NEAR, date(2024, 3, 1)),
        ("fr", "en mars prochain", date(2025, 3, 10), Lean.PAST, date(2026, 3, 1)),
    ],
)
def test_which_year_is_meant(language: str, text: str, today: date, lean: Lean, expected: date) -> None:
    assert [one.first for one in find(text, language, today, lean=lean)] == [expected]


def test_a_tag_with_a_region_is_its_language() -> None:
    assert said("9 de dezembro de 2024", "pt-BR") == said("9 de dezembro de 2024", "pt")
    assert said("12月9日", "zh_Hant")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("piece", ["9", "9 ", "May 9 ", "12月", "年", "第", "(", "in the first half of "])
def test_long_nonsense_is_read_in_no_time(piece: str, language: str) -> None:
    """More digits than an int may have, and nothing that takes the square of the length."""
    assert len(find(piece * 5000, language, TODAY)) <= 5000


def test_combining_accents_are_read() -> None:
    text = unicodedata.normalize("NFD", "le 9 février 2024")
    assert [one.first for one in find(text, "fr", TODAY)] == [date(2024, 2, 9)]


@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)), st.sampled_from(LANGUAGES), st.sampled_from(("full", "long", "medium")))
@settings(max_examples=500)
def test_every_date_as_unicode_writes_it_is_found(day: date, language: str, form: str) -> None:
    text = format_date(day, form, language)
    found = find(text, language, TODAY)
    assert [(one.start, one.end, one.first, one.last) for one in found] == [(0, len(text), day, day)]


@given(st.integers(2000, 2099), st.integers(1, 12), st.sampled_from(LANGUAGES))
def test_every_month_with_its_year_is_found(year: int, month: int, language: str) -> None:
    text = format_date(date(year, month, 1), "MMMM y" if language not in ("zh", "ja") else "y年M月", language)
    assert get_month_names("wide", "format", language)
    (found,) = find(text, language, TODAY)
    assert (found.first, found.last.month, (found.end, found.start)) == (date(year, month, 1), month, (len(text), 0))


_AROUND = st.text(st.characters(whitelist_categories=("Ll", "Lo", "Zs", "Po")), max_size=20).filter(
    lambda text: not find(text, "en", TODAY)
)


@given(_AROUND, _AROUND, st.sampled_from(LANGUAGES), st.sampled_from(("full", "long", "medium")))
@settings(max_examples=300)
def test_other_text_around_changes_nothing(before: str, behind: str, language: str, form: str) -> None:
    text = format_date(date(2024, 12, 9), form, language)
    whole = f"{before} ; {text} ; {behind}"
    start = len(before) + 3
    assert (start, start + len(text), date(2024, 12, 9)) in [(one.start, one.end, one.first) for one in find(whole, language, TODAY)]


_PIECES = """
    9 12 31 2024 1912 . , - / ( ) ' May may march 9th Q3 the of in last next this ago week months year early end Tuesday Dec.
    fin de la mi il y a deux mois dernier prochain l' an été vor drei Wochen letzten Ende Jahr hace un año que viene fa scorso há segunda
    年 月 日 前 今 上周 二 の 来週 火曜 末 今後 数 か月 第 三 四半期 2024-12-09 İ ß
""".split()


@given(
    st.lists(st.sampled_from([*_PIECES, " ", "\n"]), max_size=14),
    st.sampled_from((*LANGUAGES, "xx")),
    st.dates(),
    st.sampled_from(Lean),
)
@pytest.mark.slow
@settings(max_examples=1500)
def test_nothing_raises_and_all_is_in_order(pieces: list[str], language: str, today: date, lean: Lean) -> None:
    for text in ("".join(pieces), " ".join(pieces)):
        found = find(text, language, today, lean=lean)
        assert all(0 <= one.start < one.end <= len(text) and one.first <= one.last for one in found)
        assert all(one.end <= other.start for one, other in pairwise(found))


@given(st.text(), st.sampled_from((*LANGUAGES, "xx", "")), st.dates())
@settings(max_examples=500)
def test_random_text_never_raises(text: str, language: str, today: date) -> None:
    assert all(one.first <= one.last for one in find(text, language, today))
