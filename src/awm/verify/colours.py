"""Colours for added rows: equal ones for rows that play the same part.

Labels are arbitrary, so two tellings of the same effects differ in them, and which row is which
follows from what stands in it and from what it is connected with. Colour refinement, also known as
the Weisfeiler-Leman test in one dimension, finds that out: rows start with a colour for their
table and literal cells, and in each round get a new one for their colour, the colours of the rows
that they name and those of the rows that name them. It ends when no round tells more rows apart.

(B. Weisfeiler, A. Leman: The reduction of a graph to canonical form and the algebra which appears
therein, 1968. The test cannot tell apart certain regular graphs: two rings of three equal rows that
name each other look like one ring of six. Nothing that is added to a database in earnest does.)
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from awm.verify.effects import Cell, Effects, Ref, Stamp
from awm.verify.values import Numbers

__all__ = ["Colouring", "Colours"]

Colours: TypeAlias = Mapping[str, int]
"""The colour of each added row, by its label."""

_Node: TypeAlias = tuple[int, str]
"""An added row: the side it is on, and its label."""

_FEWEST_ROUNDS: Final = 8
"""As far as this, rows are told apart by what they are connected with in any case."""
_MOST_STEPS: Final = 200_000
"""Rows times rounds, a few seconds of work. A chain of rows that name each other takes as many
rounds as it is long, and whoever adds rows must not be able to keep the grader busy for hours."""


class Colouring:
    """The colours of the added rows of one or several effects, comparable with each other.

    Colours are numbers in an order that follows from content alone.

    Args:
        sides: The effects.

    Attributes:
        rounds: For each round, and in it for each side, its rows' colours. In the first one, rows
            of the same table and the same literal cells have the same colour.
    """

    def __init__(self, sides: Sequence[Effects]) -> None:
        self._sides = sides
        self._numbers = Numbers(_values(sides))
        self._known = [{row.label for row in side.added} for side in sides]
        self.rounds: list[list[Colours]] = []
        colours = self._paint(self._literal())
        self._keep(colours)
        colours = self._paint(self._seen_from_changes(colours))
        outward, inward = self._edges()
        most = min(len(colours), max(_FEWEST_ROUNDS, _MOST_STEPS // (len(colours) or 1)))
        classes = 0
        for _ in range(most + 1):
            self._keep(colours)
            if classes == (classes := len(set(colours.values()))):
                break
            colours = self._paint(
                {
                    node: (
                        colour,
                        sorted((column, colours[target]) for column, target in outward[node]),
                        sorted((column, colours[source]) for column, source in inward[node]),
                    )
                    for node, colour in colours.items()
                }
            )

    @property
    def final(self) -> list[Colours]:
        """The colours of the last round, for each side."""
        return self.rounds[-1]

    def tokens(self, side: int, cells: Mapping[str, Cell]) -> tuple[tuple[str, Any], ...]:
        """What stands for some cells in a comparison, whichever rows they name."""
        return tuple(sorted((column, self.token(side, cell)) for column, cell in cells.items()))

    def token(self, side: int, cell: Cell) -> tuple[str, Any]:
        """What stands for a cell in a comparison, whichever row it names."""
        if isinstance(cell, Ref):
            # A label that no added row has says only itself.
            return ("row", "" if cell.row in self._known[side] else cell.row)
        if isinstance(cell, Stamp):
            return ("stamp", int(cell.present))
        return self._numbers.token(cell)

    def _literal(self) -> dict[_Node, Any]:
        return {
            (number, row.label): (row.table, self.tokens(number, row.cells))
            for number, side in enumerate(self._sides)
            for row in side.added
        }

    def _seen_from_changes(self, colours: Mapping[_Node, int]) -> dict[_Node, Any]:
        """Colours that also say which changed rows name a row, and in which column."""
        found: dict[_Node, list[Any]] = defaultdict(list)
        for number, side in enumerate(self._sides):
            for change in side.changed:
                place = change.table, self.tokens(number, change.key)
                for column, target in self._named(number, change.cells):
                    found[target].append((*place, column))
        return {node: (colour, sorted(found[node])) for node, colour in colours.items()}

    def _edges(self) -> tuple[dict[_Node, list[Any]], dict[_Node, list[Any]]]:
        outward: dict[_Node, list[Any]] = defaultdict(list)
        inward: dict[_Node, list[Any]] = defaultdict(list)
        for number, side in enumerate(self._sides):
            for row in side.added:
                for column, target in self._named(number, row.cells):
                    outward[number, row.label].append((column, target))
                    inward[target].append((column, (number, row.label)))
        return outward, inward

    def _named(self, side: int, cells: Mapping[str, Cell]) -> Iterator[tuple[str, _Node]]:
        for column, cell in cells.items():
            if isinstance(cell, Ref) and cell.row in self._known[side]:
                yield column, (side, cell.row)

    @staticmethod
    def _paint(signatures: Mapping[_Node, Any]) -> dict[_Node, int]:
        """Numbers for signatures, in their order, so that they do not depend on the rows'."""
        listed = sorted(signatures.items(), key=lambda pair: pair[1])
        colours: dict[_Node, int] = {}
        last: Any = None
        number = -1
        for node, signature in listed:
            if number < 0 or signature != last:
                number += 1
                last = signature
            colours[node] = number
        return {node: colours[node] for node in signatures}

    def _keep(self, colours: Mapping[_Node, int]) -> None:
        kept: list[dict[str, int]] = [{} for _ in self._sides]
        for (side, label), colour in colours.items():
            kept[side][label] = colour
        self.rounds.append([*kept])


def _values(sides: Sequence[Effects]) -> Iterator[object]:
    for side in sides:
        for row in side.added:
            yield from row.cells.values()
        for change in side.changed:
            yield from change.cells.values()
            yield from change.key.values()
        for removed in side.removed:
            yield from removed.key.values()
