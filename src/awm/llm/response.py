"""What comes back from chat completions: an answer, or a complaint.

The fields are those of https://platform.openai.com/docs/api-reference/chat/object; servers differ
in what they leave out, and each words its complaints in its own way. What a model thought stands in
`reasoning_content` (DeepSeek, llama.cpp, SGLang) or `reasoning` (vLLM, OpenRouter), if it is told.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from awm.errors import LLMRefusedError
from awm.llm.question import FunctionCall, Reply, Usage

__all__ = ["BadResponseError", "Complaint", "read_complaint", "read_reply", "read_usage"]

_SHOWN: Final = 300  # characters of what a server wrote
_SEARCHED: Final = 10_000
_MOST_TOKENS: Final = 2**31 - 1
"""More than any model can hold. What is above is nonsense, and the sums of it would be too long for
the integers of SQLite."""
_BROKEN_OFF: Final = frozenset({"abort", "error"})
"""What servers give as the reason for an end that was not the model's: vLLM and SGLang when they
shut down or drop a request, OpenRouter when whoever runs the model fails."""


class BadResponseError(Exception):
    """What came back is no chat completion; says in which respect."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a server says is wrong.

    Attributes:
        text: For people, in one line; empty when it says nothing.
        whole: All that came back, up to some length.
        code: Its short name for the fault, such as `insufficient_quota`; may be empty.
    """

    text: str
    whole: str
    code: str


def read_reply(content: bytes) -> Reply:
    """Read the body of a successful response.

    Raises:
        BadResponseError: It is no chat completion, not all of one, or one that no model wrote.
        LLMRefusedError: The model refuses to answer, or a filter took its answer away.
    """
    try:
        body = json.loads(content)
        choice = body["choices"][0]
        message = choice["message"]
        text = _text(message.get("content"))
        calls = tuple(_call(written) for written in message.get("tool_calls") or ())
        refusal = message.get("refusal")
        finish_reason = choice.get("finish_reason")
    except (ValueError, RecursionError) as error:
        raise BadResponseError(f"no JSON: {_begin(_decoded(content))!r}") from error
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise BadResponseError(f"no chat completion: {_begin(_decoded(content))!r}") from error
    if refusal and not text and not calls:
        raise LLMRefusedError(f"the model refuses to answer: {_begin(str(refusal))}")
    if finish_reason == "content_filter":  # what there is of the text ends where it was cut
        raise LLMRefusedError("a filter at the model's server took the answer away.")
    if _word(finish_reason) in _BROKEN_OFF:
        raise BadResponseError(f"half an answer, which ends in {finish_reason!r}")
    reply = Reply(
        text,
        read_usage(body.get("usage")),
        _word(body.get("model")),
        _word(finish_reason),
        calls,
        _word(message.get("reasoning_content")) or _word(message.get("reasoning")),
    )
    if _is_of_nobody(reply):
        raise BadResponseError("an empty message that no model wrote")
    return reply


def read_complaint(content: bytes) -> Complaint:
    """Read the body of a response that is none; any body is all right."""
    whole = _decoded(content[:_SEARCHED])
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return Complaint(_begin(whole), whole, "")
    fault = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(fault, dict):
        return Complaint(_begin(_plain(fault)), whole, "")
    said = fault.get("message") or fault.get("detail") or whole
    # llama.cpp and vLLM repeat the status as the code.
    code = _word(fault.get("code")) or _word(fault.get("type"))
    return Complaint(_begin(_plain(said)), whole, code)


def read_usage(written: Any) -> Usage:
    """Read the `usage` of a response; what a server leaves out is 0, and so is what is no count."""
    if not isinstance(written, dict):
        return Usage()
    return Usage(_count(written.get("prompt_tokens")), _count(written.get("completion_tokens")))


def _count(written: Any) -> int:
    is_number = isinstance(written, int) and not isinstance(written, bool)
    return written if is_number and 0 < written <= _MOST_TOKENS else 0


def _is_of_nobody(reply: Reply) -> bool:
    """Whether a message is empty, and not because the model said nothing.

    A model that says nothing writes the token that ends its turn, and servers count it; one whose
    tokens were all spent on a thought that is not told is cut off.
    """
    says_something = reply.text or reply.calls or reply.thoughts
    wrote_something = reply.usage.completion_tokens or reply.finish_reason == "length"
    return not says_something and not wrote_something


def _text(content: Any) -> str:
    """The text of a message: a string, or parts of which some are text."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in content if part.get("type") == "text")


def _call(written: Any) -> FunctionCall:
    """A call; Ollama and others give its arguments as an object and not as text."""
    function = written["function"]
    arguments = function.get("arguments")
    return FunctionCall(
        _word(written.get("id")),
        _word(function.get("name")),
        "" if arguments is None else _plain(arguments),
    )


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _decoded(content: bytes) -> str:
    return content.decode("utf-8", errors="replace")


def _begin(text: str) -> str:
    line = " ".join(text[: 4 * _SHOWN].split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."
