"""What `awm eval report` does: writes summary.json and the page of an evaluation anew."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from awm.cli.console import counted, print_json, stderr
from awm.cli.context import new_runtime
from awm.cli.evaluation_files import Pages, finished, played_worlds
from awm.cli.evaluation_models import Judges, check_judges, models
from awm.cli.evaluation_view import show_files, show_summary
from awm.cli.policies import model_settings
from awm.cli.signals import run as run_to_end
from awm.llm.ledger import Spent
from awm.rollout.evaluation import Evaluation
from awm.rollout.metrics import Summary
from awm.rollout.order import jobs_in
from awm.rollout.store import read_evaluation
from awm.settings import Settings
from awm.worlds import World, open_worlds

__all__ = ["Asked", "report"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Whether plans are weighed, and by whom.

    Attributes:
        judge: The model that weighs them; None for nobody.
        api_url: Where it is; None for where the environment says.
        concurrency: How many questions are under way at a time; None for what the environment says.
        budget: How much may be spent on models in the folder, in USD; likewise.
    """

    judge: str | None = None
    api_url: str | None = None
    concurrency: int | None = None
    budget: float | None = None


def report(
    folder: Path,
    source: str | None,
    pages: Pages,
    asked: Asked,
    *,
    as_json: bool,
    allow_weak_isolation: bool | None,
) -> None:
    """Write what an evaluation came to, as far as it is played, and show it.

    Args:
        folder: Where it is.
        source: Where its worlds are; None for a page without what calls changed.
        pages: Whether a page is written, and where.
        asked: Who weighs plans that are not weighed yet.
        as_json: Print one JSON document and nothing else.
        allow_weak_isolation: Whether worlds may run where they cannot be jailed.

    Raises:
        UsageError: There is no evaluation, or somebody else writes to its journal.
        TrajectoryError: It cannot be read.
        WorldError: There are no such worlds.
        LLMError: The judge cannot be asked.
        InfrastructureError: Something cannot be written.
    """
    chosen = model_settings(
        asked.api_url,
        llm_concurrency=asked.concurrency,
        llm_budget_usd=asked.budget,
        allow_weak_isolation=allow_weak_isolation,
    )
    evaluation = read_evaluation(folder)
    pages.check(folder)
    worlds = {} if source is None else _replayable(evaluation, source)
    ordered = len(jobs_in(evaluation.order))
    if len(evaluation.episodes) < ordered:
        played = f"{len(evaluation.episodes):,} of {counted(ordered, 'episode')}"
        stderr().print(f"The evaluation is not whole: {played} played.", soft_wrap=True)
    page = pages.place(folder)
    summary, spent = run_to_end(_finished(folder, worlds, asked.judge, chosen, page))
    if as_json:
        print_json({"folder": str(folder), **summary.to_json()})
        return
    show_summary(summary, spent, 0.0)
    show_files(folder, page)


def _replayable(evaluation: Evaluation, source: str) -> Mapping[str, World]:
    """The worlds in which calls can be made again; what that leaves out is told."""
    played = played_worlds(evaluation, open_worlds(source))
    if played.lacking:
        text = f"The page shows no state diffs of some episodes: {played.lacking}."
        stderr().print(text, markup=False, soft_wrap=True)
    return played.same


async def _finished(
    folder: Path,
    worlds: Mapping[str, World],
    judge: str | None,
    chosen: Settings,
    page: Path | None,
) -> tuple[Summary, Spent]:
    """Write it, and what models took where one was asked."""
    judges = Judges(plans=judge)
    await check_judges(chosen, judges.names)
    async with AsyncExitStack() as stack:
        bench = await stack.enter_async_context(models(judges, chosen, folder, one_acts=False))
        weighing = bench.weighing(chosen.llm_concurrency)
        runtime = None
        if page is not None and worlds:
            runtime = await stack.enter_async_context(new_runtime(chosen))
        return await finished(folder, worlds, runtime, page, weighing), bench.spent()
