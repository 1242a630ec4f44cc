"""What people see of an agent at a task: turn by turn while it acts, and what it came to."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.text import Text

from awm.agents import Acted
from awm.cli.console import counted, shorten, stderr, stdout
from awm.trajectory import LIST_TOOLS, Turn, WrittenCall, answer_of, meta_target
from awm.types import ToolResult
from awm.verify import Verdict

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Spectator", "calls_in", "show_kept", "show_run"]

_LONGEST: Final = 300
_COLOURS: Final = {"complete": "bold green", "partial": "yellow", None: "bold red"}


class Spectator:
    """Prints an episode as it goes; a referee (see `awm.agents.Referee`) who never ends one.

    Args:
        console: Where to.
    """

    def __init__(self, console: "Console") -> None:
        self._console = console
        self._turns = 0

    def see(self, turn: Turn) -> None:
        """Print what was said."""
        self._turns += 1
        self._console.print(Text(f"turn {self._turns}", style="bold"))
        for call in turn.tool_calls:
            self._print("call", _call_text(call), "cyan")
        if not turn.tool_calls:
            self._print("answer", answer_of(turn.content), "green")

    def hear(self, results: Sequence[ToolResult]) -> None:
        """Print what came of it."""
        for result in results:
            self._print("result", result.text, "red" if result.is_error else "")

    def _print(self, what: str, text: str, style: str) -> None:
        line = Text(f"  {what:<7}", style="dim")
        line.append(shorten(text, _LONGEST), style=style or "default")
        self._console.print(line, soft_wrap=True)


def show_run(acted: Acted, folder: Path, usd: float | None, verdict: Verdict | None) -> None:
    """Print what an agent's run came to.

    Args:
        acted: What was said and done.
        folder: Where it is kept.
        usd: What the model's replies cost; None where no model was asked, or nobody knows.
        verdict: What it was worth; None where nobody asked.
    """
    console, run = stdout(), acted.trajectory
    parts = [
        (run.stop or "not ended").replace("_", " "),
        counted(len(run.turns), "turn"),
        f"{counted(calls_in(acted), 'call')} carried out",
    ]
    tokens = acted.usage.prompt_tokens + acted.usage.completion_tokens
    if tokens:
        parts.append(counted(tokens, "token"))
    if usd is not None:
        parts.append(f"{usd:.4f} USD")
    console.print(Text(", ".join(parts)))
    if run.final_answer:
        console.print(Text(run.final_answer, style="bold"))
    if verdict is not None:
        said = (verdict.outcome or "not graded").replace("_", " ")
        line = Text(said, style=_COLOURS.get(verdict.outcome, "yellow"))
        console.print(line.append(f": {verdict.reason}", style="default"), soft_wrap=True)
    console.print(Text(f"written to {folder}", style="dim"), soft_wrap=True)


def calls_in(acted: Acted) -> int:
    """How many calls of tools were carried out; listing them is none."""
    return sum(call.name != LIST_TOOLS for call, _ in acted.calls)


def show_kept(folder: Path) -> None:
    """Say where what was done until now is, if the run was ended from outside."""
    stderr().print(Text(f"What was done until now is in {folder}"), soft_wrap=True)


def _call_text(call: WrittenCall) -> str:
    meant = meta_target(call) or call
    given = meant.arguments
    text = given if isinstance(given, str) else json.dumps(given or {}, ensure_ascii=False)
    return f"{meant.name} {text}"
