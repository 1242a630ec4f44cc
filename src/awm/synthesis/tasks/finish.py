"""From a clerk who is done to a draft."""

from collections.abc import Sequence

from awm.synthesis.tasks.clerk import Clerk
from awm.synthesis.tasks.request import Branch, Clause, Draft, TaskKind

__all__ = ["finished"]


def finished(
    kind: TaskKind,
    clerk: Clerk,
    clauses: Sequence[Clause],
    answers: Sequence[tuple[str, str]] = (),
    *,
    quotes_rule: bool = False,
) -> Draft | None:
    """The draft of a task that a clerk has worked through.

    Args:
        kind: What sort of task it is.
        clerk: Who did it.
        clauses: What was asked for.
        answers: What is to be said in the end: sentences, each with the fact in it.
        quotes_rule: Whether the instruction asks which rule is named if something is refused.

    Returns:
        None if a clause has no words.
    """
    if not clauses or not all(_worded(clause) for clause in clauses):
        return None
    return Draft(
        kind=kind,
        clauses=tuple(clauses),
        calls=tuple(clerk.calls),
        refused=frozenset(clerk.refused),
        hidden=clerk.hidden,
        branches=sum(isinstance(clause, Branch) for clause in clauses) + (kind == "choice"),
        answer=" ".join(sentence for sentence, _ in answers) or None,
        facts=tuple((fact,) for _, fact in answers) or None,
        end=clerk.books,
        quotes_rule=quotes_rule,
        signature=repr([(call.name, call.arguments) for call in clerk.calls]),
    )


def _worded(clause: Clause) -> bool:
    if isinstance(clause, Branch):
        return bool(clause.conditions) and all(_worded(do) for do in (*clause.yes, *clause.no))
    return bool(clause.texts)
