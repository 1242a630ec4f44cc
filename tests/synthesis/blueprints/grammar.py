"""Expressions and effects by lot: most are sound, many are not, and some only look as if."""

from hypothesis import strategies as st

from awm.synthesis.blueprints import Blueprint, Field
from awm.synthesis.blueprints.scope import Scope, Shape
from awm.synthesis.blueprints.types import BOOL, DATE, INT, MONEY, TEXT, row

LISTS = ("wares", "shelf.wares", "ware.shelf.wares", "ware.shelf.spares")
WARES = ("ware", "ware", "other", "w")
NUMBERS = ("number", "price", "ware.left", "ware.price_cents", "most", "perhaps", "0", "1", "3")
DATES = ("today", "ware.bought_on", "today")
TEXTS = ("word", "ware.note", "shelf.label_text", "'one'")
FLAGS = ("ware.eaten", "yes", "True", "ware.status == 'sold'", "ware.kind != 'sour'")
OPTIONAL = (
    *("other", "some", "day", "ware.spare", "other.spare", "ware.bad_on", "ware.note"),
    *("number", "ware.left", "price"),
)
ODD = {
    "number": ("some", "other.left", "w.left", "ware.spare"),
    "date": ("day", "ware.bad_on", "other.bad_on", "w.bad_on"),
    "text": ("w.note", "'sweet'", "ware.kind", "number"),
    "flag": ("other.eaten", "w.eaten", "other", "None"),
    "list": ("other.shelf.wares", "ware.spare.wares", "shelves", "w.shelf.wares"),
}
"""What is sound in some places only, by the kind that it stands for."""


def usually(plain: tuple[str, ...], odd: str) -> st.SearchStrategy[str]:
    """Mostly what is sound everywhere, sometimes what is not."""
    return st.integers(0, 9).flatmap(
        lambda number: st.sampled_from(ODD[odd] if number == 0 else plain)
    )


def shape_of(blueprint: Blueprint) -> Shape:
    """What expressions can reach in a blueprint."""
    return Shape(
        fields={name: entity.fields for name, entity in blueprint.entities.items()},
        lists={
            name: {back: entity.name for back, (entity, _) in lists.items()}
            for name, lists in blueprint.backs.items()
        },
        plurals={entity.plural: entity.name for entity in blueprint.entities.values()},
        options={"most": True, "shares": True, "perhaps": False},
        holds={
            name: tuple(
                back for back, (_, field) in lists.items() if not _is_part(blueprint, field)
            )
            for name, lists in blueprint.backs.items()
        },
    )


def _is_part(blueprint: Blueprint, field: Field) -> bool:
    return any(
        part.part_of and part.fields[part.part_of] is field for part in blueprint.entities.values()
    )


def scope_of(blueprint: Blueprint) -> Scope:
    """Names as an action has them: rows, parameters, and some that may be empty."""
    return Scope(shape_of(blueprint)).with_names(
        {
            "ware": row("ware"),
            "other": row("ware", optional=True),
            "shelf": row("shelf"),
            "number": INT,
            "some": INT.maybe,
            "price": MONEY,
            "day": DATE.maybe,
            "yes": BOOL,
            "word": TEXT,
        }
    )


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    """An expression of any kind."""
    return draw(draw(st.sampled_from([numbers, tests, tests, dates, texts]))(depth))


