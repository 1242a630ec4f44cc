"""What `awm gen` does with a language model: sets it up, lets it write, and tells how it went."""

import hashlib
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.text import Text

from awm.cli.authoring_view import show_report, watching
from awm.cli.console import counted, print_json, stderr
from awm.cli.context import new_pool, new_runtime, settings
from awm.cli.gen_options import Form, Mode, Size
from awm.cli.generation import Run, tell_written
from awm.cli.signals import run as run_to_end
from awm.errors import UsageError
from awm.llm import Budget, Journal
from awm.settings import Settings
from awm.synthesis.holding import held
from awm.synthesis.llm_author.authoring import Authored, Workplace, author
from awm.synthesis.llm_author.blueprint import LARGE, SMALL, BlueprintStage
from awm.synthesis.llm_author.blueprint.saving import save
from awm.synthesis.llm_author.commission import Commission
from awm.synthesis.llm_author.events import Listener
from awm.synthesis.llm_author.finishing import BlueprintFinisher, CodeFinisher
from awm.synthesis.llm_author.office import (
    CODE_STAGES,
    JOURNAL,
    check_models,
    inventing,
    models_in,
    seated,
)
from awm.synthesis.llm_author.scenarios.seeds import Seeds, read_seeds
from awm.synthesis.llm_author.scenarios.wish import Wish
from awm.synthesis.llm_author.stage import Bench, Choices
from awm.synthesis.llm_author.staged import Staged, drafts_in, write_part
from awm.synthesis.order import Order
from awm.synthesis.outputs import check_sources, write_rows, writing
from awm.synthesis.plan import WorldPlan
from awm.synthesis.sources import rows_in
from awm.synthesis.staging import PARTS
from awm.worlds import WorldFile

__all__ = [
    "Asking",
    "Part",
    "Wanted",
    "make",
    "stage",
    "think_of",
]

_COUNT: Final = 1000
_RETRIES: Final = 4
_UNDER_WAY: Final = 16
_SIZES: Final = {Size.SMALL.value: SMALL, Size.LARGE.value: LARGE}


