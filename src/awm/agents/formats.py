"""How calls are written and read: what a model is asked for, and how it is told what came of it."""

from collections.abc import Sequence
from typing import Protocol

from awm.agents.policy import Heard, Said
from awm.llm import Message, Question, Reply
from awm.types import ToolSpec

__all__ = ["CallFormat"]


class CallFormat(Protocol):
    """A way of calling tools."""

    @property
    def name(self) -> str:
        """What to call it in reports and options: `awm`, `native` or `json`."""
        ...

    @property
    def meta_tools(self) -> bool:
        """Whether agents act through `list_tools` and `call_tool`, and find out about the rest."""
        ...

    def asked(self, question: Question, tools: Sequence[ToolSpec]) -> Question:
        """The question with what the format adds to it: a schema, or the tools themselves."""
        ...

    def read(self, reply: Reply) -> Said:
        """Make out what a reply says to do, as leniently as published agents are read.

        What had to be made allowances for is in `Said.repairs`: it breaks the format all the same.
        """
        ...

    def told(self, said: Said, heard: Heard, *, longest: int) -> tuple[Message, ...]:
        """A turn as messages: what the model said, and what came of it.

        Args:
            said: What it said.
            heard: What came of that.
            longest: How many characters of a result it is shown.
        """
        ...
