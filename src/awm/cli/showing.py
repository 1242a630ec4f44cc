"""`awm worlds show`: one world, for reading."""

import sys
from collections.abc import Mapping
from typing import Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from awm.cli.console import new_table, print_json, stdout
from awm.cli.context import new_runtime
from awm.cli.plain import plain_tool
from awm.cli.signals import run
from awm.runtime import PreparedWorld
from awm.settings import Settings, load_settings
from awm.types import ToolSpec
from awm.worlds import World, WorldFile, open_worlds
from awm.worlds.code import SourceError, read_code

__all__ = ["show_code", "show_tools", "show_world"]


def show_world(source: str, name: str, *, as_json: bool) -> None:
    """Show what a world is about, without running any of it.

    Raises:
        WorldError: It is not there, or cannot be read.
    """
    world = open_worlds(source)[name]
    if as_json:
        print_json(_plain(world))
        return
    console = stdout()
    console.print(Text(world.scenario, style="bold"), Text(f"({world.name})", style="dim"))
    console.print(
        Padding(Text(world.description or "(no description)"), (0, 0, 1, 0), expand=False)
    )
    console.print(_facts(world))
    _print_list(f"Tasks ({len(world.tasks)})", dict(enumerate(world.tasks)))
    tables = new_table(
        "Table", "Indexes", "Sample statements", right=("Indexes", "Sample statements")
    )
    statements = _statements(world)
    for table in world.tables:
        count = statements.get(table.name.lower(), 0)
        tables.add_row(Text(table.name), str(len(table.indexes)), str(count))
    console.print(Text(f"\nTables ({len(world.tables)})", style="bold"))
    console.print(tables)
    tools = _operations(world)
    console.print(Text(f"\nTools ({len(tools)})", style="bold"), Text("see --tools", style="dim"))
    console.print(Text(", ".join(tools) or "(its code names none)"))


def show_tools(source: str, name: str, *, as_json: bool, allow_weak_isolation: bool | None) -> None:
    """Load a world and show its tools as agents see them.

    Raises:
        AwmError: It is not there, or does not come to life.
    """
    world = open_worlds(source)[name]
    chosen = load_settings(allow_weak_isolation=allow_weak_isolation)
    tools = run(_prepare(world, chosen)).tools
    if as_json:
        print_json({"world": world.name, "tools": [plain_tool(tool) for tool in tools]})
        return
    console = stdout()
    for tool in tools:
        console.print(Text(tool.name, style="bold"), Text(_signature(tool), style="cyan"))
        about = tool.description.partition("\n\n### Responses")[0].strip()
        console.print(Padding(Text(about or "(no description)"), (0, 0, 1, 2), expand=False))


def show_code(source: str, name: str, *, as_json: bool) -> None:
    """Print a world's source code as it is.

    Raises:
        WorldError: It is not there, or has no code.
    """
    world = open_worlds(source)[name]
    if as_json:
        print_json({"world": world.name, "code": world.code})
        return
    sys.stdout.write(world.code)
    if not world.code.endswith("\n"):
        sys.stdout.write("\n")


async def _prepare(world: World, chosen: Settings) -> PreparedWorld:
    async with new_runtime(chosen) as runtime:
        return await runtime.prepare(world)


def _plain(world: World) -> dict[str, Any]:
    statements = _statements(world)
    return {
        "name": world.name,
        "scenario": world.scenario,
        "description": world.description,
        "clock": world.clock.isoformat(),
        "foreign_keys": world.foreign_keys,
        "database": str(world.database_file) if world.database_file else None,
        "parts": [str(part) for part in world.records],
        "tasks": list(world.tasks),
        "tables": [
            {
                "name": table.name,
                "ddl": table.ddl,
                "indexes": list(table.indexes),
                "sample_statements": statements.get(table.name.lower(), 0),
            }
            for table in world.tables
        ],
        "tools": _operations(world),
        "verifiers": [
            {"mode": program.mode, "task_idx": program.task_idx} for program in world.verifiers
        ],
    }


def _facts(world: World) -> Table:
    grid = Table.grid(padding=(0, 2))
    modes = [program.mode for program in world.verifiers]
    for name, value in {
        "Clock": world.clock.strftime("%Y-%m-%d %H:%M:%S UTC"),
        "Foreign keys": "enforced" if world.foreign_keys else "not enforced",
        "Database": str(world.database_file or "built from its schema and sample rows"),
        "Verifiers": f"{modes.count('code')} of mode code, {modes.count('sql')} of mode sql",
        "Files": ", ".join(world.records),
    }.items():
        grid.add_row(Text(name, style="bold"), Text(value, overflow="fold"))
    return grid


def _print_list(title: str, entries: Mapping[int, str]) -> None:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(justify="right")
    for number, text in entries.items():
        grid.add_row(str(number), Text(text))
    console = stdout()
    console.print(Text(f"\n{title}", style="bold"))
    console.print(grid)


def _statements(world: World) -> dict[str, int]:
    counts: dict[str, int] = {}
    for group in world.inserts:
        name = group.table_name.lower()
        counts[name] = counts.get(name, 0) + len(group.statements)
    return counts


def _operations(world: World) -> list[str]:
    """The tools that the source names; those that FastAPI derives are known only to `--tools`."""
    if not world.has(WorldFile.ENVIRONMENT):
        return []
    try:
        return list(read_code(world.code).operation_ids)
    except SourceError:
        return []


def _signature(tool: ToolSpec) -> str:
    properties = tool.input_schema.get("properties")
    names = list(properties) if isinstance(properties, Mapping) else []
    required = tool.input_schema.get("required")
    needed = set(required) if isinstance(required, list) else set()
    return "(" + ", ".join(name if name in needed else f"{name}?" for name in names) + ")"
