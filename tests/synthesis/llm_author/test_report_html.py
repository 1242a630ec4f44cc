"""The page that shows what a run of a model came to."""

import base64
import hashlib
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awm.llm.ledger import Ledger
from awm.synthesis.llm_author.report_html import report_html
from awm.synthesis.llm_author.reporting import RunReport
from awm.synthesis.llm_author.tally import Tally
from tests.pages.outlining import HOSTILE, Outline

from .runs import LOST, PART, PROVEN, went

SHOWN_BADLY = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]")


def page(report: RunReport | None = None, **more):
    return report_html(report or went(), 12.34, **{"folder": "outputs", **more})


def plain(shown):
    """The texts of a page, one after the other."""
    return " ".join(" ".join(Outline(shown).texts).split())


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_model_says_stays_text(text):
    shown = page(went(text), folder=text)
    outline = Outline(shown)
    names = [name for _, *names in outline.elements for name in names]
    assert "script" not in [tag for tag, *_ in outline.elements]
    assert "<img" not in shown
    assert not [name for name in names if name.startswith("on") or name == "style"]
    assert outline.links == []
    shown.encode()
    assert not SHOWN_BADLY.search(shown)


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(), min_size=1))
def test_a_page_is_built_alike_whatever_is_said_in_it(text):
    tags = [tag for tag, *_ in Outline(page(went(text))).elements if tag != "i"]
    assert tags == [tag for tag, *_ in Outline(page(went("word"))).elements if tag != "i"]


def test_only_the_style_that_stands_in_the_page_is_obeyed():
    shown = page()
    (style,) = re.findall(r"<style>(.*?)</style>", shown, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', shown)
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def test_the_headline_says_what_it_came_to():
    shown = plain(page())
    assert "2 worlds, 1 of them with every task proven · 20 tasks, 17 proven" in shown
    assert "seconds 12.3 " in shown
    assert "USD for 100 worlds 26.50" in shown
    assert "ended early" not in shown
    assert "ended early" in plain(page(whole=False))


def test_the_figures_stand_beside_the_published_ones():
    shown = plain(page())
    assert "Environments right at once 50% 88%" in shown
    assert "Repairs of the others, each 4.00 1.13" in shown
    assert "USD for 100 worlds 26.50 57.09" in shown


def test_each_stage_has_its_row():
    shown = plain(page())
    assert "scenario - - - 0 0 2 500 100 0.0100" in shown
    assert "task 3 67% 2.00 0 0 3 1,500 400 0.0200" in shown
    assert "env 2 50% 4.00 1 1 9 9,000 12,345 0.50" in shown


def test_what_came_of_worlds_at_a_stage_is_drawn():
    shown = page()
    assert 'aria-label="task: right at once 2, right after repairs 1"' in shown
    assert 'aria-label="env: right at once 1, left wrong 1, ended there 1"' in shown


def test_what_nobody_knows_the_price_of_is_not_called_free():
    shown = plain(page(went(unpriced=1)))
    assert "USD for 100 worlds unknown" in shown
    assert "env 2 50% 4.00 1 1 9 9,000 12,345 0.50" in shown


def test_worlds_and_what_was_mended_and_lost_are_there():
    shown = plain(page())
    for title in (PROVEN, PART, LOST):
        assert title in shown
    assert "What was mended most often" in shown
    assert "Scenarios that were lost" in shown


def test_a_run_in_which_nothing_happened_has_a_page():
    shown = plain(page(Tally().report(Ledger({}))))
    assert "0 worlds" in shown
    assert "USD for 100 worlds - 57.09" in shown


def test_a_blueprint_is_compared_as_what_it_is():
    report = went()
    stages = tuple(replace(each, stage="blueprint") for each in report.stages[-1:])
    assert "Blueprints right at once 50% 88%" in plain(page(replace(report, stages=stages)))
