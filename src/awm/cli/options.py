"""What the commands' options have in common: spelling, and the options that many of them take."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

import typer

from awm.types import SEEDS

__all__ = [
    "AllowWeak",
    "AsJson",
    "Folder",
    "Jobs",
    "Overwrite",
    "Worlds",
    "names_in",
    "new_app",
    "place",
    "seed_option",
    "whole",
]

_CONTEXT: Final = {
    # One spelling inside, both outside: --envs-load-path is --envs_load_path, check-all check_all.
    "token_normalize_func": lambda token: token.replace("-", "_"),
    "help_option_names": ["--help", "-h"],
}


def new_app(text: str) -> typer.Typer:
    """A group of commands. Give options and commands names with underscores."""
    return typer.Typer(
        help=text,
        context_settings=dict(_CONTEXT),
        add_completion=False,
        no_args_is_help=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )


def whole(least: int | None = None, most: int | None = None) -> Callable[[object], int]:
    """A parser of whole numbers as everybody writes them: Python reads `1_0` too.

    Args:
        least: The smallest that is all right; None if any is.
        most: The largest, likewise.
    """

    def number(value: object) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,40}", str(value)):
            raise typer.BadParameter(f"{str(value)[:40]!r} is not a valid integer.")
        found = int(str(value))
        if least is not None and found < least:
            raise typer.BadParameter(f"{found} is less than {least}.")
        if most is not None and found > most:
            raise typer.BadParameter(f"{found} is more than {most}.")
        return found

    return number


def seed_option(use: str) -> Any:
    """The option of a seed, an integer of 64 bits, see `awm.types.SEEDS`.

    Args:
        use: What it is the seed of.
    """
    parser = whole(SEEDS[0], SEEDS[-1])
    return typer.Option("--seed", parser=parser, metavar="INTEGER", help=use)


def place(value: object) -> Path:
    """A file or a folder; an empty name, as of a variable that is not set, would be this folder."""
    if not str(value) or "\0" in str(value):
        raise typer.BadParameter(f"{value!r} is no path: name one, `.` for this folder.")
    return Path(str(value))


def names_in(given: Sequence[str] | None) -> tuple[str, ...]:
    """Names from an option that may be repeated and may hold several with commas between."""
    split = (name.strip() for each in given or () for name in each.split(","))
    return tuple(dict.fromkeys(filter(None, split)))


AsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON document and nothing else.")
]
Folder: TypeAlias = Annotated[
    str,  # not a path: `bundled` is not `./bundled`
    typer.Argument(help="A folder of worlds in the AWM layout, or `bundled`."),
]
Jobs: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        parser=whole(1),
        metavar="INTEGER",
        help="How many at a time; by default one for each core.",
    ),
]
AllowWeak: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--allow_weak_isolation",
        help="Run even where worlds cannot be jailed. Hostile code can then do what you can.",
        show_default=False,
    ),
]
Worlds: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--scenario",
        "--allowed_scenarios",
        metavar="NAME",
        help="Only this world, or these with commas between; may be repeated.",
    ),
]
Overwrite: TypeAlias = Annotated[
    bool, typer.Option("--overwrite", help="Replace the worlds that are there already.")
]
