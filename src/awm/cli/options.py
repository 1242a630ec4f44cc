"""What the commands' options have in common: spelling, and the options that many of them take."""

from typing import Annotated, Final, TypeAlias

import typer

__all__ = ["AllowWeak", "AsJson", "Folder", "Jobs", "Overwrite", "new_app"]

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


AsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON document and nothing else.")
]
Folder: TypeAlias = Annotated[
    str,  # not a path: `bundled` is not `./bundled`
    typer.Argument(help="A folder of worlds in the AWM layout, or `bundled`."),
]
Jobs: TypeAlias = Annotated[
    int | None,
    typer.Option("--jobs", min=1, help="How many at a time; by default one for each core."),
]
AllowWeak: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--allow_weak_isolation",
        help="Run even where worlds cannot be jailed. Hostile code can then do what you can.",
        show_default=False,
    ),
]
Overwrite: TypeAlias = Annotated[
    bool, typer.Option("--overwrite", help="Replace the worlds that are there already.")
]
