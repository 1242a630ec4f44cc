"""Models are asked over HTTP: busy, broken and odd servers are dealt with, and keys are kept."""

import asyncio
import socket
import ssl
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from awm.errors import (
    LLMError,
    LLMRefusedError,
    LLMSetupError,
    LLMTooLongError,
    LLMUnavailableError,
    UsageError,
)
from awm.llm import (
    Azure,
    FunctionCall,
    Message,
    OpenAICompatible,
    Patience,
    Question,
    Usage,
)
from awm.types import ToolSpec
from tests.llm.chat_server import Answer, chat_server, completion, refusing

KEY = "sk-very-secret-key"
SCHEMA = {"type": "object", "title": "An answer", "properties": {}, "additionalProperties": False}
QUESTION = Question(
    (Message("system", "Be brief."), Message("user", "Grüße? \ud800")),
    temperature=0.5,
    max_tokens=99,
    schema=SCHEMA,
    seed=3,
)
HELLO = Question((Message("user", "Hello?"),))
OK = completion("Hello.")
FILTERED = Answer(
    {"error": {"message": "The prompt was filtered.", "code": "content_filter"}}, status=400
)


class Waits:
    """Takes no time, and remembers what it was asked for."""

    def __init__(self):
        self.seconds = []

    async def __call__(self, seconds):
        self.seconds.append(seconds)


def model(server, key=KEY, waits=None, **patience) -> OpenAICompatible:
    return OpenAICompatible(
        server.url,
        SecretStr(key) if key else None,
        "some-model",
        patience=Patience(**{"timeout_seconds": 10.0, "attempts": 3, **patience}),
        sleep=waits or Waits(),
    )


async def ask(script, question=HELLO, **options):
    async with chat_server(script) as server:
        llm = model(server, **options)
        try:
            return await llm.ask(question), server.requests
        finally:
            await llm.aclose()


async def failure(script, question=HELLO, **options) -> LLMError:
    with pytest.raises(LLMError) as caught:
        await ask(script, question, **options)
    return caught.value


async def test_a_question_is_one_request_that_says_everything():
    reply, (request,) = await ask([OK], QUESTION)
    assert (reply.text, reply.model, reply.finish_reason) == ("Hello.", "test-model", "stop")
    assert reply.usage == Usage(11, 7)
    assert (request.method, request.target) == ("POST", "/v1/chat/completions")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body == {
        "model": "some-model",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Grüße? ?"},
        ],
        "temperature": 0.5,
        "max_tokens": 99,
        "seed": 3,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "An_answer", "schema": SCHEMA, "strict": True},
        },
    }


async def test_what_is_left_open_is_not_sent():
    _, (request,) = await ask([OK])
    assert set(request.body) == {"model", "messages"}


async def test_a_local_server_needs_no_key():
    _, (request,) = await ask([OK], key=None)
    assert "authorization" not in request.headers


async def test_a_message_in_parts_is_joined_and_an_empty_one_is_empty():
    parts = [{"type": "text", "text": "Hel"}, {"type": "image"}, {"type": "text", "text": "lo"}]
    reply, _ = await ask([completion(None, message={"content": parts})])
    assert reply.text == "Hello"
    reply, _ = await ask([completion(None, finish_reason="length")])
    assert (reply.text, reply.finish_reason) == ("", "length")


async def test_a_server_that_says_no_more_than_the_text_is_understood():
    reply, _ = await ask([Answer({"choices": [{"message": {"content": "Hi"}}]})])
    assert (reply.text, reply.usage, reply.model, reply.finish_reason) == ("Hi", Usage(), "", "")


@pytest.mark.parametrize(
    "fault",
    [
        *(Answer({"error": {"message": "later"}}, status=status) for status in (408, 409, 425)),
        *(Answer("oops", status=status) for status in (429, 500, 502, 503, 504, 529)),
        Answer(hangs_up=True),
        Answer('{"choices": [{"mess'),
        Answer('{"choices": [', promised=100),
        Answer("<html>Welcome</html>"),
        Answer({"choices": []}),
        Answer([]),
    ],
    ids=str,
)
async def test_what_may_mend_itself_is_asked_again(fault):
    waits = Waits()
    reply, requests = await ask([fault, fault, OK], waits=waits)
    assert reply.text == "Hello."
    assert len(requests) == 3
    assert 0.5 <= waits.seconds[0] <= 1 <= waits.seconds[1] <= 2


async def test_a_server_that_says_when_to_come_back_is_taken_at_its_word():
    waits = Waits()
    busy = Answer("busy", status=429, headers={"Retry-After": "7"})
    far = Answer("busy", status=503, headers={"Retry-After": "4000"})
    await ask([busy, far, OK], waits=waits, longest_wait_seconds=30.0)
    assert 7 <= waits.seconds[0] <= 7.7
    assert 30 <= waits.seconds[1] <= 33


