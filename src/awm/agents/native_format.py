"""Native function calling: the tools go to the model's server, and calls stand beside the text.

Which tools depends on what the agent acts through: a world's own, or `list_tools` and `call_tool`.
The protocol is OpenAI's (https://platform.openai.com/docs/guides/function-calling).

Models that were hardly trained for it write the JSON of a call into the text. That is understood,
noted as `call in the text`, and shown to them afterwards as the call that it should have been.
What cannot be sent as a call, such as one whose arguments are no JSON, goes back to them as text:
servers refuse a conversation that holds it.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from awm.agents.awm_format import responses_text
from awm.agents.naming import directly, through_meta_tools
from awm.agents.policy import Heard, Said
from awm.agents.telling import in_brief, results_told
from awm.agents.written import call_text, calls_written
from awm.llm import FunctionCall, Message, Question, Reply
from awm.trajectory import WrittenCall, thought_of
from awm.types import ToolSpec

__all__ = ["NativeFormat"]

_WANTED: Final = "Call a function, or end with an answer in words."
_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""The names of functions that OpenAI takes."""


class NativeFormat:
    """Calls beside the text (see `CallFormat`).

    Args:
        meta_tools: Whether agents act through `list_tools` and `call_tool`.
        parallel: Whether a reply may hold several calls.
        responses: Whether tools are told with what they answer with, which takes most of the room.
    """

    def __init__(
        self, *, meta_tools: bool = False, parallel: bool = False, responses: bool = False
    ) -> None:
        self.meta_tools = meta_tools
        self._parallel = parallel
        self._responses = responses

    @property
    def name(self) -> str:
        """`native`, or `native-meta` where agents act through the two tools."""
        return "native-meta" if self.meta_tools else "native"

    def asked(self, question: Question, tools: Sequence[ToolSpec]) -> Question:
        """The question with the tools."""
        told = tools if self._responses else [in_brief(tool) for tool in tools]
        return replace(question, tools=tuple(told), parallel=self._parallel)

    def read(self, reply: Reply) -> Said:
        """See `awm.agents.written` and `awm.agents.naming` for what is allowed for."""
        if reply.calls:
            return self._said(reply, [_written(call) for call in reply.calls], ())
        written = calls_written(reply.told, is_cut=reply.finish_reason == "length")
        if written.fault:
            return Said(reply.told, fault=f"{written.fault} {_WANTED}", usage=reply.usage)
        if written.calls:
            return self._said(reply, written.calls, ("call in the text", *written.repairs))
        return Said(reply.told, answer=written.said, usage=reply.usage, repairs=written.repairs)

    def told(self, said: Said, heard: Heard, *, longest: int) -> tuple[Message, ...]:
        """The reply with the calls that were carried out, and a message for each result."""
        results = results_told(said, heard, longest)
        sent = [
            _sendable(call, f"call_{heard.turns_left}_{place}")
            for place, call in enumerate(said.calls[: len(results)])
        ]
        calls = tuple(call for call in sent if call is not None)
        if not calls or len(calls) < len(results):
            return Message("assistant", _as_text(said)), Message("user", responses_text(results))
        return (
            Message("assistant", _beside(said), calls),
            *(
                Message("tool", text, call_id=call.id)
                for call, text in zip(calls, results, strict=True)
            ),
        )

    def _said(self, reply: Reply, calls: Sequence[WrittenCall], repairs: tuple[str, ...]) -> Said:
        mean = through_meta_tools if self.meta_tools else directly
        meant = [mean(call) for call in calls]
        more = (repair for _, some in meant for repair in some)
        return Said(
            reply.told,
            tuple(call for call, _ in meant),
            usage=reply.usage,
            repairs=tuple(dict.fromkeys((*repairs, *more))),
        )


def _written(call: FunctionCall) -> WrittenCall:
    return WrittenCall(call.name.strip(), call.arguments, call.id)


def _sendable(call: WrittenCall, identity: str) -> FunctionCall | None:
    """A call as servers take it back; None where they would not."""
    arguments = call.parsed()
    if arguments is None or not _NAME.fullmatch(call.name):
        return None
    try:
        text = json.dumps(arguments, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):  # NaN, which JSON has not; or nested beyond reason
        return None
    return FunctionCall(call.id or identity, call.name, text)


def _beside(said: Said) -> str:
    """The text that stands beside the calls: without them, where they stood in it."""
    if any(call.id is not None for call in said.calls):
        return said.text
    thought = thought_of(said.text)
    return f"<think>\n{thought}\n</think>" if thought else ""


def _as_text(said: Said) -> str:
    """The reply with its calls in the text, wherever they stood."""
    beside = [call_text(call) for call in said.calls if call.id is not None]
    return "\n".join(filter(None, [said.text, *beside]))
