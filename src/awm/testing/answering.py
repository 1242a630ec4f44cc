"""What the model server says: the answer to each prompt, from the worlds that it knows."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, Final

from awm.synthesis.catalogue import Catalogue
from awm.testing.asking import JUDGE, PLAN_JUDGE, Asked, MisaskedError
from awm.testing.chance import chosen, ordered
from awm.testing.known import KnownWorld, Place, as_text
from awm.testing.making import Library
from awm.testing.playing import judgement, material_in, next_turn, plan_weighed
from awm.testing.spoiling import FENCE
from awm.types import JsonObject
from awm.verify import VerifierMode
from awm.worlds.names import normalise

__all__ = ["Author"]

_PROPOSED: Final = 10
_WORD: Final = re.compile(r"[a-z]{3,}")
_BLUEPRINT: Final = "blueprint"


class Author:
    """Answers questions as a very good model would.

    Args:
        library: The worlds that it knows.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._by_prompt: Mapping[str, Callable[[Asked], Awaitable[str]]] = {
            "scenario": self._scenarios,
            "classify": self._classified,
            "task": self._tasks,
            "db": self._database,
            "sample": self._sample,
            "spec": self._spec,
            "env": self._code,
            "verifier_code": self._verifier_code,
            "verifier_sql": self._verifier_sql,
            "agent": self._agent,
            JUDGE: self._judge,
            PLAN_JUDGE: self._plan_judge,
        }

    async def answer(self, asked: Asked) -> str:
        """What is said; a greeting where none of our prompts is asked.

        Raises:
            MisaskedError: The question lacks what its prompt has to say.
            InfrastructureError: The world that it is about cannot be made.
        """
        prompt = asked.prompt
        if prompt.startswith(_BLUEPRINT):
            return self._blueprint(asked)
        answer = self._by_prompt.get(prompt)
        if answer is None:
            return "Hello. I answer the prompts of AWM."
        return await answer(asked)

    async def _scenarios(self, asked: Asked) -> str:
        """Plans that are not named in the question, as many as it asks for while there are any."""
        shown = f"{asked.tagged('examples')}\n{asked.tagged('taken')}"
        named = {normalise(line) for line in _names(shown)}
        wanted = asked.tagged("count").strip()
        rows = ordered(await self._library.proposals(), "proposals", asked.key)
        fresh = [row for row in rows if normalise(row["name"]) not in named]
        proposed = (fresh or rows)[: int(wanted) if wanted.isdigit() else _PROPOSED]
        return as_text(
            {
                "scenarios": [
                    {"name": row["name"], "description": row["description"]} for row in proposed
                ]
            }
        )

    async def _classified(self, asked: Asked) -> str:
        rows = {row["name"]: row for row in await self._library.proposals()}
        groups = _groups_of(asked)
        found = []
        for line in asked.lines("scenarios"):
            known = max((name for name in rows if line.startswith(name)), key=len, default="")
            name = known or line.partition(": ")[0]
            own = rows[known]["categories"][0].replace("_", " ") if known else ""
            group = own if own in groups else _category(f"{own} {line}", groups)
            found.append(_classification(name, group))
        return as_text({"scenarios": found})

    async def _tasks(self, asked: Asked) -> str:
        return as_text({"tasks": (await self._world(asked)).tasks})

    async def _database(self, asked: Asked) -> str:
        return (await self._world(asked)).database

    async def _sample(self, asked: Asked) -> str:
        return (await self._world(asked)).sample

    async def _spec(self, asked: Asked) -> str:
        return (await self._world(asked)).spec

    async def _code(self, asked: Asked) -> str:
        return _fenced((await self._world(asked)).code)

    async def _verifier_code(self, asked: Asked) -> str:
        return await self._verifier(asked, "code")

    async def _verifier_sql(self, asked: Asked) -> str:
        return await self._verifier(asked, "sql")

    async def _verifier(self, asked: Asked, mode: VerifierMode) -> str:
        world, number = await self._place(asked)
        return _fenced(world.verifiers[mode, number])

    async def _agent(self, asked: Asked) -> str:
        return next_turn(await self._place(asked), asked.turns)

    async def _judge(self, asked: Asked) -> str:
        material = material_in(asked.about)
        task = material.get("task")
        places = await self._library.holding(task) if isinstance(task, str) else ()
        return judgement(material, places)

    async def _plan_judge(self, asked: Asked) -> str:
        return plan_weighed(material_in(asked.about))

    def _blueprint(self, asked: Asked) -> str:
        # Imported late: the parts of a blueprint are asked for in one form of the author only.
        from awm.testing.blueprint_answers import answer_of  # noqa: PLC0415

        return answer_of(asked.prompt, asked.about, self._catalogue)

    @cached_property
    def _catalogue(self) -> Catalogue:
        return Catalogue()

    async def _world(self, asked: Asked) -> KnownWorld:
        if not asked.title:
            raise MisaskedError(f"the prompt {asked.prompt} says no <scenario>")
        return await self._library.world(asked.title)

    async def _place(self, asked: Asked) -> Place:
        """The task that a question is about, by its sentence; by its number if need be."""
        given, sentence = asked.task
        if asked.title:
            world = await self._library.world(asked.title)
            number = world.number(given, sentence)
            places = [] if number is None else [(world, number)]
        else:
            places = list(await self._library.holding(sentence))
        if not places:
            raise MisaskedError(f"the prompt {asked.prompt} is about no task that is known")
        return places[0]


def _names(shown: str) -> list[str]:
    """The names in lines that may be marks of a list, and may go on with a description."""
    lines = [line.strip().removeprefix("- ") for line in shown.splitlines() if line.strip()]
    return [part for line in lines for part in (line, line.partition(": ")[0])]


def _fenced(code: str) -> str:
    return f"{FENCE}python\n{code.strip()}\n{FENCE}"


def _classification(name: str, category: str) -> JsonObject:
    return {
        "name": name,
        "suitability_level": "high",
        "suitability_score": 9,
        "suitability_reasoning": "Its records are made, changed and looked up all day.",
        "categories": [category],
        "simulatable_features": ["records and their states", "rules about who may do what"],
        "non_simulatable_features": [],
    }


def _groups_of(asked: Asked) -> Sequence[str]:
    """The categories that a question allows: in the schema of its answer, or in its own list."""
    told = [line.partition(":")[0] for line in asked.lines("groups")]
    return _listed(asked.schema) or told or ("services",)


def _listed(schema: Any) -> Sequence[str]:
    """The enumeration of categories anywhere in a schema."""
    if isinstance(schema, list):
        schema = dict(enumerate(schema))
    if not isinstance(schema, dict):
        return ()
    own = schema.get("categories")
    items = own.get("items") if isinstance(own, dict) else None
    if isinstance(items, dict) and isinstance(items.get("enum"), list):
        return [str(name) for name in items["enum"]]
    return next((found for each in schema.values() if (found := _listed(each))), ())


def _category(about: str, groups: Sequence[str]) -> str:
    """The group whose words occur most in what is said; one by lot where none does."""
    words = set(_WORD.findall(about.lower()))
    best = max(groups, key=lambda group: len(words & _words(group)))
    return best if words & _words(best) else chosen(groups, "category", about)


@lru_cache(maxsize=256)
def _words(group: str) -> frozenset[str]:
    return frozenset(_WORD.findall(group.lower()))
