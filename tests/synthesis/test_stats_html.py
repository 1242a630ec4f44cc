"""The page that shows what a set of worlds is like."""

import base64
import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from awm.synthesis.measuring import figures_of
from awm.synthesis.statistics import statistics_of
from awm.synthesis.stats_html import statistics_html
from tests.pages.outlining import HOSTILE, Outline
from tests.synthesis.surveyed import known, worlds
from tests.synthesis.test_statistics import Letters

GOLDEN = Path(__file__).parent / "golden" / "stats.html"
"""The page but for its style. To write it anew after a look at the change, put
`GOLDEN.write_text(bare(page()))` into the first test and run it once."""


def page(*more, **changes):
    figures = [*(figures_of(world) for world in worlds()), *more]
    return statistics_html(replace(statistics_of(figures, Letters(), folder="some"), **changes))


def bare(text):
    return re.sub(r"(<style>|sha256-)[^<']+", r"\1", text)


@pytest.fixture(autouse=True)
def _limit(monkeypatch):
    """The author's own limit changes with its measurements."""
    monkeypatch.setattr("awm.synthesis.stats_html.SIMILAR", 0.5)


def test_the_page_is_as_it_was_approved():
    assert bare(page()) == GOLDEN.read_text("utf-8")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_world_says_stays_text(text):
    odd = replace(
        figures_of(known()),
        name=text,
        description=None,
        categories=(text,),
        tasks=tuple(replace(task, kind=text) for task in figures_of(known()).tasks),
    )
    shown = page(odd, folder=text, unread=(text,))
    outline = Outline(shown)
    names = [name for _, *names in outline.elements for name in names]
    assert "script" not in [tag for tag, *_ in outline.elements]
    assert not [name for name in names if name.startswith("on") or name == "style"]
    assert outline.links == []
    shown.encode()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]", shown)


def test_only_the_style_that_stands_in_the_page_is_obeyed():
    shown = page()
    (style,) = re.findall(r"<style>(.*?)</style>", shown, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', shown)
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def test_the_published_figure_is_marked_in_each_histogram_of_a_measure():
    texts = Outline(page()).texts
    for figure in ("18.5", "35.1", "129", "10", "8.5"):
        assert texts.count(f"published {figure}") == 1


def test_a_set_of_no_worlds_has_a_page():
    shown = statistics_html(statistics_of([], Letters(), folder="some"))
    assert "0 worlds, 0 tasks" in shown
    assert shown.count("There are no two worlds to compare.") == 2


def test_many_sorts_are_cut_and_it_says_so():
    varied = replace(figures_of(known()), categories=tuple(f"c{n}" for n in range(60)))
    assert "and 22 more" in page(varied)


def test_worlds_with_nothing_in_common_are_not_called_alike():
    alone = [figures_of(known()), replace(figures_of(known("B")), tools=frozenset({"other"}))]
    assert "No two have anything in common." in statistics_html(statistics_of(alone, Letters()))
