"""What an evaluation came to: success, pass@k and pass^k, turns, calls, and where it went wrong.

    summary = summary_of(evaluation.episodes, evaluation.facts_of)
    print(summary.whole.success, summary.by_difficulty)

Episodes that the infrastructure failed in are counted apart, with their reasons, and are in no
mean: nobody knows how they would have ended. Equal episodes give equal summaries, in any order.
One at a time is looked at, and no more is kept than its outline.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from awm.rollout.analysis_findings import Analysis
from awm.rollout.analysis_scores import DimensionScore, scores_of
from awm.rollout.episode import Episode
from awm.rollout.facts import TaskFacts
from awm.rollout.intervals import Estimate, TaskKey, mean_of
from awm.rollout.job import Job
from awm.rollout.metrics_numbers import (
    Numbers,
    Spread,
    numbers_of,
    place_of,
    spread_of,
    task_of,
)
from awm.rollout.outline import Outline, ToolCounts, outline_of

__all__ = ["Group", "Summary", "ToolUse", "outlined_summary", "summary_of"]

_Named: TypeAlias = tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Some of the episodes.

    Attributes:
        name: What they have in common, such as a difficulty; None for those of which nobody said.
        numbers: What they came to.
        stops: How many of the scored ended for what reason, as `Summary.stops`.
    """

    name: str | None
    numbers: Numbers
    stops: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ToolUse:
    """How a tool was used, in all worlds that have one of its name.

    Attributes:
        tool: Its name.
        calls: How often it was called; calls that were turned back before are none.
        failed: The share of these that came back as errors; None where there are none.
        turned_back: How many more calls named it and were turned back before they reached a world:
            their arguments were no object, or ended the episode.
        episodes: How many episodes called it.
        turns: Mean number of replies in one of those; None where there are none.
        success: The share of those that did their task; None where there are none. It says nothing
            about the tool's doing: who gets as far as some tools is likely to succeed.
    """

    tool: str
    calls: int
    failed: Estimate | None
    turned_back: int
    episodes: int
    turns: float | None
    success: Estimate | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What an evaluation came to. All but the first four are about scored episodes only.

    Attributes:
        episodes: How many episodes there are.
        worlds: In how many worlds.
        whole: All of them together.
        infrastructure: Why episodes have no score, and how many each; the most frequent first.
        outcomes: How many ended how, the most frequent first.
        stops: How many ended for what reason, the most frequent first; `unknown` where the record
            does not say.
        violations: How many broke which format rule first, the most frequent first.
        reward: What episodes are paid; None where none is.
        prompt_tokens: What was put to the agent in an episode.
        completion_tokens: What it wrote in one.
        repaired: Allowances that were made for replies in one.
        by_difficulty: By the difficulty of their task, the easiest first.
        by_category: By what their world is about.
        by_kind: By the kind of their task.
        by_tag: By the tags of their task; a task may have several.
        by_world: By world.
        tools: By tool, in the order of names.
        analysis: How they do in each of the dimensions of `awm.rollout.analysis`; none where nobody
            looked.
    """

    episodes: int
    worlds: int
    whole: Numbers
    infrastructure: Mapping[str, int]
    outcomes: Mapping[str, int]
    stops: Mapping[str, int]
    violations: Mapping[str, int]
    reward: Spread | None
    prompt_tokens: Spread | None
    completion_tokens: Spread | None
    repaired: Spread | None
    by_difficulty: tuple[Group, ...]
    by_category: tuple[Group, ...]
    by_kind: tuple[Group, ...]
    by_tag: tuple[Group, ...]
    by_world: tuple[Group, ...]
    tools: tuple[ToolUse, ...]
    analysis: tuple[DimensionScore, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A JSON object of all its parts, by the names and in the order they have here."""
        return asdict(self)


def summary_of(
    episodes: Iterable[Episode],
    facts: Callable[[Job], TaskFacts],
    analyses: Iterable[Analysis] = (),
) -> Summary:
    """Summarise episodes.

    Args:
        episodes: What was played.
        facts: What is known about the task of an attempt.
        analyses: What was found in those with a score, where anybody looked.
    """
    return outlined_summary(map(outline_of, episodes), facts, analyses)


def outlined_summary(
    outlines: Iterable[Outline],
    facts: Callable[[Job], TaskFacts],
    analyses: Iterable[Analysis] = (),
) -> Summary:
    """The same where episodes were gone through already, and their outlines are there."""
    everything = sorted(outlines, key=lambda one: one.job)
    scored = [one for one in everything if one.is_scored]
    unscored = [one for one in everything if not one.is_scored]

    def by(names: Callable[[Outline], _Named]) -> tuple[Group, ...]:
        return _grouped(everything, names)

    return Summary(
        episodes=len(everything),
        worlds=len({one.job.world for one in everything}),
        whole=numbers_of(everything),
        infrastructure=_counted(one.reason for one in unscored),
        outcomes=_counted(one.outcome for one in scored),
        stops=_stops(everything),
        violations=_counted(one.broken for one in scored if one.broken is not None),
        reward=spread_of(one.reward for one in scored if one.reward is not None),
        prompt_tokens=spread_of(one.usage.prompt_tokens for one in scored),
        completion_tokens=spread_of(one.usage.completion_tokens for one in scored),
        repaired=spread_of(one.counts.repaired for one in scored),
        by_difficulty=by(lambda one: (facts(one.job).difficulty,)),
        by_category=by(lambda one: (facts(one.job).category,)),
        by_kind=by(lambda one: (facts(one.job).kind,)),
        by_tag=by(lambda one: facts(one.job).tags),
        by_world=by(lambda one: (one.job.world,)),
        tools=_tools(scored),
        analysis=scores_of(analyses),
    )


def _counted(names: Iterable[str]) -> dict[str, int]:
    counts = Counter(names)
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _stops(outlines: Iterable[Outline]) -> dict[str, int]:
    return _counted(one.stop or "unknown" for one in outlines if one.is_scored)


def _grouped(outlines: Sequence[Outline], names: Callable[[Outline], _Named]) -> tuple[Group, ...]:
    groups: dict[str | int | None, list[Outline]] = {}
    for one in outlines:
        for name in dict.fromkeys(names(one)):
            groups.setdefault(name, []).append(one)
    return tuple(
        Group(None if name is None else str(name), numbers_of(groups[name]), _stops(groups[name]))
        for name in sorted(groups, key=place_of)
    )


def _tools(outlines: Sequence[Outline]) -> tuple[ToolUse, ...]:
    users: dict[str, list[tuple[Outline, ToolCounts]]] = {}
    for one in outlines:
        for used in one.tools:
            users.setdefault(used.tool, []).append((one, used))
    return tuple(_use(tool, users[tool]) for tool in sorted(users))


def _use(tool: str, users: Sequence[tuple[Outline, ToolCounts]]) -> ToolUse:
    """How a tool was used, of all episodes that named it."""
    called = [(one, used) for one, used in users if used.calls]
    turns = spread_of(one.counts.turns for one, _ in called)
    failures: list[tuple[TaskKey, float]] = []
    for one, used in called:
        task, fine = task_of(one.job), used.calls - used.failed
        failures += [(task, 1.0)] * used.failed + [(task, 0.0)] * fine
    return ToolUse(
        tool=tool,
        calls=len(failures),
        failed=mean_of(failures),
        turned_back=sum(used.turned_back for _, used in users),
        episodes=len(called),
        turns=None if turns is None else turns.mean,
        success=mean_of([(task_of(one.job), float(one.is_complete)) for one, _ in called]),
    )
