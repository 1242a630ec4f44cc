"""How many scenarios somebody wants, and how they are to be found."""

from dataclasses import dataclass
from typing import Final

from awm.errors import UsageError
from awm.synthesis.llm_author.scenarios.groups import GROUPS

__all__ = ["Wish"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What scenarios are wanted; the names are those of the command line.

    Attributes:
        target_count: How many there are to be, seeds included.
        num_parallel_requests: How many requests a wave has at most.
        scenarios_per_request: For how many each asks.
        num_few_shot: How many examples each shows.
        classify_only: Judge the seeds and invent nothing.
        skip_classification: Take the seeds as they are.
        embedding_similarity_threshold: Above which cosine two are alike; None for the embedder's.
        max_per_category: How many of a group there are at most; seeds are taken in any case.
        global_check_interval: After how many new ones it is looked at how much all differ.
        max_stall_iterations: After how many waves in a row that bring nothing more is taken.
        max_total_iterations: After how many waves a run gives up.
        classify_batch: How many are judged at once.
        attempts: How often a request may be asked until its answer is sound.
        temperature: How much proposals vary.
        max_tokens: How long an answer may be; None leaves it to the server.
        seed: Of everything that is drawn.

    Raises:
        UsageError: The wish contradicts itself.
    """

    target_count: int = 1000
    num_parallel_requests: int = 5
    scenarios_per_request: int = 10
    num_few_shot: int = 8
    classify_only: bool = False
    skip_classification: bool = False
    embedding_similarity_threshold: float | None = None
    max_per_category: int = 80
    global_check_interval: int = 200
    max_stall_iterations: int = 10
    max_total_iterations: int = 1000
    classify_batch: int = 10
    attempts: int = 4
    temperature: float = 1.0
    max_tokens: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in _COUNTS:
            if getattr(self, name) < 1:
                raise UsageError(f"--{name} is {getattr(self, name)}.", "Give 1 or more.")
        self._check_threshold()
        if self.classify_only and self.skip_classification:
            raise UsageError(
                "--classify_only and --skip_classification contradict each other.",
                "Leave one of them out.",
            )
        room = len(GROUPS) * self.max_per_category
        if self.target_count > room:
            raise UsageError(
                f"--target_count {self.target_count} is more than the {room} that fit: "
                f"{self.max_per_category} in each of {len(GROUPS)} categories.",
                "Ask for fewer, or raise --max_per_category.",
            )

    def _check_threshold(self) -> None:
        threshold = self.embedding_similarity_threshold
        if threshold is not None and not 0 < threshold <= 1:
            raise UsageError(
                f"--embedding_similarity_threshold is {threshold:g}.", "Give more than 0, up to 1."
            )


_COUNTS: Final = (
    "target_count",
    "num_parallel_requests",
    "scenarios_per_request",
    "num_few_shot",
    "max_per_category",
    "global_check_interval",
    "max_stall_iterations",
    "max_total_iterations",
    "classify_batch",
    "attempts",
)
