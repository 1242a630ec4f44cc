"""The judge: a language model that weighs what a verifier program found.

Code-augmented LLM-as-a-judge: the program looks into the database, which a model cannot, and the
model weighs what it found against the task and the record of the attempt, which a program of a few
lines cannot. What it is told stands in `prompts/`; the number in the file's name goes up with every
change of what it says, because verdicts by different prompts cannot be compared.

The material comes from an agent and from an application, and either may try to talk to the judge:
see `awm.verify.material`.
"""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from awm.errors import AwmError, UsageError
from awm.llm import LLM, Message, Question, Typed, Usage, ask_typed
from awm.types import JsonObject
from awm.verify.material import Material
from awm.verify.verdict import Verdict, VerifierFault

__all__ = ["PROMPT", "Classification", "Judge"]

PROMPT: Final = "judge.v1"
"""The prompt that the judge is given, by its file's name in `prompts/`."""

Classification: TypeAlias = Literal["complete", "partial", "environment_error", "agent_error"]
"""What a judge can say."""

_BY_REWARD: Final[tuple[Classification, ...]] = (
    "complete",
    "partial",
    "environment_error",
    "agent_error",
)
"""The most rewarding first."""

_SYNONYMS: Final = {
    "completed": "complete",
    "incomplete": "partial",
    "partially_complete": "partial",
    "partially_completed": "partial",
    "server_error": "environment_error",
}
"""What other tools call an outcome."""

_LEAST_SHOWN: Final = 4_000


def _outcome(written: Any) -> Any:
    if not isinstance(written, str):
        return written
    name = re.sub(r"[\s-]+", "_", written.strip().lower())
    return _SYNONYMS.get(name, name)


def _quotes(written: Any) -> Any:
    quotes = [written] if isinstance(written, str) else written
    if not isinstance(quotes, list):
        return quotes
    return [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in quotes]


def _spelt_out(schema: dict[str, Any]) -> None:
    schema["additionalProperties"] = False
    schema["required"] = list(schema["properties"])


class _Answer(BaseModel):
    """What the judge is asked to write; its schema is stricter than what is accepted."""

    model_config = ConfigDict(title="judgement", json_schema_extra=_spelt_out)

    reason: str
    evidence: Annotated[list[str], BeforeValidator(_quotes)] = Field(default_factory=list)
    classification: Annotated[Classification, BeforeValidator(_outcome)]


@dataclass(frozen=True, slots=True)
class _Vote:
    """One answer of the judge, and which of its quotes are in the material; or why there is none.

    Attributes:
        seed: With which it was asked.
        answer: None where the vote is void.
        found: For each quote of the answer whether it occurs in the material.
        fault: Why the vote is void.
    """

    seed: int
    answer: Typed[_Answer] | None
    found: tuple[bool, ...] = ()
    fault: AwmError | None = None

    def to_json(self) -> dict[str, Any]:
        about = {"prompt": PROMPT, "seed": self.seed}
        if self.answer is None:
            return {"classification": None, "error": str(self.fault), **about}
        said, replies = self.answer.value, self.answer.replies
        usage = sum((reply.usage for reply in replies), Usage())
        return {
            "classification": said.classification,
            "reason": said.reason,
            "cited": [
                {"quote": quote, "found": found}
                for quote, found in zip(said.evidence, self.found, strict=True)
            ],
            "repairs": list(self.answer.repairs),
            "asked": len(replies),
            "model": replies[-1].model,
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            **about,
        }


