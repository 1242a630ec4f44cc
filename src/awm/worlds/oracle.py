"""An oracle: the sequence of tool calls that solves a task, and what to answer then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from awm.types import JsonObject, ToolCall

__all__ = ["Oracle", "Solution"]


@dataclass(frozen=True, slots=True)
class Solution:
    """One way to solve a task.

    Attributes:
        calls: What to call, in order. Tools only, never SQL.
        refused: The positions in `calls` of those that the world is expected to refuse.
        answer: What to say in the end; None where the task asks for no answer.
        facts: What the answer has to contain, each as a tuple of wordings of which one is enough;
            None where that is left to be read from `answer`.
    """

    calls: tuple[ToolCall, ...]
    refused: frozenset[int] = frozenset()
    answer: str | None = None
    facts: tuple[tuple[str, ...], ...] | None = None


@dataclass(frozen=True, slots=True)
class Oracle:
    """How a task is solved, from a row of `gen_oracle.jsonl`.

    Attributes:
        task_idx: The task's number in the world, counted from 0.
        solution: The reference.
        alternatives: Other solutions that count as much, with other end states or answers.
        state_hash: The state that the reference reaches, if it was recorded.
    """

    task_idx: int
    solution: Solution
    alternatives: tuple[Solution, ...] = ()
    state_hash: str | None = None

    @classmethod
    def from_row(cls, row: JsonObject) -> "Oracle":
        """Read a sound row (see `awm.worlds.shapes`)."""
        return cls(
            task_idx=row["task_idx"],
            solution=_solution(row),
            alternatives=tuple(_solution(other) for other in row.get("alternatives") or ()),
            state_hash=row.get("state_hash"),
        )

    @property
    def solutions(self) -> tuple[Solution, ...]:
        """The reference and its alternatives."""
        return (self.solution, *self.alternatives)


def _solution(row: Mapping[str, Any]) -> Solution:
    calls = row["calls"]
    return Solution(
        calls=tuple(ToolCall(call["tool"], call.get("arguments") or {}) for call in calls),
        refused=frozenset(place for place, call in enumerate(calls) if call.get("refused")),
        answer=row.get("answer"),
        facts=_facts(row.get("facts")),
    )


def _facts(written: Sequence[str | Sequence[str]] | None) -> tuple[tuple[str, ...], ...] | None:
    if written is None:
        return None
    return tuple((fact,) if isinstance(fact, str) else tuple(fact) for fact in written)
