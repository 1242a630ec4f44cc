"""Two evaluations compared task by task: what one does better, and how sure one may be of it.

Attempts at one task in both runs are a pair, so what makes a task hard for everybody cancels out: a
paired difference is far surer than the difference of two rates (E. Miller, arXiv:2411.00640,
section 4.2). Each task counts once, whatever the number of its attempts. The interval is that of
`awm.rollout.intervals.rate_difference_of`; beside it stands the exact sign test over tasks, which
is McNemar's where each task was tried once.

What makes a comparison mean nothing is refused: other worlds under the same names, or other rules
of grading. What makes it harder to read is told: other conditions, and of two models that they were
asked otherwise, such as under another brief.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from typing import Any, Final

from awm.errors import UsageError
from awm.rollout.evaluation import Evaluation
from awm.rollout.facts import TaskFacts
from awm.rollout.intervals import Estimate, TaskKey, difference_of, rate_difference_of, sign_test
from awm.rollout.metrics_numbers import place_of, task_of
from awm.rollout.order import differences
from awm.rollout.outline import Outline, outline_of

__all__ = ["Comparison", "GroupDifference", "Side", "TaskPair", "compare_runs"]

_NO_MATTER: Final = frozenset({"scheme"})
"""Conditions that decide nothing of what is compared."""
_WHO: Final = frozenset({"kind", "name", "settings"})
"""What an order says of a policy beside how its model is asked: who it is, which is compared, and
what follows from the worlds."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one run made of a task, in its scored attempts.

    Attributes:
        scored: How many there are, at least one.
        complete: How many did the task.
        turns: Mean number of replies in one.
        calls: Mean number of calls of tools.
        tokens: Mean number of tokens, prompts and replies together.
    """

    scored: int
    complete: int
    turns: float
    calls: float
    tokens: float

    @property
    def success(self) -> float:
        """The share that did the task."""
        return self.complete / self.scored

    @property
    def is_mostly_done(self) -> bool:
        """Whether more than half did the task."""
        return 2 * self.complete > self.scored


@dataclass(frozen=True, slots=True)
class TaskPair:
    """A task that both runs have scored attempts at.

    Attributes:
        world: The world's name.
        task_idx: The task's number.
        task: Its sentence.
        facts: What is known about it.
        a: What the first run made of it.
        b: What the second did.
    """

    world: str
    task_idx: int
    task: str
    facts: TaskFacts
    a: Side
    b: Side

    @property
    def difference(self) -> float:
        """By how much the second run succeeds more often, from -1 to 1."""
        return self.b.success - self.a.success

    @property
    def is_flipped(self) -> bool:
        """Whether one run mostly does the task and the other does not."""
        return self.a.is_mostly_done != self.b.is_mostly_done


@dataclass(frozen=True, slots=True)
class GroupDifference:
    """Tasks that have something in common.

    Attributes:
        name: What; None for those of which nobody said.
        success: By how much the second run succeeds more often at them.
    """

    name: str | None
    success: Estimate


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs, task by task. Differences are those of the second run from the first.

    Attributes:
        a: The folder of the first run.
        b: That of the second.
        pairs: The tasks of both, in the order of worlds and numbers.
        only_a: Tasks that only the first run has scored attempts at.
        only_b: Tasks that only the second has.
        success: By how much the second run succeeds more often, over the tasks of both.
        better: At how many tasks it does.
        worse: At how many it succeeds less often.
        p_value: How likely a balance like that of `better` and `worse`, or one more uneven, is
            where both runs are equally good.
        turns: How many more replies an attempt takes.
        calls: How many more calls of tools.
        tokens: How many more tokens.
        by_difficulty: By the difficulty of tasks, the easiest first.
        by_category: By what their worlds are about.
        warnings: In what else the second run differs from the first, such as `limits.turns: 20,
            not 30` or `policy.brief: 1, not 2`: part of a difference may come from that.
    """

    a: str
    b: str
    pairs: tuple[TaskPair, ...]
    only_a: tuple[TaskKey, ...]
    only_b: tuple[TaskKey, ...]
    success: Estimate
    better: int
    worse: int
    p_value: float
    turns: Estimate
    calls: Estimate
    tokens: Estimate
    by_difficulty: tuple[GroupDifference, ...]
    by_category: tuple[GroupDifference, ...]
    warnings: tuple[str, ...]

    @property
    def flipped(self) -> tuple[TaskPair, ...]:
        """The tasks that one run mostly does and the other does not."""
        return tuple(pair for pair in self.pairs if pair.is_flipped)

    def to_json(self) -> dict[str, Any]:
        """A JSON object of all its parts, by the names and in the order they have here."""
        return asdict(self)


