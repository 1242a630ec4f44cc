"""A model for rollouts of `verifiers` that says what it is told to."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from verifiers.clients import Client
from verifiers.types import Response, ResponseMessage, ToolCall

from awm import ToolCall as Call

__all__ = ["ScriptedModel", "calling", "saying"]


def calling(*calls: Call, text: str | None = None) -> ResponseMessage:
    """A reply with calls beside its text."""
    return _reply(
        text,
        [
            ToolCall(id=f"c{n}", name=call.name, arguments=json.dumps(dict(call.arguments)))
            for n, call in enumerate(calls)
        ],
    )


def saying(text: str | None, **more: Any) -> ResponseMessage:
    """A reply without calls."""
    return _reply(text, None, **more)


def _reply(text, calls, **more):
    reason = "tool_calls" if calls else "stop"
    return ResponseMessage(
        content=text, tool_calls=calls, finish_reason=reason, is_truncated=False, **more
    )


class ScriptedModel(Client):
    """Says the replies of a script, one after the other, in each rollout.

    Args:
        replies: What it says.
        before: What happens before each reply, given the state of the rollout and how many replies
            there were.
    """

    def __init__(
        self,
        replies: Sequence[ResponseMessage],
        before: Callable[[Any, int], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__(None)
        self.replies = replies
        self.before = before
        self.prompts: list[list[Any]] = []

    async def get_response(self, prompt, model, sampling_args, tools=None, **more):
        state = more["state"]
        place = len(state["trajectory"])
        self.prompts.append(list(prompt))
        if self.before is not None:
            await self.before(state, place)
        return Response(id=str(place), created=0, model=model, message=self.replies[place])

    def setup_client(self, config):
        raise NotImplementedError

    async def to_native_tool(self, tool):
        raise NotImplementedError

    async def to_native_prompt(self, messages):
        raise NotImplementedError

    async def get_native_response(self, prompt, model, sampling_args, tools=None, **more):
        raise NotImplementedError

    async def raise_from_native_response(self, response):
        raise NotImplementedError

    async def from_native_response(self, response):
        raise NotImplementedError

    async def close(self):
        """There is nothing to close."""
