"""Prompts: files with places for values."""

from importlib import resources

import pytest

from awm.synthesis import llm_author
from awm.synthesis.llm_author.prompts import Prompt, prompt

NAMES = sorted(
    file.name.removesuffix(".md")
    for file in (resources.files(llm_author) / "prompts").iterdir()
    if file.name.endswith(".md")
)


@pytest.mark.parametrize("name", NAMES)
def test_every_prompt_can_be_read_and_says_its_name_and_version_first(name):
    found = prompt(name)
    assert found.name == name
    assert found.version >= 1
    assert found.system
    assert "$" in found.user


def test_values_go_into_the_user_message_and_are_not_read_again():
    made = Prompt("db", 3, "Rules: $5 is money.", "<scenario>$scenario</scenario>")
    system, user = made.filled(scenario="A $shop")
    assert (system.role, user.role) == ("system", "user")
    assert system.content == "awm prompt db v3\n\nRules: $5 is money."
    assert user.content == "<scenario>A $shop</scenario>"


def test_a_missing_value_is_told():
    with pytest.raises(KeyError, match="tasks"):
        Prompt("db", 1, "", "$tasks").filled(scenario="x")
