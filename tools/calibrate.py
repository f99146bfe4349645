"""Fits the decision whether to answer on the project's own articles and questions; writes ``index/retrieval/answerability.json``.

    make calibrate

The calibration set speaks of other products than the sample articles do. Its answerable questions and its unanswerable ones (small talk,
gibberish, false premises, and details that no article tells, beside nearly as many details that one does) are judged as in use; a
logistic regression weighs the signals, and the border is where 94 % of the answerable questions pass in cross-validation. What is
written is what :mod:`index.retrieval.answerability` loads; how well it decides is printed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

import index.retrieval.pipeline
from bot.settings import Settings
from index import open_index
from index.embedding.engine.engine import Engine
from index.retrieval import answerability
from index.retrieval.answerability import CALIBRATION_FILE, Calibration, Judge, Signals, beside_the_point
from index.retrieval.quotes import Verdict
from index.retrieval.rank import Ranking

FOLDER = Path(__file__).parent / "calibration"
WRITTEN = Path(answerability.__file__).with_name(CALIBRATION_FILE)
DIGITS = 2
"""Of each number that is written, behind the point: more would say nothing on some hundred questions."""
PASS = 0.94
TODAY = date(2026, 11, 22)


async def collect(questions: list[Mapping[str, Any]]) -> list[Signals]:
    """The signals of each question, on the way to its answer."""
    collected: list[Signals] = []

    def judge(ranking: Ranking, engine: Engine) -> Verdict:
        collected.append(Judge(engine.encoder, engine.fitted).signals(ranking))
        return Verdict()

    index.retrieval.pipeline.judge = judge
    with TemporaryDirectory() as folder:
        async with open_index(Settings(data=Path(folder))) as opened:
            await opened.add([str(FOLDER / "articles")])
            for question in questions:
                await opened.ask(question["question"], as_of=date.fromisoformat(question["as_of"]) if question["as_of"] else TODAY)
    return collected


def main() -> None:
    questions = [json.loads(line) for line in (FOLDER / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    signals = np.array(asyncio.run(collect(questions)))
    answerable = np.array([question["answerable"] for question in questions])
    mean, spread = signals.mean(axis=0), signals.std(axis=0)
    scaled = (signals - mean) / spread
    model = LogisticRegression(C=0.3, class_weight="balanced")
    folds = [StratifiedKFold(10, shuffle=True, random_state=seed) for seed in range(5)]
    held_out = np.mean([cross_val_predict(model, scaled, answerable, cv=fold, method="decision_function") for fold in folds], axis=0)
    held_out[[beside_the_point(Signals(*some)) for some in signals]] = -np.inf
    model.fit(scaled, answerable)
    border = np.quantile(held_out[answerable], 1 - PASS, method="lower")
    weights = model.coef_[0] / spread
    fitted = Calibration(Signals(*weights.round(DIGITS).tolist()), round(float(border - model.intercept_[0] + weights @ mean), DIGITS))
    WRITTEN.write_text(fitted.to_json(), encoding="utf-8")
    print(fitted.to_json(), end="")
    print(f"held out: answered {np.mean(held_out[answerable] >= border):.2f}, abstained {np.mean(held_out[~answerable] < border):.2f}")
    for kind in sorted({question["kind"] for question in questions if not question["answerable"]}):
        rows = np.array([question["kind"] == kind and not question["answerable"] for question in questions])
        print(f"  {kind}: abstained {np.sum(held_out[rows] < border)} of {rows.sum()}")


if __name__ == "__main__":
    main()
