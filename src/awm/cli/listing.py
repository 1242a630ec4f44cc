"""`awm worlds list`: one line for each world."""

from typing import Any

from rich.text import Text

from awm.cli.console import new_table, print_json, progress, shorten, stderr, stdout
from awm.cli.outcome import show_problems
from awm.cli.plain import plain_problem
from awm.errors import Problem, WorldError
from awm.worlds import WorldFile, WorldFolder, open_worlds

__all__ = ["list_worlds"]


def list_worlds(source: str, *, as_json: bool) -> None:
    """List the worlds of a folder; one that cannot be read is listed as such.

    Args:
        source: The folder, or `bundled`.
        as_json: Print a JSON document instead of a table.

    Raises:
        WorldFileError: The folder cannot be opened.
    """
    folder = open_worlds(source)
    with progress("Reading worlds", len(folder)) as advance:
        rows = []
        for name in folder:
            rows.append(_summary(folder, name))
            advance(name)
    if as_json:
        problems = [plain_problem(problem) for problem in folder.problems]
        print_json({"folder": str(folder.path), "worlds": rows, "problems": problems})
    else:
        _show(folder, rows, folder.problems)


def _summary(folder: WorldFolder, name: str) -> dict[str, Any]:
    try:
        world = folder[name]
    except WorldError as error:
        return {"name": name, "scenario": folder.title(name), "error": str(error)}
    return {
        "name": name,
        "scenario": world.scenario,
        "description": world.description,
        "tables": len(world.tables),
        "tasks": len(world.tasks),
        "verifiers": len(world.verifiers),
        "has_code": world.has(WorldFile.ENVIRONMENT),
        "database": str(world.database_file) if world.database_file else None,
    }


def _show(folder: WorldFolder, rows: list[dict[str, Any]], problems: tuple[Problem, ...]) -> None:
    table = new_table("World", "Tables", "Tasks", "About", right=("Tables", "Tasks"))
    for row in rows:
        if "error" in row:
            table.add_row(Text(row["name"]), "", "", Text(shorten(row["error"], 100), style="red"))
            continue
        about = row["description"] if row["has_code"] else f"(no code) {row['description']}"
        counts = str(row["tables"]), str(row["tasks"])
        table.add_row(Text(row["name"]), *counts, Text(shorten(about, 100)))
    stdout().print(table)
    if problems:
        stderr().print(f"In the files of {folder.path}:", markup=False, soft_wrap=True)
        show_problems(problems, named=True)
