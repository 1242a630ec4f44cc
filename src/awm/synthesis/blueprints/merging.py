"""Putting a domain, some of its modules and some capabilities together, and renaming entities.

All of it happens on the written form; what the strings mean is read afterwards.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from awm.synthesis.blueprints.faults import Fault, Faults
from awm.synthesis.blueprints.form import ActionForm, DomainForm, EntityForm, Form, ModuleForm
from awm.synthesis.blueprints.reading import everywhere, shaped

__all__ = ["merged", "rename", "renamed"]

_ADDED_TO_ENTITIES: Final = frozenset(
    {"fields", "edits", "edits_need", "words", "calls", "typical"}
)
_ADDED_TO_ACTIONS: Final = frozenset({"takes", "sets", "needs", "does"})
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def merged(domain: DomainForm, modules: Iterable[ModuleForm]) -> DomainForm:
    """A domain without modules, with what these modules add.

    Raises:
        BlueprintError: A module says something of an entity or action that is there already which
            only whoever brings it in can say.
    """
    faults = Faults(domain.domain)
    entities, actions = dict(domain.entities), dict(domain.actions)
    questions, pools, options = list(domain.questions), dict(domain.pools), dict(domain.options)
    for module in modules:
        for name, entity in module.entities.items():
            with faults.at(f"entities.{name}"):
                entities[name] = _extended(entities[name], entity) if name in entities else entity
        for name, action in module.actions.items():
            with faults.at(f"actions.{name}"):
                actions[name] = _strengthened(actions[name], action) if name in actions else action
        questions += module.questions
        pools |= module.pools
        options |= module.options
    faults.give_up()
    return domain.model_copy(
        update={
            "entities": entities,
            "actions": actions,
            "questions": tuple(questions),
            "pools": pools,
            "options": options,
            "modules": {},
        }
    )


def _check_only_adds(there: Form, further: Form, adds: frozenset[str]) -> None:
    """Refuse what would be dropped without a word; saying the same again is all right."""
    fields = type(further).model_fields
    lost = [
        fields[name].alias or name
        for name in fields
        if name in further.model_fields_set - adds
        and getattr(further, name) != getattr(there, name)
    ]
    if lost:
        raise Fault(
            f"it is there already, and a module gives it {', '.join(map('`{}`'.format, lost))}.",
            f"A module can add {', '.join(sorted(adds))} to it: write the rest where it is brought"
            " in, or give yours another name.",
        )


def _extended(entity: EntityForm, further: EntityForm) -> EntityForm:
    _check_only_adds(entity, further, _ADDED_TO_ENTITIES)
    return entity.model_copy(
        update={
            "fields": {**entity.fields, **further.fields},
            "edits": (*entity.edits, *further.edits),
            "edits_need": (*entity.edits_need, *further.edits_need),
            "words": {**entity.words, **further.words},
            "calls": {**entity.calls, **further.calls},
            "typical": (*entity.typical, *further.typical),
        }
    )


def _strengthened(action: ActionForm, further: ActionForm) -> ActionForm:
    _check_only_adds(action, further, _ADDED_TO_ACTIONS)
    return action.model_copy(
        update={
            "takes": {**action.takes, **further.takes},
            "sets": {**action.sets, **further.sets},
            "needs": (*action.needs, *further.needs),
            "does": f"{action.does.rstrip()}\n{further.does}".strip("\n"),
        }
    )


def renamed(domain: DomainForm, names: Mapping[str, str]) -> DomainForm:
    """A domain in which entities have other names, in identifiers and in prose alike.

    Vocabulary keeps its words, and so does what is typical of them; only the names of pools change.
    """
    if not names:
        return domain
    change = _renaming(names)
    written = domain.model_dump(by_alias=True, mode="json")
    for name, entity in written["entities"].items():
        # Said before names change: the plural of another name need not be that name with an s.
        entity["plural"] = entity["plural"] or f"{name}s"
    kept = {
        "domain": written.pop("domain"),
        "category": written.pop("category"),
        "flavours": [_with_pools(flavour, change) for flavour in written.pop("flavours")],
        "synonyms": written.pop("synonyms"),
        "pools": _pools(written.pop("pools"), change),
    }
    words = {
        change(name): [rule.pop("words") for rule in entity["typical"]]
        for name, entity in written["entities"].items()
    }
    changed = everywhere(written, change)
    for name, entity in changed["entities"].items():
        for rule, kept_words in zip(entity["typical"], words[name], strict=True):
            rule["words"] = kept_words
    return shaped(DomainForm, {**kept, **changed}, domain.domain)


def rename(text: str, names: Mapping[str, str]) -> str:
    """A text in which whole words have other names, also between underscores."""
    return _renaming(names)(text) if names else text


def _renaming(names: Mapping[str, str]) -> Callable[[str], str]:
    longest = "|".join(sorted(names, key=len, reverse=True))
    pattern = re.compile(rf"(?i)(?<![a-z])({longest})(?![a-z])")

    def instead(match: re.Match[str]) -> str:
        return _as_written(names[match[1].lower()], match[1])

    return lambda text: pattern.sub(instead, text)


def _with_pools(flavour: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    return {**flavour, "pools": _pools(flavour["pools"], change)}


def _pools(pools: Mapping[str, list[str]], change: Callable[[str], str]) -> dict[str, list[str]]:
    return {
        change(name): [
            _PLACEHOLDER.sub(lambda m: change(m[0]), entry) if "{" in entry else entry
            for entry in entries
        ]
        for name, entries in pools.items()
    }


def _as_written(name: str, replaced: str) -> str:
    prose = replaced[:1].isupper()
    return name.capitalize() if prose else name
