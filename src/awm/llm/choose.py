"""Which model the settings name."""

from typing import Final, NoReturn

from awm.errors import SettingsError
from awm.llm.chat import Azure, OpenAICompatible
from awm.llm.endpoint import deployment_in
from awm.llm.model import LLM
from awm.llm.patience import Patience
from awm.settings import Settings, variable_of

__all__ = ["from_settings"]

_OPENAI: Final = "api.openai.com"


def from_settings(settings: Settings) -> LLM:
    """The model that the settings name. Nothing is asked yet.

    Raises:
        SettingsError: A key, an address or a model is missing; says which variable to set.
        UsageError: An address or a key is none.
    """
    patience = Patience(
        timeout_seconds=settings.llm_timeout_seconds,
        deadline_seconds=5 * settings.llm_timeout_seconds,
    )
    if settings.llm_provider == "azure":
        return _azure(settings, patience)
    model = settings.llm_model or _missing("llm_model", "the language model")
    if settings.openai_api_key is None and _OPENAI in settings.openai_base_url:
        hint = f"{variable_of('openai_base_url')} may name a local server, which needs none."
        _missing("openai_api_key", "the key to OpenAI", hint)
    return OpenAICompatible(
        settings.openai_base_url, settings.openai_api_key, model, patience=patience
    )


def _azure(settings: Settings, patience: Patience) -> LLM:
    endpoint = settings.azure_endpoint or _missing("azure_endpoint", "the Azure resource")
    deployment = (
        settings.llm_model
        or deployment_in(endpoint)
        or _missing("llm_model", "the deployment on Azure")
    )
    if settings.azure_api_key is None:
        _missing("azure_api_key", "the key to Azure")
    return Azure(endpoint, settings.azure_api_key, deployment, patience=patience)


def _missing(field: str, what: str, hint: str = "") -> NoReturn:
    raise SettingsError(f"{what} is not set.", f"Set {variable_of(field)}. {hint}".strip())
