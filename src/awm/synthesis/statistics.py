"""What a set of worlds is like: how large its worlds are, how hard, and how alike.

Everything comes from the worlds' files, whoever made them. What the files do not say is missing,
and counted as such; nothing is estimated.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from awm.synthesis.distribution import Distribution
from awm.synthesis.measuring import TaskFigures, WorldFigures
from awm.synthesis.pairs import Likeness, likeness_of_sets, likeness_of_vectors
from awm.synthesis.similarity import Embedder

__all__ = [
    "PUBLISHED_TASKS",
    "PUBLISHED_WORLDS",
    "Breakdown",
    "Comparison",
    "Lack",
    "Measure",
    "SetStatistics",
    "Subject",
    "statistics_of",
]

PUBLISHED_WORLDS: Final = 1_000
PUBLISHED_TASKS: Final = 10_000
"""How large the published set is, Snowflake's AgentWorldModel-1K."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is counted or compared.

    Attributes:
        name: One word, for programs.
        title: For people.
        per: What has it.
        source: Where it stands, for who misses it.
        published: The mean over the published set, if that is known.
    """

    name: str
    title: str
    per: Literal["world", "task"]
    source: str
    published: float | None = None


@dataclass(frozen=True, slots=True)
class Lack:
    """What has no value.

    Attributes:
        count: How many worlds, or tasks that are known of.
        worlds: The names of these worlds, or of those that these tasks are in.
    """

    count: int = 0
    worlds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """A number that worlds or tasks have.

    Attributes:
        subject: What it is.
        found: The numbers that are known; None where none is.
        lack: What has none.
    """

    subject: Subject
    found: Distribution | None
    lack: Lack

    @property
    def counted(self) -> int:
        """How many numbers are known."""
        return len(self.found.values) if self.found else 0


@dataclass(frozen=True, slots=True)
class Breakdown:
    """What sorts there are of worlds or tasks.

    Attributes:
        subject: Sorted by what.
        counts: How many there are of each sort. A world may be of several.
        counted: How many worlds or tasks were sorted.
        lack: What was not.
    """

    subject: Subject
    counts: Mapping[str, int]
    counted: int
    lack: Lack

    def share(self, sort: str) -> float | None:
        """How much of what was sorted is of one sort, from 0 to 1; None where nothing was."""
        return self.counts.get(sort, 0) / self.counted if self.counted else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How alike worlds are in something.

    Attributes:
        subject: In what.
        found: Over all pairs; None where there is no pair.
        lack: The worlds that could not be compared.
    """

    subject: Subject
    found: Likeness | None
    lack: Lack


@dataclass(frozen=True, slots=True)
class SetStatistics:
    """What a set of worlds is like.

    Attributes:
        folder: Where it is, for people to read.
        worlds: How many of its worlds could be read.
        tasks: How many tasks they list.
        measures: Tables, tools, rows, tasks, and the calls of oracles.
        kinds: The kinds of tasks.
        difficulties: Their levels, as texts.
        categories: The categories of worlds.
        descriptions: How alike they are by their descriptions: cosines of embeddings.
        tools: How alike they are by the names of their tools: Jaccard's index.
        unread: The names of worlds that could not be read, and count nowhere.
    """

    folder: str
    worlds: int
    tasks: int
    measures: tuple[Measure, ...]
    kinds: Breakdown
    difficulties: Breakdown
    categories: Breakdown
    descriptions: Comparison
    tools: Comparison
    unread: tuple[str, ...] = ()

    @property
    def breakdowns(self) -> tuple[Breakdown, ...]:
        """All of what there are sorts of."""
        return self.kinds, self.difficulties, self.categories

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """All in which worlds are compared."""
        return self.descriptions, self.tools

    @property
    def gaps(self) -> tuple[tuple[Subject, Lack], ...]:
        """What is missing somewhere."""
        parts: tuple[Measure | Breakdown | Comparison, ...]
        parts = (*self.measures, *self.breakdowns, *self.comparisons)
        return tuple((part.subject, part.lack) for part in parts if part.lack.worlds)


_SPEC: Final = "gen_spec.jsonl, or operation ids in gen_envs.jsonl"
_ROWS: Final = "gen_sample.jsonl, with rows that are written out"
_TABLES: Final = Subject("tables", "Tables", "world", "gen_db.jsonl", 18.5)
_TOOLS: Final = Subject("tools", "Tools", "world", _SPEC, 35.1)
_SAMPLE: Final = Subject("rows", "Rows", "world", _ROWS, 129.0)
_TASKS: Final = Subject("tasks", "Tasks", "world", "gen_tasks.jsonl", 10.0)
_CALLS: Final = Subject("calls", "Oracle calls", "task", "gen_oracle.jsonl", 8.5)
_KINDS: Final = Subject("kinds", "Kinds of tasks", "task", "gen_tasks.jsonl: details.kind")
_LEVELS: Final = Subject(
    "difficulties", "Difficulty of tasks", "task", "gen_tasks.jsonl: details.difficulty"
)
_CATEGORIES: Final = Subject("categories", "Categories", "world", "gen_scenario.jsonl: categories")
_DESCRIPTIONS: Final = Subject(
    "descriptions", "Descriptions", "world", "gen_scenario.jsonl: description"
)
_TOOL_SETS: Final = Subject("tool_sets", "Tool sets", "world", _SPEC)