async def test_a_server_that_keeps_failing_is_given_up_with_its_words():
    error = await failure([Answer({"error": {"message": "out of cows"}}, status=503)])
    assert isinstance(error, LLMUnavailableError)
    assert "answered 503: out of cows (asked 3 times)" in error.message
    assert "OPENAI_BASE_URL" in error.hint


async def test_a_server_that_says_to_come_back_in_no_year_at_all_is_asked_on():
    date = "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"
    never = Answer("busy", status=503, headers={"Retry-After": date})
    reply, requests = await ask([never, OK])
    assert (reply.text, len(requests)) == ("Hello.", 2)


async def test_nobody_waits_beyond_the_deadline():
    waits = Waits()
    busy = Answer("busy", status=429, headers={"Retry-After": "50"})
    error = await failure([busy], waits=waits, deadline_seconds=40.0)
    assert isinstance(error, LLMUnavailableError)
    assert waits.seconds == []


async def test_a_server_that_does_not_answer_is_not_waited_for():
    error = await failure([Answer(stalls=True)], timeout_seconds=0.05, attempts=2)
    assert isinstance(error, LLMUnavailableError)
    assert "did not answer in 0.05 s (asked 2 times)" in error.message


async def test_a_server_that_is_not_there_is_unavailable():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        llm = OpenAICompatible(url, None, "m", patience=Patience(attempts=2), sleep=Waits())
        with pytest.raises(LLMUnavailableError, match="cannot be reached"):
            await llm.ask(HELLO)
        await llm.aclose()


@pytest.mark.parametrize(
    ("status", "body", "said", "hint"),
    [
        (400, {"error": {"message": "too long"}}, "refuses with 400: too long.", ""),
        (401, {"error": {"message": "bad key"}}, "bad key", "OPENAI_API_KEY"),
        (403, {"error": "forbidden"}, "forbidden", "OPENAI_API_KEY"),
        (404, {"message": "no such model"}, "no such model", "AWM_SYN_OVERRIDE_MODEL"),
        (404, "Not Found", "Not Found", "OPENAI_BASE_URL"),
        (422, {"detail": [{"loc": ["body", "messages"]}]}, '"messages"', ""),
        (501, "", "refuses with 501", ""),
        (307, "", "refuses with 307", "OPENAI_BASE_URL"),
        (429, {"error": {"message": "pay", "code": "insufficient_quota"}}, "pay", ""),
    ],
)
async def test_what_does_not_mend_itself_is_said_at_once(status, body, said, hint):
    waits = Waits()
    error = await failure([Answer(body, status=status)], waits=waits)
    assert not isinstance(error, LLMUnavailableError)
    assert said in error.message
    assert hint in error.hint
    assert waits.seconds == []


async def test_a_model_that_refuses_says_so():
    error = await failure([completion(None, message={"refusal": "I cannot."})])
    assert isinstance(error, LLMRefusedError)
    assert "refuses to answer: I cannot." in error.message


@pytest.mark.parametrize("answer", [completion("Half a", finish_reason="content_filter"), FILTERED])
async def test_a_filter_before_a_model_refuses_for_it(answer):
    waits = Waits()
    assert isinstance(await failure([answer], waits=waits), LLMRefusedError)
    assert waits.seconds == []


@pytest.mark.parametrize("status", [200, 400, 500])
async def test_what_is_too_long_is_said_at_once_whatever_the_status(status):
    message = "the request exceeds the available context size (256 tokens), try increasing it"
    fault = {"code": status, "message": message, "type": "exceed_context_size_error"}
    async with chat_server([Answer({"error": fault}, status=status)]) as server:
        llm = model(server, waits=Waits())
        with pytest.raises(LLMTooLongError, match="available context size") as caught:
            await llm.ask(QUESTION)
        await llm.aclose()
    assert "longer context" in caught.value.hint
    assert len(server.requests) == 1


async def test_a_limit_that_is_named_by_the_way_is_not_left_out():
    message = (
        "This model's maximum context length is 2048 tokens. However, your request has 8 input "
        "tokens plus 2045 'max_tokens'."
    )
    async with chat_server([Answer({"error": {"message": message}}, status=400), OK]) as server:
        llm = model(server)
        with pytest.raises(LLMTooLongError):
            await llm.ask(QUESTION)
        await llm.ask(QUESTION)
        await llm.aclose()
    assert [request.body["max_tokens"] for request in server.requests] == [99, 99]


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (Answer({"error": {"message": "no"}}, status=401), "OPENAI_API_KEY"),
        (Answer({"error": {"message": "no"}}, status=403), "OPENAI_API_KEY"),
        (Answer({"error": {"message": "pay"}}, status=402), "OPENAI_API_KEY"),
        (
            Answer({"error": {"message": "pay", "code": "insufficient_quota"}}, status=429),
            "OPENAI_API_KEY",
        ),
        (Answer("Not Found", status=404), "OPENAI_BASE_URL"),
        (Answer({"error": {"message": "Model Not Exist"}}, status=400), "AWM_SYN_OVERRIDE_MODEL"),
    ],
    ids=str,
)
async def test_what_nobody_but_the_user_can_mend_says_what_to_set(answer, hint):
    error = await failure([answer])
    assert isinstance(error, LLMSetupError)
    assert hint in error.hint


