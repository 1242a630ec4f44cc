"""Calls as JSON objects: the answer is held to a schema where the server can do that."""

from collections.abc import Sequence
from dataclasses import replace

from awm.agents.moves import move_schema, read_move
from awm.agents.policy import Heard, Said
from awm.agents.telling import LAST_TURN, compacted, shortened
from awm.llm import Message, Question, Reply
from awm.types import ToolSpec

__all__ = ["JsonFormat"]


class JsonFormat:
    """One JSON object a reply: a thought with a call, or with an answer (see `CallFormat`).

    Args:
        typed: Whether the arguments of each tool are held to its own schema, and not the names of
            the tools alone. Small models guess fewer arguments then that no tool has.
    """

    name = "json"
    meta_tools = False

    def __init__(self, *, typed: bool = True) -> None:
        self._typed = typed

    def asked(self, question: Question, tools: Sequence[ToolSpec]) -> Question:
        """The question with the schema of a reply."""
        return replace(question, schema=move_schema(tools, typed=self._typed))

    def read(self, reply: Reply) -> Said:
        """See `read_move`."""
        move = read_move(reply)
        calls = () if move.call is None else (move.call,)
        return Said(reply.told, calls, move.answer, move.fault, reply.usage, move.repairs)

    def told(self, said: Said, heard: Heard, *, longest: int) -> tuple[Message, ...]:
        """The reply as it was, and the result between tags, in a line where it is JSON."""
        text = "\n".join(shortened(compacted(result.text), longest) for result in heard.results)
        last = f"\n{LAST_TURN}" if heard.turns_left == 1 else ""
        return (
            Message("assistant", said.text),
            Message("user", f"<tool_result>\n{text}\n</tool_result>{last}"),
        )
