"""The stages one by one: each reads the scenarios and writes the rows of its own file.

The builtin author makes a world from its plan, which the scenario's row carries, so a stage needs
nothing else. The stages of tasks and verifiers prove what they write, as `generate` does.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from awm.errors import UsageError, WorldFileError
from awm.synthesis.catalogue import Catalogue
from awm.synthesis.generating import make_all, unfinished
from awm.synthesis.manuscript import Manuscript, scenario_row
from awm.synthesis.order import Order
from awm.synthesis.planning import Planner, WorldPlan
from awm.synthesis.shelf import Shelf, writing_to
from awm.synthesis.workshop import Made
from awm.types import JsonObject
from awm.whole import write_whole
from awm.worlds import WorldFile
from awm.worlds.names import normalise

__all__ = [
    "PARTS",
    "PROVEN",
    "Stage",
    "prove_stage",
    "read_plans",
    "tasks_ordered",
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


def read_plans(path: Path, names: Sequence[str] = ()) -> list[WorldPlan]:
    """The plans of the scenarios in a file, or of those in the `gen_scenario.jsonl` beside it.

    Args:
        path: A file of scenarios, or the output of a later stage that lies beside it.
        names: Only these scenarios; all if empty.

    Raises:
        WorldFileError: It cannot be read.
        UsageError: A scenario was planned by somebody else, or is not there, or there is none.
    """
    beside = WorldFile.SCENARIO.value  # of an enum's member Python 3.11 makes no name of a file
    source = path if path.name == beside else path.with_name(beside)
    if path != source and _is_scenarios(path):
        source = path
    plans = [WorldPlan.from_row(row) for row in _rows(source)]
    if not plans:
        raise UsageError(f"{source} holds no scenario.", "Begin with `awm gen scenario`.")
    wanted = {normalise(name) for name in names}
    missing = wanted - {normalise(plan.title) for plan in plans}
    if missing:
        raise UsageError(
            f"{source} has no scenario {', '.join(sorted(missing))}.",
            "`awm worlds list` shows names; they match whatever their case.",
        )
    return [plan for plan in plans if not wanted or normalise(plan.title) in wanted]


def write_plans(order: Order, output: Path, *, overwrite: bool = False) -> int:
    """The stage `scenario`: plan worlds and write their rows.

    Returns:
        How many there are.

    Raises:
        UsageError: The order cannot be met, or the file is there already.
    """
    _check_output(output, overwrite=overwrite)
    plans = Planner(order.seed, selection=order.selection).plans(order.count)
    return _write(output, (scenario_row(plan) for plan in plans))


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
        UsageError: The file is there already.
    """
    _check_output(output, overwrite=overwrite)
    catalogue = Catalogue()

    def rows() -> Iterator[JsonObject]:
        for plan in plans:
            yield _ROWS[stage](Manuscript(plan, catalogue))
            done(plan.title)

    return _write(output, rows())


async def prove_stage(
    parts: Mapping[WorldFile, Path],
    plans: Sequence[WorldPlan],
    order: Order,
    *,
    jobs: int = 1,
    overwrite: bool = False,
    allow_weak: bool = False,
    done: Callable[[Made], None] = lambda _made: None,
) -> int:
    """The stages `task` and `verifier`: make worlds, prove them, and write some of their rows.

    Args:
        parts: Which files to write, and where.
        plans: Of which worlds.
        order: How many tasks each has, and how hard.
        jobs: How many processes make worlds.
        overwrite: Whether files that are there may be replaced.
        allow_weak: Whether to run where code cannot be jailed.
        done: Told of each world.

    Returns:
        How many tasks were proven.

    Raises:
        UsageError: A file is there already, or the plans are of several orders.
        WorldFileError: A file cannot be written.
        InfrastructureError: A world could not be made.
    """
    for output in parts.values():
        _check_output(output, overwrite=overwrite)
    _check_numbers(plans)
    folder = next(iter(parts.values())).parent
    shelf = Shelf(folder, order)
    shelf.open(overwrite=overwrite)
    left = unfinished(plans, shelf)
    jobs = min(jobs, len(plans))
    await make_all(left, order, folder, jobs, allow_weak=allow_weak, done=done)
    for part, output in parts.items():
        _write_lines(output, _shelved(shelf, plans, part))
    tasks = [shelf.lines(plan.index)[1]["tasks"] for plan in plans]
    shelf.clear()
    return int(sum(tasks))


def tasks_ordered(path: Path, plans: Sequence[WorldPlan]) -> Order:
    """The order that the tasks in a file were written to: how many, how hard, of which state.

    Args:
        path: The file.
        plans: Of the worlds that are wanted.

    Raises:
        WorldFileError: It cannot be read.
        UsageError: Somebody else wrote it.
    """
    for row in _rows(path):
        try:
            written = row["builtin"]
            return Order(
                len(plans),
                plans[0].seed,
                written["tasks"],
                tuple(written["levels"]),
                state=written["state"],
            )
        except (KeyError, TypeError):
            break
    raise UsageError(f"{path} holds no tasks of the builtin author.", "Begin with `awm gen task`.")


def _shelved(shelf: Shelf, plans: Sequence[WorldPlan], part: WorldFile) -> Iterator[bytes]:
    for plan in plans:
        yield from shelf.lines(plan.index)[0].get(part, ())


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise WorldFileError(
            "", f"{path} cannot be read: {why}.", "Begin with `awm gen scenario`."
        ) from error
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise WorldFileError("", f"line {number} of {path} is no JSON: {error}.") from error
        if not isinstance(row, dict):
            raise WorldFileError("", f"line {number} of {path} is no object.")
        yield row


def _is_scenarios(path: Path) -> bool:
    first = next(_rows(path), None) if path.exists() else None
    # Rows of tasks say `builtin` too, and `scenario` where those of scenarios say `name`.
    return first is not None and "name" in first and "builtin" in first


def _check_numbers(plans: Sequence[WorldPlan]) -> None:
    """Worlds wait on the shelf by their numbers, of which each is there once in an order."""
    seeds = {plan.seed for plan in plans}
    if len(seeds) > 1 or len({plan.index for plan in plans}) < len(plans):
        raise UsageError(
            "The scenarios are not all of one order: their numbers or seeds do not go together.",
            "Keep the scenarios of each `awm gen scenario` in a folder of their own.",
        )


def _check_output(output: Path, *, overwrite: bool) -> None:
    if output.is_dir():
        raise UsageError(f"{output} is a folder.", "Name a file in it.")
    if output.exists() and not overwrite:
        raise UsageError(f"{output} is there already.", "Give another --output, or --overwrite.")


def _write(output: Path, rows: Iterable[JsonObject]) -> int:
    return _write_lines(output, (json.dumps(row, ensure_ascii=False).encode() for row in rows))


def _write_lines(output: Path, lines: Iterable[bytes]) -> int:
    written = list(lines)
    with writing_to(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        write_whole(output, b"".join(line + b"\n" for line in written))
    return len(written)
