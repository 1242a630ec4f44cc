"""What a model has said about a business so far: plain, checked, and not a domain yet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

from awm.synthesis.blueprints import FieldKind
from awm.synthesis.blueprints.speech import spoken

__all__ = ["LARGE", "SMALL", "FieldLine", "Kind", "Record", "Size", "Sketch", "Sort", "Step"]

Sort: TypeAlias = Literal["customer", "worker", "thing", "case"]
"""What part a kind of record plays."""

Kind: TypeAlias = Literal["money", "number", "choice", "date", "flag"]
"""What stands in a field."""


_WRITTEN: Final[Mapping[Kind, FieldKind]] = {
    "money": "money",
    "number": "int",
    "choice": "choice",
    "date": "date",
    "flag": "bool",
}


@dataclass(frozen=True, slots=True)
class Size:
    """How much a model is asked for; ranges are from the least to the most.

    Attributes:
        things: How many kinds of thing.
        cases: How many kinds of case.
        fields: How many fields each kind has of its own.
        steps: How many steps, or states, each kind of case has.
        names: How many names for each kind of thing.
        capabilities: How many capabilities of the builtin author's are added, at most.
        own: How many rules, and how many questions, the model may write as expressions; 0 for
            models that had better not.
    """

    things: tuple[int, int]
    cases: tuple[int, int]
    fields: tuple[int, int]
    steps: tuple[int, int]
    names: int
    capabilities: int
    own: int


SMALL: Final = Size((2, 3), (2, 3), (1, 3), (3, 4), 8, 2, 0)
"""For models of a few billion weights."""

LARGE: Final = Size((3, 5), (4, 6), (2, 4), (2, 5), 20, 2, 6)
"""For all others."""


@dataclass(frozen=True, slots=True)
class FieldLine:
    """A field: `hourly_price: money 5..40`.

    Attributes:
        name: In snake case, without the ending that its kind gives it.
        kind: What stands in it.
        low: Least number or sum of money, in whole units.
        high: Largest.
        words: Of a choice.
    """

    name: str
    kind: Kind
    low: int = 0
    high: int = 0
    words: tuple[str, ...] = ()

    @property
    def column(self) -> str:
        """The name with the ending that its kind gives it."""
        return self.name + {"money": "_cents", "date": "_on"}.get(self.kind, "")

    @property
    def written_kind(self) -> FieldKind:
        """Its kind in the written form of a domain."""
        return _WRITTEN[self.kind]

    @property
    def says(self) -> str:
        """How people call it: `start date`."""
        return spoken(self.column, self.written_kind)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a life: `return: open -> returned`."""

    verb: str
    sources: tuple[str, ...]
    target: str


@dataclass(frozen=True, slots=True)
class Record:
    """A kind of record.

    Attributes:
        name: In the singular, in snake case.
        sort: What part it plays.
        links: Of a case: the kinds of record that it is about.
        fields: Fields of its own.
        steps: What happens to it; empty where it has no states.
        names: What single ones are called; empty where that is not known yet.
    """

    name: str
    sort: Sort
    links: tuple[str, ...] = ()
    fields: tuple[FieldLine, ...] = ()
    steps: tuple[Step, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def states(self) -> tuple[str, ...]:
        """Its states, the first one first."""
        named = (word for step in self.steps for word in (*step.sources, step.target))
        return tuple(dict.fromkeys(named))

    @property
    def ends(self) -> frozenset[str]:
        """The states that nothing leads out of."""
        left = {source for step in self.steps for source in step.sources}
        return frozenset(self.states) - left

    @property
    def running(self) -> tuple[str, ...]:
        """The states in which it is not over."""
        return tuple(state for state in self.states if state not in self.ends) or self.states[:1]

    def of_kind(self, *kinds: Kind) -> Iterator[FieldLine]:
        """Its own fields of some kinds."""
        return (each for each in self.fields if each.kind in kinds)


@dataclass(frozen=True, slots=True)
class Sketch:
    """A business as far as it is sketched.

    Attributes:
        title: The scenario's name.
        description: What it is about.
        business: What such a business is, in a few words.
        companies: Whether its customers are companies, and not people.
        records: Kinds of record; one is the customer, one the worker.
        rules: The keys of the rules that were chosen from the menu; None for the usual ones.
        own_rules: Further rules: action, name, expression, what is said.
        own_questions: Further questions: of whom (or None), ways to ask, expression.
    """

    title: str
    description: str
    business: str = ""
    companies: bool = False
    records: tuple[Record, ...] = ()
    rules: frozenset[str] | None = None
    own_rules: tuple[tuple[str, str, str, str], ...] = ()
    own_questions: tuple[tuple[str | None, tuple[str, ...], str], ...] = ()
    by_name: Mapping[str, Record] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {each.name: each for each in self.records})

    def sorted(self, *sorts: Sort) -> tuple[Record, ...]:
        """The kinds of record that play some parts, in order."""
        return tuple(each for each in self.records if each.sort in sorts)

    @property
    def customer(self) -> Record:
        """Whom the business serves."""
        return self.sorted("customer")[0]

    @property
    def worker(self) -> Record:
        """Who works there."""
        return self.sorted("worker")[0]

    def changed(self, records: Mapping[str, Record]) -> "Sketch":
        """The sketch with these in place of those of the same names."""
        return replace(self, records=tuple(records.get(each.name, each) for each in self.records))

    def told(self) -> str:
        """The kinds of record in lines, for a model to read."""
        return "\n".join(map(_line, self.records))


def _line(record: Record) -> str:
    parts = [f"{record.name} ({record.sort})"]
    if record.links:
        parts.append(f"about {', '.join(record.links)}")
    if record.fields:
        parts.append(f"has {', '.join(each.name for each in record.fields)}")
    if record.steps:
        parts.append(f"is {', '.join(record.states)}")
    return "; ".join(parts)
