"""The stages one by one: each reads the scenarios and writes the rows of its own file.

The builtin author makes a world from its plan, which the scenario's row carries, so a stage needs
nothing else. The stages of tasks and verifiers prove what they write, as `generate` does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal, TypeAlias

from awm.errors import UsageError
from awm.synthesis.catalogue import Catalogue
from awm.synthesis.generating import unfinished
from awm.synthesis.manuscript import Manuscript, scenario_row
from awm.synthesis.order import Order
from awm.synthesis.outputs import check_outputs, write_lines, write_rows, writing
from awm.synthesis.plan import WorldPlan
from awm.synthesis.planning import Planner
from awm.synthesis.shelf import Shelf
from awm.synthesis.sites import ONE, Site, workshops
from awm.synthesis.workshop import Made
from awm.types import JsonObject
from awm.worlds import WorldFile
from awm.worlds.holding import held, writing_to
from awm.worlds.names import normalise

__all__ = [
    "PARTS",
    "PROVEN",
    "Stage",
    "prove_stage",
    "write_plans",
    "write_stage",
]

Stage: TypeAlias = Literal["scenario", "task", "db", "sample", "spec", "env", "verifier"]

PARTS: Final[Mapping[str, WorldFile]] = {
    "scenario": WorldFile.SCENARIO,
    "task": WorldFile.TASKS,
    "db": WorldFile.DATABASE,
    "sample": WorldFile.SAMPLE,
    "spec": WorldFile.SPEC,
    "env": WorldFile.ENVIRONMENT,
    "sql": WorldFile.VERIFIER_SQL,
    "code": WorldFile.VERIFIER_CODE,
    "oracle": WorldFile.ORACLE,
}
"""The files that stages write; verifiers by their mode."""

PROVEN: Final = ("task", "verifier")
"""The stages that carry out oracles."""

_ROWS: Final[Mapping[str, Callable[[Manuscript], JsonObject]]] = {
    "db": Manuscript.database_row,
    "sample": Manuscript.sample_row,
    "spec": Manuscript.spec_row,
    "env": Manuscript.environment_row,
}


def write_plans(order: Order, output: Path, *, overwrite: bool = False) -> int:
    """The stage `scenario`: plan worlds and write their rows.

    Returns:
        How many there are.

    Raises:
        UsageError: The order cannot be met, the file is there already, or another run writes it.
        WorldFileError: It cannot be written.
        InfrastructureError: There is no room for it.
    """
    with writing(output, overwrite=overwrite):
        plans = Planner(order.seed, selection=order.selection).plans(order.count)
        return write_rows(output, (scenario_row(plan) for plan in plans))


def write_stage(
    stage: str,
    plans: Iterable[WorldPlan],
    output: Path,
    *,
    overwrite: bool = False,
    done: Callable[[str], None] = lambda _title: None,
) -> int:
    """One of the stages `db`, `sample`, `spec`, `env`; `done` is told of each world.

    Returns:
        How many rows were written.

    Raises:
        UsageError: The file is there already, another run writes it, or a plan names what the
            author does not know.
        WorldFileError: It cannot be written.
        InfrastructureError: There is no room for it.
    """
    catalogue = Catalogue()

    def rows() -> Iterator[JsonObject]:
        for plan in plans:
            yield _ROWS[stage](Manuscript(plan, catalogue))
            done(plan.title)

    with writing(output, overwrite=overwrite):
        return write_rows(output, rows())


async def prove_stage(
    parts: Mapping[WorldFile, Path],
    plans: Sequence[WorldPlan],
    order: Order,
    *,
    site: Site = ONE,
    overwrite: bool = False,
    done: Callable[[Made], None] = lambda _made: None,
) -> int:
    """The stages `task` and `verifier`: make worlds, prove them, and write some of their rows.

    Args:
        parts: Which files to write, and where.
        plans: Of which worlds.
        order: How many tasks each has, and how hard.
        site: Where worlds are made, and how many at a time.
        overwrite: Whether files that are there may be replaced.
        done: Told of each world.

    Returns:
        How many tasks were proven.

    Raises:
        UsageError: A file is there already, the plans are of several orders, or another run is at
            it.
        WorldFileError: A file cannot be written.
        InfrastructureError: A world could not be made, or there is no room.
    """
    _check_numbers(plans)
    folder = next(iter(parts.values())).parent
    with held(folder):
        shelf = Shelf(folder, order)
        shelf.sweep()
        placing = {
            "files": [output.name for output in parts.values()],
            "scenarios": [normalise(plan.title) for plan in plans],
        }
        check_outputs([*parts.values()], shelf, placing, overwrite=overwrite)
        left = map(scenario_row, unfinished(plans, shelf))
        async with workshops(site, order, folder, most=len(plans)) as opened:
            shelf.open(overwrite=overwrite)  # not before it is known that there are any
            await opened.make_all(left, done)
        _put_in_place(parts, plans, shelf, placing)
        tasks = [shelf.lines(plan.index)[1]["tasks"] for plan in plans]
        shelf.clear()
        return int(sum(tasks))


def _put_in_place(
    parts: Mapping[WorldFile, Path], plans: Sequence[WorldPlan], shelf: Shelf, placing: JsonObject
) -> None:
    """First all is written on the shelf, where it goes with it if the run is killed."""
    for part, output in parts.items():
        write_lines(shelf.draft / output.name, _shelved(shelf, plans, part))
    with writing_to(shelf.path.parent):
        shelf.place(placing)
        for output in parts.values():
            (shelf.draft / output.name).replace(output)


def _shelved(shelf: Shelf, plans: Sequence[WorldPlan], part: WorldFile) -> Iterator[bytes]:
    for plan in plans:
        yield from shelf.lines(plan.index)[0].get(part, ())


def _check_numbers(plans: Sequence[WorldPlan]) -> None:
    """Worlds wait on the shelf by their numbers, of which each is there once in an order."""
    seeds = {plan.seed for plan in plans}
    if len(seeds) > 1 or len({plan.index for plan in plans}) < len(plans):
        raise UsageError(
            "The scenarios are not all of one order: their numbers or seeds do not go together.",
            "Keep the scenarios of each `awm gen scenario` in a folder of their own.",
        )
