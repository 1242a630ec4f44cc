"""What `awm eval FOLDER` does: plays whole sets of tasks, and says what that came to."""

import re
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from rich.text import Text

from awm.cli.acting_options import Choice
from awm.cli.console import counted, print_json, stderr
from awm.cli.context import new_runtime
from awm.cli.evaluation_files import Pages, finished
from awm.cli.evaluation_models import Bench, Judges, check_judges, grading_of, models
from awm.cli.evaluation_tasks import gradable, solvable, tasks_to_try
from awm.cli.evaluation_view import show_files, show_summary, watching
from awm.cli.outcome import EXIT_CHECK_FAILED
from awm.cli.policies import introduced, seated, settings_for
from awm.cli.signals import StoppedError
from awm.cli.signals import run as run_to_end
from awm.errors import AwmError
from awm.llm import name_from_settings
from awm.llm.ledger import Spent
from awm.rollout import Conditions, Grader, GradingMode, Job, Player
from awm.rollout.analysis_tools import keep_tools
from awm.rollout.metrics import Summary
from awm.rollout.order import order_of
from awm.rollout.progress import Surveyor
from awm.rollout.running import evaluate
from awm.rollout.selection import TaskSelection
from awm.rollout.store import EpisodeStore
from awm.runtime import Runtime
from awm.runtime.chosen import pool_from_settings
from awm.settings import Settings
from awm.types import ToolSpec
from awm.worlds import World, open_worlds

__all__ = ["Ordered", "Run", "evaluate_worlds"]

_EVALUATIONS: Final = "evaluations"


@dataclass(frozen=True, slots=True)
class Ordered:
    """What is to be evaluated.

    Attributes:
        source: The folder of the worlds, or `bundled`.
        choice: Who acts.
        selection: At which tasks.
        rollouts: How often at each.
        conditions: Under which conditions.
        mode: Which verifiers grade.
        judges: Which models judge what programs do not decide.
    """

    source: str
    choice: Choice
    selection: TaskSelection
    rollouts: int
    conditions: Conditions
    mode: GradingMode
    judges: Judges


@dataclass(frozen=True, slots=True)
class Run:
    """How the command is run.

    Attributes:
        folder: Of the evaluation; None for one of the policy's name.
        concurrency: How many episodes are under way at a time.
        live_worlds: How many worlds are alive at a time; None for as many as there is room for.
        ray: The address of a Ray cluster that worlds live on; None for this machine.
        retries: How often one is played again that the infrastructure failed in.
        budget: How much may be spent on models, in USD; None for what the environment says.
        overwrite: Whether an evaluation that is there may be replaced.
        pages: Which pages are written.
        as_json: Whether to print one JSON document and nothing else.
        allow_weak_isolation: Whether worlds may run where they cannot be jailed; None for what
            the environment says.
    """

    folder: Path | None
    concurrency: int
    live_worlds: int | None
    ray: str | None
    retries: int
    budget: float | None
    overwrite: bool
    pages: Pages
    as_json: bool
    allow_weak_isolation: bool | None


def evaluate_worlds(ordered: Ordered, run: Run) -> int:
    """Have a policy try tasks, and write what that came to.

    Returns:
        0; 1 where no episode could be scored.

    Raises:
        AwmError: Something is missing or contradicts itself, or the machinery fails. What was
            played until then is kept.
        StoppedError: A signal came; likewise.
    """
    chosen = settings_for(
        ordered.choice,
        llm_concurrency=run.concurrency,
        llm_budget_usd=run.budget,
        allow_weak_isolation=run.allow_weak_isolation,
    )
    worlds = open_worlds(ordered.source)
    needs = [gradable(ordered.mode, judged=ordered.judges.outcomes is not None)]
    if ordered.choice.policy == "oracle":
        needs.append(solvable())
    jobs = tasks_to_try(worlds, ordered.selection, ordered.rollouts, needs)
    folder = run.folder or chosen.output_dir / _EVALUATIONS / _name_for(ordered.choice, chosen)
    run.pages.check(folder)
    evaluation = _Evaluation(ordered, run, chosen, worlds, jobs, folder)
    try:
        done = run_to_end(evaluation.play())
    except (AwmError, StoppedError):
        evaluation.show_stopped()
        raise
    if run.as_json:
        print_json(done.to_json(folder))
    else:
        show_summary(done.summary, done.spent, done.seconds)
        show_files(folder, run.pages.place(folder))
    return 0 if done.summary.whole.scored else EXIT_CHECK_FAILED


