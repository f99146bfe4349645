"""Pages that come instead of an article are refused with what was seen; short articles, on the same subjects too, are not."""

from __future__ import annotations

import pytest

from index.ingestion.readers.page import from_html
from index.model.errors import ArticleError

ADDRESS = "https://daily.example/quillon"
LOGIN_FORM = "<form><input name=u><input type=password name=p><button>Log in</button></form>"


def page(title: str, text: str, *, head: str = "", before: str = "", behind: str = "") -> str:
    """A page with a heading and paragraphs."""
    paragraphs = "".join(f"<p>{line}</p>" for line in text.split("\n"))
    return (
        f"<html><head><title>{title}</title>{head}</head><body>{before}<main><h1>{title}</h1>{paragraphs}</main>{behind}"
        "<footer>All rights reserved.</footer></body></html>"
    )


def front_page(count: int, headline: str, teaser: str = "", head: str = "", title: str = "Harbour Daily") -> str:
    """A list of headlines, perhaps with teasers."""
    items = "".join(f'<div><h2><a href="/story/{n}">{headline} {n}</a></h2><p>{teaser}</p></div>' for n in range(count))
    return f"<html><head><title>{title}</title>{head}</head><body><main>{items}</main></body></html>"


def read(content: str) -> str:
    return from_html(content.encode(), ADDRESS, address=ADDRESS).text


REFUSED = [
    # Nothing there
    (page("Page not found", "Sorry, what you are looking for has moved. Try the search of our site."), "nothing at"),
    (page("Error 404", "There is nothing here that could be shown to you. Go back to the start."), "nothing at"),
    (page("404 Not Found | Harbour Daily", "Go back to the start of our site and try the search."), "nothing at"),
    (page("Sorry, we couldn't find that page", "Here are some things that you may like to read instead of it."), "nothing at"),
    (page("Oops! That page can’t be found.", "It looks like nothing was found here. Maybe try a search?"), "nothing at"),
    (page("Harbour Daily", "We can't find the page. The page you requested does not exist. Go home."), "nothing at"),
    (page("Seite nicht gefunden", "Die Adresse ist falsch, oder der Inhalt wurde verschoben. Zur Startseite."), "nothing at"),
    (page("Page introuvable", "Ce que vous cherchez a été déplacé. Retournez à l'accueil du site."), "nothing at"),
    (page("Página no encontrada", "Lo que buscas se ha movido. Vuelve al inicio de nuestro sitio."), "nothing at"),
    (page("Pagina non trovata", "Il contenuto è stato spostato. Torna alla pagina iniziale del sito."), "nothing at"),
    (page("Página não encontrada", "O que procura foi movido. Volte ao início do nosso site."), "nothing at"),
    (page("お探しのページは見つかりませんでした", "アドレスを確認してください。トップページに戻ることもできます。"), "nothing at"),
    (page("页面不存在", "您要找的内容可能已经被删除，请返回首页继续浏览。"), "nothing at"),
    # Walls against programs
    (page("Just a moment...", "Enable JavaScript and cookies to continue to the site that you want to see."), "human"),
    (
        page(
            "daily.example",
            "Verifying you are human. This may take a few seconds. daily.example reviews the security of your connection.",
        ),
        "human",
    ),
    (page("Attention Required! | Shield", "Please complete the captcha below to get on to the site."), "human"),
    (page("Are you a robot?", "We have detected unusual traffic from your network. Click the box below."), "human"),
    (page("Un instant…", "Vérifiez que vous êtes humain pour continuer vers le site demandé."), "human"),
    (page("Einen Moment, bitte", "Bestätigen Sie, dass Sie ein Mensch sind, um fortzufahren."), "human"),
    (page("请稍候", "正在验证您是真人，这可能需要几秒钟的时间，请不要关闭窗口。"), "human"),
    # Refusals
    (page("Access Denied", "You don't have permission to access this page on this server. Reference 18.5f2."), "denied"),
    (page("403 Forbidden", "The request was refused by the server that you asked for this page."), "denied"),
    (page("Harbour Daily", "Sorry, this content is not available in your country. Read on elsewhere."), "denied"),
    (page("Acceso denegado", "No tienes permiso para acceder a esta página. Consulta con el administrador."), "denied"),
    (page("アクセスが拒否されました", "このページを表示する権限がありません。管理者に連絡してください。"), "denied"),
    # Out of order
    (page("502 Bad Gateway", "The server that should have answered did not. Try again in some minutes."), "out of order"),
    (page("503 Service Temporarily Unavailable", "The server is busy. Try again in some minutes."), "out of order"),
    (page("We'll be right back soon", "Harbour Daily is down for maintenance. Thank you for waiting."), "out of order"),
    (page("Wartungsarbeiten", "Unsere Seite ist derzeit nicht erreichbar. Wir sind bald zurück."), "out of order"),
    (page("Site en maintenance", "Nous serons de retour dans quelques heures, merci de votre patience."), "out of order"),
    # Parked
    (page("daily.example", "The domain daily.example is for sale. Make an offer today, or call us."), "for sale"),
    (page("This domain is for sale!", "Get in touch with its owner to make an offer for it."), "for sale"),
    (page("Domain steht zum Verkauf", "Machen Sie dem Inhaber ein Angebot über unser Formular."), "for sale"),
    # Age, subscription, log-in, cookies, script
    (page("Please verify your age", "You must be 18 to enter. Enter your date of birth below."), "how old"),
    (page("Confirmez votre âge", "Avez-vous plus de 18 ans ? Cliquez pour entrer sur le site."), "how old"),
    (page("Quillon opens to everybody", "Subscribe to continue reading. Already a subscriber? Log in."), "subscribers"),
    (page("Quillon öffnet", "Nur für Abonnenten. Um weiterzulesen, bestellen Sie ein Abonnement."), "subscribers"),
    (page("Quillon ouvre", "Cet article est réservé aux abonnés. Abonnez-vous pour lire la suite."), "subscribers"),
    (page("Log in", "Welcome back to the daily paper.", behind=LOGIN_FORM), "log-in"),
    (page("Welcome back", "Go on reading.", behind=LOGIN_FORM), "log-in"),
    (page("We value your privacy", "We and our 842 partners store cookies on your device with your consent."), "cookies"),
    (
        page("JavaScript is not available.", "We have seen that it is off in this browser. Turn it on, or use another browser."),
        "JavaScript",
    ),
    (page("Moved", "", head='<meta http-equiv="refresh" content="0; url=/elsewhere">'), "leads on to https://daily.example/elsewhere"),
    (page("", "", head="<meta http-equiv=Refresh content=\"3;URL='https://other.example/x'\">"), "leads on to https://other.example/x"),
    # Headlines
    (front_page(24, "Quillon opens its video model to everybody"), "24 headlines"),
    (
        front_page(24, "Quillon opens its video model", "The maker said on Tuesday that nobody has to wait for it any longer, anywhere."),
        "headlines",
    ),
    (
        front_page(12, "Quillon opens its model", head='<link rel=alternate type="application/atom+xml" href=/feed.xml>'),
        "shipdate feeds add https://daily.example/feed.xml",
    ),
    (front_page(15, "奎龙视频模型向所有人开放"), "headlines"),
    (front_page(15, "クイロンが動画モデルを公開"), "headlines"),
    (
        front_page(30, "Das Videomodell steht allen offen", "Mehr dazu in unserem Bericht, der die wichtigsten Fragen beantwortet."),
        "headlines",
    ),
]


