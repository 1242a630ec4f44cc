"""Compiles what a solved task looks like into a verifier: a program in the published AWM format.

The program is self-contained and made to be read by a person: its docstring says in words what
has to have happened, the expected rows stand in it as literals, and what follows checks them in
plain steps. It takes two SQLite files, works out what was done between them as
`awm.verify.canonical` does, and compares it as `awm.verify.comparison` does. It holds no more than
its task needs. How answers are read is not written twice: the sources of `awm.verify.matching` and
`awm.verify.refinement` are a part of the programs that need them.

Its text is rendered from `templates/` by plain substitution and depends on nothing but the
arguments: equal ones give equal bytes.
"""

import textwrap
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from awm.errors import OracleError
from awm.runtime import Schema, TableSchema
from awm.verify.effects import Added, Cell, Changed, Effects, Ref, Stamp
from awm.verify.effects_text import effects_lines
from awm.verify.expected import Expectation
from awm.verify.linking import Rule, find_rules
from awm.verify.literals import Name, literal, text_literal
from awm.verify.matching import kinds_to_read
from awm.verify.references import numbering_column
from awm.verify.rendering import render, shared, template
from awm.verify.verdict import VerifierMode
from awm.worlds import VerifierProgram

__all__ = ["compile_verifier"]

_WIDTH: Final = 100
_INDENT: Final = 4
_MOST_LINES: Final = 4
"""Rows that the docstring tells of; the literals below it hold all of them."""

_CONDITION: Final = """; and, where it
    # depends on another cell of the row, which one and what has to stand in it."""

_NAMED: Final = "tuple(cells[column] for column in (key if keyed else columns))"
_NAMED_STAMPED: Final = (
    "tuple(cells[c] for c in key) if keyed else tuple(stamped(table, cells).values())"
)

_SIGNATURES: Final[Mapping[VerifierMode, tuple[str, str]]] = {
    "code": ("verify_task_completion", "initial_db_path, final_db_path, final_answer=None"),
    "sql": ("verify_task", "initial_db_path, final_db_path"),
}


def compile_verifier(
    mode: VerifierMode,
    world: str,
    task_idx: int,
    task: str,
    expectation: Expectation,
    schema: Schema,
) -> VerifierProgram:
    """Write the program that tells whether a task was done.

    It says `complete` when, for one of the expected outcomes, what was done is what was expected,
    nothing else changed in any table, and the final answer holds each fact without hedging (see
    `awm.verify.facts`). In mode `sql` it leaves the answer to the judge and returns what it found.

    Args:
        mode: Which of the two kinds of program to write.
        world: The world's name, for errors.
        task_idx: The task's number in the world.
        task: What was asked.
        expectation: What counts as done.
        schema: The tables, as they are before.

    Raises:
        OracleError: The expectation proves nothing: there is no outcome, or one without effects
            and without facts, which doing nothing would meet. Or a row is expected to name one
            that is not expected to be there.
    """
    where = f"task {task_idx}"
    if not expectation.outcomes:
        raise OracleError(world, f"{where} has no expected outcome.", "Give its oracle calls.")
    for outcome in expectation.outcomes:
        if not outcome.effects and not outcome.facts:
            raise OracleError(
                world,
                f"the oracle of {where} changes nothing and has no facts to answer, so that an "
                "agent that does nothing would pass.",
                "Give it an answer with facts, or calls that change something.",
            )
        _check_labels(world, where, outcome.effects)
    compiler = _Compiler(mode, expectation, schema, find_rules(world, expectation, schema))
    return VerifierProgram(mode, task_idx, task, compiler.program(task_idx, task))


def _check_labels(world: str, where: str, effects: Effects) -> None:
    labels = {row.label for row in effects.added}
    rows: tuple[Added | Changed, ...] = (*effects.added, *effects.changed)
    for row in rows:
        for column, cell in row.cells.items():
            if isinstance(cell, Ref) and cell.row not in labels:
                raise OracleError(
                    world,
                    f"the oracle of {where} expects {row.table}.{column} to name {cell.row}, "
                    "which is no added row.",
                )


