"""A model's domain as a file like the builtin ones, which it can join."""

from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

import yaml

from awm.errors import UsageError
from awm.synthesis.blueprints import DomainForm
from awm.whole import write_whole
from awm.worlds.holding import writing_to

__all__ = ["Saved", "as_yaml", "check_place", "save"]

_WIDTH: Final = 160
_LONGEST_NAME: Final = 40
"""As the form has it, in characters."""


@dataclass(frozen=True, slots=True)
class Saved:
    """Where a domain was saved.

    Attributes:
        path: Its file, which is named after it.
        renamed: Whether it has a number behind its name, because there is another of that name.
    """

    path: Path
    renamed: bool


def as_yaml(form: DomainForm) -> str:
    """A domain as the text of its file."""
    written = form.model_dump(by_alias=True, mode="json", exclude_defaults=True)
    return yaml.safe_dump(written, sort_keys=False, allow_unicode=True, width=_WIDTH)


def check_place(folder: Path) -> None:
    """Refuse before the work a folder that cannot be one.

    Raises:
        UsageError: It, or what it is to be in, is no folder.
    """
    with writing_to(folder):
        for place in (folder, *folder.parents):
            if place.exists() and not place.is_dir():
                raise UsageError(f"{place} is no folder.", "Name another one for the blueprints.")


def save(form: DomainForm, folder: Path) -> Saved:
    """Write the file of a domain; one with other content is never written over.

    Where the name is taken, the domain gets the first number behind it that is free, so that both
    can be used: `kayaks_2`. Saving the same domain again changes nothing.
    `Catalogue.with_domains` reads the folder, and `awm domains check` its files.

    Raises:
        WorldFileError: It cannot be written.
        InfrastructureError: There is no room for it.
    """
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for number in count(1):
            named = form if number == 1 else _numbered(form, number)
            path = folder / f"{named.domain}.yaml"
            content = as_yaml(named).encode()
            if not path.exists():
                write_whole(path, content)
                break
            if path.is_file() and path.read_bytes() == content:
                break
    return Saved(path, number > 1)


def _numbered(form: DomainForm, number: int) -> DomainForm:
    suffix = f"_{number}"
    return form.model_copy(update={"domain": form.domain[: _LONGEST_NAME - len(suffix)] + suffix})
