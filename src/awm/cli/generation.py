"""What `awm gen` does: plans worlds, has them made and proven, and tells how it went."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.text import Text

from awm.cli.console import (
    Advance,
    counted,
    new_table,
    print_json,
    progress,
    shorten,
    stderr,
    stdout,
)
from awm.cli.gen_options import Size
from awm.cli.signals import run as run_to_end
from awm.settings import load_settings
from awm.synthesis.catalogue import Catalogue
from awm.synthesis.generating import Generated, generate
from awm.synthesis.manuscript import Manuscript
from awm.synthesis.order import Order, levels_from
from awm.synthesis.outputs import check_databases, check_sources
from awm.synthesis.plan import WorldPlan
from awm.synthesis.planning import Selection, WorldSize
from awm.synthesis.sites import Site
from awm.synthesis.sources import read_plans, scenarios_of, tasks_ordered
from awm.synthesis.staging import PARTS, prove_stage, write_plans, write_stage
from awm.synthesis.workshop import Made
from awm.whole import write_whole
from awm.worlds import World, WorldFile
from awm.worlds.database import build_database
from awm.worlds.holding import writing_to
from awm.worlds.names import database_name

__all__ = [
    "Run",
    "make",
    "order_of",
    "plan",
    "selection_of",
    "stage",
    "tasks",
    "tell_written",
    "verifiers",
]


@dataclass(frozen=True, slots=True)
class Run:
    """How a command is run.

    Attributes:
        jobs: How many worlds at a time; None for one for each core.
        overwrite: Whether files that are there may be replaced.
        as_json: Whether to print one JSON document and nothing else.
        allow_weak_isolation: Whether to run where code cannot be jailed; None if nobody said so.
        ray: The address of the Ray cluster that makes them; None for this machine.
    """

    jobs: int | None
    overwrite: bool
    as_json: bool
    allow_weak_isolation: bool | None
    ray: str | None = None


def order_of(count: int, seed: int, tasks: int, difficulty: str, selection: Selection) -> Order:
    """The order that the options spell.

    Raises:
        UsageError: An option makes no sense.
    """
    return Order(count, seed, tasks, levels_from(difficulty), selection)


def selection_of(
    domains: Sequence[str] | None,
    categories: Sequence[str] | None,
    per_category: int,
    more_domains: Path | None,
    size: Size | None,
) -> Selection:
    """From what worlds are chosen, as the options spell it."""
    chosen: WorldSize = "small" if size is Size.SMALL else "large"
    return Selection(_once(domains), _once(categories), per_category, more_domains, chosen)


def _once(names: Sequence[str] | None) -> tuple[str, ...]:
    """What was said twice is no other order."""
    return tuple(dict.fromkeys(names or ()))


def make(order: Order, folder: Path, *, run: Run) -> None:
    """Make worlds and write them to a folder."""
    chosen = load_settings(allow_weak_isolation=run.allow_weak_isolation)
    with progress("Making worlds", order.count) as advance:
        found = run_to_end(
            generate(
                order,
                folder,
                site=Site(run.jobs, chosen.allow_weak_isolation, run.ray),
                overwrite=run.overwrite,
                kept=advance,
                done=_Noted(advance),
            )
        )
    if run.as_json:
        print_json({"folder": str(folder), "seed": order.seed, **asdict(found)})
    else:
        _show(found, folder)


def plan(order: Order, output: Path, *, overwrite: bool, as_json: bool) -> None:
    """Plan worlds."""
    count = write_plans(order, output, overwrite=overwrite)
    tell_written(counted(count, "scenario"), output, as_json=as_json)


def tasks(
    source: Path,
    output: Path,
    *,
    num_tasks: int,
    difficulty: str,
    names: Sequence[str],
    run: Run,
) -> None:
    """Write tasks and their oracles."""
    plans = read_plans(source, names)
    order = Order(len(plans), plans[0].seed, num_tasks, levels_from(difficulty))
    parts = {PARTS["task"]: output, PARTS["oracle"]: output.parent / PARTS["oracle"].value}
    check_sources([*parts.values()], [source, scenarios_of(source)])
    _prove(parts, plans, order, output, run)


def verifiers(
    source: Path,
    output: Path | None,
    *,
    mode: str,
    names: Sequence[str],
    run: Run,
) -> None:
    """Write the verifiers of one mode."""
    plans = read_plans(source, names)
    order = tasks_ordered(source, plans)
    target = output or source.parent / PARTS[mode].value
    parts = {PARTS[mode]: target}
    check_sources([target], [source, scenarios_of(source)])
    _prove(parts, plans, order, target, run)


def stage(
    name: str,
    source: Path,
    output: Path,
    *,
    names: Sequence[str],
    database_dir: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write the rows of a stage that only needs the plans."""
    plans = read_plans(source, names)
    check_sources([output], [source, scenarios_of(source)])
    if database_dir is not None:
        check_databases(database_dir, [each.title for each in plans], overwrite=overwrite)
    with progress(f"Writing {output.name}", len(plans)) as advance:
        count = write_stage(name, plans, output, overwrite=overwrite, done=advance)
    if database_dir is not None:
        _build_databases(plans, database_dir)
    tell_written(counted(count, "world"), output, as_json=as_json)


def _prove(
    parts: dict[WorldFile, Path], plans: list[WorldPlan], order: Order, output: Path, run: Run
) -> None:
    chosen = load_settings(allow_weak_isolation=run.allow_weak_isolation)
    with progress("Proving tasks", len(plans)) as advance:
        count = run_to_end(
            prove_stage(
                parts,
                plans,
                order,
                site=Site(run.jobs, chosen.allow_weak_isolation, run.ray),
                overwrite=run.overwrite,
                done=_Noted(advance),
            )
        )
    tell_written(counted(count, "proven task"), output, as_json=run.as_json)


def _build_databases(plans: Sequence[WorldPlan], folder: Path) -> None:
    catalogue = Catalogue()
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for each in plans:
            world = World.from_records(Manuscript(each, catalogue).records)
            image = build_database(world.recipe()).image
            write_whole(folder / database_name(world.name), image)


class _Noted:
    """Moves the bar along, and says what was left out."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance

    def __call__(self, made: Made) -> None:
        self._advance(made.title)
        for reason in made.dropped:
            stderr().print(Text(shorten(f"{made.title}: left out, {reason}", 240)))


def _show(found: Generated, folder: Path) -> None:
    table = new_table("Worlds", "Tasks, all proven", "Left out", "Seconds", right=("Seconds",))
    table.add_row(
        f"{found.worlds:,}", f"{found.tasks:,}", f"{found.dropped:,}", f"{found.seconds:,.1f}"
    )
    stdout().print(table)
    for title in found.short:
        stdout().print(Text(f"{title} has fewer tasks than were ordered."))
    stdout().print(
        Text(f"Written to {folder}. Next: awm worlds stats {folder}, awm audit {folder}")
    )


def tell_written(what: str, output: Path, *, as_json: bool) -> None:
    """Say what was written, and where to."""
    if as_json:
        print_json({"output": str(output), "written": what})
    else:
        stdout().print(Text(f"{what} written to {output}"))
