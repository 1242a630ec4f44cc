"""Records are put right by their own tools, to values that the rules allow."""

from tests.synthesis.library import rows_as_values
from tests.synthesis.tasks.lots import drafts, start


def changes(seed, made):
    """The rows that differ in the end: entity, before, after."""
    before, after = rows_as_values(start(seed)[0]), rows_as_values(made.end)
    for name, rows in before.items():
        assert len(rows) == len(after[name])
        for one, other in zip(rows, after[name], strict=True):
            if one != other:
                yield name, one, other


def test_only_fields_that_can_be_edited_are_changed():
    for seed, made in drafts("correction"):
        entities = start(seed)[1].blueprint.entities
        for name, one, other in changes(seed, made):
            changed = {column for column in one if one[column] != other[column]}
            editable = {entities[name].fields[each].column for each in entities[name].edits}
            assert changed <= editable


def test_each_edit_changes_what_it_says():
    for seed, made in drafts("correction"):
        _, surface = start(seed)
        edits = [call for call in made.calls if surface.by_name[call.name].kind == "edit"]
        assert edits
        assert len(list(changes(seed, made))) >= 1


def test_a_swap_gives_each_what_the_other_had():
    met = 0
    for seed, made in drafts("correction"):
        for clause in made.clauses:
            if any("mixed up" in text for text in clause.texts) and len(made.clauses) == 1:
                (_, one, one_after), (_, two, two_after) = changes(seed, made)
                column = next(key for key in one if one[key] != one_after[key])
                assert one_after[column] == two[column]
                assert two_after[column] == one[column]
                met += 1
    assert met


def test_values_that_are_unique_are_left_alone():
    for _, made in drafts("correction"):
        assert all("card_no" not in call.arguments for call in made.calls)
