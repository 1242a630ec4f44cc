"""Where output goes: results to standard output, everything about them to standard error."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = [
    "Advance",
    "counted",
    "new_table",
    "print_json",
    "progress",
    "shorten",
    "stderr",
    "stdout",
]


class Advance(Protocol):
    """Counts one more piece of work as done."""

    def __call__(self, what: str) -> None:
        """Say what was done."""
        ...


def stdout() -> "Console":
    """The console for results."""
    return _console(error=False)


def stderr() -> "Console":
    """The console for messages and progress."""
    return _console(error=True)


def _console(*, error: bool) -> "Console":
    # Imported late, here and below: rich takes as long as the rest of the command line.
    from awm.cli.safe_console import SafeConsole  # noqa: PLC0415

    return SafeConsole(stderr=error, highlight=False, emoji=False)


def print_json(document: Any) -> None:
    """Print a JSON document, the only thing on standard output."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:  # a lone surrogate, or a terminal of another age
        text = json.dumps(document, indent=2)
    sys.stdout.write(text + "\n")


def new_table(*columns: str, right: tuple[str, ...] = ()) -> "Table":
    """A table that stays readable at 80 columns.

    Args:
        columns: The headings.
        right: Those of them that hold numbers.
    """
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for name in columns:
        # All may wrap: the widest give way first, and none vanishes where there is little room.
        table.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return table


@contextmanager
def progress(title: str, total: int) -> Iterator[Advance]:
    """Show how far a long piece of work is and how long it will take, if anybody is watching."""
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = stderr()
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[what]}", markup=False),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task(title, total=total, what="")
        yield lambda what: bar.update(task, advance=1, what=shorten(what, 24))


def counted(count: int, noun: str) -> str:
    """A number and what it counts: `1 world`, `2 worlds`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def shorten(text: str, width: int) -> str:
    """Text on one line, cut to a width."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
