"""Which language a text is in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.text.language import UNKNOWN, detect


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "When will Sora be released to the public?"),
        ("fr", "Pourquoi Sora n'est pas encore sorti ?"),
        ("de", "Wie heißt die Ausstellung in New York?"),
        ("es", "¿Cuándo sale el nuevo modelo de vídeo?"),
        ("ru", "Когда выйдет новая модель?"),
        ("zh", "可灵什么时候发布？"),
        ("zh", "Sora 价格"),
        ("ja", "料金はいくらですか"),
        ("ja", "公開日はいつ？"),
    ],
)
def test_the_language_of_a_question_is_told(language: str, text: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize("text", ["", "   ", "42", "👍", "?!", "2024-12-09"])
def test_what_has_no_letters_has_no_language(text: str) -> None:
    assert detect(text) == UNKNOWN


def test_a_doubtful_text_is_taken_for_a_likely_language() -> None:
    assert detect("sora api price?", likely=("en", "fr")) in ("en", "fr")


QUESTIONS = {
    "en": "Is Sora available?|sora api price?|when is Kling 3 coming?|Is Veo 4 out|how much is Midjourney|"
    "Is Runway Gen-5 free?|gpt-6 release date|"
    "who can use Sora?|Claude 5 price|Is Vidu open to everyone?|Can I use Pika in Europe?|what's new in Luma|Hailuo waitlist|"
    "Did Google release Veo 4?|is Firefly out yet|When did Llama 5 launch?|Why was Sora shut down?|Seedance 2 limits?|"
    "Is Grok Imagine banned|Kling vs Veo",
    "de": "wann kommt Kling 3?|Ist Sora verfügbar?|was kostet Veo 4|Gibt es Sora in Deutschland?|Wann erscheint GPT-6?|"
    "ist Pika kostenlos|Sora Preis?|"
    "wer darf Vidu nutzen?|Ist Runway Gen-5 schon raus?|Claude 5 Erscheinungsdatum|kann man Luma testen|Warum wurde Sora eingestellt?|"
    "Midjourney Kosten|seit wann gibt es Hailuo|Veo 4 Warteliste|Firefly auf Deutsch?|Hat Google Veo 4 veröffentlicht?|Kling oder Veo|"
    "Wie lang dürfen Videos in Sora sein?|Ist Grok Imagine verboten",
    "fr": "quand sort Veo 4 ?|Sora est disponible ?|prix de Kling 3|Est-ce que Sora est sorti ?|"
    "combien coûte Midjourney|Runway Gen-5 gratuit ?|"
    "date de sortie GPT-6|qui peut utiliser Sora ?|Pika en France ?|pourquoi Sora a fermé|Vidu ouvert à tous ?|Luma liste d'attente|"
    "c'est quoi Hailuo|Google a lancé Veo 4 ?|Firefly déjà sorti ?|Claude 5 tarif|Où essayer Seedance ?|"
    "Sora en Europe ?|Kling ou Veo|Grok Imagine interdit ?",
    "es": "¿Cuándo sale Kling 3?|Sora está disponible?|precio de Veo 4|cuánto cuesta Midjourney|¿Ya salió Sora?|Runway Gen-5 gratis?|"
    "fecha de lanzamiento GPT-6|quién puede usar Sora|Pika en España?|por qué cerraron Sora|¿Vidu abierto a todos?|Luma lista de espera|"
    "qué es Hailuo|¿Google lanzó Veo 4?|Firefly ya salió?|Claude 5 tarifas|dónde probar Seedance|Sora en Europa?|"
    "Kling o Veo|Grok Imagine prohibido?",
    "it": "quando esce Kling 3?|Sora è disponibile?|prezzo di Veo 4|quanto costa Midjourney|Sora è già uscito?|Runway Gen-5 gratis?|"
    "data di uscita GPT-6|chi può usare Sora|Pika in Italia?|perché hanno chiuso Sora|Vidu aperto a tutti?|Luma lista d'attesa|"
    "cos'è Hailuo|Google ha lanciato Veo 4?|Firefly è già uscito?|Claude 5 costi|dove provare Seedance|Sora in Europa?|"
    "Kling o Veo|Grok Imagine vietato?",
    "pt": "quando sai Kling 3?|Sora está disponível?|preço do Veo 4|quanto custa Midjourney|O Sora já saiu?|Runway Gen-5 grátis?|"
    "data de lançamento GPT-6|quem pode usar o Sora|Pika no Brasil?|por que fecharam o Sora|Vidu aberto a todos?|Luma lista de espera|"
    "o que é Hailuo|Google lançou Veo 4?|Firefly já saiu?|Claude 5 preços|onde testar Seedance|Sora na Europa?|"
    "Kling ou Veo|Grok Imagine proibido?",
    "ja": "Soraはいつ公開？|Kling 3の料金は？|Veo 4 公開日|Midjourneyは無料？|Sora 価格|GPT-6はいつ出る|Runway Gen-5は使えますか|"
    "誰がSoraを使える？|"
    "Pikaは日本で使える？|Soraはなぜ終了した|Viduは誰でも使える？|Luma 順番待ち|Hailuoとは|Veo 4は出た？|"
    "Fireflyはもう出た？|Claude 5 料金|"
    "Seedanceはどこで試せる|Soraは欧州で使える？|KlingとVeo|Stable Diffusion 4の制限",
    "zh": "Sora什么时候发布？|Kling 3价格|Veo 4上线了吗|Midjourney免费吗|Sora 价格|GPT-6什么时候出|Runway Gen-5能用吗|"
    "谁可以用Sora？|"
    "Pika在中国能用吗|Sora为什么关闭|Vidu对所有人开放吗|Luma排队|什么是Hailuo|Google发布Veo 4了吗|Firefly出了吗|Claude 5 价格|"
    "哪里可以试用Seedance|Sora在欧洲|Kling还是Veo|Stable Diffusion 4限制",
}
"""Short questions with names in them, by language."""


@pytest.mark.parametrize("language", QUESTIONS)
def test_short_questions_are_told_by_what_is_no_name_in_them(language: str) -> None:
    questions = QUESTIONS[language].split("|")
    assert len(questions) == 20
    assert sum(detect(question) == language for question in questions) >= 14
    assert sum(detect(question, likely=(language, "en")) == language for question in questions) >= 17


@pytest.mark.parametrize("language", sorted(QUESTIONS.keys() - {"en"}))
def test_a_clear_question_is_told_whatever_is_likely(language: str) -> None:
    questions = QUESTIONS[language].split("|")
    assert sum(detect(question, likely=("en",)) == language for question in questions) >= 12


def test_an_article_with_a_foreign_name_keeps_its_language() -> None:
    assert detect("The model (可灵) opens to everybody today, its maker said, and it costs nine dollars a month. " * 5) == "en"
    assert detect("Is Kling (可灵) available?") == "en"
    assert detect("该公司（ソラ）今日发布了新的视频模型，所有人都可以使用，每月费用为九美元，无需排队等候，也不需要邀请码。") == "zh"
    assert detect("新モデル「可灵」を公開した。料金は月に九ドルで、誰でも使える。") == "ja"


@given(st.text(max_size=200))
def test_any_text_gets_a_short_code(text: str) -> None:
    """Unpaired surrogates too: JSON and broken files bring them."""
    assert detect(text).isalpha()


@given(st.text(st.characters(categories=["Cs", "Ll"]), min_size=1, max_size=20))
def test_unpaired_surrogates_do_no_harm(text: str) -> None:
    assert detect(text).isalpha()


def test_a_very_long_text_is_told_as_fast_as_a_short_one() -> None:
    assert detect("Le modèle sort aujourd'hui. " * 100_000) == "fr"
