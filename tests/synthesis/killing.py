"""A run that kills itself for real at a chosen step, in a process that was forked from one.

`python -m tests.synthesis.killing SOURCE FOLDER new` puts the first world of SOURCE in place in
folders below FOLDER and kills each run one step later than the last, until one gets through. The
same command runs again in each, and what is there then is compared with what an undisturbed run
left. A line is printed for each step.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from awm.synthesis import generating, planning
from awm.synthesis.plan import WorldPlan
from awm.synthesis.planning import Planner
from awm.synthesis.publishing import MANIFEST
from awm.synthesis.sources import read_plans
from awm.synthesis.staging import prove_stage
from awm.worlds import WorldFile
from tests.synthesis.ordering import SHARED, files, shelve, whole_catalogue

ORDER = replace(SHARED, count=1)
_CHANGES = ("mkdir", "open", "rename", "replace", "rmdir", "unlink")


class Deadline:
    """Kills the process before it changes files for the n-th time below a folder."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        for name in _CHANGES:
            setattr(os, name, self._counted(getattr(os, name), reads=name == "open"))

    def _counted(self, change: Callable[..., Any], *, reads: bool) -> Callable[..., Any]:
        def counted(path: Any, *arguments: Any, **given: Any) -> Any:
            # Folders are opened to be removed; of files only those that are written count.
            if not (reads and not (arguments and arguments[0] & os.O_CREAT)):
                if not self.left:
                    os.kill(os.getpid(), signal.SIGKILL)
                self.left -= 1
            return change(path, *arguments, **given)

        return counted


def forked(work: Callable[[], None]) -> int:
    """Do something in a process of its own; how that ended."""
    process = os.fork()
    if not process:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def publishing(overwrite: bool, folder: Path) -> None:
    """`awm gen all` where all worlds are on the shelf."""
    asyncio.run(generating.generate(ORDER, folder, overwrite=overwrite))


def staging(plans: Sequence[WorldPlan], folder: Path) -> None:
    """`awm gen task`, likewise."""
    parts = {part: folder / part.value for part in (WorldFile.TASKS, WorldFile.ORACLE)}
    asyncio.run(prove_stage(parts, plans, ORDER))


def steps(
    template: Path, run: Callable[[Path], None], below: Path
) -> Iterator[tuple[int, int | None, Path]]:
    """Kill runs one step later each, and run each again: the endings of both, and the folder.

    The second is None where the first had put everything in place.
    """
    for step in range(200):
        folder = below / f"{step:03}"
        shutil.copytree(template, folder)

        def killed(folder: Path = folder, step: int = step) -> None:
            Deadline(step)
            run(folder)

        first = forked(killed)
        unfinished = (folder / ".generating").exists()
        yield first, forked(partial(run, folder)) if unfinished else None, folder
        shutil.rmtree(folder)
        if first != -signal.SIGKILL:
            return


def main(source: Path, below: Path, what: str) -> None:
    """Say how it went."""
    plans = read_plans(source / WorldFile.SCENARIO)[: ORDER.count]

    class Planned(Planner):
        """Knows the plans: planning is not what these tests are about."""

        def plans(self, count: int) -> Iterator[WorldPlan]:
            return iter(plans[:count])

    os.fsync = lambda _: None  # the system lives on: it was asked for as often as files change
    generating.Planner = Planned
    planning.Catalogue = whole_catalogue
    template = below / "template"
    if what == "replaced":
        shutil.copytree(source, template)
        (template / MANIFEST).write_text("{}")
    shelve(template, ORDER, source, range(ORDER.count))
    run = partial(staging, plans) if what == "staged" else partial(publishing, what == "replaced")
    shutil.copytree(template, below / "undisturbed")
    run(below / "undisturbed")
    wanted = files(below / "undisturbed")
    for first, again, folder in steps(template, run, below):
        found = files(folder)
        odd = sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))
        print(json.dumps({"first": first, "again": again, "odd": odd}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