_NUMBERS = (
    *("({n} {op} {n})", "max(1, {n})", "min({n}, {n})", "abs({n})", "-{n}", "count({rs})"),
    *(
        "sum({wn} for w in {rs} if {wt})",
        "count(w for w in {rs} if {wt})",
        "sum({n} for w in {rs})",
    ),
    *("max(({wn} for w in {rs}), default={n})", "min(({wn} for w in {rs}), default=None)"),
    *("({n} if {t} else {n})", "days_between({d}, {d})", "{w}.left", "{n} // {n}", "{n} % most"),
    *("sum(({wn} for w in {rs}), default=0)", "({n} // {g} if {g} != 0 else 0)", "{n} // perhaps"),
    *("({n} if {g} is None else {g})", "({n} // count({rs}) if count({rs}) > 0 else 1)"),
    *("({n} // count({rs}) if any({wt} for w in {rs}) else 1)", "sum({n} // {wn} for w in {rs})"),
    *("({g}.left if {g} is not None else {n})", "sum(ware.left for ware in {rs})"),
    *("(0 if {g} is None or {n} > 1 else {g})", "sum({n} // w.left for w in {rs} if w.left > 0)"),
    (
        "({n} // sum(w.left for w in ware.shelf.wares)"
        " if sum(w.left for w in ware.shelf.wares) != 0"
        " and any({n} // sum(w.left for w in ware.shelf.wares) > 1 for ware in {rs}) else 0)"
    ),
)
_TESTS = (
    *("{n} {c} {n}", "{d} {c} {d}", "{x} == {x}", "not {t}", "({t} and {t})", "({t} or {t})"),
    *("any({wt} for w in {rs})", "all({wt} for w in {rs} if {wt})", "({g} is not None and {t})"),
    *("({g} is None or {t})", "({g} != 0 and {t})", "({g} == 'one' and {t})", "{g} is None"),
    *("({g} in (None, 'one') and {t})", "({g} in (None, today) and {g} > {d})", "{w} in {rs}"),
    *("({g} in (today, {d}) and {g} > {d})", "not ({g} is None or {t})", "({t} if {t} else {t})"),
    *("{w} == {w}", "{n} in (1, {n})", "{x} in ()", "{x} is {x}", "({g} != None and {g} < {d})"),
    *("({g} > 0 and {n} // {g} > 1)", "({n} == 0 or {n} // {n} > 0)", "{n} < {n} <= {n}"),
    *("({g} is not None and {g}.left > {n})", "({g} is None or {g}.left > {n})", "{g} == {n}"),
    *("({g} is None and {t} or {g} > {d})", "({g} is not None or {t}) and {g} > {d}", "{t} == {t}"),
    *("({g} is not None and any({g} > {d} for w in {rs}))", "(None is not {g} and {g} > {d})"),
    *("(not {g} == None and {g} > {d})", "any(x.left // w.left for w in {rs} for x in {rs})"),
    *("any({wt} for w in {rs} for x in w.shelf.wares if x != w)", "{w}.spare == shelf"),
)
_ABOUT_WARES = (
    *("w.left > {n}", "w.kind == 'sour'", "w.bad_on is not None and w.bad_on > {d}", "w.eaten"),
    *("w != ware", "w.spare is None or w.spare == shelf", "w == other", "w.bad_on > {d}", "{t}"),
    *(
        "w.left != 0 and {n} // w.left > 1",
        "w.status in ('fresh', 'sold')",
        "w.shelf != ware.shelf",
    ),
)
_DATES = (
    *("({d} + days({n}))", "({d} - days({n}))", "({d} if {t} else {d})", "max({d}, {d})"),
    *("max((w.bought_on for w in {rs}), default={d})", "({d} if {g} is None else {g})"),
    *("{w}.bought_on", "({g} if {g} is not None else {d})"),
)
_TEXTS = (
    *("money({n})", "label({w})", "({x} if {t} else {x})", "{w}.kind", "{w}.shelf.label_text"),
    *("('sweet' if {t} else 'sour')", "label({w}.shelf)", "({x} if {g} is None else {x})"),
)
_LINES = (
    *("{w}.left = {n}", "{w}.left += {n}", "{w}.left -= {n}", "{w}.bad_on = {d}", "v = {n}"),
    *("{w}.bad_on = None", "{w}.spare = shelf", "{w}.spare = None", "{w}.note = None", "v += {n}"),
    *("{w}.status = 'sold'", "{w}.kind = {x}", "{w}.shelf = {w}.shelf", "v = {w}", "number = {n}"),
    *("some = {n}", "some = None", "other = {w}", "other = None", "day = None", "remove({w})"),
    *("{w}.bad_on += days({n})", "v = {n} // {g}", "day = day + days({n})", "v = other.left"),
    *("v = {d} + days(1)", "add('shelf', label_text='four')", "v = {n} // count({rs})"),
    "add('ware', shelf={w}.shelf, kind='sour', bought_on={d}, left={n}, bad_on={g})",
    *(
        "{w}.eaten = {t}",
        "v = {g} + days(1)",
        "wares = 1",
        "v = {g}.left",
        "v = {w}.spare.label_text",
    ),
)
_HEADS = (
    *("if {t}:", "if {g} is not None:", "if {g} is not None:", "if {g} is None:", "if {g} != 0:"),
    *(
        "for w in {rs}:",
        "for w in {rs}:",
        "for v in {rs}:",
        "if count({rs}) > 0:",
        "for ware in {rs}:",
    ),
)


