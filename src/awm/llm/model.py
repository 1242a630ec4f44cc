"""The one thing that everybody who asks a language model needs of it."""

from typing import Protocol

from awm.llm.question import Question, Reply

__all__ = ["LLM"]


class LLM(Protocol):
    """A language model: one question in, one answer out.

    Any number of questions may be asked at once. Whoever makes one closes it.
    """

    async def ask(self, question: Question) -> Reply:
        """Return the model's answer.

        Where whoever asks is cancelled before that, the `CancelledError` may have an
        `LLMUnavailableError` as its cause: what the server did in place of answering.

        Raises:
            LLMUnavailableError: It cannot be reached, or kept failing; trying later may help.
            LLMError: It refuses this question, and would again.
        """
        ...

    async def aclose(self) -> None:
        """Give back what it holds. It cannot be asked any more; closing twice is all right."""
        ...
