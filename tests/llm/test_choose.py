"""The settings say which model is asked, and what they lack is named by its variable."""

import pytest
from pydantic import SecretStr

from awm.errors import LLMUnavailableError, SettingsError, UsageError
from awm.llm import (
    FREE,
    Azure,
    Gate,
    HttpEmbedder,
    Message,
    OpenAICompatible,
    Price,
    Question,
    embedder_from_settings,
    from_settings,
    name_from_settings,
    price_from_settings,
    price_of,
)
from awm.settings import Settings, variable_of
from tests.llm.chat_server import Answer, chat_server, completion

HELLO = Question((Message("user", "Hello?"),))
KEY = SecretStr("sk-1")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch):
    for field in Settings.model_fields:
        monkeypatch.delenv(variable_of(field), raising=False)


async def test_a_local_server_is_reached_without_a_key():
    async with chat_server([completion("Hi.")]) as server:
        llm = from_settings(Settings(openai_base_url=server.url, llm_model="m"))
        assert isinstance(llm, OpenAICompatible)
        assert (await llm.ask(HELLO)).text == "Hi."
        await llm.aclose()
    assert server.requests[0].body["model"] == "m"


async def test_azures_address_may_name_the_deployment_and_a_model_wins_over_it():
    async with chat_server([completion("Hi.")]) as server:
        address = f"{server.url}/openai/deployments/theirs/chat/completions?api-version=1"
        for model in (None, "mine"):
            llm = from_settings(
                Settings(
                    llm_provider="azure",
                    azure_endpoint=address,
                    azure_api_key=KEY,
                    llm_model=model,
                )
            )
            assert isinstance(llm, Azure)
            await llm.ask(HELLO)
            await llm.aclose()
    targets = [request.target.split("/")[4] for request in server.requests]
    assert targets == ["theirs", "mine"]


async def test_the_time_that_an_answer_may_take_is_a_setting():
    async with chat_server([Answer(stalls=True)]) as server:
        settings = Settings(openai_base_url=server.url, llm_model="m", llm_timeout_seconds=0.05)
        llm = from_settings(settings)
        with pytest.raises(LLMUnavailableError, match=r"did not answer in 0\.05 s"):
            await llm.ask(HELLO)
        await llm.aclose()


@pytest.mark.parametrize(
    ("given", "variable"),
    [
        ({"openai_api_key": KEY}, "AWM_SYN_OVERRIDE_MODEL"),
        ({"llm_model": "m"}, "OPENAI_API_KEY"),
        ({"llm_provider": "azure", "azure_api_key": KEY, "llm_model": "m"}, "AZURE_ENDPOINT_URL"),
        (
            {"llm_provider": "azure", "azure_endpoint": "https://x", "llm_model": "m"},
            "AZURE_OPENAI_API_KEY",
        ),
        (
            {"llm_provider": "azure", "azure_endpoint": "https://x", "azure_api_key": KEY},
            "AWM_SYN_OVERRIDE_MODEL",
        ),
    ],
)
def test_what_is_missing_is_named_by_its_variable(given, variable):
    with pytest.raises(SettingsError, match=f"Set {variable}"):
        from_settings(Settings(**given))


def test_an_address_that_is_none_is_named_by_its_variable():
    with pytest.raises(UsageError, match="OPENAI_BASE_URL"):
        from_settings(Settings(openai_base_url="localhost:8000", llm_model="m"))


@pytest.mark.parametrize("written", ["sk-in-the-wrong-place", "ftp://me:sk-in-the-wrong-place@x"])
def test_what_is_no_address_is_not_quoted_because_it_may_be_a_key(written):
    with pytest.raises(UsageError, match="AZURE_ENDPOINT_URL") as caught:
        from_settings(
            Settings(llm_provider="azure", azure_endpoint=written, azure_api_key=KEY, llm_model="m")
        )
    assert "sk-" not in str(caught.value)


async def test_a_stage_may_ask_another_model_at_the_same_place():
    async with chat_server([completion("Hi.")]) as server:
        settings = Settings(openai_base_url=server.url, llm_model="m", llm_stage_models="task=n")
        assert name_from_settings(settings) == "m"
        llm = from_settings(settings, settings.stage_models.get("task"))
        await llm.ask(HELLO)
        await llm.aclose()
    assert server.requests[0].body["model"] == "n"


