"""What `awm gen` does with a language model: sets it up, lets it write, and tells how it went."""

import hashlib
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.text import Text

from awm.cli.asking import Asking
from awm.cli.authoring_view import show_report, show_stopped, watching
from awm.cli.console import counted, print_json, stderr
from awm.cli.context import new_runtime
from awm.cli.gen_options import Form, Mode, Size
from awm.cli.generation import Run, tell_written
from awm.cli.journals import JOURNAL, journal_in
from awm.cli.report_file import check_report_file, write_report
from awm.cli.signals import StoppedError
from awm.cli.signals import run as run_to_end
from awm.errors import AwmError, UsageError
from awm.runtime.chosen import pool_from_settings
from awm.settings import Settings
from awm.synthesis.llm_author.authoring import Authored, Workplace, author
from awm.synthesis.llm_author.blueprint import LARGE, SMALL, BlueprintStage
from awm.synthesis.llm_author.blueprint.saving import check_place, save
from awm.synthesis.llm_author.commission import Commission
from awm.synthesis.llm_author.finishing import BlueprintFinisher, CodeFinisher
from awm.synthesis.llm_author.office import (
    CODE_STAGES,
    check_models,
    inventing,
    models_in,
    seated,
)
from awm.synthesis.llm_author.report_html import report_html
from awm.synthesis.llm_author.scenarios.seeds import Seeds, read_seeds
from awm.synthesis.llm_author.scenarios.wish import Wish
from awm.synthesis.llm_author.stage import Bench
from awm.synthesis.order import Order
from awm.synthesis.outputs import check_sources, write_rows, writing
from awm.synthesis.plan import WorldPlan
from awm.synthesis.sites import Site, workshops
from awm.synthesis.sources import rows_in
from awm.worlds import WorldFile
from awm.worlds.holding import held

__all__ = [
    "Wanted",
    "make",
    "think_of",
]

_COUNT: Final = 1000
_UNDER_WAY: Final = 16
_SIZES: Final = {Size.SMALL.value: SMALL, Size.LARGE.value: LARGE}


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


def make(
    asking: Asking, wanted: Wanted, folder: Path, *, run: Run, page: Path | None = None
) -> None:
    """Have a model write worlds to a folder, and if asked to a page about how it went."""
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
    if page is not None and (folder.exists() or page.parent != folder):
        check_report_file("--html", page)  # the folder of the worlds is made when it is needed
    if wanted.save_to is not None:
        check_place(wanted.save_to)
    done = _made(chosen, commission, wish, seeds, folder, run, page)
    if wanted.save_to is not None:
        _save_blueprints(folder, wanted.save_to)
    if run.as_json:
        print_json({"folder": str(folder), "seconds": done.seconds, **done.report.as_json()})
    else:
        show_report(done, folder, page)


def _made(
    chosen: Settings,
    commission: Commission,
    wish: Wish,
    seeds: Seeds,
    folder: Path,
    run: Run,
    page: Path | None,
) -> Authored:
    """Have worlds made, and what that came to written down; also where it ends early."""
    told: list[Authored] = []
    try:
        done = run_to_end(_make(chosen, commission, wish, seeds, folder, run, told.append))
    except (AwmError, StoppedError) as error:
        if isinstance(error, StoppedError):
            show_stopped(told[-1] if told else None, folder)
        if told and page is not None:
            _write_page(told[-1], folder, page)
        raise
    if done.log_problem is not None:
        stderr().print(Text(str(done.log_problem)))
    if page is not None:
        write_report(page, report_html(done.report, done.seconds, str(folder)))
    return done


def _write_page(done: Authored, folder: Path, page: Path) -> None:
    """Write the page of a run that ended early; what ended it is what has to be told."""
    with suppress(AwmError):
        write_report(page, report_html(done.report, done.seconds, str(folder), whole=False))
        stderr().print(Text(f"The page is in {page}"), soft_wrap=True)


async def _make(
    chosen: Settings,
    commission: Commission,
    wish: Wish,
    seeds: Seeds,
    folder: Path,
    run: Run,
    report_to: Callable[[Authored], None],
) -> Authored:
    choices = commission.choices
    await check_models(chosen)
    async with AsyncExitStack() as stack:
        stack.enter_context(held(folder, f".{JOURNAL}.lock"))
        journal = stack.enter_context(journal_in(folder, chosen))
        desk = await stack.enter_async_context(seated(chosen, journal))
        inventor, rows = await stack.enter_async_context(inventing(chosen, desk, wish, seeds))
        runtime = await stack.enter_async_context(new_runtime(chosen, ray=run.ray))
        pool = await stack.enter_async_context(pool_from_settings(chosen))
        bench = Bench(desk, runtime, pool, choices)
        if commission.form == "blueprint":
            order = Order(commission.count, choices.seed, choices.tasks)
            site = Site(run.jobs, chosen.allow_weak_isolation, run.ray)
            opened = await stack.enter_async_context(
                workshops(site, order, folder, signed=commission)
            )
            place = Workplace(
                (BlueprintStage(_SIZES[commission.size]),),
                bench,
                lambda _shelf: BlueprintFinisher(opened),
                journal.spent,
                _UNDER_WAY,
            )
        else:
            place = Workplace(
                CODE_STAGES,
                bench,
                lambda shelf: CodeFinisher(shelf, runtime.examiner),
                journal.spent,
                _UNDER_WAY,
            )
        stages = tuple(each.name for each in place.stages)
        with watching(commission.count, stages, journal.spent) as tell:
            done = await author(
                commission,
                folder,
                rows,
                place,
                overwrite=run.overwrite,
                tell=tell,
                report_to=report_to,
            )
        for problem in inventor.invention.problems:
            stderr().print(Text(str(problem)))
        return done


def _save_blueprints(folder: Path, target: Path) -> None:
    """Save the blueprints of the worlds in a folder as domains."""
    for row in rows_in(folder / WorldFile.SCENARIO.value):
        form = WorldPlan.from_row(row).recipe.form
        if form is None:
            continue
        saved = save(form, target)
        if saved.renamed:
            text = f"{target} has another {form.domain}: this one is saved as {saved.path}."
            stderr().print(Text(text), soft_wrap=True)


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
        journal = stack.enter_context(journal_in(output.parent, chosen))
        desk = await stack.enter_async_context(seated(chosen, journal))
        inventor, rows = await stack.enter_async_context(inventing(chosen, desk, wish, seeds))
        count = write_rows(output, [row async for row in rows])
        for problem in inventor.invention.problems:
            stderr().print(Text(str(problem)))
        return count


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
