"""A refusal is put down to its question where the server answers others, and else to the set-up."""

import asyncio

import pytest
from pydantic import SecretStr

from awm.errors import LLMError, LLMRefusedError, LLMSetupError
from awm.llm import Azure, HttpEmbedder, Message, OpenAICompatible, Question
from awm.llm.standing import _IN_A_ROW
from tests.llm.chat_server import Answer, chat_server, completion

FORBIDDEN = Answer("<html>Blocked by Firewall</html>", status=403)
NOT_FOUND = Answer("<html>Not Found</html>", status=404)
ELSEWHERE = Answer("", status=307)
MODELS = Answer({"data": [{"id": "some-model"}, {"id": "other"}]})
OK = completion("Hello.")


def question(text: str) -> Question:
    return Question((Message("user", text),))


def turning_away(refusal, models=NOT_FOUND):
    """A server that refuses what has "bad" in it, and has a list of models or not."""

    def answer(request):
        if request.method == "GET":
            return models
        return refusal if "bad" in str(request.body) else OK

    return answer


async def asked(script, *texts, llm=None):
    """What comes of each question, one after the other; and how often the list was asked for."""
    async with chat_server(script) as server:
        llm = llm(server) if llm else OpenAICompatible(server.url, None, "some-model")
        results = [await outcome(llm, text) for text in texts]
        await llm.aclose()
    return results, sum(request.method == "GET" for request in server.requests)


async def outcome(llm, text):
    try:
        await llm.ask(question(text))
    except LLMError as error:
        return type(error)
    return None


@pytest.mark.parametrize("refusal", [FORBIDDEN, NOT_FOUND, ELSEWHERE])
async def test_who_was_answered_before_has_asked_something_that_is_refused(refusal):
    results, listed = await asked(turning_away(refusal), "good", "bad", "good", "bad")
    assert results == [None, LLMRefusedError, None, LLMRefusedError]
    assert not listed


@pytest.mark.parametrize("refusal", [FORBIDDEN, NOT_FOUND, ELSEWHERE])
async def test_who_was_never_answered_has_something_to_set(refusal):
    results, _ = await asked(turning_away(refusal), "bad", "bad", "good", "bad")
    assert results == [LLMSetupError, LLMSetupError, None, LLMRefusedError]


@pytest.mark.parametrize("refusal", [FORBIDDEN, NOT_FOUND, ELSEWHERE])
async def test_when_nothing_is_answered_any_more_there_is_something_to_set(refusal):
    many = ["bad"] * _IN_A_ROW
    results, _ = await asked(turning_away(refusal), "good", *many, "good", *many)
    once = [LLMRefusedError] * (_IN_A_ROW - 1) + [LLMSetupError]
    assert results == [None, *once, None, *once]


async def test_what_is_refused_at_once_counts_like_what_is_refused_one_after_the_other():
    async with chat_server(turning_away(FORBIDDEN)) as server:
        llm = OpenAICompatible(server.url, None, "some-model")
        await llm.ask(question("good"))
        asking = [outcome(llm, "bad") for _ in range(_IN_A_ROW)]
        results = await asyncio.gather(*asking)
        await llm.aclose()
    assert results.count(LLMSetupError) == 1


async def test_a_key_that_is_taken_for_the_list_of_models_is_not_at_fault():
    many = ["bad"] * 2 * _IN_A_ROW
    results, listed = await asked(turning_away(FORBIDDEN, MODELS), *many)
    assert results == [LLMRefusedError] * 2 * _IN_A_ROW
    assert listed == 2


@pytest.mark.parametrize("refusal", [NOT_FOUND, ELSEWHERE])
async def test_a_list_of_models_says_nothing_of_the_address_of_questions(refusal):
    results, listed = await asked(turning_away(refusal, MODELS), "bad")
    assert results == [LLMSetupError]
    assert not listed


@pytest.mark.parametrize(
    "models",
    [
        FORBIDDEN,
        Answer({"data": [{"id": "other"}]}),
        Answer("Hello."),
        Answer(hangs_up=True),
    ],
    ids=str,
)
async def test_a_list_without_the_model_proves_nothing(models):
    results, listed = await asked(turning_away(FORBIDDEN, models), "bad")
    assert results == [LLMSetupError]
    assert listed == 1


async def test_a_list_that_is_not_of_all_models_proves_nothing():
    def azure(server):
        return Azure(server.url.removesuffix("/v1"), SecretStr("key"), "some-model")

    results, listed = await asked(turning_away(FORBIDDEN, MODELS), "bad", "good", "bad", llm=azure)
    assert results == [LLMSetupError, None, LLMRefusedError]
    assert not listed


@pytest.mark.parametrize(
    "refusal",
    [
        Answer({"error": {"message": "no"}}, status=401),
        Answer({"error": {"message": "pay"}}, status=402),
        Answer({"error": {"message": "gone", "code": "model_not_found"}}, status=404),
        Answer({"error": {"message": "no", "code": "invalid_api_key"}}, status=403),
        Answer({"error": {"message": "no", "code": "insufficient_quota"}}, status=403),
    ],
    ids=str,
)
async def test_what_names_the_key_the_account_or_the_model_is_about_every_question(refusal):
    results, _ = await asked(turning_away(refusal, MODELS), "good", "bad")
    assert results == [None, LLMSetupError]


async def test_what_a_filter_refuses_by_name_never_counts():
    flagged = {"message": 'Your input was flagged for "violence"', "code": 403}
    many = ["bad"] * 2 * _IN_A_ROW
    results, _ = await asked(turning_away(Answer({"error": flagged}, status=403)), *many)
    assert results == [LLMRefusedError] * 2 * _IN_A_ROW


async def test_an_embedding_model_that_answered_refuses_single_texts():
    vectors = Answer({"data": [{"embedding": [1.0, 0.0]}]})
    script = [vectors, FORBIDDEN]
    async with chat_server(script) as server:
        embedder = HttpEmbedder(server.url, None, "some-model")
        await embedder.embed(["good"])
        with pytest.raises(LLMRefusedError):
            await embedder.embed(["bad"])
        await embedder.aclose()