async def test_models_may_share_a_gate():
    passed = []
    gate = Gate(1, lambda: passed.append(True))
    async with chat_server([completion("Hi.")]) as server:
        for model in ("a", "b"):
            llm = from_settings(Settings(openai_base_url=server.url), model, gate=gate)
            await llm.ask(HELLO)
            await llm.aclose()
    assert len(passed) == 2


def test_embeddings_have_variables_of_their_own():
    embedder = embedder_from_settings(Settings(embedding_api_key=KEY))
    assert isinstance(embedder, HttpEmbedder)
    assert embedder.name == "text-embedding-3-large"
    assert embedder.endpoint.url.host == "api.openai.com"
    with pytest.raises(SettingsError, match="EMBEDDING_OPENAI_API_KEY"):
        embedder_from_settings(Settings(openai_api_key=KEY))
    local = embedder_from_settings(Settings(embedding_base_url="http://localhost:1/v1"))
    assert local.endpoint.is_local


def test_what_a_model_costs_is_set_or_known_or_nothing_on_this_machine():
    far = from_settings(Settings(openai_api_key=KEY, llm_model="gpt-5"))
    near = from_settings(Settings(openai_base_url="http://localhost:1/v1", llm_model="gpt-5"))
    assert price_from_settings(Settings(), far, "gpt-5") == price_of("gpt-5")
    assert price_from_settings(Settings(), far, "something") is None
    assert price_from_settings(Settings(), near, "something") == FREE
    chosen = Settings(llm_input_price=1.0, llm_output_price=2.0)
    for llm in (far, near):
        assert price_from_settings(chosen, llm, "gpt-5") == Price(1.0, 2.0)
    embedder = embedder_from_settings(Settings(embedding_api_key=KEY))
    assert price_from_settings(chosen, embedder, embedder.name) == price_of(embedder.name)


@pytest.mark.parametrize("field", ["llm_input_price", "llm_output_price"])
def test_half_a_price_is_none(field):
    far = from_settings(Settings(openai_api_key=KEY, llm_model="gpt-5"))
    other = {"llm_input_price": "OUTPUT", "llm_output_price": "INPUT"}[field]
    with pytest.raises(SettingsError, match=f"AWM_LLM_{other}_PRICE"):
        price_from_settings(Settings(**{field: 1.0}), far, "gpt-5")


REMOTE = {
    "openai": {"openai_api_key": KEY, "llm_model": "m"},
    "azure": {
        "llm_provider": "azure",
        "azure_endpoint": "https://x.openai.azure.com/",
        "azure_api_key": KEY,
        "llm_model": "m",
    },
}


@pytest.mark.parametrize("given", REMOTE.values(), ids=REMOTE)
def test_where_only_this_machine_may_be_asked_no_other_model_is_made(given):
    with pytest.raises(UsageError, match="AWM_LLM_LOCAL_ONLY"):
        from_settings(Settings(**given, llm_local_only=True))
    from_settings(Settings(**given))


def test_where_only_this_machine_may_be_asked_no_other_embedder_is_made():
    with pytest.raises(UsageError, match="AWM_LLM_LOCAL_ONLY"):
        embedder_from_settings(Settings(embedding_api_key=KEY, llm_local_only=True))


def test_where_only_this_machine_may_be_asked_settings_are_not_needed_to_refuse(monkeypatch):
    monkeypatch.setenv("AWM_LLM_LOCAL_ONLY", "1")
    with pytest.raises(UsageError, match="OPENAI_BASE_URL to a server on this machine"):
        OpenAICompatible("https://api.openai.com/v1", KEY, "m")
    with pytest.raises(UsageError, match="AZURE_ENDPOINT_URL"):
        Azure("https://x.openai.azure.com/", KEY, "m")
    with pytest.raises(UsageError, match="EMBEDDING_OPENAI_BASE_URL"):
        HttpEmbedder("https://api.openai.com/v1", KEY, "m")
    OpenAICompatible("http://127.0.0.1:1/v1", None, "m")
    HttpEmbedder("http://localhost:1/v1", None, "m")
