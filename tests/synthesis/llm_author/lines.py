"""Small worlds and small stages, for tests of what moves worlds through stages."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any

from awm.errors import Problem
from awm.llm import ScriptedLLM
from awm.synthesis.llm_author.repairing import Written
from awm.synthesis.llm_author.stage import Bench, Choices, Draft, Records, StageName
from awm.worlds import WorldFile

__all__ = ["FakeStage", "bench", "scenario", "streamed"]

PARTS = {"task": WorldFile.TASKS, "db": WorldFile.DATABASE, "sample": WorldFile.SAMPLE}


class OneDesk:
    """A desk with one model on it."""

    def __init__(self, llm: ScriptedLLM) -> None:
        self.llm = llm

    def model(self, stage: StageName, world: str) -> ScriptedLLM:
        return self.llm


def bench(llm: ScriptedLLM | None = None, **chosen: Any) -> Bench:
    """A bench for stages that run no code."""
    nobody: Any = None
    desk = OneDesk(llm or ScriptedLLM(()))
    return Bench(desk, runtime=nobody, pool=nobody, choices=Choices(**chosen))


def scenario(name: str) -> dict[str, Any]:
    return {"name": name, "description": f"About {name}."}


async def streamed(rows: Iterable[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
    for row in rows:
        yield row


class FakeStage:
    """Writes one row, or does what it is told to; remembers of which worlds."""

    def __init__(
        self,
        name: StageName,
        act: Callable[[Draft], None] = lambda _draft: None,
        problems: Sequence[Problem] = (),
        mended: Sequence[str] = (),
    ) -> None:
        self.name: StageName = name
        self.act = act
        self.problems = tuple(problems)
        self.mended = tuple(mended)
        self.seen: list[str] = []

    async def __call__(self, bench: Bench, draft: Draft) -> Written[Records]:
        self.seen.append(draft.title)
        self.act(draft)
        row = {"scenario": draft.title, "tasks": [f"{self.name} of {draft.title}"]}
        return Written({PARTS[self.name]: (row,)}, self.problems, 1 + len(self.mended), self.mended)
