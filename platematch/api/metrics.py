"""The counters and gauges of all processes of the service, in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from platematch import __version__
from platematch.api.counters import LATENCIES_S, LATENCY, REQUESTS, SUM, UNREADABLE, totals
from platematch.outcome import Counts
from platematch.pipeline import Pipeline


def exposition(pipeline: Pipeline, *, webhooks: bool = False) -> bytes:
    """All of it. webhooks: with what only those may know who may read webhooks."""
    registry = CollectorRegistry()
    registry.register(_Requests(pipeline))
    registry.register(_State(pipeline))
    if webhooks:
        registry.register(_Webhooks(pipeline))
    return generate_latest(registry)


class _Requests(Collector):
    """The requests that were answered, by whichever process."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def collect(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "platematch_http_requests", "Requests answered", labels=["method", "route", "status"]
        )
        latency = HistogramMetricFamily(
            "platematch_http_request_duration_seconds",
            "Time from a request's header to its answer",
            labels=["route"],
        )
        unreadable = CounterMetricFamily(
            "platematch_vendor_messages_unreadable",
            "Vendor messages that could not be read, whether their device was told so or not",
            labels=["vendor"],
        )
        for (kind, *labels), values in totals(self._pipeline.memory.requests).items():
            if kind == LATENCY:
                bounds = [*(str(bound) for bound in LATENCIES_S), "+Inf"]
                buckets = list(zip(bounds, accumulate(values[:SUM].tolist()), strict=True))
                latency.add_metric(labels, buckets, values[SUM])
            else:
                {REQUESTS: requests, UNREADABLE: unreadable}[kind].add_metric(labels, values[0])
        yield from (requests, latency, unreadable)


class _State(Collector):
    """What the parts of the service count themselves, read when Prometheus asks.

    Hits are not among it: anyone may ask, and a stolen camera's key could try plates and watch the count.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def collect(self) -> Iterator[Metric]:
        pipeline, counts = self._pipeline, [Counts(memory) for memory in self._pipeline.memory.counts]
        build = GaugeMetricFamily("platematch_build_info", "The running version; always 1", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        reads = CounterMetricFamily("platematch_reads", "Reads, by what became of them", labels=["outcome"])
        reads.add_metric(["accepted"], sum(count.accepted for count in counts))
        reads.add_metric(["duplicate"], sum(count.duplicates for count in counts))
        reads.add_metric(["rejected"], sum(count.rejected for count in counts))
        yield reads
        yield CounterMetricFamily(
            "platematch_char_confidences_ignored",
            "Reads whose character confidences were not as many as their characters",
            sum(count.confidences_ignored for count in counts),
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
