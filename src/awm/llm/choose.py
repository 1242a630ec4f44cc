"""Which models the settings name, and what they cost."""

from typing import Final, NoReturn

from awm.errors import SettingsError
from awm.llm.chat import Azure, OpenAICompatible
from awm.llm.embeddings import HttpEmbedder
from awm.llm.endpoint import (
    Endpoint,
    azure_endpoint,
    deployment_in,
    embedding_endpoint,
    openai_endpoint,
)
from awm.llm.gate import Gate
from awm.llm.patience import Patience
from awm.llm.posting import not_local
from awm.llm.prices import FREE, Price, price_of
from awm.settings import Settings, variable_of

__all__ = ["embedder_from_settings", "from_settings", "name_from_settings", "price_from_settings"]

_OPENAI: Final = "api.openai.com"
_OR_MODEL: Final = "`awm gen` also takes --model."


def from_settings(
    settings: Settings, model: str | None = None, *, gate: Gate | None = None
) -> OpenAICompatible | Azure:
    """A model that the settings name. Nothing is asked yet.

    Args:
        settings: Where models are, and which is asked.
        model: Another one there, such as a stage's own (`Settings.stage_models`).
        gate: Shared with all who ask the same server; None for one of its own, as wide as the
            settings say.

    Raises:
        SettingsError: A key, an address or a model is missing; says which variable to set.
        UsageError: An address or a key is none; or it is not on this machine, and nothing else may
            be asked.
    """
    name = model or name_from_settings(settings)
    patience, gate = _patience(settings), gate or Gate(settings.llm_concurrency)
    if settings.llm_provider == "azure":
        address = settings.azure_endpoint or _missing("azure_endpoint", "the Azure resource")
        key = settings.azure_api_key or _missing("azure_api_key", "the key to Azure")
        _may_be_asked(settings, azure_endpoint(address, key, name))
        return Azure(address, key, name, patience=patience, gate=gate)
    url, openai_key = settings.openai_base_url, settings.openai_api_key
    if openai_key is None and _OPENAI in url:
        hint = f"{variable_of('openai_base_url')} may name a local server, which needs none."
        _missing("openai_api_key", "the key to OpenAI", hint)
    _may_be_asked(settings, openai_endpoint(url, openai_key, name))
    return OpenAICompatible(url, openai_key, name, patience=patience, gate=gate)


def name_from_settings(settings: Settings) -> str:
    """The name of the model, or on Azure of the deployment, that is asked.

    Raises:
        SettingsError: There is none; says which variable to set.
    """
    if settings.llm_model:
        return settings.llm_model
    if settings.llm_provider != "azure":
        _missing("llm_model", "the language model", _OR_MODEL)
    address = settings.azure_endpoint or _missing("azure_endpoint", "the Azure resource")
    return deployment_in(address) or _missing("llm_model", "the deployment on Azure", _OR_MODEL)


def embedder_from_settings(settings: Settings, *, gate: Gate | None = None) -> HttpEmbedder:
    """The embedding model that the settings name. Nothing is asked yet.

    Args:
        settings: Where it is, and which.
        gate: Shared with all who ask the same server; None for one of its own.

    Raises:
        SettingsError: The key is missing.
        UsageError: The address or the key is none; or it is not on this machine, and nothing else
            may be asked.
    """
    url, key = settings.embedding_base_url, settings.embedding_api_key
    if key is None and _OPENAI in url:
        _missing("embedding_api_key", "the key to embeddings")
    _may_be_asked(settings, embedding_endpoint(url, key, settings.embedding_model))
    gate = gate or Gate(settings.llm_concurrency)
    return HttpEmbedder(url, key, settings.embedding_model, patience=_patience(settings), gate=gate)


def price_from_settings(
    settings: Settings, asked: OpenAICompatible | Azure | HttpEmbedder, name: str
) -> Price | None:
    """What a model costs.

    Args:
        settings: Prices in it win over what is known.
        asked: It.
        name: Its name.

    Returns:
        None where nobody knows.

    Raises:
        SettingsError: One of the two prices is set, and the other is not.
    """
    inward, outward = settings.llm_input_price, settings.llm_output_price
    if isinstance(asked, HttpEmbedder) or (inward is None and outward is None):
        return FREE if asked.endpoint.is_local else price_of(name)
    if inward is None:
        _missing("llm_input_price", "the price of questions")
    if outward is None:
        _missing("llm_output_price", "the price of answers")
    return Price(inward, outward)


def _patience(settings: Settings) -> Patience:
    seconds = settings.llm_timeout_seconds
    return Patience(timeout_seconds=seconds, deadline_seconds=5 * seconds)


def _may_be_asked(settings: Settings, endpoint: Endpoint) -> None:
    if settings.llm_local_only and not endpoint.is_local:
        raise not_local(endpoint)


def _missing(field: str, what: str, hint: str = "") -> NoReturn:
    raise SettingsError(f"{what} is not set.", f"Set {variable_of(field)}. {hint}".strip())
