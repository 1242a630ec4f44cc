"""What keeps a model from being asked is found out before anything is paid for."""

import asyncio
import socket
import ssl

import pytest
from pydantic import SecretStr

from awm.errors import LLMSetupError, SettingsError
from awm.llm import Azure, HttpEmbedder, OpenAICompatible, ScriptedLLM, preflight
from awm.settings import Settings, variable_of
from tests.llm.chat_server import Answer, chat_server
from tests.llm.test_chat import self_signed

KEY = "sk-very-secret-key"


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch):
    for field in Settings.model_fields:
        monkeypatch.delenv(variable_of(field), raising=False)


def listing(*names: str, **more: object) -> Answer:
    return Answer({"object": "list", "data": [{"id": name} for name in names], **more})


async def checked(answer, name="some-model", key=KEY):
    async with chat_server([answer]) as server:
        llm = OpenAICompatible(server.url, SecretStr(key) if key else None, name)
        try:
            await preflight(llm)
        finally:
            await llm.aclose()
    return server.requests


async def failure(answer, **options) -> LLMSetupError:
    with pytest.raises(LLMSetupError) as caught:
        await checked(answer, **options)
    assert KEY not in str(caught.value)
    return caught.value


async def test_a_model_that_is_listed_is_ready_after_one_request():
    (request,) = await checked(listing("other", "some-model"))
    assert (request.method, request.target) == ("GET", "/v1/models")
    assert request.headers["authorization"] == f"Bearer {KEY}"


async def test_a_model_that_is_not_there_is_named_with_those_that_are_nearest_first():
    names = [f"thing-{number}" for number in range(20)]
    error = await failure(listing(*names, "some-modell"))
    assert "has no model 'some-model'; it has some-modell, " in error.message
    assert error.message.endswith("and 13 more.")
    assert "AWM_SYN_OVERRIDE_MODEL" in error.hint


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("llama3", "llama3:latest"),
        ("gemini-2.5-pro", "models/gemini-2.5-pro"),
        ("openai/gpt-5:free", "openai/gpt-5"),
    ],
)
async def test_a_model_may_be_listed_under_a_name_with_more_or_less_to_it(name, listed):
    await checked(listing(listed), name=name)


async def test_a_variant_that_is_not_there_is_not_taken_for_another():
    assert "llama3:70b" in (await failure(listing("llama3:70b"), name="llama3:8b")).message


@pytest.mark.parametrize("status", [401, 403])
async def test_a_key_that_is_not_taken_is_named_by_its_variable(status):
    error = await failure(Answer({"error": {"message": f"bad key {KEY}"}}, status=status))
    assert f"does not take the key ({status}: bad key ***)" in error.message
    assert "OPENAI_API_KEY" in error.hint


async def test_a_key_that_is_missing_is_named_by_its_variable():
    error = await failure(Answer("", status=401), key=None)
    assert "wants a key, and none is set (401)" in error.message


@pytest.mark.parametrize(
    "answer",
    [
        *(Answer("no", status=status) for status in (301, 404, 405, 429, 500, 501)),
        Answer({"error": {"message": "Missing scopes: api.model.read"}}, status=403),
        Answer({"error": {"message": "x-api-key header is required"}}, status=401),
        listing(),
        listing("other", has_more=True),
        Answer({"data": [{"id": "/models/q.gguf", "owned_by": "llamacpp"}]}),
        Answer({"data": "none"}),
        Answer({"data": [1, None, {"id": 3}]}),
        Answer("<html>"),
        Answer([{"id": "some-model"}]),
    ],
    ids=str,
)
async def test_what_a_server_does_not_say_is_no_fault(answer):
    await checked(answer)


async def test_a_server_that_is_not_there_is_said_to_be_none():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        llm = OpenAICompatible(f"http://127.0.0.1:{unused.getsockname()[1]}/v1", None, "m")
        with pytest.raises(LLMSetupError, match=r"cannot be reached: .*Set OPENAI_BASE_URL"):
            await preflight(llm)
        await llm.aclose()


async def test_a_name_that_leads_nowhere_is_said_to(monkeypatch):
    for name in ("http_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    llm = OpenAICompatible("http://nowhere.invalid/v1", None, "m")
    with pytest.raises(LLMSetupError, match=r"nowhere\.invalid/.* cannot be reached"):
        await preflight(llm)
    await llm.aclose()


async def test_a_server_that_does_not_answer_is_not_waited_for():
    async with chat_server([Answer(stalls=True)]) as server:
        llm = OpenAICompatible(server.url, None, "m")
        with pytest.raises(LLMSetupError, match=r"did not answer in 0\.05 s"):
            await preflight(llm, seconds=0.05)
        await llm.aclose()


async def test_a_certificate_that_cannot_be_trusted_is_named(tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path / "own.pem"))
    async with await asyncio.start_server(
        lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context
    ) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        llm = OpenAICompatible(url, None, "m")
        with pytest.raises(LLMSetupError, match="certificate") as caught:
            await preflight(llm)
        await llm.aclose()
    assert "SSL_CERT_FILE" in caught.value.hint


async def test_on_azure_the_key_is_checked_and_no_deployment_is_unknown():
    for answer in (listing("gpt-4o"), Answer("Access denied", status=401)):
        async with chat_server([answer]) as server:
            llm = Azure(server.url.removesuffix("/v1"), SecretStr(KEY), "mine")
            if answer.status == 200:
                await preflight(llm)
            else:
                with pytest.raises(LLMSetupError, match="AZURE_OPENAI_API_KEY"):
                    await preflight(llm)
            await llm.aclose()
        assert server.requests[0].target.startswith("/openai/models?api-version=")
        assert server.requests[0].headers["api-key"] == KEY


async def test_an_embedding_model_is_checked_by_its_own_variables():
    async with chat_server([listing("other")]) as server:
        embedder = HttpEmbedder(server.url, None, "some-model")
        with pytest.raises(LLMSetupError, match="AWM_EMBEDDING_MODEL"):
            await preflight(embedder)
        await embedder.aclose()


async def test_settings_are_checked_for_the_model_of_every_stage():
    async with chat_server([listing("one", "two")]) as server:
        good = {"openai_base_url": server.url, "llm_model": "one"}
        await preflight(Settings(**good, llm_stage_models="task=two"))
        assert len(server.requests) == 2
        with pytest.raises(LLMSetupError, match="no model 'three'"):
            await preflight(Settings(**good, llm_stage_models="task=two,db=three"))


async def test_settings_that_name_no_model_are_not_tried():
    with pytest.raises(SettingsError, match="AWM_SYN_OVERRIDE_MODEL"):
        await preflight(Settings(openai_base_url="http://127.0.0.1:1/v1"))


async def test_a_model_without_a_server_is_ready():
    await preflight(ScriptedLLM([]))
