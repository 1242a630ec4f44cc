"""Compiles what a solved task looks like into a verifier: a program in the published AWM format.

The program is self-contained and made to be read by a person: its docstring says in words what has
to have happened, the expected rows stand in it as literals, and the rest is the same for every
task. It takes two SQLite files, works out what was done between them as `awm.verify.canonical`
does, and compares it as `awm.verify.comparison` does. How answers are read is not written twice:
the sources of `awm.verify.matching` and `awm.verify.refinement` are a part of the program.

Its text is rendered from `templates/` by plain substitution and depends on nothing but the
arguments: equal ones give equal bytes.
"""

import re
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

from awm.errors import OracleError
from awm.runtime import Schema
from awm.verify.effects import Added, Cell, Changed, Effects, Ref, Stamp
from awm.verify.effects_text import effects_lines
from awm.verify.expected import Expectation, ExpectedOutcome
from awm.verify.linking import find_rules
from awm.verify.literals import Name, literal, text_literal
from awm.verify.references import numbering_column
from awm.verify.verdict import VerifierMode
from awm.worlds import VerifierProgram

__all__ = ["compile_verifier"]

_PLACEHOLDER: Final = re.compile(r"^([ ]*)@@([A-Z_]+)@@(?=\n)|@@([A-Z_]+)@@", re.MULTILINE)
_SHARED: Final = "# ---- what follows stands in compiled verifiers, too ----\n"
_WIDTH: Final = 100
_INDENT: Final = 4
_MOST_LINES: Final = 40
"""Rows that the docstring tells of; the literals below it hold all of them."""

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
    name, parameters = _SIGNATURES[mode]
    decides = mode == "code"
    code = _rendered(
        _template("verifier.py.txt"),
        {
            "NAME": name,
            "PARAMETERS": parameters,
            "TASK": _prose(f"Task {task_idx}: {task}", _INDENT),
            "EXPLANATION": "\n".join(_explanation(expectation, mode)),
            "IMPORTS": "import re\nimport sqlite3" + ("\nimport unicodedata" if decides else ""),
            "OUTCOMES": _literal([_outcome(outcome) for outcome in expectation.outcomes]),
            "VOLATILE": _literal(dict(sorted(expectation.volatile.items()))),
            "NUMBERING": _literal(_numbering(expectation, schema)),
            "SERIAL": _literal(_serial(expectation, schema)),
            "REFERENCES": _literal(find_rules(world, expectation, schema)),
            "REFINEMENT": _shared("refinement.py").strip(),
            "MATCHING": f"    # ---- Reading the answer ----\n\n{_margin(_shared('matching.py'))}\n"
            if decides
            else "",
            "ENDING": _rendered(
                _template(f"{mode}_ending.py.txt").strip(), {"TASK": _literal(task)}
            ),
        },
    )
    return VerifierProgram(mode, task_idx, task, code)


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


def _numbering(expectation: Expectation, schema: Schema) -> dict[str, str]:
    """The numbering column of each table to which rows are expected to be added."""
    tables = [schema.tables[name] for name in _added_tables(expectation) if name in schema.tables]
    columns = {table.name: numbering_column(table, schema) for table in tables}
    return {table: column for table, column in columns.items() if column is not None}


def _serial(expectation: Expectation, schema: Schema) -> dict[tuple[str, str], Any]:
    """How the columns count that `_numbering` carries along."""
    found: dict[tuple[str, str], Any] = {}
    for name in _numbering(expectation, schema):
        table = schema.tables[name]
        for column in sorted(table.serial):
            form = table.forms.get(column)
            found[name, column] = (form.prefix, form.offset) if form else None
    return found


def _added_tables(expectation: Expectation) -> list[str]:
    return sorted({row.table for outcome in expectation.outcomes for row in outcome.effects.added})


def _outcome(outcome: ExpectedOutcome) -> dict[str, Any]:
    effects = outcome.effects
    return {
        "added": [(row.table, row.label, _cells(row.cells)) for row in effects.added],
        "changed": [(row.table, dict(row.key), _cells(row.cells)) for row in effects.changed],
        "removed": [(row.table, dict(row.key)) for row in effects.removed],
        "answer": outcome.answer,
        "facts": [list(fact.wordings) for fact in outcome.facts],
    }


def _cells(cells: Mapping[str, Cell]) -> dict[str, Any]:
    return {column: _cell(cell) for column, cell in cells.items()}


def _cell(cell: Cell) -> Any:
    match cell:
        case Ref():
            return Name(f"new({text_literal(cell.row)})")
        case Stamp():
            return Name("filled" if cell.present else "empty")
    return cell


def _explanation(expectation: Expectation, mode: VerifierMode) -> Iterator[str]:
    """The docstring's body: the expected outcomes in words."""
    several = len(expectation.outcomes) > 1
    for number, outcome in enumerate(expectation.outcomes, start=1):
        if several:
            yield f"    Outcome {number} of {len(expectation.outcomes)}, of which one is enough."
        if outcome.effects:
            yield "    What has to have been done:"
            lines = [*effects_lines(outcome.effects)]
            yield from (_listed(line) for line in lines[:_MOST_LINES])
            if len(lines) > _MOST_LINES:
                yield f"    - and {len(lines) - _MOST_LINES} more; see the outcomes below"
        else:
            yield "    Nothing may have been changed."
        if outcome.facts:
            yield "    What the final answer has to contain:"
            for fact in outcome.facts:
                yield _listed(" or ".join(map(text_literal, fact.wordings)))
        yield ""
    yield _prose(
        "Nothing else may have changed in any table. Not compared are the numbers of added rows, "
        "what counts along with them, and volatile columns but for whether they are NULL."
        + (" Whether the answer is right is left to the judge." if mode == "sql" else ""),
        _INDENT,
        first=_INDENT,
    )


def _listed(line: str) -> str:
    return _prose(f"- {line}", _INDENT + 2, first=_INDENT)


def _prose(text: str, indent: int, *, first: int = 0) -> str:
    """A text as it may stand in a docstring, in lines that fit."""
    shown = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in " ".join(text.split())
    )
    lines = textwrap.wrap(
        shown,
        _WIDTH - 4,
        initial_indent=" " * first,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
    )
    # What would end the docstring or start an escape is escaped.
    return "\n".join(lines).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def _literal(value: Any) -> str:
    return literal(value, indent=_INDENT, width=_WIDTH)


def _rendered(template: str, values: Mapping[str, str]) -> str:
    """The template with its placeholders replaced; one on a line of its own is indented."""

    def replaced(match: re.Match[str]) -> str:
        if match[3]:
            return values[match[3]]
        return textwrap.indent(values[match[2]], match[1])

    text = _PLACEHOLDER.sub(replaced, template)
    return re.sub(r"\n{3,}", "\n\n", text)


def _margin(source: str) -> str:
    return textwrap.indent(source.strip(), " " * _INDENT)


@cache
def _template(name: str) -> str:
    return (resources.files(__package__) / "templates" / name).read_text("utf-8")


@cache
def _shared(name: str) -> str:
    """The part of a module that compiled verifiers contain."""
    source = (resources.files(__package__) / name).read_text("utf-8")
    return re.sub(r"\n{3,}", "\n\n", source.partition(_SHARED)[2])
