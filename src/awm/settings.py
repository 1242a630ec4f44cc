"""Settings: what the environment may decide, and the only place that reads it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from awm.errors import SettingsError

__all__ = ["LogFormat", "LogLevel", "Provider", "Settings", "load_settings", "variable_of"]

_any_case: Final = BeforeValidator(lambda word: word.lower() if isinstance(word, str) else word)

LogLevel: TypeAlias = Annotated[Literal["debug", "info", "warning", "error"], _any_case]
"""How much is logged, in any case of letters."""

LogFormat: TypeAlias = Annotated[Literal["text", "json"], _any_case]
"""How logs are written, in any case of letters."""

Provider: TypeAlias = Annotated[Literal["openai", "azure"], _any_case]
"""Whose protocol a language model is reached by, in any case of letters."""


def _by_stage(written: str) -> dict[str, str]:
    """Read `stage=model,stage=model`.

    Raises:
        PydanticCustomError: It is something else, or names a stage twice.
    """
    models: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in written.split(","))):
        stage, equals, model = (part.strip() for part in pair.partition("="))
        if not (stage and equals and model):
            raise PydanticCustomError("pairs", "should be pairs like task=some-model, joined by ,")
        if stage in models:
            raise PydanticCustomError("once", "should name each stage once")
        models[stage] = model
    return models


def _is_by_stage(written: str) -> str:
    _by_stage(written)
    return written


_PREFIX: Final = "AWM_"
_ENV_FILE: Final = "AWM_ENV_FILE"


class Settings(BaseSettings):
    """Everything that can be set from outside; each field is the variable `AWM_<FIELD>`.

    Where language models are found stands in variables that other tools read too; these fields
    say their variable's name.

    Arguments win over the environment, the environment over the file named by `AWM_ENV_FILE`
    (lines of `NAME=value`), the file over the defaults. Make it with `load_settings`, which says
    what is wrong in words.

    Attributes:
        call_seconds: How long a tool call may run.
        grace_seconds: How much longer one that cannot be interrupted may run.
        load_seconds: How long a world's code may take to load, or its database to be built.
        memory_mb: Address space of a worker, all its instances included.
        response_mb: The largest answer of a tool call.
        database_mb: How large the database of one instance may grow.
        verifier_seconds: How long a verifier program may run.
        verifier_memory_mb: Address space of a verifier program's process.
        allow_weak_isolation: Run where generated code cannot be jailed. Hostile code can then do
            whatever the user can.
        output_dir: Where runs and databases are written.
        log_level: How much is logged to standard error.
        log_format: How: `text` for people, `json` for programs, an object a line.
        llm_provider: `openai` for whatever speaks OpenAI's protocol, local servers included
            (`AWM_SYN_LLM_PROVIDER`).
        llm_model: Which model is asked; on Azure the deployment (`AWM_SYN_OVERRIDE_MODEL`).
        openai_api_key: The key; a local server may need none (`OPENAI_API_KEY`).
        openai_base_url: Where it is, with the version, such as `http://localhost:8000/v1`
            (`OPENAI_BASE_URL`).
        azure_endpoint: The resource's address, or a deployment's (`AZURE_ENDPOINT_URL`).
        azure_api_key: The key to it (`AZURE_OPENAI_API_KEY`).
        llm_timeout_seconds: How long one answer of a model may take.
        llm_stage_models: Which models some stages ask instead, as `stage=model,stage=model`; see
            `stage_models` (`AWM_SYN_STAGE_MODELS`).
        llm_concurrency: How many questions may be under way at once.
        llm_budget_usd: How much may be spent on models, in USD; nothing limits it by default.
        llm_input_price: What a million tokens of a question cost, in USD, whichever model is asked;
            known for many models.
        llm_output_price: What a million tokens of an answer cost, in USD.
        llm_local_only: Refuse every model that is not on this machine, as tests want it.
        embedding_api_key: The key for embeddings (`EMBEDDING_OPENAI_API_KEY`).
        embedding_base_url: Where embeddings are, with the version
            (`EMBEDDING_OPENAI_BASE_URL`).
        embedding_model: Which model embeds.
        judge_temperature: At which temperature a judge is asked.
        judge_votes: How often a judge is asked; the majority decides.
        judge_attempts: How often a vote may be asked for until it can be read.
        judge_characters: How much a judge is shown of a trajectory and its evidence.
        serve_tokens: What opens a server of `awm serve`: bearer tokens, with commas between.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        populate_by_name=True,
    )

    call_seconds: float = Field(5.0, gt=0, allow_inf_nan=False)
    grace_seconds: float = Field(1.0, gt=0, allow_inf_nan=False)
    load_seconds: float = Field(30.0, gt=0, allow_inf_nan=False)
    memory_mb: int = Field(3072, ge=256)
    response_mb: int = Field(8, ge=1)
    database_mb: int = Field(64, ge=1)
    verifier_seconds: float = Field(5.0, gt=0, allow_inf_nan=False)
    verifier_memory_mb: int = Field(768, ge=256)
    allow_weak_isolation: bool = False
    output_dir: Path = Path("outputs")
    log_level: LogLevel = "warning"
    log_format: LogFormat = "text"
    llm_provider: Provider = Field("openai", validation_alias="AWM_SYN_LLM_PROVIDER")
    llm_model: str | None = Field(None, validation_alias="AWM_SYN_OVERRIDE_MODEL")
    openai_api_key: SecretStr | None = Field(None, validation_alias="OPENAI_API_KEY")
    openai_base_url: str = Field("https://api.openai.com/v1", validation_alias="OPENAI_BASE_URL")
    azure_endpoint: str | None = Field(None, validation_alias="AZURE_ENDPOINT_URL")
    azure_api_key: SecretStr | None = Field(None, validation_alias="AZURE_OPENAI_API_KEY")
    llm_timeout_seconds: float = Field(600.0, gt=0, allow_inf_nan=False)
    llm_stage_models: Annotated[str, AfterValidator(_is_by_stage)] = Field(
        "", validation_alias="AWM_SYN_STAGE_MODELS"
    )
    llm_concurrency: int = Field(32, ge=1)
    llm_budget_usd: float | None = Field(None, ge=0, allow_inf_nan=False)
    llm_input_price: float | None = Field(None, ge=0, allow_inf_nan=False)
    llm_output_price: float | None = Field(None, ge=0, allow_inf_nan=False)
    llm_local_only: bool = False
    embedding_api_key: SecretStr | None = Field(None, validation_alias="EMBEDDING_OPENAI_API_KEY")
    embedding_base_url: str = Field(
        "https://api.openai.com/v1", validation_alias="EMBEDDING_OPENAI_BASE_URL"
    )
    embedding_model: str = "text-embedding-3-large"
    judge_temperature: float = Field(0.0, ge=0, le=2, allow_inf_nan=False)
    judge_votes: int = Field(1, ge=1)
    judge_attempts: int = Field(3, ge=1)
    judge_characters: int = Field(120_000, ge=4_000)
    serve_tokens: SecretStr | None = None

    @property
    def stage_models(self) -> Mapping[str, str]:
        """The models of the stages that have one of their own, by stage."""
        return _by_stage(self.llm_stage_models)


