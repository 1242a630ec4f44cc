"""What the tests of the stages share: drafts, a desk with one model, and what it was asked."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, cast

from awm.llm import LLM, Question, Reply, ScriptedLLM
from awm.runtime import Runtime, VerifierPool
from awm.synthesis.catalogue import Catalogue
from awm.synthesis.drafts import drafted_tasks
from awm.synthesis.llm_author.prompts import prompt
from awm.synthesis.llm_author.repairing import Written
from awm.synthesis.llm_author.stage import Bench, Choices, Draft, Records, Stage
from awm.synthesis.manuscript import Manuscript
from awm.synthesis.planning import WorldPlan
from awm.worlds import WorldFile
from tests.conftest import make_world

NO_POOL = cast("VerifierPool", None)  # none of these stages runs a verifier
CHOICES = Choices(tasks=4, attempts=2, clock=datetime(2026, 2, 2, 9, tzinfo=UTC))

_USERS = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE);"
_TOOLS = (
    "CREATE TABLE tools (id INTEGER PRIMARY KEY, name TEXT NOT NULL,"
    " status TEXT NOT NULL CHECK (status IN ('free', 'out')));"
)
_LOANS = (
    "CREATE TABLE loans (id INTEGER PRIMARY KEY, tool_id INTEGER NOT NULL REFERENCES tools(id),"
    " user_id INTEGER NOT NULL REFERENCES users(id), due_on TEXT NOT NULL);"
)
LIBRARY = (_USERS, _TOOLS, _LOANS)
TASKS = (
    "Extend my loan of the 'Bosch drill' to 20 March 2026.",
    "How many tools are out today?",
    "Hand out the 'Hilti saw' to Priya Nair until 14 March 2026.",
    "Which of my loans is due first? Tell me the tool and the date.",
)


class OneModel:
    """A desk at which one model answers for every stage."""

    def __init__(self, llm: LLM) -> None:
        self._llm = llm

    def model(self, stage: str, world: str) -> LLM:
        return self._llm


async def written(
    stage: Stage, runtime: Runtime, draft: Draft, answers: Iterable[str | Reply], **choices: Any
) -> tuple[Written[Records], list[Question]]:
    """What a stage makes of these answers, and what it asked."""
    llm = ScriptedLLM(answers)
    chosen = Choices(**{**_plain(CHOICES), **choices})
    made = await stage(Bench(OneModel(llm), runtime, NO_POOL, chosen), draft)
    return made, llm.questions


def correction(questions: Sequence[Question]) -> str:
    """What the second question says is wrong with the first answer."""
    assert len(questions) == 2
    return questions[1].messages[-1].content


def whole_draft(plan: WorldPlan, catalogue: Catalogue) -> Draft:
    """All that the builtin author writes for a plan, up to the code."""
    manuscript = Manuscript(plan, catalogue)
    drafted = drafted_tasks(plan, manuscript.surface, manuscript.books)
    tasks = [each.texts[0] for each in islice(drafted, CHOICES.tasks)]
    row = {"scenario": plan.title, "tasks": tasks}
    return Draft({part: tuple(rows) for part, rows in manuscript.records.items()}).with_records(
        {WorldFile.TASKS: [row]}
    )


def library(*ddl: str, tasks: Sequence[str] = TASKS) -> Draft:
    """The draft of a small tool library with this schema, or with its own."""
    tables = [{"name": text.split()[2], "ddl": text} for text in ddl or LIBRARY]
    name = "Tool Library"
    return Draft(
        {
            WorldFile.SCENARIO: ({"name": name, "description": "Neighbours lend tools."},),
            WorldFile.TASKS: ({"scenario": name, "tasks": list(tasks)},),
            WorldFile.DATABASE: ({"scenario": name, "db_schema": {"tables": tables}},),
        }
    )


def notes() -> Draft:
    """A draft whose interface are the two tools of the header: `add_note` and `list_notes`."""
    world = make_world(clock="2026-02-02T09:00:00Z")
    endpoints = [{"operation_id": "add_note"}, {"operation_id": "list_notes"}]
    spec = {"api_groups": [{"group_name": "Notes", "endpoints": endpoints}]}
    row = {"scenario": "Notes", "api_spec": spec}
    parts = (WorldFile.SCENARIO, WorldFile.DATABASE, WorldFile.SAMPLE)
    records = {part: world.records[part] for part in parts}
    return Draft(records).with_records({WorldFile.SPEC: [row]})


def as_json(answer: object) -> str:
    """An answer as a model writes it."""
    return json.dumps(answer)


def example_of(name: str) -> str:
    """The answer that a prompt shows, which is its last line."""
    return prompt(name).system.splitlines()[-1]


def fenced(code: str) -> str:
    """Code as a model writes it."""
    return f"```python\n{code}\n```"


def _plain(choices: Choices) -> dict[str, Any]:
    return {name: getattr(choices, name) for name in choices.__dataclass_fields__}
