"""The questions of a wave: what a model is shown when it is to think of new scenarios.

A wave is asked all at once. What each of its questions says depends on what earlier waves brought,
and on a lot that is drawn of the seed, the wave and the question's place in it; never on what was
answered first. A question is therefore the same whenever a run is repeated.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from awm.errors import LLMAnswerError, LLMError, LLMRefusedError, Problem
from awm.llm import LLM, Question
from awm.synthesis.llm_author.answers import ProposedScenario, ScenariosAnswer, json_as
from awm.synthesis.llm_author.prompts import prompt
from awm.synthesis.llm_author.repairing import Checked, write
from awm.synthesis.llm_author.scenarios.groups import GROUPS
from awm.synthesis.llm_author.scenarios.scenario import Scenario
from awm.synthesis.lots import lot_for
from awm.types import JsonObject

__all__ = ["Asking", "Proposed", "Sight"]

_SAMPLES: Final = 3
_TAKEN: Final = 120
_LATEST: Final = 20
_FOCUSED: Final = 0.7
_FOCUS: Final = 3
_SEEDS: Final = 1 << 31
_LEAST_SAID: Final = 60
_LONGEST_NAME: Final = 80
_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class Sight:
    """What the questions of a wave may depend on.

    Attributes:
        scenarios: All that were taken in earlier waves.
        under: Groups of which more are wanted.
        crowded: Groups of which no more are.
    """

    scenarios: Sequence[Scenario]
    under: Sequence[str] = ()
    crowded: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Proposed:
    """What came of one question.

    Attributes:
        scenarios: In the order of the answer.
        failure: Why there are none.
        mended: How many further attempts it took.
    """

    scenarios: tuple[Scenario, ...] = ()
    failure: LLMError | None = None
    mended: int = 0


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks a model for new scenarios.

    Attributes:
        llm: Who is asked.
        count: How many each question asks for, from 1.
        few_shot: How many examples each question shows.
        attempts: How often each is asked until half of what it asks for is new, from 1.
        temperature: How much answers vary.
        max_tokens: How long an answer may be.
        seed: Of everything that is drawn.
    """

    llm: LLM
    count: int
    few_shot: int
    attempts: int
    temperature: float
    max_tokens: int | None
    seed: int

    def question(self, sight: Sight, wave: int, place: int) -> Question:
        """One of the questions of a wave."""
        lot = lot_for(self.seed, "wave", wave, place)
        examples = _examples(sight.scenarios, self.few_shot, lot)
        schema = _schema(self.count)
        messages = prompt("scenario").filled(
            examples="\n".join(each.name for each in examples),
            samples="\n".join(_sample(each) for each in examples[:_SAMPLES]),
            taken="\n".join(_taken(sight.scenarios, examples, lot)),
            steering=_steering(sight, lot),
            count=str(self.count),
            schema=json.dumps(schema, separators=(",", ":")),
        )
        drawn = lot_for(self.seed, "sampling", wave, place).randrange(_SEEDS)
        return Question(messages, self.temperature, self.max_tokens, schema, drawn)

    async def proposed(self, sight: Sight, question: Question) -> Proposed:
        """What a model proposes; nothing where it gives no answer that can be used.

        Raises:
            LLMError: It cannot be asked, whatever the question.
        """
        known = frozenset(scenario.key for scenario in sight.scenarios)

        async def check(answer: ScenariosAnswer) -> Checked[tuple[Scenario, ...]]:
            return _checked(answer, known, self.count)

        try:
            written = await write(
                self.llm, question, json_as(ScenariosAnswer), check, self.attempts
            )
        except LLMAnswerError as error:
            return Proposed((), error, self.attempts - 1)
        except LLMRefusedError as error:
            return Proposed((), error)
        return Proposed(written.value, None, written.attempts - 1)


