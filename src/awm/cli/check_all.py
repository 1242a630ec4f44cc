"""`awm env check_all`: does every world come to life."""

from pathlib import Path
from typing import Any

from rich.text import Text

from awm.cli.console import counted, new_table, print_json, progress, shorten, stderr, stdout
from awm.cli.outcome import EXIT_CHECK_FAILED, show_problems
from awm.cli.plain import plain_problem
from awm.cli.sweep import Trial, choose, prepare_all
from awm.errors import Problem
from awm.settings import load_settings
from awm.worlds import WorldFolder, open_worlds

__all__ = ["check_all", "verdict"]


def check_all(
    source: Path,
    allowed: list[str],
    *,
    jobs: int | None,
    as_json: bool,
    allow_weak_isolation: bool | None,
) -> int:
    """Bring every world to life once, and say which do not.

    Args:
        source: A file of worlds or a folder.
        allowed: Only these, unless empty.
        jobs: How many at a time.
        as_json: Print a JSON document instead of a table.
        allow_weak_isolation: Whether to run where worlds cannot be jailed.

    Returns:
        0, or 1 if a world has an error.

    Raises:
        AwmError: The worlds cannot be opened, or the runtime not be started.
    """
    chosen = load_settings(allow_weak_isolation=allow_weak_isolation)
    folder = open_worlds(source)
    names = choose(folder, allowed)
    strays = [] if allowed else list(folder.problems)
    trials: dict[str, Trial] = {}
    with progress("Checking worlds", len(names)) as advance:

        def done(trial: Trial) -> None:
            trials[trial.world] = trial
            advance(trial.world)

        prepare_all(folder, names, chosen, jobs, done)
    ordered = [trials[name] for name in names]
    ok = all(trial.ok for trial in ordered) and not any(p.severity == "error" for p in strays)
    if as_json:
        print_json(
            {"ok": ok, "worlds": [*map(_plain, ordered)], "problems": [*map(plain_problem, strays)]}
        )
    else:
        _show(folder, ordered, strays)
    return 0 if ok else EXIT_CHECK_FAILED


def verdict(ok: bool, problems: tuple[Problem, ...], otherwise: str = "failed") -> Text:
    """A table's last cell: how it went, and the first thing that is wrong."""
    text = Text("ok", style="green") if ok else Text(otherwise, style="bold red")
    if problems:
        first = problems[0]
        place = f"{first.where}: " if first.where else ""
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        text.append(f"; {shorten(place + first.what, 160)}{more}", style="default")
    return text


def _plain(trial: Trial) -> dict[str, Any]:
    return {
        "world": trial.world,
        "ok": trial.ok,
        "seconds": round(trial.seconds, 3),
        "tools": trial.prepared.tools if trial.prepared else None,
        "database_bytes": trial.prepared.database_bytes if trial.prepared else None,
        "problems": [plain_problem(problem) for problem in trial.problems],
    }


def _show(folder: WorldFolder, trials: list[Trial], strays: list[Problem]) -> None:
    table = new_table("World", "Tools", "KB", "Seconds", "Result", right=("Tools", "KB", "Seconds"))
    for trial in trials:
        size = trial.prepared
        table.add_row(
            Text(trial.world),
            str(size.tools) if size else "",
            f"{size.database_bytes / 1024:.0f}" if size else "",
            f"{trial.seconds:.2f}",
            verdict(trial.ok, trial.problems),
        )
    console = stdout()
    console.print(table)
    failed = sum(not trial.ok for trial in trials)
    console.print(f"{len(trials) - failed} of {counted(len(trials), 'world')} without an error.")
    if strays:
        stderr().print(f"In the files of {folder.path}:", markup=False, soft_wrap=True)
        show_problems(strays, named=True)
