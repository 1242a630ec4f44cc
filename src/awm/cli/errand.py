"""What `awm agent` is to do, and where: found before anything is asked or run."""

from dataclasses import dataclass
from pathlib import Path

from awm.errors import UsageError
from awm.worlds import World, WorldFile, WorldFolder, bundled_worlds, open_files, open_worlds

__all__ = ["Assigned", "Errand", "assigned"]


@dataclass(frozen=True, slots=True)
class Errand:
    """What the options say; None where they say nothing.

    Attributes:
        scenario: Which world.
        task_id: Which of its tasks.
        task: What to do, in somebody's own words.
        mcp_url: The server to act through, where that is not a world of ours.
        source: Where the world is; the bundled ones if None.
        tasks_path: Where tasks are, if not beside the world; likewise the next two.
        db_path: Schemas.
        sample_path: Sample rows.
    """

    scenario: str | None = None
    task_id: int | None = None
    task: str | None = None
    mcp_url: str | None = None
    source: str | None = None
    tasks_path: Path | None = None
    db_path: Path | None = None
    sample_path: Path | None = None

    @property
    def replaced(self) -> dict[WorldFile, str | Path]:
        """The files that are not those beside the world."""
        given = {
            WorldFile.TASKS: self.tasks_path,
            WorldFile.DATABASE: self.db_path,
            WorldFile.SAMPLE: self.sample_path,
        }
        return {part: path for part, path in given.items() if path is not None}


@dataclass(frozen=True, slots=True)
class Assigned:
    """What is to be done.

    Attributes:
        task: In a sentence or more.
        world: Of which world it is; None where somebody's server has the tools.
        task_idx: Which of the world's tasks it is; None where it is none of them.
    """

    task: str
    world: World | None
    task_idx: int | None


def assigned(errand: Errand) -> Assigned:
    """What is to be done.

    Raises:
        UsageError: Nobody says it, or what is said contradicts itself.
        WorldError: There is no such world.
    """
    if errand.scenario is None:
        return _anywhere(errand)
    if errand.task is not None and errand.task_id is not None and errand.mcp_url is None:
        raise UsageError(
            "--task says what to do, and --task_id says something else.",
            "Leave one of them out: what is done in your words is graded as no task of the world.",
        )
    world = _worlds(errand)[errand.scenario]
    numbered = None if errand.task_id is None else _sentence(world, errand.task_id)
    if errand.task is not None:
        return Assigned(_said(errand.task), world, errand.task_id)
    if numbered is None:
        raise UsageError(
            f"nobody says what to do in {world.name}.",
            f"Give --task_id, from 0 to {len(world.tasks) - 1}, or --task with words of your own.",
        )
    return Assigned(numbered, world, errand.task_id)


def _sentence(world: World, number: int) -> str:
    """A task of a world.

    Raises:
        UsageError: It has no such task.
    """
    sentence = world.sentence(number)
    if not sentence:
        raise UsageError(
            f"{world.name} has no task {number}.",
            f"Its tasks are 0 to {len(world.tasks) - 1}; `awm worlds show` lists them.",
        )
    return sentence


def _anywhere(errand: Errand) -> Assigned:
    if errand.task is None:
        raise UsageError(
            "nobody says what to do.",
            "Give --scenario and --task_id, or --task and --mcp_url.",
        )
    if errand.mcp_url is None:
        raise UsageError(
            "--task says what to do, and nothing says with which tools.",
            "Give --mcp_url, the address of an MCP server, or --scenario, a world.",
        )
    of_worlds = {
        "--task_id": errand.task_id,
        "--envs_load_path": errand.source,
        "--tasks_path": errand.tasks_path,
        "--db_path": errand.db_path,
        "--sample_path": errand.sample_path,
    }
    for option, given in of_worlds.items():
        if given is not None:
            raise UsageError(f"{option} means nothing without --scenario.", "Leave it out.")
    return Assigned(_said(errand.task), None, None)


def _said(task: str) -> str:
    if not task.strip():
        raise UsageError("--task says nothing.", "Say what to do.")
    return task


def _worlds(errand: Errand) -> WorldFolder:
    replaced = errand.replaced
    if errand.source is None:
        # Another server has the tools, or the tasks stand beside nothing.
        return open_files(replaced) if replaced and errand.mcp_url else _bundled(replaced)
    source = Path(errand.source)
    if not replaced or not source.exists():
        return open_worlds(errand.source)
    folder = source if source.is_dir() else source.parent
    files: dict[WorldFile, str | Path] = {
        part: folder / part for part in WorldFile if (folder / part).is_file()
    }
    if source.is_file():
        files[WorldFile.ENVIRONMENT] = source
    return open_files({**files, **replaced})


def _bundled(replaced: dict[WorldFile, str | Path]) -> WorldFolder:
    if replaced:
        raise UsageError(
            "--tasks_path, --db_path and --sample_path belong to worlds from files.",
            "Give --envs_load_path too.",
        )
    return bundled_worlds()
