"""Compares what was done with what should have been, and tells the difference in words."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from awm.runtime.examiner import Examiner
from awm.verify.canonical import effects_of
from awm.verify.colours import Colouring, Colours
from awm.verify.effects import Added, Cell, Changed, Effects, Ref, Removed
from awm.verify.effects_text import effects_lines
from awm.verify.volatile import Volatile, volatile_by_schema

__all__ = ["Comparison", "compare", "same_end_state"]

_EXPECTED: Final = 0
_ACTUAL: Final = 1

_Agree: TypeAlias = Callable[[Cell, Cell], bool]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two effects differ.

    Attributes:
        missing: What was expected and not done. A row that differs from what was expected stands
            here and in `unexpected`; a changed row with the cells that differ only.
        unexpected: What was done and not expected.
    """

    missing: Effects
    unexpected: Effects

    @property
    def equal(self) -> bool:
        """Whether nothing is missing and nothing unexpected."""
        return not self.missing and not self.unexpected

    @property
    def lines(self) -> tuple[str, ...]:
        """The difference in words, a line for each row; empty when there is none."""
        return (
            *(f"missing: {line}" for line in effects_lines(self.missing)),
            *(f"unexpected: {line}" for line in effects_lines(self.unexpected)),
        )

    def __str__(self) -> str:
        return "\n".join(self.lines) or "no difference"


def compare(expected: Effects, actual: Effects) -> Comparison:
    """Compare two effects, whatever labels each gives to its added rows.

    Rows are compared as multisets: each as often as it occurs. Numbers are compared by value, see
    `awm.verify.values`. Two added rows are the same when their literal cells are, and when what
    they name and what names them is the same too, as far as colour refinement sees
    (`awm.verify.colours`).
    """
    colouring = Colouring([expected, actual])
    match = _Match(colouring, expected, actual)
    removed = _removals(colouring, expected, actual)
    changed = _changes(colouring, match, expected, actual)
    added = match.differing()
    missing, unexpected = (
        Effects(tuple(added[side]), tuple(removed[side]), tuple(changed[side]))
        for side in (_EXPECTED, _ACTUAL)
    )
    return Comparison(missing, unexpected)


async def same_end_state(
    examiner: Examiner,
    world: str,
    initial: bytes,
    expected: bytes,
    actual: bytes,
    volatile: Volatile | None = None,
) -> Comparison:
    """Compare two end states that were reached from the same initial one.

    Args:
        examiner: Reads the databases.
        world: Whose databases they are, for messages.
        initial: The database that both started from.
        expected: The one as it should be in the end.
        actual: The one as it is.
        volatile: The columns not to compare; by default those that the schema shows to be volatile.

    Raises:
        SnapshotError: A database is damaged.
    """
    schema = await examiner.describe(world, initial)
    places = volatile_by_schema(schema) if volatile is None else volatile
    done = [
        effects_of(await examiner.compare(world, initial, final), schema, places)
        for final in (expected, actual)
    ]
    return compare(*done)


