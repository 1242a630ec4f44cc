"""The first stage: scenarios after seeds, as many as are wanted and no two alike.

Self-instruct (Wang et al., 2022): a model is shown some of what there is and asked for more; what
it proposes is told apart by name and meaning, judged, sorted into groups of limited size, and shown
to it in turn. Requests go out in waves. The questions of a wave depend on earlier waves only and
its answers are taken in order, so the scenarios are a function of the answers, whatever their
timing, and a run that was stopped asks the same questions again.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import ceil
from typing import Any, Final

from awm.errors import LLMAnswerError, Problem, UsageError
from awm.llm import LLM
from awm.synthesis.llm_author.scenarios.asking import Asking, Proposed, Sight
from awm.synthesis.llm_author.scenarios.classifying import Classifier, Judged
from awm.synthesis.llm_author.scenarios.groups import GROUPS
from awm.synthesis.llm_author.scenarios.novelty import (
    DiversityCheck,
    Drop,
    Embedder,
    Pool,
    Relaxation,
    Vectors,
)
from awm.synthesis.llm_author.scenarios.scenario import Scenario
from awm.synthesis.llm_author.scenarios.wish import Wish
from awm.synthesis.llm_author.together import together

__all__ = ["Invention", "Inventor"]

_RELAXATIONS: Final = 2
"""How often more is taken before a run gives up."""
_MUTE: Final = 12
"""After how many requests in a row without a usable answer a run gives up: that does not mend
itself."""


@dataclass(frozen=True, slots=True)
class Invention:
    """What happened while scenarios were invented.

    Attributes:
        seeds: How many seeds were taken.
        invented: How many new ones.
        waves: How many waves were asked.
        requests: How many requests for new ones these had.
        mended: How many further attempts answers took until they were sound.
        unusable: How many requests never got an answer that could be used.
        drops: How many candidates were not taken, by reason.
        relaxations: When more was taken, and what.
        checks: How much the scenarios differed: of the seeds, after every so many, and at the end.
        problems: Seeds that were passed over.
    """

    seeds: int = 0
    invented: int = 0
    waves: int = 0
    requests: int = 0
    mended: int = 0
    unusable: int = 0
    drops: Mapping[Drop, int] = field(default_factory=dict)
    relaxations: tuple[Relaxation, ...] = ()
    checks: tuple[DiversityCheck, ...] = ()
    problems: tuple[Problem, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A JSON object of all its parts."""
        return asdict(self)


