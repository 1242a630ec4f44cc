"""The calls that show the rows an answer depends on.

Which rows these are is seen while the answer is worked out. They are then found as a person would:
lists that are narrowed down by what is known, single rows by their numbers once these were shown,
parts in the rows that they belong to.
"""

from typing import Any

from awm.synthesis.blueprints import Entity, Field
from awm.synthesis.dry import Row, entity_of
from awm.synthesis.tasks.clerk import Clerk, Unfindable

__all__ = ["reveal"]

_ONE_BY_ONE = 6


def reveal(clerk: Clerk, seen: set[tuple[str, int]], about: Row | None) -> None:
    """Make the calls that show rows.

    Args:
        clerk: Who makes them.
        seen: The rows, by entity and number.
        about: The row that the question is about, if it is about one.

    Raises:
        Unfindable: They cannot all be found.
    """
    if about is not None:
        clerk.see(about)
    left = {key: clerk.books.row(*key) for key in sorted(seen) if not _knows(clerk, key)}
    shown: set[Row] = {about} if about is not None else set()
    while left:
        name = _next_entity(left, shown)
        rows = [row for row in left.values() if entity_of(row).name == name]
        _show(clerk, rows, shown)
        shown.update(rows)
        for row in rows:
            left.pop((name, row.id))


def _knows(clerk: Clerk, key: tuple[str, int]) -> bool:
    return clerk.knows(clerk.books.row(*key))


def _next_entity(left: dict[tuple[str, int], Row], shown: set[Row]) -> str:
    """The entity whose rows are best looked at next: one that leads to or from what was shown."""
    names = list(dict.fromkeys(name for name, _ in left))
    for name in names:
        rows = [row for row in left.values() if entity_of(row).name == name]
        if _common_owner(rows, shown) or all(_leads_to(row, shown) for row in rows):
            return name
    return names[0]


def _common_owner(rows: list[Row], shown: set[Row]) -> tuple[Field, Row] | None:
    for field in entity_of(rows[0]).references:
        owners = {getattr(row, field.name) for row in rows}
        if len(owners) == 1 and (owner := owners.pop()) is not None and owner in shown:
            return field, owner
    return None


def _leads_to(row: Row, shown: set[Row]) -> bool:
    """Whether the row's number stands in one that was shown."""
    return any(
        getattr(each, field.name) is row for each in shown for field in entity_of(each).references
    )


def _show(clerk: Clerk, rows: list[Row], shown: set[Row]) -> None:
    entity = entity_of(rows[0])
    if entity.part_of:
        owners = {getattr(row, entity.part_of) for row in rows}
        if None in owners:
            raise Unfindable
        for owner in sorted(owners, key=lambda row: row.id):
            clerk.find(owner)
            clerk.show(owner)
        return
    owned = _common_owner(rows, shown)
    if owned is not None:
        _list(clerk, entity, {owned[0].name: owned[1]}, rows)
    elif len(rows) <= _ONE_BY_ONE and all(_leads_to(row, shown) for row in rows):
        for row in rows:
            clerk.show(row)
    else:
        _list(clerk, entity, {}, rows)


def _list(clerk: Clerk, entity: Entity, filters: dict[str, Any], rows: list[Row]) -> None:
    clerk.listed(entity, filters)
    for row in rows:
        clerk.learn(row)
