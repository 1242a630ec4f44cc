"""A model that says what it is told to, for tests and demonstrations."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from awm.errors import LLMError
from awm.llm.question import Question, Reply

__all__ = ["ScriptedAnswer", "ScriptedLLM"]

ScriptedAnswer: TypeAlias = str | Reply | Exception
"""What to answer: a text, a whole reply, or an exception to raise."""


class ScriptedLLM:
    """Answers from a script.

    Args:
        script: The answers in order; or a function that makes each from its question.

    Attributes:
        questions: What was asked, in order.
    """

    def __init__(
        self, script: Iterable[ScriptedAnswer] | Callable[[Question], ScriptedAnswer]
    ) -> None:
        self._answer = script if callable(script) else _in_order(iter(script))
        self.questions: list[Question] = []

    async def ask(self, question: Question) -> Reply:
        """Return the next answer of the script.

        Raises:
            LLMError: There is none left.
            Exception: Whatever the script says.
        """
        self.questions.append(question)
        answer = self._answer(question)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Reply) else Reply(answer, model="scripted")

    async def aclose(self) -> None:
        """Do nothing: there is nothing to give back."""


def _in_order(answers: Iterator[ScriptedAnswer]) -> Callable[[Question], ScriptedAnswer]:
    def answer(_: Question) -> ScriptedAnswer:
        return next(answers, LLMError("the script has no answer left."))

    return answer
