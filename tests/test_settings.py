"""Settings come from arguments, the environment and a file, in this order."""

import os
import pickle
from pathlib import Path

import pytest

from awm.errors import SettingsError
from awm.runtime import Limits
from awm.settings import Settings, load_settings, variable_of


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch):
    for name in list(os.environ):
        if name.upper().startswith(("AWM_", "OPENAI_", "AZURE_", "EMBEDDING_")):
            monkeypatch.delenv(name)


def test_the_defaults_are_the_runtimes_own():
    defaults = Limits()
    chosen = load_settings()
    for name in ("call_seconds", "grace_seconds", "load_seconds", "memory_mb", "response_mb"):
        assert getattr(chosen, name) == getattr(defaults, name)
    assert chosen.database_mb == defaults.database_mb
    assert chosen.output_dir == Path("outputs")
    assert chosen.allow_weak_isolation is False


def test_the_environment_wins_over_the_defaults(monkeypatch):
    monkeypatch.setenv("AWM_CALL_SECONDS", "2.5")
    monkeypatch.setenv("AWM_OUTPUT_DIR", "elsewhere")
    chosen = load_settings()
    assert chosen.call_seconds == 2.5
    assert chosen.output_dir == Path("elsewhere")


def test_arguments_win_over_the_environment_and_none_says_nothing(monkeypatch):
    monkeypatch.setenv("AWM_CALL_SECONDS", "2.5")
    monkeypatch.setenv("AWM_MEMORY_MB", "512")
    chosen = load_settings(call_seconds=9, memory_mb=None)
    assert chosen.call_seconds == 9
    assert chosen.memory_mb == 512


def test_the_environment_wins_over_the_file(monkeypatch, tmp_path):
    file = tmp_path / "settings.env"
    file.write_text("AWM_CALL_SECONDS=7\nAWM_LOG_LEVEL=debug\nOTHER=1\n")
    monkeypatch.setenv("AWM_ENV_FILE", str(file))
    monkeypatch.setenv("AWM_LOG_LEVEL", "error")
    chosen = load_settings()
    assert chosen.call_seconds == 7
    assert chosen.log_level == "error"


def test_an_empty_variable_says_nothing(monkeypatch):
    monkeypatch.setenv("AWM_MEMORY_MB", "")
    assert load_settings().memory_mb == Settings().memory_mb


def test_log_levels_are_spelt_in_any_case(monkeypatch):
    monkeypatch.setenv("AWM_LOG_LEVEL", "INFO")
    assert load_settings().log_level == "info"


def test_variables_of_others_with_the_same_prefix_are_left_alone(monkeypatch):
    monkeypatch.setenv("AWM_SYN_TARGET", "openai")
    assert load_settings() == Settings()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AWM_CALL_SECONDS", "soon"),
        ("AWM_CALL_SECONDS", "0"),
        ("AWM_LOAD_SECONDS", "nan"),
        ("AWM_GRACE_SECONDS", "inf"),
        ("AWM_MEMORY_MB", "12.5"),
        ("AWM_ALLOW_WEAK_ISOLATION", "perhaps"),
        ("AWM_LOG_LEVEL", "loud"),
        ("AWM_SYN_LLM_PROVIDER", "nobody"),
        ("AWM_LLM_TIMEOUT_SECONDS", "inf"),
        ("AWM_JUDGE_TEMPERATURE", "hot"),
        ("AWM_JUDGE_VOTES", "0"),
        ("AWM_SYN_STAGE_MODELS", "task"),
        ("AWM_SYN_STAGE_MODELS", "task="),
        ("AWM_SYN_STAGE_MODELS", "task=a, task=b"),
        ("AWM_LLM_CONCURRENCY", "0"),
        ("AWM_LLM_BUDGET_USD", "-1"),
        ("AWM_LLM_BUDGET_USD", "nan"),
        ("AWM_LLM_INPUT_PRICE", "-0.1"),
    ],
)
def test_a_bad_value_is_named_with_its_variable(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=variable) as caught:
        load_settings()
    assert repr(value) in caught.value.message


