"""Which tasks are tried, read from the options of `awm eval`."""

from collections.abc import Sequence

import typer

from awm.cli.options import whole
from awm.errors import UsageError
from awm.rollout.selection import TaskSelection
from awm.rollout.splits import Split, Splits

__all__ = ["selection"]


def selection(  # noqa: PLR0913 - one for each option
    *,
    worlds: Sequence[str],
    tasks: Sequence[str],
    split: Split | None,
    difficulty: str | None,
    kinds: Sequence[str],
    tags: Sequence[str],
    limit: int | None,
    divided: Splits,
) -> TaskSelection:
    """What is asked of a task.

    Raises:
        UsageError: A number is none.
    """
    return TaskSelection(
        worlds=tuple(worlds),
        tasks=tuple(map(_number, tasks)),
        split=split,
        difficulty=() if difficulty is None else _levels(difficulty),
        kinds=tuple(kinds),
        tags=tuple(tags),
        limit=limit,
        splits=divided,
    )


def _levels(written: str) -> tuple[int, ...]:
    from awm.synthesis.order import levels_from  # noqa: PLC0415 - an author is a lot to import

    return levels_from(written)


def _number(written: str) -> int:
    try:
        return whole(0)(written)
    except typer.BadParameter as error:
        raise UsageError(f"--task_id {written[:40]!r} is no task.", "Count from 0.") from error
