"""What a set of worlds is like."""

import json
from dataclasses import replace

import numpy as np
import pytest

from awm.synthesis.measuring import figures_of
from awm.synthesis.statistics import Lack, statistics_of
from awm.synthesis.stats_plain import statistics_json
from tests.synthesis.surveyed import known, worlds


class Letters:
    """Texts are alike that begin alike."""

    def embed(self, text):
        text.encode()
        vector = np.zeros(26, dtype=np.float32)
        vector[ord(text[0]) % 26] = 1.0
        return vector


@pytest.fixture
def found():
    return statistics_of([figures_of(world) for world in worlds()], Letters(), folder="some")


def measure(found, name):
    return next(one for one in found.measures if one.subject.name == name)


def test_worlds_and_listed_tasks_are_counted(found):
    assert (found.worlds, found.tasks) == (3, 5)


def test_a_measure_is_taken_of_the_worlds_that_have_it(found):
    tools = measure(found, "tools")
    assert tools.found.values == (1, 3)
    assert tools.lack == Lack(1, ("mere_name",))
    assert measure(found, "rows").found.values == (4,)
    assert measure(found, "rows").lack == Lack(2, ("old_shelf", "mere_name"))


def test_oracle_calls_are_counted_by_task(found):
    calls = measure(found, "calls")
    assert (calls.found.values, calls.counted) == ((2, 3, 4, 9), 4)
    assert calls.lack == Lack(1, ("old_shelf", "mere_name"))


def test_each_measure_stands_beside_the_published_one(found):
    published = {one.subject.name: one.subject.published for one in found.measures}
    assert published == {"tables": 18.5, "tools": 35.1, "rows": 129.0, "tasks": 10.0, "calls": 8.5}


def test_kinds_come_most_frequent_first_and_levels_in_order(found):
    assert list(found.kinds.counts.items()) == [("question", 2), ("decline", 1)]
    assert list(found.difficulties.counts.items()) == [("1", 1), ("3", 2)]
    assert list(found.categories.counts.items()) == [("office", 2), ("art", 1)]


def test_shares_are_of_the_tasks_whose_kind_is_known(found):
    assert found.kinds.share("question") == pytest.approx(2 / 3)
    assert found.kinds.share("bulk") == 0
    assert statistics_of([], Letters()).kinds.share("question") is None


def test_worlds_without_description_or_tools_are_not_compared(found):
    assert found.descriptions.found.pair == ("tidy_desk", "old_shelf")
    assert found.descriptions.found.mean == 1.0
    assert found.tools.found.largest == pytest.approx(1 / 3)
    assert found.tools.lack == Lack(1, ("mere_name",))


def test_what_is_missing_is_told_with_where_it_would_stand(found):
    gaps = {subject.name: subject.source for subject, _ in found.gaps}
    assert gaps["tools"] == "gen_spec.jsonl, or operation ids in gen_envs.jsonl"
    assert {"tables", "rows", "kinds", "categories", "descriptions"} <= set(gaps)
    assert statistics_of([figures_of(known())], Letters()).gaps == ()


def test_there_are_statistics_of_no_worlds():
    none = statistics_of([], Letters())
    assert [one.found for one in (*none.measures, *none.comparisons)] == [None] * 7
    assert none.gaps == ()


def test_half_a_surrogate_pair_in_a_description_is_no_obstacle():
    figures = figures_of(known())
    broken = replace(figures, description="\ud800")
    assert statistics_of([broken, figures], Letters()).descriptions.found is not None


def test_the_statistics_are_json(found):
    document = json.loads(json.dumps(statistics_json(found)))
    assert document["measures"]["calls"] == {
        "per": "task",
        "counted": 4,
        "missing": {"count": 1, "worlds": ["old_shelf", "mere_name"]},
        "published": 8.5,
        "mean": 4.5,
        "least": 2,
        "p5": 2.15,
        "median": 3.5,
        "p95": 8.25,
        "most": 9,
        "counts": {"2": 1, "3": 1, "4": 1, "9": 1},
    }
    assert document["shares"] == {"questions": 0.6667, "declines": 0.3333}
    assert document["breakdowns"]["categories"]["counts"] == {"office": 2, "art": 1}
    assert document["likeness"]["tool_sets"]["pair"] == ["tidy_desk", "old_shelf"]
    assert document["published"] == {"worlds": 1000, "tasks": 10000}


def test_what_is_missing_is_null_in_json():
    document = statistics_json(statistics_of([], Letters()))
    assert document["measures"]["tables"]["mean"] is None
    assert document["shares"] == {"questions": None, "declines": None}
    assert document["likeness"]["descriptions"]["largest"] is None
