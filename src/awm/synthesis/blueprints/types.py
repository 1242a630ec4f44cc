"""The types of expressions, and what a blueprint's parts have of them.

A type is what is known of a value before anything runs: enough to tell that no rule and no effect
can fail on any state of the world.
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

__all__ = [
    "BOOL",
    "DATE",
    "INT",
    "MONEY",
    "NONE",
    "SPAN",
    "TEXT",
    "Type",
    "TypeKind",
    "row",
    "rows",
]

TypeKind: TypeAlias = Literal["int", "money", "text", "bool", "date", "span", "row", "rows", "none"]


@dataclass(frozen=True, slots=True)
class Type:
    """What a value can be.

    Attributes:
        kind: Its sort; `span` is a number of days to add to a date.
        entity: Of `row` and `rows`: of which entity.
        optional: Whether it may also be None.
        words: Of `text` that is one of a few words: which.
    """

    kind: TypeKind
    entity: str = ""
    optional: bool = False
    words: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        name = {"row": f"a {self.entity}", "rows": f"rows of {self.entity}"}.get(
            self.kind, self.kind
        )
        return f"{name} or nothing" if self.optional else name

    @property
    def present(self) -> "Type":
        """The same, known not to be None."""
        return Type(self.kind, self.entity, False, self.words)

    @property
    def maybe(self) -> "Type":
        """The same, or None."""
        return Type(self.kind, self.entity, True, self.words)

    @property
    def is_number(self) -> bool:
        """Whether it can be added and compared by size."""
        return self.kind in ("int", "money") and not self.optional


INT = Type("int")
MONEY = Type("money")
TEXT = Type("text")
BOOL = Type("bool")
DATE = Type("date")
SPAN = Type("span")
NONE = Type("none")


def row(entity: str, *, optional: bool = False) -> Type:
    """A row of an entity."""
    return Type("row", entity, optional)


def rows(entity: str) -> Type:
    """A list of rows of an entity."""
    return Type("rows", entity)