def compare_runs(a: Evaluation, b: Evaluation) -> Comparison:
    """Compare two evaluations.

    Raises:
        UsageError: They have no task in common, or what they have in common is another thing in
            each: a world of another content, or other rules of grading.
    """
    tried_a, tried_b = _scored(a), _scored(b)
    shared = sorted(tried_a.keys() & tried_b.keys())
    if not shared:
        raise UsageError(
            f"{a.folder} and {b.folder} have no task in common that both have scored attempts at.",
            "Compare runs over the same worlds.",
        )
    _check_alike(a, b, {world for world, _ in shared})
    pairs = tuple(_pair(tried_a[task], tried_b[task], a, b) for task in shared)
    better = sum(pair.difference > 0 for pair in pairs)
    worse = sum(pair.difference < 0 for pair in pairs)
    return Comparison(
        a=a.folder,
        b=b.folder,
        pairs=pairs,
        only_a=tuple(sorted(tried_a.keys() - tried_b.keys())),
        only_b=tuple(sorted(tried_b.keys() - tried_a.keys())),
        success=_success(pairs),
        better=better,
        worse=worse,
        p_value=sign_test(better, worse),
        turns=_mean_difference(pairs, lambda side: side.turns),
        calls=_mean_difference(pairs, lambda side: side.calls),
        tokens=_mean_difference(pairs, lambda side: side.tokens),
        by_difficulty=_grouped(pairs, lambda facts: facts.difficulty),
        by_category=_grouped(pairs, lambda facts: facts.category),
        warnings=(*differences(_conditions(a), _conditions(b)), *_asked_otherwise(a, b)),
    )


def _check_alike(a: Evaluation, b: Evaluation, worlds: Set[str]) -> None:
    """Raise UsageError where the same names stand for other things."""
    digests_a, digests_b = a.order.get("worlds") or {}, b.order.get("worlds") or {}
    other = sorted(name for name in worlds if digests_a.get(name) != digests_b.get(name))
    if other:
        raise UsageError(
            f"{', '.join(other[:3])} changed between {a.folder} and {b.folder}: their tasks of one"
            " number need not be the same.",
            "Run one of them again over the worlds of the other.",
        )
    if told := differences(a.order.get("grading") or {}, b.order.get("grading") or {}):
        raise UsageError(
            f"{b.folder} was graded otherwise than {a.folder} ({'; '.join(told)}).",
            "Grade both in one way.",
        )


def _conditions(run: Evaluation) -> Mapping[str, Any]:
    conditions: Mapping[str, Any] = run.order.get("conditions") or {}
    return {name: value for name, value in conditions.items() if name not in _NO_MATTER}


def _asked_otherwise(a: Evaluation, b: Evaluation) -> tuple[str, ...]:
    """In what the manner differs in which two models were asked; nothing where one is no model."""
    asked = [_manner(run.order.get("policy") or {}) for run in (a, b)]
    return differences(*({"policy": each} for each in asked)) if all(asked) else ()


def _manner(policy: Mapping[str, Any]) -> Mapping[str, Any]:
    """How a model was asked, by its order; nothing of a policy without one."""
    if policy.get("kind") != "model":
        return {}
    return {name: value for name, value in policy.items() if name not in _WHO}


def _scored(run: Evaluation) -> dict[TaskKey, list[Outline]]:
    tried: dict[TaskKey, list[Outline]] = {}
    for outline in map(outline_of, run.episodes):
        if outline.is_scored:
            tried.setdefault(task_of(outline.job), []).append(outline)
    return tried


def _pair(
    tried_a: Sequence[Outline], tried_b: Sequence[Outline], a: Evaluation, b: Evaluation
) -> TaskPair:
    job = tried_a[0].job
    return TaskPair(
        world=job.world,
        task_idx=job.task_idx,
        task=tried_a[0].task,
        facts=a.facts.get((job.world, job.task_idx)) or b.facts_of(job),
        a=_side(tried_a),
        b=_side(tried_b),
    )


def _side(attempts: Sequence[Outline]) -> Side:
    count = len(attempts)
    return Side(
        scored=count,
        complete=sum(one.is_complete for one in attempts),
        turns=sum(one.counts.turns for one in attempts) / count,
        calls=sum(one.counts.calls for one in attempts) / count,
        tokens=sum(one.tokens for one in attempts) / count,
    )


def _success(pairs: Sequence[TaskPair]) -> Estimate:
    values = [((pair.world, pair.task_idx), pair.difference) for pair in pairs]
    # Of two sides that were tried unequally often the one that was tried less decides.
    trials = sum(min(pair.a.scored, pair.b.scored) for pair in pairs)
    return _known(rate_difference_of(values, trials))


def _mean_difference(pairs: Iterable[TaskPair], told: Callable[[Side], float]) -> Estimate:
    values = [((pair.world, pair.task_idx), told(pair.b) - told(pair.a)) for pair in pairs]
    return _known(difference_of(values))


def _known(estimate: Estimate | None) -> Estimate:
    assert estimate is not None  # there is a pair, or nothing would have been compared
    return estimate


def _grouped(
    pairs: Iterable[TaskPair], told: Callable[[TaskFacts], str | int | None]
) -> tuple[GroupDifference, ...]:
    groups: dict[str | int | None, list[TaskPair]] = {}
    for pair in pairs:
        groups.setdefault(told(pair.facts), []).append(pair)
    return tuple(
        GroupDifference(None if name is None else str(name), _success(groups[name]))
        for name in sorted(groups, key=place_of)
    )
