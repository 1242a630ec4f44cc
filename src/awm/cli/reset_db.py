"""`awm env reset_db`: worlds' databases built anew, in place of those that are there."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.text import Text

from awm.cli.check_all import verdict
from awm.cli.console import counted, new_table, print_json, progress, stdout
from awm.cli.context import new_runtime
from awm.cli.outcome import EXIT_CHECK_FAILED, show_problems
from awm.cli.plain import plain_problem
from awm.cli.signals import run
from awm.cli.sweep import choose, problems_of
from awm.errors import AwmError, InfrastructureError, Problem, UsageError
from awm.lanes import for_each
from awm.runtime import Runtime
from awm.settings import Settings, load_settings
from awm.whole import write_whole
from awm.worlds import BuiltDatabase, WorldFile, WorldFolder, open_files
from awm.worlds.names import database_name

__all__ = ["reset_db"]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one world's database."""

    world: str
    path: Path | None
    tables: int
    rows: int
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether it has everything it was written to have: a bad sample row is missing from it."""
        return self.path is not None and not self.problems


def reset_db(
    input_db: Path,
    input_sample: Path,
    scenarios: list[str],
    *,
    database_dir: Path | None,
    as_json: bool,
    allow_weak_isolation: bool | None,
) -> int:
    """Build databases from schemas and sample rows.

    Args:
        input_db: The schemas.
        input_sample: The sample rows.
        scenarios: Only these worlds, unless empty.
        database_dir: Where the databases go, each under its world's normalised name.
        as_json: Print a JSON document instead of a table.
        allow_weak_isolation: Whether to run where worlds cannot be jailed.

    Returns:
        0, or 1 if a database could not be built or lacks something.

    Raises:
        AwmError: The files cannot be opened, or databases not be written.
    """
    chosen = load_settings(allow_weak_isolation=allow_weak_isolation)
    folder = open_files({WorldFile.DATABASE: input_db, WorldFile.SAMPLE: input_sample})
    names = choose(folder, scenarios)
    target = database_dir or chosen.output_dir / "databases"
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"{target} cannot be made: {error.strerror}.", "Name another with --database_dir."
        ) from error
    outcomes = run(_build_all(chosen, folder, names, target))
    strays = [] if scenarios else list(folder.problems)
    ok = all(outcome.ok for outcome in outcomes) and all(p.severity != "error" for p in strays)
    if as_json:
        print_json(
            {
                "ok": ok,
                "worlds": [*map(_plain, outcomes)],
                "problems": [*map(plain_problem, strays)],
            }
        )
    else:
        _show(outcomes, strays, target)
    return 0 if ok else EXIT_CHECK_FAILED


async def _build_all(
    chosen: Settings, folder: WorldFolder, names: list[str], target: Path
) -> list[_Outcome]:
    outcomes: dict[str, _Outcome] = {}
    with progress("Building databases", len(names)) as advance:
        async with new_runtime(chosen) as runtime:

            async def build(name: str) -> None:
                outcomes[name] = await _build(runtime, folder, name, target)
                advance(name)

            await for_each(build, names, jobs=2)  # one is read or written while one is built
    return [outcomes[name] for name in names]


async def _build(runtime: Runtime, folder: WorldFolder, name: str, target: Path) -> _Outcome:
    try:
        world = await asyncio.to_thread(folder.__getitem__, name)
        built = await runtime.examiner.build(world.recipe())
    except AwmError as error:
        return _Outcome(name, None, 0, 0, problems_of(name, error))
    if world.tables and not built.tables:
        return _Outcome(name, None, 0, 0, built.problems)
    path = target / database_name(name)
    await asyncio.to_thread(_write, path, built)
    return _Outcome(name, path, built.tables, built.rows, built.problems)


def _write(path: Path, built: BuiltDatabase) -> None:
    try:
        write_whole(path, built.image)
    except OSError as error:
        raise InfrastructureError(
            f"{path} cannot be written: {error.strerror or error}.",
            "The database that was there is as it was.",
        ) from error


def _plain(outcome: _Outcome) -> dict[str, Any]:
    return {
        "world": outcome.world,
        "ok": outcome.ok,
        "path": str(outcome.path) if outcome.path else None,
        "tables": outcome.tables,
        "rows": outcome.rows,
        "problems": [plain_problem(problem) for problem in outcome.problems],
    }


def _show(outcomes: list[_Outcome], strays: list[Problem], target: Path) -> None:
    table = new_table("World", "Tables", "Rows", "Result", right=("Tables", "Rows"))
    for outcome in outcomes:
        row = (str(outcome.tables), str(outcome.rows)) if outcome.path else ("", "")
        otherwise = "incomplete" if outcome.path else "failed"
        cell = verdict(outcome.ok, outcome.problems, otherwise)
        table.add_row(Text(outcome.world), *row, cell)
    console = stdout()
    console.print(table)
    written = sum(outcome.path is not None for outcome in outcomes)
    console.print(
        f"{counted(written, 'database')} written to {target}.", markup=False, soft_wrap=True
    )
    show_problems(
        [problem for outcome in outcomes for problem in outcome.problems] + strays, named=True
    )
