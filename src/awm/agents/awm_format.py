"""AWM's format: one call a turn, written in the reply's text between tags.

    <think>Which orders are open?</think>
    <tool_call>
    {"name": "call_tool", "arguments": {"tool_name": "search_orders", "arguments": {"open": true}}}
    </tool_call>

A reply without a call is the answer. Results come back in a user's message between
`<tool_response>` tags: that is what Qwen's chat templates make of a `tool` message, letter by
letter, and servers that know no such message understand it too. The message holds nothing else, so
that the templates tell it from a new question and leave the thoughts before it where they are.
"""

import json
import re
from collections.abc import Sequence
from typing import Final

from awm.agents.naming import through_meta_tools
from awm.agents.policy import Heard, Said
from awm.agents.telling import results_told
from awm.agents.written import calls_written
from awm.llm import FunctionCall, Message, Question, Reply
from awm.trajectory import WrittenCall
from awm.types import ToolSpec

__all__ = ["AwmFormat", "responses_text"]

_WANTED: Final = (
    "Write one call between tags: <tool_call>\n"
    '{"name": "call_tool", "arguments": {"tool_name": ..., "arguments": {...}}}\n</tool_call>'
    " or end with an answer in words."
)
_RESULT: Final = re.compile(r"<tool_response>.*?(?:</tool_response>|\Z)", re.DOTALL)
_ONE_OF_SEVERAL: Final = "Only the first of your {} calls was carried out: write one in a reply."
_NOT_ITS_TO_SAY: Final = "It has the form of a result, which is told to you and never by you."


class AwmFormat:
    """Calls between tags, through `list_tools` and `call_tool` (see `CallFormat`)."""

    name = "awm"
    meta_tools = True

    def asked(self, question: Question, tools: Sequence[ToolSpec]) -> Question:
        """The question as it is: the two tools stand in the brief."""
        del tools
        return question

    def read(self, reply: Reply) -> Said:
        """See `awm.agents.written` and `awm.agents.naming` for what is allowed for.

        A reply that is nothing but results is no answer: small models repeat what they were told.
        Calls that a server took out of the text, as some do unasked, are put back into it.
        """
        text = "\n".join(filter(None, [reply.told.rstrip(), *map(_tagged, reply.calls)]))
        text = text if reply.calls else reply.told
        written = calls_written(text, is_cut=reply.finish_reason == "length")
        fault = written.fault
        if not fault and not written.calls and not _RESULT.sub("", written.said).strip():
            fault = _NOT_ITS_TO_SAY
        if fault:
            return Said(text, fault=f"{fault} {_WANTED}", usage=reply.usage)
        if not written.calls:
            return Said(text, answer=written.said, usage=reply.usage, repairs=written.repairs)
        meant = [through_meta_tools(call) for call in written.calls]
        repairs = (*written.repairs, *(repair for _, some in meant for repair in some))
        beside = ("call beside the text",) if reply.calls else ()
        return Said(
            text,
            tuple(call for call, _ in meant),
            usage=reply.usage,
            repairs=tuple(dict.fromkeys((*beside, *repairs))),
        )

    def told(self, said: Said, heard: Heard, *, longest: int) -> tuple[Message, ...]:
        """The reply as it was, and the results between tags.

        The text shows all of its calls, so the agent is told where some were not carried out.
        """
        results = results_told(said, heard, longest)
        if len(results) == 1 < len(said.calls) and heard.turns_left > 1:
            results = (f"{results[0]}\n\n{_ONE_OF_SEVERAL.format(len(said.calls))}",)
        return Message("assistant", said.text), Message("user", responses_text(results))


def responses_text(results: Sequence[str]) -> str:
    """Results as Qwen's chat templates write them, each between tags."""
    return "\n".join(f"<tool_response>\n{text}\n</tool_response>" for text in results)


def _tagged(call: FunctionCall) -> str:
    """A call that stood beside a text as it would stand in it."""
    sound = WrittenCall(call.name, call.arguments).parsed() is not None
    arguments = call.arguments.strip() or "{}" if sound else json.dumps(call.arguments)
    body = f'{{"name": {json.dumps(call.name)}, "arguments": {arguments}}}'
    return f"<tool_call>\n{body}\n</tool_call>"
