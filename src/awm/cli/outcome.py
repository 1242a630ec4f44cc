"""How a command that failed says so."""

from collections.abc import Iterable
from typing import Final

from awm.cli.console import stderr
from awm.errors import (
    AwmError,
    InfrastructureError,
    IsolationError,
    Problem,
    RuntimeClosedError,
    SettingsError,
    UnknownWorldError,
    UsageError,
    WorldError,
    WorldFileError,
)

__all__ = ["EXIT_CHECK_FAILED", "EXIT_INTERRUPTED", "complain", "exit_code_of", "show_problems"]

EXIT_CHECK_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_INFRASTRUCTURE: Final = 3
EXIT_INTERRUPTED: Final = 130
_SHOWN: Final = 20
_VALIDATE: Final = "`awm worlds validate --json`"


def exit_code_of(error: AwmError) -> int:
    """Which exit code an error means."""
    if isinstance(error, UsageError | SettingsError | UnknownWorldError):
        return EXIT_USAGE
    if isinstance(error, WorldFileError) and not (error.world or error.problems):
        return EXIT_USAGE  # there is no such folder, or nothing in it
    if isinstance(error, InfrastructureError | IsolationError | RuntimeClosedError):
        return EXIT_INFRASTRUCTURE
    return EXIT_CHECK_FAILED


def complain(error: AwmError) -> int:
    """Say on standard error what happened and what to do.

    Returns:
        The exit code.
    """
    console = stderr()
    world = f"world {error.world!r}: " if isinstance(error, WorldError) and error.world else ""
    console.print("error:", style="bold red", end=" ")
    console.print(f"{world}{error.message}", markup=False, soft_wrap=True)
    if error.hint:
        console.print(error.hint, markup=False, soft_wrap=True)
    if isinstance(error, WorldError):
        show_problems(error.problems)
    return exit_code_of(error)


def show_problems(
    problems: Iterable[Problem], *, named: bool = False, where_all: str = _VALIDATE
) -> None:
    """List problems on standard error, errors first.

    Args:
        problems: What was found.
        named: Whether each line is to say which world it is about.
        where_all: What has those that are too many to be listed.
    """
    console = stderr()
    ordered = sorted(problems, key=lambda problem: problem.severity)
    hint = ""
    for problem in ordered[:_SHOWN]:
        place = ": ".join(part for part in (problem.world if named else "", problem.where) if part)
        colour = "red" if problem.severity == "error" else "yellow"
        console.print(f"  {problem.severity}", style=colour, end=" ")
        text = f"{place}: {problem.what}" if place else problem.what
        console.print(text, markup=False, soft_wrap=True)
        if problem.hint and problem.hint != hint:  # said once for those that share it
            console.print(f"    {problem.hint}", markup=False, soft_wrap=True, style="dim")
        hint = problem.hint
    if len(ordered) > _SHOWN:
        console.print(f"  and {len(ordered) - _SHOWN} more; {where_all} has all", markup=False)
