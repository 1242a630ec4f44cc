"""How a stage has something written: through the one repair loop, minding answers that break off.

An answer that reached its limit may still be read: JSON is closed where it ends, and half a file
of code may compile. What there is of it counts where nothing better comes, and it is told to be
too long first of all, because everything else that is wrong with it follows from that.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from awm.errors import Problem
from awm.llm import Question, Reply, find_json
from awm.llm.lenient import CUT_OFF
from awm.synthesis.llm_author.repairing import Checked, Read, Written, write
from awm.synthesis.llm_author.stage import Bench, Draft, Records, StageName

__all__ = ["have_written"]

M = TypeVar("M")

_BROKE_OFF: Final = "it breaks off before its end, so the rest is missing"


@dataclass(frozen=True, slots=True)
class _Read(Generic[M]):
    """An answer, and whether there should have been more of it."""

    answer: M
    broke_off: bool


async def have_written(
    bench: Bench,
    draft: Draft,
    stage: StageName,
    question: Question,
    read: Read[M],
    check: Callable[[M], Awaitable[Checked[Records]]],
) -> Written[Records]:
    """Have a part of a world written and mended.

    Args:
        bench: Models and choices.
        draft: The world so far.
        stage: Which part; says which model is asked.
        question: What is asked; its answer is JSON if it has a schema.
        read: Reads an answer.
        check: Says what it is worth.

    Raises:
        LLMAnswerError: Nothing that was written can be used.
        LLMError: The model refuses, or cannot be reached.
    """

    def read_all(reply: Reply) -> _Read[M]:
        return _Read(read(reply), _breaks_off(reply, question))

    async def check_all(found: _Read[M]) -> Checked[Records]:
        checked = await check(found.answer)
        if not found.broke_off:
            return checked
        told = Problem(draft.name, "the answer", _BROKE_OFF, "say the same in fewer words")
        return Checked(checked.value, (told, *checked.problems))

    llm = bench.desk.model(stage, draft.name)
    return await write(llm, question, read_all, check_all, bench.choices.attempts)


def _breaks_off(reply: Reply, question: Question) -> bool:
    """Whether the end is missing. JSON shows it; of code only the server knows."""
    if question.schema is None:
        return reply.finish_reason == "length"
    return any(CUT_OFF in found.repairs for found in find_json(reply.text)[-1:])
