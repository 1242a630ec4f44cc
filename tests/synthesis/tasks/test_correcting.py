"""Records are put right by their own tools, to values that the rules allow."""

import random

from awm.synthesis.dry import play_history
from awm.synthesis.surface import Surface
from awm.synthesis.tasks import Scene, draft
from tests.synthesis.library import TODAY, composed, rows_as_values, small
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


def guests(seed):
    """A desk whose guests have addresses made of their names."""
    form = small(
        pools={
            "person": ["Ada Lind", "Bo Chen", "Cy Duarte"],
            "mail": [
                "{first}.{last}@example.com",
                "{last}.{first}@example.com",
                "{first}@post.org",
            ],
        },
        entities={
            "guest": {
                "rows": "3",
                "named": "name",
                "fields": {
                    "name": "text from person",
                    "email": "text from mail of name",
                    "on_hold": "bool 50%",
                },
                "edits": ["email", "on_hold"],
            }
        },
        actions={
            "greet_guest": {"on": "guest", "phrases": ["greet {guest}", "say hello to {guest}"]}
        },
    )
    books = play_history(composed(form), TODAY, random.Random(seed))
    return Scene(books, Surface(books.blueprint), random.Random(seed))


def test_an_address_is_corrected_to_another_one_of_the_same_person():
    met = 0
    for seed in range(60):
        made = draft(guests(seed), "correction")
        for row in rows_as_values(made.end)["guest"] if made else ():
            assert row["name"].split()[0].lower() in row["email"]
        met += any("email" in call.arguments for call in made.calls) if made else 0
    assert met > 5


def test_a_yes_or_no_is_told_as_the_entry_of_a_form():
    texts = [
        text
        for seed in range(60)
        for clause in getattr(draft(guests(seed), "correction"), "clauses", ())
        for text in clause.texts
        if "on hold" in text
    ]
    assert texts
    assert all('the entry "on hold"' in text for text in texts)
