"""The small parts of pages."""

import pytest

from awm.pages import bar, cut, escaped, plural


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
