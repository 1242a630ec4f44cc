"""Every row that an answer depends on is shown, by calls that a person would make."""

from dataclasses import replace

import pytest

from awm.synthesis.tasks.revealing import reveal
from tests.synthesis.tasks.lots import drafts, scene
from tests.synthesis.tasks.onlooker import Onlooker


def shown(stage, clerk):
    made = replace(drafts("question")[0][1], calls=tuple(clerk.calls), clauses=())
    return Onlooker(stage.books, stage.surface, made)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("entity", ["member", "tool", "loan", "inspection", "hold"])
def test_all_rows_of_an_entity_can_be_shown(seed, entity):
    stage = scene(seed, 7)
    clerk = stage.clerk()
    wanted = {(entity, row.id) for row in stage.books.rows(entity)}
    reveal(clerk, wanted, None)
    seen = shown(stage, clerk)
    assert wanted <= seen.shown
    assert seen.unknown == []


@pytest.mark.parametrize("seed", range(3))
def test_what_leads_to_a_row_is_shown_after_it(seed):
    stage = scene(seed, 7)
    for member in stage.books.rows("member")[:6]:
        clerk = stage.clerk()
        here = clerk.books.same(member)
        wanted = {("loan", loan.id) for loan in member.loans}
        wanted |= {("tool", loan.tool.id) for loan in member.loans}
        reveal(clerk, wanted | {("member", member.id)}, here)
        seen = shown(stage, clerk)
        assert wanted <= seen.shown
        assert seen.unknown == []


def test_nothing_is_asked_where_nothing_is_to_be_seen():
    clerk = scene(0, 1).clerk()
    reveal(clerk, set(), None)
    assert clerk.calls == []