class Inventor:
    """Invents scenarios, for one run.

    Args:
        llm: Who proposes and judges.
        embedder: Says what is alike.
        wish: What is wanted.
    """

    def __init__(self, llm: LLM, embedder: Embedder, wish: Wish) -> None:
        self._wish = wish
        self._pool = Pool(embedder, wish.embedding_similarity_threshold, wish.max_per_category)
        self._classifier = Classifier(llm, wish.classify_batch, wish.attempts, wish.max_tokens)
        self._asking = Asking(
            llm,
            wish.scenarios_per_request,
            wish.num_few_shot,
            wish.attempts,
            wish.temperature,
            wish.max_tokens,
            wish.seed,
        )
        self._counts: Counter[str] = Counter()
        self._relaxations: list[Relaxation] = []
        self._checks: list[DiversityCheck] = []
        self._problems: list[Problem] = []
        self._barren = 0
        self._mute = 0

    @property
    def invention(self) -> Invention:
        """What happened so far."""
        return Invention(
            **self._counts,
            drops=dict(self._pool.drops),
            relaxations=tuple(self._relaxations),
            checks=tuple(self._checks),
            problems=tuple(self._problems),
        )

    async def invent(self, seeds: Sequence[Scenario]) -> AsyncIterator[Scenario]:
        """Give the seeds that suit, and then new scenarios, until there are as many as wanted.

        Each is given as soon as it is found. Seeds of level low are left out, unless seeds are to
        be taken as they are. With `classify_only` all seeds are given, whatever their level, and
        nothing else.

        Raises:
            UsageError: There are no seeds, or none of them suits.
            LLMAnswerError: No more are found; says how many were.
            LLMError: The model or the embedder cannot be asked, whatever the question.
        """
        if not seeds:
            raise UsageError("There are no seeds to begin with.", "Name at least one scenario.")
        left = list(seeds)
        while left and (self._wish.classify_only or self._missing):
            size = self._seeds_at_once()
            part, left = left[:size], left[size:]
            for scenario in await self._seeds(part):
                yield scenario
        if self._wish.classify_only:
            return
        if not self._pool.scenarios:
            raise UsageError(
                f"None of the {len(seeds)} seeds suits: {self._problems[0]}",
                "Begin with applications whose records users create and change.",
            )
        self._look()
        while self._missing:
            for scenario in await self._wave():
                yield scenario

    @property
    def _missing(self) -> int:
        return self._wish.target_count - len(self._pool.scenarios)

    def _seeds_at_once(self) -> int:
        """No more than are needed are judged, as far as that can be known."""
        batch, most = self._wish.classify_batch, self._wish.num_parallel_requests
        batches = most if self._wish.classify_only else ceil(self._missing / batch)
        return batch * min(most, batches)

    async def _seeds(self, seeds: Sequence[Scenario]) -> list[Scenario]:
        new = {seed.key: seed for seed in reversed(seeds) if not self._pool.knows(seed)}
        ordered = [new.pop(seed.key) for seed in seeds if seed.key in new]
        judged = await self._judged_seeds(ordered)
        if self._wish.classify_only:
            for seed in judged:
                self._pool.turn_away(seed)  # a name that comes again is given once
            self._counts["seeds"] += len(judged)
            return judged
        suiting = [seed for seed in judged if self._suits(seed)][: self._missing]
        for seed, vector in zip(suiting, await self._pool.embed(suiting), strict=True):
            self._pool.take(seed, vector)
        self._counts["seeds"] += len(suiting)
        return suiting

    async def _judged_seeds(self, seeds: Sequence[Scenario]) -> list[Scenario]:
        """The seeds with what was found out about them, without those that were left out."""
        if self._wish.skip_classification:
            return list(seeds)
        asked = [seed for seed in seeds if seed.suitability is None]
        judged = await self._classifier.classify(asked)
        self._counts["mended"] += judged.mended
        if asked and not any(judged.scenarios):
            raise _unclassified(asked, judged)
        found = dict(zip([seed.key for seed in asked], judged.scenarios, strict=True))
        for seed in asked:
            if found[seed.key] is None:
                self._pass_over(seed, "it was left out when it was to be classified")
        results = (found.get(seed.key, seed) for seed in seeds)
        return [seed for seed in results if seed is not None]

    def _suits(self, seed: Scenario) -> bool:
        if self._wish.skip_classification or not seed.is_unsuitable:
            return True
        why = seed.suitability.reasoning if seed.suitability else ""
        self._pool.turn_away(seed)
        self._pass_over(seed, f"it suits little: {why}".rstrip(": "))
        return False

    def _pass_over(self, seed: Scenario, what: str) -> None:
        hint = "--skip_classification takes seeds as they are."
        self._problems.append(Problem(seed.key, "seed", what, hint, "warning"))

    async def _wave(self) -> list[Scenario]:
        """What one wave of requests brings."""
        wish, number = self._wish, self._counts["waves"]
        if number >= wish.max_total_iterations:
            raise self._given_up(f"after {number} waves --max_total_iterations is reached")
        count = min(wish.num_parallel_requests, ceil(self._missing / wish.scenarios_per_request))
        sight = self._sight()
        questions = [self._asking.question(sight, number, place) for place in range(count)]
        answers = await together(self._asking.proposed(sight, each) for each in questions)
        self._counts["waves"] += 1
        self._listen(answers)
        candidates = [scenario for answer in answers for scenario in answer.scenarios]
        admitted = await self._admitted(await self._pool.novel(candidates))
        self._counts["invented"] += len(admitted)
        self._go_on(brought=bool(admitted))
        if not self._missing or self._since_look >= wish.global_check_interval:
            self._look()
        return admitted

    def _sight(self) -> Sight:
        look, full = self._checks[-1], self._pool.full
        crowded = [group for group in GROUPS if group in full or group in look.over]
        return Sight(tuple(self._pool.scenarios), look.under, crowded)

    def _listen(self, answers: Sequence[Proposed]) -> None:
        """Count what came back; a model that never says anything usable is not asked for ever."""
        failures = [answer.failure for answer in answers if answer.failure is not None]
        self._counts["requests"] += len(answers)
        self._counts["unusable"] += len(failures)
        self._counts["mended"] += sum(answer.mended for answer in answers)
        self._mute = self._mute + len(failures) if len(failures) == len(answers) else 0
        if self._mute >= _MUTE:
            raise self._given_up(failures[-1].message)

    async def _admitted(self, fresh: Sequence[tuple[Scenario, Vectors]]) -> list[Scenario]:
        """Those that suit and whose groups have room, up to what is missing.

        No more are judged than are needed, as far as that can be known.
        """
        admitted: list[Scenario] = []
        left = list(fresh)
        while left and self._missing:
            size = self._wish.classify_batch * ceil(self._missing / self._wish.classify_batch)
            part, left = left[:size], left[size:]
            judged = await self._classifier.classify([scenario for scenario, _ in part])
            self._counts["mended"] += judged.mended
            for (candidate, vector), found in zip(part, judged.scenarios, strict=True):
                if self._missing and self._is_wanted(candidate, found) and found is not None:
                    self._pool.take(found, vector)
                    admitted.append(found)
        return admitted

    def _is_wanted(self, candidate: Scenario, found: Scenario | None) -> bool:
        drops = self._pool.drops
        if found is None:
            drops["unclassified"] += 1
        elif found.is_unsuitable:
            self._pool.turn_away(candidate)
            drops["unsuitable"] += 1
        elif not self._pool.has_room(found):
            drops["full"] += 1
        else:
            return True
        return False

    def _go_on(self, *, brought: bool) -> None:
        """After too many waves that brought nothing take more, and in the end give up."""
        self._barren = 0 if brought else self._barren + 1
        if self._barren < self._wish.max_stall_iterations:
            return
        if len(self._relaxations) == _RELAXATIONS:
            raise self._given_up(f"the last {self._barren} waves brought nothing new")
        self._relaxations.append(self._pool.relax())
        self._barren = 0

    @property
    def _since_look(self) -> int:
        return len(self._pool.scenarios) - self._checks[-1].count

    def _look(self) -> None:
        self._checks.append(self._pool.check(self._wish.seed))

    def _given_up(self, why: str) -> LLMAnswerError:
        dropped = ", ".join(f"{count} {drop}" for drop, count in self._pool.drops.most_common())
        found = f"{len(self._pool.scenarios)} of {self._wish.target_count} scenarios were found"
        return LLMAnswerError(
            f"{found}: {why.rstrip('.')} (not taken: {dropped or 'none'}).",
            "Other seeds, another model, a higher --embedding_similarity_threshold or "
            "--max_per_category may bring more; or ask for fewer with --target_count.",
        )


def _unclassified(seeds: Sequence[Scenario], judged: Judged) -> LLMAnswerError:
    why = judged.failures[0].message if judged.failures else "they were left out of every answer"
    return LLMAnswerError(
        f"None of the seeds {seeds[0].name!r} to {seeds[-1].name!r} could be classified: {why}",
        "Another model may do better; --skip_classification takes the seeds as they are.",
    )
