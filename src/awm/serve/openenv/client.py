"""The other end: a client of worlds that are served by OpenEnv's protocol.

    async with AwmEnvClient("http://localhost:8000") as env:
        result = await env.reset(scenario="coworking_space", task_idx=0)
        tools = await env.list_tools()
        result = await env.step(CallToolAction(tool_name="list_my_bookings"))
        result = await env.verify(final_answer="Done.")
        print(result.reward, result.observation.reward_type)

`AwmEnvClient(...).sync()` has the same calls without `await`.
"""

from typing import Any, Literal

from openenv.core.client_types import StepResult
from openenv.core.env_server.mcp_types import CallToolAction, ListToolsAction, Tool
from openenv.core.env_server.types import Observation
from openenv.core.mcp_client import MCPToolClient

from awm.errors import InfrastructureError, UsageError
from awm.serve.openenv.models import AwmListToolsObservation, AwmObservation
from awm.serve.openenv.visit import DONE, LIST_SCENARIOS, VERIFY
from awm.types import JsonObject

__all__ = ["AwmEnvClient", "CallToolAction", "ListToolsAction"]


class AwmEnvClient(MCPToolClient):
    """A session with a server: one WebSocket, through which everything goes.

    Args:
        base_url: The server's, such as `http://localhost:8000`.
        token: What opens the server, where it asks for a token.
        options: See OpenEnv's `MCPToolClient`.
    """

    def __init__(self, base_url: str, *, token: str | None = None, **options: Any) -> None:
        headers = dict(options.pop("headers", None) or {})
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        super().__init__(base_url=base_url, headers=headers or None, **options)
        # Otherwise it would hold a session over HTTP as well, and its HTTP client would load the
        # certificates of the whole machine: 19 ms for each environment.
        self.use_production_mode = False

    async def list_tools(self, use_cache: bool = False) -> list[Tool]:
        """The tools of the world.

        Args:
            use_cache: Whether those that were listed before will do, of another world even.

        Raises:
            UsageError: No episode goes on.
        """
        if use_cache and self._tools_cache is not None:
            return self._tools_cache
        result = await self.step(ListToolsAction())
        listed = result.observation
        if not isinstance(listed, AwmListToolsObservation) or listed.error:
            raise UsageError(f"there are no tools: {getattr(listed, 'error', listed)}")
        self._tools_cache = listed.tools
        return listed.tools

    async def call_tool(  # type: ignore[override]  # tools have arguments called `name`, too
        self, name: str, /, **arguments: Any
    ) -> AwmObservation:
        """Call a tool.

        Returns:
            What came of it: `tool_result`, or `error`.

        Raises:
            InfrastructureError: The server answers something else.
        """
        return _seen(await self._stepped(name, arguments))

    async def verify(
        self, mode: Literal["code", "sql"] = "code", final_answer: str | None = None
    ) -> StepResult[Observation]:
        """Have the attempt verified, which ends the episode. The first verdict is rewarded.

        Args:
            mode: Which verifier is asked.
            final_answer: What the agent says in the end.
        """
        arguments = {"verifier_mode": mode, "final_answer": final_answer or ""}
        return await self._stepped(VERIFY, arguments)

    async def done(self) -> StepResult[Observation]:
        """End the episode, without a verification."""
        return await self._stepped(DONE, {})

    async def list_scenarios(self) -> list[JsonObject]:
        """The worlds that are offered: `name`, `description`, `num_tasks` and `tasks` of each."""
        result = await self._stepped(LIST_SCENARIOS, {})
        return list(_seen(result).scenarios or ())

    async def _stepped(self, name: str, arguments: dict[str, Any]) -> StepResult[Observation]:
        result: StepResult[Observation] = await self.step(
            CallToolAction(tool_name=name, arguments=arguments)
        )
        return result

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[Observation]:
        told = payload.get("observation", {})
        reward, done = payload.get("reward"), payload.get("done", False)
        kind = AwmListToolsObservation if "tools" in told else AwmObservation
        observation = kind(**{**told, "reward": reward, "done": done})
        return StepResult(
            observation=observation,
            reward=reward,
            done=done,
            metadata=payload.get("metadata"),
        )


def _seen(result: StepResult[Observation]) -> AwmObservation:
    if not isinstance(result.observation, AwmObservation):
        kind = type(result.observation).__name__
        raise InfrastructureError(f"the server answered a call with {kind}.")
    return result.observation
