"""Pages of sixty shapes: twenty ways to lay out a page, each in three languages, with the lines that are their text.

What stands on them is invented; ``lines`` are the text, ``furniture`` is what must not be taken for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """What a page says in one language."""

    title: str
    dek: str
    body: tuple[str, str, str, str, str, str]
    heading: str
    items: tuple[str, str, str]
    teaser: str
    notice: str
    credit: str
    read: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A page, and what a reader should take from it."""

    name: str
    html: str
    lines: tuple[str, ...]
    furniture: tuple[str, ...] = ()


WORDS = {
    "en": Words(
        "Nimbus Video 3 opens to everyone",
        "The generator that only testers knew is now open to all, and costs less than expected.",
        (
            "The maker of Nimbus Video opened version 3 to everyone on Tuesday, after half a year with invited testers.",
            "Clips may now be two minutes long, and their sound is made in the same step as their pictures.",
            "Schools and libraries pay nothing until the end of the year, said the company from Harbour Town.",
            "Version 2 stays online for another ninety days, and is then switched off for all customers.",
            "Rivals had shown similar tools in spring, but none of them has left its closed test so far.",
            "An interface for programs follows in autumn; its price has not been settled yet, the company said.",
        ),
        "What it costs",
        (
            "The small plan costs nine dollars a month.",
            "The large plan costs thirty dollars a month.",
            "Teams of ten or more get a price of their own.",
        ),
        "Read also: Zephyr Sound has been shut down for good",
        "Sign up for our newsletter and get the news in your inbox.",
        "Photo: Example Pictures",
        "3 min read",
    ),
    "de": Words(
        "Nimbus Video 3 steht allen offen",
        "Das Werkzeug, das bisher nur Tester kannten, ist nun frei und kostet weniger als erwartet.",
        (
            "Der Hersteller von Nimbus Video hat die Version 3 am Dienstag nach einem halben Jahr für alle geöffnet.",
            "Clips dürfen nun zwei Minuten lang sein, und der Ton entsteht im selben Schritt wie die Bilder.",
            "Schulen und Büchereien zahlen bis zum Ende des Jahres nichts, teilte das Unternehmen mit.",
            "Die Version 2 bleibt noch neunzig Tage am Netz und wird danach für alle Kunden abgeschaltet.",
            "Mitbewerber hatten im Frühjahr ähnliche Werkzeuge gezeigt, doch keines hat den Test verlassen.",
            "Eine Schnittstelle für Programme folgt im Herbst; ihr Preis steht nach Angaben der Firma nicht fest.",
        ),
        "Was es kostet",
        ("Der kleine Tarif kostet neun Euro im Monat.", "Der große Tarif kostet dreißig Euro.", "Für Gruppen gilt ein eigener Preis."),
        "Lesen Sie auch: Zephyr Sound wurde endgültig eingestellt",
        "Jetzt unseren Newsletter abonnieren und nichts verpassen.",
        "Foto: Beispielbilder",
        "Lesezeit: 3 Minuten",
    ),
    "fr": Words(
        "Nimbus Video 3 s’ouvre à tous",
        "L’outil que seuls les testeurs connaissaient est ouvert à tous et coûte moins que prévu.",
        (
            "L’éditeur de Nimbus Video a ouvert mardi la version 3 à tous, après six mois d’essais sur invitation.",
            "Les séquences peuvent durer deux minutes, et le son est créé en même temps que les images.",
            "Les écoles et les bibliothèques ne paient rien avant la fin de l’année, a précisé la société.",
            "La version 2 reste en ligne pendant quatre-vingt-dix jours, puis sera coupée pour tous les clients.",
            "Des concurrents avaient montré des outils semblables au printemps, mais aucun n’est sorti de sa bêta.",
            "Une interface pour les programmes suivra à l’automne ; son prix n’est pas encore fixé.",
        ),
        "Combien cela coûte",
        ("La petite formule coûte neuf euros par mois.", "La grande formule coûte trente euros.", "Les équipes ont leur propre prix."),
        "Lire aussi : Zephyr Sound a définitivement fermé",
        "Inscrivez-vous à notre infolettre pour ne rien manquer.",
        "Crédit photo : Images d’exemple",
        "Temps de lecture : 3 min",
    ),
    "es": Words(
        "Nimbus Video 3 se abre a todos",
        "La herramienta que solo conocían los probadores ya está abierta y cuesta menos de lo previsto.",
        (
            "El fabricante de Nimbus Video abrió el martes la versión 3 a todos, tras medio año de pruebas cerradas.",
            "Los vídeos pueden durar dos minutos, y el sonido se crea en el mismo paso que las imágenes.",
            "Las escuelas y las bibliotecas no pagan nada hasta fin de año, según indicó la empresa.",
            "La versión 2 seguirá en línea noventa días y después se apagará para todos los clientes.",
            "Los rivales mostraron herramientas parecidas en primavera, pero ninguna ha dejado su prueba.",
            "Una interfaz para programas llegará en otoño; su precio todavía no está fijado.",
        ),
        "Cuánto cuesta",
        ("El plan pequeño cuesta nueve euros al mes.", "El plan grande cuesta treinta euros.", "Los equipos tienen su propio precio."),
        "Lee también: Zephyr Sound ha cerrado para siempre",
        "Suscríbete a nuestro boletín para no perderte nada.",
        "Foto: Imágenes de ejemplo",
        "Tiempo de lectura: 3 min",
    ),
    "it": Words(
        "Nimbus Video 3 è aperto a tutti",
        "Lo strumento che solo i tester conoscevano è ora aperto a tutti e costa meno del previsto.",
        (
            "Il produttore di Nimbus Video ha aperto martedì la versione 3 a tutti, dopo sei mesi di prove su invito.",
            "I filmati possono durare due minuti, e il suono nasce nello stesso passo delle immagini.",
            "Scuole e biblioteche non pagano nulla fino alla fine dell’anno, ha fatto sapere l’azienda.",
            "La versione 2 resta in linea altri novanta giorni, poi viene spenta per tutti i clienti.",
            "I concorrenti avevano mostrato strumenti simili in primavera, ma nessuno è uscito dalla prova.",
            "Un’interfaccia per i programmi segue in autunno; il prezzo non è ancora stabilito.",
        ),
        "Quanto costa",
        ("Il piano piccolo costa nove euro al mese.", "Il piano grande costa trenta euro.", "I gruppi hanno un prezzo proprio."),
        "Leggi anche: Zephyr Sound è stato chiuso per sempre",
        "Iscriviti alla nostra newsletter per ricevere le notizie.",
        "Foto: Immagini di esempio",
        "Tempo di lettura: 3 min",
    ),
    "pt": Words(
        "Nimbus Video 3 está aberto a todos",
        "A ferramenta que só os testadores conheciam está aberta a todos e custa menos que o previsto.",
        (
            "O fabricante do Nimbus Video abriu na terça-feira a versão 3 a todos, após meio ano de testes fechados.",
            "Os vídeos podem ter dois minutos, e o som é criado no mesmo passo que as imagens.",
            "Escolas e bibliotecas não pagam nada até o fim do ano, informou a empresa em nota.",
            "A versão 2 fica no ar por mais noventa dias e depois será desligada para todos os clientes.",
            "Rivais mostraram ferramentas parecidas na primavera, mas nenhuma saiu do teste fechado.",
            "Uma interface para programas chega no outono; o preço dela ainda não foi definido.",
        ),
        "Quanto custa",
        ("O plano pequeno custa nove euros por mês.", "O plano grande custa trinta euros.", "Equipes têm um preço próprio."),
        "Leia também: Zephyr Sound foi encerrado de vez",
        "Inscreva-se em nossa newsletter para receber as notícias.",
        "Foto: Imagens de exemplo",
        "Tempo de leitura: 3 min",
    ),
    "zh": Words(
        "云图视频 Nimbus 3 向所有人开放",
        "此前只有测试者才能使用的视频生成工具现已全面开放，价格也低于外界预期，学校可以免费使用。",
        (
            "云图视频的开发商周二宣布，第三版在经过半年的邀请测试之后正式向所有人开放，无需排队等候。",
            "现在每段视频最长可达两分钟，声音与画面在同一步骤中生成，用户不必再另外配音。",
            "该公司表示，学校和图书馆在今年年底之前不需要支付任何费用，之后将享受半价优惠。",
            "第二版还将继续在线九十天，随后将对所有客户关闭，已有的作品可以提前导出保存。",
            "竞争对手在春天展示过类似的工具，但到目前为止还没有一家结束封闭测试并对外开放。",
            "面向程序的接口将在秋天推出，公司称具体价格尚未确定，会在发布之前另行通知。",
        ),
        "价格说明",
        ("小型套餐每月九美元，可生成三十段视频。", "大型套餐每月三十美元，数量不受限制。", "十人以上的团队可以另行商谈价格。"),
        "延伸阅读：泽风音频已经永久关闭",
        "扫码关注公众号，获取更多资讯。",
        "图片来源：示例图片社",
        "阅读时间：3分钟",
    ),
    "ja": Words(
        "動画生成 Nimbus 3 が一般公開",
        "これまで試験参加者だけが使えた動画生成ツールが一般に公開され、価格も予想を下回った。",
        (
            "開発元は火曜日、招待制の試験を半年続けた動画生成ツールの第三版を、すべての人に公開したと発表した。",
            "一本の動画は最長で二分になり、音声は映像と同じ工程で作られるため、別に録音する必要はない。",
            "学校と図書館は今年の終わりまで無料で使え、その後も半額で利用できると同社は説明している。",
            "第二版はあと九十日のあいだ提供され、その後はすべての利用者に対して停止される予定だ。",
            "競合各社も春に似たツールを見せたが、今のところ非公開の試験を終えたところは一社もない。",
            "プログラム向けの接続口は秋に登場するが、価格はまだ決まっていないと同社は述べている。",
        ),
        "料金について",
        ("小さなプランは月に九ドルで利用できる。", "大きなプランは月に三十ドルで利用できる。", "十人以上の団体には別の料金がある。"),
        "関連記事：ゼファー音声が完全に終了",
        "ニュースレターに登録して最新情報を受け取る。",
        "写真：見本画像社",
        "読了時間：3分",
    ),
}

