"""What pages about audits have of their own."""

from awm.audit.html_text import call_list, verdict_badge, verdict_tally
from awm.types import ToolCall


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
