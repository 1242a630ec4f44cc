"""A visit as OpenEnv's server knows it: an environment, and a client of MCP."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import fields
from typing import Any, Final

from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, EnvironmentMetadata, Observation, State

import awm
from awm.errors import UsageError
from awm.serve.openenv.answered import Answered
from awm.serve.openenv.models import (
    AwmListToolsObservation,
    AwmObservation,
    CallToolAction,
    ListToolsAction,
    tools_of,
)
from awm.serve.openenv.reception import Reception
from awm.serve.openenv.visit import DONE, LIST_SCENARIOS, VERIFY, Visit
from awm.serve.task_rows import ListedTask
from awm.serve.tokens import ANYBODY
from awm.types import JsonObject

__all__ = ["ENV_NAME", "AwmEnvironment", "observed"]

ENV_NAME: Final = "agent_world_model_env"
"""What the environment is called where others publish it."""

_FIELDS: Final = tuple(field.name for field in fields(Answered))
_ASYNC_ONLY: Final = "this environment is asynchronous."


class AwmEnvironment(Environment[Action, Observation, State]):
    """A client's stay, as OpenEnv's server knows it.

    The server makes one wherever it pleases, in a thread too, and for a question about the
    environment as such. So it is nothing but a name for what does not exist yet until a reset.

    Args:
        reception: What is shared with other sessions.

    Attributes:
        owner: Whose the session is; see `awm.serve.gate.owner_of`.
        mcp_client: What the server lists tools and calls them by, for clients of MCP.
    """

    SUPPORTS_CONCURRENT_SESSIONS = True
    REQUIRES_SINGLE_THREAD_EXECUTOR = True
    """Otherwise the server has a thread for each session, though nothing here runs in one."""

    def __init__(self, reception: Reception) -> None:
        super().__init__()
        self.owner = ANYBODY
        self.mcp_client = _Calls(self)
        self.visit = Visit(reception)
        self._reception = reception
        self._holders = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leaving: Future[None] | None = None

    @asynccontextmanager
    async def mcp_session(self) -> AsyncIterator[None]:
        """Hold the stay: it ends when nobody does any more.

        The server enters this once for a session and once for a socket, and leaves each in any
        task.
        """
        self._holders += 1
        try:
            yield
        finally:
            self._holders -= 1
            if not self._holders:
                await self.visit.leave()

    def reset(self, *_: Any, **__: Any) -> Observation:
        """There is no such thing.

        Raises:
            UsageError: Always.
        """
        raise UsageError(_ASYNC_ONLY, "Await reset_async.")

    def step(self, *_: Any, **__: Any) -> Observation:
        """There is no such thing.

        Raises:
            UsageError: Always.
        """
        raise UsageError(_ASYNC_ONLY, "Await step_async.")

    async def reset_async(  # a client's keyword may be called `self` as well
        self, /, seed: int | None = None, episode_id: str | None = None, **keywords: Any
    ) -> Observation:
        """Begin an episode; see `Visit.reset`."""
        self._loop = asyncio.get_running_loop()
        wanted = {**keywords, "seed": seed, "episode_id": episode_id}
        return observed(await self.visit.reset(wanted))

    async def step_async(self, action: Action, *_: Any, **__: Any) -> Observation:
        """List the tools, or call one; see `Visit.call`.

        Args:
            action: What is done. What else may be asked for, a time limit, is left aside: the calls
                of a world have limits of their own.
        """
        if isinstance(action, ListToolsAction):
            return await self._listed()
        if isinstance(action, CallToolAction):
            return observed(await self.visit.call(action.tool_name, action.arguments))
        raise UsageError(f"{type(action).__name__} is neither list_tools nor call_tool.")

    @property
    def state(self) -> State:
        """Which episode it is, and how many steps it had."""
        return State(episode_id=self.visit.episode_id, step_count=self.visit.steps)

    def list_splits(self) -> list[str]:
        """The names of the splits; see `Scenarios` for these and their tasks."""
        return list(self._reception.scenarios.offered)

    async def list_tasks(self, split: str) -> list[ListedTask]:
        """The tasks of a split; `reset(split=, index=)` begins one of them.

        Raises:
            IndexError: There is no such split, which the server tells clients as 400.
        """
        try:
            return await self._reception.scenarios.tasks(split)
        except UsageError as error:
            raise IndexError(error.message) from error

    async def num_tasks(self, split: str) -> int:
        """How many tasks a split has; see `list_tasks`."""
        return len(await self.list_tasks(split))

    async def get_task(self, split: str, index: int) -> ListedTask:
        """A task by its place in a split; see `list_tasks`."""
        tasks = await self.list_tasks(split)
        if index < 0:
            raise IndexError("places count from 0.")
        return tasks[index]

    async def get_task_range(
        self, split: str, start: int | None = None, stop: int | None = None
    ) -> list[ListedTask]:
        """The tasks of a split from one place to before another; see `list_tasks`."""
        return (await self.list_tasks(split))[start:stop]

    def get_metadata(self) -> EnvironmentMetadata:
        """What the environment is."""
        return EnvironmentMetadata(
            name=ENV_NAME,
            description="Executable worlds with tools, tasks and verifiers.",
            version=awm.__version__,
            author="AWM",
        )

    def close(self) -> None:
        """End the stay, unless a session holds it: then that ends it. From any thread."""
        if self._loop is not None and not self._holders and not self._loop.is_closed():
            self._leaving = asyncio.run_coroutine_threadsafe(self.visit.leave(), self._loop)

    async def _listed(self) -> Observation:
        try:
            listed = await self.visit.list_tools()
        except UsageError as error:
            return AwmListToolsObservation(tools=[], error=error.message, reward=0.0)
        if isinstance(listed, Answered):
            return observed(listed)
        # Made of what is known to be sound: checking it would take longer than all the rest.
        return AwmListToolsObservation.model_construct(
            tools=tools_of(listed), error=None, done=False, reward=0.0, metadata={}
        )


class _Calls:
    """What OpenEnv's server takes for a client of an MCP server."""

    def __init__(self, environment: AwmEnvironment) -> None:
        self._environment = environment

    def is_connected(self) -> bool:
        """Whether there is a session; there is nothing to connect with."""
        return True

    async def list_tools(self) -> list[JsonObject]:
        """The tools of the world, as MCP has them; none where there is no world."""
        try:
            tools = self._environment.visit.tools
        except UsageError:
            return []
        return [
            {
                "name": tool.name,
                "description": tool.description,
                "inputSchema": dict(tool.input_schema),
            }
            for tool in tools
        ]

    async def call_tool(self, name: object, arguments: object) -> JsonObject:
        """Call a tool.

        Returns:
            What MCP has as the result of a call. What OpenEnv's clients give to their callers is
            `data`: the text that the tool answered, or an observation after what is no tool.

        Raises:
            UsageError: There is no such name, or the arguments are no object.
        """
        given = {} if arguments is None else arguments
        if not isinstance(name, str) or not isinstance(given, dict):
            raise UsageError(
                "a call has a name, which is text, and arguments, which are an object."
            )
        answered = await self._environment.visit.call(name, given)
        if name in {VERIFY, DONE, LIST_SCENARIOS}:
            told: Any = observed(answered).model_dump()
            return {"content": [], "isError": answered.error is not None, "data": told}
        text = answered.error or answered.tool_result or ""
        content = [{"type": "text", "text": text}]
        return {"content": content, "isError": answered.error is not None, "data": text}


def observed(answered: Answered) -> AwmObservation:
    """What a client is answered, as an observation."""
    # Made of what is known to be sound: checking it would copy what may be megabytes.
    return AwmObservation.model_construct(**{name: getattr(answered, name) for name in _FIELDS})
