"""What is wrong with a blueprint, and collecting all of it before giving up."""

from collections.abc import Iterator
from contextlib import contextmanager

from awm.errors import BlueprintError, Problem

__all__ = ["Fault", "Faults"]


class Fault(Exception):  # noqa: N818 - it never leaves this package; `BlueprintError` does
    """One thing that is wrong; where is known to whoever catches it.

    Args:
        what: What is wrong.
        hint: What to do about it.
    """

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class Faults:
    """The faults found so far in one blueprint."""

    def __init__(self, blueprint: str) -> None:
        self._blueprint = blueprint
        self.problems: list[Problem] = []

    @contextmanager
    def at(self, where: str) -> Iterator[None]:
        """Note a fault that is raised inside, and go on."""
        try:
            yield
        except Fault as fault:
            self.problems.append(Problem(self._blueprint, where, fault.what, fault.hint))

    def give_up(self) -> None:
        """Raise what was found, if anything was.

        Raises:
            BlueprintError: Something is wrong.
        """
        if self.problems:
            raise BlueprintError.of(self._blueprint, self.problems)
