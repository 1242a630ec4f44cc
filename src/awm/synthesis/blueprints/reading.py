"""Reading YAML files of domains and capabilities into their form."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import ValidationError

from awm.errors import BlueprintError, Problem
from awm.synthesis.blueprints.form import CapabilityForm, DomainForm, Form

__all__ = [
    "everywhere",
    "read_domain",
    "read_pools",
    "read_yaml",
    "roles_in",
    "shaped",
    "with_roles",
]

_FormT = TypeVar("_FormT", bound=Form)


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """YAML in which `on`, `off`, `yes` and `no` are words and dates are texts, as in YAML 1.2.

    So is `Null`, which may be a name; nothing is `null` or `~`.
    """


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if not tag.endswith((":bool", ":timestamp", ":null"))
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|false|True|False)$"), list("tTfF")
)

_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""]
)

_ROLE: Final = re.compile(r"<([a-z_]+)>(s?)")


def read_yaml(text: str, name: str) -> Any:
    """Parse YAML.

    Raises:
        BlueprintError: It is none.
    """
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - it is a safe loader
    except yaml.YAMLError as error:
        raise BlueprintError.of(name, [Problem(name, "", f"it is no YAML: {error}")]) from error


def read_domain(path: Path) -> DomainForm:
    """Read the file of a domain.

    Raises:
        BlueprintError: It has not the shape of one.
    """
    return shaped(DomainForm, read_yaml(path.read_text(encoding="utf-8"), path.stem), path.stem)


def with_roles(written: Any, roles: Mapping[str, tuple[str, str]], name: str) -> CapabilityForm:
    """A capability from what was parsed of its file, its roles filled in.

    Args:
        written: Plain values, with parts such as `<person>` in keys and texts.
        roles: Singular and plural of the entity that plays each part.
        name: The capability's, for messages.

    Raises:
        BlueprintError: It has not the shape of one, or a role is not filled.
    """
    missing: set[str] = set()

    def fill(match: re.Match[str]) -> str:
        if match[1] not in roles:
            missing.add(match[1])
            return match[1]
        singular, plural = roles[match[1]]
        return plural if match[2] else singular

    filled = everywhere(written, lambda text: _ROLE.sub(fill, text) if "<" in text else text)
    if missing:
        problems = [Problem(name, "", f"nothing plays the part <{each}>") for each in missing]
        raise BlueprintError.of(name, problems)
    return shaped(CapabilityForm, filled, name)


def everywhere(written: Any, change: Callable[[str], str]) -> Any:
    """The same with all texts changed, keys too."""
    if isinstance(written, str):
        return change(written)
    if isinstance(written, list):
        return [everywhere(each, change) for each in written]
    if isinstance(written, dict):
        return {
            everywhere(key, change): everywhere(value, change) for key, value in written.items()
        }
    return written


def roles_in(text: str) -> frozenset[str]:
    """The roles that the text of a capability has parts for."""
    return frozenset(match[1] for match in _ROLE.finditer(text))


def read_pools(path: Path) -> dict[str, tuple[str, ...]]:
    """Read a file of vocabulary: a mapping from names to lists of texts.

    Raises:
        BlueprintError: It is none.
    """
    pools = read_yaml(path.read_text(encoding="utf-8"), path.stem)
    if not isinstance(pools, dict):
        raise BlueprintError.of(path.stem, [Problem(path.stem, "", "it is no mapping of pools")])
    return {name: tuple(str(each) for each in entries) for name, entries in pools.items()}


def shaped(form: type[_FormT], written: Any, name: str) -> _FormT:
    """Check the shape of what was written.

    Raises:
        BlueprintError: It has another.
    """
    try:
        return form.model_validate(written)
    except ValidationError as error:
        problems = [
            Problem(name, ".".join(str(part) for part in each["loc"]), each["msg"])
            for each in error.errors()
        ]
        raise BlueprintError.of(name, problems) from error
