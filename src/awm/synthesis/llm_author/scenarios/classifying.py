"""Scenarios are judged: how well each suits, and which groups it belongs to.

They are judged in batches, and the answer is held to their names and to the closed list of groups.
Whatever a model leaves out, however often it is asked, stays unclassified; nobody makes up a level.
"""

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from awm.errors import LLMAnswerError, LLMError, LLMRefusedError, Problem
from awm.llm import LLM, Question
from awm.synthesis.llm_author.answers import Classified, SuitabilityAnswer, json_as
from awm.synthesis.llm_author.prompts import prompt
from awm.synthesis.llm_author.repairing import Checked, write
from awm.synthesis.llm_author.scenarios.groups import GROUPS, OTHER, group_of, told_groups
from awm.synthesis.llm_author.scenarios.scenario import Scenario, Suitability
from awm.synthesis.llm_author.together import together
from awm.types import JsonObject
from awm.worlds.names import normalise

__all__ = ["Classifier", "Judged"]

_DESCRIBED: Final = 1_500
"""How much of a description is shown, in characters."""
_MOST_GROUPS: Final = 2
_NEAR: Final = 3

_Found: TypeAlias = Mapping[str, Scenario]
"""Classified scenarios by their keys."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of scenarios that were to be classified.

    Attributes:
        scenarios: In the order in which they were given; None for those that were left out.
        failures: Why batches could not be classified at all.
        mended: How many further attempts it took.
    """

    scenarios: tuple[Scenario | None, ...]
    failures: tuple[LLMError, ...] = ()
    mended: int = 0


@dataclass(frozen=True, slots=True)
class Classifier:
    """Has scenarios judged.

    Attributes:
        llm: By whom.
        batch: How many it is shown at once, from 1.
        attempts: How often it is asked for a batch until all of it is classified, from 1.
        max_tokens: How long an answer may be.
    """

    llm: LLM
    batch: int = 10
    attempts: int = 4
    max_tokens: int | None = None

    async def classify(self, scenarios: Sequence[Scenario]) -> Judged:
        """Judge them, all batches at once.

        Args:
            scenarios: Of different names.

        Raises:
            LLMError: The model cannot be asked, whatever the question.
        """
        starts = range(0, len(scenarios), self.batch)
        batches = [scenarios[start : start + self.batch] for start in starts]
        parts = await together(self._batch(batch) for batch in batches)
        return Judged(
            tuple(scenario for part in parts for scenario in part.scenarios),
            tuple(failure for part in parts for failure in part.failures),
            sum(part.mended for part in parts),
        )

    async def _batch(self, scenarios: Sequence[Scenario]) -> Judged:
        wanted = {scenario.key: scenario for scenario in scenarios}

        async def check(answer: SuitabilityAnswer) -> Checked[_Found]:
            return _checked(answer, wanted)

        question = self._question(scenarios)
        try:
            written = await write(
                self.llm, question, json_as(SuitabilityAnswer), check, self.attempts
            )
        except LLMAnswerError as error:
            return Judged((None,) * len(scenarios), (error,), self.attempts - 1)
        except LLMRefusedError as error:
            return Judged((None,) * len(scenarios), (error,))
        found = written.value
        return Judged(
            tuple(found.get(scenario.key) for scenario in scenarios), (), written.attempts - 1
        )

    def _question(self, scenarios: Sequence[Scenario]) -> Question:
        schema = _schema([scenario.name for scenario in scenarios])
        messages = prompt("classify").filled(
            groups=told_groups(),
            scenarios="\n".join(map(_told, scenarios)),
            schema=json.dumps(schema, ensure_ascii=False, separators=(",", ":")),
        )
        return Question(messages, temperature=0.0, max_tokens=self.max_tokens, schema=schema)


def _told(scenario: Scenario) -> str:
    described = " ".join(scenario.description.split())[:_DESCRIBED] or "(no description)"
    return f"- {scenario.name}: {described}"


def _schema(names: Sequence[str]) -> JsonObject:
    """The schema of an answer about these scenarios and no others, as narrow as it can be said."""
    schema: dict[str, Any] = SuitabilityAnswer.model_json_schema()
    one = schema["$defs"][Classified.__name__]
    one["properties"]["name"] |= {"enum": list(names)}
    groups = {"type": "string", "enum": list(GROUPS)}
    one["properties"]["categories"] |= {"items": groups, "maxItems": _MOST_GROUPS}
    schema["properties"]["scenarios"] |= {"minItems": len(names), "maxItems": len(names)}
    for each in (schema, one):
        each |= {"additionalProperties": False, "required": list(each["properties"])}
    return schema


def _checked(answer: SuitabilityAnswer, wanted: Mapping[str, Scenario]) -> Checked[_Found]:
    """See that every scenario is there, and in groups of the list."""
    found: dict[str, Scenario] = {}
    problems: list[Problem] = []
    for each in answer.scenarios:
        scenario = wanted.get(normalise(each.name))
        if scenario is None or scenario.key in found:
            continue
        problems += [_no_group(scenario, word) for word in each.categories if not group_of(word)]
        found[scenario.key] = _classified(scenario, each)
    missing = [scenario.name for key, scenario in wanted.items() if key not in found]
    if missing:
        problems.insert(0, _missing(missing))
    return Checked(found or None, tuple(problems))


def _classified(scenario: Scenario, found: Classified) -> Scenario:
    groups = dict.fromkeys(filter(None, map(group_of, found.categories))) or {OTHER: None}
    return scenario.classified(
        tuple(groups)[:_MOST_GROUPS],
        Suitability(
            found.suitability_level,
            found.suitability_score,
            found.suitability_reasoning,
            tuple(found.simulatable_features),
            tuple(found.non_simulatable_features),
        ),
    )


def _missing(names: Sequence[str]) -> Problem:
    what = f"there is nothing about {', '.join(map(repr, names))}"
    return Problem("", "scenarios", what, "Names have to be exactly as they were given.")


def _no_group(scenario: Scenario, word: str) -> Problem:
    near = difflib.get_close_matches(word.lower(), GROUPS, _NEAR, 0.3) or [OTHER]
    what = f"{word!r} is none of the groups"
    return Problem("", f"categories of {scenario.name!r}", what, f"Near it: {', '.join(near)}.")
