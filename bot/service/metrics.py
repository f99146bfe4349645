"""What can be measured of a running Shipdate, for Prometheus: counts, times and sizes, never who asked, nor what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, GCCollector, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from index import Answer, Counts

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
"""Of what :meth:`Metrics.text` returns."""

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2, 5)  # a question takes 10 to 50 ms


class Metrics:
    """All metrics of one process, in a registry of their own. An :class:`index.system.telemetry.Observer`."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        self._questions = Counter(
            "shipdate_questions", "Questions, by what became of them.", ("platform", "outcome"), registry=self._registry
        )
        self._seconds = Histogram("shipdate_question_seconds", "How long a question takes.", buckets=_SECONDS, registry=self._registry)
        self._steps = Histogram(
            "shipdate_question_step_seconds", "How long each step of it takes.", ("step",), buckets=_SECONDS, registry=self._registry
        )
        self._looks = Counter("shipdate_feed_looks", "Looks at feeds, by how they went.", ("outcome",), registry=self._registry)
        self._held = Gauge("shipdate_index_items", "What the index holds.", ("kind",), registry=self._registry)
        self._bytes = Gauge("shipdate_data_bytes", "The size of the data folder.", registry=self._registry)
        self._feeds = Gauge("shipdate_feeds", "Feeds, by whether they work.", ("state",), registry=self._registry)
        self._jobs = Gauge("shipdate_jobs", "Jobs, by their state.", ("state",), registry=self._registry)
        self._parts = Gauge("shipdate_part_ready", "Whether a part of the server is at work.", ("part",), registry=self._registry)

    def text(self) -> bytes:
        """All of them, in Prometheus's text format."""
        return generate_latest(self._registry)

    @contextmanager
    def question(self, platform: str) -> Iterator[Callable[[Answer], None]]:
        """Count a question and its time; the function that this yields is to be given its answer, else it counts as failed."""
        outcome, started = "failed", perf_counter()

        def answered(answer: Answer) -> None:
            nonlocal outcome
            outcome = "answered" if answer.answered else "abstained"

        try:
            yield answered
        finally:
            self._questions.labels(platform, outcome).inc()
            self._seconds.observe(perf_counter() - started)

    def step(self, name: str, seconds: float) -> None:
        """Count the seconds that one step of a question took."""
        self._steps.labels(name).observe(seconds)

    def looked(self, *, worked: bool) -> None:
        """Count a look at a feed, by whether it worked."""
        self._looks.labels("worked" if worked else "failed").inc()

    def size(self, counts: Counts, bytes_: int) -> None:
        """How much the index holds, and how much room it takes."""
        for kind in ("articles", "passages", "vectors"):
            self._held.labels(kind).set(getattr(counts, kind))
        self._bytes.set(bytes_)

    def states(self, *, feeds: Mapping[str, int], jobs: Mapping[str, int], parts: Mapping[str, bool]) -> None:
        """How many feeds and jobs are in which state now, and which parts are at work."""
        for gauge, values in ((self._feeds, feeds), (self._jobs, jobs), (self._parts, parts)):
            gauge.clear()
            for name, value in values.items():
                gauge.labels(name).set(value)
