"""Addresses of models are read in each form, and known to be of this machine or not."""

import pytest
from pydantic import SecretStr

from awm.errors import UsageError
from awm.llm.endpoint import azure_endpoint, embedding_endpoint, is_local, openai_endpoint

KEY = SecretStr("sk-1")


@pytest.mark.parametrize(
    "host",
    ["localhost", "my.localhost", "127.0.0.1", "127.3.2.1", "::1", "0.0.0.0", "::"],
)
def test_this_machine_is_known_by_its_names(host):
    assert is_local(host)


@pytest.mark.parametrize(
    "host",
    ["api.openai.com", "localhost.example.com", "192.168.0.7", "10.0.0.1", "", "notlocalhost"],
)
def test_others_are_not_this_machine(host):
    assert not is_local(host)


def test_models_are_listed_beside_the_chat():
    assert str(openai_endpoint("http://x/v1/", KEY, "m").listing) == "http://x/v1/models"
    assert (
        str(azure_endpoint("https://x/openai/v1", KEY, "m").listing) == "https://x/openai/v1/models"
    )
    for address in ("https://x/", "https://x/openai/deployments/a/chat/completions"):
        listing = azure_endpoint(address, KEY, "m", api_version="7").listing
        assert str(listing) == "https://x/openai/models?api-version=7"


@pytest.mark.parametrize("url", ["http://x/v1", "http://x/v1/embeddings/"])
def test_embeddings_are_found_by_the_base_or_the_full_address(url):
    endpoint = embedding_endpoint(url, KEY, "m")
    assert str(endpoint.url) == "http://x/v1/embeddings"
    assert str(endpoint.listing) == "http://x/v1/models"


def test_what_is_no_address_of_embeddings_is_named_by_its_variable():
    with pytest.raises(UsageError, match="EMBEDDING_OPENAI_BASE_URL"):
        embedding_endpoint("localhost:1", KEY, "m")
