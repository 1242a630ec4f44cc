"""A person as a policy: plays a task in the terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from rich.padding import Padding
from rich.text import Text

from awm.agents import Actor, Assignment, Heard, Said, shortened, tools_told
from awm.cli.console import counted, shorten
from awm.cli.human_lines import Lines
from awm.cli.human_words import WORDS, Answer, Leave, Show, Unclear, read_line
from awm.errors import AwmError
from awm.trajectory import WrittenCall
from awm.types import ToolCall, ToolResult, ToolSpec
from awm.verify.arguments import ToolChecks

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["HumanPolicy", "LeftError"]

_LONGEST: Final = 8_000
_LINE: Final = 160
_PROMPT: Final = "> "


class LeftError(AwmError):
    """The person left without an answer."""


class HumanPolicy:
    """Whoever sits at the terminal (see `awm.agents.Policy`); meant for one episode at a time.

    A line that means nothing, or a call whose arguments do not fit, costs no turn: the person is
    told, and types another.

    Args:
        lines: What is typed.
        console: Where everything is shown.

    Attributes:
        name: What to call it in reports.
    """

    name = "human"

    def __init__(self, lines: Lines, console: "Console") -> None:
        self._lines = lines
        self._console = console

    def actor(
        self,
        assignment: Assignment,
        tools: Sequence[ToolSpec],
        seed: int,  # noqa: ARG002 - a person draws as a person likes
    ) -> Actor:
        """Show the task and what can be typed; the person begins."""
        console = self._console
        console.print(Text(assignment.task, style="bold"))
        console.print(Text(f"{counted(len(tools), 'tool')}: {', '.join(t.name for t in tools)}"))
        console.print(Text("`tools` lists them, `help` says what can be typed.", "dim"))
        return _Person(tools, self._lines, console)


class _Person:
    def __init__(self, tools: Sequence[ToolSpec], lines: Lines, console: "Console") -> None:
        self._tools = tools
        self._checks = ToolChecks(tools)
        self._lines = lines
        self._console = console

    async def speak(self, heard: Heard) -> Said:
        """Show what came of the last call, and wait for the next.

        Raises:
            LeftError: The person leaves, or nothing more can be typed.
        """
        for result in heard.results:
            self._show_result(result)
        if heard.turns_left == 1:
            self._tell("This is your last turn: answer now.", "yellow")
        while True:
            line = await self._typed()
            said = self._said(line)
            if said is not None:
                return said

    async def _typed(self) -> str:
        self._console.print(_PROMPT, end="")
        line = await self._lines.next()
        if line is None:
            self._console.print()
            raise LeftError("you left without an answer.")
        return line

    def _said(self, line: str) -> Said | None:
        """What a line says to do; None where that is nothing, and the person was told."""
        if not line.strip():
            return None
        match read_line(line, self._tools):
            case ToolCall(name, arguments):
                fault = self._checks.fault(name, arguments)
                if fault is None:
                    return Said(line, (WrittenCall(name, dict(arguments)),))
                self._tell(f"{name}: {fault}", "red")
            case Answer(text):
                return Said(text, answer=text)
            case Show(tools):
                self._tell(WORDS if tools is None else _listed(tools))
            case Unclear(why):
                self._tell(why, "red")
            case Leave():
                raise LeftError("you left without an answer.")
        return None

    def _show_result(self, result: ToolResult) -> None:
        text = Text(shortened(result.text, _LONGEST), style="red" if result.is_error else "")
        self._console.print(Padding(text, (0, 0, 0, 2), expand=False))

    def _tell(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style=style), soft_wrap=True)


def _listed(tools: Sequence[ToolSpec]) -> str:
    """A tool with what its arguments mean; of several only a line each."""
    told = tools_told(tools)
    if len(tools) == 1:
        return told
    return "\n".join(shorten(line, _LINE) for line in told.splitlines() if line.startswith("- "))
