"""What an audit finds: cases tried on a verifier, verdicts on tasks, grades of worlds."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal, TypeAlias

from awm.audit.faults import ToolFault
from awm.errors import Problem
from awm.types import ToolCall
from awm.verify.verdict import FaultKind, VerifierMode

__all__ = [
    "GRADES",
    "Audit",
    "Case",
    "CaseKind",
    "Counterexample",
    "Grade",
    "Requirement",
    "TaskAudit",
    "TaskVerdict",
    "WorldAudit",
]

CaseKind: TypeAlias = Literal[
    "oracle",  # the oracle, with its answer
    "again",  # the same once more, in another process
    "later",  # the oracle, carried out at another time with other dice
    "alternative",  # another solution that the oracle declares
    "reordering",  # the oracle's calls in another order that reaches the same state
    "nothing",  # no call at all
    "prefix",  # the oracle, broken off
    "value",  # the oracle with one value changed
    "entity",  # the oracle with one entity taken for another
    "stray",  # the oracle, and a change that nobody asked for
    "answer",  # the oracle's end state with a wrong answer, or with none
]
"""Ways to attempt a task. A verifier has to accept the first five and to reject the others."""

TaskVerdict: TypeAlias = Literal["proven", "unproven", "unsound", "blocked"]
"""`proven`: the oracle solves the task, and the verifier tells it from every near miss. `unproven`:
there is no oracle, or no program that decides. `unsound`: the verifier accepts what is wrong, or
rejects what is right. `blocked`: the oracle fails."""

Grade: TypeAlias = Literal["A", "B", "C", "D", "F"]

GRADES: Final[Mapping[Grade, str]] = {
    "A": "every task proven, no errors",
    "B": "no errors, nothing unsound or blocked, at least half of the tasks proven",
    "C": "no errors, nothing unsound or blocked, most tasks unproven",
    "D": "errors, or a task that is unsound or blocked",
    "F": "does not come to life",
}

Requirement: TypeAlias = Literal["proven", "sound"]
"""What a world can be asked for: `proven` that it has tasks and each is proven, `sound` that none
is unsound or blocked. Either way it has to come to life."""


@dataclass(frozen=True, slots=True)
class Case:
    """One attempt at a task, and what its verdict has to be.

    Attributes:
        kind: How it came to be.
        accept: Whether the verifier has to accept it.
        calls: What is called, from the world's initial state.
        answer: What is said in the end.
        why: What is right or wrong about it, in a few words.
        later: By how many seconds the clock is ahead.
        seed: The dice.
    """

    kind: CaseKind
    accept: bool
    calls: tuple[ToolCall, ...]
    answer: str | None
    why: str
    later: int = 0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Counterexample:
    """An attempt over which a verifier fails; its calls and its answer are all it takes to repeat.

    Attributes:
        case: The attempt.
        mode: Which of the task's verifiers fails.
        got: What it said: `complete`, `others`, or the kind of its fault.
        what: The failure in a sentence.
    """

    case: Case
    mode: VerifierMode
    got: Literal["complete", "others", "evidence"] | FaultKind
    what: str


@dataclass(frozen=True, slots=True)
class TaskAudit:
    """What was found out about one task.

    Attributes:
        task_idx: Its number.
        task: Its sentence.
        verdict: What it came to.
        reason: Why, in a sentence.
        modes: The modes of the verifiers it has.
        passed: How many cases of each kind its verifiers got right.
        tried: How many cases of each kind there were.
        counterexamples: Where a verifier failed.
        calls: How many calls the oracle makes; None without an oracle.
        state_hash: Of the oracle's end state.
        volatile: Why columns of the tables that the oracle changes are not compared, by
            `table.column`.
    """

    task_idx: int
    task: str
    verdict: TaskVerdict
    reason: str
    modes: tuple[VerifierMode, ...] = ()
    passed: Mapping[CaseKind, int] = field(default_factory=dict)
    tried: Mapping[CaseKind, int] = field(default_factory=dict)
    counterexamples: tuple[Counterexample, ...] = ()
    calls: int | None = None
    state_hash: str | None = None
    volatile: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class WorldAudit:
    """What was found out about one world.

    Attributes:
        world: Its normalised name.
        scenario: Its name as it was written.
        description: What it is about.
        alive: Whether it comes to life and has tools.
        problems: Everything wrong with it that is not about single tasks.
        faults: What its tools did that no tool should do; in `problems` too.
        tools: How many it has.
        tables: How many tables.
        calls: How many calls were made to try its tools.
        tasks: Its tasks, in order.
        seconds: How long the audit took.
    """

    world: str
    scenario: str
    description: str
    alive: bool
    problems: tuple[Problem, ...]
    faults: tuple[ToolFault, ...] = ()
    tools: int = 0
    tables: int = 0
    calls: int = 0
    tasks: tuple[TaskAudit, ...] = ()
    seconds: float = 0.0

    @cached_property
    def verdicts(self) -> Counter[TaskVerdict]:
        """How many tasks came to what."""
        return Counter(task.verdict for task in self.tasks)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that are more than warnings."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def grade(self) -> Grade:
        """The world's grade; `GRADES` says what each means."""
        if not self.alive:
            return "F"
        if self.errors or self.verdicts["unsound"] or self.verdicts["blocked"]:
            return "D"
        proven = self.verdicts["proven"]
        if not self.tasks or 2 * proven < len(self.tasks):
            return "C"
        return "A" if proven == len(self.tasks) else "B"

    def meets(self, requirement: Requirement) -> bool:
        """Whether the world is as good as is asked for."""
        if not self.alive:
            return False
        if requirement == "proven":
            return bool(self.tasks) and self.verdicts["proven"] == len(self.tasks)
        return not (self.verdicts["unsound"] or self.verdicts["blocked"])


@dataclass(frozen=True)
class Audit:
    """What was found out about the worlds of a folder.

    Attributes:
        folder: Where they are.
        problems: What is wrong with the folder itself.
        worlds: The worlds, in its order.
        seed: What the choice of arguments and near misses was derived from.
        seconds: How long it took.
    """

    folder: str
    problems: tuple[Problem, ...]
    worlds: tuple[WorldAudit, ...]
    seed: int
    seconds: float

    def __iter__(self) -> Iterator[WorldAudit]:
        return iter(self.worlds)

    @cached_property
    def verdicts(self) -> Counter[TaskVerdict]:
        """How many tasks came to what, over all worlds."""
        return sum((world.verdicts for world in self.worlds), Counter[TaskVerdict]())

    @cached_property
    def grades(self) -> Counter[Grade]:
        """How many worlds have which grade."""
        return Counter(world.grade for world in self.worlds)

    def meets(self, requirement: Requirement) -> bool:
        """Whether every world is as good as is asked for."""
        return all(world.meets(requirement) for world in self.worlds)
