"""Builds and measures databases in a jailed worker that never runs a world's code."""

from awm.errors import Problem, SnapshotError, WorldBuildError
from awm.runtime.limits import Limits
from awm.runtime.schema import Schema
from awm.runtime.slot import WorkerSlot
from awm.runtime.state import StateDiff
from awm.runtime.wire import (
    Build,
    Built,
    Compare,
    Compared,
    Describe,
    Described,
    Digest,
    Digested,
    Failed,
    Message,
    complaint,
)
from awm.runtime.worker import WorkerDiedError
from awm.worlds import BuiltDatabase, DatabaseRecipe

__all__ = ["Examiner"]


class Examiner:
    """Asks a jailed worker about databases. It keeps nothing between questions.

    Args:
        slot: Where its worker lives.
        limits: How long it may take.
    """

    def __init__(self, slot: WorkerSlot, limits: Limits) -> None:
        self._slot = slot
        self._limits = limits

    async def build(self, recipe: DatabaseRecipe) -> BuiltDatabase:
        """Build a world's database.

        Raises:
            WorldBuildError: It takes too long or too much.
        """
        reply = await self._ask(recipe.world, Build(recipe.to_plain()))
        if not isinstance(reply, Built):
            raise WorldBuildError(
                recipe.world, f"its database cannot be built: {complaint(reply)}."
            )
        problems = tuple(Problem(*row) for row in reply.problems)
        return BuiltDatabase(reply.image, problems, reply.tables, reply.rows)

    async def digest(self, world: str, image: bytes) -> str:
        """The canonical hash of a database: equal rows give equal hashes.

        Raises:
            SnapshotError: The database is damaged.
        """
        reply = await self._ask(world, Digest(image))
        if isinstance(reply, Digested):
            return reply.digest
        raise _damaged(world, reply)

    async def compare(self, world: str, before: bytes, after: bytes) -> StateDiff:
        """The rows in which two databases differ.

        Raises:
            SnapshotError: A database is damaged.
        """
        reply = await self._ask(world, Compare(before, after))
        if isinstance(reply, Compared):
            return StateDiff.from_plain(reply.tables)
        raise _damaged(world, reply)

    async def describe(self, world: str, image: bytes) -> Schema:
        """What a database's tables are made of, and which of its foreign keys lead nowhere.

        Raises:
            SnapshotError: The database is damaged.
        """
        reply = await self._ask(world, Describe(image))
        if isinstance(reply, Described):
            return Schema.from_plain(reply.tables, reply.dangling)
        raise _damaged(world, reply)

    async def _ask(self, world: str, question: Message) -> Message:
        try:
            return await self._slot.request(question, self._limits.load_seconds)
        except WorkerDiedError as death:
            return Failed(f"over the database of {world!r}, {death.detail}", "", "")


def _damaged(world: str, reply: Message) -> SnapshotError:
    return SnapshotError(
        f"world {world!r}: its database cannot be read: {complaint(reply)}.",
        "Its handlers may have damaged it on purpose; reset the instance.",
    )