def test_a_bad_value_in_the_file_is_named_with_its_variable(monkeypatch, tmp_path):
    file = tmp_path / "settings.env"
    file.write_text("AWM_MEMORY_MB=lots\n")
    monkeypatch.setenv("AWM_ENV_FILE", str(file))
    with pytest.raises(SettingsError, match="AWM_MEMORY_MB is 'lots'"):
        load_settings()


def test_a_bad_value_of_a_variable_with_a_name_of_its_own_is_named_so_in_a_file_too(
    monkeypatch, tmp_path
):
    file = tmp_path / "settings.env"
    file.write_text("AWM_SYN_LLM_PROVIDER=nobody\n")
    monkeypatch.setenv("AWM_ENV_FILE", str(file))
    with pytest.raises(SettingsError, match=r"^AWM_SYN_LLM_PROVIDER is 'nobody'"):
        load_settings()


def test_where_models_are_found_stands_in_the_published_variables(monkeypatch):
    monkeypatch.setenv("AWM_SYN_LLM_PROVIDER", "Azure")
    monkeypatch.setenv("AWM_SYN_OVERRIDE_MODEL", "gpt-5")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:1/v1")
    monkeypatch.setenv("AZURE_ENDPOINT_URL", "https://x.openai.azure.com/")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "az-1")
    chosen = load_settings()
    assert (chosen.llm_provider, chosen.llm_model) == ("azure", "gpt-5")
    assert chosen.openai_api_key.get_secret_value() == "sk-1"
    assert chosen.azure_api_key.get_secret_value() == "az-1"
    assert chosen.openai_base_url == "http://localhost:1/v1"
    assert chosen.azure_endpoint == "https://x.openai.azure.com/"


def test_keys_can_stand_in_the_file_and_arguments_win_over_it(monkeypatch, tmp_path):
    file = tmp_path / "settings.env"
    file.write_text("OPENAI_API_KEY=sk-file\nAWM_SYN_OVERRIDE_MODEL=one\n")
    monkeypatch.setenv("AWM_ENV_FILE", str(file))
    chosen = load_settings(llm_model="two")
    assert chosen.openai_api_key.get_secret_value() == "sk-file"
    assert chosen.llm_model == "two"


def test_stages_may_have_models_of_their_own(monkeypatch):
    assert load_settings().stage_models == {}
    monkeypatch.setenv("AWM_SYN_STAGE_MODELS", " task = big/one:free , env=small=2, ")
    assert load_settings().stage_models == {"task": "big/one:free", "env": "small=2"}


def test_keys_are_not_shown(monkeypatch):
    monkeypatch.setenv("EMBEDDING_OPENAI_API_KEY", "em-secret")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "az-secret")
    monkeypatch.setenv("AWM_SERVE_TOKENS", "serve-secret")
    assert "secret" not in f"{load_settings()!r}{load_settings()}"


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_field_is_read_from_the_variable_it_is_said_to_have(monkeypatch, field):
    values = {
        "allow_weak_isolation": "true",
        "judge_temperature": "1",
        "llm_local_only": "true",
        "llm_provider": "azure",
        "llm_stage_models": "task=some-model",
        "log_format": "json",
        "log_level": "debug",
    }
    default = getattr(load_settings(), field)
    monkeypatch.setenv(variable_of(field), values.get(field, "5000"))
    assert getattr(load_settings(), field) != default


def test_a_bad_argument_is_named_as_an_option():
    with pytest.raises(SettingsError, match="--memory_mb is 3"):
        load_settings(memory_mb=3)


def test_a_file_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("AWM_ENV_FILE", str(tmp_path / "none.env"))
    with pytest.raises(SettingsError, match=r"AWM_ENV_FILE names .*none\.env"):
        load_settings()


def test_settings_do_not_change_and_can_be_sent_elsewhere():
    chosen = load_settings(call_seconds=1)
    with pytest.raises(ValueError, match="frozen"):
        chosen.call_seconds = 2
    assert pickle.loads(pickle.dumps(chosen)) == chosen