class Judge:
    """Grades attempts by a language model's votes.

    Args:
        llm: Who judges; closed by whoever made it.
        temperature: How much its votes may vary.
        votes: How many are asked for, each with a seed of its own; the majority decides.
        attempts: How often each may be asked for until it can be read.
        characters: How much is shown of an attempt and its evidence together, from 4,000.

    Raises:
        UsageError: There is to be no vote, no attempt, or next to nothing to see.
    """

    def __init__(
        self,
        llm: LLM,
        *,
        temperature: float = 0.0,
        votes: int = 1,
        attempts: int = 3,
        characters: int = 120_000,
    ) -> None:
        if votes < 1 or attempts < 1 or characters < _LEAST_SHOWN:
            raise UsageError(
                f"a judge cannot grade by {votes} votes, {attempts} attempts at each and "
                f"{characters:,} characters of material.",
                f"It takes 1 vote, 1 attempt and {_LEAST_SHOWN:,} characters.",
            )
        self._llm = llm
        self._temperature = temperature
        self._votes = votes
        self._attempts = attempts
        self._characters = characters

    async def judge(
        self,
        world: str,
        task_idx: int,
        task: str,
        transcript: Sequence[JsonObject],
        final_answer: str | None,
        evidence: JsonObject,
    ) -> Verdict:
        """Grade one attempt.

        What is tied goes to the least rewarding of the tied outcomes, and says so. The verdict's
        `votes` are JSON: each with `classification` (None for a void one, and then `error`),
        `reason`, `cited` (each `quote`, and whether it was `found` in the material), `repairs`,
        how often it was `asked` for, `model`, `prompt`, `seed` and tokens.

        Args:
            world: The world's normalised name.
            task_idx: The task's number.
            task: What was asked of the agent.
            transcript: What the agent did and was answered, turn by turn.
            final_answer: What it said in the end; None if it never came to that.
            evidence: What the verifier program returned.

        Returns:
            The verdict; with a `judge_error` where no vote can be had.
        """
        material = Material(task, evidence, transcript, final_answer)
        shown = f"{material.shown(self._characters)}\n\nJudge the attempt now."
        messages = (Message("system", _prompt()), Message("user", shown))
        asked = Question(messages, temperature=self._temperature, world=world)
        votes = await asyncio.gather(
            *(self._vote(asked, material, seed) for seed in range(self._votes))
        )
        written = tuple(vote.to_json() for vote in votes)
        answers = [(vote.answer.value, vote.found) for vote in votes if vote.answer]
        if not answers:
            fault = _fault(world, task_idx, votes)
            return replace(Verdict.failed("sql", fault), evidence=evidence, votes=written)
        outcome, tied = _majority([answer.classification for answer, _ in answers])
        answer, found = next(pair for pair in answers if pair[0].classification == outcome)
        return Verdict(
            world,
            task_idx,
            "sql",
            outcome,
            " ".join([*tied, answer.reason, *_reservations(found, len(votes) - len(answers))]),
            evidence=evidence,
            cited=tuple(
                quote for quote, there in zip(answer.evidence, found, strict=True) if there
            ),
            votes=written,
        )

    async def _vote(self, question: Question, material: Material, seed: int) -> _Vote:
        asked = replace(question, seed=seed)
        try:
            answer = await ask_typed(self._llm, asked, _Answer, self._attempts)
        except AwmError as error:  # a vote that cannot be had is void, whatever the reason
            return _Vote(seed, None, fault=error)
        return _Vote(seed, answer, tuple(map(material.has, answer.value.evidence)))


@cache
def _prompt() -> str:
    file = resources.files("awm.verify") / "prompts" / f"{PROMPT}.md"
    return file.read_text(encoding="utf-8")


def _majority(said: Sequence[Classification]) -> tuple[Classification, list[str]]:
    """What most say, and a sentence if they are tied."""
    counts = Counter(said)
    most = max(counts.values())
    tied = [outcome for outcome in _BY_REWARD if counts[outcome] == most]
    if len(tied) == 1:
        return tied[0], []
    return tied[-1], [f"The votes are tied ({', '.join(tied)}); the least rewarding counts."]


def _reservations(found: Sequence[bool], void: int) -> list[str]:
    notes = []
    if missing := found.count(False):
        notes.append(f"(Quotes that are not in the material: {missing} of {len(found)}.)")
    if void:
        notes.append(f"(Void votes: {void}.)")
    return notes


def _fault(world: str, task_idx: int, votes: Sequence[_Vote]) -> VerifierFault:
    """Why there is no vote: the reasons, each once."""
    faults = [vote.fault for vote in votes if vote.fault is not None]
    whats = " ".join(dict.fromkeys(fault.message for fault in faults))
    hint = next((fault.hint for fault in faults if fault.hint), "")
    return VerifierFault("judge_error", world, task_idx, f"the judge did not vote: {whats}", hint)