class _Compiler:
    """What goes into one program."""

    def __init__(
        self, mode: VerifierMode, expectation: Expectation, schema: Schema, rules: list[Rule]
    ) -> None:
        self._mode = mode
        self._expectation = expectation
        self._schema = schema
        self._rules = rules
        self._outcomes = expectation.outcomes
        self._alone = all(_names_only_rows(outcome.effects) for outcome in self._outcomes)
        self._numbering = self._numbering_columns()
        self._serial = self._serial_columns()
        self._volatile = _by_table(expectation.volatile)

    def program(self, task_idx: int, task: str) -> str:
        """The text."""
        name, parameters = _SIGNATURES[self._mode]
        holds = self._holds()
        expected = [self._rows(outcome.effects) for outcome in self._outcomes]
        facts = [[[*fact.wordings] for fact in outcome.facts] for outcome in self._outcomes]
        answers = [outcome.answer for outcome in self._outcomes]
        places = {
            "NAME": name,
            "PARAMETERS": parameters,
            "TASK": _prose(f"Task {task_idx}: {task}", _INDENT, first=_INDENT + 3).strip(),
            "EXPLANATION": "\n".join(_explanation(self._expectation, self._mode)),
            "EXPECTED": _literal(expected[0]),
            "FACTS": _literal(facts[0]),
            "ANSWER": _literal(answers[0]),
            "OUTCOMES": _literal(
                [*zip(expected, facts, *([answers] if "sql" in holds else []), strict=True)]
            ),
            "VOLATILE": _literal(self._volatile),
            "REASONS": "\n".join(self._reasons()),
            "NUMBERING": _literal(self._numbering),
            "SERIAL": _literal(self._serial),
            "REFERENCES": _literal(
                [rule if "conditions" in holds else rule[:4] for rule in self._rules]
            ),
            "REFINEMENT": shared("refinement.py", "refinement"),
            "READING": shared("matching.py", "text", *self._kinds(), "search"),
            "TASK_LITERAL": _literal(task),
            **_variants(holds),
        }
        ending = render(template(f"{self._mode}_ending.py.txt"), places, holds)
        places["ENDING"] = ending.strip("\n")
        return render(template("verifier.py.txt"), places, holds)

    def _kinds(self) -> tuple[str, ...]:
        facts = [fact.wordings for outcome in self._outcomes for fact in outcome.facts]
        return kinds_to_read(facts)

    def _holds(self) -> frozenset[str]:
        """The words by which the templates are told what to leave out."""
        effects = [outcome.effects for outcome in self._outcomes]
        cells = [cell for each in effects for cell in _scalars(each)]
        tables = self._written()
        facts = any(outcome.facts for outcome in self._outcomes)
        holds = {
            self._mode: True,
            "several": len(self._outcomes) > 1,
            "expects": any(effects),
            "facts": facts,
            "answers": facts and self._mode == "code",
            "answer": any(outcome.answer for outcome in self._outcomes),
            "numbers": any(isinstance(cell, int | float) for cell in cells),
            "volatile": bool(self._volatile),
            "reasons": any(table in tables for table, _ in self._expectation.volatile),
            "numbering": bool(self._numbering),
            "serial": bool(self._serial),
            "regular": bool(self._serial) or (facts and self._mode == "code"),
            "references": bool(self._rules),
            "stamps": any(isinstance(cell, Stamp) and cell.present for cell in cells),
            "conditions": any(rule[4] for rule in self._rules),
            "refinement": not self._alone,
            "loose": not all(map(_is_strict, self._schema)),
        }
        return frozenset(word for word, held in holds.items() if held)

    def _numbering_columns(self) -> dict[str, list[str]]:
        """Of each table to which rows are to be added the column that numbers them, if it has one.

        Behind it those that count along in a way that is not known.
        """
        added = {row.table for outcome in self._outcomes for row in outcome.effects.added}
        tables = [self._schema.tables[name] for name in sorted(added & self._schema.tables.keys())]
        return {
            table.name: [number, *(column for column in table.serial if column not in table.forms)]
            for table in tables
            if (number := numbering_column(table, self._schema)) is not None
        }

    def _serial_columns(self) -> dict[tuple[str, str], tuple[str, int]]:
        """How the columns count that the numbering columns carry along."""
        return {
            (name, column): (form.prefix, form.offset)
            for name in self._numbering
            for column, form in sorted(self._schema.tables[name].forms.items())
        }

    def _rows(self, effects: Effects) -> list[tuple[Any, ...]]:
        labels = {row.label: row.label if not self._alone else row.table for row in effects.added}
        return [
            *(
                ("added", row.table, *(() if self._alone else (row.label,)), _cells(row, labels))
                for row in effects.added
            ),
            *(
                ("changed", row.table, dict(row.key), _cells(row, labels))
                for row in effects.changed
            ),
            *(("removed", row.table, dict(row.key)) for row in effects.removed),
        ]

    def _written(self) -> set[str]:
        """The tables of which a row is expected to be added or changed."""
        effects = [outcome.effects for outcome in self._outcomes]
        added = {row.table for each in effects for row in each.added}
        return added | {row.table for each in effects for row in each.changed}

    def _reasons(self) -> Iterator[str]:
        """Why the volatile columns are that of the tables that are expected to change."""
        tables = self._written()
        reasons: dict[str, list[str]] = {}
        for (table, column), reason in sorted(self._expectation.volatile.items()):
            if table in tables:
                reasons.setdefault(reason, []).append(f"{table}.{column}")
        for reason, columns in reasons.items():
            yield _shortened(f"    # {', '.join(columns)}: {_printable(reason)}")


def _names_only_rows(effects: Effects) -> bool:
    """Whether each added row that is named is the only one that is added to its table."""
    tables = Counter(row.table for row in effects.added)
    table_of = {row.label: row.table for row in effects.added}
    rows: tuple[Added | Changed, ...] = (*effects.added, *effects.changed)
    return all(
        tables[table_of[cell.row]] == 1
        for row in rows
        for cell in row.cells.values()
        if isinstance(cell, Ref)
    )


