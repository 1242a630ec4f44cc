"""One session: a task that a client attempts in an instance of its own."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from awm.agents import NativeFormat, Said
from awm.errors import AwmError, InfrastructureError
from awm.rollout.actions import said_by
from awm.rollout.attempting import ENDING, HOPELESS, Attempting, Graded, Task
from awm.rollout.env_types import Answer
from awm.rollout.job import Job, seed_of
from awm.rollout.stepping import Outsider, Stepping
from awm.runtime import Instance
from awm.serve.lodging import Lodging
from awm.serve.openreward import tools
from awm.serve.openreward.calls import Call, Calls
from awm.serve.openreward.refusals import SessionOverError, StartingError
from awm.serve.openreward.tasks import Errand
from awm.serve.openreward.terms import OpenRewardTerms
from awm.serve.openreward.wire import (
    CallAnswer,
    CallFault,
    ToolOutput,
    ToolRefusal,
    fault_in,
)
from awm.serve.reasons import told_reason
from awm.serve.table import Clock, closed
from awm.trajectory.calls import TOOL_PREFIX
from awm.types import ToolCall, ToolResult

__all__ = ["Stay"]

_log: Final = logging.getLogger(__name__)
_OUTSIDER: Final = Outsider("openreward")
_FORMAT: Final = NativeFormat(parallel=False)
_THERE_ARE: Final = f"There are: {tools.LIST}, {tools.CALL}, {tools.SUBMIT}"

Input = TypeVar("Input", bound=BaseModel)
Tool: TypeAlias = Callable[[dict[str, Any]], Awaitable[CallAnswer]]


class Stay:
    """One session, from its set-up to its end. It knows nothing of HTTP.

    What an agent gets wrong is answered in words. Where the machinery fails, the session is broken
    and says so from then on: nobody knows what its attempt would have been worth.

    Args:
        lodging: Where its world lives.
        errand: What it is for.
        terms: Within which limits.
        name: What to call it in the log.
        clock: Tells the time.

    Attributes:
        errand: As given.
    """

    def __init__(
        self, lodging: Lodging, errand: Errand, terms: OpenRewardTerms, name: str, clock: Clock
    ) -> None:
        self.errand = errand
        told = {"session": name, "world": errand.world.name, "task": errand.spec.task_idx}
        self._log = logging.LoggerAdapter(_log, told)
        self._lodging = lodging
        self._terms = terms
        self._clock = clock
        self._last_seen = clock()
        self._calls = Calls()
        self._turn = asyncio.Lock()
        self._instance: Instance | None = None
        self._attempting: Attempting[Stepping] | None = None
        self._characters = 0
        self._finished = False
        self._broken = ""
        self._ended = False
        self._setting_up = asyncio.create_task(self._set_up())
        self._log.info("The session begins.")

    @property
    def busy(self) -> bool:
        """Whether something is under way that nobody should be ended over."""
        return not self._setting_up.done() or self._calls.busy

    @property
    def idle_seconds(self) -> float:
        """How long nobody has asked for it; 0 while it is busy."""
        return 0.0 if self.busy else self._clock() - self._last_seen

    def touch(self) -> None:
        """Note that somebody asks for it."""
        self._last_seen = self._clock()

    @property
    def untouched(self) -> bool:
        """Whether no tool has been called yet."""
        return not len(self._calls)

    @property
    def prompt(self) -> str:
        """What the agent is told in the beginning."""
        return tools.prompt(self.errand.sentence, self.errand.world.clock)

    async def ready(self) -> None:
        """Wait until it is set up.

        Raises:
            StartingError: That takes longer than a request may.
            SessionOverError: It was ended meanwhile.
            AwmError: It cannot be set up.
        """
        if not self._setting_up.done():
            await asyncio.wait({self._setting_up}, timeout=self._terms.ready_seconds)
        if not self._setting_up.done():
            raise StartingError("the session is still being set up.", "Come again.")
        if self._ended or self._setting_up.cancelled():
            raise SessionOverError("the session was ended meanwhile.")
        self._setting_up.result()

    def begin(self, name: str, given: dict[str, Any]) -> str:
        """Begin to call a tool; the name of the call. It has to be `ready`.

        Raises:
            BusyError: Too many calls are under way.
        """
        return self._calls.begin(lambda: self._carry_out(name, given))

    def call_named(self, name: str) -> Call | None:
        """A call by its name; None where there is none."""
        return self._calls.named(name)

    async def end(self) -> None:
        """Give up what is under way, and let go of everything. Ending twice is fine."""
        self._ended = True
        self._setting_up.cancel()
        await asyncio.gather(self._setting_up, return_exceptions=True)
        await self._calls.cancel()
        await self._leave()
        self._log.info("The session has ended.")

    async def _set_up(self) -> None:
        world, spec = self.errand.world, self.errand.spec
        job = Job(world.name, spec.task_idx)
        task = Task(world, job, seed_of(job, spec.seed))
        self._instance = await self._lodging.runtime.launch(world, seed=task.seed)
        self._attempting = Attempting(
            task,
            _OUTSIDER,
            self._instance,
            self._terms.conditions(spec.seed),
            self._lodging.tools.of(self._instance),
            loop=Stepping,
        )
        await self._attempting.acting.open()

    async def _carry_out(self, name: str, given: dict[str, Any]) -> CallAnswer:
        """Call a tool, once those that were called before have answered."""
        async with self._turn:
            if self._broken:
                return CallFault(self._broken)
            tool = self._tool(name)
            if tool is None:
                return ToolRefusal(f"there is no tool {name!r}. {_THERE_ARE}", "not_found")
            if self._finished:
                what = f"{name} was not called: the episode is over"
                return ToolRefusal(what, "episode_finished")
            try:
                return await tool(given)
            except AwmError as error:
                return await self._break(str(error))
            except Exception:  # noqa: BLE001 - whatever it is, it is ours, and the client has to know
                self._log.exception("A call of %s failed.", name)
                return await self._break("the server failed over this call")

    def _tool(self, name: str) -> Tool | None:
        match name:
            case tools.LIST:
                return partial(self._checked, name, tools.ListInput, self._list)
            case tools.CALL:
                return partial(self._checked, name, tools.CallInput, self._call)
            case tools.SUBMIT:
                return partial(self._checked, name, tools.SubmitInput, self._submit)
            case _:
                return None

    async def _checked(
        self,
        name: str,
        shape: type[Input],
        tool: Callable[[Input], Awaitable[CallAnswer]],
        given: dict[str, Any],
    ) -> CallAnswer:
        try:
            fit = shape.model_validate(given)
        except ValidationError as error:
            return ToolRefusal(
                f"the input of {name} does not fit: {fault_in(error)}", "input_validation"
            )
        return await tool(fit)

    async def _list(self, _: tools.ListInput) -> CallAnswer:
        """The world's tools. It is no turn: nothing comes of it."""
        assert self._instance is not None
        return ToolOutput(self._lodging.tools.of(self._instance).listing)

    async def _call(self, given: tools.CallInput) -> CallAnswer:
        name = given.tool_name.strip().removeprefix(TOOL_PREFIX)  # as it is listed
        arguments: Any = given.arguments  # an object or text of one; the loop says which is sound
        self._characters += len(json.dumps(arguments))
        seconds = 0.0 if self._characters > self._terms.characters else None
        results, graded = await self._act(said_by(ToolCall(name, arguments), _FORMAT), seconds)
        self._characters += sum(len(result.text) for result in results)
        result = results[-1] if results else None
        if graded is None:
            return ToolOutput(result.text if result else "", metadata=_told(result))
        return await self._finish(graded, result)

    async def _submit(self, given: tools.SubmitInput) -> CallAnswer:
        answer = Answer(given.final_answer or "")
        _, graded = await self._act(said_by(answer, _FORMAT))
        assert graded is not None  # an answer ends every episode
        return await self._finish(graded, None)

    async def _act(
        self, said: Said, seconds: float | None = None
    ) -> tuple[tuple[ToolResult, ...], Graded | None]:
        """Do what was said: what its calls answered, and what it came to if it ended the episode.

        Args:
            said: What the agent says.
            seconds: How long the episode may still take; None for any time.

        Raises:
            AwmError: Nothing can come of this attempt any more.
        """
        assert self._attempting is not None
        acting = self._attempting.acting
        results: tuple[ToolResult, ...] = ()
        try:
            results = await acting.take(said, seconds)
        except HOPELESS:
            raise
        except ENDING as error:
            return results, self._attempting.broken_off(error)
        if acting.stop is None:
            return results, None
        return results, await self._attempting.graded(self._lodging.grader)

    async def _finish(self, graded: Graded, result: ToolResult | None) -> CallAnswer:
        """End the episode.

        Raises:
            InfrastructureError: The machinery kept it from being graded.
        """
        if graded.verdict is None:
            raise InfrastructureError(f"the attempt cannot be graded: {graded.reason}")
        reason = told_reason(graded, self._log)
        assert self._attempting is not None
        acted = self._attempting.acting.acted()
        self._finished = True
        self._log.info("The episode is over: %s, paid %s.", graded.outcome, graded.reward.total)
        await self._leave()
        stop = acted.trajectory.stop or graded.outcome
        told = [result.text] if result else []
        metadata = {
            **_told(result),
            "outcome": graded.outcome,
            "reason": reason,
            "stop": acted.trajectory.stop,
            "turns": len(acted.trajectory.turns),
        }
        return ToolOutput(
            "\n\n".join([*told, f"The episode is over: {stop}."]),
            reward=graded.reward.total,
            finished=True,
            metadata=metadata,
        )

    async def _break(self, message: str) -> CallFault:
        self._log.warning("The session is broken: %s", message)
        self._broken = message
        await self._leave()
        return CallFault(message)

    async def _leave(self) -> None:
        """Let the instance go; nobody needs it once the episode is over."""
        instance, self._instance, self._attempting = self._instance, None, None
        if instance is not None:
            await closed(instance.close(), self._log)


def _told(result: ToolResult | None) -> dict[str, Any]:
    """What there is to say of a result beside its text."""
    if result is None:
        return {}
    return {"is_error": result.is_error, "status": result.status, "fault": result.fault}
