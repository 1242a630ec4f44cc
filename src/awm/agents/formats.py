"""How calls are written and read: what a model is asked for, and how it is told what came of it.

| format | calls | acts through |
|---|---|---|
| `awm` | in the text, between `<tool_call>` tags | `list_tools` and `call_tool` |
| `native` | beside the text, as OpenAI's function calling has them | the world's own tools |
| `native-meta` | the same | `list_tools` and `call_tool` |
| `json` | the text is one JSON object, held to a schema | the world's own tools |
"""

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
        """What to call it in reports and options."""
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
