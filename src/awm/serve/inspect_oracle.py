"""A model for Inspect that solves tasks by their oracles: what is there works, without any key.

inspect eval awm/worlds --model awm-oracle/bundled
inspect eval awm/worlds -T worlds=outputs --model awm-oracle/outputs
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from awm.errors import UsageError
from awm.trajectory import CALL_TOOL
from awm.types import ToolCall
from awm.worlds import Solution, World, open_worlds

__all__ = ["OracleAPI", "awm_oracle"]

_FREE: Final = ModelUsage(input_tokens=0, output_tokens=0, total_tokens=0)
"""What an answer takes. Where it says nothing, Inspect counts with a tokenizer off the network."""


@modelapi(name="awm-oracle")
def awm_oracle() -> type[ModelAPI]:
    """The provider, as Inspect registers it."""
    return OracleAPI


class OracleAPI(ModelAPI):
    """Makes the calls of the reference solution of whichever task it is given.

    Args:
        model_name: The folder of the worlds whose oracles it knows, or `bundled`.
        base_url: Ignored, as are the next two.
        api_key: There is none.
        config: Of no use to it.
        model_args: Likewise.

    Raises:
        WorldError: The folder or a world is not there, or cannot be read.
    """

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig | None = None,
        **model_args: Any,  # noqa: ARG002 - a provider's
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config or GenerateConfig())
        self._solutions = _by_sentence(open_worlds(model_name))

    async def generate(
        self,
        input: list[ChatMessage],  # noqa: A002 - a provider's
        tools: list[ToolInfo],
        tool_choice: ToolChoice,  # noqa: ARG002 - a provider's
        config: GenerateConfig,  # noqa: ARG002 - a provider's
    ) -> ModelOutput:
        """The next call of the solution, or its answer.

        Raises:
            UsageError: No oracle is known for the task.
        """
        names = {tool.name for tool in tools}
        solution = self._solution(input, names)
        made = sum(len(message.tool_calls or ()) for message in _replies(input))
        if made < len(solution.calls):
            call = _through(solution.calls[made], names)
            output = ModelOutput.for_tool_call(self.model_name, call.name, dict(call.arguments))
        else:
            output = ModelOutput.from_content(self.model_name, solution.answer or "Done.")
        output.usage = _FREE
        return output

    def _solution(self, asked: Sequence[ChatMessage], names: set[str]) -> Solution:
        """That of the task that is asked for; of several with one sentence, what the tools fit."""
        sentence = next((message.text for message in asked if message.role == "user"), "")
        known = self._solutions.get(sentence, [])
        for solution in known:
            if CALL_TOOL in names or {call.name for call in solution.calls} <= names:
                return solution
        raise UsageError(
            f"no oracle of {self.model_name} solves the task {sentence!r}.",
            "Give the folder of its worlds as the model: awm-oracle/FOLDER.",
        )


def _by_sentence(worlds: Mapping[str, World]) -> dict[str, list[Solution]]:
    """The reference solutions of all tasks, by what there is to do."""
    found: dict[str, list[Solution]] = {}
    for name in worlds:
        world = worlds[name]
        for number, oracle in world.oracles.items():
            found.setdefault(world.sentence(number), []).append(oracle.solution)
    return found


def _replies(messages: Sequence[ChatMessage]) -> Iterator[ChatMessageAssistant]:
    return (message for message in messages if isinstance(message, ChatMessageAssistant))


def _through(call: ToolCall, names: set[str]) -> ToolCall:
    """A call as it is made with these tools: itself, or through `call_tool`."""
    if call.name in names:
        return call
    return ToolCall(CALL_TOOL, {"tool_name": call.name, "arguments": dict(call.arguments)})
