"""What is made of a world's tools once, for all episodes in it."""

from dataclasses import dataclass
from functools import cached_property

from awm.agents import listing
from awm.runtime import Instance
from awm.types import ToolSpec
from awm.verify.arguments import ToolChecks

__all__ = ["KnownTools", "ToolsByWorld"]


@dataclass(frozen=True)
class KnownTools:
    """The tools of a world, ready for its episodes.

    Attributes:
        world: The world's name.
        checks: Compares calls with their schemas, each compiled when it is first needed.
    """

    world: str
    checks: ToolChecks

    @cached_property
    def listing(self) -> str:
        """What `list_tools` answers."""
        return listing(self.checks.tools)


class ToolsByWorld:
    """Remembers the tools of each world that it has met."""

    def __init__(self) -> None:
        self._known: dict[str, KnownTools] = {}

    def of(self, instance: Instance) -> KnownTools:
        """The tools of an instance's world."""
        ready = instance.world
        if ready.fingerprint not in self._known:
            self._known[ready.fingerprint] = KnownTools(ready.name, ToolChecks(ready.tools))
        return self._known[ready.fingerprint]

    @property
    def by_name(self) -> dict[str, tuple[ToolSpec, ...]]:
        """The tools of each world, by the world's name."""
        return {known.world: tuple(known.checks.tools) for known in self._known.values()}
