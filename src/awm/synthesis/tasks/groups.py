"""Rows that have something in common, and how one says which are meant."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from awm.synthesis.blueprints import Entity, Field
from awm.synthesis.dry import Books, Row, entity_of, held
from awm.synthesis.tasks.clerk import Clerk

__all__ = [
    "Group",
    "extreme_words",
    "groups_of",
    "has_extremes",
    "is_count",
    "is_customer",
    "unique_extreme",
    "worth_asking",
]


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

    @property
    def in_a_role(self) -> bool:
        """Whether it has to be said as what they lead to the owner."""
        if self.by is None or self.owner is None:
            return False
        rivals = [each for each in self.entity.references if each.target == self.by.target]
        return len(rivals) > 1 or self.by.says != entity_of(self.owner).says

    def words(self, clerk: Clerk, *, plural: bool = False) -> str:
        """How they are called: `open loan of Maria Chen`.

        Raises:
            Unfindable: The owner cannot be pointed to.
        """
        noun = self.entity.plural.replace("_", " ") if plural else self.entity.says
        words = f"{self.state.replace('_', ' ')} {noun}" if self.state else noun
        if self.by is not None and self.owner is not None:
            owner = clerk.point_to(self.owner)[0]
            if self.in_a_role:
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
        alike = tuple(
            row for row in rows if kind is None or state is None or held(row, state.name) == kind
        )
        every = Group(entity, alike, kind)
        for group in (every, *_by_owner(books, every), *_by_choice(every)):
            if len(group.rows) >= least:
                yield group


def _by_owner(books: Books, every: Group) -> Iterator[Group]:
    """Those rows of a group that lead to the same row, which has a name."""
    for field in every.entity.references:
        if not books.blueprint.entities[field.target].named:
            continue
        owned: dict[int, list[Row]] = {}
        for row in every.rows:
            owned.setdefault(held(row, field.name) or 0, []).append(row)
        for id_ in sorted(owned.keys() - {0}):
            owner = books.row(field.target, id_)
            yield replace(every, rows=tuple(owned[id_]), owner=owner, by=field)


def _by_choice(every: Group) -> Iterator[Group]:
    """Those rows of a group that have the same word in a field, where not all have."""
    for field in every.entity.fields.values():
        for word in field.words if field.kind == "choice" else ():
            fitting = tuple(row for row in every.rows if held(row, field.name) == word)
            if len(fitting) < len(every.rows):
                yield replace(every, rows=fitting, choice=(field, word))


def extreme_words(field: Field, *, lowest: bool) -> str:
    """What the least or the greatest of a field is called."""
    least, greatest = ("earliest", "latest") if field.kind == "date" else ("lowest", "highest")
    if field.kind == "int" and " in " in field.says:
        least, greatest = "smallest", "largest"
    if field.kind == "int" and is_count(field):
        least, greatest = "fewest", "most"
    if field.kind == "int" and field.says.endswith("hour") and "per hour" not in field.says:
        least, greatest = "earliest", "latest"  # of the day
    return least if lowest else greatest


def has_extremes(field: Field) -> bool:
    """Whether anybody would pick by a field, or look for the least and the greatest of it."""
    measured = field.kind in ("int", "money", "date")
    return measured and not field.says.endswith(("number", "code"))


def worth_asking(field: Field) -> bool:
    """Whether anybody would want to know what is in a field for its own sake."""
    return field.kind in ("money", "date") or (field.kind == "int" and is_count(field))


def is_count(field: Field) -> bool:
    """Whether a number says how many there are of something: `seats`, `hours per week`."""
    words = field.says.split()
    return " in " not in field.says and any(
        each == "people" or (each.endswith("s") and not each.endswith("ss"))
        for each in (words[0], words[-1])
    )


def is_customer(entity: Entity) -> bool:
    """Whether its rows are people or firms that do not work here.

    What they want or do follows from no criterion: nobody has "whichever tenant has the lowest
    credit" buy a voucher. Who works here has a post, a grade, or the like.
    """
    named = entity.fields.get(entity.named or "")
    return (
        named is not None
        and named.pool in ("person_name", "company_name")
        and _EMPLOYED.isdisjoint(entity.fields)
    )


_EMPLOYED: Final = frozenset((
    "craft", "desk", "duty", "duties_flown", "grade", "hired_on", "hourly_pay_cents",
    "hourly_rate_cents", "hourly_wage_cents", "job", "level", "position", "post", "presence",
    "rank", "rate_cents", "roster", "shop", "specialism", "team", "trade",
))  # fmt: skip
"""Fields by which those who work here are known."""


def unique_extreme(rows: tuple[Row, ...], field: Field, *, lowest: bool) -> Row | None:
    """The only row with the least or greatest of a field; None if several share it."""
    there = [row for row in rows if getattr(row, field.name) is not None]
    if len(there) < len(rows) or len(there) < _FEW:
        return None
    pick = min if lowest else max
    best = pick(getattr(row, field.name) for row in there)
    winners = [row for row in there if getattr(row, field.name) == best]
    return winners[0] if len(winners) == 1 else None
