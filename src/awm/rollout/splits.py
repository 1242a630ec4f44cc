"""Train, validation and test: by world, never by task, and for good.

A split is a function of a world alone: a hash of its name, or of the group that it belongs to,
falls into a range of numbers. No other world is looked at, so adding worlds to a set or taking
some away moves none of the others, and two people with parts of one set agree. Clusters of worlds
that resemble each other would not have this property: a newcomer can join two of them. So
likeness decides nothing here; `awm.rollout.near_duplicates` reports where it crosses a border.

Worlds of one group share most of what there is to learn, so a group stays together: the builtin
author's worlds of one domain have the same tables and tools under other names.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, TypeAlias, get_args

from awm.errors import UsageError
from awm.worlds import World, WorldFile, normalise

__all__ = ["SPLITS", "Split", "Splits", "group_of", "split_of"]

Split: TypeAlias = Literal["train", "validation", "test"]

SPLITS: Final[tuple[Split, ...]] = get_args(Split)

_BITS: Final = 53  # what a float holds exactly


@dataclass(frozen=True, slots=True)
class Splits:
    """How worlds are divided.

    Test has the low end of the numbers and validation the high one. A larger share of either takes
    worlds from train alone: what was held out stays held out, and never changes sides.

    Attributes:
        validation: The share of validation, from 0 to 1.
        test: The share of test, likewise; train has what is left.
        salt: Another salt gives another division.
        grouped: Whether worlds of one group (`group_of`) stay together. The shares are then those
            of groups, so that a set of few groups can be far from them.

    Raises:
        UsageError: The shares are none.
    """

    validation: float = 0.1
    test: float = 0.1
    salt: str = ""
    grouped: bool = True

    def __post_init__(self) -> None:
        shares = (self.validation, self.test)
        if not all(0 <= share <= 1 for share in shares) or sum(shares) > 1:
            raise UsageError(
                f"validation {self.validation} and test {self.test} are no shares of a whole.",
                "Give two numbers from 0 to 1 whose sum is at most 1.",
            )

    def of(self, world: World) -> Split:
        """The split of a world."""
        group = group_of(world) if self.grouped else None
        return self.named(world.name) if group is None else self._placed(f"group {group}")

    def named(self, world_name: str) -> Split:
        """The split of a world that is in no group, by any spelling of its name."""
        return self._placed(f"world {normalise(world_name)}")

    def to_json(self) -> dict[str, Any]:
        """A JSON object of all its parts."""
        return asdict(self)

    def _placed(self, key: str) -> Split:
        digest = hashlib.sha256(f"{self.salt}\0{key}".encode()).digest()
        place = (int.from_bytes(digest[:8], "big") >> (64 - _BITS)) / (1 << _BITS)
        if place < self.test:
            return "test"
        return "validation" if place >= 1 - self.validation else "train"


_SPLITS: Final = Splits()


def split_of(world_name: str, splits: Splits = _SPLITS) -> Split:
    """The split of a world of which only the name is known; see `Splits.of` for those of a group.

    Args:
        world_name: In any spelling.
        splits: How worlds are divided: 80, 10 and 10 percent by default.
    """
    return splits.named(world_name)


def group_of(world: World) -> str | None:
    """What a world has in common with others that resemble it by origin; None where nothing.

    For worlds that were made from a blueprint it is the domain, whoever wrote that.
    """
    for row in reversed(world.records.get(WorldFile.SCENARIO, ())):
        place: object = row
        for key in ("builtin", "recipe", "domain"):
            place = place.get(key) if isinstance(place, Mapping) else None
        if isinstance(place, str) and place:
            return place
    return None