async def test_a_key_that_is_missing_is_said_to_be():
    error = await failure([Answer("who are you?", status=401)], key=None)
    assert "Set OPENAI_API_KEY" in error.hint


async def test_a_server_that_is_asked_too_often_is_asked_on_until_the_deadline():
    waits = Waits()
    busy = Answer("slow down", status=429, headers={"Retry-After": "1"})
    reply, requests = await ask([busy] * 20 + [OK], waits=waits, deadline_seconds=900.0)
    assert reply.text == "Hello."
    assert len(requests) == 21
    waits = Waits()
    error = await failure([busy], waits=waits, deadline_seconds=900.0)
    assert isinstance(error, LLMUnavailableError)
    assert 800 <= sum(waits.seconds) <= 900


async def test_a_server_that_says_at_once_again_and_again_is_asked_ever_more_seldom():
    waits = Waits()
    busy = Answer("slow down", status=429, headers={"Retry-After": "0"})
    await failure([busy], waits=waits, deadline_seconds=100.0)
    assert waits.seconds[:2] == [0, 0]
    assert len(waits.seconds) <= 10
    assert min(waits.seconds[2:]) >= 2


@pytest.mark.parametrize(
    ("word", "instead"),
    [
        ("response_format", None),
        ("temperature", None),
        ("seed", None),
        ("max_tokens", "max_completion_tokens"),
    ],
)
async def test_a_word_that_a_server_refuses_is_left_out_and_that_is_remembered(word, instead):
    async with chat_server(refusing(word, then=OK)) as server:
        llm = model(server)
        await llm.ask(QUESTION)
        await llm.ask(QUESTION)
        await llm.aclose()
    first, second, third = (request.body for request in server.requests)
    assert second == third
    assert {**second, word: first[word]} == {**first, **({instead: 99} if instead else {})}


async def test_a_server_that_knows_no_word_at_all_is_still_asked():
    words = ("seed", "response_format", "temperature", "max_tokens")
    reply, requests = await ask(refusing(*words, then=OK), QUESTION)
    assert reply.text == "Hello."
    assert set(requests[-1].body) == {"model", "messages", "max_completion_tokens"}


async def test_a_refusal_that_only_mentions_a_word_teaches_nothing():
    complaint = Answer({"error": {"message": "temperature must be below 0.4"}}, status=400)
    async with chat_server([complaint, complaint, OK]) as server:
        llm = model(server)
        with pytest.raises(LLMError, match="must be below"):
            await llm.ask(QUESTION)
        await llm.ask(QUESTION)
        await llm.aclose()
    assert server.requests[-1].body["temperature"] == 0.5


@pytest.mark.parametrize("form", ["resource", "deployment", "deployment only", "v1", "proxy"])
async def test_azure_takes_each_form_of_address(form):
    async with chat_server([OK]) as server:
        root = server.url.removesuffix("/v1")
        address, target = {
            "resource": (f"{root}/", "/openai/deployments/my%20one/chat/completions?v"),
            "deployment": (
                f"{root}/openai/deployments/x/chat/completions?api-version=2025-01-01",
                "/openai/deployments/my%20one/chat/completions?api-version=2025-01-01",
            ),
            "deployment only": (
                f"{root}/openai/deployments/x",
                "/openai/deployments/my%20one/chat/completions?v",
            ),
            "v1": (f"{root}/openai/v1/", "/openai/v1/chat/completions"),
            "proxy": (
                f"{root}/team/openai",
                "/team/openai/deployments/my%20one/chat/completions?v",
            ),
        }[form]
        llm = Azure(address, SecretStr(KEY), "my one")
        await llm.ask(HELLO)
        await llm.aclose()
    (request,) = server.requests
    assert request.target == target.replace("?v", "?api-version=2024-10-21")
    assert request.headers["api-key"] == KEY
    assert "authorization" not in request.headers
    assert request.body.get("model") == ("my one" if form == "v1" else None)


async def test_azures_api_version_can_be_chosen():
    async with chat_server([OK]) as server:
        llm = Azure(f"{server.url}?api-version=1", SecretStr(KEY), "d", api_version="2")
        await llm.ask(HELLO)
        await llm.aclose()
    assert server.requests[0].target.endswith("/chat/completions?api-version=2")


