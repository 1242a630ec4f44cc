"""How a model server is set up."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from awm.errors import UsageError
from awm.synthesis.order import Order
from awm.testing.faults import Faults, Latency
from awm.testing.making import WorldSource

__all__ = ["MODELS", "Setup"]

MODELS = ("test-model", "text-embedding-3-large")
"""What a server's models are called unless somebody says otherwise."""


@dataclass(frozen=True, slots=True)
class Setup:
    """How a model server behaves.

    Attributes:
        worlds: Where the worlds come from that it writes: `builtin` ones are made and proven when
            they are first asked for, some 2 s each; `bundled` are the package's own, and need no
            making.
        seed: Of the builtin author's plans, which are what it proposes as scenarios.
        known: How many plans it knows.
        tasks: How many tasks a builtin world has; bundled ones have all theirs.
        cache: Where worlds are kept for the next time; None for a folder that is gone at the end.
        prepared: How many of the worlds are made before anything is answered.
        jobs: How many worlds are made at a time.
        faults: What goes wrong.
        latency: How long answers take.
        key: The key that requests have to carry; None where none is needed.
        models: The names of its models; requests for others are refused.
        context_tokens: How long question and answer may be together; None for any length.
        refused_words: A question with one of these words is refused, as for its content.
        allow_weak: Whether to make worlds where code cannot be jailed.

    Raises:
        UsageError: A number makes no sense.
    """

    worlds: WorldSource = "builtin"
    seed: int = 0
    known: int = 100
    tasks: int = 10
    cache: Path | None = None
    prepared: int = 0
    jobs: int = field(default_factory=lambda: os.cpu_count() or 1)
    faults: Faults = field(default_factory=Faults)
    latency: Latency = field(default_factory=Latency)
    key: str | None = None
    models: tuple[str, ...] = MODELS
    context_tokens: int | None = None
    refused_words: tuple[str, ...] = ()
    allow_weak: bool = False

    def __post_init__(self) -> None:
        if self.worlds not in ("builtin", "bundled"):
            raise UsageError(f"There are no {self.worlds!r} worlds.", "Say builtin or bundled.")
        if self.jobs < 1 or self.prepared < 0:
            raise UsageError("A model server makes worlds with 1 job or more, and not less than 0.")
        self.order()

    def order(self) -> Order:
        """What is ordered of the builtin author.

        Raises:
            UsageError: A number makes no sense.
        """
        return Order(count=self.known, seed=self.seed, tasks=self.tasks)
