"""What models cost is known by their names, and where it is not, nobody guesses."""

import pytest

from awm.errors import UsageError
from awm.llm import FREE, Price, Usage, price_of

MILLION = Usage(1_000_000, 1_000_000)


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("gpt-5-2025-08-07", "gpt-5"),
        ("GPT-5", "gpt-5"),
        ("openai/gpt-5-mini", "gpt-5-mini"),
        ("gpt-5-mini-2025-08-07", "gpt-5-mini"),
        ("gpt-4o-latest", "gpt-4o"),
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("claude-haiku-4-5@20251001", "claude-haiku-4-5"),
        ("models/gemini-2.5-pro", "gemini-2.5-pro"),
    ],
)
def test_a_version_of_a_model_costs_what_the_model_costs(name, like):
    assert price_of(name) == price_of(like)
    assert price_of(like) is not None


def test_a_longer_name_is_another_model():
    assert price_of("gpt-5-mini") != price_of("gpt-5")
    assert price_of("claude-opus-5-5") != price_of("claude-opus-5")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "gpt-5-turbo",
        "gpt-5-chat-latest",
        "gpt-5.99",
        "gpt-50",
        "my-gpt-5",
        "gpt-5:free",
        "llama",
        "gpt",
    ],
)
def test_what_only_begins_like_a_model_costs_nobody_knows_what(name):
    assert price_of(name) is None


def test_cost_is_tokens_times_price():
    assert Price(2.0, 8.0).cost(MILLION) == 10.0
    assert Price(2.0, 8.0).cost(Usage(500, 250)) == pytest.approx(0.003)


def test_an_answer_whose_tokens_were_not_counted_costs_nobody_knows_what():
    assert Price(2.0, 8.0).cost(Usage()) is None
    assert FREE.cost(Usage()) == 0.0


@pytest.mark.parametrize("prices", [(-1.0, 0.0), (0.0, -1.0), (float("nan"), 0.0)])
def test_less_than_nothing_is_no_price(prices):
    with pytest.raises(UsageError, match="less than nothing"):
        Price(*prices)