def statistics_of(
    figures: Sequence[WorldFigures],
    embedder: Embedder,
    *,
    folder: str = "",
    unread: Sequence[str] = (),
) -> SetStatistics:
    """Sum up the figures of worlds; the same for any machine but for the last digits of cosines.

    Args:
        figures: Of the worlds that could be read.
        embedder: Turns descriptions into vectors.
        folder: Where the worlds are.
        unread: The names of those that could not be read.
    """
    return SetStatistics(
        folder=folder,
        worlds=len(figures),
        tasks=sum(world.task_count or 0 for world in figures),
        measures=(
            _of_worlds(_TABLES, figures, lambda world: world.tables),
            _of_worlds(_TOOLS, figures, lambda world: _size(world.tools)),
            _of_worlds(_SAMPLE, figures, lambda world: world.rows),
            _of_worlds(_TASKS, figures, lambda world: world.task_count),
            _calls(figures),
        ),
        kinds=_sorts(_KINDS, figures, lambda task: task.kind, _by_count),
        difficulties=_sorts(_LEVELS, figures, lambda task: task.difficulty, _by_level),
        categories=_categories(figures),
        descriptions=_descriptions(figures, embedder),
        tools=_tool_sets(figures),
        unread=tuple(unread),
    )


def _size(names: frozenset[str] | None) -> int | None:
    return None if names is None else len(names)


def _of_worlds(
    subject: Subject, figures: Sequence[WorldFigures], value: Callable[[WorldFigures], int | None]
) -> Measure:
    found = Distribution.of(n for world in figures if (n := value(world)) is not None)
    return Measure(subject, found, _lacking(figures, lambda world: value(world) is None))


def _calls(figures: Sequence[WorldFigures]) -> Measure:
    calls = (task.calls for world in figures for task in world.tasks)
    found = Distribution.of(n for n in calls if n is not None)
    return Measure(_CALLS, found, _lacking_tasks(figures, lambda task: task.calls is None))


def _sorts(
    subject: Subject,
    figures: Sequence[WorldFigures],
    sort: Callable[[TaskFigures], str | int | None],
    order: Callable[[tuple[str, int]], tuple[int, str]],
) -> Breakdown:
    sorts = [sort(task) for world in figures for task in world.tasks]
    counts = Counter(str(one) for one in sorts if one is not None)
    lack = _lacking_tasks(figures, lambda task: sort(task) is None)
    return Breakdown(subject, _ordered(counts, order), counts.total(), lack)


def _categories(figures: Sequence[WorldFigures]) -> Breakdown:
    known = [world.categories for world in figures if world.categories]
    counts = Counter(category for categories in known for category in categories)
    lack = _lacking(figures, lambda world: world.categories is None)
    return Breakdown(_CATEGORIES, _ordered(counts, _by_count), len(known), lack)


def _descriptions(figures: Sequence[WorldFigures], embedder: Embedder) -> Comparison:
    described = [(world.name, world.description) for world in figures if world.description]
    # Half a surrogate pair, which JSON can carry, has no form in UTF-8 and none in a vocabulary.
    vectors = [embedder.embed(text.encode(errors="replace").decode()) for _, text in described]
    found = likeness_of_vectors([name for name, _ in described], vectors)
    return Comparison(_DESCRIPTIONS, found, _lacking(figures, lambda w: w.description is None))


def _tool_sets(figures: Sequence[WorldFigures]) -> Comparison:
    known = [(world.name, world.tools) for world in figures if world.tools is not None]
    found = likeness_of_sets([name for name, _ in known], [tools for _, tools in known])
    return Comparison(_TOOL_SETS, found, _lacking(figures, lambda world: world.tools is None))


def _lacking(figures: Iterable[WorldFigures], lacks: Callable[[WorldFigures], bool]) -> Lack:
    names = tuple(world.name for world in figures if lacks(world))
    return Lack(len(names), names)


def _lacking_tasks(figures: Iterable[WorldFigures], lacks: Callable[[TaskFigures], bool]) -> Lack:
    counts = {world.name: sum(map(lacks, world.tasks)) for world in figures}
    # A world that lists no tasks and has no oracles lacks what tasks would have.
    unknown = {world.name for world in figures if world.task_count is None and not world.tasks}
    names = tuple(name for name, count in counts.items() if count or name in unknown)
    return Lack(sum(counts.values()), names)


def _ordered(
    counts: Mapping[str, int], order: Callable[[tuple[str, int]], tuple[int, str]]
) -> Mapping[str, int]:
    return dict(sorted(counts.items(), key=order))


def _by_count(counted: tuple[str, int]) -> tuple[int, str]:
    return -counted[1], counted[0]


def _by_level(counted: tuple[str, int]) -> tuple[int, str]:
    return int(counted[0]), ""