@dataclass(frozen=True, slots=True)
class Asking:
    """How a model is asked; None where nobody said anything.

    Attributes:
        model: Which.
        stage_models: Which others some stages ask.
        max_retry: How often it may mend what it wrote.
        temperature: How much its answers vary.
        max_tokens: How long they may be.
        budget: How much may be spent, in USD.
        concurrency: How many questions are under way at a time.
        seed: Of everything that is drawn.
    """

    model: str | None = None
    stage_models: str | None = None
    max_retry: int | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    budget: float | None = None
    concurrency: int | None = None
    seed: int = 0

    @property
    def attempts(self) -> int:
        """How often a stage may ask until what is written is sound."""
        return 1 + (_RETRIES if self.max_retry is None else self.max_retry)

    def settings(self, run: Run) -> Settings:
        """The settings, with what the command line says."""
        return settings(
            llm_model=self.model,
            llm_stage_models=self.stage_models,
            llm_budget_usd=self.budget,
            llm_concurrency=self.concurrency,
            allow_weak_isolation=run.allow_weak_isolation,
        )

    def choices(self, **more: Any) -> Choices:
        """What stages are told."""
        asked = {"temperature": self.temperature, "max_tokens": self.max_tokens}
        given = {name: value for name, value in {**asked, **more}.items() if value is not None}
        return Choices(attempts=self.attempts, seed=self.seed, **given)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What worlds are wanted; None where nobody said anything.

    Attributes:
        count: How many scenarios, seeds included.
        seeds: The file of the seeds.
        tasks: How many tasks each has.
        form: What the model writes.
        size: How much of a blueprint it is asked for.
        save_to: Where blueprints are saved as domains.
        mode: Which verifiers it writes.
        proof: Whether tasks are proven.
        tries: How often an agent may try each.
        per_category: How many scenarios of a category there are at most.
        classify_only: Only classify the seeds.
        skip_classification: Take the seeds as they are.
    """

    count: int | None = None
    seeds: Path | None = None
    tasks: int = 10
    form: Form | None = None
    size: Size | None = None
    save_to: Path | None = None
    mode: Mode | None = None
    proof: bool | None = None
    tries: int | None = None
    per_category: int = 80
    classify_only: bool = False
    skip_classification: bool = False

    def wish(self, asking: Asking) -> Wish:
        """How scenarios are to be found."""
        given = {"temperature": asking.temperature, "max_tokens": asking.max_tokens}
        return Wish(
            target_count=self.count or _COUNT,
            max_per_category=self.per_category,
            classify_only=self.classify_only,
            skip_classification=self.skip_classification,
            attempts=asking.attempts,
            seed=asking.seed,
            **{name: value for name, value in given.items() if value is not None},  # type: ignore[arg-type]
        )


@dataclass(frozen=True, slots=True)
class Part:
    """Of which scenarios a stage writes, and what.

    Attributes:
        names: Only these scenarios; all if empty.
        limit: Only so many.
        tasks: How many tasks each has.
        mode: Of the verifiers.
        database_dir: Where databases are built, if they are.
    """

    names: tuple[str, ...] = ()
    limit: int | None = None
    tasks: int = 10
    mode: Mode | None = None
    database_dir: Path | None = None


def make(asking: Asking, wanted: Wanted, folder: Path, *, run: Run) -> None:
    """Have a model write worlds to a folder."""
    chosen = asking.settings(run)
    wish = wanted.wish(asking)
    form = wanted.form or Form.CODE
    if form == Form.CODE and (wanted.size or wanted.save_to):
        raise UsageError(
            "--size and --save_blueprints are about blueprints.", "Add --form blueprint."
        )
    size = (wanted.size or Size.SMALL).value if form == Form.BLUEPRINT else ""
    choices = asking.choices(
        tasks=wanted.tasks,
        modes=None if wanted.mode is None else (wanted.mode.value,),
        proof=wanted.proof,
        tries=wanted.tries,
    )
    seeds = _seeds(wanted.seeds)
    commission = Commission(
        wish.target_count, models_in(chosen), form.value, choices, _digest(wanted.seeds, wish), size
    )
    done = run_to_end(_make(chosen, commission, wish, seeds, folder, run))
    if wanted.save_to is not None:
        _save_blueprints(folder, wanted.save_to)
    if run.as_json:
        print_json({"folder": str(folder), "seconds": done.seconds, **done.report.as_json()})
    else:
        show_report(done.report, done.seconds, str(folder))


async def _make(
    chosen: Settings, commission: Commission, wish: Wish, seeds: Seeds, folder: Path, run: Run
) -> Authored:
    choices = commission.choices
    await check_models(chosen)
    async with AsyncExitStack() as stack:
        stack.enter_context(held(folder, f".{JOURNAL}.lock"))
        journal = stack.enter_context(Journal(folder / JOURNAL, Budget(chosen.llm_budget_usd)))
        desk = await stack.enter_async_context(seated(chosen, journal))
        inventor, rows = await stack.enter_async_context(inventing(chosen, desk, wish, seeds))
        runtime = await stack.enter_async_context(new_runtime(chosen))
        pool = await stack.enter_async_context(new_pool(chosen))
        bench = Bench(desk, runtime, pool, choices)
        if commission.form == "blueprint":
            order = Order(commission.count, choices.seed, choices.tasks)
            finisher = await stack.enter_async_context(
                BlueprintFinisher(
                    order,
                    folder,
                    commission,
                    jobs=run.processes,
                    allow_weak=chosen.allow_weak_isolation,
                )
            )
            place = Workplace(
                (BlueprintStage(_SIZES[commission.size]),),
                bench,
                lambda _shelf: finisher,
                desk.expenses,
                _UNDER_WAY,
            )
        else:
            place = Workplace(
                CODE_STAGES,
                bench,
                lambda shelf: CodeFinisher(shelf, runtime.examiner),
                desk.expenses,
                _UNDER_WAY,
            )
        stages = tuple(each.name for each in place.stages)
        with watching(commission.count, stages, desk.expenses) as tell:
            done = await author(commission, folder, rows, place, overwrite=run.overwrite, tell=tell)
        for problem in inventor.invention.problems:
            stderr().print(Text(str(problem)))
        return done


def _save_blueprints(folder: Path, target: Path) -> None:
    """Save the blueprints of the worlds in a folder as domains."""
    for row in rows_in(folder / WorldFile.SCENARIO.value):
        form = WorldPlan.from_row(row).recipe.form
        if form is not None:
            save(form, target)


def think_of(
    asking: Asking, wanted: Wanted, output: Path, *, overwrite: bool, as_json: bool
) -> None:
    """Have a model think of scenarios."""
    run = Run(None, overwrite, as_json, None)
    chosen, wish, seeds = asking.settings(run), wanted.wish(asking), _seeds(wanted.seeds)
    check_sources([output], [] if wanted.seeds is None else [wanted.seeds])
    count = run_to_end(_think_of(chosen, wish, seeds, output, overwrite=overwrite))
    tell_written(counted(count, "scenario"), output, as_json=as_json)


async def _think_of(
    chosen: Settings, wish: Wish, seeds: Seeds, output: Path, *, overwrite: bool
) -> int:
    await check_models(chosen)
    async with AsyncExitStack() as stack:
        stack.enter_context(writing(output, overwrite=overwrite))
        journal = stack.enter_context(
            Journal(output.parent / JOURNAL, Budget(chosen.llm_budget_usd))
        )
        desk = await stack.enter_async_context(seated(chosen, journal))
        inventor, rows = await stack.enter_async_context(inventing(chosen, desk, wish, seeds))
        count = write_rows(output, [row async for row in rows])
        for problem in inventor.invention.problems:
            stderr().print(Text(str(problem)))
        return count


def stage(
    name: str,
    sources: Mapping[str, Path],
    output: Path | None,
    asking: Asking,
    part: Part,
    *,
    run: Run,
) -> None:
    """Have a model write one stage of all scenarios."""
    chosen = asking.settings(run)
    key = (part.mode or Mode.CODE).value if name == "verifier" else name
    written = PARTS[key]
    read = _sources(name, sources)
    target = output or next(iter(read.values())).parent / written.value
    choices = asking.choices(
        tasks=part.tasks, modes=None if part.mode is None else (part.mode.value,)
    )
    found = run_to_end(_stage(chosen, name, choices, read, {written: target}, part, run))
    for title, why in found.lost:
        stderr().print(Text(f"{title}: left out, {why}"))
    tell_written(counted(found.rows, "row"), target, as_json=run.as_json)


async def _stage(
    chosen: Settings,
    name: str,
    choices: Choices,
    sources: Mapping[WorldFile, Path],
    outputs: Mapping[WorldFile, Path],
    part: Part,
    run: Run,
) -> Staged:
    drafts = drafts_in(sources, part.names, part.limit)
    worker = next(each for each in CODE_STAGES if each.name == name)
    folder = next(iter(outputs.values())).parent
    await check_models(chosen)
    async with AsyncExitStack() as stack:
        folder.mkdir(parents=True, exist_ok=True)
        journal = stack.enter_context(Journal(folder / JOURNAL, Budget(chosen.llm_budget_usd)))
        desk = await stack.enter_async_context(seated(chosen, journal))
        runtime = await stack.enter_async_context(new_runtime(chosen))
        pool = await stack.enter_async_context(new_pool(chosen))
        tell: Listener
        with watching(len(drafts), (worker.name,), desk.expenses) as tell:
            return await write_part(
                worker,
                drafts,
                Bench(desk, runtime, pool, choices),
                outputs,
                sources=tuple(sources.values()),
                overwrite=run.overwrite,
                tell=tell,
            )


_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "task": ("scenario",),
    "db": ("task",),
    "sample": ("task", "db"),
    "spec": ("task", "db"),
    "env": ("spec", "db", "task", "sample"),
    "verifier": ("task", "db", "sample", "spec", "env"),
}
"""Of which stages a stage reads the files; that of the first says which scenarios there are."""


def _sources(name: str, given: Mapping[str, Path]) -> dict[WorldFile, Path]:
    """The files that a stage reads: those that were named, and the others beside the first."""
    needs = _NEEDS[name]
    named = {needs[0] if key == "input" else key: path for key, path in given.items()}
    if not named:
        raise UsageError(
            f"nobody says what the stage {name} reads.",
            f"Give {' and '.join(f'--input_{each}' for each in needs[:2])}.",
        )
    folder = next(iter(named.values())).parent
    return {PARTS[each]: named.get(each, folder / PARTS[each].value) for each in needs}


def _seeds(path: Path | None) -> Seeds:
    seeds = read_seeds(path)
    for problem in seeds.problems:
        stderr().print(Text(str(problem)))
    return seeds


def _digest(path: Path | None, wish: Wish) -> str:
    """What scenarios depend on but the model: the seeds, and how others are told from them."""
    content = b"" if path is None else path.read_bytes()
    told = f"{wish.max_per_category} {wish.skip_classification} {wish.temperature}".encode()
    return hashlib.blake2b(content + b"\0" + told, digest_size=8).hexdigest()
