"""Answers in a form: asked for, read, checked, and asked for again where they do not fit."""

import json
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from awm.errors import LLMAnswerError
from awm.llm.lenient import CUT_OFF
from awm.llm.model import LLM
from awm.llm.question import Message, Question, Reply
from awm.llm.repair import find_json

__all__ = ["Typed", "ask_typed", "faults_told"]

T = TypeVar("T", bound=BaseModel)

_QUOTED: Final = 200
_SENT_BACK: Final = 4_000
_FAULTS_NAMED: Final = 5
_BROKE_OFF: Final = "the answer broke off before its end; it may have been too long."


@dataclass(frozen=True, slots=True)
class Typed(Generic[T]):
    """An answer that fits.

    Attributes:
        value: What it says.
        repairs: What had to be mended in its JSON, as in `awm.llm.repair`.
        replies: Everything the model wrote for it, the answer last.
    """

    value: T
    repairs: tuple[str, ...]
    replies: tuple[Reply, ...]


async def ask_typed(llm: LLM, question: Question, model: type[T], attempts: int = 3) -> Typed[T]:
    """Ask for an answer in the form of a pydantic model.

    The answer is looked for in what the model writes, among thoughts, prose and code fences. If
    none fits, or several fit that differ, the model is told so and asked again. So it is where the
    answer broke off; one that fits nonetheless counts when there is no attempt left.

    Args:
        llm: Who is asked.
        question: What is asked; its messages say what form the answer is to have. Its schema is
            that of `model` if it has none.
        model: The form.
        attempts: How often to ask at most, from 1.

    Raises:
        LLMAnswerError: No answer fitted; quotes the beginning of the last one.
        LLMError: The model refuses the question, or cannot be reached.
    """
    schema = model.model_json_schema() if question.schema is None else question.schema
    asked = question = replace(question, schema=schema)
    replies: list[Reply] = []
    while True:
        reply = await llm.ask(asked)
        replies.append(reply)
        last = len(replies) >= attempts
        try:
            value, repairs = _read(reply.text, model)
        except LLMAnswerError as error:
            what = _BROKE_OFF if reply.finish_reason == "length" else error.message
            if last:
                raise _unfit(reply, what, len(replies)) from error
        else:
            if last or CUT_OFF not in repairs:
                return Typed(value, repairs, tuple(replies))
            what = _BROKE_OFF
        # The first question and the last answer only: a conversation of failures teaches them.
        asked = question.followed_by(*_correction(reply, what, schema))


def _read(text: str, model: type[T]) -> tuple[T, tuple[str, ...]]:
    fitting: list[tuple[T, tuple[str, ...]]] = []
    faults = ""
    for found in find_json(text):
        try:
            # As JSON: strict models take an enumeration's value there, and a list for a tuple.
            value = model.model_validate_json(json.dumps(found.value))
        except ValidationError as error:
            faults = faults_told(error)
        else:
            fitting.append((value, found.repairs))
    if not fitting:
        raise LLMAnswerError(f"the answer does not fit its schema: {faults}.")
    if any(value != fitting[0][0] for value, _ in fitting):
        raise LLMAnswerError("the text holds several answers that differ.")
    return fitting[-1]


def faults_told(error: ValidationError, most: int = _FAULTS_NAMED) -> str:
    """What does not fit a form, each by its place, so that a model can mend it.

    Args:
        error: What pydantic found.
        most: How many faults are named; the others are counted.
    """
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    named = [
        f"{'.'.join(map(str, fault['loc'])) or 'the whole'}: {fault['msg'].lower()}"
        for fault in faults[:most]
    ]
    more = len(faults) - len(named)
    return "; ".join([*named, f"and {more} more"] if more else named)


def _correction(reply: Reply, what: str, schema: object) -> tuple[Message, Message]:
    return (
        Message("assistant", reply.text[:_SENT_BACK]),
        Message(
            "user",
            f"That cannot be used: {what}\n"
            "Answer the question again with exactly one JSON object and nothing else. "
            f"It has to satisfy this JSON Schema:\n{json.dumps(schema)}",
        ),
    )


def _unfit(reply: Reply, what: str, attempts: int) -> LLMAnswerError:
    times = "once" if attempts == 1 else f"{attempts} times"
    model = reply.model or "the model"
    return LLMAnswerError(
        f"{model} gave no usable answer, asked {times}: {what} "
        f"Its last answer begins {reply.text[:_QUOTED]!r}.",
        "Another model, or one whose server holds answers to a schema, may do better.",
    )
