"""A journal of what models answered, so that nothing is asked and paid for twice.

An answer is found again by what was asked of which model, and by nothing else: SHA-256 of the
model's name and `Question.to_json()`. It is written down before anybody sees it, with no chance in
between to be interrupted. The same rows are the ledger: what was paid, by stage and world.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from awm.errors import AwmError, BudgetError, UsageError
from awm.llm.embeddings import Embedder, Vectors, for_batches, stacked
from awm.llm.journal_file import Entry, JournalFile
from awm.llm.ledger import Account, Budget, Ledger, Spent
from awm.llm.model import LLM
from awm.llm.prices import Price
from awm.llm.question import Question, Reply, Usage
from awm.settings import variable_of

__all__ = ["Journal", "JournalledEmbedder"]

_NO_LIMIT: Final = Budget()


@dataclass(frozen=True, slots=True)
class _Customer:
    """Who is asked, for what, and for how much."""

    name: str
    account: Account
    price: Price | None

    def asking(self, question: Question) -> "_Customer":
        """The same, on the account of the world that a question is for."""
        stage, world = self.account
        return replace(self, account=(stage, world or question.world))

    def entry(self, usage: Usage, seconds: float) -> Entry:
        """What an answer of so many tokens costs."""
        usd = None if self.price is None else self.price.cost(usage)
        tokens = (usage.prompt_tokens, usage.completion_tokens)
        return Entry(self.account, self.name, *tokens, seconds, usd)


class Journal:
    """Answers in a file; one process holds it at a time. It belongs to one event loop.

    What was spent counts over all processes that ever wrote to the file, so that whoever goes on
    after being killed goes on with the same budget.

    Args:
        path: The file; made where nothing is there.
        budget: How much may be spent.

    Raises:
        UsageError: The file is damaged, something else, in use, or cannot be opened.
    """

    def __init__(self, path: Path, budget: Budget = _NO_LIMIT) -> None:
        self._path = path
        self._file = JournalFile(path)
        self._budget = budget
        self._parts = self._file.spent()
        self._total = Ledger(self._parts).total
        self._unmeasured = False
        self._under_way: dict[str, asyncio.Future[AwmError | None]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def model(self, llm: LLM, *, name: str, stage: str, world: str, price: Price | None) -> LLM:
        """A model that answers from the journal what it can, and writes down what it is told.

        Args:
            llm: Who is asked what is not in the journal; closing what is returned leaves it open.
            name: Which model that is; a part of every question's key.
            stage: What its answers are for.
            world: Which world they are for; empty where each question says it (`Question.world`).
            price: What it costs; None where nobody knows.

        Raises:
            UsageError: There is a budget in USD, and nobody knows what the model costs.
        """
        self._has_price(name, price)
        return _JournalledLLM(self, _Customer(name, (stage, world), price), llm)

    def embedder(
        self, embedder: Embedder, *, stage: str, world: str, price: Price | None
    ) -> "JournalledEmbedder":
        """An embedder that takes from the journal what it can, and writes down what it is given.

        Args:
            embedder: Who is asked what is not in the journal; it is left open.
            stage: What the vectors are for.
            world: Which world they are for; empty where it is for none.
            price: What they cost; None where nobody knows.

        Raises:
            UsageError: There is a budget in USD, and nobody knows what the model costs.
        """
        self._has_price(embedder.name, price)
        customer = _Customer(embedder.name, (stage, world), price)
        return JournalledEmbedder(self, customer, embedder)

    def spent(self) -> Ledger:
        """What was spent, by stage and world."""
        return Ledger(dict(self._parts))

    def permit(self) -> None:
        """Do nothing as long as something may be asked; a `Gate` asks before each request.

        Raises:
            BudgetError: The budget is spent, or nobody knows how much of it.
        """
        if self._budget.is_limited and self._unmeasured:
            raise BudgetError(
                "the server does not say how many tokens its answers take, so that no budget can "
                "be kept.",
                "Leave the budget out, or ask a server that counts.",
            )
        if self._budget.is_spent(self._total):
            raise BudgetError(
                f"the budget is spent: {self._total.usd:,.4f} USD, {self._total.tokens:,} tokens.",
                f"{self._path} keeps every answer: raise {variable_of('llm_budget_usd')} and run "
                "it again, and it goes on from here.",
            )

    def close(self) -> None:
        """Let go of the file; closing twice is all right."""
        self._file.close()

    async def ask(self, customer: _Customer, llm: LLM, question: Question) -> Reply:
        """Find the answer, or ask for it; of several who ask the same at once, one does.

        Raises:
            BudgetError: There is none, and the budget is spent.
            UsageError: The file cannot be read or written.
        """
        key = _key(customer.name, question.to_json())
        while True:
            if (reply := self._file.answer(key)) is not None:
                self._add(customer.account, Spent(cached=1))
                return reply
            if (asking := self._under_way.get(key)) is None:
                return await self._ask_alone(key, customer, llm, question)
            # Shielded: who gives up waiting does not take it from the others.
            if (error := await asyncio.shield(asking)) is not None:
                raise error

    async def embed_all(
        self, customer: _Customer, embedder: Embedder, texts: Sequence[str]
    ) -> Vectors:
        """Find the vectors of texts, or ask for them: (N, D) in their order; (0, 0) of none.

        Raises:
            BudgetError: Some are not there, and the budget is spent.
            UsageError: The file cannot be read or written, or has vectors of other lengths.
        """
        keys = {text: _key(customer.name, text) for text in texts}
        known = self._file.vectors(keys.values())

        async def learn(batch: Sequence[str]) -> None:
            self.permit()
            began = time.perf_counter()
            embedded = await embedder.embed(batch)
            entry = customer.entry(embedded.usage, time.perf_counter() - began)
            rows = [vector.astype("<f4").tobytes() for vector in embedded.vectors]
            learnt = dict(zip((keys[text] for text in batch), rows, strict=True))
            self._file.add_vectors(entry, learnt.items())
            self._count(entry)
            known.update(learnt)

        await for_batches([text for text in keys if keys[text] not in known], learn)
        try:
            return stacked([np.frombuffer(known[keys[text]], dtype="<f4")[None] for text in texts])
        except ValueError as error:
            raise UsageError(
                f"{self._path} has vectors of {customer.name} of different lengths.",
                "Move it away: a new one is begun.",
            ) from error

    async def _ask_alone(
        self, key: str, customer: _Customer, llm: LLM, question: Question
    ) -> Reply:
        self.permit()
        asking: asyncio.Future[AwmError | None] = asyncio.get_running_loop().create_future()
        self._under_way[key] = asking
        failed: AwmError | None = None
        began = time.perf_counter()
        try:
            reply = await llm.ask(question)
            # No await from here on: whoever is cancelled has it written down, or not at all.
            entry = customer.entry(reply.usage, time.perf_counter() - began)
            self._file.add_answer(key, entry, question, reply)
            self._count(entry)
        except AwmError as error:
            failed = error
            raise
        finally:
            del self._under_way[key]
            asking.set_result(failed)  # None, too, when it was cancelled: the next in line asks
        return reply

    def _count(self, entry: Entry) -> None:
        self._add(entry.account, entry.spent)
        if not entry.spent.tokens and (entry.usd is None or self._budget.tokens is not None):
            self._unmeasured = True

    def _add(self, account: Account, spent: Spent) -> None:
        self._parts[account] = self._parts.get(account, Spent()) + spent
        self._total += spent

    def _has_price(self, name: str, price: Price | None) -> None:
        if price is None and self._budget.usd is not None:
            variables = (variable_of("llm_input_price"), variable_of("llm_output_price"))
            raise UsageError(
                f"nobody knows what {name} costs, so that no budget in USD can be kept.",
                f"Set {' and '.join(variables)} (USD per million tokens), or leave it out.",
            )


@dataclass(frozen=True, slots=True)
class _JournalledLLM:
    """A model behind a journal (see `LLM`)."""

    _journal: Journal
    _customer: _Customer
    _llm: LLM

    async def ask(self, question: Question) -> Reply:
        return await self._journal.ask(self._customer.asking(question), self._llm, question)

    async def aclose(self) -> None:
        """Do nothing: many share the model."""


@dataclass(frozen=True, slots=True)
class JournalledEmbedder:
    """An embedder behind a journal; `Journal.embedder` makes it."""

    _journal: Journal
    _customer: _Customer
    _embedder: Embedder

    async def embed_all(self, texts: Sequence[str]) -> Vectors:
        """The vectors of any number of texts: (N, D) in their order; (0, 0) of none.

        Raises:
            BudgetError: Some are not in the journal, and the budget is spent.
            LLMError: The model cannot be reached, or refuses.
            UsageError: The journal cannot be read or written.
        """
        return await self._journal.embed_all(self._customer, self._embedder, texts)


def _key(name: str, asked: Any) -> str:
    content = json.dumps([name, asked], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()
