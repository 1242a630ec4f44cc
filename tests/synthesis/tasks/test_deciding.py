"""What is done is what the condition says, and the other way is never taken."""

from awm.synthesis.tasks import deciding
from awm.synthesis.tasks.request import Branch, Do
from awm.synthesis.tasks.scene import Move
from tests.synthesis.tasks.lots import drafts, scene, start
from tests.synthesis.tasks.onlooker import Onlooker


def test_each_decision_has_two_ways_that_differ():
    for _, made in drafts("conditional"):
        branches = [clause for clause in made.clauses if isinstance(clause, Branch)]
        assert branches
        assert made.branches == len(branches)
        for branch in branches:
            assert not set(branch.yes[0].texts) & set(branch.no[0].texts)
            assert branch.conditions


def test_a_condition_holds_where_it_says_so():
    met = {True: 0, False: 0}
    for lot in range(80):
        stage = scene(lot % 3, lot)
        condition = deciding._condition(stage, stage.clerk())
        if condition is not None and condition.counted is not None:
            entity, reference, state = condition.counted
            rows = [
                row
                for row in stage.books.rows(entity.name)
                if stage.books.values(row)[f"{reference}_id"] == condition.row.id
                and (state is None or getattr(row, "status", None) == state)
            ]
            words = ("one", "two", "three", "four", "five", "six")
            for text in condition.texts:
                least = next((n for n, word in enumerate(words, 1) if f" {word} " in text), 0)
                if least:
                    fewer = "fewer than" in text
                    assert condition.holds == ((len(rows) < least) if fewer else len(rows) >= least)
                    met[condition.holds] += 1
    assert min(met.values()) > 2


def test_no_condition_is_about_what_the_words_for_its_record_tell_already():
    stage = scene(0, 1)
    tool = stage.books.rows("tool")[0]
    for told in ((), ("worth_cents",)):
        texts = [
            text
            for condition in deciding._by_number(stage, tool, tool.name, told)
            for text in condition.texts
        ]
        assert any("deposit" in text for text in texts)
        assert any("worth" in text for text in texts) == (not told)


def test_the_row_that_a_decision_is_about_is_looked_at_before():
    for seed, made in drafts("conditional"):
        _, surface = start(seed)
        kinds = [surface.by_name[call.name].kind for call in made.calls]
        assert kinds[0] in ("list", "get")
        assert Onlooker(*start(seed), made).shown


def test_what_follows_a_decision_is_asked_for_plainly():
    for _, made in drafts("conditional"):
        assert all(isinstance(clause, (Branch, Do)) for clause in made.clauses[:-1])


def test_a_record_that_the_condition_describes_is_not_described_again():
    stage = scene(0, 1)
    action = stage.blueprint.actions["return_tool"]
    loan, member = stage.books.rows("loan")[0], stage.books.rows("member")[0]
    assert deciding._that(Move(action, {}, loan), loan) == {"loan": "that loan"}
    payment = stage.blueprint.actions["take_payment"]
    assert deciding._that(Move(payment, {"paid_cents": 100}, member), member) == {}


def test_no_condition_is_about_a_number_that_stands_for_a_record():
    for lot in range(40):
        stage = scene(lot % 3, lot)
        clerk = stage.clerk()
        condition = deciding._condition(stage, clerk)
        assert condition is None or not clerk.numbered(condition.row)
