"""The small parts of the HTML report."""

import pytest

from awm.audit.html_text import bar, call_list, cut, escaped, plural, verdict_badge, verdict_tally
from awm.types import ToolCall


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain", "plain"),
        ("<b a=\"x\" c='y'>&", "&lt;b a=&quot;x&quot; c=&#x27;y&#x27;&gt;&amp;"),
        ("two\nlines", "two\nlines"),
        ("\x1b[1m \x00", "\\x1b[1m \\x00"),
        ("\u202eabc", "\\u202eabc"),
        ("half \ud800", "half \\ud800"),
        ("Żółć 日本 🎈", "Żółć 日本 🎈"),
    ],
)
def test_text_becomes_html(text, html):
    assert escaped(text) == html


def test_long_text_is_cut_and_says_so():
    assert cut("<" * 5, 5) == "&lt;" * 5
    assert cut("<" * 1_006, 6) == "&lt;" * 6 + "… <i>(1,000 more characters)</i>"


def test_things_are_counted():
    assert [plural(count, "call") for count in (0, 1, 1_000)] == [
        "0 calls",
        "1 call",
        "1,000 calls",
    ]


def test_a_bar_is_parted_as_the_counts_are():
    drawn = bar({"A": 1, "B": 0, "F": 3}, 'one "A"')
    assert '<rect class="is-A" x="0.00%" width="25.00%"/>' in drawn
    assert '<rect class="is-F" x="25.00%" width="75.00%"/>' in drawn
    assert "is-B" not in drawn
    assert 'aria-label="one &quot;A&quot;"' in drawn


def test_a_bar_of_nothing_is_empty():
    assert "<rect" not in bar({"A": 0}, "none")


def test_verdicts_have_a_mark_besides_their_colour():
    badges = [verdict_badge(v) for v in ("proven", "unproven", "unsound", "blocked")]
    assert [badge.partition("</i>")[0][-1] for badge in badges] == ["✓", "○", "✕", "■"]


def test_a_tally_leaves_out_what_no_task_came_to():
    assert "blocked" not in verdict_tally({"proven": 2, "blocked": 0})
    assert verdict_tally({}) == "no tasks"


def test_calls_are_listed_with_their_arguments():
    shown = call_list([ToolCall("a", {"x": 1}), ToolCall("b", {"long": "y" * 100})])
    assert "<li><b>a</b> <code>{&quot;x&quot;: 1}</code></li>" in shown
    assert "<li><b>b</b> <pre>{\n  &quot;long&quot;" in shown


def test_no_calls_are_said_to_be_none():
    assert call_list([]) == '<p class="none">No call is made.</p>'


def test_huge_arguments_are_cut():
    shown = call_list([ToolCall("a", {"x": "y" * 1_000_000, "z": list(range(100_000))})])
    assert len(shown) < 10_000
    assert "left out" in shown


def test_arguments_may_be_nested_deeper_than_python_recurses():
    value: object = 1
    for _ in range(900):
        value = [value]
    assert "nested too deeply" in call_list([ToolCall("a", {"x": value})])


def test_of_very_many_calls_the_last_ones_are_shown_with_their_numbers():
    shown = call_list([ToolCall(f"t{number}") for number in range(100)])
    assert "<p>60 calls before these; the JSON report has them.</p>" in shown
    assert '<ol class="calls" start="61"><li><b>t60</b>' in shown