class _Match:
    """Which added row of one side is which of the other, as well as that can be said.

    Rows of the same final colour are the same. The others differ somewhere, in themselves or in
    what they are connected with, and are matched by the last round in which they looked alike, so
    that of an order with one wrong line not all lines are told to be wrong.
    """

    def __init__(self, colouring: Colouring, expected: Effects, actual: Effects) -> None:
        self._colouring = colouring
        self._rows = [{row.label: row for row in side.added} for side in (expected, actual)]
        self._partner: dict[str, str] = {}
        left = [dict.fromkeys(rows) for rows in self._rows]
        self._pair(colouring.final, left)
        self._same = dict(self._partner)
        self.equal = not left[_EXPECTED] and not left[_ACTUAL]
        for painted in reversed(colouring.rounds[:-1]):
            self._pair(painted, left)
        self._left = left

    def _pair(self, painted: Sequence[Colours], left: list[dict[str, None]]) -> None:
        """Pair rows of the same colour and take them out of those left."""
        if not left[_EXPECTED] or not left[_ACTUAL]:
            return
        waiting: dict[int, deque[str]] = defaultdict(deque)
        for label in left[_ACTUAL]:
            waiting[painted[_ACTUAL][label]].append(label)
        for label in [*left[_EXPECTED]]:
            if same := waiting[painted[_EXPECTED][label]]:
                self._partner[label] = partner = same.popleft()
                del left[_EXPECTED][label], left[_ACTUAL][partner]

    def agree(self, one: Cell, other: Cell) -> bool:
        """Whether two cells say the same.

        A row that differs is told as such. A cell that names it is not at fault for that.
        """
        if not (isinstance(one, Ref) and isinstance(other, Ref)):
            return self._colouring.token(_EXPECTED, one) == self._colouring.token(_ACTUAL, other)
        mine, theirs = self._colour(_EXPECTED, one), self._colour(_ACTUAL, other)
        if mine is None or theirs is None:
            return one == other
        if mine == theirs or self._partner.get(one.row) == other.row:
            return True
        return one.row in self._left[_EXPECTED] and other.row in self._left[_ACTUAL]

    def _colour(self, side: int, cell: Ref) -> int | None:
        return self._colouring.final[side].get(cell.row)

    def differing(self) -> tuple[list[Added], list[Added]]:
        """The rows of each side that the other one does not have."""
        if self.equal:
            return [], []
        missing, unexpected = set(self._left[_EXPECTED]), set(self._left[_ACTUAL])
        for label, partner in self._partner.items():
            if label not in self._same and not self._rows_agree(label, partner):
                missing.add(label)
                unexpected.add(partner)
        if not missing and not unexpected:
            # Each difference was put down to another row: then all of them are named.
            missing = self._rows[_EXPECTED].keys() - self._same.keys()
            unexpected = self._rows[_ACTUAL].keys() - set(self._same.values())
        return self._listed(_EXPECTED, missing), self._listed(_ACTUAL, unexpected)

    def _rows_agree(self, label: str, partner: str) -> bool:
        one, other = self._rows[_EXPECTED][label].cells, self._rows[_ACTUAL][partner].cells
        return all(self.agree(one[column], other[column]) for column in one)

    def _listed(self, side: int, labels: set[str]) -> list[Added]:
        return [row for label, row in self._rows[side].items() if label in labels]


def _removals(
    colouring: Colouring, expected: Effects, actual: Effects
) -> tuple[list[Removed], list[Removed]]:
    """What each side removed more often than the other."""
    places = [
        [(row.table, colouring.tokens(side, row.key)) for row in effects.removed]
        for side, effects in enumerate((expected, actual))
    ]
    ours, theirs = map(Counter, places)
    return (
        [*_take(expected.removed, places[_EXPECTED], ours - theirs)],
        [*_take(actual.removed, places[_ACTUAL], theirs - ours)],
    )


def _take(rows: Sequence[Removed], places: list[Any], counts: Counter[Any]) -> Iterator[Removed]:
    for row, place in zip(rows, places, strict=True):
        if counts[place] > 0:
            counts[place] -= 1
            yield row


def _changes(
    colouring: Colouring, match: _Match, expected: Effects, actual: Effects
) -> tuple[list[Changed], list[Changed]]:
    ours, theirs = _by_key(colouring, _EXPECTED, expected), _by_key(colouring, _ACTUAL, actual)
    missing, unexpected = [], []
    for place, row in ours.items():
        other = theirs.get(place)
        cells = _left_over(row, other, match.agree)
        missing += [Changed(row.table, row.key, cells)] if cells else []
    for place, row in theirs.items():
        other = ours.get(place)
        cells = _left_over(row, other, lambda one, two: match.agree(two, one))
        unexpected += [Changed(row.table, row.key, cells)] if cells else []
    return missing, unexpected


def _by_key(colouring: Colouring, side: int, effects: Effects) -> Mapping[Any, Changed]:
    return {(row.table, colouring.tokens(side, row.key)): row for row in effects.changed}


def _left_over(row: Changed, other: Changed | None, agree: _Agree) -> dict[str, Cell]:
    """The cells of a changed row that the other side does not have."""
    known = other.cells if other else {}
    return {
        column: cell
        for column, cell in row.cells.items()
        if column not in known or not agree(cell, known[column])
    }
