"""The form in which domains and capabilities are written: plain values, checked for their shape.

What the strings inside mean (fields, expressions, phrases) is told in docs/blueprints.md, and is
read by the other modules of this package. A language model can fill in the same form: its JSON
schema is `DomainForm.model_json_schema()`.
"""

from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

__all__ = [
    "ActionForm",
    "CapabilityForm",
    "DomainForm",
    "EntityForm",
    "Flavour",
    "ModuleForm",
    "QuestionForm",
    "RuleForm",
    "TypicalForm",
]

Name: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Text: TypeAlias = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _spelled(value: Any) -> Any:
    """A range is a text; YAML reads a single number as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Several: TypeAlias = Annotated[tuple[Text, ...], BeforeValidator(_listed)]
Range: TypeAlias = Annotated[
    str, BeforeValidator(_spelled), StringConstraints(pattern=r"^\d+(\.\.\d+)?$")
]


class Form(BaseModel):
    """What every part of the form has in common: no other keys, no change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RuleForm(Form):
    """A rule that has to hold before something is done.

    Attributes:
        rule: Its name.
        needs: The expression that has to be true.
        says: What is said when it is not.
    """

    rule: Name
    needs: Text
    says: Text


def _rule(value: Any) -> Any:
    """Read `{name: expression, says: text}`, the short way to write a rule."""
    if isinstance(value, dict) and "rule" not in value and len(value) == 2 and "says" in value:
        (name,) = value.keys() - {"says"}
        return {"rule": name, "needs": value[name], "says": value["says"]}
    return value


Rules: TypeAlias = tuple[Annotated[RuleForm, BeforeValidator(_rule)], ...]


def _plainly(value: Any) -> Any:
    """One or several words, numbers or ranges as texts; YAML reads some of them as more."""
    if isinstance(value, (list, tuple)):
        return [_plainly(each)[0] if not isinstance(each, str) else each for each in value]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return [str(value)] if isinstance(value, (int, str)) else value


Narrower: TypeAlias = Annotated[tuple[Text, ...], BeforeValidator(_plainly), Field(min_length=1)]


class TypicalForm(Form):
    """What rows are like whose names have one of some words in them.

    Attributes:
        words: The words, as they stand in names; one may be several. Upper and lower case are one.
        draws: From what such rows draw their fields, by field: a range within the field's own
            for numbers and dates, yes or no, one or several words of a choice, the name of a pool
            for a text.
    """

    words: Annotated[Several, Field(min_length=1)]
    draws: Annotated[dict[Name, Narrower], Field(min_length=1)]


def _typical(value: Any) -> Any:
    """Read `{words: [...], FIELD: RANGE, ...}`, the short way to write what is typical."""
    if isinstance(value, dict) and not isinstance(value.get("draws"), dict):
        draws = {name: each for name, each in value.items() if name != "words"}
        return {"words": value.get("words", ()), "draws": draws}
    return value


class EntityForm(Form):
    """Something that records are kept of; in a module also further fields of one that is there.

    Attributes:
        plural: Where adding an s is wrong.
        says: Where the name with spaces is not how people say it.
        rows: How many there are at the start; without it rows come from actions only.
        named: The text field by which people name one.
        described: Ways to point to one that has no name.
        part_of: The reference to the row that it is shown in.
        fields: The fields, each in a line.
        edits: The fields that its update tool may change.
        edits_need: What has to hold then.
        words: Of numbers and dates: what one with the lowest and with the highest is called.
        calls: What people call a field whose name does not tell: a noun phrase without "the" that
            can stand in "the ... of it". A yes or no may be called by any words.
        typical: What rows are like by the words of their names; the first rule that names a field
            holds for it.
    """

    plural: Name | None = None
    says: Text | None = None
    rows: Range | None = None
    named: Name | None = None
    described: tuple[Text, ...] = ()
    part_of: Name | None = None
    fields: dict[Name, Text] = Field(default_factory=dict)
    edits: tuple[Name, ...] = ()
    edits_need: Rules = ()
    words: dict[Name, tuple[Text, Text]] = Field(default_factory=dict)
    calls: dict[Name, Text] = Field(default_factory=dict)
    typical: tuple[Annotated[TypicalForm, BeforeValidator(_typical)], ...] = ()


class ActionForm(Form):
    """Something that can be done; in a module also further rules and effects of one."""

    makes: Name | None = None
    on: Name | None = None
    from_: Several = Field(default=(), alias="from")
    to: Name | None = None
    removes: bool = False
    takes: dict[Name, Text] = Field(default_factory=dict)
    sets: dict[Name, Text] = Field(default_factory=dict)
    needs: Rules = ()
    does: str = ""
    phrases: tuple[Text, ...] = ()
    often: int = Field(default=3, ge=0, le=100)


class QuestionForm(Form):
    """Something that a person in this trade would ask."""

    of: Name | None = None
    asks: Several
    answer: Text


class ModuleForm(Form):
    """Entities, actions and questions that belong together and that a world may do without."""

    blurb: Text
    entities: dict[Name, EntityForm] = Field(default_factory=dict)
    actions: dict[Name, ActionForm] = Field(default_factory=dict)
    questions: tuple[QuestionForm, ...] = ()
    pools: dict[Name, tuple[Text, ...]] = Field(default_factory=dict)
    options: dict[Name, tuple[int, ...]] = Field(default_factory=dict)


class CapabilityForm(ModuleForm):
    """A module for many domains; it is read after its roles were filled in."""

    capability: Name
    needs: tuple[Name, ...]


class Flavour(Form):
    """What one business of a kind is about.

    Attributes:
        is_: A few words that tell it from others of its kind.
        names: What such a business may be called.
        pools: Vocabulary in place of the domain's.
    """

    is_: Text = Field(alias="is")
    names: tuple[Text, ...] = ()
    pools: dict[Name, tuple[Text, ...]] = Field(default_factory=dict)


class DomainForm(Form):
    """One kind of business."""

    domain: Name
    category: Name
    is_: Text = Field(alias="is")
    flavours: tuple[Flavour, ...]
    synonyms: tuple[dict[Name, Name], ...] = ()
    options: dict[Name, tuple[int, ...]] = Field(default_factory=dict)
    roles: dict[Name, Name] = Field(default_factory=dict)
    pools: dict[Name, tuple[Text, ...]] = Field(default_factory=dict)
    entities: dict[Name, EntityForm]
    actions: dict[Name, ActionForm]
    questions: tuple[QuestionForm, ...] = ()
    modules: dict[Name, ModuleForm] = Field(default_factory=dict)
