"""The words and figures of an evaluation's page."""

from typing import get_args

import pytest

from awm.rollout.report_text import (
    MARKS,
    STOPS,
    beginning,
    commonest,
    json_block,
    number,
    outcome_badge,
    percent,
    text_block,
)
from awm.trajectory import StopReason
from awm.types import Outcome


def test_every_outcome_has_a_mark_of_its_own_besides_its_colour():
    assert set(MARKS) == set(get_args(Outcome))
    assert len(set(MARKS.values())) == len(MARKS)
    assert "✕</i> agent error" in outcome_badge("agent_error")


def test_every_reason_for_stopping_is_explained():
    assert set(STOPS) == set(get_args(StopReason))


def test_of_many_reasons_the_commonest_are_named_and_the_others_counted():
    assert commonest({"answered": 1_200, "budget": 3}) == "answered 1,200, budget 3"
    assert commonest({"a": 5, "b": 4, "c": 3, "d": 2, "e": 1}) == "a 5, b 4, c 3, others 3"
    assert commonest({}) == "-"


@pytest.mark.parametrize(
    ("value", "told"),
    [(None, "-"), (0.0, "0"), (3.0, "3"), (3.14, "3.1"), (-0.25, "-0.2"), (12_345.6, "12,346")],
)
def test_figures_have_the_digits_that_say_something(value, told):
    assert number(value) == told


def test_a_share_that_nobody_knows_is_no_percentage():
    assert [percent(share) for share in (None, 0.0, 0.456)] == ["-", "0%", "46%"]


def test_the_beginning_of_a_long_text_stands_on_one_line():
    assert beginning("a\nb  <c>", 20) == "a b &lt;c&gt;"
    assert beginning("word " * 10, 10) == "word word…"


def test_short_texts_are_seen_at_once_and_long_ones_open():
    assert text_block("a <b>", 100) == "<pre>a &lt;b&gt;</pre>"
    assert text_block("a\n" * 50, 1_000).startswith("<details><summary><code>a a a")
    assert "900 more characters" in text_block("a" * 1_000, 100)


def test_short_json_is_a_line_and_longer_json_has_a_line_for_each_member():
    assert json_block({"a": [1, None]}, 500) == "<code>{ &quot;a&quot;: [ 1, null ] }</code>"
    assert "\n &quot;b&quot;: " in json_block({"a": "x" * 60, "b": "y" * 60}, 500)
