"""A task before it is put into words: what is asked for, clause by clause."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from awm.synthesis.dry import Books
from awm.types import ToolCall

__all__ = [
    "KINDS",
    "Branch",
    "Clause",
    "Do",
    "Draft",
    "Find",
    "Part",
    "TaskKind",
    "sort_of",
    "wordings_of",
]

TaskKind: TypeAlias = Literal[
    "question",  # something to find out that changes nothing
    "workflow",  # several steps that build on one another
    "bulk",  # the same for everything that fits
    "choice",  # what to do it to has to be picked by a criterion
    "correction",  # a record that is wrong
    "conditional",  # what to do depends on what is found
    "decline",  # what a rule forbids
]
KINDS: tuple[TaskKind, ...] = (
    "question",
    "workflow",
    "bulk",
    "choice",
    "correction",
    "conditional",
    "decline",
)


@dataclass(frozen=True, slots=True)
class Do:
    """Something to do: imperative clauses that say the same (`lend X to Y until Z`)."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Find:
    """Something to find out: noun phrases or indirect questions that say the same."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """If one of `conditions` (they say the same) holds, `yes`, otherwise `no`."""

    conditions: tuple[str, ...]
    yes: tuple[Do, ...]
    no: tuple[Do, ...]


Clause: TypeAlias = Do | Find | Branch


def sort_of(fact: str) -> str:
    """What sort of answer a fact is: money, a number, a date, or words."""
    if fact.lstrip("-").startswith("$"):
        return "money"
    if fact.lstrip("-").isdecimal():
        return "number"
    return "date" if fact[:1].isdigit() or fact[-4:].isdecimal() else "words"


def wordings_of(fact: str) -> tuple[str, ...]:
    """The ways in which a fact may be stated: an amount also in cents, as the tools have it."""
    if sort_of(fact) != "money":
        return (fact,)
    return (fact, f"{int(re.sub('[$,.]', '', fact))} cents")


@dataclass(frozen=True, slots=True)
class Part:
    """What one maker of tasks adds to a request.

    Attributes:
        clauses: What is asked for.
        answers: What is to be said in the end: sentences, each with the wordings of its fact.
        decisions: How much has to be decided by what is found.
    """

    clauses: tuple[Clause, ...]
    answers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    decisions: int = 0


@dataclass(frozen=True)
class Draft:
    """A task that was carried out on the dry books.

    Attributes:
        kind: What sort it is.
        clauses: What is asked for, in order.
        calls: The oracle.
        refused: Which of its calls are refused.
        hidden: How many rows had to be looked up.
        branches: How many decisions depend on what is found.
        answer: What to say in the end; None where no answer is asked.
        facts: What has to be in it, each with its wordings.
        end: The rows as they are then.
        quotes_rule: Whether the instruction asks which rule is named if something is refused.
        signature: What tells it from other tasks of the world, so that none is there twice.
    """

    kind: TaskKind
    clauses: Sequence[Clause]
    calls: tuple[ToolCall, ...]
    refused: frozenset[int]
    hidden: int
    branches: int
    answer: str | None
    facts: tuple[tuple[str, ...], ...] | None
    end: Books
    quotes_rule: bool
    signature: str

    @property
    def tools(self) -> frozenset[str]:
        """The tools that the oracle calls."""
        return frozenset(call.name for call in self.calls)
