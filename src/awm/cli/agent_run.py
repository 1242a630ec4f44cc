"""What `awm agent` does: one agent at one task, and a folder of what it did."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from awm.agents import (
    Acted,
    Acting,
    Assignment,
    EpisodeLimits,
    McpToolbox,
    MetaToolbox,
    Toolbox,
)
from awm.cli.acting_options import Choice
from awm.cli.agent_folder import (
    check_folder,
    keep_databases,
    keep_json,
    keep_trajectory,
    new_folder,
)
from awm.cli.agent_view import Spectator, calls_in, show_kept, show_run
from awm.cli.console import print_json, stderr
from awm.cli.context import new_runtime
from awm.cli.errand import Assigned, Errand, assigned
from awm.cli.human import LeftError
from awm.cli.journals import AGENT, journal_in
from awm.cli.outcome import EXIT_CHECK_FAILED
from awm.cli.policies import Seat, introduced, seated, settings_for
from awm.cli.signals import run as run_to_end
from awm.errors import AwmError, InfrastructureError, UsageError
from awm.llm import LLM, Gate, Price
from awm.rollout import InstanceToolbox
from awm.runtime import Instance
from awm.runtime.chosen import pool_from_settings
from awm.settings import Settings
from awm.verify import Verdict, grade_run, grading_json, open_run
from awm.worlds import VerifierProgram, World

__all__ = ["Errand", "Run", "run_agent"]

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """How the command is run.

    Attributes:
        output_dir: The run folder; None for a new one.
        seed: Of everything that is drawn.
        verify: Whether the attempt is graded.
        quiet: Whether turns are not shown.
        as_json: Whether to print one JSON document and nothing else.
        allow_weak_isolation: Whether worlds may run where they cannot be jailed; None for what
            the environment says.
    """

    output_dir: Path | None
    seed: int
    verify: bool
    quiet: bool
    as_json: bool
    allow_weak_isolation: bool | None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an agent acts.

    Attributes:
        name: What to call it.
        toolbox: Its tools.
        instance: The world, where it is one of ours.
    """

    name: str
    toolbox: Toolbox
    instance: Instance | None = None


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of it."""

    acted: Acted
    folder: Path
    usd: float | None
    verdict: Verdict | None


def run_agent(errand: Errand, choice: Choice, ends: EpisodeLimits, run: Run) -> int:
    """Have an agent do a task, and keep what it did.

    Returns:
        0; 1 where it was to be graded and could not be.

    Raises:
        AwmError: Something is missing or contradicts itself, or the machinery fails. What was
            done until then is kept.
        StoppedError: A signal came; likewise.
    """
    chosen = settings_for(choice, allow_weak_isolation=run.allow_weak_isolation)
    what = assigned(errand)
    program = _program(what, errand) if run.verify else None
    if choice.policy == "oracle":
        _check_oracle(what)
    if run.output_dir is not None:
        check_folder(run.output_dir)
    done = run_to_end(_run(what, errand.mcp_url, choice, ends, run, chosen, program))
    if run.as_json:
        print_json(_plain(done))
    else:
        show_run(done.acted, done.folder, done.usd, done.verdict)
    graded = done.verdict is None or done.verdict.outcome is not None
    return 0 if graded else EXIT_CHECK_FAILED


async def _run(
    what: Assigned,
    mcp_url: str | None,
    choice: Choice,
    ends: EpisodeLimits,
    run: Run,
    chosen: Settings,
    program: VerifierProgram | None,
) -> _Done:
    worlds = {} if what.world is None else {what.world.name: what.world}
    await introduced(choice, chosen, worlds, worlds)
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(_place(what, mcp_url, chosen, run.seed))
        folder = new_folder(run.output_dir, chosen.output_dir)
        seat = await stack.enter_async_context(_seated(choice, chosen, worlds, folder))
        acting = Acting(
            seat.policy,
            Assignment(place.name, what.task_idx or 0, what.task),
            MetaToolbox(place.toolbox) if choice.meta_tools else place.toolbox,
            ends,
            seed=run.seed,
            referee=None if run.quiet or choice.policy == "human" else Spectator(stderr()),
        )
        acted = await _acted(acting, what, place, folder, _about(choice, seat, ends, run))
        verdict = None
        if program is not None and what.world is not None:
            verdict = await _graded(folder, program, what.world, chosen)
        return _Done(acted, folder, seat.cost(acted.usage), verdict)


@asynccontextmanager
async def _seated(
    choice: Choice, chosen: Settings, worlds: Mapping[str, World], folder: Path
) -> AsyncIterator[Seat]:
    """Who acts; a model behind a journal in the run folder, as in `awm eval`."""
    if not choice.is_model:
        async with seated(choice, chosen, worlds) as seat:
            yield seat
        return
    with journal_in(folder, chosen) as journal:

        def kept(llm: LLM, name: str, price: Price | None) -> LLM:
            return journal.model(llm, name=name, stage=AGENT, world="", price=price)

        gate = Gate(chosen.llm_concurrency, journal.permit)
        async with seated(choice, chosen, worlds, gate=gate, wrap=kept) as seat:
            yield seat


async def _acted(
    acting: Acting, what: Assigned, place: _Place, folder: Path, about: Mapping[str, Any]
) -> Acted:
    """Let the agent act, and keep what it does, however that ends."""
    try:
        await acting.run()
    except LeftError:
        pass
    except (Exception, asyncio.CancelledError) as error:  # whatever it is, the run is kept
        about = {**about, "reason": _reason(error)}
        keep_trajectory(folder, _ended(acting).trajectory, what, about)
        try:
            await _keep_states(place, folder)
        except AwmError as lost:  # as it may be by what ended the run, and that is to be told
            _log.warning("the databases could not be kept: %s", lost)
        show_kept(folder)
        if isinstance(error, AwmError | asyncio.CancelledError):
            raise
        raise _unforeseen(error) from error
    acted = _ended(acting)
    keep_trajectory(folder, acted.trajectory, what, {**about, "reason": None})
    await _keep_states(place, folder)
    return acted


def _reason(error: BaseException) -> str:
    """What ended a run, in one sentence."""
    if isinstance(error, AwmError):
        return error.message
    if isinstance(error, asyncio.CancelledError):
        return "somebody stopped it."
    said = str(error).partition("\n")[0].rstrip(".")
    return f"{': '.join(filter(None, (type(error).__name__, said)))}."


def _unforeseen(error: Exception) -> InfrastructureError:
    """What is told of an exception that is nobody's way of saying anything."""
    _log.debug("the run broke off", exc_info=error)
    return InfrastructureError(
        f"the run broke off: {_reason(error)}", "`awm --log_level debug agent` tells where."
    )


