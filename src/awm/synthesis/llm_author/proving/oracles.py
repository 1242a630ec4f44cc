"""From an attempt that succeeded to an oracle: its calls, made again, have to come to the same.

What was refused on the way is left out, as far as the rest does not depend on it. The answer is a
part where the task asks to be told something; `telling`, beside this, finds out what of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from awm.errors import OracleError
from awm.runtime import Instance, Runtime
from awm.synthesis.llm_author.proving.setting import Setting
from awm.synthesis.llm_author.proving.trials import Trial
from awm.types import JsonObject, ToolCall, ToolResult
from awm.verify import Fact, Solved, compare, effects_of, solve
from awm.worlds import Oracle

__all__ = ["OracleMaker"]


@dataclass(frozen=True, slots=True)
class OracleMaker:
    """Makes the oracles of a world.

    Attributes:
        runtime: Measures states.
        setting: The world.
    """

    runtime: Runtime
    setting: Setting

    async def from_trial(
        self, instance: Instance, task_idx: int, trial: Trial, facts: Sequence[Fact]
    ) -> tuple[Solved, JsonObject]:
        """Make an oracle of an attempt.

        Args:
            instance: Where its calls are made again; nobody else may use it.
            task_idx: The task's number.
            trial: The attempt.
            facts: What of its answer the task asks for; none where it asks for no answer.

        Returns:
            What the oracle comes to, and its row of `gen_oracle.jsonl`.

        Raises:
            OracleError: Made again, the calls do not come to the same.
            SnapshotError: A state cannot be read.
            InfrastructureError: The machinery failed.
        """
        fault = OracleError(self.setting.world.name, "there is no call and no answer to repeat.")
        for row in self._rows(task_idx, trial, facts):
            try:
                solved = await solve(
                    self.runtime, instance, self.setting.schema, Oracle.from_row(row)
                )
                self._require_same(trial, solved)
            except OracleError as error:
                fault = error
                continue
            return solved, {**row, "state_hash": solved.state_hash}
        raise fault

    def _rows(self, task_idx: int, trial: Trial, facts: Sequence[Fact]) -> Iterator[JsonObject]:
        head = {"scenario": self.setting.draft.title, "task_idx": task_idx}
        told: JsonObject = {"answer": None}
        if facts:
            told = {"answer": trial.answer, "facts": [list(fact.wordings) for fact in facts]}
        sound = [made for made in trial.acted.calls if not made[1].is_error]
        yield {**head, "calls": [*map(_call, sound)], **told}
        heard = [made for made in trial.acted.calls if not _is_lost(made[1])]
        if len(heard) > len(sound):  # perhaps the world remembers what it refused
            yield {**head, "calls": [*map(_call, heard)], **told}

    def _require_same(self, trial: Trial, solved: Solved) -> None:
        done = effects_of(trial.diff, self.setting.schema, solved.expectation.volatile)
        comparison = compare(solved.expectation.outcomes[0].effects, done)
        if not comparison.equal:
            raise OracleError(
                self.setting.world.name,
                f"its calls do not come to the same when they are made again: {comparison}.",
            )


def _call(made: tuple[ToolCall, ToolResult]) -> dict[str, Any]:
    call, result = made
    written = {"tool": call.name, "arguments": dict(call.arguments)}
    return {**written, "refused": True} if result.is_error else written


def _is_lost(result: ToolResult) -> bool:
    """Whether a call came to nothing, not even to a refusal by the world."""
    return result.is_error and (result.status is None or result.status >= 500)
