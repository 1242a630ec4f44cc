"""Attributes of modules that are replaced, and can be put back."""

from collections.abc import Iterable

__all__ = ["Patch", "Patches"]

Patch = tuple[object, str, object]
"""Whose attribute, its name, and what takes its place."""


class Patches:
    """Replacements that belong together.

    Args:
        patches: What is replaced by what.
    """

    def __init__(self, patches: Iterable[Patch]) -> None:
        self._ours = tuple(patches)
        self._theirs = tuple((owner, name, getattr(owner, name)) for owner, name, _ in self._ours)

    def apply(self) -> None:
        """Put the replacements in."""
        for owner, name, value in self._ours:
            setattr(owner, name, value)

    def undo(self) -> None:
        """Put back what was there when these were made."""
        for owner, name, value in self._theirs:
            setattr(owner, name, value)
