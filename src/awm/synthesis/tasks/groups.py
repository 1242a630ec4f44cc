"""Rows that have something in common, and how one says which are meant."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from awm.synthesis.blueprints import Entity, Field
from awm.synthesis.dry import Books, Row, entity_of
from awm.synthesis.tasks.clerk import Clerk

__all__ = ["Group", "extreme_words", "groups_of", "unique_extreme"]


@dataclass(frozen=True)
class Group:
    """The rows of an entity that fit.

    Attributes:
        entity: Of which entity.
        rows: All that fit.
        state: The state that they are in, if that is part of it.
        owner: The row that they lead to, if that is.
        by: The field by which they do.
        choice: A choice field and its word, if that is.
    """

    entity: Entity
    rows: tuple[Row, ...]
    state: str | None = None
    owner: Row | None = None
    by: Field | None = None
    choice: tuple[Field, str] | None = None

    @property
    def filters(self) -> dict[str, Any]:
        """What its list is asked for."""
        found: dict[str, Any] = {}
        if self.state is not None and self.entity.state is not None:
            found[self.entity.state.name] = self.state
        if self.by is not None:
            found[self.by.name] = self.owner
        if self.choice is not None:
            found[self.choice[0].name] = self.choice[1]
        return found

    def words(self, clerk: Clerk, *, plural: bool = False) -> str:
        """How they are called: `open loan of Maria Chen`.

        Raises:
            Unfindable: The owner cannot be pointed to.
        """
        noun = self.entity.plural.replace("_", " ") if plural else self.entity.says
        words = f"{self.state.replace('_', ' ')} {noun}" if self.state else noun
        if self.by is not None and self.owner is not None:
            owner = clerk.point_to(self.owner)[0]
            rivals = [each for each in self.entity.references if each.target == self.by.target]
            if len(rivals) > 1 or self.by.says != entity_of(self.owner).says:
                words += f" with {owner} as {self.by.says}"
            else:
                words += f" for {owner}" if entity_of(self.owner).named else f" of {owner}"
        if self.choice is not None:
            field, word = self.choice
            words += f" whose {field.says} is {word.replace('_', ' ')}"
        return words

    def look_up(self, clerk: Clerk, **further: Any) -> None:
        """Make the calls that show them.

        Raises:
            Unfindable: Their owner cannot be found, or there are too many.
        """
        if self.owner is not None:
            clerk.know(self.owner)
        clerk.listed(self.entity, self.filters, **further)
        for row in self.rows:
            clerk.learn(row)


_FEW: Final = 2


def groups_of(
    books: Books, entity: Entity, states: tuple[str, ...] = (), *, least: int = _FEW
) -> Iterator[Group]:
    """Groups of an entity's rows, by state, owner and choice.

    Args:
        books: The rows.
        entity: Of which entity; it is no part.
        states: The states of which one is in common; none means any.
        least: How many rows a group has at least.
    """
    rows = books.rows(entity.name)
    state = entity.state
    kinds: tuple[str | None, ...] = states if state and states else (None,)
    for kind in kinds:
        alike = [
            row for row in rows if kind is None or state is None or getattr(row, state.name) == kind
        ]
        if len(alike) >= least:
            yield Group(entity, tuple(alike), kind)
        for field in entity.references:
            owners = {getattr(row, field.name) for row in alike} - {None}
            for owner in sorted(owners, key=lambda row: row.id):
                theirs = tuple(row for row in alike if getattr(row, field.name) is owner)
                if len(theirs) >= least and entity_of(owner).named:
                    yield Group(entity, theirs, kind, owner, field)
        for field in entity.fields.values():
            if field.kind != "choice":
                continue
            for word in field.words:
                fitting = tuple(row for row in alike if getattr(row, field.name) == word)
                if least <= len(fitting) < len(alike):
                    yield Group(entity, fitting, kind, choice=(field, word))


def extreme_words(field: Field, *, lowest: bool) -> str:
    """What the least or the greatest of a field is called."""
    least, greatest = {
        "date": ("earliest", "latest"),
        "money": ("lowest", "highest"),
    }.get(field.kind, ("smallest", "largest"))
    if field.kind == "int" and field.says.endswith("s") and " in " not in field.says:
        least, greatest = "fewest", "most"
    return least if lowest else greatest


def unique_extreme(rows: tuple[Row, ...], field: Field, *, lowest: bool) -> Row | None:
    """The only row with the least or greatest of a field; None if several share it."""
    there = [row for row in rows if getattr(row, field.name) is not None]
    if len(there) < len(rows) or len(there) < _FEW:
        return None
    pick = min if lowest else max
    best = pick(getattr(row, field.name) for row in there)
    winners = [row for row in there if getattr(row, field.name) == best]
    return winners[0] if len(winners) == 1 else None
