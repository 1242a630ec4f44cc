"""What fits is all of it, in any order; what is picked is the only one that fits best."""

import itertools
import random

import pytest

from awm.synthesis.blueprints import Field
from awm.synthesis.dry import Refusal, Row, perform
from awm.synthesis.tasks import picking
from awm.synthesis.tasks.groups import extreme_words, groups_of, unique_extreme
from awm.synthesis.tasks.picking import pick
from tests.synthesis.library import library, past, rows_as_values
from tests.synthesis.tasks.lots import scene

LOTS = range(30)


def bulks(monkeypatch):
    """Groups on which an action was carried out, with the move and the books before."""
    found = []
    inner = picking._all_of

    def spy(stage, clerk, action, group):
        before = clerk.books.copy()
        seen = []
        act = clerk.act

        def noted(action, arguments, on=None):
            seen.append((arguments, on))
            return act(action, arguments, on)

        clerk.act = noted
        clauses = inner(stage, clerk, action, group)
        clerk.act = act
        if clauses is not None:
            found.append((before, action, seen, clerk.books.copy()))
        return clauses

    monkeypatch.setattr(picking, "_all_of", spy)
    for lot in LOTS:
        stage = scene(lot % 3, lot)
        picking.bulk(stage, stage.clerk())
    return found


def carried_out(before, action, moves):
    books = before.copy()
    for arguments, on in moves:
        here = {k: books.same(v) if isinstance(v, Row) else v for k, v in arguments.items()}
        assert not isinstance(perform(books, action, here, books.same(on)), Refusal)
    return rows_as_values(books)


def test_bulk_comes_to_the_same_in_any_order(monkeypatch):
    found = bulks(monkeypatch)
    assert len(found) > 10
    for before, action, moves, after in found:
        orders = list(itertools.islice(itertools.permutations(moves), 200))
        for order in random.Random(1).sample(orders, min(4, len(orders))):
            assert carried_out(before, action, order) == rows_as_values(after)


def test_bulk_is_done_to_all_that_fit_and_to_each_once(monkeypatch):
    for _, _, moves, _ in bulks(monkeypatch):
        rows = [on.id for _, on in moves]
        assert len(set(rows)) == len(rows) >= 2


@pytest.mark.parametrize("entity", ["loan", "tool", "hold"])
def test_what_is_picked_is_the_only_extreme_of_its_group(entity):
    stage = scene(1, 3)
    clerk = stage.clerk()
    kind = stage.blueprint.entities[entity]
    for row, words, group in itertools.islice(pick(stage, clerk, kind, ()), 20):
        assert row in group.rows
        assert words
        ordered = [each for each in kind.fields.values() if each.kind in ("int", "money", "date")]
        assert any(
            unique_extreme(group.rows, field, lowest=lowest) is row
            for field in ordered
            for lowest in (True, False)
        )


def test_what_people_do_who_do_not_work_here_follows_from_no_criterion():
    stage = scene(1, 3)
    member = stage.blueprint.entities["member"]
    assert list(pick(stage, stage.clerk(), member, ())) == []


def test_what_a_group_has_in_common_is_never_taken_for_a_part_of_the_criterion():
    stage = scene(1, 3)
    clerk = stage.clerk()
    for _, words, group in pick(stage, clerk, stage.blueprint.entities["tool"], ()):
        assert words.startswith("the one " if group.choice else "the tool ")


def test_nothing_is_done_to_one_and_then_to_all():
    for lot in LOTS:
        stage = scene(lot % 3, lot)
        clerk = stage.clerk()
        if picking.choice(stage, clerk) is None:
            continue
        before = {call.name for call in clerk.calls if call.name in stage.blueprint.actions}
        called = len(clerk.calls)
        picking.bulk(stage, clerk)
        after = {call.name for call in clerk.calls[called:]}
        assert not before & after


def test_a_group_has_all_rows_that_fit_and_no_others():
    books = past(1)
    kind = library().entities["loan"]
    for group in groups_of(books, kind, kind.state.words if kind.state else (), least=2):
        fitting = [
            row
            for row in books.rows("loan")
            if all(getattr(row, name) == value for name, value in group.filters.items())
        ]
        assert list(group.rows) == fitting
        assert len(fitting) >= 2


def test_the_words_of_a_group_say_what_its_rows_have_in_common():
    stage = scene(0, 1)
    clerk = stage.clerk()
    loan = stage.blueprint.entities["loan"]
    for group in groups_of(clerk.books, loan, ("open", "returned")):
        words = group.words(clerk, plural=True)
        assert words.startswith(f"{group.state} loans")
        if group.owner is not None:
            assert group.owner.name in words


def test_an_extreme_that_is_shared_is_none():
    books = past(1)
    tools = tuple(books.rows("tool")[:3])
    field = library().entities["tool"].fields["deposit_cents"]
    for tool, cents in zip(tools, (500, 500, 900), strict=True):
        tool.deposit_cents = cents
    assert unique_extreme(tools, field, lowest=True) is None
    assert unique_extreme(tools, field, lowest=False) is tools[2]
    assert unique_extreme(tools[:1], field, lowest=False) is None


def test_extremes_are_called_by_their_kind():
    fields = library().entities["tool"].fields
    assert extreme_words(fields["bought_on"], lowest=True) == "earliest"
    assert extreme_words(fields["deposit_cents"], lowest=False) == "highest"
    assert extreme_words(fields["weight_grams"], lowest=True) == "smallest"
    assert extreme_words(Field("seats", "int"), lowest=False) == "most"
    assert extreme_words(Field("hours_per_week", "int"), lowest=True) == "fewest"
    assert extreme_words(Field("start_hour", "int"), lowest=True) == "earliest"
    assert extreme_words(Field("file_limit", "int"), lowest=False) == "highest"
