"""Ending a run for what no further question can mend: a budget that is spent, a key that is gone.

To an episode such an error is one like any other, and the next episode would meet it too. So the
model behind a `Halt` answers nobody any more once it came, and the work is cancelled.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from awm.errors import AwmError, BudgetError, LLMSetupError
from awm.llm import LLM, Question, Reply

__all__ = ["Halt"]

_FINAL: Final = (BudgetError, LLMSetupError)


class Halt:
    """Watches models, and ends the work that asks them. It belongs to one event loop."""

    def __init__(self) -> None:
        self._came = asyncio.Event()
        self._error: AwmError | None = None

    def over(self, llm: LLM) -> LLM:
        """The same model, watched; closing it leaves the model open."""
        return _Watched(self, llm)

    def end(self, error: AwmError) -> None:
        """Have the work end because of an error; of several the first counts."""
        self._error = self._error or error
        self._came.set()

    async def during(self, work: Coroutine[Any, Any, None]) -> None:
        """Do work, unless something ends it.

        Raises:
            AwmError: What ended it; the work was cancelled.
        """
        task = asyncio.ensure_future(work)
        halted = asyncio.ensure_future(self._came.wait())
        try:
            await asyncio.wait({task, halted}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            halted.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait({task})  # it puts away what it has in hand
        if not task.cancelled():
            task.result()
        if self._error is not None:
            raise self._error


class _Watched:
    def __init__(self, halt: Halt, llm: LLM) -> None:
        self._halt = halt
        self._llm = llm

    async def ask(self, question: Question) -> Reply:
        """Ask; does not return once nothing more can be asked."""
        try:
            return await self._llm.ask(question)
        except _FINAL as error:
            self._halt.end(error)
            await asyncio.Event().wait()  # until whoever asks is cancelled
            raise

    async def aclose(self) -> None:
        """Do nothing: whoever made the model closes it."""
