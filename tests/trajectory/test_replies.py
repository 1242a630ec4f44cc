import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.trajectory import answer_of, thought_of


@pytest.mark.parametrize(
    ("content", "thought", "answer"),
    [
        ("<think>so</think>done", "so", "done"),
        ("<think>\n so \n</think>\n\n done ", "so", "done"),
        ("done", None, "done"),
        ("<think></think>done", "", "done"),
        ("opened in the prompt</think>done", "opened in the prompt", "done"),
        ("<think>never closed", None, ""),
        ("said <think>thought", None, "said"),
        ("<think>a</think>b<think>c</think>d", "a", "bd"),
        ("", None, ""),
    ],
)
def test_a_reply_falls_apart_into_a_thought_and_an_answer(content, thought, answer):
    assert thought_of(content) == thought
    assert answer_of(content) == answer


@given(thought=st.text(alphabet="ab \n<>"), answer=st.text(alphabet="ab \n<>"))
def test_whatever_is_thought_does_not_leak_into_the_answer(thought, answer):
    assert answer_of(f"<think>{thought}</think>{answer}") == answer.strip()
    assert thought_of(f"<think>{thought}</think>{answer}") == thought.strip()