@dataclass(frozen=True, slots=True)
class _Done:
    """What an evaluation came to.

    Attributes:
        summary: What that is.
        spent: What models took, over all runs in the folder.
        seconds: How long was played in this run.
    """

    summary: Summary
    spent: Spent
    seconds: float

    def to_json(self, folder: Path) -> dict[str, Any]:
        """All of it, with where the evaluation is."""
        return {
            "folder": str(folder),
            "seconds": self.seconds,
            "tokens": self.spent.tokens,
            "usd": None if self.spent.unpriced else self.spent.usd,
            **self.summary.to_json(),
        }


class _Evaluation:
    """An evaluation while it is played."""

    def __init__(
        self,
        ordered: Ordered,
        run: Run,
        chosen: Settings,
        worlds: Mapping[str, World],
        jobs: tuple[Job, ...],
        folder: Path,
    ) -> None:
        self._ordered = ordered
        self._run = run
        self._chosen = chosen
        self._worlds = worlds
        self._jobs = jobs
        self._folder = folder
        self._kept: int | None = None
        self._tools: Mapping[str, Sequence[ToolSpec]] = {}

    async def play(self) -> _Done:
        """Play what is left to be played, and write what it all came to."""
        order, ordered = await self._order(), self._ordered
        async with AsyncExitStack() as stack:
            opened = EpisodeStore.open(self._folder, order, overwrite=self._run.overwrite)
            store = stack.enter_context(opened)
            bench = await stack.enter_async_context(
                models(ordered.judges, self._chosen, self._folder, one_acts=ordered.choice.is_model)
            )
            runtime = await stack.enter_async_context(new_runtime(self._chosen, ray=self._run.ray))
            try:
                seconds = await self._play(store, bench, runtime)
            finally:
                self._kept = len(store.done)
            await keep_tools(self._folder, order, self._tools, self._worlds, runtime)
            # In the runtime in which the worlds are warm; and whether or not there is a page, as
            # that may be of another evaluation, or of this one when less of it was played.
            page = self._run.pages.place(self._folder)
            weighing = bench.weighing(self._run.concurrency)
            summary = await finished(self._folder, self._worlds, runtime, page, weighing)
            return _Done(summary, bench.spent(), seconds)

    async def _order(self) -> dict[str, Any]:
        """What is ordered, once it is certain that the policy can act and judges be asked."""
        ordered = self._ordered
        await check_judges(self._chosen, ordered.judges.names)
        names = dict.fromkeys(job.world for job in self._jobs)
        return order_of(
            self._worlds,
            self._jobs,
            policy=await introduced(ordered.choice, self._chosen, self._worlds, names),
            conditions=ordered.conditions,
            selection=ordered.selection,
            grading=grading_of(ordered.mode, ordered.judges, self._chosen),
        )

    async def _play(self, store: EpisodeStore, bench: Bench, runtime: Runtime) -> float:
        """Play what is left; how long that took, in seconds."""
        if len(store.done) == len(self._jobs):
            store.finish()
            return 0.0
        ordered, chosen, began = self._ordered, self._chosen, perf_counter()
        async with (
            seated(ordered.choice, chosen, self._worlds, gate=bench.gate, wrap=bench.agent) as seat,
            pool_from_settings(chosen) as pool,
        ):
            # Of chance nobody asks how far it came, and it would take longer than all the rest.
            surveyor = None if ordered.choice.policy == "random" else Surveyor(runtime)
            grader = Grader(pool, bench.judge, ordered.mode)
            player = Player(runtime, grader, ordered.conditions, surveyor)
            with watching(len(self._jobs), store.done.values(), bench.spent) as watcher:
                await evaluate(
                    player,
                    self._worlds,
                    self._jobs,
                    seat.policy,
                    store,
                    concurrency=self._run.concurrency,
                    retries=self._run.retries,
                    live_worlds=self._run.live_worlds,
                    tell=watcher.played,
                    tell_crowded=watcher.crowded,
                )
            self._tools = player.tools
        return perf_counter() - began

    def show_stopped(self) -> None:
        """Say what is kept of an evaluation that ended early, and how it goes on."""
        if self._kept is None:
            return
        text = (
            f"{self._kept:,} of {counted(len(self._jobs), 'episode')} kept in {self._folder}: give"
            " the same command again to go on."
        )
        stderr().print(Text(text), soft_wrap=True)


def _name_for(choice: Choice, chosen: Settings) -> str:
    """A name for the folder of an evaluation, from who acts."""
    if choice.script is not None:
        return choice.script.stem
    if not choice.is_model:
        return choice.policy
    model = name_from_settings(chosen).rpartition("/")[2]
    name = re.sub(r"[^A-Za-z0-9.-]+", "_", model).strip("._-")
    return f"{name}_{choice.format.value}".lower()