def load_settings(**given: Any) -> Settings:
    """Read the settings.

    Args:
        given: Values from the command line; None where the caller has none.

    Raises:
        SettingsError: A value does not make sense, or the file of settings cannot be read.
    """
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(_env_file=_env_file(), **chosen)  # type: ignore[call-arg]  # pydantic-settings' own
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        field = str(fault["loc"][0]) if fault["loc"] else ""
        raise SettingsError(
            f"{_source(field, chosen)} is {fault['input']!r}: {fault['msg'].lower()}.",
            "Correct it or leave it out.",
        ) from error


def variable_of(field: str) -> str:
    """The environment variable that sets a field of `Settings`, by the field's name."""
    alias = Settings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else _PREFIX + field.upper()


def _env_file() -> Path | None:
    name = os.environ.get(_ENV_FILE)
    if not name:
        return None
    path = Path(name)
    try:
        path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{_ENV_FILE} names {path}, which cannot be read: {error}.",
            "Name a file with lines such as AWM_CALL_SECONDS=10, or unset the variable.",
        ) from error
    return path


def _source(field: str, given: dict[str, Any]) -> str:
    if field in given:
        return f"--{field}"
    # Field names come back in the spelling of their source, which is not always ours.
    written = field.upper()
    variables = {variable_of(name) for name in Settings.model_fields}
    return written if written in variables else _PREFIX + written
