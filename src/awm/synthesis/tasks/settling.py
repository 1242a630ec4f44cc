"""What a task has settled so far, so that nothing later in it undoes or overwrites that.

Nobody asks in one breath for something and for its opposite.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from awm.synthesis.blueprints import Action, Effects
from awm.synthesis.blueprints.trees import nodes_of
from awm.synthesis.dry import Row, entity_of

__all__ = ["Settled"]

_Key = tuple[str, int]

_TAKES_BACK: Final = re.compile(
    r"(abandon|abort|archive|call_off|cancel|discard|drop|free|leave|lift|lose|put_back|refund|"
    r"remove|retire|reverse|revoke|scrap|stop|strike|supersede|take_back|take_off|undo|untag|"
    r"surrender|terminate|unwatch|vacate|void|withdraw|write_off)_|end_(?!outage|repair)"
)
"""Names of actions by which what was just made would be unmade."""


class Settled:
    """Which fields of which rows a task has set, what states they had, and which rows it made."""

    def __init__(self) -> None:
        self._fields: set[tuple[_Key, str]] = set()
        self._states: dict[_Key, set[str]] = defaultdict(set)
        self._made: set[_Key] = set()

    def before(self, on: Row) -> None:
        """Note the state that a row leaves."""
        self._note_state(on)

    def after(
        self, action: Action, arguments: Mapping[str, Any], on: Row | None, made: Row | None
    ) -> None:
        """Note what an action has done.

        Args:
            action: Which.
            arguments: With what.
            on: The row that it worked on.
            made: The row that it added.
        """
        rows = _named(action, arguments, on)
        if made is not None and action.makes:
            rows[action.makes] = made
            self._made.add(_key(made))
            self._note_state(made)
            given = [name for name in action.takes if arguments.get(name) is not None]
            self.edited(made, (name for name in given if name in entity_of(made).fields))
        self._fields.update(_assigned(action, rows))

    def considered(self, action: Action, arguments: Mapping[str, Any], on: Row | None) -> None:
        """Note what would have been done if a decision had gone the other way.

        Nobody asks for it afterwards without knowing how it went.
        """
        if on is not None and action.to is not None:
            self._states[_key(on)].add(action.to)
        self._fields.update(_assigned(action, _named(action, arguments, on)))

    def edited(self, row: Row, fields: Iterable[str]) -> None:
        """Note that fields of a row were set."""
        self._fields.update((_key(row), name) for name in fields)

    def made(self, row: Row) -> bool:
        """Whether the task added a row."""
        return _key(row) in self._made

    def has(self, row: Row, field: str) -> bool:
        """Whether the task has set a field of a row."""
        return (_key(row), field) in self._fields

    def against(self, action: Action, arguments: Mapping[str, Any], on: Row | None = None) -> bool:
        """Whether an action would undo or overwrite what was done before."""
        if on is not None:
            if self.made(on) and (action.removes or _TAKES_BACK.match(action.name)):
                return True
            if action.to is not None and action.to in self._states.get(_key(on), ()):
                return True
        if not self._fields:
            return False
        cells = _assigned(action, _named(action, arguments, on))
        return any(cell in self._fields for cell in cells)

    def _note_state(self, row: Row) -> None:
        state = entity_of(row).state
        if state is not None:
            self._states[_key(row)].add(getattr(row, state.name))


def _key(row: Row) -> _Key:
    return entity_of(row).name, row.id


def _named(action: Action, arguments: Mapping[str, Any], on: Row | None) -> dict[str, Row]:
    """The rows that an action's effects know by a name."""
    rows = {name: each for name, each in arguments.items() if isinstance(each, Row)}
    return rows | {action.on: on} if on is not None and action.on else rows


def _assigned(action: Action, rows: Mapping[str, Row]) -> Iterator[tuple[_Key, str]]:
    """The fields of rows that an action sets to something, rather than adding to them."""
    for name, field in _targets(action.does):
        if name in rows:
            yield _key(rows[name]), field


@lru_cache(maxsize=4096)
def _targets(does: Effects) -> tuple[tuple[str, str], ...]:
    """What is assigned to: `tool.on_loan = True` is `("tool", "on_loan")`."""
    found = [
        target
        for line in does.tree
        for each in nodes_of(line)
        if isinstance(each, ast.Assign)
        for target in each.targets
    ]
    return tuple(
        (target.value.id, target.attr)
        for target in found
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name)
    )
