"""One episode of a visit: calls of tools, and what they come to in the end."""

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from awm.agents import EpisodeLimits, Said
from awm.errors import LLMError
from awm.rollout.attempting import Attempting, Graded, Task
from awm.rollout.conditions import Conditions
from awm.rollout.grading import Grader
from awm.rollout.stepping import Outsider, Stepping
from awm.rollout.tool_checks import KnownTools
from awm.runtime import Instance
from awm.serve.openenv.answered import Answered
from awm.serve.openenv.rewards import call_type, paid_for, verdict_type
from awm.serve.reasons import told_reason
from awm.trajectory import WrittenCall
from awm.types import Outcome, ToolResult
from awm.verify import RewardScheme, Verdict, VerifierMode

__all__ = ["Play"]

_log: Final = logging.getLogger(__name__)
_OUTSIDER: Final = Outsider("openenv")
_ENDLESS: Final = 10**9


class Play:
    """An episode while it lasts; `open` it first.

    Args:
        task: What is attempted.
        instance: Where; nobody else may use it.
        tools: Those of the world.
        scheme: What is paid.
        turns: How many calls it may have.
        characters: How long all calls and answers together may be; they are kept for a judge.
    """

    def __init__(
        self,
        task: Task,
        instance: Instance,
        tools: KnownTools,
        scheme: RewardScheme,
        *,
        turns: int,
        characters: int,
    ) -> None:
        limits = EpisodeLimits(turns=turns + 1, missteps=_ENDLESS)  # the last one is the answer
        conditions = Conditions(limits, meta_tools=False, scheme=scheme)
        self._attempting = Attempting(task, _OUTSIDER, instance, conditions, tools, loop=Stepping)
        self._log = logging.LoggerAdapter(_log, {"world": task.world.name})
        self._checks = tools.checks
        self._scheme = scheme
        self._turns_left = turns
        self._characters_left = characters
        self._paid = False
        self._known: dict[VerifierMode, Graded] = {}

    async def open(self) -> None:
        """Begin."""
        await self._attempting.acting.open()

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Answered:
        """Call a tool.

        Raises:
            InfrastructureError: Calls cannot be carried out.
            WorldError: The world does not come back to life after it was lost.
        """
        said = Said("", (WrittenCall(name, arguments),))
        (result,) = await self._attempting.acting.take(said)
        self._turns_left -= 1
        self._characters_left -= len(json.dumps(arguments)) + len(result.text)
        return self._called(name, arguments, result)

    async def verify(self, grader: Grader, mode: VerifierMode, answer: str) -> Answered:
        """Have the attempt graded. The first verdict is paid; further ones are only told.

        Once a mode has come to a verdict it is told again: nobody asks a judge twice.

        Args:
            grader: Who grades.
            mode: Which program it asks.
            answer: What the agent says in the end; where it was verified before, its first answer
                stands.

        Raises:
            IsolationError: Code can no longer be jailed.
            RuntimeClosedError: The server is at its end.
        """
        acting = self._attempting.acting
        if acting.stop != "answered":
            await acting.take(Said(answer, answer=answer))
        graded = self._known.get(mode) or await self._graded(replace(grader, mode=mode))
        return self._verified(graded, mode)

    async def _graded(self, grader: Grader) -> Graded:
        try:
            return await self._attempting.graded(grader)
        except LLMError as error:  # there is no money left for a judge, or no key
            return self._attempting.broken_off(error)

    def _called(self, name: str, arguments: Mapping[str, Any], result: ToolResult) -> Answered:
        kind = call_type(name, arguments, result, self._checks)
        text = _sound(result.text)
        spent = self._spent()
        return Answered(
            reward_type=kind,
            reward=paid_for(self._scheme, kind),
            done=spent is not None,
            tool_name=name,
            tool_result=None if result.is_error else text,
            error=text if result.is_error else None,
            warning=spent,
            metadata={"status": result.status} if result.is_error and result.status else {},
        )

    def _spent(self) -> str | None:
        """Why there can be no further call; None where there can."""
        if self._turns_left <= 0:
            return "The episode has had all the calls that it may have."
        if self._characters_left <= 0:
            return "The calls of the episode and their answers are as long as they may be."
        return None

    def _verified(self, graded: Graded, mode: VerifierMode) -> Answered:
        # A world that failed at a call makes an `environment_error` of what a program found.
        verdict = graded.verdict and replace(graded.verdict, outcome=_outcome(graded))
        kind, reason = verdict_type(verdict), _sound(told_reason(graded, self._log))
        is_decided = kind != "judge_error"
        metadata: dict[str, Any] = {"verifier_mode": mode, "reason": reason}
        if not is_decided:
            metadata["unscored"] = reason
        if self._paid:
            metadata["paid_before"] = True
        reward = 0.0 if self._paid else paid_for(self._scheme, kind)
        if is_decided:
            self._paid = True
            self._known[mode] = replace(graded, attempt=None)  # without its databases
        return Answered(
            reward_type=kind,
            reward=reward,
            done=True,
            error=None if is_decided else reason,
            verify_result=_found(verdict, reason),
            metadata=metadata,
        )


def _outcome(graded: Graded) -> Outcome | None:
    return None if graded.outcome == "infrastructure_error" else graded.outcome


def _found(verdict: Verdict | None, reason: str) -> dict[str, Any]:
    """What a verifier found, as clients know it."""
    if verdict is None or verdict.outcome is None:
        return {"result": "others", "execution_status": "error", "error_message": reason}
    if verdict.mode == "sql":
        judged = {"classification": verdict_type(verdict), "reasoning": reason}
        return {**_sound_evidence(verdict), "llm_judge": judged}
    return {
        "result": "complete" if verdict.outcome == "complete" else "others",
        "execution_status": "success",
        "raw_result": _sound_evidence(verdict),
    }


def _sound_evidence(verdict: Verdict) -> dict[str, Any]:
    evidence: dict[str, Any] = json.loads(_sound(json.dumps(verdict.evidence, ensure_ascii=False)))
    return evidence


def _sound(text: str) -> str:
    """A text without halves of surrogate pairs, which a world can say and no frame can carry."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
