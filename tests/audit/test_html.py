"""The page that shows an audit."""

import base64
import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awm.audit.html import audit_html
from tests.audit.graded import handmade
from tests.pages.outlining import HOSTILE, Outline

GOLDEN = Path(__file__).parent / "golden" / "audit.html"
"""The page but for its style and script. To write it anew after a look at the change:
python -c "from tests.audit.test_html import *; GOLDEN.write_text(bare(audit_html(handmade())))"
"""


def bare(page):
    return re.sub(r"(<style>|<script>|sha256-)[^<']+", r"\1", page)


def test_the_page_is_as_it_was_approved():
    assert bare(audit_html(handmade())) == GOLDEN.read_text("utf-8")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_world_says_stays_text(text):
    page = audit_html(handmade(text))
    outline = Outline(page)
    names = [name for _, *names in outline.elements for name in names]
    assert [tag for tag, *_ in outline.elements].count("script") == 1
    assert not [name for name in names if name.startswith("on") or name == "style"]
    assert all(link.startswith("#") for link in outline.links)
    assert "<img" not in page
    page.encode()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]", page)


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(), min_size=1, max_size=8))
def test_no_text_changes_what_the_page_consists_of(text):
    assert Outline(audit_html(handmade(text))).elements == Outline(audit_html(handmade())).elements


def test_a_page_allows_its_own_style_and_script_and_nothing_else():
    page = audit_html(handmade())
    policy = re.search('Content-Security-Policy" content="([^"]*)"', page)[1]
    for element in ("style", "script"):
        text = re.search(f"<{element}>(.*?)</{element}>", page, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "//" not in re.sub("(?s)<script>.*</script>", "", page)


def test_the_table_and_the_sections_name_every_world_in_order():
    page = audit_html(handmade())
    assert re.findall(r'<th scope="row"><a href="#world-(\w+)"', page) == ["notes", "dead", "fine"]
    assert re.findall(r'<div class="inside" id="world-(\w+)"', page) == ["notes", "dead", "fine"]


def test_filters_offer_what_occurs():
    page = audit_html(handmade())
    assert re.findall('name="grade" value="(.)"', page) == ["A", "D", "F"]
    fine = replace(handmade(), worlds=handmade().worlds[2:])
    assert re.findall('name="verdict" value="([a-z]+)"', audit_html(fine)) == ["proven"]


def test_an_audit_of_nothing_is_a_page_too():
    page = audit_html(replace(handmade(), worlds=(), problems=()))
    outline = Outline(page)
    assert "0 worlds, 0 tasks in 2.5 s · seed 7" in outline.texts