@pytest.mark.parametrize(("content", "sentence"), REFUSED)
def test_a_page_that_is_no_article_is_refused_with_what_was_seen(content: str, sentence: str) -> None:
    with pytest.raises(ArticleError) as refused:
        read(content)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


NEWS = "Quillon opened its video model to everybody on Tuesday. A month costs nine dollars."
RELATED = "".join(f'<li><a href="/story/{n}">Another story on video models, number {n}</a></li>' for n in range(14))
READ = [
    # On walls and errors
    page("404: how broken links took over the web", "Half of all links break within ten years. A new tool from Quillon mends them."),
    page("404 errors plague Quillon after its launch", "Users saw errors for two hours on Tuesday. The maker has apologised."),
    page("Page not found: why links rot, and what Quillon does about it", "The tool was opened to everybody on Tuesday."),
    page("404 Media on Quillon", NEWS),
    page("Captchas are dying, and Quillon is why", "The model solves nine of ten. Sites will have to ask something else."),
    page("Quillon drops the captcha at sign-up", "People no longer have to click on buses. An e-mail address is enough."),
    page("How sites find out whether you are human", "Quillon measures how a mouse moves. It was opened to sites on Tuesday."),
    page("Cookies explained: what Quillon stores", "Quillon sets one cookie. It remembers your language for a year, and nothing else."),
    page("Browser drops support for third-party cookies", "The change ships in May. Sites have a year to get ready for it."),
    page("Access denied: a bug locks users out of Quillon", "It took two hours to mend. Nothing was lost, its maker says."),
    page("Quillon is not available in Europe yet", "The maker waits for regulators. A date has not been named."),
    page("Quillon was down for three hours on Monday", "A bad gateway was to blame, its maker says. All is well again."),
    page("Quillon goes offline for a week", "The model will be under repair until 9 May. Customers get their money back."),
    page("Domain prices rise as AI firms buy short names", "A name of two letters costs a million. Quillon has bought three."),
    page("Quillon sells its domain", "The buyer is unknown. The product will be called Tarn from May."),
    page("Quillon checks ages from May", "Whoever looks younger than 18 is asked for a document. Critics fear for privacy."),
    page("Sign in with Quillon comes to all apps", "Developers can use it from today. It costs nothing."),
    page("Login with passkeys arrives in Quillon", "Passwords can be turned off. The change ships on 4 May."),
    page("Subscribers of Quillon get video first", "Others have to wait until June. The price does not change."),
    page("JavaScript support in Quillon is out", "Quillon now writes JavaScript. It costs nothing."),
    page("Just a moment: Quillon shows single frames", "A slider stops the video anywhere. It ships today."),
    page("Something went wrong at Quillon, and here is what", "A disk was full on Monday. The maker has added ten more."),
    # Short news in eight languages
    page("Quillon opens", NEWS),
    page("Quillon öffnet", "Quillon steht seit Dienstag allen offen. Ein Monat kostet neun Euro."),
    page("Quillon : c'est ouvert", "Quillon est ouvert à tous depuis mardi. Un mois coûte neuf euros."),
    page("Quillon abre", "Quillon está abierto a todos desde el martes. Un mes cuesta nueve euros."),
    page("Quillon apre", "Quillon è aperto a tutti da martedì. Un mese costa nove euro."),
    page("Quillon abre a todos", "Quillon está aberto a todos desde terça-feira. Um mês custa nove euros."),
    page("クイロンを公開", "クイロンは火曜日から誰でも使える。料金は月に九ドルである。"),
    page("奎龙开放", "奎龙自周二起向所有人开放。每月费用为九美元。"),
    page("Fehler 404 in Quillon behoben", "Der Fehler trat am Montag auf. Er ist seit Dienstag behoben."),
    page("Zugriff auf Quillon für alle", "Seit Dienstag braucht niemand mehr eine Einladung. Das Angebot kostet nichts."),
    page("Anmelden bei Quillon geht jetzt ohne Passwort", "Die Neuerung kommt am 4. Mai. Sie kostet nichts."),
    page("L'accès à Quillon refusé aux mineurs", "La règle vaut dès mardi. Les parents peuvent l'assouplir."),
    page("Quillon en panne lundi", "Le service a été rétabli après deux heures. Rien n'a été perdu."),
    page("Los suscriptores de Quillon pagan menos", "El precio baja a nueve euros. El cambio llega en mayo."),
    page("Il dominio di Quillon passa a Tarn", "Il prezzo non è noto. Il nome cambia da maggio."),
    page("Quillon fica fora do ar", "O serviço voltou após duas horas. Nada foi perdido."),
    page("クイロン、年齢確認を導入へ", "五月から始まる。保護者は設定を変えられる。"),
    page("奎龙恢复访问", "周一的故障持续了两个小时。目前一切正常。"),
    # Notes
    page("Release notes 3.2", "Added: export to WebM.\nFixed: a crash when the disk is full."),
    page("Changelog", "3.2: video in 4K.\n3.1: sound, and ten new voices."),
    page("Quillon 3.2", "Login no longer fails behind proxies. Cookies are kept for a year. The 404 page has a search."),
    page("Fixed: 502 errors behind proxies", "Quillon 3.2.1 mends what 3.2 had broken. Update today."),
    page("Status: resolved", "The errors of Monday are gone. Quillon answers again since 14:00 UTC."),
    page("Deprecation of quillon-1", "The model quillon-1 is shut down on 4 May. Use quillon-2 instead."),
    page("Price change", "From 4 May, a month costs nine dollars. Nothing else changes."),
    page("Statement on the outage", "We are sorry. Nothing was lost, and we have added two more machines."),
    # What stands around
    page("Quillon opens", NEWS, before=f"<header>{LOGIN_FORM}</header>"),
    page("Quillon opens", NEWS, before=f"<nav>{LOGIN_FORM}</nav>"),
    page("Quillon opens", "It is out.", before=f"<header>{LOGIN_FORM}</header>"),
    page("Quillon opens", NEWS, behind=LOGIN_FORM),
    page("Quillon opens", NEWS, behind="<div class=cookie-banner><p>We use cookies. Accept or decline.</p></div>"),
    page("Quillon opens", NEWS, behind="<noscript>Please enable JavaScript to see comments.</noscript>"),
    page("Quillon opens", NEWS, head='<meta http-equiv="refresh" content="300">'),
    page("Quillon opens", NEWS, head='<meta http-equiv="refresh" content="1800; url=/">'),
    page("Quillon opens", NEWS, head='<meta property="og:type" content="article">', behind=f"<aside><ul>{RELATED}</ul></aside>"),
    page("Quillon opens", f"{NEWS} " * 6, behind=f"<section><h2>More stories</h2><ul>{RELATED}</ul></section>"),
    page("Quillon opens", f"{NEWS} " * 6, before=f"<nav><ul>{RELATED}</ul></nav>"),
    page("Ten models of the year", "\n".join(f"Model {n}: {NEWS}" for n in range(10)), behind=f"<ul>{RELATED}</ul>"),
    page("Changes", "\n".join(f'<a href="#v{n}">Version {n} of the video model</a>: {NEWS}' for n in range(20))),
    page("Subscribe to Quillon's newsletter", f"{NEWS} The newsletter comes on Tuesdays, and costs nothing."),
]


@pytest.mark.parametrize("content", READ)
def test_a_short_article_is_read(content: str) -> None:
    assert read(content)


def test_a_feed_s_words_are_no_page_of_headlines() -> None:
    links = "".join(f'<p><a href="https://daily.example/{n}">Quillon opens its video model, part {n}</a></p>' for n in range(12))
    assert read(f"<html><body><article>{links}</article></body></html>")
