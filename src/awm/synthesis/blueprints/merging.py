"""Putting a domain, some of its modules and some capabilities together, and renaming entities.

All of it happens on the written form; what the strings mean is read afterwards.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from awm.synthesis.blueprints.form import ActionForm, DomainForm, EntityForm, ModuleForm
from awm.synthesis.blueprints.reading import shaped

__all__ = ["merged", "rename", "renamed"]

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def merged(domain: DomainForm, modules: Iterable[ModuleForm]) -> DomainForm:
    """A domain without modules, with what these modules add."""
    entities, actions = dict(domain.entities), dict(domain.actions)
    questions, pools, options = list(domain.questions), dict(domain.pools), dict(domain.options)
    for module in modules:
        for name, entity in module.entities.items():
            entities[name] = _extended(entities[name], entity) if name in entities else entity
        for name, action in module.actions.items():
            actions[name] = _strengthened(actions[name], action) if name in actions else action
        questions += module.questions
        pools |= module.pools
        options |= module.options
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


def _extended(entity: EntityForm, further: EntityForm) -> EntityForm:
    return entity.model_copy(
        update={
            "fields": {**entity.fields, **further.fields},
            "edits": (*entity.edits, *further.edits),
            "edits_need": (*entity.edits_need, *further.edits_need),
            "words": {**entity.words, **further.words},
        }
    )


def _strengthened(action: ActionForm, further: ActionForm) -> ActionForm:
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

    Vocabulary keeps its words; only the names of pools change.
    """
    if not names:
        return domain
    change = partial(rename, names=names)
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
    return shaped(DomainForm, {**kept, **_everywhere(written, change)}, domain.domain)


def rename(text: str, names: Mapping[str, str]) -> str:
    """A text in which whole words have other names, also between underscores."""
    if not names:
        return text
    longest = "|".join(sorted(names, key=len, reverse=True))
    pattern = re.compile(rf"(?i)(?<![a-z])({longest})(?![a-z])")
    return pattern.sub(lambda match: _as_written(names[match[1].lower()], match[1]), text)


def _with_pools(flavour: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    return {**flavour, "pools": _pools(flavour["pools"], change)}


def _pools(pools: Mapping[str, list[str]], change: Callable[[str], str]) -> dict[str, list[str]]:
    return {
        change(name): [_PLACEHOLDER.sub(lambda m: change(m[0]), entry) for entry in entries]
        for name, entries in pools.items()
    }


def _everywhere(written: Any, change: Callable[[str], str]) -> Any:
    if isinstance(written, str):
        return change(written)
    if isinstance(written, list):
        return [_everywhere(each, change) for each in written]
    if isinstance(written, dict):
        return {change(key): _everywhere(value, change) for key, value in written.items()}
    return written


def _as_written(name: str, replaced: str) -> str:
    prose = replaced[:1].isupper()
    return name.capitalize() if prose else name
