"""What was decided about a world, and the row of `gen_scenario.jsonl` that carries it.

Stages read these rows from files that anybody may have edited, so every value is checked: what a
row says ends up in names of files, of tools and of columns.
"""

import datetime as dt
import keyword
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from awm.errors import BlueprintError, UsageError
from awm.synthesis.blueprints import DomainForm
from awm.synthesis.blueprints.reading import shaped
from awm.synthesis.catalogue import Recipe
from awm.synthesis.surface import Style
from awm.synthesis.written import INTEGERS, MisreadError, Written, shown
from awm.types import SEEDS
from awm.worlds.names import normalise

__all__ = ["WorldPlan"]

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_PREFIX: Final = re.compile(r"(/[a-z0-9_]{1,40}){0,8}")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_YEARS: Final = range(1990, 2100)
_NUMBERS: Final = range(INTEGERS.stop)
_PLACES: Final = range(1000)
_STYLE: Final = frozenset(each.name for each in fields(Style))
_PARTS: Final = tuple(each.name for each in fields(Recipe) if each.name != "form")
_LONGEST_TITLE: Final = 120
_CATEGORY: Final = re.compile(r".{1,120}")
"""Domains that are in no catalogue have the categories of whoever wrote them."""
_LONGEST_DESCRIPTION: Final = 20_000


@dataclass(frozen=True)
class WorldPlan:
    """What was decided about a world.

    Attributes:
        seed: Of the whole set.
        index: The number of the world in it.
        title: The scenario's name.
        description: What it is about.
        category: Of its domain.
        recipe: What its blueprint is made of.
        style: How its tools are called.
        today: The day on which it stands.
    """

    seed: int
    index: int
    title: str
    description: str
    category: str
    recipe: Recipe
    style: Style
    today: dt.date

    def as_json(self) -> dict[str, Any]:
        """What the scenario's row carries, so that each stage can start from it."""
        return {
            "seed": self.seed,
            "index": self.index,
            "recipe": {name: getattr(self.recipe, name) for name in _PARTS},
            "style": asdict(self.style),
            "today": self.today.isoformat(),
        }

    def own_blueprint(self) -> dict[str, Any]:
        """What the scenario's row carries besides, where the domain is in no catalogue."""
        form = self.recipe.form
        if form is None:
            return {}
        return {"blueprint": form.model_dump(by_alias=True, mode="json", exclude_defaults=True)}

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "WorldPlan":
        """Read the row of a scenario that this author planned.

        Raises:
            UsageError: It was not, or was changed so that it makes no sense.
        """
        if not isinstance(row.get("builtin"), Mapping):
            raise UsageError(
                f"The scenario {shown(row.get('name'))} was not planned by the builtin author.",
                "Begin with `awm gen scenario --author builtin`.",
            )
        try:
            return _plan(Written(row), row.get("blueprint"))
        except MisreadError as error:
            raise UsageError(
                f"The plan of the scenario {shown(row.get('name'))} makes no sense: {error}.",
                "Its row was changed: plan it again with `awm gen scenario`, or mend the row.",
            ) from error


def _plan(row: Written, blueprint: Any) -> WorldPlan:
    written = row.part("builtin")
    form = None if blueprint is None else _form(blueprint)
    return WorldPlan(
        seed=written.whole("seed", SEEDS),
        index=written.whole("index", _NUMBERS),
        title=_title(row),
        description=row.text("description", longest=_LONGEST_DESCRIPTION),
        category=_category(row),
        recipe=_recipe(written.part("recipe"), form),
        style=_style(written.part("style")),
        today=_day(written),
    )


def _title(row: Written) -> str:
    """The name, of which files are called."""
    title = row.text("name", longest=_LONGEST_TITLE)
    if not normalise(title):
        raise MisreadError(f"name is {shown(title)}, without a Latin letter or a digit")
    return title


def _category(row: Written) -> str:
    found = row.texts("categories", _CATEGORY if row.has("blueprint") else _NAME)
    if not found:
        raise MisreadError("categories is empty")
    return found[0]


def _form(blueprint: Any) -> DomainForm:
    """The domain that the row itself carries."""
    try:
        return shaped(DomainForm, blueprint, "blueprint")
    except BlueprintError as error:
        raise MisreadError(f"{error.problems[0]}") from error


def _recipe(written: Written, form: DomainForm | None) -> Recipe:
    written.only(frozenset(_PARTS))
    domain = written.text("domain", _NAME)
    if form is not None and form.domain != domain:
        raise MisreadError(f"builtin.recipe.domain is {domain!r}, and blueprint {form.domain!r}")
    return Recipe(
        domain=domain,
        modules=written.texts("modules", _NAME),
        capabilities=written.texts("capabilities", _NAME),
        options=tuple(map(_option, written.listed("options"))),
        flavour=written.whole("flavour", _PLACES),
        synonyms=written.whole("synonyms", _PLACES) if written.has("synonyms") else None,
        form=form,
    )


def _option(pair: Any) -> tuple[str, int]:
    if not (isinstance(pair, (list, tuple)) and len(pair) == 2):
        raise MisreadError(f"{shown(pair)} in builtin.recipe.options is no name with a number")
    read = Written({"name": pair[0], "number": pair[1]}, "builtin.recipe.options")
    return read.text("name", _NAME), read.whole("number")


def _style(written: Written) -> Style:
    written.only(_STYLE)
    style = Style(
        list_verb=_identifier(written, "list_verb"),
        get_verb=_identifier(written, "get_verb"),
        edit_verb=_identifier(written, "edit_verb"),
        policies=_identifier(written, "policies"),
        prefix=written.text("prefix", _PREFIX),
        rows_key=_identifier(written, "rows_key"),
        total_key=_identifier(written, "total_key"),
        sorts=written.flag("sorts"),
        ranges=written.flag("ranges"),
        singles=written.flag("singles"),
    )
    if style.rows_key == style.total_key:
        raise MisreadError("builtin.style has one name for the rows and for their number")
    return style


def _identifier(written: Written, key: str) -> str:
    name = written.text(key, _NAME)
    if keyword.iskeyword(name):
        raise MisreadError(f"builtin.style.{key} is {name!r}, which means something in Python")
    return name


def _day(written: Written) -> dt.date:
    text = written.text("today", _DAY)
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise MisreadError(f"builtin.today is {text!r}: {error}") from error
    if day.year not in _YEARS:
        raise MisreadError(f"builtin.today is {text!r}, not from {_YEARS[0]} to {_YEARS[-1]}")
    return day
