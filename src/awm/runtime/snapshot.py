"""Snapshots: all that an instance is, small enough to keep, send and pickle."""

from dataclasses import dataclass

__all__ = ["Snapshot"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of an instance at one step. Opaque: make it with `snapshot`, use it with `restore`.

    It refers to its world's template by hash and holds only what differs: it is worth little
    without the world, and as small as what the calls have changed. It belongs to no runtime: it can
    be restored in another process, on another machine, on another day.

    Attributes:
        world: The world's name.
        template: SHA-256 of the template, hexadecimal.
        seed: What the instance's randomness is derived from.
        step: How many calls it has had.
        delta: Its database, see `awm.runtime.delta`.
        memory: What its handlers keep outside the database, as a worker wrote it. Only a jailed
            worker ever reads it.
    """

    world: str
    template: str
    seed: int
    step: int
    delta: bytes
    memory: bytes

    def __repr__(self) -> str:
        size = len(self.delta) + len(self.memory)
        return f"Snapshot({self.world!r}, seed={self.seed}, step={self.step}, {size} bytes)"
