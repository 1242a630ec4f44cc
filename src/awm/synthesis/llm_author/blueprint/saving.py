"""A model's domain as a file like the builtin ones, which it can join."""

from pathlib import Path
from typing import Final

import yaml

from awm.synthesis.blueprints import DomainForm
from awm.whole import write_whole

__all__ = ["as_yaml", "save"]

_WIDTH: Final = 160


def as_yaml(form: DomainForm) -> str:
    """A domain as the text of its file."""
    written = form.model_dump(by_alias=True, mode="json", exclude_defaults=True)
    return yaml.safe_dump(written, sort_keys=False, allow_unicode=True, width=_WIDTH)


def save(form: DomainForm, folder: Path) -> Path:
    """Write the file of a domain, in place of one of the same name.

    `Catalogue.with_domains` reads the folder, and `awm domains check` its files.

    Returns:
        The file.

    Raises:
        OSError: It cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{form.domain}.yaml"
    write_whole(path, as_yaml(form).encode())
    return path
