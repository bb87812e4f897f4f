"""Counters and gauges for Prometheus, in a registry of their own so that two services can share a process."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from platematch import __version__
from platematch.pipeline import Pipeline

LATENCIES_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """What the service counts while it answers. Labelled children are looked up once: observing is two additions."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "platematch_http_requests", "Requests answered", ["method", "route", "status"], registry=self._registry
        )
        self._latency = Histogram(
            "platematch_http_request_duration_seconds",
            "Time from a request's header to its answer",
            ["route"],
            buckets=LATENCIES_S,
            registry=self._registry,
        )
        self._unreadable = Counter(
            "platematch_vendor_messages_unreadable",
            "Vendor messages that could not be read, whether their device was told so or not",
            ["vendor"],
            registry=self._registry,
        )
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._registry.register(_State(pipeline))
        self._of_webhooks = CollectorRegistry()
        self._of_webhooks.register(_Webhooks(pipeline))

    def count_unreadable(self, vendor: str) -> None:
        """Count a vendor message that its parser refused."""
        self._unreadable.labels(vendor).inc()

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request. route: the path's template, so that labels stay few and hold no key."""
        children = self._children.get((method, route, status))
        if children is None:
            children = self._requests.labels(method, route, str(status)), self._latency.labels(route)
            self._children[method, route, status] = children
        children[0].inc()
        children[1].observe(seconds)

    def exposition(self, *, webhooks: bool = False) -> bytes:
        """All of it in Prometheus' text format. webhooks: with what only those may know who may read webhooks."""
        return generate_latest(self._registry) + (generate_latest(self._of_webhooks) if webhooks else b"")


class _State(Collector):
    """What the parts of the service count themselves, read when Prometheus asks.

    Hits are not among it: anyone may ask, and a stolen camera's key could try plates and watch the count.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def collect(self) -> Iterator[Metric]:
        pipeline, counts = self._pipeline, self._pipeline.intake.counts
        build = GaugeMetricFamily("platematch_build_info", "The running version; always 1", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        reads = CounterMetricFamily("platematch_reads", "Reads, by what became of them", labels=["outcome"])
        reads.add_metric(["accepted"], counts.accepted)
        reads.add_metric(["duplicate"], counts.duplicates)
        reads.add_metric(["rejected"], counts.rejected)
        yield reads
        yield CounterMetricFamily(
            "platematch_char_confidences_ignored",
            "Reads whose character confidences were not as many as their characters",
            counts.confidences_ignored,
        )
        yield GaugeMetricFamily("platematch_entries", "Entries in the live index", len(pipeline.matcher))
        yield GaugeMetricFamily("platematch_watchlist_version", "Version of the watchlist log", pipeline.version)
        yield GaugeMetricFamily("platematch_store_healthy", "1 while the store takes writes", pipeline.store.healthy())
        yield GaugeMetricFamily("platematch_store_queue", "Writes that wait for the store", pipeline.store.queued)


class _Webhooks(Collector):
    """What became of webhook attempts; apart, for one that follows the post of a plate tells that it is listed."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def collect(self) -> Iterator[Metric]:
        attempts = CounterMetricFamily("platematch_webhook_attempts", "Webhook attempts", labels=["outcome"])
        for outcome in ("delivered", "retried", "failed"):
            attempts.add_metric([outcome], self._pipeline.attempts[outcome])
        yield attempts
