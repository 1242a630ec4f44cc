"""What each finished stage of each world wrote, so that a run that was killed goes on from there.

They lie on the shelf of the order, and are gone with it. The answers of the model are kept apart
from them, in the journal: what is lost here costs work and no money.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awm.errors import Problem
from awm.synthesis.llm_author.repairing import Written
from awm.synthesis.llm_author.stage import Records, StageName
from awm.whole import write_whole
from awm.worlds import WorldFile
from awm.worlds.holding import writing_to

__all__ = ["Checkpoints"]


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """Finished stages in a folder, one file each.

    Attributes:
        folder: Where; made when the first is kept.
    """

    folder: Path

    def kept(self, number: int, stage: StageName, title: str) -> Written[Records] | None:
        """What a stage of a world wrote; None if it was not finished, or was another scenario's."""
        try:
            content = json.loads(self._file(number, stage).read_text(encoding="utf-8"))
            return _read(content["written"]) if content["title"] == title else None
        except (OSError, ValueError, KeyError, TypeError):
            return None  # whatever it is, it is made again

    def keep(self, number: int, stage: StageName, title: str, written: Written[Records]) -> None:
        """Keep what a stage of a world wrote.

        Raises:
            WorldFileError: It cannot be written.
            InfrastructureError: There is no room for it.
        """
        content = {"title": title, "written": _written(written)}
        with writing_to(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            encoded = json.dumps(content, ensure_ascii=False).encode(errors="surrogatepass")
            write_whole(self._file(number, stage), encoded)

    def _file(self, number: int, stage: StageName) -> Path:
        return self.folder / f"{number:06}.{stage}.json"


def _written(written: Written[Records]) -> Mapping[str, Any]:
    return {
        "records": {part.value: list(rows) for part, rows in written.value.items()},
        "problems": [
            [each.world, each.where, each.what, each.hint, each.severity]
            for each in written.problems
        ],
        "attempts": written.attempts,
        "mended": list(written.mended),
    }


def _read(content: Mapping[str, Any]) -> Written[Records]:
    return Written(
        {WorldFile(part): tuple(rows) for part, rows in content["records"].items()},
        tuple(Problem(*each) for each in content["problems"]),
        int(content["attempts"]),
        tuple(content["mended"]),
    )
