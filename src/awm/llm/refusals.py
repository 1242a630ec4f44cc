"""What a refusal means: each server words it in its own way, and each has to be told apart.

Codes are those of https://platform.openai.com/docs/guides/error-codes and of Azure's content filter
(https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter). Servers without codes
are known by their wording: vLLM, llama.cpp and llama-cpp-python, LM Studio, TGI, and the OpenAI
forms of Anthropic's, Google's, Mistral's and DeepSeek's endpoints.
"""

import re
from typing import Final

from awm.errors import LLMError, LLMRefusedError, LLMSetupError, LLMTooLongError
from awm.llm.endpoint import Endpoint
from awm.llm.response import Complaint

__all__ = [
    "error_of",
    "is_about_the_question",
    "is_final",
    "is_too_long",
    "may_be_about_one",
    "sentence",
]

_TOO_LONG_CODES: Final = frozenset({"context_length_exceeded", "exceed_context_size_error"})
_TOO_LONG: Final = re.compile(
    r"maximum context length|(?:longer than|exceeds?) the maximum model length"
    r"|context length is only \d|longer than the model's context length"
    r"|exceeds? the (?:available )?context (?:size|window|length)|exceed context window"
    r"|context (?:size|length|window) (?:has been |was )?exceeded|greater than the context length"
    r"|(?:prompt|input) is too long|too large for model with \d+ maximum"
    r"|token count .{0,60}exceeds the maximum number of tokens"
    r"|tokens \+ `?max_new_tokens`? must be"
    r"|request too large for",  # more than OpenAI lets this account ask in a minute, at once
    re.IGNORECASE,
)
_PAYLOAD_TOO_LARGE: Final = 413

_FILTERED_CODES: Final = frozenset(
    {"content_filter", "content_policy_violation", "invalid_prompt", "ResponsibleAIPolicyViolation"}
)
_FILTERED: Final = re.compile(
    r"content management policy|ResponsibleAIPolicyViolation|violating our usage policy"
    r"|requires moderation|input was flagged",  # OpenRouter, with status 403
    re.IGNORECASE,
)

_NO_TOOLS: Final = re.compile(
    r"tools param requires"  # llama.cpp, with status 500
    r"|enable-auto-tool-choice"  # vLLM
    r"|(?:not|n't) support(?:ed)? (?:\w+ ){0,3}(?:tools?\b|function[- ]call)"  # Ollama, Together
    r"|endpoints found that support tool use"  # OpenRouter
    # OpenAI, Mistral
    r"|\b(?:tools|tool use|function calling)\W+(?:is|are) not (?:supported|enabled)"
    r"|\"body\", ?\"tools\"",  # FastAPI
    re.IGNORECASE,
)

_UNPAID_CODES: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
_PAYMENT_REQUIRED: Final = 402

_MODEL_CODES: Final = frozenset({"model_not_found", "invalid_model", "DeploymentNotFound"})
_MODEL: Final = re.compile(
    r"\bmodel\b.{0,120}(?:does not exist|not exist|not found)"
    r"|not a valid model|invalid model\b|unknown model\b",
    re.IGNORECASE,
)
_KEY_CODES: Final = frozenset({"invalid_api_key"})

_TOOLS_HINT: Final = (
    "Have calls written in the text (format awm or json), or start the server so that it calls "
    "functions: vLLM with --enable-auto-tool-choice --tool-call-parser, llama.cpp with --jinja."
)


def is_too_long(complaint: Complaint) -> bool:
    """Whether a server says that a question does not fit into its model's context."""
    return complaint.code in _TOO_LONG_CODES or _TOO_LONG.search(complaint.whole) is not None


def is_final(complaint: Complaint) -> bool:
    """Whether asking again is in vain although the status says that it is not.

    An account without credit is answered 429, and so is a question that is longer than what may be
    asked in a minute; some llama.cpp servers answer 500 to what is too long for them, and to
    functions.
    """
    return complaint.code in _UNPAID_CODES or is_too_long(complaint) or _refuses_tools(complaint)


def is_about_the_question(complaint: Complaint) -> bool:
    """Whether a refusal is about what is asked, and not about the words of the request."""
    return is_too_long(complaint) or _is_filtered(complaint)


def may_be_about_one(status: int, complaint: Complaint) -> bool:
    """Whether a refusal may be about every question, or about this one alone.

    Gateways, filters and firewalls turn single questions away with what also a wrong key or a wrong
    address is answered. Where it is the account, the key or the model by its code, it is about
    every question; where it is the question by its words, it is clear, too.
    """
    is_named = complaint.code in _UNPAID_CODES | _KEY_CODES | _MODEL_CODES
    is_told = is_about_the_question(complaint) or _refuses_tools(complaint)
    return (status in {403, 404} or 300 <= status < 400) and not is_named and not is_told


def error_of(
    endpoint: Endpoint, status: int, complaint: Complaint, *, about_one: bool = False
) -> LLMError:
    """The error that tells of a refusal.

    Args:
        endpoint: Who refuses.
        status: The HTTP status.
        complaint: What it says.
        about_one: Whether it is known to be about this question alone, where it may be.
    """
    said = endpoint.without_secrets(complaint.text)
    message = sentence(f"{endpoint.shown} refuses with {status}: {said}".rstrip(": "))
    if is_too_long(complaint) or status == _PAYLOAD_TOO_LARGE:
        hint = "Ask for shorter answers, or take a model or a server with a longer context."
        return LLMTooLongError(message, hint)
    if _is_filtered(complaint):
        return LLMRefusedError(message)
    if _refuses_tools(complaint):
        return LLMRefusedError(message, _TOOLS_HINT)
    if about_one:
        return LLMRefusedError(message)
    hint = _setup_hint(endpoint, status, complaint)
    return LLMSetupError(message, hint) if hint else LLMError(message)


def sentence(text: str) -> str:
    """The text with a full stop at its end."""
    return text if text.endswith((".", "!", "?", "...")) else f"{text}."


def _is_filtered(complaint: Complaint) -> bool:
    return complaint.code in _FILTERED_CODES or _FILTERED.search(complaint.whole) is not None


def _refuses_tools(complaint: Complaint) -> bool:
    return _NO_TOOLS.search(complaint.whole) is not None


def _setup_hint(endpoint: Endpoint, status: int, complaint: Complaint) -> str:
    """What somebody has to set before anything can be asked; empty when it is not that."""
    url, key, model = endpoint.variables
    if complaint.code in _UNPAID_CODES or status == _PAYMENT_REQUIRED:
        return f"The account behind {key} has no credit: pay it up, or take another key."
    if status in {401, 403} or complaint.code in _KEY_CODES:
        return f"Check the key in {key}." if endpoint.key else f"Set {key}: it is empty."
    if complaint.code in _MODEL_CODES or (status == 400 and _MODEL.search(complaint.whole)):
        return f"Check the model's name in {model}."
    if status == 404 or 300 <= status < 400:
        return f"Check {url} and the model's name in {model}."
    return ""
