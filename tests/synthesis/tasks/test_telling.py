"""A request reads as one person wrote it, and reads otherwise when another does."""

import random
import re

import pytest

from awm.synthesis.tasks import KINDS, tell
from awm.synthesis.tasks.request import Branch, Do, Find
from tests.synthesis.tasks.lots import drafts

DOUBLED = re.compile(r"\b(the|a|an) (the|a|an|every|each)\b", re.IGNORECASE)
HOLES = re.compile(r"[{}_<>]|\bNone\b|  | [.,;]|\?\.|\.\.|\(\)")


def told(kind, seeds=range(4)):
    for _, made in drafts(kind, 2):
        for seed in seeds:
            yield made, tell(made, random.Random(seed), "")


@pytest.mark.parametrize("kind", KINDS)
def test_texts_have_no_holes_and_no_doubled_articles(kind):
    for _, text in told(kind):
        assert not HOLES.search(text), text
        assert not DOUBLED.search(text), text


@pytest.mark.parametrize("kind", KINDS)
def test_texts_begin_with_a_capital_and_end_with_a_stop(kind):
    for _, text in told(kind):
        assert text[0].isupper() or not text[0].isalpha(), text
        assert text[-1] in ".!?", text


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_task_is_told_in_different_ways(kind):
    for _, made in drafts(kind):
        assert len({tell(made, random.Random(seed), "") for seed in range(12)}) >= 6


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_lot_tells_the_same(kind):
    assert [text for _, text in told(kind)] == [text for _, text in told(kind)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_clause_is_told(kind):
    for made, text in told(kind):
        plain = text.casefold()
        for clause in made.clauses:
            match clause:
                case Do(texts) | Find(texts):
                    assert any(_in(each, plain) for each in texts), (texts, text)
                case Branch(conditions, yes, no):
                    assert any(_in(each, plain) for each in conditions)
                    assert all(any(_in(t, plain) for t in do.texts) for do in (*yes, *no))


def _in(clause: str, text: str) -> bool:
    return clause.casefold().replace("a o", "an o") in text or clause.casefold() in text


def test_the_date_is_told_where_it_matters():
    _, made = drafts("workflow")[0]
    assert "2 March 2026" in tell(made, random.Random(1), "2 March 2026")


def test_who_may_be_refused_is_asked_for_the_rule():
    for _, made in drafts("decline"):
        text = tell(made, random.Random(3), "")
        assert "rule" in text


def test_a_question_never_says_what_else_to_leave_alone_twice():
    for _, text in told("question", range(12)):
        assert len(re.findall(r"chang|alter", text)) <= 1, text


def test_many_things_are_told_as_a_list():
    lists = 0
    for kind in KINDS:
        for _, made in drafts(kind, 3):
            text = tell(made, random.Random(2), "")
            items = [line for line in text.splitlines() if re.match(r"\d+\. ", line)]
            assert len(items) in (0, len(made.clauses)), text
            assert items or len(made.clauses) < 6
            lists += len(made.clauses) >= 6
    assert lists


def test_what_is_asked_on_the_way_is_not_called_the_last():
    for kind in ("workflow", "bulk", "choice"):
        for _, made in drafts(kind, 3):
            for seed in range(6):
                text = tell(made, random.Random(seed), "")
                if not isinstance(made.clauses[-1], Find):
                    assert not re.search("Finally|At the end", text), text


def test_the_date_comes_before_what_leads_to_the_request():
    for _, made in drafts("workflow", 3):
        for seed in range(6):
            text = tell(made, random.Random(seed), "2 March 2026")
            before = text[: text.index("2 March 2026")]
            assert len(before.split()) <= 4, text


def test_no_question_is_longer_than_one_can_follow():
    for kind in ("workflow", "correction"):
        for _, text in told(kind):
            for said in re.findall(r"(?:Could|Would|Can) you [^.?:]*\?", text):
                assert len(said.split()) <= 20, said
