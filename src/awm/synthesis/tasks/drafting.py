"""Making up a task of a given sort, and about as hard as is wanted."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from awm.synthesis.tasks.clerk import Clerk, Unfindable
from awm.synthesis.tasks.correcting import correction
from awm.synthesis.tasks.deciding import conditional
from awm.synthesis.tasks.declining import decline
from awm.synthesis.tasks.gist import gist_of
from awm.synthesis.tasks.picking import bulk, choice
from awm.synthesis.tasks.questions import question
from awm.synthesis.tasks.request import Branch, Clause, Draft, Part, TaskKind, sort_of
from awm.synthesis.tasks.scene import Scene
from awm.synthesis.tasks.workflows import workflow
from awm.verify.facts import Fact, missing_facts

__all__ = ["draft", "tells_answer"]

_Maker = Callable[[Scene, Clerk], Part | None]
_MAKERS: Final[Mapping[TaskKind, _Maker]] = {
    "question": question,
    "workflow": workflow,
    "bulk": bulk,
    "choice": choice,
    "correction": correction,
    "conditional": conditional,
    "decline": decline,
}
_COMPANY: Final[Mapping[TaskKind, tuple[TaskKind, ...]]] = {
    "question": ("question",),
    "workflow": ("workflow", "correction", "bulk", "choice"),
    "bulk": ("bulk", "correction", "workflow", "choice"),
    "choice": ("workflow", "choice", "bulk"),
    "correction": ("workflow", "correction"),
    "conditional": ("workflow", "choice", "correction"),
    "decline": (),
}
"""What else a task of a sort may ask for."""

_HEDGED: Final = 0.2
_MOST_QUESTIONS: Final = 4
_MANY: Final = 5
"""Clauses after which nothing else is asked for."""


def draft(scene: Scene, kind: TaskKind, parts: int = 1) -> Draft | None:
    """Make up a task.

    Args:
        scene: Where.
        kind: What sort of task.
        parts: How many things are asked for, one after the other.

    Returns:
        None if nothing came of it, so that another is tried.
    """
    clerk = scene.clerk()
    made: list[Part] = []
    try:
        for place in range(parts):
            sorts = _COMPANY[kind] if place else (kind,)
            if not sorts or sum(len(each.clauses) for each in made) > _MANY:
                break
            scene.gist = gist_of(clerk.books, clerk.mentioned) or scene.gist
            before = len(clerk.calls)
            part = _MAKERS[scene.lot.choice(sorts)](scene, clerk)
            if part is None and len(clerk.calls) > before:
                return None  # something was done that nobody asks for
            if part is None:
                break
            if sum(len(each.answers) for each in (*made, part)) > _MOST_QUESTIONS:
                return None  # nobody asks so much at once
            made.append(part)
    except Unfindable:
        return None
    return _finished(scene, kind, clerk, made) if made else None


def _finished(scene: Scene, kind: TaskKind, clerk: Clerk, parts: list[Part]) -> Draft | None:
    clauses = [clause for part in parts for clause in part.clauses]
    answers = [answer for part in parts for answer in part.answers]
    if not all(_worded(clause) for clause in clauses) or not _distinct(answers):
        return None
    if not answers and clerk.books.same_as(clerk.initial):
        return None  # what was done was undone again
    acts = kind not in ("question", "decline") and not answers
    return Draft(
        kind=kind,
        clauses=tuple(clauses),
        calls=tuple(clerk.calls),
        refused=frozenset(clerk.refused),
        hidden=clerk.hidden,
        branches=sum(part.decisions for part in parts),
        answer=" ".join(sentence for sentence, _ in answers) or None,
        facts=tuple(wordings for _, wordings in answers) or None,
        end=clerk.books,
        # What is asked for where it is refused must not tell that it will be.
        quotes_rule=kind == "decline" or (acts and scene.lot.random() < _HEDGED),
        signature=repr([(call.name, call.arguments) for call in clerk.calls]),
    )


def _distinct(answers: list[tuple[str, tuple[str, ...]]]) -> bool:
    """Whether no two answers are of one sort, so that they cannot be taken for one another."""
    return len({sort_of(wordings[0]) for _, wordings in answers}) == len(answers)


def tells_answer(made: Draft) -> bool:
    """Whether a fact of the answer stands in the request already."""
    facts = [Fact(wordings) for wordings in made.facts or ()]
    if not facts:
        return False
    texts = dict.fromkeys(text for clause in made.clauses for text in _texts_of(clause))
    return len(missing_facts(facts, "; ".join(texts))) < len(facts)


def _texts_of(clause: Clause) -> Iterator[str]:
    if isinstance(clause, Branch):
        yield from clause.conditions
        for do in (*clause.yes, *clause.no):
            yield from do.texts
    else:
        yield from clause.texts


def _worded(clause: Clause) -> bool:
    if isinstance(clause, Branch):
        return bool(clause.conditions) and all(_worded(do) for do in (*clause.yes, *clause.no))
    return bool(clause.texts)