NAV = (
    '<header><nav><ul><li><a href="/">Home</a></li><li><a href="/a">Topics A</a></li><li><a href="/b">Topics B</a></li></ul></nav></header>'
)
FOOT = '<footer><p>© 2026 Example Outlet</p><ul><li><a href="/i">Imprint</a></li><li><a href="/p">Privacy</a></li></ul></footer>'
OTHER = '<a href="/z">Zephyr Sound 8 beats every rival in our test</a>'


def paragraphs(texts: tuple[str, ...], kind: str = "p") -> str:
    """Texts, each in an element."""
    return "".join(f"<{kind}>{text}</{kind}>\n" for text in texts)


def page(words: Words, language: str, body: str, head: str = "") -> str:
    """A whole page with menu and footer."""
    title = f"<title>{words.title} | Example Outlet</title>"
    return f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">{title}{head}</head><body>{NAV}{body}{FOOT}</body></html>'


Layout = Callable[[Words], tuple[str, tuple[str, ...], tuple[str, ...]]]


def shapes(layouts: dict[str, tuple[Layout, tuple[str, ...]]]) -> Iterator[Shape]:
    """Each layout in its languages."""
    for name, (layout, languages) in layouts.items():
        for language in languages:
            words = WORDS[language]
            body, lines, furniture = layout(words)
            yield Shape(f"{name}, {language}", page(words, language, body), lines, furniture)
