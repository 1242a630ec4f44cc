"""What a model might answer to the prompts of the form `blueprint`: read off a builtin domain.

Which domain depends on the scenario's title only, so that all answers about a scenario go together.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

from awm.synthesis.blueprints import Blueprint, Entity, Field
from awm.synthesis.catalogue import Catalogue, Recipe

__all__ = ["answer_of"]

_NAME: Final = re.compile(r"[a-z]{2,14}(_[a-z]{2,14}){0,2}")
_TITLE: Final = re.compile(r"[A-Z][A-Za-z0-9]{1,14}( [A-Za-z0-9]{1,14}){0,3}")
_LINE: Final = re.compile(r"(\w+) \((\w+)\)")
_CLEAN: Final = ("contract", "invoice", "payment", "deposit", "booking", "order", "reservation")
_MOST: Final = {"fields": 3, "states": 4, "names": 22}
_SPARE_THINGS: Final = ("room", "vehicle", "locker", "branch")
_SPARE_CASES: Final = ("inspection", "enquiry", "repair_job", "site_visit")
_SPARE_FIELDS: Final = (
    "urgency: one of low, high",
    "fee: money 5..80",
    "grade: one of basic, standard, premium",
)
_LARGEST: Final = 9_999
_NO_END: Final = frozenset({"cancelled", "declined", "refused", "rejected", "withdrawn", "lost"})


def answer_of(prompt_name: str, user_message: str, catalogue: Catalogue) -> str:
    """The answer to a question of the form `blueprint`.

    Args:
        prompt_name: `blueprint_records`, `blueprint_fields`, `blueprint_states`,
            `blueprint_steps`, `blueprint_rules`, `blueprint_logic` or `blueprint_names`.
        user_message: What is asked, with its tags.
        catalogue: The domains to read answers off.

    Returns:
        A JSON object.

    Raises:
        KeyError: There is no such prompt.
    """
    domain = _domain(_inside(user_message, "scenario"), catalogue)
    return json.dumps(_ANSWERS[prompt_name](user_message, domain))


def _domain(title: str, catalogue: Catalogue) -> Blueprint:
    number = int.from_bytes(hashlib.sha256(title.encode()).digest()[:4], "big")
    return catalogue.blueprint(Recipe(catalogue.domains[number % len(catalogue.domains)]))


def _inside(message: str, tag: str) -> str:
    found = re.search(rf"<{tag}>(.*?)</{tag}>", message, re.DOTALL)
    return found[1].strip() if found else ""


def _named(message: str, tag: str) -> dict[str, str]:
    """The records that are listed in a tag, each with the part that it plays."""
    return {match[1]: match[2] for match in map(_LINE.match, _lines(message, tag)) if match}


def _lines(message: str, tag: str) -> list[str]:
    return _inside(message, tag).splitlines()


def _records(message: str, domain: Blueprint) -> dict[str, Any]:
    people = [name for name, each in domain.entities.items() if _is_person(each)]
    customer, worker, *_ = [*people, "customer", "worker"]
    others = {
        name: each
        for name, each in domain.entities.items()
        if name not in people and _NAME.fullmatch(name) and not name.endswith("s")
    }
    things = [name for name, each in others.items() if each.named and not _is_paper(name)]
    cases = [name for name, each in others.items() if not each.named and not each.part_of]
    things_asked, cases_asked = re.findall(r"(\d+) to (\d+) kinds", message)
    return {
        "business": " ".join(re.findall("[a-z]{2,14}", domain.is_.lower())[:5]),
        "customer": customer,
        "customers_are": "people",
        "worker": worker,
        "things": _enough(things, _SPARE_THINGS, things_asked),
        "cases": _enough(cases, _SPARE_CASES, cases_asked),
    }


def _is_person(entity: Entity) -> bool:
    return bool(entity.named) and entity.fields[entity.named or ""].pool == "person_name"


def _is_paper(name: str) -> bool:
    return not {*name.split("_")}.isdisjoint(_CLEAN)


def _enough(found: Sequence[str], spare: Sequence[str], asked: tuple[str, str]) -> list[str]:
    """Between the fewest and the most that are asked for, with spare ones where there are none."""
    fewest, most = map(int, asked)
    return [*dict.fromkeys((*found[:most], *spare))][: max(fewest, min(len(found), most))]


def _fields(message: str, domain: Blueprint) -> dict[str, Any]:
    listed = _named(message, "records")
    answer: dict[str, Any] = {}
    for name, sort in listed.items():
        entity = domain.entities.get(name)
        lines = [*_field_lines(entity), *_SPARE_FIELDS][: _MOST["fields"]]
        answer[name] = lines
        if sort == "case":
            linked = [each.target for each in entity.references] if entity else []
            before = [each for each in listed if each in linked and listed[each] != "case"]
            usual = [next(iter(listed)), next(n for n, part in listed.items() if part == "thing")]
            about = list(dict.fromkeys((*before, *usual)))[: max(2, min(3, len(before)))]
            answer[name] = {"about": about, "fields": lines}
    return answer


def _field_lines(entity: Entity | None) -> Iterator[str]:
    for field in entity.fields.values() if entity else ():
        line = _field_line(field)
        if line and _NAME.fullmatch(line.partition(":")[0]):
            yield line


def _field_line(field: Field) -> str:
    """A field that is drawn as a line; empty where it has not the form of one."""
    drawn = field.value is None and not field.optional
    name = field.name.removesuffix("_cents").removesuffix("_on")
    kind = _kind(field) if drawn else ""
    return f"{name}: {kind}" if kind else ""


def _kind(field: Field) -> str:
    scale = 100 if field.kind == "money" else 1
    low = min(max(0, field.low or 0) // scale, _LARGEST)
    high = min(max((field.high or 0) // scale, low + 1), 10 * _LARGEST)
    kinds = {
        "money": f"money {low}..{high}" if field.high else "",
        "int": f"number {low}..{high}" if field.high else "",
        "date": "date",
        "bool": "yes or no",
        "choice": f"one of {', '.join(field.words[:5])}",
    }
    wordy = all(map(_NAME.fullmatch, field.words))
    return kinds.get(field.kind, "") if wordy else ""


def _states(message: str, domain: Blueprint) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    for name, sort in _named(message, "living").items():
        usual, *others = _words(domain.entities.get(name), sort)
        if sort != "case":
            answer[name] = {"usual": usual, "unusual": others[0]}
            continue
        states = [usual, *(each for each in others if each not in _NO_END)]
        ends = [each for each in others if each in _NO_END] or ["cancelled"]
        states = [*dict.fromkeys((*states, "settled", "filed"))]
        answer[name] = {"states": states[: max(3, min(_MOST["states"], len(states) - 2))]}
        answer[name]["given_up"] = ends[0]
    return answer


def _words(entity: Entity | None, sort: str) -> list[str]:
    """The states of an entity that has some, or else usual ones; at least two."""
    state = entity.state if entity else None
    words = [word for word in (state.words if state else ()) if _NAME.fullmatch(word)]
    usual = ["open", "done"] if sort == "case" else ["active", "suspended"]
    return words if len(words) > 1 else usual


def _steps(message: str, domain: Blueprint) -> dict[str, list[str]]:
    answer: dict[str, list[str]] = {}
    for name, sort in _named(message, "living").items():
        first, *others = _words(domain.entities.get(name), sort)
        if sort != "case":
            answer[name] = [f"stop: {first} -> {others[0]}", f"resume: {others[0]} -> {first}"]
            continue
        chain = [first, *(each for each in others if each not in _NO_END)][: _MOST["states"]]
        lines = [f"mark_{after}: {before} -> {after}" for before, after in pairwise(chain)]
        answer[name] = [*lines, f"cancel: {first} -> cancelled"]
    return answer


def _rules(message: str, _: Blueprint) -> dict[str, list[str]]:
    answer: dict[str, list[str]] = {}
    action = ""
    for line in _lines(message, "menu"):
        offered = re.match(r"\s+(r\d+):", line)
        if offered and len(answer[action]) < 2:
            answer[action].append(offered[1])
        elif not offered:
            action = line.strip()
            answer[action] = []
    return answer


def _names(message: str, domain: Blueprint) -> dict[str, Any]:
    listed = {
        name: list(filter(_TITLE.fullmatch, _pool(name, domain)))
        for name in _lines(message, "things")
    }
    if _INITIALS not in message:
        return {name: titles[: _MOST["names"]] for name, titles in listed.items()}
    return {name: dict(_by_initials(titles)) for name, titles in listed.items()}


_INITIALS: Final = "by their first letters"


def _by_initials(titles: Sequence[str]) -> Iterator[tuple[str, str]]:
    """One title for each few letters; where there is none, it gets an initial of them."""
    for first, last in map(str.split, ("A B", "C D", "E G", "H K", "L N", "O P", "Q S", "T W")):
        fitting = (each for each in titles if first <= each[0] <= last)
        yield f"{first}-{last}", next(fitting, f"{first}a {titles[0]}")


def _pool(name: str, domain: Blueprint) -> Sequence[str]:
    entity = domain.entities.get(name)
    field = entity.fields[entity.named] if entity and entity.named else None
    said = name.replace("_", " ").title()
    spare = [f"{each} {said}" for each in domain.pools["last_name"][: _MOST["names"]]]
    return [*domain.pools.get(field.pool or "", ()), *spare] if field else spare


def _logic(message: str, _: Blueprint) -> dict[str, Any]:
    """A question about each of the first two kinds of record, and no rule."""
    listed = [re.match(r"(\w+) \((\w+)\):", line) for line in _lines(message, "shape")[:2]]
    plurals = [match[2] for match in listed if match]
    questions = [
        {
            "of": "",
            "asks": [f"how many {each} are on file", f"the number of {each} in the files"],
            "answer": f"count(each for each in {each})",
        }
        for each in plurals
    ]
    return {"rules": [], "questions": questions}


_ANSWERS: Final = {
    "blueprint_records": _records,
    "blueprint_fields": _fields,
    "blueprint_states": _states,
    "blueprint_steps": _steps,
    "blueprint_rules": _rules,
    "blueprint_logic": _logic,
    "blueprint_names": _names,
}