@st.composite
def numbers(draw: st.DrawFn, depth: int) -> str:
    if depth <= 0 or draw(st.booleans()):
        return draw(usually(NUMBERS, "number"))
    return _filled(draw, draw(st.sampled_from(_NUMBERS)), depth)


@st.composite
def tests(draw: st.DrawFn, depth: int) -> str:
    if depth <= 0 or draw(st.integers(0, 3)) == 0:
        return draw(usually(FLAGS, "flag"))
    return _filled(draw, draw(st.sampled_from(_TESTS)), depth)


@st.composite
def about_wares(draw: st.DrawFn, depth: int) -> str:
    return _filled(draw, draw(st.sampled_from(_ABOUT_WARES)), depth)


@st.composite
def dates(draw: st.DrawFn, depth: int) -> str:
    if depth <= 0 or draw(st.booleans()):
        return draw(usually(DATES, "date"))
    return _filled(draw, draw(st.sampled_from(_DATES)), depth)


@st.composite
def texts(draw: st.DrawFn, depth: int) -> str:
    if depth <= 0 or draw(st.booleans()):
        return draw(usually(TEXTS, "text"))
    return _filled(draw, draw(st.sampled_from(_TEXTS)), depth)


@st.composite
def effects(draw: st.DrawFn, depth: int = 2, indent: str = "") -> str:
    """Some lines of effects."""
    return "\n".join(draw(_line(depth, indent)) for _ in range(draw(st.integers(1, 3))))


@st.composite
def _line(draw: st.DrawFn, depth: int, indent: str) -> str:
    if depth > 0 and draw(st.integers(0, 2)) == 0:
        head = _filled(draw, draw(st.sampled_from(_HEADS)), 1)
        return f"{indent}{head}\n{draw(effects(depth - 1, f'{indent}  '))}"
    return indent + _filled(draw, draw(st.sampled_from(_LINES)), 1)


def _filled(draw: st.DrawFn, form: str, depth: int) -> str:
    """A form with its places filled in; `{g}` is the same in all of its places."""
    below = depth - 1
    makers = {
        "{rs}": lambda: usually(LISTS, "list"),
        "{wn}": lambda: st.sampled_from(["w.left", "w.price_cents"]),
        "{wt}": lambda: about_wares(below) if below > 0 else st.just("w.eaten"),
        "{op}": lambda: st.sampled_from(["+", "-", "*"]),
        "{c}": lambda: st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
        "{n}": lambda: numbers(below),
        "{t}": lambda: tests(below),
        "{d}": lambda: dates(below),
        "{x}": lambda: texts(below),
        "{w}": lambda: st.sampled_from(WARES),
    }
    form = form.replace("{g}", draw(st.sampled_from(OPTIONAL)))
    for place, maker in makers.items():
        while place in form:
            form = form.replace(place, draw(maker()), 1)
    return form
