"""What sessions need of the place where their worlds live."""

from collections.abc import Container
from typing import Protocol

from awm.runtime import Instance, PreparedWorld
from awm.worlds import World

__all__ = ["House"]


class House(Protocol):
    """Where the worlds of sessions live: a `Lodging`, or a `WorldService`, which has only one."""

    @property
    def worlds(self) -> Container[str]:
        """The names of those that are offered, in any spelling."""
        ...

    async def world(self, name: str) -> World:
        """A world by its name; see `Lodging.world`."""
        ...

    async def prepared(self, name: str) -> PreparedWorld:
        """A world with its tools; see `Lodging.prepared`."""
        ...

    async def launch(self, name: str, *, seed: int = 0) -> Instance:
        """An instance for a session; see `Lodging.launch`."""
        ...

    async def let_go(self, instance: Instance) -> None:
        """Take an instance back from its session, which has ended; see `Lodging.let_go`."""
        ...
