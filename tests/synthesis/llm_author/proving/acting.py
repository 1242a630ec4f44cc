"""A model that plays every part of a proof from a script, and small worlds for it to play in."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from awm.llm import Question, Reply, ScriptedLLM
from awm.runtime import Runtime, VerifierPool
from awm.synthesis.llm_author.stage import Bench, Choices, Draft
from awm.worlds import WorldFile
from tests.audit.tasked import TOOLS, deciding, gathering
from tests.conftest import make_world

WAKEN = """
asleep = True

@app.post("/waken", operation_id="waken")
async def waken(title: str):
    global asleep
    if asleep:
        asleep = False
        raise HTTPException(503, "still asleep")
    return await add_note(title)
"""
"""A tool that fails the first time: what was reached with it cannot be reached without failing."""

MILK = 'Add a note that says "milk".'
BREAD = 'Add a note that says "bread".'
COUNT = "How many notes are there?"

MILK_CODE = deciding('sorted(after) == ["first", "milk"]')
BREAD_CODE = deciding('sorted(after) == ["bread", "first"]')
COUNT_CODE = deciding('before == after and "1" in answer.split()')
LAX = deciding('len(after) > len(before) or "1" in answer')
EVERYTHING = deciding("True")
NOTHING = deciding("False")
EVIDENCE = gathering("[before, after]")


def draft_of(*tasks: str, code: Mapping[int, str] | None = None, tools: str = "") -> Draft:
    """The world of notes with tasks, and verifiers for some of them."""
    made = make_world(TOOLS + tools)
    programs = {WorldFile.VERIFIER_CODE: code or {}}
    programs[WorldFile.VERIFIER_SQL] = dict.fromkeys(code or {}, EVIDENCE)
    rows = {
        part: [
            {"scenario": made.name, "task_idx": idx, "task": tasks[idx]}
            | {"verification": {"code": text}}
            for idx, text in listed.items()
        ]
        for part, listed in programs.items()
    }
    listed = {"scenario": made.scenario, "tasks": list(tasks)}
    return Draft(dict(made.records)).with_records({WorldFile.TASKS: [listed], **rows})


def call(name: str, **arguments: Any) -> str:
    return json.dumps({"thought": "", "call": {"name": name, "arguments": arguments}})


def answer(text: str = "") -> str:
    return json.dumps({"thought": "", "answer": text})


ADD_MILK = (call("add_note", title="milk"), answer())
ADD_BREAD = (call("add_note", title="bread"), answer())
COUNT_NOTES = (call("list_notes"), answer("There is 1 note."))


def fenced(code: str) -> str:
    return f"```python\n{code}\n```"


def complete(material: str) -> str:
    return "complete"


@dataclass
class Model:
    """Plays all parts.

    Attributes:
        verifiers: What it writes when it is asked for a verifier, by task and mode: in order, and
            the last of them again and again.
        runs: The moves of each try, by task.
        judge: What it calls an attempt, from the material.
        asked: The questions, in the order in which they came, by their prompt.
    """

    verifiers: Mapping[tuple[int, str], Sequence[str | Exception]] = field(default_factory=dict)
    runs: Mapping[int, Sequence[Sequence[str | Exception]]] = field(default_factory=dict)
    judge: Callable[[str], str | Exception] = complete
    asked: list[tuple[str, Question]] = field(default_factory=list)
    _counts: Counter[tuple[int, str]] = field(default_factory=Counter)
    _tries: Counter[int] = field(default_factory=Counter)

    def __call__(self, question: Question) -> str | Reply | Exception:
        found = re.match(r"awm prompt (\w+) v\d", question.messages[0].content)
        part = found[1] if found else "judge"
        self.asked.append((part, question))
        material = question.messages[1].content
        if part == "judge":
            said = self.judge(material)
            verdict = {"reason": "I looked.", "evidence": [], "classification": said}
            return said if isinstance(said, Exception) else json.dumps(verdict)
        number = re.search(r'<task number="(\d+)">', material)
        assert number is not None
        idx = int(number[1])
        return self._move(idx, question) if part == "agent" else self._verifier(idx, part)

    def of(self, part: str) -> list[Question]:
        """The questions of one prompt."""
        return [question for asked, question in self.asked if asked == part]

    def _move(self, idx: int, question: Question) -> str | Exception:
        place = sum(message.role == "assistant" for message in question.messages)
        if not place:
            self._tries[idx] += 1
        tries = self.runs[idx]
        return tries[min(self._tries[idx], len(tries)) - 1][place]

    def _verifier(self, idx: int, part: str) -> str | Exception:
        mode = part.removeprefix("verifier_")
        script = self.verifiers[idx, mode]
        said = script[min(self._counts[idx, mode], len(script) - 1)]
        self._counts[idx, mode] += 1
        return said if isinstance(said, Exception) or "```" in said else fenced(said)


class OneModel:
    """A desk that hands out one model for everything."""

    def __init__(self, llm):
        self._llm = llm

    def model(self, stage, world):
        return self._llm


def bench_of(runtime: Runtime, pool: VerifierPool, model: Model, **choices: Any) -> Bench:
    return Bench(OneModel(ScriptedLLM(model)), runtime, pool, Choices(**{"tries": 2, **choices}))


def told(question: Question) -> str:
    """What a repair turn says is wrong; fails where the question is none."""
    assert [message.role for message in question.messages] == [
        "system",
        "user",
        "assistant",
        "user",
    ]
    return question.messages[-1].content
