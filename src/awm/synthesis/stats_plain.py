"""The statistics of a set of worlds as JSON."""

from typing import Any, Final

from awm.synthesis.statistics import (
    PUBLISHED_TASKS,
    PUBLISHED_WORLDS,
    Breakdown,
    Comparison,
    Lack,
    Measure,
    SetStatistics,
)

__all__ = ["statistics_json"]

_DIGITS: Final = 4
"""Cosines differ in further ones from machine to machine."""


def statistics_json(found: SetStatistics) -> dict[str, Any]:
    """Write the statistics down; null stands for what no file says."""
    return {
        "folder": found.folder,
        "worlds": found.worlds,
        "tasks": found.tasks,
        "unread": list(found.unread),
        "published": {"worlds": PUBLISHED_WORLDS, "tasks": PUBLISHED_TASKS},
        "measures": {one.subject.name: _measure(one) for one in found.measures},
        "shares": {
            "questions": _rounded(found.kinds.share("question")),
            "declines": _rounded(found.kinds.share("decline")),
        },
        "breakdowns": {one.subject.name: _breakdown(one) for one in found.breakdowns},
        "likeness": {one.subject.name: _comparison(one) for one in found.comparisons},
    }


def _measure(measure: Measure) -> dict[str, Any]:
    found = measure.found
    return {
        "per": measure.subject.per,
        "counted": measure.counted,
        "missing": _lack(measure.lack),
        "published": measure.subject.published,
        "mean": _rounded(found.mean) if found else None,
        "least": found.least if found else None,
        "p5": _rounded(found.quantile(0.05)) if found else None,
        "median": _rounded(found.quantile(0.5)) if found else None,
        "p95": _rounded(found.quantile(0.95)) if found else None,
        "most": found.most if found else None,
        "counts": {str(value): count for value, count in found.counts.items()} if found else {},
    }


def _breakdown(breakdown: Breakdown) -> dict[str, Any]:
    return {
        "per": breakdown.subject.per,
        "counted": breakdown.counted,
        "missing": _lack(breakdown.lack),
        "counts": dict(breakdown.counts),
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    found = comparison.found
    return {
        "worlds": found.worlds if found else 0,
        "missing": _lack(comparison.lack),
        "mean": _rounded(found.mean) if found else None,
        "p95": _rounded(found.high) if found else None,
        "largest": _rounded(found.largest) if found else None,
        "pair": list(found.pair) if found else None,
        "bins": list(found.bins) if found else [],
        "top": found.top if found else None,
    }


def _lack(lack: Lack) -> dict[str, Any]:
    return {"count": lack.count, "worlds": list(lack.worlds)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
