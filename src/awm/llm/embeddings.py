"""Texts as vectors, by a model behind an HTTP endpoint that speaks OpenAI's embeddings.

The protocol is that of https://platform.openai.com/docs/api-reference/embeddings/create: vectors
come as lists of numbers or as base64 of little-endian float32, which is a third as long.
"""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import SecretStr

from awm.llm.endpoint import Endpoint, embedding_endpoint
from awm.llm.gate import Gate
from awm.llm.patience import DEFAULT_PATIENCE, Patience
from awm.llm.posting import Poster, Sleep
from awm.llm.question import Usage
from awm.llm.refusals import is_about_the_question
from awm.llm.response import BadResponseError, Complaint, read_usage

__all__ = ["BATCH", "Embedded", "Embedder", "HttpEmbedder", "Vectors", "for_batches", "stacked"]

T = TypeVar("T")

Vectors: TypeAlias = NDArray[np.float32]
"""One vector a row, each of length 1: (N, D)."""

BATCH: Final = 64
"""How many texts are sent in one request."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """What came of some texts.

    Attributes:
        vectors: One row for each, in their order: (N, D).
        usage: What that took.
    """

    vectors: Vectors
    usage: Usage


class Embedder(Protocol):
    """Turns texts into vectors whose products tell how much they mean the same."""

    @property
    def name(self) -> str:
        """Which model it asks."""
        ...

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """The vectors of at most `BATCH` texts, and at least one.

        Raises:
            LLMError: The model cannot be reached, or refuses.
        """
        ...


class HttpEmbedder:
    """An embedding model on OpenAI or on any server that speaks its protocol.

    Args:
        base_url: With the version, such as `http://localhost:8000/v1`.
        key: None where none is needed.
        model: Which model.
        patience: How long a request may take.
        sleep: How to wait between attempts.
        gate: Shared with all who ask the same server; None for one of its own.

    Raises:
        UsageError: The URL or the key is none; or it is not on this machine, and nothing else may
            be asked.
    """

    def __init__(
        self,
        base_url: str,
        key: SecretStr | None,
        model: str,
        *,
        patience: Patience = DEFAULT_PATIENCE,
        sleep: Sleep = asyncio.sleep,
        gate: Gate | None = None,
    ) -> None:
        self._model = model
        self._poster = Poster(embedding_endpoint(base_url, key, model), patience, sleep, gate)
        self._takes_base64 = True

    @property
    def name(self) -> str:
        """Which model it asks."""
        return self._model

    @property
    def endpoint(self) -> Endpoint:
        """Where it is."""
        return self._poster.endpoint

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """The vectors of some texts, in one request (see `Embedder.embed`)."""
        request = _Request(self._model, texts, in_base64=self._takes_base64)
        embedded = await self._poster.send(request)
        self._takes_base64 &= request.in_base64
        return embedded

    async def embed_all(self, texts: Sequence[str]) -> Vectors:
        """The vectors of any number of texts: (N, D) in their order; (0, 0) of none.

        Raises:
            LLMError: The model cannot be reached, or refuses.
        """
        parts = await for_batches(texts, self.embed)
        return stacked([part.vectors for part in parts])

    async def aclose(self) -> None:
        """Close the connections."""
        await self._poster.aclose()


class _Request:
    """Some texts on their way."""

    __slots__ = ("_model", "_texts", "in_base64")

    def __init__(self, model: str, texts: Sequence[str], *, in_base64: bool) -> None:
        self._model = model
        self._texts = texts
        self.in_base64 = in_base64

    def body(self) -> bytes:
        # Servers refuse an empty text.
        body: dict[str, Any] = {
            "model": self._model,
            "input": [text or " " for text in self._texts],
        }
        if self.in_base64:
            body["encoding_format"] = "base64"
        return json.dumps(body, ensure_ascii=False).encode(errors="replace")

    def read(self, content: bytes) -> Embedded:
        return read_embeddings(content, len(self._texts))

    def mended(self, status: int, complaint: Complaint) -> bool:
        is_refused = "encoding_format" in complaint.whole or "base64" in complaint.whole
        if is_about_the_question(complaint) or not (self.in_base64 and is_refused):
            return False
        self.in_base64 = False
        return status in {400, 404, 422, 501}


async def for_batches(
    texts: Sequence[str], work: Callable[[Sequence[str]], Awaitable[T]]
) -> list[T]:
    """Do the same work for batches of texts, all at once.

    Returns:
        What came of each, in their order.

    Raises:
        Exception: What the work raised first; the rest is cancelled.
    """

    async def one(batch: Sequence[str]) -> T:
        return await work(batch)

    try:
        async with asyncio.TaskGroup() as group:
            starts = range(0, len(texts), BATCH)
            tasks = [group.create_task(one(texts[start : start + BATCH])) for start in starts]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


def stacked(parts: Sequence[Vectors]) -> Vectors:
    """Vectors below each other; (0, 0) where there are none.

    Raises:
        ValueError: They are not of one length.
    """
    return np.concatenate(parts) if parts else np.empty((0, 0), dtype=np.float32)


def read_embeddings(content: bytes, count: int) -> Embedded:
    """Read the body of a successful response.

    Args:
        content: The body.
        count: How many texts were sent.

    Raises:
        BadResponseError: It is something else, or not all of it.
    """
    try:
        body = json.loads(content)
        rows = {
            row.get("index", at): _vector(row["embedding"]) for at, row in enumerate(body["data"])
        }
        usage = read_usage(body.get("usage"))
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise BadResponseError("no embeddings") from error
    if set(rows) != set(range(count)) or len({len(row) for row in rows.values()}) > 1:
        raise BadResponseError(f"other embeddings than of {count} texts")
    vectors = np.stack([rows[at] for at in range(count)])
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and lengths.all()):
        raise BadResponseError("an embedding without a direction")
    return Embedded((vectors / lengths).astype(np.float32), usage)


def _vector(written: Any) -> NDArray[np.float64]:
    if isinstance(written, str):
        numbers = np.frombuffer(base64.b64decode(written, validate=True), dtype="<f4")
        return numbers.astype(np.float64)
    vector = np.array(written, dtype=np.float64)
    if vector.ndim != 1:
        raise TypeError(written)
    return vector
