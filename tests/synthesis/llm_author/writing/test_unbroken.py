"""Answers that break off: what there is of them counts, and that they do is told first."""

from awm.llm import Reply
from awm.synthesis.llm_author.writing.environments import EnvironmentStage
from awm.synthesis.llm_author.writing.tasks import TaskStage
from awm.worlds import WorldFile
from tests.conftest import HEADER
from tests.synthesis.llm_author.writing.drafting import (
    TASKS,
    as_json,
    correction,
    fenced,
    library,
    notes,
    written,
)

WHOLE = as_json({"tasks": list(TASKS)})
CUT = WHOLE[: WHOLE.index("Which of my loans") - 3]


async def test_json_that_breaks_off_is_asked_for_again_in_fewer_words(runtime):
    made, questions = await written(TaskStage(), runtime, library(), [CUT, WHOLE])
    first, *_ = (line for line in correction(questions).splitlines() if line.startswith("- "))
    assert "it breaks off before its end" in first
    assert made.value[WorldFile.TASKS][0]["tasks"] == list(TASKS)
    assert made.is_sound


async def test_what_there_is_of_it_counts_where_nothing_better_comes(runtime):
    made, _ = await written(TaskStage(), runtime, library(), [CUT, CUT])
    assert made.value[WorldFile.TASKS][0]["tasks"] == list(TASKS[:3])
    assert not made.is_sound


async def test_code_that_reached_its_limit_is_told_so_though_it_compiles(runtime):
    half = HEADER[: HEADER.index('@app.get("/notes"')]
    answers = [Reply(f"```python\n{half}", finish_reason="length"), fenced(HEADER)]
    made, questions = await written(EnvironmentStage(), runtime, notes(), answers)
    assert "it breaks off before its end" in correction(questions)
    assert "lacks endpoints of the interface: list_notes" in correction(questions)
    assert made.is_sound


async def test_whole_json_counts_though_prose_behind_it_was_cut(runtime):
    reply = Reply(f"{WHOLE}\nI hope that th", finish_reason="length")
    made, questions = await written(TaskStage(), runtime, library(), [reply])
    assert len(questions) == 1
    assert made.is_sound
