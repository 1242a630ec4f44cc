"""The sessions that are open, by whose they are and what their owners call them."""

from collections.abc import Callable
from typing import TypeAlias

from awm.errors import UsageError
from awm.serve.openreward.refusals import FullError, NotThereError, SessionOverError
from awm.serve.openreward.stay import Stay
from awm.serve.openreward.tasks import Errand
from awm.serve.table import Table

__all__ = ["Key", "SessionTable"]

Key: TypeAlias = tuple[str, str]
"""Whose a session is, and what its owner calls it."""


class SessionTable(Table[Key, Stay]):
    """The sessions that are open; see `Table`."""

    def open(self, key: Key, errand: Errand, begin: Callable[[], Stay]) -> None:
        """Open a session.

        A client that had no answer asks again; the session is then there already, and it is the
        same one as long as no tool was called in it.

        Args:
            key: Whose it is, and what it is called.
            errand: What it is for.
            begin: Makes it.

        Raises:
            UsageError: There is another one of that name.
            FullError: There is no room.
        """
        stay = self.get(key)
        if stay is None:
            if self.add(key, begin) is None:
                raise FullError(f"there are {len(self)} sessions already.", "Come again later.")
        elif stay.errand.spec == errand.spec and stay.untouched:
            stay.touch()
        else:
            raise UsageError("Session already exists.", "Begin another one.")

    def find(self, key: Key) -> Stay:
        """A session that is open; it counts as asked for now.

        Raises:
            NotThereError: There is none.
            SessionOverError: It was ended.
        """
        stay = self.get(key)
        if stay is not None:
            stay.touch()
            return stay
        why = self.why_ended(key)
        if why is not None:
            raise SessionOverError(f"the session was ended: {why}.")
        raise NotThereError("Active environment not found.")
