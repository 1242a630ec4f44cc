"""Between the messages of `verifiers` and the words of an episode."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import verifiers as vf

from awm.agents import Heard, Said
from awm.agents.awm_format import responses_text
from awm.agents.telling import results_told
from awm.llm import FunctionCall, Reply
from awm.rollout.env_types import Observation
from awm.trajectory import WrittenCall

__all__ = ["reply_in", "told_of"]

_LEFT_OUT: Final = "This call was not carried out: the episode was over."


def reply_in(message: Any) -> Reply:
    """What a model said.

    Args:
        message: A message of an assistant, as `verifiers` holds it.
    """
    calls = tuple(
        FunctionCall(call.id, call.name, call.arguments) for call in message.tool_calls or ()
    )
    thoughts = message.get("reasoning_content") or ""
    return Reply(_text(message.content), calls=calls, thoughts=thoughts)


def told_of(
    message: Any, called: Sequence[WrittenCall], seen: Observation, longest: int
) -> list[Any]:
    """What came of a message, as messages: one for each call, as models' servers want them.

    Where a model wrote its calls into the text, nothing but the user can answer them.

    Args:
        message: The message of the assistant.
        called: The calls that were read in it.
        seen: What it led to.
        longest: How many characters of a result are shown.
    """
    heard = Heard(seen.results, seen.turns_left)
    texts = results_told(Said("", tuple(called)), heard, longest)
    calls = message.tool_calls or ()
    if calls:
        texts += (_LEFT_OUT,) * (len(calls) - len(texts))
        return [
            vf.ToolMessage(tool_call_id=call.id, content=text)
            for call, text in zip(calls, texts, strict=True)
        ]
    return [vf.UserMessage(content=responses_text(texts))] if texts else []


def _text(content: Any) -> str:
    """The text of a message: all there is in it, or what is text among its parts."""
    if isinstance(content, str):
        return content
    parts = (part.get("text") if isinstance(part, Mapping) else None for part in content or ())
    return "\n".join(part for part in parts if isinstance(part, str))