def _examples(scenarios: Sequence[Scenario], count: int, lot: Random) -> list[Scenario]:
    """Some of those that suit best, each of another group while there are groups left."""
    best = [each for each in scenarios if each.suitability and each.suitability.level == "high"]
    drawn = list(best or scenarios)
    lot.shuffle(drawn)
    met: dict[str, int] = {}
    turns: dict[int, int] = {}
    for number, each in enumerate(drawn):
        group = each.categories[0] if each.categories else ""
        turns[number] = met[group] = met.get(group, -1) + 1
    order = sorted(turns, key=lambda number: (turns[number], number))
    return [drawn[number] for number in order[:count]]


def _sample(scenario: Scenario) -> str:
    shown = {"name": scenario.name, "description": scenario.description}
    return json.dumps(shown, ensure_ascii=False)


def _taken(scenarios: Sequence[Scenario], examples: Sequence[Scenario], lot: Random) -> list[str]:
    """Names to stay away from: the latest, and as many of the others as there is place for."""
    shown = {each.key for each in examples}
    names = [each.name for each in scenarios if each.key not in shown]
    if len(names) <= _TAKEN:
        return names
    others = lot.sample(range(len(names) - _LATEST), _TAKEN - _LATEST)
    return [names[number] for number in sorted(others)] + names[-_LATEST:]


def _steering(sight: Sight, lot: Random) -> str:
    """Now and then a few groups to think of, and those that are not wanted any more."""
    parts = []
    wanted = [group for group in sight.under if group not in sight.crowded]
    if not wanted:
        wanted = [group for group in GROUPS if group not in sight.crowded]
    focus = lot.sample(wanted, min(_FOCUS, len(wanted)))
    if focus and lot.random() < _FOCUSED:
        told = "\n".join(f"{group}: {GROUPS[group]}" for group in focus)
        parts.append(f"Of these fields there are few; keep to them:\n<focus>\n{told}\n</focus>")
    if sight.crowded:
        told = "\n".join(sight.crowded)
        parts.append(f"Of these there are enough; none of them:\n<crowded>\n{told}\n</crowded>")
    return "\n".join(parts)


def _schema(count: int) -> JsonObject:
    schema = ScenariosAnswer.model_json_schema()
    one = schema["$defs"][ProposedScenario.__name__]
    schema["properties"]["scenarios"] |= {"minItems": count, "maxItems": count}
    for each in (schema, one):
        each |= {"additionalProperties": False, "required": list(each["properties"])}
    return schema


def _checked(
    answer: ScenariosAnswer, known: frozenset[str], count: int
) -> Checked[tuple[Scenario, ...]]:
    """The proposals that are well formed; it has to be mended where less than half are new."""
    formed: list[Scenario] = []
    problems: list[Problem] = []
    for each in answer.scenarios:
        scenario = Scenario(each.name, each.description)
        fault = _fault(scenario)
        if not fault:
            formed.append(scenario)
            fault = "that name is taken" if scenario.key in known else ""
        if fault:
            problems.append(Problem("", repr(each.name[:_LONGEST_NAME]), fault))
    new = len(answer.scenarios) - len(problems)
    if 2 * new >= count:
        return Checked(tuple(formed))
    few = f"{new} of the {count} that were asked for can be used"
    first = Problem("", "scenarios", few, "Think of others; keep what is not named here.")
    return Checked(tuple(formed) or None, (first, *_first_of_each(problems)))


def _fault(scenario: Scenario) -> str:
    if not scenario.key:
        return "a name needs Latin letters"
    if len(scenario.name) > _LONGEST_NAME:
        return f"a name has {_LONGEST_NAME} characters at most"
    if len(scenario.description) < _LEAST_SAID:
        return "the description says too little: what is recorded, by whom, and how it changes"
    return ""


def _first_of_each(problems: Sequence[Problem]) -> Iterator[Problem]:
    """Every kind of fault once, with all the names that it is found in."""
    for what in dict.fromkeys(problem.what for problem in problems):
        names = [problem.where for problem in problems if problem.what == what]
        yield Problem("", ", ".join(names[:_NAMED]), what)
