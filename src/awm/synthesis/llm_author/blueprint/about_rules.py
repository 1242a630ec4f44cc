"""Which rules of the menu hold, and which rules and questions a model adds in its own words."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from awm.errors import Problem
from awm.synthesis.llm_author.blueprint.asking import (
    Answer,
    Part,
    Taken,
    closed,
    like,
    list_of,
    one_of,
    strings_in,
    warning,
)
from awm.synthesis.llm_author.blueprint.lines import NAME
from awm.synthesis.llm_author.blueprint.menu import chosen, menu, usual
from awm.synthesis.llm_author.blueprint.sketch import Size, Sketch
from awm.synthesis.llm_author.blueprint.writing_up import written_up
from awm.types import JsonObject

__all__ = ["LOGIC", "RULES"]


def _rules_schema(sketch: Sketch, _size: Size) -> JsonObject:
    offered: dict[str, list[str]] = {}
    for offer in menu(sketch):
        offered.setdefault(offer.action, []).append(offer.key)
    return closed(
        {
            action: list_of(one_of(keys), min(1, len(keys)), min(_MOST_RULES, len(keys)))
            for action, keys in offered.items()
        },
        "rules",
    )


_MOST_RULES: Final = 3


def _rules_told(sketch: Sketch, _size: Size) -> dict[str, str]:
    lines: dict[str, list[str]] = {}
    for offer in menu(sketch):
        lines.setdefault(offer.action, []).append(f"  {offer.key}: {offer.told}")
    listed = "\n".join(f"{action}\n" + "\n".join(each) for action, each in lines.items())
    return {"records": sketch.told(), "menu": listed}


def _rules_taken(sketch: Sketch, _size: Size, answer: Answer) -> Taken:
    offers = menu(sketch)
    known = {offer.key: offer for offer in offers}
    picked = {key for value in answer.values() for key in strings_in(value)}
    problems = [warning(sketch, key, "is not on the menu.") for key in sorted(picked - set(known))]
    kept: dict[tuple[str, str], str] = {}
    for key in sorted(picked & set(known), key=lambda each: int(each[1:])):
        # Of rules that exclude each other the first holds: one state, one word, one side of a day.
        kept.setdefault((known[key].action, _topic(known[key].name)), key)
    return replace(sketch, rules=usual(sketch) | frozenset(kept.values())), problems


def _topic(rule: str) -> str:
    """What a rule is about; only one rule of a topic can hold."""
    return "day" if rule in ("too_early", "too_late") else rule.partition("_not_")[0]


def _logic_schema(sketch: Sketch, size: Size) -> JsonObject:
    form = written_up(sketch, "other")
    rule = {
        "action": one_of(form.actions),
        "name": like(NAME),
        "needs": {"type": "string"},
        "says": {"type": "string"},
    }
    question = {
        "of": one_of(("", *form.entities)),
        "asks": list_of({"type": "string"}, 2, 2),
        "answer": {"type": "string"},
    }
    return closed(
        {
            "rules": list_of(closed(rule), 0, size.own),
            "questions": list_of(closed(question), 0, size.own),
        },
        "logic",
    )


def _logic_told(sketch: Sketch, size: Size) -> dict[str, str]:
    form = written_up(sketch, "other")
    entities = (
        f"{name} ({each.plural or name}): "
        + ", ".join(f"{field} {_kind(written)}" for field, written in each.fields.items())
        for name, each in form.entities.items()
    )
    actions = (
        f"{name}({', '.join([*filter(None, [each.on]), *each.takes])})"
        for name, each in form.actions.items()
    )
    held = (f"{offer.action}: {offer.needs}" for offer in chosen(sketch))
    return {
        "shape": "\n".join(entities),
        "actions": "\n".join(actions),
        "held": "\n".join(held),
        "most": str(size.own),
    }


def _kind(written: str) -> str:
    """The kind of a field, without vocabulary, ranges and values."""
    return re.sub(r"\s+(?:from|=|-?\d+(?:\.\.|%)|as) ?.*", "", written)


def _logic_taken(sketch: Sketch, _size: Size, answer: Answer) -> Taken:
    problems: list[Problem] = []
    rules = [each for each in map(_own_rule, _objects(answer, "rules")) if each]
    questions = [each for each in map(_own_question, _objects(answer, "questions")) if each]
    kept = {(rule[0], rule[1]): rule for rule in rules}
    made = replace(sketch, own_rules=tuple(kept.values()), own_questions=tuple(questions))
    return made, problems


def _objects(answer: Answer, name: str) -> list[Mapping[str, Any]]:
    found = answer.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _own_rule(written: Mapping[str, Any]) -> tuple[str, str, str, str] | None:
    said = [str(written.get(key, "")).strip() for key in ("action", "name", "needs", "says")]
    action, name, needs, says = said
    fits = all(said) and re.fullmatch(NAME[1:-1], name) is not None
    return (action, name, needs, says) if fits else None


def _own_question(written: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...], str] | None:
    asks = tuple(strings_in(written.get("asks", [])))
    answer = str(written.get("answer", "")).strip()
    return (written.get("of") or None, asks, answer) if asks and answer else None


RULES: Final = Part("rules", _rules_schema, _rules_told, _rules_taken)
LOGIC: Final = Part("logic", _logic_schema, _logic_told, _logic_taken, free=True)
