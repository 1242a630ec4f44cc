"""The one repair loop: have something written, check it, say what is wrong with it, once more.

Every stage goes through `write`. The best that was written is kept with its problems written down;
if nothing could be used at all, that is an error and never an empty success.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeAlias, TypeVar

from awm.errors import LLMAnswerError, Problem
from awm.llm import LLM, Message, Question, Reply

__all__ = ["Check", "Checked", "Read", "Written", "write"]

M = TypeVar("M")
R = TypeVar("R")

_SENT_BACK: Final = 400_000
"""How much of an answer is sent back for mending, in characters."""
_PROBLEMS_NAMED: Final = 12
_BROKE_OFF: Final = "The answer broke off before its end: be briefer."


@dataclass(frozen=True, slots=True)
class Checked(Generic[R]):
    """What a check made of an answer.

    Attributes:
        value: What came of it; None where nothing can be made of it, and then an error says why.
        problems: What is wrong with it, most telling first. What is only a warning is told to the
            model when there is something to mend anyway, and is no reason to ask again.
    """

    value: R | None
    problems: tuple[Problem, ...] = ()

    @property
    def errors(self) -> int:
        """How many of the problems have to be mended."""
        return sum(problem.severity == "error" for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Written(Generic[R]):
    """Something that was written, the best of what was tried.

    Attributes:
        value: What.
        problems: What is still wrong with it.
        attempts: How often the model was asked.
        mended: What was wrong on the way, one line for each attempt that was not the last.
    """

    value: R
    problems: tuple[Problem, ...] = ()
    attempts: int = 1
    mended: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether nothing is left that has to be mended."""
        return all(problem.severity != "error" for problem in self.problems)


Read: TypeAlias = Callable[[Reply], M]
"""Reads an answer; raises `LLMAnswerError` where it has not the form that was asked for."""

Check: TypeAlias = Callable[[M], Awaitable[Checked[R]]]
"""Finds out what an answer is worth, by executing what it says."""


async def write(
    llm: LLM, question: Question, read: Read[M], check: Check[M, R], attempts: int
) -> Written[R]:
    """Have something written, and have it mended until it is sound.

    Each further attempt is shown the question, the last answer and what is wrong with it, and not
    the failures before that: a conversation of failures teaches them. It has a seed of its own: a
    model that repeats its last answer would else be asked the same again, and answer the same.
    Where the same is wrong again, the model does not see its answer any more, only what was wrong:
    small models copy what they see, faults included.

    Args:
        llm: Who writes.
        question: What is asked.
        read: Reads an answer.
        check: Says what it is worth.
        attempts: How often to ask at most, from 1.

    Raises:
        LLMAnswerError: Nothing that was written can be used.
        LLMError: The model refuses, or cannot be reached.
    """
    best: Checked[R] | None = None
    mended: list[str] = []
    asked = question
    number = 0
    while number < attempts:
        number += 1
        reply = await llm.ask(asked)
        found = await _checked(reply, read, check)
        if found.value is not None and (best is None or found.errors <= best.errors):
            best = found
        if not found.errors:
            break
        mended.append(str(found.problems[0]))
        again = _again(question, number)
        if mended[-1] in mended[:-1]:
            asked = _anew(again, found.problems)
        else:
            asked = again.followed_by(*_correction(reply, found.problems))
    if best is None or best.value is None:
        raise LLMAnswerError(
            f"{reply.model or 'the model'} wrote nothing that can be used, asked {number} times: "
            f"{mended[-1]}",
            "Another model, or more attempts with --max_retry, may do better.",
        )
    return Written(best.value, best.problems, number, tuple(mended[: number - 1]))


async def _checked(reply: Reply, read: Read[M], check: Check[M, R]) -> Checked[R]:
    try:
        answer = read(reply)
    except LLMAnswerError as error:
        what = _BROKE_OFF if reply.finish_reason == "length" else error.message
        return Checked(None, (Problem("", "the answer", what, error.hint),))
    return await check(answer)


def _again(question: Question, number: int) -> Question:
    return question if question.seed is None else replace(question, seed=question.seed + number)


def _anew(question: Question, problems: Sequence[Problem]) -> Question:
    """The question as if for the first time, with what to beware of."""
    *before, last = question.messages
    warned = (
        f"{last.content}\n\nAn earlier answer was of no use, because of this:\n"
        f"{_told(problems)}\n\nWrite another that does not make these mistakes."
    )
    return replace(question, messages=(*before, replace(last, content=warned)))


def _correction(reply: Reply, problems: Sequence[Problem]) -> tuple[Message, Message]:
    return (
        Message("assistant", reply.text[:_SENT_BACK]),
        Message(
            "user",
            f"This was tried, and does not do yet:\n{_told(problems)}\n\n"
            "Mend it and give the whole answer again, in the form that was asked for.",
        ),
    )


def _told(problems: Sequence[Problem]) -> str:
    named = [f"- {problem}" for problem in problems[:_PROBLEMS_NAMED]]
    if more := len(problems) - len(named):
        named.append(f"- and {more} more")
    return "\n".join(named)
