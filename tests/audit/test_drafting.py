"""Rows while they are being changed."""

from awm.audit.drafting import Draft, Edit
from awm.audit.fixes import Change
from awm.worlds import WorldFile
from tests.audit.rows import BLIND, RIGHT, solvable, verifier

CODE = WorldFile.VERIFIER_CODE


def edit(place, row, part=CODE):
    return Edit(part, place, {"scenario": "Notes", **row}, Change("here", "something"))


def test_a_world_of_which_nothing_is_changed_is_the_same_object():
    world = solvable()
    assert Draft(world).world() is world


def test_the_row_that_counts_is_the_last_sound_one():
    world = solvable(
        verifier(RIGHT), verifier(BLIND), verifier(RIGHT, 1), {"task_idx": 0, "task": "no code"}
    )
    draft = Draft(world)
    assert draft.counting(CODE, 0) == 1
    assert draft.counting(CODE, 1) == 2
    assert draft.counting(CODE, 2) is None
    assert draft.counting(WorldFile.VERIFIER_SQL, 0) is None
    assert draft.counting(WorldFile.DATABASE) == 0


def test_rows_are_replaced_in_place_and_added_at_the_end():
    draft = Draft(solvable(verifier(RIGHT), verifier(RIGHT, 1)))
    draft.apply([edit(0, verifier(BLIND)), edit(None, verifier(BLIND, 2))])
    codes = [row["verification"]["code"] for row in draft.world().records[CODE]]
    assert codes == [BLIND, RIGHT, BLIND]
    assert len(draft.changes) == 2


def test_rows_that_are_not_touched_are_the_same_objects():
    world = solvable(verifier(RIGHT), verifier(RIGHT, 1))
    draft = Draft(world)
    draft.apply([edit(0, verifier(BLIND))])
    for part, rows in draft.world().records.items():
        for place, (new, old) in enumerate(zip(rows, world.records[part], strict=True)):
            assert (new is old) is ((part, place) != (CODE, 0))


def test_what_is_only_tried_is_not_kept():
    world = solvable(verifier(RIGHT))
    draft = Draft(world)
    tried = draft.world([edit(0, verifier(BLIND)), edit(None, verifier(BLIND, 1))])
    assert [program.code for program in tried.verifiers] == [BLIND, BLIND]
    assert draft.world() is world


def test_the_last_row_of_a_file_can_be_dropped():
    draft = Draft(solvable(verifier(RIGHT)))
    draft.changes.append(Change("here", "dropped"))
    draft.drop(CODE, {0})
    assert not draft.world().has(CODE)
