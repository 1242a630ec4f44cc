"""Whose a command is: the builtin author's or a model's. Nothing of either is imported for that."""

from collections.abc import Mapping
from pathlib import Path

from awm.cli.gen_options import Author
from awm.errors import UsageError, WorldFileError
from awm.settings import load_settings
from awm.synthesis.sources import rows_in, scenarios_of

__all__ = ["is_asked_for", "is_to_go_on"]


def is_asked_for(
    named: Author | None, *, of_builtin: Mapping[str, object], of_llm: Mapping[str, object]
) -> bool:
    """Whether a model is to write, and not the builtin author.

    Args:
        named: The author that somebody named.
        of_builtin: Options that mean something to the builtin author only, with their values.
        of_llm: The same of a model.

    Raises:
        UsageError: Options contradict each other.
    """
    by_model = named == Author.LLM
    if named is None:
        by_model = any(_said(of_llm)) or bool(load_settings().llm_model)
    others = _said(of_builtin if by_model else of_llm)
    if others:
        mine, other = ("llm", "builtin") if by_model else ("builtin", "llm")
        raise UsageError(
            f"{others[0]} means nothing to the author {mine}.",
            f"Leave it out, or give --author {other}.",
        )
    return by_model


def is_to_go_on(named: Author | None, source: Path, model: str | None) -> bool:
    """Whether a stage is a model's: unless told, whoever planned the scenarios goes on.

    Args:
        named: The author that somebody named.
        source: What the stage reads.
        model: The model that somebody named.
    """
    if named is not None:
        return named == Author.LLM
    if model is not None:
        return True
    if not load_settings().llm_model:
        return False
    try:
        first = next(rows_in(scenarios_of(source)), {})
    except WorldFileError:
        return source.exists()  # rows of somebody who left no scenarios beside them
    return "builtin" not in first


def _said(options: Mapping[str, object]) -> list[str]:
    """The options that somebody gave."""
    return [name for name, value in options.items() if value not in (None, [], ())]
