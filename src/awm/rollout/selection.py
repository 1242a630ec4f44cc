"""Which tasks are tried: by split, world, number, difficulty, kind and tag."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice, zip_longest
from typing import Any, Final

from awm.errors import UnknownWorldError, UsageError
from awm.rollout.facts import TaskFacts
from awm.rollout.job import Job
from awm.rollout.splits import SPLITS, Split, Splits
from awm.types import JsonObject
from awm.worlds import World, WorldFile, normalise

__all__ = ["TaskSelection", "jobs_of", "task_facts", "tasks_of"]

_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class TaskSelection:
    """What is asked of a task; what is left empty is not asked.

    Attributes:
        worlds: It is of one of these, in any spelling.
        tasks: It has one of these numbers.
        split: Its world is on this side.
        difficulty: It is as hard as one of these.
        kinds: It is of one of these kinds.
        tags: It has one of these tags.
        limit: So many at most, taken from the worlds in turn; None for all.
        splits: How worlds are divided.

    Raises:
        UsageError: There is no such split, or the limit leaves nothing.
    """

    worlds: tuple[str, ...] = ()
    tasks: tuple[int, ...] = ()
    split: Split | None = None
    difficulty: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    limit: int | None = None
    splits: Splits = field(default_factory=Splits)

    def __post_init__(self) -> None:
        if self.split is not None and self.split not in SPLITS:
            raise UsageError(
                f"there is no split {self.split!r}.", f"There are {', '.join(SPLITS)}."
            )
        if self.limit is not None and self.limit < 1:
            raise UsageError(f"the limit of tasks is {self.limit}.", "Give 1 or more.")

    def takes(self, task_idx: int, facts: TaskFacts) -> bool:
        """Whether a task of a world that was chosen is taken."""
        return (
            (not self.tasks or task_idx in self.tasks)
            and (not self.difficulty or facts.difficulty in self.difficulty)
            and (not self.kinds or facts.kind in self.kinds)
            and (not self.tags or not set(self.tags).isdisjoint(facts.tags))
        )

    def to_json(self) -> dict[str, Any]:
        """A JSON object of all its parts."""
        return asdict(self)


def jobs_of(
    worlds: Mapping[str, World],
    selection: TaskSelection,
    rollouts: int,
    can_be_tried: Callable[[str, int], bool] = lambda _world, _task_idx: True,
) -> tuple[Job, ...]:
    """The attempts to make, by world, task and rollout.

    The order is that of the names, whatever that of the worlds.

    Args:
        worlds: By normalised name.
        selection: Which tasks.
        rollouts: How often each is tried.
        can_be_tried: Whether a task can be, given its world's name and its number. One that cannot
            be is left out and takes no room within the limit, so it is asked until that is reached.

    Raises:
        UsageError: No task is as asked for, or each is to be tried less than once.
        WorldError: A world that was named is not there, or one cannot be read.
    """
    if rollouts < 1:
        raise UsageError(f"each task is to be tried {rollouts} times.", "Give 1 or more.")
    found = [list(_tasks_in(worlds[name], selection)) for name in _chosen(worlds, selection)]
    # Those of the first turn come from as many worlds as there are.
    in_turn = [task for turn in zip_longest(*found) for task in turn if task is not None]
    if not in_turn:
        raise UsageError(
            f"none of the tasks of {len(worlds)} worlds is as asked for.", _told(selection)
        )
    fit = (task for task in in_turn if can_be_tried(*task))
    tasks = sorted(islice(fit, selection.limit))
    return tuple(Job(name, number, which) for name, number in tasks for which in range(rollouts))


def tasks_of(world: World) -> tuple[int, ...]:
    """The numbers of a world's tasks: those of its list, and any that only a verifier names."""
    named = (program.task_idx for program in world.verifiers)
    return tuple(sorted({*range(len(world.tasks)), *named}))


def task_facts(world: World, task_idx: int) -> TaskFacts:
    """What a world's files say about a task.

    Its tags are those of the row of the task, then those and the categories of its world.
    """
    detail = _detail(world, task_idx)
    row = _last(world, WorldFile.SCENARIO)
    categories = _texts(row.get("categories"))
    oracle = world.oracles.get(task_idx)
    level, kind = detail.get("difficulty"), detail.get("kind")
    tags = (*_texts(detail.get("tags")), *_texts(row.get("tags")), *categories)
    return TaskFacts(
        difficulty=level if isinstance(level, int) and not isinstance(level, bool) else None,
        kind=kind if isinstance(kind, str) and kind else None,
        tags=tuple(dict.fromkeys(tags)),
        category=categories[0] if categories else None,
        oracle_calls=None if oracle is None else len(oracle.solution.calls),
    )


def _chosen(worlds: Mapping[str, World], selection: TaskSelection) -> list[str]:
    wanted = {normalise(name): name for name in selection.worlds}
    for name, written in wanted.items():
        if name not in worlds:
            known = ", ".join(sorted(worlds)[:_SHOWN])
            raise UnknownWorldError(
                written, "it is not there.", f"There are, among others: {known}."
            )
    return sorted(wanted or worlds)


def _tasks_in(world: World, selection: TaskSelection) -> Iterator[tuple[str, int]]:
    if selection.split is not None and selection.splits.of(world) != selection.split:
        return
    for task_idx in tasks_of(world):
        if selection.takes(task_idx, task_facts(world, task_idx)):
            yield world.name, task_idx


def _told(selection: TaskSelection) -> str:
    """What was asked for, and what may be the matter."""
    asked = {
        "worlds": selection.worlds,
        "tasks": selection.tasks,
        "split": selection.split,
        "difficulty": selection.difficulty,
        "kinds": selection.kinds,
        "tags": selection.tags,
    }
    told = "; ".join(f"{name}: {_listed(value)}" for name, value in asked.items() if value)
    if not told:
        return "The worlds have no tasks."
    few = selection.split is not None and selection.splits.grouped
    hint = " Worlds of few domains may all be on one side: divide them by name." if few else ""
    return f"Asked for was {told}. Ask for less.{hint}"


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _detail(world: World, task_idx: int) -> JsonObject:
    listed = _last(world, WorldFile.TASKS).get("details")
    if not isinstance(listed, Sequence) or isinstance(listed, str) or task_idx >= len(listed):
        return {}
    detail = listed[task_idx]
    return detail if isinstance(detail, Mapping) else {}


def _last(world: World, part: WorldFile) -> JsonObject:
    rows = world.records.get(part, ())
    return rows[-1] if rows else {}


def _texts(written: object) -> tuple[str, ...]:
    if not isinstance(written, Sequence) or isinstance(written, str):
        return ()
    return tuple(each for each in written if isinstance(each, str) and each)