def _ended(acting: Acting) -> Acted:
    """What it came to; what was ended from outside says so."""
    acted = acting.acted()
    stop = acted.trajectory.stop or "cancelled"
    return replace(acted, trajectory=replace(acted.trajectory, stop=stop))


@asynccontextmanager
async def _place(
    what: Assigned, mcp_url: str | None, chosen: Settings, seed: int
) -> AsyncIterator[_Place]:
    if mcp_url is not None:
        from awm.serve.client import connect  # noqa: PLC0415 - the SDK takes its time

        async with connect(mcp_url) as client:
            toolbox = McpToolbox(client)
            await toolbox.list()
            yield _Place(client.server if what.world is None else what.world.name, toolbox)
        return
    if what.world is None:
        raise AssertionError("without a server there is a world")
    async with new_runtime(chosen) as runtime, await runtime.launch(what.world, seed=seed) as alive:
        yield _Place(what.world.name, InstanceToolbox(alive), alive)


async def _keep_states(place: _Place, folder: Path) -> None:
    """Write the databases to the run folder, where there are any."""
    if place.instance is not None:
        final = await place.instance.database_image()
        keep_databases(folder, place.instance.world.template, final)


def _about(choice: Choice, seat: Seat, ends: EpisodeLimits, run: Run) -> dict[str, Any]:
    return {
        "policy": choice.policy,
        "model": seat.model,
        "format": choice.format.value if choice.is_model else None,
        "temperature": choice.temperature if choice.is_model else None,
        "max_iterations": ends.turns,
        "seed": run.seed,
    }


async def _graded(
    folder: Path, program: VerifierProgram, world: World, chosen: Settings
) -> Verdict:
    """Grade what was kept, as `awm verify` does."""
    async with pool_from_settings(chosen) as pool:
        clock = world.clock.timestamp()
        grading = await grade_run(open_run(folder), program, pool, clock=clock)
    keep_json(folder / "verify.code.json", grading_json(grading))
    return grading.verdict


def _program(what: Assigned, errand: Errand) -> VerifierProgram:
    """The verifier of the task.

    Raises:
        UsageError: Nobody could grade it.
    """
    if errand.mcp_url is not None:
        raise UsageError(
            "--verify needs the databases, and those of another server are not here.",
            "Leave it out; the run folder of `awm env start` has them, for `awm verify`.",
        )
    if what.world is None or what.task_idx is None:
        raise UsageError("--verify is for a world's own tasks.", "Give --task_id, or leave it out.")
    program = what.world.verifier(what.task_idx, "code")
    if program is None:
        raise UsageError(
            f"task {what.task_idx} of {what.world.name} has no verifier that decides.",
            "Leave --verify out; `awm verify --mode sql` has a model judge.",
        )
    return program


def _check_oracle(what: Assigned) -> None:
    if what.world is None or what.task_idx is None:
        raise UsageError("the oracle solves a world's own tasks.", "Choose another --policy.")
    if what.task_idx not in what.world.oracles:
        raise UsageError(
            f"task {what.task_idx} of {what.world.name} has no oracle.",
            "Choose another --policy, or name worlds with a gen_oracle.jsonl beside them.",
        )


def _plain(done: _Done) -> dict[str, Any]:
    run, verdict = done.acted.trajectory, done.verdict
    told: dict[str, Any] = {
        "folder": str(done.folder),
        "scenario": run.world,
        "stop": run.stop,
        "final_answer": run.final_answer,
        "turns": len(run.turns),
        "calls": calls_in(done.acted),
        "prompt_tokens": done.acted.usage.prompt_tokens,
        "completion_tokens": done.acted.usage.completion_tokens,
        "usd": done.usd,
    }
    if verdict is not None:
        told |= {"outcome": verdict.outcome, "reason": verdict.reason}
    return told
