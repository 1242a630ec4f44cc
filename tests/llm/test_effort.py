"""What is said of a question that was not answered depends on how far it came."""

import pickle

import pytest

from awm.errors import LLMUnavailableError
from awm.llm.effort import Effort, LLMSilentError
from awm.llm.endpoint import openai_endpoint

ENDPOINT = openai_endpoint("http://localhost/v1", None, "m")
BUSY = "answered 429"


def effort(**state) -> Effort:
    return Effort(ENDPOINT, 0, **state)


def test_failures_are_counted_and_those_of_a_limit_apart():
    tried = effort()
    tried.failed("answered 429", is_limit=True)
    assert tried.message == "http://localhost/v1/chat/completions answered 429."
    tried.failed("hung up", is_limit=False)
    assert (tried.failures, tried.counted) == (2, 1)
    assert tried.message == "http://localhost/v1/chat/completions hung up (asked 2 times)."


@pytest.mark.parametrize(
    ("state", "trouble", "kind", "told"),
    [
        ({"fault": "hung up", "failures": 1}, BUSY, LLMUnavailableError, " hung up."),
        ({"fault": "hung up", "failures": 1, "heard": True}, "", LLMUnavailableError, " hung up."),
        ({"queues": True}, BUSY, LLMUnavailableError, " answered 429."),
        ({"queues": True, "heard": True}, BUSY, LLMUnavailableError, " answered 429."),
        ({"queues": True}, "", LLMSilentError, " was busy with others."),
        ({"seconds": 2.5}, BUSY, LLMSilentError, " sent nothing in 2.5 s."),
    ],
)
def test_what_is_known_of_the_server_is_said_first(state, trouble, kind, told):
    excuse = effort(**state).cut_off(trouble, is_there=False)
    assert type(excuse) is kind
    assert excuse.message.endswith(told)
    assert excuse.hint == "Check OPENAI_BASE_URL, or try again later."


def test_an_answer_that_was_coming_has_no_excuse():
    assert effort(heard=True).cut_off(BUSY, is_there=False) is None


def test_a_server_that_answers_others_is_there_and_slow():
    assert effort(seconds=2.5).cut_off("", is_there=True) is None
    held_up = effort(queues=True).cut_off("", is_there=True)
    assert held_up.message.endswith(" was busy with others.")
    assert effort(fault="hung up", failures=1).cut_off("", is_there=True) is not None


def test_the_error_survives_pickling_with_all_it_says():
    error = LLMSilentError("it sent nothing.", "Look there.")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is LLMSilentError
    assert str(copy) == str(error)
