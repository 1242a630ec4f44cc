"""What `awm worlds split` does: divides the worlds of a folder, and shows what comes of it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from rich.text import Text

from awm.cli.console import counted, new_table, print_json, progress, shorten, stdout
from awm.rollout.near_duplicates import Crossing, Portrait, crossings, portrait_of
from awm.rollout.splits import SPLITS, Split, Splits
from awm.worlds import open_worlds

__all__ = ["show_splits"]

_MOST: Final = 20
_NAMES: Final = 160


def show_splits(source: str, splits: Splits, *, as_json: bool) -> None:
    """Show how the worlds of a folder are divided, and near duplicates across sides.

    Args:
        source: The folder, or `bundled`.
        splits: How worlds are divided.
        as_json: Print one JSON document instead.

    Raises:
        WorldError: The folder is not there, or a world in it cannot be read.
    """
    folder = open_worlds(source)
    portraits: list[Portrait] = []
    with progress("reading", len(folder)) as advance:
        for name in folder:
            portraits.append(portrait_of(folder[name], splits))
            advance(name)
    found = crossings(portraits)
    if as_json:
        print_json(_plain(source, splits, portraits, found))
        return
    table = new_table("Split", "Worlds", "Share", "Names", right=("Worlds", "Share"))
    for side in SPLITS:
        names = _on(side, portraits)
        share = f"{len(names) / len(portraits):.0%}" if portraits else "-"
        table.add_row(side, f"{len(names):,}", share, shorten(", ".join(names), _NAMES))
    console = stdout()
    console.print(table)
    if not found:
        console.print("No world has a near duplicate on another side.")
        return
    console.print(Text(f"{counted(len(found), 'near duplicate')} across sides:", style="yellow"))
    for crossing in found[:_MOST]:
        console.print(Text(f"  {crossing}"), soft_wrap=True)
    if len(found) > _MOST:
        console.print(f"  and {len(found) - _MOST:,} more; --json has all")


def _on(side: Split, portraits: Sequence[Portrait]) -> list[str]:
    return [each.name for each in portraits if each.split == side]


def _plain(
    source: str, splits: Splits, portraits: Sequence[Portrait], found: Sequence[Crossing]
) -> dict[str, Any]:
    return {
        "folder": source,
        **splits.to_json(),
        "worlds": {side: _on(side, portraits) for side in SPLITS},
        "near_duplicates": [asdict(crossing) for crossing in found],
    }
