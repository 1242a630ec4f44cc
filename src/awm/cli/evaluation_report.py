"""What `awm eval report` does: writes summary.json and the page of an evaluation anew."""

from collections.abc import Mapping
from pathlib import Path

from awm.cli.console import counted, print_json, stderr
from awm.cli.context import new_runtime, settings
from awm.cli.evaluation_files import Pages, finished, same_worlds
from awm.cli.evaluation_view import show_files, show_summary
from awm.cli.signals import run as run_to_end
from awm.llm.ledger import Spent
from awm.rollout.metrics import Summary
from awm.rollout.order import jobs_in
from awm.rollout.store import read_evaluation
from awm.settings import Settings
from awm.worlds import World, open_worlds

__all__ = ["report"]


def report(
    folder: Path,
    source: str | None,
    pages: Pages,
    *,
    as_json: bool,
    allow_weak_isolation: bool | None,
) -> None:
    """Write what an evaluation came to, as far as it is played, and show it.

    Args:
        folder: Where it is.
        source: Where its worlds are; None for a page without what calls changed.
        pages: Whether a page is written, and where.
        as_json: Print one JSON document and nothing else.
        allow_weak_isolation: Whether worlds may run where they cannot be jailed.

    Raises:
        UsageError: There is no evaluation.
        TrajectoryError: It cannot be read.
        WorldError: There are no such worlds.
        InfrastructureError: Something cannot be written.
    """
    chosen = settings(allow_weak_isolation=allow_weak_isolation)
    evaluation = read_evaluation(folder)
    pages.check(folder)
    worlds = {} if source is None else same_worlds(evaluation, open_worlds(source))
    ordered = len(jobs_in(evaluation.order))
    if len(evaluation.episodes) < ordered:
        played = f"{len(evaluation.episodes):,} of {counted(ordered, 'episode')}"
        stderr().print(f"The evaluation is not whole: {played} played.", soft_wrap=True)
    summary = run_to_end(_finished(folder, worlds, chosen, pages.place(folder)))
    if as_json:
        print_json({"folder": str(folder), **summary.to_json()})
        return
    show_summary(summary, Spent(), 0.0)
    show_files(folder, pages.place(folder))


async def _finished(
    folder: Path, worlds: Mapping[str, World], chosen: Settings, page: Path | None
) -> Summary:
    if page is None or not worlds:
        return await finished(folder, worlds, None, page)
    async with new_runtime(chosen) as runtime:
        return await finished(folder, worlds, runtime, page)
