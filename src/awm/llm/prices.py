"""What models cost, for those whose makers publish it.

List prices in USD per million tokens, without the discounts of caches and batches, looked up on
2026-11-20. The makers' own pages could be read for Anthropic only (platform.claude.com, models);
the rest is as others repeat it: OpenAI's (Azure asks the same) by github/docs' table of models,
adk-model, openai-cost, deploybase.ai and aipromptshub.co; Claude 4.5's also by LiteLLM; Google's,
for prompts of at most 200,000 tokens, by gemini-cost; DeepSeek's by Roo-Code, of December 2025.
What only resellers name is left out. Prices change: settings win over this table.
"""

import re
from dataclasses import dataclass
from typing import Final

from awm.errors import UsageError
from awm.llm.question import Usage

__all__ = ["FREE", "Price", "price_of"]

_MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs, in USD per million tokens.

    Attributes:
        input_usd: Of what it is asked.
        output_usd: Of what it answers, its thoughts included.

    Raises:
        UsageError: It is less than nothing.
    """

    input_usd: float
    output_usd: float

    def __post_init__(self) -> None:
        if not (self.input_usd >= 0 and self.output_usd >= 0):
            raise UsageError("a price is less than nothing.", "Give USD per million tokens.")

    def cost(self, usage: Usage) -> float | None:
        """What an answer cost, in USD; None where its server did not say what it took."""
        if self == FREE:
            return 0.0
        if usage == Usage():
            return None
        inward = usage.prompt_tokens * self.input_usd
        return (inward + usage.completion_tokens * self.output_usd) / _MILLION


FREE: Final = Price(0.0, 0.0)
"""What a model on one's own machine costs."""

_PRICES: Final = {
    # OpenAI
    "gpt-5": Price(1.25, 10.0),
    "gpt-5-codex": Price(1.25, 10.0),
    "gpt-5-mini": Price(0.25, 2.0),
    "gpt-5-nano": Price(0.05, 0.40),
    "gpt-5-pro": Price(15.0, 120.0),
    "gpt-5.1": Price(1.25, 10.0),
    "gpt-5.2": Price(1.75, 14.0),
    "gpt-5.2-codex": Price(1.75, 14.0),
    "gpt-5.2-pro": Price(21.0, 168.0),
    "gpt-5.3-codex": Price(1.75, 14.0),
    "gpt-5.4": Price(2.50, 15.0),
    "gpt-5.4-mini": Price(0.75, 4.50),
    "gpt-5.5": Price(5.0, 30.0),
    "gpt-4.1": Price(2.0, 8.0),
    "gpt-4.1-mini": Price(0.40, 1.60),
    "gpt-4.1-nano": Price(0.10, 0.40),
    "gpt-4o": Price(2.50, 10.0),
    "gpt-4o-mini": Price(0.15, 0.60),
    "o3": Price(2.0, 8.0),
    "o3-mini": Price(1.10, 4.40),
    "o4-mini": Price(1.10, 4.40),
    "text-embedding-3-large": Price(0.13, 0.0),
    "text-embedding-3-small": Price(0.02, 0.0),
    # Anthropic
    "claude-opus-5-5": Price(4.0, 20.0),
    "claude-opus-5": Price(5.0, 25.0),
    "claude-opus-4-5": Price(5.0, 25.0),
    "claude-sonnet-5": Price(2.0, 10.0),
    "claude-sonnet-4-5": Price(3.0, 15.0),
    "claude-haiku-4-5": Price(1.0, 5.0),
    # Google
    "gemini-2.5-pro": Price(1.25, 10.0),
    # DeepSeek
    "deepseek-chat": Price(0.28, 0.42),
    "deepseek-reasoner": Price(0.28, 0.42),
}

_VERSION: Final = re.compile(r"(?:[-@](?:\d{4}-\d{2}-\d{2}|\d{4,8}|latest))?")
"""What may follow a model's name without its being another model: a date, or `latest`."""


def price_of(model: str) -> Price | None:
    """What a model costs, by the longest name in the table with which its name begins.

    What follows has to be a version's: `gpt-5-2025-08-07` is a `gpt-5`, and `gpt-5-turbo` may be
    anything. A name may stand behind its maker's, as in `openai/gpt-5`.

    Returns:
        None where nobody knows.
    """
    name = model.lower().rpartition("/")[2]
    known = [start for start in _PRICES if name.startswith(start)]
    longest = max(known, key=len, default="")
    return _PRICES.get(longest) if _VERSION.fullmatch(name, len(longest)) else None