@pytest.mark.parametrize(
    "answer",
    [
        Answer({"error": {"message": f"wrong key {KEY}"}}, status=401),
        Answer(f"header was: Bearer {KEY}", status=500),
        Answer(f"<p>{KEY}"),
        Answer(hangs_up=True),
        Answer(stalls=True),
    ],
    ids=str,
)
async def test_the_key_never_stands_in_an_error(answer):
    error = await failure([answer], timeout_seconds=1.0, attempts=1)
    assert KEY not in "".join(traceback.format_exception(error))
    assert KEY not in repr(error)


async def test_a_password_in_the_address_never_stands_in_an_error():
    async with chat_server([Answer("who is hunter2?", status=400)]) as server:
        url = server.url.replace("//", "//me:hunter2@")
        llm = OpenAICompatible(f"{url}?token=hunter2", None, "m")
        with pytest.raises(LLMError) as caught:
            await llm.ask(HELLO)
        await llm.aclose()
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("key", [f"{KEY}\nHost: x", f"{KEY} x", f"{KEY}é"])
def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(key):
    with pytest.raises(UsageError, match="OPENAI_API_KEY") as caught:
        OpenAICompatible("http://localhost/v1", SecretStr(key), "m")
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("url", ["localhost:8000/v1", "ftp://x/v1", "", "http://", "http://[::1"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(UsageError, match="OPENAI_BASE_URL"):
        OpenAICompatible(url, None, "m")
    with pytest.raises(UsageError, match="AZURE_ENDPOINT_URL"):
        Azure(url, SecretStr(KEY), "m")


async def test_spaces_around_a_key_are_not_part_of_it_and_the_full_address_is_all_right():
    async with chat_server([OK]) as server:
        llm = OpenAICompatible(f" {server.url}/chat/completions/ ", SecretStr(f"{KEY}\n"), "m")
        await llm.ask(HELLO)
        await llm.aclose()
    assert server.requests[0].target == "/v1/chat/completions"
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


async def test_many_questions_are_asked_at_once():
    together = 30

    async with chat_server(lambda request: completion(request.body["messages"][0]["content"])) as s:
        llm = model(s)
        questions = [Question((Message("user", str(number)),)) for number in range(together)]
        replies = await asyncio.gather(*map(llm.ask, questions))
        await llm.aclose()
    assert [reply.text for reply in replies] == [str(number) for number in range(together)]


async def test_a_certificate_that_cannot_be_trusted_is_not_tried_again(tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path / "own.pem"))
    waits = Waits()
    async with await asyncio.start_server(
        lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context
    ) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        llm = OpenAICompatible(url, None, "m", sleep=waits)
        with pytest.raises(LLMSetupError, match="certificate") as caught:
            await llm.ask(HELLO)
        await llm.aclose()
    assert "SSL_CERT_FILE" in caught.value.hint
    assert waits.seconds == []


def self_signed(path: Path) -> Path:
    """A certificate that nobody has signed but its owner, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + certificate.public_bytes(pem))
    return path


CALLING = Question((Message("user", "Oslo?"),), tools=(ToolSpec("find", "Find.", {}),))
FOUND = completion(
    None,
    finish_reason="tool_calls",
    message={
        "reasoning_content": "Oslo it is.",
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"a"'}}
        ],
    },
)


async def test_functions_are_called_over_the_wire_and_malformed_arguments_stay_text():
    reply, (request,) = await ask([FOUND], CALLING)
    assert request.body["tools"][0]["function"]["name"] == "find"
    assert request.body["parallel_tool_calls"] is False
    assert (reply.text, reply.thoughts, reply.finish_reason) == ("", "Oslo it is.", "tool_calls")
    assert reply.calls == (FunctionCall("c1", "find", '{"a"'),)


async def test_a_server_that_knows_no_parallel_calls_is_asked_without_the_word():
    reply, requests = await ask(refusing("parallel_tool_calls", then=FOUND), CALLING)
    assert reply.calls
    assert ["parallel_tool_calls" in request.body for request in requests] == [True, False]
    assert all("tools" in request.body for request in requests)


async def test_a_server_that_hands_nothing_on_to_templates_is_asked_without_it():
    thinking = Question((Message("user", "?"),), thinking=True)
    reply, requests = await ask(refusing("chat_template_kwargs", then=OK), thinking)
    assert reply.text == "Hello."
    assert len(requests) == 2


@pytest.mark.parametrize("status", [400, 500])
async def test_a_server_that_calls_no_functions_is_not_asked_twice(status):
    answer = Answer({"error": {"message": "tools param requires --jinja flag"}}, status=status)
    error = await failure([answer], CALLING)
    assert isinstance(error, LLMRefusedError)
    assert "--jinja" in error.hint
