"""Rows of verifiers for a whole world, compiled from its oracles."""

from collections.abc import Mapping

from awm.runtime import Runtime
from awm.types import JsonObject
from awm.verify.compiling import compile_verifier
from awm.verify.solving import solve
from awm.verify.verdict import VerifierMode
from awm.worlds import VerifierProgram, World, WorldFile

__all__ = ["PARTS", "compiled_rows", "verifier_row"]

PARTS: Mapping[VerifierMode, WorldFile] = {
    "sql": WorldFile.VERIFIER_SQL,
    "code": WorldFile.VERIFIER_CODE,
}
"""The file that holds the verifiers of each mode."""


async def compiled_rows(
    runtime: Runtime, world: World
) -> tuple[dict[WorldFile, list[JsonObject]], dict[int, str]]:
    """Compile a verifier of each mode for every task that has an oracle.

    Returns:
        The rows of both files, and the hash of the state that each oracle reaches, by task.

    Raises:
        OracleError: An oracle fails, or proves nothing.
        WorldError: The world does not come to life.
    """
    rows: dict[WorldFile, list[JsonObject]] = {part: [] for part in PARTS.values()}
    hashes = {}
    async with await runtime.launch(world) as instance:
        schema = await runtime.examiner.describe(world.name, instance.world.template)
        for task_idx, oracle in world.oracles.items():
            solved = await solve(runtime, instance, schema, oracle)
            hashes[task_idx] = solved.state_hash
            for mode, part in PARTS.items():
                program = compile_verifier(
                    mode, world.name, task_idx, world.sentence(task_idx), solved.expectation, schema
                )
                rows[part].append(verifier_row(world.name, program))
    return rows, hashes


def verifier_row(world: str, program: VerifierProgram) -> JsonObject:
    """A program as a row of its file."""
    return {
        "scenario": world,
        "task_idx": program.task_idx,
        "task": program.task,
        "verification": {"code": program.code},
    }
