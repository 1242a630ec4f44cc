"""The demo's supply of worlds: generated, audited, and played by the oracle and by chance."""

import asyncio
import json
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.text import Text

from awm.audit import Audit, Effort, audit_worlds
from awm.audit.html import audit_html
from awm.audit.plain import audit_json
from awm.audit.playing import PLAYERS, Played, play_world
from awm.cli.console import counted, new_table, progress, stdout
from awm.cli.context import new_runtime
from awm.cli.report_file import write_report
from awm.runtime import Runtime, VerifierPool
from awm.runtime.chosen import pool_from_settings
from awm.settings import Settings
from awm.synthesis import Order, generate
from awm.synthesis.details import TaskDetail, details_of
from awm.synthesis.sites import Site
from awm.worlds import World, WorldFile, WorldFolder, open_worlds

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["show_supply"]

_SEED: Final = 7
_CALLS_PER_TOOL: Final = 12


async def show_supply(chosen: Settings, folder: Path, count: int, jobs: int) -> None:
    """Generate worlds, audit them, play all their tasks, and print and save what came of it.

    Args:
        chosen: The settings.
        folder: Where worlds and reports go; worlds that are there are replaced.
        count: How many worlds.
        jobs: How many processes make worlds.

    Raises:
        AwmError: The folder cannot be written to, or the machinery failed.
    """
    worlds = await _generate(chosen, folder / "worlds", count, jobs)
    async with AsyncExitStack() as stack:
        runtime = await stack.enter_async_context(new_runtime(chosen))
        pool = await stack.enter_async_context(pool_from_settings(chosen))
        audit = await _audit(worlds, runtime, pool)
        played = await _play(worlds, runtime, pool)
    _save(folder, audit, played)


def _heading(text: str) -> None:
    stdout().print(Text(f"\n{text}", style="bold cyan"))


async def _generate(chosen: Settings, folder: Path, count: int, jobs: int) -> WorldFolder:
    _heading(f"{counted(count, 'world')} written from knowledge and a seed, without any model")
    with progress("Making worlds", count) as advance:
        made = await generate(
            Order(count, _SEED),
            folder,
            site=Site(jobs, chosen.allow_weak_isolation),
            overwrite=True,
            done=lambda world: advance(world.title),
        )
    stdout().print(
        f"{counted(made.worlds, 'world')} with {counted(made.tasks, 'proven task')}"
        f" in {made.seconds:.1f} s ({counted(made.dropped, 'draft')} left out), in {folder}"
    )
    return open_worlds(folder)


async def _audit(worlds: WorldFolder, runtime: Runtime, pool: VerifierPool) -> Audit:
    _heading("Each of them audited: every tool tried, every verifier attacked")
    with progress("Auditing", len(worlds)) as advance:
        audit = await audit_worlds(
            worlds,
            runtime,
            pool,
            effort=Effort(calls_per_tool=_CALLS_PER_TOOL),
            done=lambda world: advance(world.world),
        )
    table = new_table(
        "World", "Category", "Tables", "Tools", "Calls tried", "Tasks", "Grade",
        right=("Tables", "Tools", "Calls tried"),
    )  # fmt: skip
    for world in audit:
        category = _category(worlds[world.world])
        proven = f"{world.verdicts['proven']} proven of {len(world.tasks)}"
        table.add_row(
            Text(world.scenario), category, str(world.tables), str(world.tools),
            f"{world.calls:,}", proven, world.grade,
        )  # fmt: skip
    stdout().print(table)
    return audit


async def _play(worlds: WorldFolder, runtime: Runtime, pool: VerifierPool) -> list[Played]:
    total = len(PLAYERS) * sum(len(worlds[name].oracles) for name in worlds)
    _heading(f"The oracle, a random agent and an idle one on all tasks at once ({total} episodes)")
    with progress("Playing", total) as advance:
        found = await asyncio.gather(
            *(
                play_world(
                    worlds[name],
                    runtime,
                    pool,
                    done=lambda played: advance(played.world),
                )
                for name in worlds
            )
        )
    played = [each for world in found for each in world]
    stdout().print(_by_kind(worlds, played))
    return played


def _by_kind(worlds: WorldFolder, played: list[Played]) -> "Table":
    details = {name: details_of(worlds[name]) for name in worlds}
    kinds = {
        (each.world, each.task_idx): _kind(details[each.world], each.task_idx) for each in played
    }
    solved: Counter[tuple[str, str]] = Counter()
    tried: Counter[tuple[str, str]] = Counter()
    for each in played:
        for kind in (kinds[each.world, each.task_idx], "all"):
            tried[kind, each.player] += 1
            solved[kind, each.player] += bool(each.solved)
    table = new_table("Tasks", *(f"Solved: {player}" for player in PLAYERS))
    for kind in (*sorted(set(kinds.values())), "all"):
        table.add_row(
            kind, *(f"{solved[kind, player]} of {tried[kind, player]}" for player in PLAYERS)
        )
    return table


def _category(world: World) -> str:
    row = world.records[WorldFile.SCENARIO][-1]
    return str((row.get("categories") or ("",))[0])


def _kind(details: tuple[TaskDetail, ...], idx: int) -> str:
    return details[idx].kind if idx < len(details) else "other"


def _save(folder: Path, audit: Audit, played: list[Played]) -> None:
    report = {**audit_json(audit), "played": [asdict(each) for each in played]}
    folder.mkdir(parents=True, exist_ok=True)
    # Escaped: half of a surrogate pair, which a world may well say, has no form in UTF-8.
    write_report(folder / "report.json", json.dumps(report, indent=1) + "\n")
    write_report(folder / "report.html", audit_html(audit))
    stdout().print(Text(f"\nReports: {folder / 'report.html'}, {folder / 'report.json'}"))
