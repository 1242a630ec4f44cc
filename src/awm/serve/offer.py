"""Tasks of a folder of worlds, as evaluators and trainers of other houses are offered them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal, TypeAlias

from awm.agents import EpisodeLimits, Manner, NativeFormat, brief_for
from awm.agents.assignment import Assignment
from awm.agents.briefs import moment_told
from awm.errors import UsageError
from awm.rollout.conditions import Conditions
from awm.rollout.env import Env
from awm.rollout.env_terms import EnvTerms, EpisodeTerms, scheme_of, task_of
from awm.rollout.facts import TaskFacts
from awm.rollout.premises import Premises
from awm.rollout.room import room_for_worlds
from awm.rollout.selection import TaskSelection, jobs_of, task_facts
from awm.rollout.splits import SPLITS
from awm.runtime import Runtime
from awm.runtime.chosen import limits_from_settings, pool_from_settings
from awm.serve.kept_lodging import KeptLodging
from awm.serve.lodging import Lodging
from awm.settings import Settings, load_settings
from awm.verify import RewardScheme
from awm.worlds import World, WorldFolder, open_worlds

__all__ = ["Offer", "OfferedTask", "ToolChoice", "open_offer", "selection_of"]

ToolChoice: TypeAlias = Literal["direct", "meta"]
"""`direct`: agents are given the world's own tools; `meta`: `list_tools` and `call_tool`."""

_LONGEST: Final = Manner().characters
_UNGRADED: Final = "Verifiers that only gather evidence need a judge; `awm eval` can ask one."


@dataclass(frozen=True, slots=True)
class OfferedTask:
    """A task, as it is told to a model.

    Attributes:
        world: Its world's normalised name.
        task_idx: Its number there.
        sentence: What there is to do.
        rules: What the model is told before: how to act, and at which moment the world stands.
        facts: What is known about it.
    """

    world: str
    task_idx: int
    sentence: str
    rules: str
    facts: TaskFacts

    @property
    def name(self) -> str:
        """What to call it."""
        return f"{self.world}/{self.task_idx}"


@dataclass(frozen=True, slots=True)
class Offer:
    """Worlds whose tasks are attempted, and how.

    Attributes:
        worlds: Where tasks come from.
        scheme: What outcomes are paid.
        tools: What agents act through.
        longest: How many characters of a result agents are shown.
        settings: What worlds and verifiers may take.
    """

    worlds: WorldFolder
    scheme: RewardScheme
    tools: ToolChoice = "direct"
    longest: int = _LONGEST
    settings: Settings = field(default_factory=load_settings)

    def tasks(self, selection: TaskSelection) -> tuple[OfferedTask, ...]:
        """The tasks that are as asked for and can be graded, by world and number.

        Raises:
            UsageError: There is none.
            WorldError: A world that was named is not there, or one cannot be read.
        """
        survey = _Survey(self)
        jobs = jobs_of(survey, selection, 1, survey.is_graded)
        if not jobs:
            raise UsageError("none of the tasks has a verifier that decides.", _UNGRADED)
        return tuple(survey.known[job.world][job.task_idx] for job in jobs)

    def told(self, world: World, task_idx: int) -> OfferedTask:
        """A task of a world, with what a model is told of it."""
        sentence = world.sentence(task_idx)
        brief = brief_for(
            "native-meta" if self.tools == "meta" else "native",
            setting=lambda _: moment_told(world.clock),
        )
        rules, _ = brief(Assignment(world.name, task_idx, sentence), ())
        facts = task_facts(world, task_idx)
        return OfferedTask(world.name, task_idx, sentence, rules.content, facts)

    def kept(self, live_worlds: int | None = None) -> KeptLodging:
        """Where these worlds can live, on whichever event loops they are asked for.

        Args:
            live_worlds: How many worlds have a worker at once, while the others rest; as many as
                there is memory for if None.

        Raises:
            UsageError: That leaves no world alive.
        """
        if live_worlds is not None and live_worlds < 1:
            raise UsageError(f"{live_worlds} live worlds are too few.", "Give 1 or more.")
        alive = room_for_worlds() if live_worlds is None else live_worlds
        return KeptLodging(partial(self.lodging, alive))

    def lodging(self, alive: int) -> Lodging:
        """Where these worlds can live, as the settings have it; nobody has entered it yet.

        Args:
            alive: How many worlds have a worker at once.
        """
        chosen = self.settings
        runtime = Runtime(
            limits=limits_from_settings(chosen),
            idle_workers=alive,
            live_workers=alive,
            allow_weak=chosen.allow_weak_isolation,
        )
        return Lodging(self.worlds, runtime, pool_from_settings(chosen))

    async def env(
        self, lodging: Lodging, world_name: str, task_idx: int, limits: EpisodeLimits
    ) -> Env:
        """An environment of a task, which has not begun.

        Replies are read as `awm eval` reads those of models with function calling.

        Args:
            lodging: Where its world lives.
            world_name: The world's name.
            task_idx: The task's number.
            limits: When its episodes end at the latest.

        Raises:
            UnknownWorldError: There is no such world.
            WorldFileError: It cannot be read.
            UsageError: There is no such task.
        """
        world = await lodging.world(world_name)
        is_meta = self.tools == "meta"
        conditions = Conditions(limits=limits, meta_tools=is_meta, scheme=self.scheme)
        reading = NativeFormat(meta_tools=is_meta, parallel=limits.parallel)
        grader = lodging.grader
        premises = Premises(lodging.runtime, grader.pool, judge=grader.judge, mode=grader.mode)
        premises.tools = lodging.tools
        terms = EnvTerms(world, task_of(world, task_idx), EpisodeTerms(conditions, reading))
        return Env(terms, premises)


