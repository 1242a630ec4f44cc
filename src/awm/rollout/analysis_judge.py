"""A judge of plans: a language model that says how good a plan was, and how well it was kept to.

What the judge is told stands in `prompts/`; the number in the file's name goes up with every change
of what it says, because scores by different prompts cannot be compared. The material comes from an
agent and from an application, and either may try to talk to the judge: see `awm.verify.material`.
"""

from functools import cache
from importlib import resources
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from awm.errors import BudgetError, LLMAnswerError, LLMError, LLMSetupError, UsageError
from awm.llm import LLM, Message, Question, ask_typed
from awm.rollout.analysis_findings import By, Dimension, Finding, unknown
from awm.rollout.episode import Episode
from awm.trajectory import Trajectory, transcript_of
from awm.types import JsonObject
from awm.verify.material import Material

__all__ = ["JUDGED", "PROMPT", "PlanJudge"]

PROMPT: Final = "plan.v1"
"""The prompt that the judge is given, by its file's name in `prompts/`."""

JUDGED: Final[tuple[Dimension, ...]] = ("plan_quality", "plan_adherence")
"""What the judge weighs."""

_GRADES: Final = 3
_LEAST_SHOWN: Final = 4_000


def _turns(written: Any) -> Any:
    """Turns as models write them: one alone, or as text."""
    listed = written if isinstance(written, list) else [written]
    return [int(one) if isinstance(one, str) and one.isdecimal() else one for one in listed]


def _spelt_out(schema: dict[str, Any]) -> None:
    schema["additionalProperties"] = False
    schema["required"] = list(schema["properties"])


class _Weighed(BaseModel):
    """What is said in one respect; the schema is stricter than what is accepted."""

    model_config = ConfigDict(title="weighed", json_schema_extra=_spelt_out)

    reason: str
    turns: Annotated[list[int], BeforeValidator(_turns)] = Field(default_factory=list)
    grade: Annotated[int, Field(ge=0, le=_GRADES)] | None


class _Answer(BaseModel):
    """What the judge is asked to write."""

    model_config = ConfigDict(title="plan", json_schema_extra=_spelt_out)

    plan_quality: _Weighed
    plan_adherence: _Weighed


class PlanJudge:
    """Weighs the plans of episodes, quality and adherence in one question.

    Args:
        llm: Who judges; closed by whoever made it.
        model: Its name, by which its findings are known again.
        attempts: How often it may be asked until its answer can be read.
        characters: How much is shown of an episode, from 4,000.
        seed: Of its answers.

    Raises:
        UsageError: There is to be no attempt, or next to nothing to see.
    """

    def __init__(
        self,
        llm: LLM,
        *,
        model: str = "",
        attempts: int = 3,
        characters: int = 120_000,
        seed: int = 0,
    ) -> None:
        if attempts < 1 or characters < _LEAST_SHOWN:
            raise UsageError(
                f"a judge cannot weigh a plan in {attempts} attempts by {characters:,} characters.",
                f"It takes 1 attempt and {_LEAST_SHOWN:,} characters.",
            )
        self.model = model
        self._llm = llm
        self._attempts = attempts
        self._characters = characters
        self._seed = seed

    async def weigh(self, episode: Episode) -> tuple[Finding, ...]:
        """Weigh the plan of an episode.

        An answer that cannot be read leaves it unknown, by the judge. So does a judge who refuses
        or cannot be reached, by nobody: another time it may be otherwise.

        Raises:
            BudgetError, LLMSetupError: The judge cannot be asked any more.
        """
        run = episode.trajectory
        if not run.turns:
            return tuple(unknown(each, "Nothing was said.") for each in JUDGED)
        question = Question(
            (Message("system", _prompt()), Message("user", self._shown(run))),
            temperature=0.0,
            seed=self._seed,
            world=episode.job.world,
        )
        try:
            answer = await ask_typed(self._llm, question, _Answer, self._attempts)
        except (BudgetError, LLMSetupError):
            raise
        except LLMError as error:
            why = f"The judge did not say: {error.message}"
            by: By | None = "judge" if isinstance(error, LLMAnswerError) else None
            return tuple(unknown(each, why, by) for each in JUDGED)
        said = answer.value
        return (
            _finding("plan_quality", said.plan_quality, run),
            _finding("plan_adherence", said.plan_adherence, run),
        )

    def _shown(self, run: Trajectory) -> str:
        numbered: list[JsonObject] = [
            {"turn": number, **turn} for number, turn in enumerate(transcript_of(run))
        ]
        facts = {"turns": len(run.turns), "ended because": run.stop}
        material = Material(run.task, facts, numbered, run.final_answer)
        return f"{material.shown(self._characters)}\n\nWeigh the plan now."


@cache
def _prompt() -> str:
    file = resources.files("awm.rollout") / "prompts" / f"{PROMPT}.md"
    return file.read_text(encoding="utf-8")


def _finding(dimension: Dimension, said: _Weighed, run: Trajectory) -> Finding:
    """A finding; turns that there are not are left out of it."""
    score = None if said.grade is None else said.grade / _GRADES
    turns = tuple(sorted({turn for turn in said.turns if 0 <= turn < len(run.turns)}))
    return Finding(dimension, score, said.reason, turns, "judge")
