"""One stage alone: it reads the files of those before it, and writes its own for all scenarios."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from awm.errors import LLMAnswerError, UsageError
from awm.synthesis.llm_author.checkpoints import Checkpoints
from awm.synthesis.llm_author.events import Listener, WorldFailed
from awm.synthesis.llm_author.pipeline import Failure, Line
from awm.synthesis.llm_author.stage import Bench, Draft, Stage
from awm.synthesis.llm_author.together import together
from awm.synthesis.outputs import check_sources, write_rows, writing
from awm.synthesis.sources import rows_in
from awm.types import JsonObject
from awm.worlds import WorldFile
from awm.worlds.names import normalise

__all__ = ["Staged", "drafts_in", "write_part"]

_UNDER_WAY: Final = 16


@dataclass(frozen=True, slots=True)
class Staged:
    """What a stage wrote.

    Attributes:
        rows: How many.
        lost: Scenarios that it wrote nothing for, and why.
    """

    rows: int
    lost: tuple[tuple[str, str], ...] = ()


def drafts_in(
    sources: Mapping[WorldFile, Path], names: Sequence[str] = (), limit: int | None = None
) -> list[Draft]:
    """The drafts that files of earlier stages hold, in the order of the first of them.

    The scenarios' descriptions are taken from `gen_scenario.jsonl` beside the first file, where
    that is there.

    Args:
        sources: The files; a scenario has to be in each.
        names: Only these scenarios; all if empty.
        limit: Only so many; None for all.

    Raises:
        WorldFileError: A file cannot be read.
        UsageError: A scenario is missing in a file, or there is none.
    """
    found = {part: _by_name(part, path) for part, path in sources.items()}
    first = next(iter(sources))
    wanted = {normalise(name) for name in names}
    if missing := wanted - found[first].keys():
        raise UsageError(
            f"{sources[first]} has no scenario {', '.join(sorted(missing))}.",
            "Names match whatever their case.",
        )
    chosen = [name for name in found[first] if not wanted or name in wanted][:limit]
    if not chosen:
        raise UsageError(f"{sources[first]} holds no scenario.", "Run the stage before this one.")
    for part, rows in found.items():
        if lacking := [name for name in chosen if name not in rows]:
            raise UsageError(
                f"{sources[part]} has nothing of {', '.join(lacking[:5])}.",
                f"Run the stage that writes {part.value}, or leave them out.",
            )
    if WorldFile.SCENARIO not in found:
        found[WorldFile.SCENARIO] = _described(sources[first].parent)
    return [_draft(name, first, found) for name in chosen]


async def write_part(
    stage: Stage,
    drafts: Sequence[Draft],
    bench: Bench,
    outputs: Mapping[WorldFile, Path],
    *,
    sources: Sequence[Path] = (),
    overwrite: bool = False,
    tell: Listener = lambda _event: None,
) -> Staged:
    """Run a stage over drafts and write its files; a run that was stopped goes on where it was.

    Args:
        stage: The stage.
        drafts: What it starts from.
        bench: What it may use.
        outputs: The files to write, of those that the stage writes.
        sources: What was read: it is never written over.
        overwrite: Whether files that are there may be replaced.
        tell: Told of what happens.

    Raises:
        UsageError: A file is there already, or is one that was read, or another run writes it.
        LLMAnswerError: Nothing was written for any scenario.
        LLMError, InfrastructureError: As by the stage; what was finished is kept.
    """
    check_sources([*outputs.values()], sources)
    main = next(iter(outputs.values()))
    parts = main.with_name(f".{main.name}.parts")
    with writing(main, overwrite=overwrite):
        line = Line((stage,), bench, Checkpoints(parts), tell)
        written, lost = await _carried(line, drafts, tell)
        if not written:
            title, why = lost[0]
            raise LLMAnswerError(
                f"nothing could be written for any of {len(lost)} scenarios; for the first,"
                f" {title!r}: {why}",
                "Another --model, or more attempts with --max_retry, may do better.",
            )
        for part, output in outputs.items():
            write_rows(output, (row for number in sorted(written) for row in written[number][part]))
        shutil.rmtree(parts, ignore_errors=True)
    return Staged(sum(len(rows[next(iter(outputs))]) for rows in written.values()), tuple(lost))


async def _carried(
    line: Line, drafts: Sequence[Draft], tell: Listener
) -> tuple[dict[int, Mapping[WorldFile, Sequence[JsonObject]]], list[tuple[str, str]]]:
    written: dict[int, Mapping[WorldFile, Sequence[JsonObject]]] = {}
    lost: dict[int, tuple[str, str]] = {}
    remaining = iter(enumerate(drafts))

    async def lane() -> None:
        for number, draft in remaining:
            found = await line.carry_on(number, draft)
            if isinstance(found, Failure):
                lost[number] = draft.title, found.why
                tell(WorldFailed(draft.title, found.stage, found.why))
            else:
                written[number] = found.records

    await together(lane() for _ in range(_UNDER_WAY))
    return written, [lost[number] for number in sorted(lost)]


def _by_name(part: WorldFile, path: Path) -> dict[str, JsonObject]:
    """The rows of a file by the normalised names of their scenarios; the last one counts."""
    rows: dict[str, JsonObject] = {}
    for row in rows_in(path):
        name = normalise(str(row.get(part.name_key, "")))
        if not name:
            raise UsageError(
                f"a row of {path} names no scenario.", f"Each has to have `{part.name_key}`."
            )
        rows[name] = row
    return rows


def _described(folder: Path) -> dict[str, JsonObject]:
    path = folder / WorldFile.SCENARIO.value
    return _by_name(WorldFile.SCENARIO, path) if path.is_file() else {}


def _draft(
    name: str, first: WorldFile, found: Mapping[WorldFile, Mapping[str, JsonObject]]
) -> Draft:
    title = found[first][name][first.name_key]
    scenario = found[WorldFile.SCENARIO].get(name, {"name": title})
    rows = {part: (each[name],) for part, each in found.items() if name in each}
    return Draft({**rows, WorldFile.SCENARIO: (scenario,)})
