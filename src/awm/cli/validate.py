"""`awm worlds validate`: everything that is wrong with the worlds of a folder."""

from typing import Any

from rich.text import Text

from awm.cli.console import new_table, print_json, progress, stdout
from awm.cli.outcome import EXIT_CHECK_FAILED, show_problems
from awm.cli.plain import plain_problem
from awm.cli.sweep import Trial, prepare_all, problems_of
from awm.errors import Problem, WorldError
from awm.settings import load_settings
from awm.worlds import WorldFolder, check_world, open_worlds

__all__ = ["validate"]


def validate(
    source: str,
    *,
    bring_to_life: bool,
    jobs: int | None,
    as_json: bool,
    allow_weak_isolation: bool | None,
) -> int:
    """Look at every world, and bring each to life.

    Args:
        source: The folder, or `bundled`.
        bring_to_life: Whether to build their databases and load their code too.
        jobs: How many at a time.
        as_json: Print a JSON document instead of a table.
        allow_weak_isolation: Whether to run where worlds cannot be jailed.

    Returns:
        0, or 1 if anything has an error.

    Raises:
        AwmError: The folder cannot be opened, or the runtime not be started.
    """
    chosen = load_settings(allow_weak_isolation=allow_weak_isolation)
    folder = open_worlds(source)
    names = list(folder)
    found: dict[str, list[Problem]] = {}
    with progress("Reading worlds", len(names)) as advance:
        for name in names:
            found[name] = _read(folder, name)
            advance(name)
    if bring_to_life:
        with progress("Bringing worlds to life", len(names)) as advance:

            def done(trial: Trial) -> None:
                found[trial.world] = _together(found[trial.world], trial.problems)
                advance(trial.world)

            prepare_all(folder, names, chosen, jobs, done)
    everything = [*folder.problems, *(problem for name in names for problem in found[name])]
    failed = any(problem.severity == "error" for problem in everything)
    if as_json:
        print_json(_plain(folder, found, failed=failed))
    else:
        _show(found, everything)
    return EXIT_CHECK_FAILED if failed else 0


def _read(folder: WorldFolder, name: str) -> list[Problem]:
    try:
        return list(check_world(folder[name]))
    except WorldError as error:
        return list(problems_of(name, error))


def _together(first: list[Problem], second: tuple[Problem, ...]) -> list[Problem]:
    """Both lists; a world that cannot be read says so twice."""
    return [*first, *(problem for problem in second if problem not in first)]


def _plain(folder: WorldFolder, found: dict[str, list[Problem]], *, failed: bool) -> dict[str, Any]:
    return {
        "folder": str(folder.path),
        "ok": not failed,
        "problems": [plain_problem(problem) for problem in folder.problems],
        "worlds": [
            {
                "world": name,
                "ok": all(problem.severity != "error" for problem in problems),
                "problems": [plain_problem(problem) for problem in problems],
            }
            for name, problems in found.items()
        ],
    }


def _show(found: dict[str, list[Problem]], everything: list[Problem]) -> None:
    table = new_table("World", "Errors", "Warnings", "Result", right=("Errors", "Warnings"))
    for name, problems in found.items():
        errors = sum(problem.severity == "error" for problem in problems)
        result = Text("failed", style="bold red") if errors else Text("ok", style="green")
        table.add_row(Text(name), str(errors), str(len(problems) - errors), result)
    stdout().print(table)
    show_problems(everything, named=True)
