"""What `awm gen task`, `db` and so on do with a language model: one stage of all scenarios."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.text import Text

from awm.cli.asking import Asking
from awm.cli.authoring_view import watching
from awm.cli.console import counted, stderr
from awm.cli.context import new_runtime
from awm.cli.gen_options import Mode
from awm.cli.generation import Run, tell_written
from awm.cli.journals import journal_in
from awm.cli.signals import run as run_to_end
from awm.errors import UsageError
from awm.runtime.chosen import pool_from_settings
from awm.settings import Settings
from awm.synthesis.llm_author.events import Listener
from awm.synthesis.llm_author.office import CODE_STAGES, check_models, seated
from awm.synthesis.llm_author.stage import Bench, Choices
from awm.synthesis.llm_author.staged import Staged, drafts_in, write_part
from awm.synthesis.staging import PARTS
from awm.worlds import WorldFile

__all__ = ["Part", "stage"]


@dataclass(frozen=True, slots=True)
class Part:
    """Of which scenarios a stage writes, and what.

    Attributes:
        names: Only these scenarios; all if empty.
        limit: Only so many.
        tasks: How many tasks each has.
        mode: Of the verifiers.
        database_dir: Where databases are built, if they are.
    """

    names: tuple[str, ...] = ()
    limit: int | None = None
    tasks: int = 10
    mode: Mode | None = None
    database_dir: Path | None = None


def stage(
    name: str,
    sources: Mapping[str, Path],
    output: Path | None,
    asking: Asking,
    part: Part,
    *,
    run: Run,
) -> None:
    """Have a model write one stage of all scenarios."""
    chosen = asking.settings(run)
    key = (part.mode or Mode.CODE).value if name == "verifier" else name
    written = PARTS[key]
    read = _sources(name, sources)
    target = output or next(iter(read.values())).parent / written.value
    choices = asking.choices(
        tasks=part.tasks, modes=None if part.mode is None else (part.mode.value,)
    )
    found = run_to_end(_stage(chosen, name, choices, read, {written: target}, part, run))
    for title, why in found.lost:
        stderr().print(Text(f"{title}: left out, {why}"))
    tell_written(counted(found.rows, "row"), target, as_json=run.as_json)


async def _stage(
    chosen: Settings,
    name: str,
    choices: Choices,
    sources: Mapping[WorldFile, Path],
    outputs: Mapping[WorldFile, Path],
    part: Part,
    run: Run,
) -> Staged:
    drafts = drafts_in(sources, part.names, part.limit)
    worker = next(each for each in CODE_STAGES if each.name == name)
    folder = next(iter(outputs.values())).parent
    await check_models(chosen)
    async with AsyncExitStack() as stack:
        folder.mkdir(parents=True, exist_ok=True)
        journal = stack.enter_context(journal_in(folder, chosen))
        desk = await stack.enter_async_context(seated(chosen, journal))
        runtime = await stack.enter_async_context(new_runtime(chosen, ray=run.ray))
        pool = await stack.enter_async_context(pool_from_settings(chosen))
        tell: Listener
        with watching(len(drafts), (worker.name,), journal.spent, whole=False) as tell:
            return await write_part(
                worker,
                drafts,
                Bench(desk, runtime, pool, choices),
                outputs,
                sources=tuple(sources.values()),
                overwrite=run.overwrite,
                tell=tell,
            )


_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "task": ("scenario",),
    "db": ("task",),
    "sample": ("task", "db"),
    "spec": ("task", "db"),
    "env": ("spec", "db", "task", "sample"),
    "verifier": ("task", "db", "sample", "spec", "env"),
}
"""Of which stages a stage reads the files; that of the first says which scenarios there are."""


def _sources(name: str, given: Mapping[str, Path]) -> dict[WorldFile, Path]:
    """The files that a stage reads: those that were named, and the others beside the first."""
    needs = _NEEDS[name]
    named = {needs[0] if key == "input" else key: path for key, path in given.items()}
    if not named:
        raise UsageError(
            f"nobody says what the stage {name} reads.",
            f"Give {' and '.join(f'--input_{each}' for each in needs[:2])}.",
        )
    folder = next(iter(named.values())).parent
    return {PARTS[each]: named.get(each, folder / PARTS[each].value) for each in needs}
