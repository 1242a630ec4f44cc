"""What stages read: scenarios with their plans, and the order that tasks were written to.

Anybody may have edited the files, so whatever makes no sense in them is told with what to do.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from awm.errors import UsageError, WorldFileError
from awm.synthesis.catalogue import Catalogue
from awm.synthesis.order import Order
from awm.synthesis.plan import WorldPlan
from awm.synthesis.written import shown
from awm.worlds import WorldFile
from awm.worlds.names import normalise

__all__ = ["read_plans", "rows_in", "scenarios_of", "tasks_ordered"]

_MEND: Final = "Mend or remove the line."
_WHY: Final[Mapping[type, str]] = {UnicodeDecodeError: "it is no UTF-8"}
_SHOWN: Final = 20


def read_plans(path: Path, names: Sequence[str] = ()) -> list[WorldPlan]:
    """The plans of the scenarios in a file, or of those in the `gen_scenario.jsonl` beside it.

    Args:
        path: A file of scenarios, or the output of a later stage that lies beside it.
        names: Only these scenarios; all if empty.

    Raises:
        WorldFileError: It cannot be read.
        UsageError: A scenario was planned by somebody else, or is not there, or there is none; two
            have one name; or a plan names what the author does not know.
        BlueprintError: The parts of a plan do not go together.
    """
    for name in names:
        if not normalise(name):
            raise UsageError(f"{shown(name)} is no scenario's name.", "Names have letters.")
    source = scenarios_of(path)
    plans = [WorldPlan.from_row(row) for row in rows_in(source)]
    if not plans:
        raise UsageError(f"{source} holds no scenario.", "Begin with `awm gen scenario`.")
    _check_names(plans, source)
    wanted = {normalise(name) for name in names}
    missing = wanted - {normalise(plan.title) for plan in plans}
    if missing:
        raise UsageError(
            f"{source} has no scenario {', '.join(sorted(missing))}.",
            "`awm worlds list` shows names; they match whatever their case.",
        )
    chosen = [plan for plan in plans if not wanted or normalise(plan.title) in wanted]
    catalogue = Catalogue()
    for plan in chosen:
        catalogue.check(plan.recipe)
    return chosen


def scenarios_of(path: Path) -> Path:
    """The file of scenarios: the one that is named, or `gen_scenario.jsonl` beside it.

    Raises:
        WorldFileError: It cannot be read.
    """
    beside = path.parent / WorldFile.SCENARIO.value  # Python 3.11 makes no path of enum's members
    return path if path != beside and _is_scenarios(path) else beside


def tasks_ordered(path: Path, plans: Sequence[WorldPlan]) -> Order:
    """The order that the tasks in a file were written to: how many, how hard, of which state.

    Args:
        path: The file.
        plans: Of the worlds that are wanted.

    Raises:
        WorldFileError: It cannot be read.
        UsageError: Somebody else wrote it.
    """
    orders = {
        normalise(str(row.get("scenario"))): _order_of(row, path, plans) for row in rows_in(path)
    }
    if not orders:
        raise _foreign(path)
    wanted = [normalise(plan.title) for plan in plans]
    missing = [name for name in wanted if name not in orders]
    if missing:
        raise UsageError(
            f"{path} has no tasks of {', '.join(missing[:_SHOWN])}.",
            "Write them with `awm gen task`, or name others with --allowed_scenarios.",
        )
    first = orders[wanted[0]]
    other = next((name for name in wanted if orders[name] != first), None)
    if other is not None:
        raise UsageError(
            f"{path} holds tasks of several orders: those of {wanted[0]} and of {other}.",
            "Name scenarios of one with --allowed_scenarios.",
        )
    return first


def _order_of(row: Mapping[str, Any], path: Path, plans: Sequence[WorldPlan]) -> Order:
    try:
        written = row["builtin"]
        levels, state = tuple(written["levels"]), written["state"]
        return Order(len(plans), plans[0].seed, written["tasks"], levels, state=state)
    except (KeyError, TypeError) as error:
        raise _foreign(path) from error
    except UsageError as error:
        raise UsageError(
            f"the order of the tasks of {shown(row.get('scenario'))} in {path} makes no sense:"
            f" {error.message}",
            "The row was changed: write the tasks again with `awm gen task`.",
        ) from error


def _foreign(path: Path) -> UsageError:
    return UsageError(f"{path} holds no tasks of the builtin author.", "Begin with `awm gen task`.")


def rows_in(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file in JSON Lines.

    Raises:
        WorldFileError: It cannot be read, or a line is no object.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        why = _WHY.get(type(error)) or getattr(error, "strerror", None) or str(error)
        raise WorldFileError(
            "", f"{path} cannot be read: {why}.", "Begin with `awm gen scenario`."
        ) from error
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise WorldFileError(
                "", f"line {number} of {path} is no JSON: {error}.", _MEND
            ) from error
        if not isinstance(row, dict):
            raise WorldFileError("", f"line {number} of {path} is no object.", _MEND)
        yield row


def _is_scenarios(path: Path) -> bool:
    if not path.name:  # as of `.` and `/`
        raise WorldFileError(
            "", f"{path} cannot be read: Is a directory.", "Name a file of scenarios."
        )
    first = next(rows_in(path), None) if os.path.lexists(path) else None
    # Rows of tasks say `builtin` too, and `scenario` where those of scenarios say `name`.
    return first is not None and "name" in first and "builtin" in first


def _check_names(plans: Sequence[WorldPlan], source: Path) -> None:
    """Files are called after worlds, and rows belong to them by their names."""
    names: set[str] = set()
    for plan in plans:
        name = normalise(plan.title)
        if name in names:
            raise UsageError(
                f"{source} has two scenarios that are called {name}.", "Remove one of them."
            )
        names.add(name)
