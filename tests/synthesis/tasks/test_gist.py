"""A task is about something: what is asked for besides has to do with it, where that can be."""

import random

from awm.synthesis.dry import entity_of
from awm.synthesis.tasks import draft
from awm.synthesis.tasks.gist import gist_of, related, sooner
from tests.synthesis.library import first, past
from tests.synthesis.tasks.lots import scene


def test_the_gist_is_what_most_has_to_do_with():
    books = past()
    loan = first(books, "loan")
    most = max(len(list(related(books, row))) for row in (loan.member, loan.tool))
    gist = gist_of(books, [loan, loan.tool, loan.member])
    assert gist in (loan.member, loan.tool)
    assert len(list(related(books, gist))) in (most, most - 1)
    assert gist_of(books, []) is None


def test_a_row_that_is_gone_is_no_gist():
    books = past()
    loan = first(books, "loan")
    books.remove(loan)
    assert gist_of(books, [loan]) is None


def test_a_row_is_related_to_what_it_leads_to_and_what_leads_to_it():
    books = past()
    loan = first(books, "loan")
    assert {loan, loan.member, loan.tool} <= set(related(books, loan))
    assert loan in set(related(books, loan.member))
    assert loan in set(related(books, loan.tool))


def test_what_fits_comes_first_most_of_the_time_and_nothing_is_lost():
    orders = [sooner(random.Random(seed), range(6), lambda n: n > 3) for seed in range(200)]
    assert all(sorted(order) == list(range(6)) for order in orders)
    in_front = sum(order[:2] == [4, 5] for order in orders)
    assert 120 < in_front < 200


def test_further_parts_of_a_task_are_mostly_about_its_gist():
    about, all_of_them = 0, 0
    for seed in range(14):
        stage = scene(seed, 3)
        made = draft(stage, "correction", 3)
        if made is None or stage.gist is None:
            continue
        near = {
            (entity_of(row).name, row.id) for row in related(made.end, made.end.same(stage.gist))
        }
        for call in made.calls:
            tool = stage.surface.by_name[call.name]
            if tool.kind == "edit" and tool.entity is not None:
                all_of_them += 1
                about += (tool.entity.name, call.arguments[f"{tool.entity.name}_id"]) in near
    assert all_of_them > 8
    assert about / all_of_them > 0.3