def open_offer(
    worlds: str,
    *,
    reward: str | Mapping[str, float] = "paper",
    tools: str = "direct",
) -> Offer:
    """Open worlds to offer their tasks.

    Args:
        worlds: A folder in the AWM layout, or `bundled` for the worlds of this package.
        reward: What outcomes are paid: `paper`, `openenv`, `binary`, or a table by type.
        tools: `direct` or `meta`; see `ToolChoice`.

    Raises:
        UsageError: There is no such scheme, or no such choice of tools.
        WorldFileError: The folder is not there, or holds no worlds.
        SettingsError: A setting does not make sense.
    """
    choice: ToolChoice
    if tools == "direct":
        choice = "direct"
    elif tools == "meta":
        choice = "meta"
    else:
        raise UsageError(f"agents cannot act through {tools!r}.", "There are direct and meta.")
    return Offer(open_worlds(worlds), scheme_of(reward), choice)


def selection_of(
    split: str,
    *,
    names: str | Sequence[str] | None = None,
    difficulty: int | Sequence[int] = (),
    kinds: str | Sequence[str] | None = None,
    limit: int | None = None,
) -> TaskSelection:
    """Which tasks are meant, as people write it on a command line.

    Args:
        split: `train`, `validation`, `test`, or `all` of them.
        names: Of the worlds; all if None.
        difficulty: How hard they are; anything if empty.
        kinds: Of which kinds; any if None.
        limit: How many at most, taken from the worlds in turn; None for all.

    Raises:
        UsageError: There is no such split, or the limit leaves nothing.
    """
    if split not in {*SPLITS, "all"}:
        known = ", ".join((*SPLITS, "all"))
        raise UsageError(f"there is no split {split!r}.", f"There are {known}.")
    return TaskSelection(
        worlds=_names_in(names),
        split=next((side for side in SPLITS if side == split), None),
        difficulty=(difficulty,) if isinstance(difficulty, int) else tuple(difficulty),
        kinds=_names_in(kinds),
        limit=limit,
    )


def _names_in(written: str | Sequence[str] | None) -> tuple[str, ...]:
    """Names as people write them on a command line: one, several with commas between, or a list."""
    if written is None:
        return ()
    is_one = isinstance(written, str) or not isinstance(written, Sequence)
    parts = str(written).split(",") if is_one else written  # a number may be a name
    return tuple(filter(None, (str(part).strip() for part in parts)))


class _Survey(Mapping[str, World]):
    """The worlds of an offer, with what is found in those that are read.

    Attributes:
        known: The tasks that a verifier decides, by world and number.
    """

    def __init__(self, offer: Offer) -> None:
        self._offer = offer
        self.known: dict[str, dict[int, OfferedTask]] = {}

    def __getitem__(self, name: str) -> World:
        world = self._offer.worlds[name]
        decided = {program.task_idx for program in world.verifiers if program.mode == "code"}
        self.known[world.name] = {idx: self._offer.told(world, idx) for idx in sorted(decided)}
        return world

    def __iter__(self) -> Iterator[str]:
        return iter(self._offer.worlds)

    def __len__(self) -> int:
        return len(self._offer.worlds)

    def __contains__(self, name: object) -> bool:
        return name in self._offer.worlds  # without reading it

    def is_graded(self, name: str, task_idx: int) -> bool:
        """Whether a verifier decides what attempts at a task are worth."""
        return task_idx in self.known[name]
