"""What a server counts, in the form that Prometheus reads.

The format: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from awm.runtime import Runtime
from awm.types import ToolResult

__all__ = ["CONTENT_TYPE", "Counters"]

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Counters:
    """The counts of one server, in a registry of its own.

    Args:
        runtime: Where its worlds live, which is asked when somebody reads and tells of calls; None
            where there is none.

    Attributes:
        requests: Answered requests, by `method` and `status`.
        request_seconds: How long they took, but for those by GET, which may be open streams.
        refusals: Requests that came no further than the gate, by `reason`.
        messages: Messages through WebSockets, by `fate`: `taken` or `refused`.
        under_way: Requests and messages without an answer yet.
        calls: Calls of worlds' tools, by `outcome`: `ok`, `error`, or how the world failed.
        call_seconds: How long they took, without what waited for the instance's turn.
    """

    def __init__(self, runtime: Runtime | None = None) -> None:
        self._registry = CollectorRegistry()
        own = self._registry
        self.requests = Counter(
            "awm_requests", "Answered requests.", ["method", "status"], registry=own
        )
        self.request_seconds = Histogram(
            "awm_request_seconds", "Seconds for a request.", buckets=_SECONDS, registry=own
        )
        self.refusals = Counter(
            "awm_refusals", "Requests that the gate refused.", ["reason"], registry=own
        )
        self.messages = Counter(
            "awm_messages", "Messages through WebSockets.", ["fate"], registry=own
        )
        self.under_way = Gauge("awm_under_way", "Requests without an answer yet.", registry=own)
        self.calls = Counter("awm_calls", "Calls of tools.", ["outcome"], registry=own)
        self.call_seconds = Histogram(
            "awm_call_seconds", "Seconds for a tool call.", buckets=_SECONDS, registry=own
        )
        if runtime is not None:
            self._registry.register(_Population(runtime))
            runtime.observer = self._note_call

    def _note_call(self, world: str, result: ToolResult, seconds: float) -> None:  # noqa: ARG002
        # Not by world: a thousand worlds would make a thousand series of each.
        outcome = result.fault or ("error" if result.is_error else "ok")
        self.calls.labels(outcome).inc()
        self.call_seconds.observe(seconds)

    def sessions(self, count: Callable[[], int]) -> None:
        """Tell from now on how many sessions are open."""
        gauge = Gauge("awm_sessions", "Open sessions.", registry=self._registry)
        gauge.set_function(count)

    def text(self) -> bytes:
        """All counts, as they are read."""
        return generate_latest(self._registry)


class _Population(Collector):
    """What lives in a runtime, looked at when somebody asks."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def collect(self) -> Iterator[Metric]:
        census = self._runtime.census()
        yield GaugeMetricFamily("awm_worlds", "Worlds that are prepared.", census.worlds)
        yield GaugeMetricFamily("awm_instances", "Instances.", census.instances)
        yield GaugeMetricFamily("awm_workers", "Processes that host worlds.", census.workers)
        yield CounterMetricFamily("awm_worker_losses", "Processes that were lost.", census.losses)
        level = GaugeMetricFamily("awm_isolation", "1 for the level.", labels=["level"])
        level.add_metric([self._runtime.isolation.level], 1)
        yield level

    def describe(self) -> Iterator[Metric]:
        """Nothing, so that registering asks nobody: the runtime may not run yet."""
        return iter(())
