"""How much memory the processes below this one take."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["TreeMemory", "tree_memory"]

_PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class TreeMemory:
    """Memory of a process tree, without its root.

    Attributes:
        processes: How many there are.
        resident_bytes: The sum of what each has in memory. What they share counts for each.
    """

    processes: int
    resident_bytes: int

    @property
    def megabytes(self) -> float:
        """`resident_bytes` in MB of 2^20 bytes."""
        return self.resident_bytes / (1 << 20)


def tree_memory(root: int | None = None) -> TreeMemory | None:
    """Measure the descendants of a process, by default of this one.

    Returns:
        None where there is no /proc.
    """
    if not (_PROC / "self/statm").exists():
        return None
    parents = dict(filter(None, map(_parent_of, _PROC.iterdir())))
    tree = _descendants(os.getpid() if root is None else root, parents)
    return TreeMemory(len(tree), sum(map(_resident, tree)))


def _descendants(root: int, parents: dict[int, int]) -> list[int]:
    found = [root]
    for parent in found:
        found += [process for process, above in parents.items() if above == parent]
    return found[1:]


def _parent_of(folder: Path) -> tuple[int, int] | None:
    if not folder.name.isdecimal():
        return None
    try:
        # The name in parentheses may hold anything; what follows the last one is fixed.
        after = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None  # it has ended meanwhile
    return int(folder.name), int(after[1])


def _resident(process: int) -> int:
    try:
        pages = (_PROC / str(process) / "statm").read_text().split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
