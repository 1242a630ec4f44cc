"""Whether a model can be asked at all, found out before anything is paid for.

The server is asked for its list of models, which costs nothing: that needs the address, the
certificate and the key to be right, and shows whether the model's name is. What a server does not
say is no fault: many have no such list.
"""

import asyncio
import difflib
from typing import Final

import httpx

from awm.errors import LLMSetupError
from awm.llm.chat import ChatCompletions
from awm.llm.choose import from_settings
from awm.llm.connections import MOST_BYTES, Connections, Received, TooMuchError
from awm.llm.embeddings import HttpEmbedder
from awm.llm.endpoint import Endpoint
from awm.llm.listing import is_among, listed_models
from awm.llm.model import LLM
from awm.llm.posting import certificate_hint, is_certificate
from awm.llm.refusals import sentence
from awm.llm.response import Complaint, read_complaint
from awm.settings import Settings

__all__ = ["preflight"]

_SECONDS: Final = 10.0
_NAMED: Final = 8
"""How many of the models that are there are named in place of one that is not."""

_NOT_ABOUT_THE_KEY: Final = ("api.model.read", "x-api-key")
"""A key of OpenAI may be good for questions only, and Anthropic lists for another header."""


async def preflight(asked: LLM | HttpEmbedder | Settings, *, seconds: float = _SECONDS) -> None:
    """Make sure that a model can be asked, as far as that can be known without asking it.

    Args:
        asked: A model; or settings, for all models that they name for stages. Models that are not
            behind HTTP are all right.
        seconds: How long each server may take.

    Raises:
        LLMSetupError: It cannot be reached, the key is not taken, or the model is not there; says
            which variable to set.
        SettingsError: A key, an address or a model is missing.
        UsageError: An address or a key is none.
    """
    if isinstance(asked, Settings):
        await _all_of(asked, seconds)
    elif isinstance(asked, (ChatCompletions, HttpEmbedder)):
        await _check(asked.endpoint, seconds)


async def _all_of(settings: Settings, seconds: float) -> None:
    for model in dict.fromkeys([None, *settings.stage_models.values()]):
        llm = from_settings(settings, model)
        try:
            await preflight(llm, seconds=seconds)
        finally:
            await llm.aclose()


async def _check(endpoint: Endpoint, seconds: float) -> None:
    response = await _listing(endpoint, seconds)
    if response.status_code in {401, 403}:
        _check_key(endpoint, response.status_code, read_complaint(response.content))
    elif response.is_success and endpoint.lists_all and endpoint.model is not None:
        _check_model(endpoint, endpoint.model, listed_models(response.content))


async def _listing(endpoint: Endpoint, seconds: float) -> Received:
    variable = endpoint.variables[0]
    hint = f"Set {variable} to where a server is running."
    connections = Connections(endpoint, seconds)
    try:
        async with asyncio.timeout(seconds):
            return await connections.get(endpoint.listing, endpoint.headers)
    except (TimeoutError, httpx.TimeoutException):
        message = f"{endpoint.shown} did not answer in {seconds:g} s."
        raise LLMSetupError(message, hint) from None
    except TooMuchError:
        message = f"{endpoint.shown} answered with more than {MOST_BYTES // 2**20} MB."
        raise LLMSetupError(message, hint) from None
    except httpx.RequestError as error:
        reason = endpoint.without_secrets(str(error)) or type(error).__name__
        if is_certificate(error):
            hint = certificate_hint(variable)
        raise LLMSetupError(
            sentence(f"{endpoint.shown} cannot be reached: {reason}"), hint
        ) from None  # the request it holds carries the key
    finally:
        await connections.aclose()


def _check_key(endpoint: Endpoint, status: int, complaint: Complaint) -> None:
    if any(word in complaint.whole for word in _NOT_ABOUT_THE_KEY):
        return
    variable = endpoint.variables[1]
    said = endpoint.without_secrets(complaint.text)
    what = "does not take the key" if endpoint.key else "wants a key, and none is set"
    raise LLMSetupError(
        sentence(f"{endpoint.shown} {what} ({status}: {said})".replace(": )", ")")),
        f"Set {variable} to a key that it takes.",
    )


def _check_model(endpoint: Endpoint, model: str, listed: list[str]) -> None:
    if not listed or is_among(model, listed):
        return
    nearest = difflib.get_close_matches(model, listed, _NAMED, cutoff=0.0)
    more = f" and {len(listed) - len(nearest)} more" if len(listed) > len(nearest) else ""
    raise LLMSetupError(
        f"{endpoint.shown} has no model {model!r}; it has {', '.join(nearest)}{more}.",
        f"Set {endpoint.variables[2]} to one of them.",
    )
