"""From an oracle to what a solved task looks like: the oracle is carried out, and looked at."""

from dataclasses import dataclass
from typing import Final

from awm.errors import OracleError
from awm.runtime import Instance, Runtime, Schema, StateDiff
from awm.verify.canonical import effects_of
from awm.verify.effects import Effects
from awm.verify.expected import Expectation, ExpectedOutcome
from awm.verify.facts import Fact, extract_facts, missing_facts
from awm.verify.replay import Replay, play, start_of
from awm.verify.volatile import volatile_by_replay, volatile_by_schema
from awm.worlds import Oracle, Solution

__all__ = ["LATER", "Solved", "solve", "trail"]

LATER: Final = 137
"""Seconds by which an oracle is played again later. More than two minutes, so that stamps to the
minute differ too; and little, so that hardly a day ends in between."""

_OTHER_DICE: Final = 0x5EED


@dataclass(frozen=True, slots=True)
class Solved:
    """An oracle that was carried out.

    Attributes:
        oracle: The oracle.
        replays: How the reference went, and each alternative.
        late: The reference, some time later and with other dice; the same replay if nothing in the
            world depends on these.
        diff: All that the reference changed, volatile columns included.
        expectation: What a solved task looks like.
        state_hash: Of the state that the reference reached.
        schema: The world's tables.
    """

    oracle: Oracle
    replays: tuple[Replay, ...]
    late: Replay
    diff: StateDiff
    expectation: Expectation
    state_hash: str
    schema: Schema


async def solve(
    runtime: Runtime,
    instance: Instance,
    schema: Schema,
    oracle: Oracle,
    *,
    timeless: bool = False,
) -> Solved:
    """Carry out an oracle.

    The reference is played twice, at another time and with other dice: where the two states differ,
    a column is volatile. What its calls took from earlier answers they take from those of then.

    Args:
        runtime: Measures the states.
        instance: Of the oracle's world; nobody else may use it meanwhile.
        schema: The world's tables.
        oracle: What to carry out.
        timeless: Whether the world is known to read neither clock nor dice, so that nothing is
            learned from playing the reference again.

    Raises:
        OracleError: A call does not come to what it should, the end state is not as recorded, or an
            answer lacks the facts that it is to hold.
        SnapshotError: A state cannot be read.
        InfrastructureError: No worker can be kept alive.
    """
    world, examiner = instance.world.name, runtime.examiner
    for place, solution in enumerate(oracle.solutions):
        _check_answer(world, oracle, solution, place)
    start = await start_of(instance)
    replays = [
        await _carry_out(instance, oracle, solution, place)
        for place, solution in enumerate(oracle.solutions)
    ]
    state_hash = await examiner.digest(world, replays[0].image)
    if oracle.state_hash is not None and oracle.state_hash != state_hash:
        raise OracleError(
            world,
            f"the oracle of task {oracle.task_idx} reaches the state {state_hash[:16]}, not the"
            f" recorded {oracle.state_hash[:16]}.",
            "Look at what changed since it was recorded: the world, its data or its clock.",
        )
    late = replays[0] if timeless else await _later(instance, oracle, replays[0])
    initial = instance.world.template
    diffs = [await examiner.compare(world, initial, replay.image) for replay in replays]
    again = diffs[0] if timeless else await examiner.compare(world, initial, late.image)
    volatile = {**volatile_by_schema(schema), **volatile_by_replay(diffs[0], again, schema)}
    outcomes = tuple(
        ExpectedOutcome(effects_of(diff, schema, volatile), _facts(solution), solution.answer)
        for diff, solution in zip(diffs, oracle.solutions, strict=True)
    )
    expectation = Expectation(outcomes, volatile)
    await instance.restore(start)
    return Solved(oracle, tuple(replays), late, diffs[0], expectation, state_hash, schema)


async def trail(runtime: Runtime, instance: Instance, solved: Solved) -> tuple[Effects, ...]:
    """All that the reference has done after each of its calls, for `milestones_of`.

    Args:
        runtime: Measures the states.
        instance: Of the oracle's world; it stays as it is.
        solved: The oracle, carried out.

    Raises:
        SnapshotError: A state cannot be read.
        InfrastructureError: No worker can be kept alive.
    """
    world, volatile = instance.world, solved.expectation.volatile
    done: list[Effects] = []
    for step in solved.replays[0].steps:
        if not step.changed:
            done.append(done[-1] if done else Effects())
            continue
        image = instance.image_of(step.after)
        diff = await runtime.examiner.compare(world.name, world.template, image)
        done.append(effects_of(diff, solved.schema, volatile))
    return tuple(done)


async def _carry_out(instance: Instance, oracle: Oracle, solution: Solution, place: int) -> Replay:
    start = await start_of(instance)
    replay = await play(instance, start, solution.calls, refused=solution.refused)
    if replay.fault:
        raise OracleError(
            instance.world.name,
            f"{_called(oracle, place)} fails: {replay.fault}",
            'Mend its calls; mark one that the world is to refuse with "refused": true.',
        )
    return replay


def _check_answer(world: str, oracle: Oracle, solution: Solution, place: int) -> None:
    """Raise OracleError where no answer could be right: the reference itself is not."""
    if missing := missing_facts(_facts(solution), solution.answer):
        wordings = " or ".join(map(repr, missing[0].wordings)) or "(which has no wording)"
        raise OracleError(
            world,
            f"the answer of {_called(oracle, place)} does not hold its own fact {wordings}.",
            "Put the fact into the answer, in one of its wordings, or leave it out of the facts.",
        )


def _called(oracle: Oracle, place: int) -> str:
    which = f"alternative {place} to the oracle" if place else "the oracle"
    return f"{which} of task {oracle.task_idx}"


async def _later(instance: Instance, oracle: Oracle, reference: Replay) -> Replay:
    seed, solution = instance.seed, oracle.solution
    start = await start_of(instance, later=LATER, seed=_OTHER_DICE)
    late = await play(instance, start, solution.calls, refused=solution.refused, like=reference)
    await instance.reset(seed)
    if late.fault:
        raise OracleError(
            instance.world.name,
            f"the oracle of task {oracle.task_idx} fails when it is carried out {LATER} seconds"
            f" later: {late.fault}",
            "Whether it works depends on time or chance; no attempt could be told by it.",
        )
    return late


def _facts(solution: Solution) -> tuple[Fact, ...]:
    if solution.facts is not None:
        return tuple(Fact(wordings) for wordings in solution.facts)
    return extract_facts(solution.answer) if solution.answer else ()
