"""The answer to a question can be read off what the oracle's calls show."""

import datetime as dt
import re
from collections import Counter
from dataclasses import replace

from awm.synthesis.blueprints import Field
from awm.synthesis.dry import Row, entity_of, money
from awm.synthesis.tasks import questions
from awm.synthesis.tasks.request import Find
from awm.synthesis.tasks.words import date_words
from tests.synthesis.tasks.lots import drafts, scene, start
from tests.synthesis.tasks.onlooker import Onlooker


def values_of(row: Row) -> set[str]:
    """What a row that is shown says, in every way in which it could be written."""
    found: set[str] = set()
    for name, field in entity_of(row).fields.items():
        value = getattr(row, name)
        if isinstance(value, dt.date):
            found |= {date_words(value, style) for style in ("british", "american", "iso")}
        elif isinstance(value, int):
            found.add(money(value) if field.kind == "money" else str(value))
        elif isinstance(value, str):
            found |= {value, value.replace("_", " ")}
        elif isinstance(value, Row) and entity_of(value).named:
            found.add(getattr(value, entity_of(value).named))
    return found


def sums_of(rows: list[Row], total: int) -> set[str]:
    """What can be counted and added up in a list."""
    found = {str(total), str(len(rows))}
    if rows:
        for name, field in entity_of(rows[0]).fields.items():
            if field.kind in ("int", "money"):
                total = sum(getattr(row, name) or 0 for row in rows)
                found.add(money(total) if field.kind == "money" else str(total))
    return found


def test_an_answer_can_be_read_off_the_rows_that_the_calls_show():
    for seed, made in drafts("question"):
        seen = Onlooker(*start(seed), made)
        readable = {text for page, total in seen.lists for text in sums_of(page, total)}
        readable |= {text for key in seen.shown for text in values_of(seen.books.row(*key))}
        worked_out = _written(seed)
        for wordings in made.facts or ():
            assert set(wordings) & (readable | worked_out), (wordings, made.calls)


def _written(seed: int) -> set[str]:
    """The answers to the blueprint's own questions, which take arithmetic."""
    books, surface = start(seed)
    found = set()
    for question in surface.blueprint.questions:
        rows = books.rows(question.of) if question.of else [None]
        for row in rows:
            value = books.evaluate(question.answer, {question.of: row} if question.of else {})
            kind = question.answer.type.kind
            if isinstance(value, dt.date):
                found |= {date_words(value, style) for style in ("british", "american", "iso")}
            elif isinstance(value, int):
                found.add(money(value) if kind == "money" else str(value))
            elif isinstance(value, Row):
                found.add(books.label(value))
    return found


def test_every_row_that_an_own_question_depends_on_is_shown():
    """With the rows that were shown alone the question has the same answer."""
    asked = 0
    for lot in range(60):
        stage = scene(lot % 3, lot)
        clerk = stage.clerk()
        question = stage.lot.choice(stage.blueprint.questions)
        rows = clerk.books.rows(question.of) if question.of else [None]
        found = questions._written(stage, clerk, question)
        if found is None:
            continue
        found.find()
        plain = drafts("question")[0][1]
        made = replace(plain, calls=tuple(clerk.calls), clauses=(Find(found.texts),))
        seen = Onlooker(stage.books, stage.surface, made)
        books = stage.books
        answers = set()
        for row in rows:
            books.seen = set()
            value = books.evaluate(question.answer, {question.of: row} if question.of else {})
            needed, books.seen = books.seen, None
            label = questions._said(stage, question.answer.type.kind, value)
            if label == found.said and needed <= seen.shown | seen.known:
                answers.add(label)
        assert answers == {found.said}, (question.answer.source, clerk.calls)
        asked += 1
    assert asked > 20


def test_what_is_paid_for_one_piece_is_not_summed_up():
    summed = {
        name: questions._adds_up(Field(name, "money"))
        for name in ("fee_cents", "hourly_rate_cents", "price_per_kilo_cents", "ticket_limit_cents")
    }
    assert [name for name, adds_up in summed.items() if adds_up] == ["fee_cents"]


def test_nobody_asks_by_way_of_a_number():
    for lot in range(60):
        stage = scene(lot % 3, lot)
        found = questions._through(stage, stage.clerk())
        for text in found.texts if found else ():
            assert not re.search(r"(loan|hold) (no\. |#)?\d", text), text


def test_questions_of_one_task_have_different_answers():
    for _, made in drafts("question", 2):
        assert max(Counter(made.facts or ()).values()) == 1


def test_a_question_is_asked_in_several_ways():
    several = [
        len(set(clause.texts)) > 1 for _, made in drafts("question") for clause in made.clauses
    ]
    assert sum(several) > 0.6 * len(several)
