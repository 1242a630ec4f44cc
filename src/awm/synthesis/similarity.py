"""How much two descriptions mean the same, by an embedding model that comes with its package."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["SIMILAR", "Crowd", "Embedder", "StaticEmbedder", "Vector"]

Vector: TypeAlias = NDArray[np.float32]
"""An embedding of length 1."""

SIMILAR: Final = 0.53
"""Cosine from which two descriptions count as the same, of `StaticEmbedder`. A threshold belongs to
its model: over pairs of our descriptions none with less than this had a cosine of 0.85 under
all-MiniLM-L6-v2 (`benchmarks/synthesis.py` measures it again)."""


class Embedder(Protocol):
    """Turns texts into vectors whose products tell how much they mean the same."""

    def embed(self, text: str) -> Vector:
        """The vector of a text, of length 1."""
        ...


class StaticEmbedder:
    """WordLlama's static embeddings, 256 dimensions, without network and without torch."""

    def embed(self, text: str) -> Vector:
        """The vector of a text."""
        vector: Vector = np.asarray(self._model.embed([text], norm=True)[0], dtype=np.float32)
        return vector

    @cached_property
    def _model(self) -> Any:
        with _logging_as_it_is():
            import wordllama  # noqa: PLC0415 - it takes half a second

        # The weights are in the package; without this it would look for them in the network.
        folder = Path(wordllama.__file__).parent
        return wordllama.WordLlama.load(cache_dir=folder, disable_download=True)


@contextmanager
def _logging_as_it_is() -> Iterator[None]:
    """Keep a package from setting up logging for the whole process when it is imported."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


class Crowd:
    """The descriptions that are there already."""

    def __init__(self) -> None:
        self._vectors: Vector = np.empty((256, 256), dtype=np.float32)
        self._count = 0

    def nearest(self, vector: Vector) -> float:
        """The largest cosine with any of them; -1 if there is none."""
        if not self._count:
            return -1.0
        return float((self._vectors[: self._count] @ vector).max())

    def add(self, vector: Vector) -> None:
        """Add one."""
        if self._count == len(self._vectors):
            more = np.empty_like(self._vectors)
            self._vectors = np.concatenate([self._vectors, more])
        self._vectors[self._count] = vector
        self._count += 1
