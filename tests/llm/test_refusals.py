"""A refusal is told apart by its code, or by the wording of the server that has none."""

import json

import pytest
from pydantic import SecretStr

from awm.errors import LLMError, LLMRefusedError, LLMSetupError, LLMTooLongError
from awm.llm.endpoint import openai_endpoint
from awm.llm.refusals import error_of, may_be_about_one
from awm.llm.response import read_complaint

ENDPOINT = openai_endpoint("http://localhost/v1", SecretStr("sk-secret"), "m")


def error(status: int, **fault: object) -> LLMError:
    return error_of(ENDPOINT, status, read_complaint(json.dumps({"error": fault}).encode()))


@pytest.mark.parametrize(
    "message",
    [
        # vLLM, three of its versions
        "This model's maximum context length is 16384 tokens. However, you requested 122946 tokens",
        "The decoder prompt (length 9000) is longer than the maximum model length of 4096.",
        "This model's maximum context length is 128000 tokens. However, you requested 65535 output",
        # llama.cpp, llama-cpp-python, LM Studio
        "the request exceeds the available context size (8192 tokens), try increasing it",
        "Requested tokens (2285) exceed context window of 2048",
        "Context size has been exceeded.",
        # OpenAI, of a limit by the minute
        "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 40000.",
        # TGI, Anthropic, Google, Mistral
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 9000",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "The input token count (1500000) exceeds the maximum number of tokens allowed (1048576).",
        "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum",
    ],
)
def test_a_question_that_is_too_long_is_known_by_each_servers_words(message):
    assert isinstance(error(400, message=message), LLMTooLongError)


@pytest.mark.parametrize("code", ["context_length_exceeded", "exceed_context_size_error"])
def test_a_question_that_is_too_long_is_known_by_its_code(code):
    assert isinstance(error(400, message="no", code=code), LLMTooLongError)
    assert isinstance(error(400, message="no", code=400, type=code), LLMTooLongError)
    assert isinstance(error(413, message="Payload Too Large"), LLMTooLongError)


@pytest.mark.parametrize(
    "fault",
    [
        {"message": "filtered", "code": "content_filter"},
        {"message": "filtered", "innererror": {"code": "ResponsibleAIPolicyViolation"}},
        {"message": "flagged as potentially violating our usage policy", "code": "invalid_prompt"},
        # OpenRouter
        {"message": "google/x requires moderation on OpenRouter. It was flagged", "code": 403},
        {"message": 'Your input was flagged for "violence"', "code": 403},
    ],
)
def test_what_a_filter_refuses_is_the_questions_fault(fault):
    assert isinstance(error(400, **fault), LLMRefusedError)
    assert isinstance(error(403, **fault), LLMRefusedError)


@pytest.mark.parametrize(
    ("status", "fault", "hint"),
    [
        (401, {"message": "no"}, "key in OPENAI_API_KEY"),
        (400, {"message": "no", "code": "invalid_api_key"}, "key in OPENAI_API_KEY"),
        (402, {"message": "no"}, "no credit"),
        (429, {"message": "no", "code": "insufficient_quota"}, "no credit"),
        (404, {"message": "no", "code": "model_not_found"}, "name in AWM_SYN_OVERRIDE_MODEL"),
        (400, {"message": "x is not a valid model ID"}, "name in AWM_SYN_OVERRIDE_MODEL"),
        (400, {"message": "The model `x` does not exist"}, "name in AWM_SYN_OVERRIDE_MODEL"),
        (404, {"message": "page not found"}, "OPENAI_BASE_URL"),
        (301, {}, "OPENAI_BASE_URL"),
    ],
)
def test_what_refuses_every_question_says_which_variable_to_set(status, fault, hint):
    found = error(status, **fault)
    assert isinstance(found, LLMSetupError)
    assert hint in found.hint


@pytest.mark.parametrize(
    ("status", "fault", "may_be"),
    [
        (403, {"message": "no"}, True),
        (404, {"message": "page not found"}, True),
        (301, {}, True),
        (308, {}, True),
        (400, {"message": "no"}, False),
        (401, {"message": "no"}, False),
        (402, {"message": "no"}, False),
        (403, {"message": "no", "code": "invalid_api_key"}, False),
        (403, {"message": "no", "code": "insufficient_quota"}, False),
        (404, {"message": "no", "code": "model_not_found"}, False),
        (403, {"message": "Your input was flagged"}, False),
        (404, {"message": "No endpoints found that support tool use."}, False),
    ],
)
def test_only_a_status_that_says_no_more_may_be_about_one_question_or_all(status, fault, may_be):
    complaint = read_complaint(json.dumps({"error": fault}).encode())
    assert may_be_about_one(status, complaint) is may_be


def test_what_is_known_to_be_about_one_question_gives_nothing_to_set():
    complaint = read_complaint(b"Blocked")
    refused = error_of(ENDPOINT, 403, complaint, about_one=True)
    assert isinstance(refused, LLMRefusedError)
    assert refused.message.endswith("refuses with 403: Blocked.")
    assert not refused.hint


def test_what_is_none_of_these_is_just_an_error_without_the_key():
    found = error(400, message="temperature must be below 2, sk-secret")
    assert type(found) is LLMError
    assert found.message.endswith("refuses with 400: temperature must be below 2, ***.")


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser'),
        (500, "tools param requires --jinja flag"),
        (400, "registry.ollama.ai/library/x:latest does not support tools"),
        (404, 'No endpoints found that support tool use. Try disabling "find".'),
        (400, "Unsupported parameter: 'tools' is not supported with this model."),
        (400, "Function calling is not enabled for this model"),
        (400, "This model doesn't support function calling."),
    ],
)
def test_a_server_that_calls_no_functions_is_known_by_its_words_and_says_what_to_do(
    status, message
):
    refused = error(status, message=message)
    assert isinstance(refused, LLMRefusedError)
    assert "format awm or json" in refused.hint
    assert "--enable-auto-tool-choice" in refused.hint


def test_functions_that_fastapi_forbids_are_refused_and_other_fields_are_not():
    def forbidding(field: str) -> LLMError:
        body = {"detail": [{"type": "extra_forbidden", "loc": ["body", field]}]}
        return error_of(ENDPOINT, 422, read_complaint(json.dumps(body).encode()))

    assert isinstance(forbidding("tools"), LLMRefusedError)
    assert not isinstance(forbidding("toolset"), LLMRefusedError)


@pytest.mark.parametrize(
    "message",
    [
        "An assistant message with 'tool_calls' must be followed by tool messages",
        "Invalid schema for function 'find': tools[0].function.parameters",
        "The tools are too many: 200 of at most 128",
    ],
)
def test_what_is_wrong_with_these_functions_is_no_refusal_of_all(message):
    assert type(error(400, message=message)) is LLMError
