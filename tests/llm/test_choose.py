"""The settings say which model is asked, and what they lack is named by its variable."""

import pytest
from pydantic import SecretStr

from awm.errors import LLMUnavailableError, SettingsError, UsageError
from awm.llm import Azure, Message, OpenAICompatible, Question, from_settings
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
