"""The model as an agent, which plays oracles, and as judges, of which one knows them."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from awm.errors import LLMAnswerError
from awm.llm import find_json
from awm.testing.known import KnownWorld, Place, as_text
from awm.types import JsonObject, ToolCall
from awm.verify.facts import Fact, extract_facts, missing_facts
from awm.worlds.oracle import Solution

__all__ = ["judgement", "material_in", "next_turn", "plan_weighed"]

_BLOCK: Final = re.compile(
    r"^===== (\w+) begin: ([^\n]+) =====\n(.*?)\n===== \1 end: \2 =====$", re.DOTALL | re.MULTILINE
)
_BY_REWARD: Final = ("agent_error", "partial", "complete")
_UNREAD: Final = "<tool_result>\nError: "
"""How an agent is told that there was no call to be made in what it said, or none of a tool."""
_ERROR: Final = "Error"
"""How every answer of a tool begins that refused a call or failed."""


def next_turn(place: Place, turns: Sequence[tuple[str, str]]) -> str:
    """What the agent does next: the next call of the oracle that it has not made, or the answer.

    Args:
        place: The task.
        turns: What it said so far, each with what it was told then. Calls that are none of the
            oracle's, or could not be read by whoever was to make them, are as if they had not been.
    """
    world, number = place
    solution = world.oracles[number].solution
    made = 0
    read = (said for said, told in turns if not told.startswith(_UNREAD))
    for call in (call for said in read for call in _calls_in(said)):
        if made < len(solution.calls) and call == solution.calls[made]:
            made += 1
    if made == len(solution.calls):
        return as_text({"thought": "Everything is done.", "answer": solution.answer or ""})
    call = solution.calls[made]
    thought = f"Step {made + 1} of {len(solution.calls)}: {call.name.replace('_', ' ')}."
    return as_text({"thought": thought, "call": {"name": call.name, "arguments": call.arguments}})


def material_in(shown: str) -> dict[str, Any]:
    """The parts of what a judge is shown, by name; see `awm.verify.material`."""
    return {found[2]: _value(found[3]) for found in _BLOCK.finditer(shown)}


def judgement(material: JsonObject, places: Sequence[Place]) -> str:
    """What an honest judge says of an attempt, who knows how the task is done.

    Args:
        material: The parts of what it was shown.
        places: The tasks with that sentence.
    """
    record = material.get("record of what the agent did")
    calls = list(_calls(record))
    succeeded = list(_succeeded(record))
    answer = material.get("final answer")
    outcomes = [
        _outcome(world, solution, succeeded, answer)
        for world, number in places
        for solution in world.oracles[number].solutions
    ]
    outcome = max(outcomes, key=_BY_REWARD.index, default="agent_error")
    quoted = list(dict.fromkeys(call.name for call in calls))[:2]
    return as_text({"reason": _REASONS[outcome], "evidence": quoted, "classification": outcome})


def plan_weighed(material: JsonObject) -> str:
    """What a judge of plans says who goes by how many turns went wrong.

    Args:
        material: The parts of what it was shown.
    """
    record = material.get("record of what the agent did")
    turns = record if isinstance(record, list) else []
    acted = [turn for turn in turns if isinstance(turn, dict) and turn.get("tool_calls")]
    failed = [turn for turn in acted if str(turn.get("tool_response")).startswith(_ERROR)]
    grade = (3 if not failed else 0 if len(failed) == len(acted) else 2) if acted else None
    weighed = {
        "reason": f"Of {len(acted)} turns with calls {len(failed)} failed.",
        "turns": [turn.get("turn") for turn in failed],
        "grade": grade,
    }
    return as_text({"plan_quality": weighed, "plan_adherence": weighed})


_REASONS: Final = {
    "complete": "The record shows every change that the task takes, and the answer is right.",
    "partial": "Part of what the task takes is in the record; a change or the answer is not right.",
    "agent_error": "The record shows nothing of what the task takes.",
}


def _outcome(
    world: KnownWorld, solution: Solution, succeeded: Sequence[ToolCall], answer: Any
) -> str:
    wanted = [
        call
        for number, call in enumerate(solution.calls)
        if number not in solution.refused and call.name not in world.reads
    ]
    changes = [call for call in succeeded if call.name not in world.reads]
    answered = not _missing(solution, answer)
    if changes == wanted and answered:
        return "complete"
    begun = any(call in changes for call in wanted)
    told = solution.answer is not None and answered
    return "partial" if begun or told else "agent_error"


def _missing(solution: Solution, answer: Any) -> Sequence[Fact]:
    """The facts that an answer lacks."""
    if solution.answer is None:
        return ()
    facts = (
        extract_facts(solution.answer)
        if solution.facts is None
        else tuple(Fact(wordings) for wordings in solution.facts)
    )
    return missing_facts(facts, answer if isinstance(answer, str) else None)


def _succeeded(record: Any) -> Iterator[ToolCall]:
    """The calls of the turns whose tools did not answer with an error."""
    for turn in record if isinstance(record, list) else ():
        if isinstance(turn, dict) and not str(turn.get("tool_response")).startswith(_ERROR):
            yield from _calls(turn.get("tool_calls"))


def _calls_in(text: str) -> Iterator[ToolCall]:
    try:
        written = find_json(text)
    except LLMAnswerError:
        return  # there is none: the turn was an answer, or a slip
    for found in written:
        yield from _calls(found.value)


def _calls(written: Any) -> Iterator[ToolCall]:
    """The calls anywhere in JSON, in order: objects with a name and arguments."""
    if isinstance(written, list):
        for each in written:
            yield from _calls(each)
    elif isinstance(written, dict):
        call = _call(written)
        if call is not None:
            yield call
            return
        for each in written.values():
            yield from _calls(each)


def _call(written: dict[str, Any]) -> ToolCall | None:
    name, arguments = written.get("name"), written.get("arguments")
    if not isinstance(name, str) or "arguments" not in written:
        return None
    if isinstance(arguments, str):
        arguments = _value(arguments)
    return ToolCall(name, arguments if isinstance(arguments, dict) else {})


def _value(text: str) -> Any:
    """JSON, or the text where it is none: what is long is shown with gaps."""
    try:
        return json.loads(text)
    except ValueError:
        return text
