"""How much memory the processes below this one take."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["TreeMemory", "memory_of", "tree_memory"]

_PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class TreeMemory:
    """Memory of a process tree, without its root.

    Attributes:
        processes: How many there are.
        total_bytes: What they have in memory together. A page that several share counts in part
            for each (PSS); where the kernel keeps that from us, in full.
    """

    processes: int
    total_bytes: int

    @property
    def megabytes(self) -> float:
        """`total_bytes` in MB of 2^20 bytes."""
        return self.total_bytes / (1 << 20)


def tree_memory(root: int | None = None) -> TreeMemory | None:
    """Measure the descendants of a process, by default of this one.

    Returns:
        None where there is no /proc.
    """
    if not (_PROC / "self/statm").exists():
        return None
    parents = dict(filter(None, map(_parent_of, _PROC.iterdir())))
    tree = _descendants(os.getpid() if root is None else root, parents)
    return TreeMemory(len(tree), sum(map(memory_of, tree)))


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


def memory_of(process: int) -> int:
    """What one process has in memory, in bytes; see `TreeMemory`. 0 once it has ended."""
    folder = _PROC / str(process)
    try:
        for line in (folder / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass  # jailed processes hide this from all but root; or it has ended meanwhile
    try:
        pages = (folder / "statm").read_text().split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
