"""Where a language model is found, and the key to it.

Azure's addresses come in three forms, each as its portal shows it: the resource, a deployment of it
with the API version, and the newer `/openai/v1`
(https://learn.microsoft.com/azure/ai-foundry/openai/reference).
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from awm.errors import UsageError

__all__ = [
    "API_VERSION",
    "Endpoint",
    "azure_endpoint",
    "deployment_in",
    "embedding_endpoint",
    "is_local",
    "openai_endpoint",
]

API_VERSION: Final = "2024-10-21"
"""The first version of Azure's API for general use that holds answers to a schema."""

_CHAT: Final = "/chat/completions"
_EMBEDDINGS: Final = "/embeddings"
_MODELS: Final = "/models"
_DEPLOYMENT: Final = re.compile(r"(?P<root>.*)/openai/deployments/(?P<name>[^/]+)")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to send questions.

    Attributes:
        url: What is posted to.
        model: What the request says of the model; None where the URL says it.
        key: Kept out of everything that is shown.
        key_header: The header that carries the key, and what stands before it there.
        variables: The settings that say the URL, the key and the model, for hints.
        listing: Where the server lists its models.
        lists_all: Whether every model that can be asked stands in that list; Azure's names none of
            the deployments.
    """

    url: httpx.URL
    model: str | None
    key: SecretStr | None
    key_header: tuple[str, str]
    variables: tuple[str, str, str]
    listing: httpx.URL
    lists_all: bool = True

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine."""
        return is_local(self.url.host)

    @property
    def shown(self) -> str:
        """The URL without what may be secret in it: a password, a query."""
        return f"{self.url.scheme}://{self.url.netloc.decode('ascii')}{self.url.path}"

    @property
    def headers(self) -> Mapping[str, str]:
        """What lets a request in."""
        if self.key is None:
            return {}
        name, before = self.key_header
        return {name: before + self.key.get_secret_value()}

    def without_secrets(self, text: str) -> str:
        """Take the key, and a password in the URL, out of what somebody else wrote."""
        secrets = [self.url.password, self.key.get_secret_value() if self.key else ""]
        for secret in filter(None, secrets):
            text = text.replace(secret, "***")
        return text


def openai_endpoint(base_url: str, key: SecretStr | None, model: str) -> Endpoint:
    """The endpoint of a server that speaks OpenAI's protocol.

    Args:
        base_url: With the version, such as `https://api.openai.com/v1`; the full address of its
            chat completions is all right.
        key: None where none is needed.
        model: Which model.

    Raises:
        UsageError: It is no URL of HTTP, or the key is none.
    """
    variables = ("OPENAI_BASE_URL", "OPENAI_API_KEY", "AWM_SYN_OVERRIDE_MODEL")
    return _endpoint(base_url, _CHAT, key, model, variables)


def embedding_endpoint(base_url: str, key: SecretStr | None, model: str) -> Endpoint:
    """The endpoint of embeddings at a server that speaks OpenAI's protocol.

    Args:
        base_url: With the version; the full address of its embeddings is all right.
        key: None where none is needed.
        model: Which model.

    Raises:
        UsageError: It is no URL of HTTP, or the key is none.
    """
    variables = ("EMBEDDING_OPENAI_BASE_URL", "EMBEDDING_OPENAI_API_KEY", "AWM_EMBEDDING_MODEL")
    return _endpoint(base_url, _EMBEDDINGS, key, model, variables)


def _endpoint(
    base_url: str, path: str, key: SecretStr | None, model: str, variables: tuple[str, str, str]
) -> Endpoint:
    url = _url(base_url, variables[0])
    base = url.path.rstrip("/").removesuffix(path)
    return Endpoint(
        url.copy_with(path=base + path),
        model,
        _key(key, variables[1]),
        ("authorization", "Bearer "),
        variables,
        url.copy_with(path=base + _MODELS),
    )


def azure_endpoint(
    address: str, key: SecretStr, deployment: str, api_version: str | None = None
) -> Endpoint:
    """The endpoint of a deployment on Azure.

    Args:
        address: The resource, such as `https://x.openai.azure.com/`; or with
            `/openai/deployments/<name>`, with or without what follows; or with `/openai/v1`.
        key: The resource's key.
        deployment: Which one; wins over a name in the address.
        api_version: Wins over one in the address; `/openai/v1` needs none.

    Raises:
        UsageError: It is no URL of HTTP, or the key is none.
    """
    variables = ("AZURE_ENDPOINT_URL", "AZURE_OPENAI_API_KEY", "AWM_SYN_OVERRIDE_MODEL")
    url = _url(address, variables[0])
    version = api_version or url.params.get("api-version")
    path = url.path.rstrip("/").removesuffix(_CHAT)
    if path.endswith("/openai/v1"):
        chat, models, model = path + _CHAT, path + _MODELS, deployment
    else:
        found = _DEPLOYMENT.fullmatch(path)
        root = found["root"] if found else path.removesuffix("/openai")
        name = quote(deployment, safe="")
        chat, model = f"{root}/openai/deployments/{name}{_CHAT}", None
        models = f"{root}/openai{_MODELS}"
        version = version or API_VERSION
    if version:
        url = url.copy_set_param("api-version", version)
    return Endpoint(
        url.copy_with(path=chat),
        model,
        _key(key, variables[1]),
        ("api-key", ""),
        variables,
        url.copy_with(path=models),
        lists_all=False,
    )


def deployment_in(address: str) -> str | None:
    """The deployment that an Azure address names, if it does."""
    found = re.search(r"/openai/deployments/([^/?#]+)", address)
    return found[1] if found else None


def is_local(host: str) -> bool:
    """Whether a host is this machine, by its name or its address."""
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761, section 6.3
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _url(written: str, variable: str) -> httpx.URL:
    try:
        url = httpx.URL(written.strip())
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in {"http", "https"} or not url.host:
        # It is not quoted: keys get into the wrong variable, and passwords into URLs.
        raise UsageError(
            f"what {variable} holds is not the URL of a language model's server.",
            f"Set {variable} to one like http://localhost:8000/v1."
            if variable.endswith("OPENAI_BASE_URL")
            else f"Set {variable} to one like https://NAME.openai.azure.com/.",
        )
    return url


def _key(key: SecretStr | None, variable: str) -> SecretStr | None:
    text = key.get_secret_value().strip() if key else ""
    if not all("!" <= character <= "~" for character in text):
        # What HTTP would say of it quotes it.
        raise UsageError("the key to the language model is none.", f"Check {variable}.")
    return SecretStr(text) if text else None
