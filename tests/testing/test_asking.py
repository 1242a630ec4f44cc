import json
from dataclasses import replace
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.llm.dialect import Dialect
from awm.rollout import analysis_judge
from awm.testing.asking import JUDGE, PLAN_JUDGE, Asked, MisaskedError
from awm.verify import judge
from tests.testing.questions import MODEL, question


def asked(put, **dialect):
    return Asked.read(json.loads(json.dumps(Dialect(**dialect).body(put, MODEL))))


def test_a_question_is_known_by_the_first_line_of_its_system_message():
    assert asked(question("verifier_code")).prompt == "verifier_code"


@pytest.mark.parametrize(
    ("package", "prompt", "name"),
    [
        ("awm.verify", judge.PROMPT, JUDGE),
        ("awm.rollout", analysis_judge.PROMPT, PLAN_JUDGE),
    ],
)
def test_judges_are_known_by_the_prompts_that_they_are_given(package, prompt, name):
    text = (resources.files(package) / "prompts" / f"{prompt}.md").read_text("utf-8")
    body = {"messages": [{"role": "system", "content": text}]}
    assert Asked.read(body).prompt == name


def test_a_conversation_of_somebody_else_has_no_prompt():
    assert Asked.read({"messages": [{"role": "user", "content": "Hello!"}]}).prompt == ""


def test_what_stands_between_tags_is_found():
    read = asked(question("db", scenario="Bits & Bobs", tasks="1. One.\n2. Two."))
    assert read.title == "Bits & Bobs"
    assert read.lines("tasks") == ("1. One.", "2. Two.")
    assert read.tagged("rows") == ""


def test_the_task_is_found_with_its_number():
    assert asked(question("agent", task=(3, "Say\nwhy."))).task == (3, "Say\nwhy.")
    assert asked(question("agent")).task == (-1, "")


def test_each_answer_of_a_conversation_is_told_with_what_came_back():
    put = question("agent")
    said, back = replace(put.messages[1], role="assistant", content="a"), put.messages[1]
    assert asked(put).turns == ()
    assert asked(put.followed_by(said, back, said)).turns == (("a", back.content), ("a", ""))


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="<>&\r")))
def test_any_title_is_read_back(title):
    assert asked(question("db", scenario=title)).title == title.strip()


def test_a_message_may_come_in_parts():
    parts = [{"type": "text", "text": "awm prompt db v1"}, {"type": "image_url"}]
    assert Asked.read({"messages": [{"role": "system", "content": parts}]}).prompt == "db"


def test_the_same_question_has_the_same_key_however_its_answer_is_held_to_a_schema():
    put = question("db", scenario="Rover")
    constrained = asked(replace(put, schema={"type": "object"}))
    assert constrained.schema == {"type": "object"}
    assert constrained.key == asked(put).key == asked(put, max_tokens=False).key


def test_questions_that_differ_have_different_keys():
    put = question("db", scenario="Rover")
    others = [
        question("db", scenario="Rovers"),
        question("task", scenario="Rover"),
        put.followed_by(*put.messages[1:]),
        replace(put, seed=1),
        replace(put, temperature=0.5),
        replace(put, max_tokens=9),
    ]
    keys = {asked(each).key for each in [put, *others]}
    assert len(keys) == 7


@pytest.mark.parametrize(
    "body", [None, [], {}, {"messages": []}, {"messages": "x"}, {"messages": [{"content": "x"}]}]
)
def test_what_is_no_question_is_refused(body):
    with pytest.raises(MisaskedError):
        Asked.read(body)
