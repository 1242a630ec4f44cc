"""The stage `blueprint`: a model fills in a domain, part by part; all else follows from that."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, get_args

from awm.errors import BlueprintError, LLMAnswerError, Problem
from awm.llm import LLM, Question, Reply, find_json
from awm.synthesis.blueprints import DomainForm, ModuleForm
from awm.synthesis.catalogue import Catalogue, Recipe
from awm.synthesis.field_names import odd_names
from awm.synthesis.llm_author.blueprint.asking import Answer, Part
from awm.synthesis.llm_author.blueprint.parts import parts_for
from awm.synthesis.llm_author.blueprint.sketch import SMALL, Size, Sketch, Sort
from awm.synthesis.llm_author.blueprint.trial import composed, played, rehearsed
from awm.synthesis.llm_author.prompts import prompt
from awm.synthesis.llm_author.repairing import Checked, Written, write
from awm.synthesis.llm_author.stage import Bench, Choices, Draft, Records, StageName
from awm.synthesis.lots import lot_for
from awm.synthesis.planning import WorldPlan, style_by
from awm.worlds import WorldFile
from awm.worlds.names import normalise

__all__ = ["BlueprintStage"]

_CATEGORY: Final = "other"
_LONGEST_CATEGORY: Final = 40


@dataclass(frozen=True)
class BlueprintStage:
    """Has a domain filled in by a model, and plans a world of it.

    Attributes:
        size: How much the model is asked for.
        catalogue: The builtin author's, for capabilities and common vocabulary.
    """

    size: Size = SMALL
    catalogue: Catalogue = field(default_factory=Catalogue)
    name: StageName = "blueprint"

    async def __call__(self, bench: Bench, draft: Draft) -> Written[Records]:
        """Write the blueprint of a world.

        Returns:
            The row of its scenario with the blueprint and the plan, from which the builtin author
            makes the world.

        Raises:
            LLMAnswerError: What the model wrote does not come to a world.
            LLMError: It refuses, or cannot be reached.
        """
        llm = bench.desk.model(self.name, draft.title)
        category = _category(draft)
        sketch = Sketch(draft.title, draft.description)
        mended: list[str] = []
        problems: list[Problem] = []
        for part in parts_for(self.size):
            written = await self._write(part, sketch, category, llm, bench.choices)
            sketch = written.value
            mended += written.mended
            problems += written.problems
        try:
            plan, left_out = await asyncio.to_thread(
                self._planned, sketch, category, draft, bench.choices
            )
        except BlueprintError as error:
            raise LLMAnswerError(f"what was written comes to no world: {error}") from error
        row = {
            **draft.row(WorldFile.SCENARIO),
            "description": plan.description,
            "categories": _categories(draft),
            "builtin": plan.as_json(),
            **plan.own_blueprint(),
        }
        found = (*_told_once(problems), *left_out)
        return Written({WorldFile.SCENARIO: (row,)}, found, 1 + len(mended), tuple(mended))

    async def _write(
        self, part: Part, sketch: Sketch, category: str, llm: LLM, choices: Choices
    ) -> Written[Sketch]:
        told = {"title": sketch.title, "description": sketch.description}
        question = Question(
            prompt(f"blueprint_{part.name}").filled(**told, **part.told(sketch, self.size)),
            temperature=choices.temperature,
            max_tokens=choices.max_tokens,
            schema=part.schema(sketch, self.size),
            seed=choices.seed,
        )
        return await write(
            llm, question, _read, self._check(part, sketch, category), choices.attempts
        )

    def _check(
        self, part: Part, sketch: Sketch, category: str
    ) -> Callable[[Answer], Awaitable[Checked[Sketch]]]:
        async def check(answer: Answer) -> Checked[Sketch]:
            taken, problems = part.take(sketch, self.size, answer)
            if any(problem.severity == "error" for problem in problems):
                usable = _is_whole(taken)
                return Checked(taken if usable else None, tuple(problems))
            try:
                made = await asyncio.to_thread(composed, taken, category, self.catalogue)
            except BlueprintError as error:
                return Checked(None, (*error.problems, *problems))
            wrong = [replace(each, severity="error") for each in made.left_out if part.free]
            return Checked(made.sketch, (*wrong, *problems, *(() if part.free else made.left_out)))

        return check

    def _planned(
        self, sketch: Sketch, category: str, draft: Draft, choices: Choices
    ) -> tuple[WorldPlan, tuple[Problem, ...]]:
        """The plan of the world, and what had to be left out of it or is missing."""
        made = played(composed(sketch, category, self.catalogue), category, self.catalogue)
        plan = self._plan(made.form, draft, choices)
        found = rehearsed(plan, self.catalogue, choices.tasks)
        return plan, (*found.problems, *made.left_out)

    def _plan(self, form: DomainForm, draft: Draft, choices: Choices) -> WorldPlan:
        return WorldPlan(
            seed=choices.seed,
            index=_index(draft.title),
            title=draft.title,
            description=" ".join(draft.description.split()),  # plans are told in one line
            category=_categories(draft)[0],
            recipe=self._recipe(form, choices.seed),
            style=style_by(lot_for(choices.seed, form.domain, "style")),
            today=choices.clock.date(),
        )

    def _recipe(self, form: DomainForm, seed: int) -> Recipe:
        """The domain, with a few capabilities that go with it; they add tables and tools."""
        lot = lot_for(seed, form.domain, "blueprint")
        fitting = [
            name
            for name in self.catalogue.capabilities
            if self.catalogue.needs(name) <= set(form.roles)
        ]
        recipe = Recipe(form.domain, form=form)
        for name in lot.sample(fitting, len(fitting)):
            if len(recipe.capabilities) >= self.size.capabilities:
                break
            larger = replace(recipe, capabilities=(*recipe.capabilities, name))
            recipe = larger if self._goes(larger) else recipe
        parts: list[ModuleForm | DomainForm] = [
            form,
            *(self.catalogue.capability(name, form) for name in recipe.capabilities),
        ]
        options = [
            (name, lot.choice(values)) for part in parts for name, values in part.options.items()
        ]
        return replace(recipe, options=tuple(options))

    def _goes(self, recipe: Recipe) -> bool:
        """Whether a capability and the domain do not want the same names."""
        try:
            return not any(odd_names(self.catalogue.blueprint(recipe)))
        except BlueprintError:
            return False


def _is_whole(sketch: Sketch) -> bool:
    """Whether there is somebody to serve, somebody who works, and something to do."""
    return all(map(sketch.sorted, get_args(Sort)))


def _read(reply: Reply) -> Mapping[str, Any]:
    """The object in an answer."""
    for found in reversed(find_json(reply.text)):
        if isinstance(found.value, dict):
            return found.value
    raise LLMAnswerError("there is no JSON object in it.")


def _index(title: str) -> int:
    """A number of its own for each scenario, whatever others there are."""
    return int.from_bytes(hashlib.sha256(title.encode()).digest()[:4], "big")


def _category(draft: Draft) -> str:
    """The scenario's first category as a name."""
    name = normalise(_categories(draft)[0])[:_LONGEST_CATEGORY].strip("_")
    return name if name[:1].isalpha() else _CATEGORY


def _categories(draft: Draft) -> list[str]:
    return list(map(str, draft.row(WorldFile.SCENARIO).get("categories") or [_CATEGORY]))


def _told_once(problems: list[Problem]) -> tuple[Problem, ...]:
    return tuple(dict.fromkeys(problems))