def _is_strict(table: TableSchema) -> bool:
    """Whether SQLite sees to it that each row has a key of its own."""
    types = {column.name: column.type for column in table.columns}
    return len(table.key) == 1 and types.get(table.key[0]) == "INTEGER"


def _by_table(places: Collection[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for table, column in sorted(places):
        found.setdefault(table, []).append(column)
    return found


def _scalars(effects: Effects) -> Iterator[Cell]:
    for added in effects.added:
        yield from added.cells.values()
    for changed in effects.changed:
        yield from (*changed.key.values(), *changed.cells.values())
    for removed in effects.removed:
        yield from removed.key.values()


def _cells(row: Added | Changed, labels: Mapping[str, str]) -> dict[str, Any]:
    return {column: _cell(cell, labels) for column, cell in row.cells.items()}


def _cell(cell: Cell, labels: Mapping[str, str]) -> Any:
    match cell:
        case Ref():
            return "new", labels[cell.row]
        case Stamp():
            return Name("...") if cell.present else None
    return cell


def _variants(holds: Collection[str]) -> dict[str, str]:
    """What is written in one way or another within a line."""
    volatile, refinement = "volatile" in holds, "refinement" in holds
    conditions = "conditions" in holds
    seen = "cells_of" if "references" in holds else "stamped" if volatile else ""
    rounded = "rounded(cell)" if "numbers" in holds else "cell"
    return {
        "LABEL": "label, " if refinement else "",
        "TABLE": ", table" if volatile and "loose" in holds else "",
        "CONDITION": _CONDITION if conditions else ".",
        "FIFTH": ", condition" if conditions else "",
        "PLACE": 'f"{target}#{places[0]}"' if refinement else "target",
        "NEW": 'f"{table}#{place}", ' if refinement else "",
        "EACH": "place, (table, key, row, now)" if refinement else "table, key, row, now",
        "DIFFERING": "enumerate(differing)" if refinement else "differing",
        "CELLS_WAS": f"{seen}(table, row)" if seen else "row",
        "CELLS_NOW": f"{seen}(table, now)" if seen else "now",
        "ROW": "stamped(table, row)" if volatile else "dict(row)",
        "NAMED": _NAMED_STAMPED if volatile else _NAMED,
        "ALL_ROWS": "[row for outcome in outcomes for row in outcome[0]]"
        if "several" in holds
        else "expected",
        "ROUNDED": f"cell[:1] if isinstance(cell, tuple) else {rounded}" if refinement else rounded,
        "NEW_TABLE": "cell[1].rpartition('#')[0]" if refinement else "cell[1]",
        "DIFFERS": "any(compared(expected))" if "expects" in holds else "found",
        "EXPECTED_HERE": "expected" if "expects" in holds else "[]",
        "FACTS_HERE": "facts" if "facts" in holds else "[]",
        "ANSWER_HERE": "answer" if "answer" in holds else "None",
    }


def _explanation(expectation: Expectation, mode: VerifierMode) -> Iterator[str]:
    """The docstring's body: the expected outcomes in words."""
    several = len(expectation.outcomes) > 1
    for number, outcome in enumerate(expectation.outcomes, start=1):
        if several:
            yield f"    Outcome {number} of {len(expectation.outcomes)}, of which one is enough."
        if outcome.effects:
            yield "    What has to have been done:"
            lines = [*effects_lines(outcome.effects)]
            yield from (
                _escaped(_shortened(f"    - {_printable(line)}")) for line in lines[:_MOST_LINES]
            )
            if len(lines) > _MOST_LINES:
                yield f"    - and {len(lines) - _MOST_LINES} more, which are listed below"
        else:
            yield "    Nothing may have been changed."
        if outcome.facts:
            yield "    What the final answer has to contain:"
            for fact in outcome.facts:
                yield _listed(" or ".join(map(text_literal, fact.wordings)))
        yield ""
    yield _prose(
        "Nothing else may have changed in any table."
        + (" Whether the answer is right is left to the judge." if mode == "sql" else ""),
        _INDENT,
        first=_INDENT,
    )


def _listed(line: str) -> str:
    return _prose(f"- {line}", _INDENT + 2, first=_INDENT)


def _prose(text: str, indent: int, *, first: int = 0) -> str:
    """A text as it may stand in a docstring, in lines that fit."""
    lines = textwrap.wrap(
        _printable(text),
        _WIDTH,
        initial_indent=" " * first,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
    )
    return _escaped("\n".join(lines))


def _printable(text: str) -> str:
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in " ".join(text.split())
    )


def _escaped(text: str) -> str:
    """A text such that nothing in it ends a docstring or starts an escape."""
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def _shortened(line: str) -> str:
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 3]}..."


def _literal(value: Any) -> str:
    return literal(value, indent=_INDENT, width=_WIDTH)
