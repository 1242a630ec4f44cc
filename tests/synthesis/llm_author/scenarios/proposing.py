"""A model that thinks up scenarios and judges them, and an embedder: functions of what is asked."""

import asyncio
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from awm.llm import Question, Reply, ScriptedLLM
from awm.synthesis.llm_author.scenarios.groups import GROUPS
from awm.synthesis.llm_author.scenarios.scenario import Scenario, Suitability
from awm.synthesis.lots import lot_for

DESCRIBED = "It keeps bookings, members and invoices, which clerks create, change and cancel daily."
FIELDS = tuple(GROUPS)[:-1]


def told(question: Question, tag: str) -> str:
    """What stands between tags in what is asked."""
    found = re.search(rf"<{tag}>\n?(.*?)\n?</{tag}>", question.messages[1].content, re.DOTALL)
    return found[1] if found else ""


def prompt_of(question: Question) -> str:
    """The name of the prompt."""
    return question.messages[0].content.split()[2]


def proposals(*names: str) -> str:
    """An answer that proposes scenarios of these names."""
    return json.dumps({"scenarios": [{"name": name, "description": DESCRIBED} for name in names]})


def thought_up(question: Question) -> str:
    """Propose as many as are wanted: other names for every question, and one that is taken."""
    lot = lot_for(question.key)
    count = int(told(question, "count"))
    names = [f"{lot.choice('KLMNP')} {lot.randrange(400)}" for _ in range(count)]
    return proposals(*names, *told(question, "examples").splitlines()[:1])


def asked_about(question: Question) -> list[str]:
    """The names that are to be judged."""
    return re.findall(r"^- (.*?): ", told(question, "scenarios"), re.MULTILINE)


def judgement(name: str, **other: object) -> dict[str, object]:
    """What is said about one: it suits, and its group follows from its name."""
    group = FIELDS[int(hashlib.sha256(name.encode()).hexdigest(), 16) % len(FIELDS)]
    return {
        "name": name,
        "suitability_level": "high",
        "suitability_score": 9,
        "suitability_reasoning": "Records change.",
        "categories": [group],
        "simulatable_features": ["bookings"],
        "non_simulatable_features": [],
        **other,
    }


def judgements(question: Question, **other: object) -> str:
    """An answer that judges all that are asked about alike."""
    return judged_by(lambda _: other)(question)


def judged_by(of: Callable[[str], dict[str, object]]) -> Callable[[Question], str]:
    """A judge that says of each name what a function of it says."""
    return lambda question: json.dumps(
        {"scenarios": [judgement(name, **of(name)) for name in asked_about(question)]}
    )


def model(
    propose: Callable[[Question], str | Reply | Exception] = thought_up,
    judge: Callable[[Question], str | Reply | Exception] = judgements,
) -> ScriptedLLM:
    """A model that does these two things."""
    return ScriptedLLM(
        lambda question: (propose if prompt_of(question) == "scenario" else judge)(question)
    )


class Slow:
    """A model whose answers take their turns in the loop, each as many as are drawn for it."""

    def __init__(self, llm: ScriptedLLM, turns: Iterator[int]) -> None:
        self.llm = llm
        self.turns = turns

    async def ask(self, question: Question) -> Reply:
        for _ in range(next(self.turns)):
            await asyncio.sleep(0)
        return await self.llm.ask(question)

    async def aclose(self) -> None:
        await self.llm.aclose()


class Words:
    """An embedder to which a text is its name, and all else counts for nothing."""

    threshold = 0.85

    async def embed_all(self, texts: Sequence[str]) -> np.ndarray:
        vectors = [meaning(text.partition(":")[0]) for text in texts]
        return np.stack(vectors) if vectors else np.empty((0, 0), dtype=np.float32)


def meaning(name: str) -> np.ndarray:
    """A vector of length 1; of different names it points elsewhere, in any case of letters."""
    digest = hashlib.sha256(name.lower().encode()).digest()
    vector = np.random.default_rng(list(digest)).standard_normal(128).astype(np.float32)
    return vector / np.linalg.norm(vector)


def seeds(*names: str, level: str | None = "high") -> list[Scenario]:
    """Seeds of these names, each judged already unless there is no level."""
    found = [Scenario(name, DESCRIBED) for name in names or [f"Seed {n}" for n in range(6)]]
    if level is None:
        return found
    return [
        each.classified((FIELDS[number % len(FIELDS)],), Suitability(level, 9))
        for number, each in enumerate(found)
    ]
