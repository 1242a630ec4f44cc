"""The scenarios that others are invented after: somebody's file, or ours.

Ours are 100 kinds of applications in some fifty groups, composed for this package. A file of seeds
has a row for each: `name`, and if you like `description`. Rows that a run classified already carry
what it found, and are not classified again. The file is only ever read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic import ValidationError as Invalid

from awm.errors import Problem, UsageError, WorldFileError
from awm.synthesis.llm_author.scenarios.scenario import Level, Scenario, Suitability
from awm.worlds.jsonl import LineEntry, index_lines, read_lines

__all__ = ["Seeds", "read_seeds"]

_OURS: Final = "seed_scenario.jsonl"
_FORM: Final = 'Each line is a JSON object: {"name": "...", "description": "..."}.'
_SCORES: Final[dict[Level, int]] = {"high": 9, "medium": 6, "low": 2}
"""What a level counts where a row has no score: the middle of the published band of each."""

_any_case: Final = BeforeValidator(lambda word: word.lower() if isinstance(word, str) else word)
_or_empty: Final = BeforeValidator(lambda value: "" if value is None else value)
_or_none: Final = BeforeValidator(lambda value: () if value is None else value)

Text = Annotated[str, StringConstraints(strip_whitespace=True), _or_empty]
Texts = Annotated[tuple[str, ...], _or_none]


@dataclass(frozen=True, slots=True)
class Seeds:
    """What a file of seeds holds.

    Attributes:
        scenarios: In the file's order, each name once.
        problems: Rows that were passed over because their name stood further up already.
    """

    scenarios: tuple[Scenario, ...]
    problems: tuple[Problem, ...] = ()


class _Row(BaseModel):
    """A row of a file of seeds; what else stands in it is kept."""

    model_config = ConfigDict(frozen=True, extra="allow")

    name: Text
    description: Text = ""
    categories: Texts = ()
    suitability_level: Annotated[Level | None, _any_case] = None
    suitability_score: Annotated[float | None, Field(ge=1, le=10)] = None
    suitability_reasoning: Text = ""
    simulatable_features: Texts = ()
    non_simulatable_features: Texts = ()

    def scenario(self) -> Scenario:
        """The scenario that it tells of."""
        return Scenario(
            self.name,
            self.description,
            self.categories,
            self._suitability(),
            self.model_extra or {},
        )

    def _suitability(self) -> Suitability | None:
        level, score = self.suitability_level, self.suitability_score
        if level is None:
            return None
        return Suitability(
            level,
            _SCORES[level] if score is None else round(score),
            self.suitability_reasoning,
            self.simulatable_features,
            self.non_simulatable_features,
        )


def read_seeds(path: Path | None = None) -> Seeds:
    """The seeds in a file, or ours.

    Raises:
        UsageError: The file cannot be read, has no seeds, or a line of it is none; says which.
    """
    if path is not None:
        return _read(path)
    with resources.as_file(resources.files(__package__ or "") / _OURS) as ours:
        return _read(ours)


def _read(path: Path) -> Seeds:
    rows = _rows(path)
    if not rows:
        raise UsageError(f"The seed file {path} is empty.", _FORM)
    first: dict[str, int] = {}
    scenarios: list[Scenario] = []
    problems: list[Problem] = []
    for number, scenario in _scenarios(path, rows):
        line = first.setdefault(scenario.key, number)
        if line == number:
            scenarios.append(scenario)
        else:
            problems.append(_again(path, number, scenario, line))
    return Seeds(tuple(scenarios), tuple(problems))


def _rows(path: Path) -> Sequence[tuple[LineEntry, dict[str, Any]]]:
    try:
        index = index_lines(path, "name")
        if index.problems:
            raise _unusable(path, *index.problems)
        rows = read_lines(path, index.entries, index.stamp)
    except WorldFileError as error:
        if error.problems:
            raise _unusable(path, *error.problems) from error
        raise UsageError(f"The seed file {error.message}", error.hint or _FORM) from error
    return tuple(zip(index.entries, rows, strict=True))


def _scenarios(
    path: Path, rows: Sequence[tuple[LineEntry, dict[str, Any]]]
) -> Iterator[tuple[int, Scenario]]:
    """Each scenario with the number of its line."""
    for entry, row in rows:
        where = f"{path.name}: line {entry.line_number}"
        try:
            scenario = _Row.model_validate(row).scenario()
        except Invalid as error:
            raise _unusable(path, Problem("", where, _in_words(error))) from error
        if not scenario.key:
            what = f"the name {scenario.name!r} has no Latin letter and no digit"
            raise _unusable(path, Problem("", where, what))
        yield entry.line_number, scenario


def _in_words(error: Invalid) -> str:
    fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return f"{'.'.join(map(str, fault['loc']))}: {fault['msg'].lower()}"


def _unusable(path: Path, *problems: Problem) -> UsageError:
    first, *others = problems
    more = f" So it is with {len(others)} more." if others else ""
    return UsageError(f"The seed file {path} cannot be used: {first}.{more}", _FORM)


def _again(path: Path, number: int, scenario: Scenario, line: int) -> Problem:
    return Problem(
        scenario.key,
        f"{path.name}: line {number}",
        f"{scenario.name!r} is the name of line {line} again, and is used once",
        "Names are told apart by their letters and digits, whatever their case.",
        "warning",
    )
