"""The tools of worlds, ready to have calls checked against them."""

from awm.runtime import Instance
from awm.verify.arguments import ToolChecks

__all__ = ["ChecksByWorld"]


class ChecksByWorld:
    """Compiles the schemas of a world's tools once, for all episodes in it."""

    def __init__(self) -> None:
        self._checks: dict[str, ToolChecks] = {}

    def of(self, instance: Instance) -> ToolChecks:
        """The tools of an instance's world."""
        ready = instance.world
        if ready.fingerprint not in self._checks:
            self._checks[ready.fingerprint] = ToolChecks(ready.tools)
        return self._checks[ready.fingerprint]
