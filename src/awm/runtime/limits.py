"""How much a world may take."""

from dataclasses import dataclass

__all__ = ["Limits"]

_MB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one world, and one call, may take before it is stopped.

    Attributes:
        call_seconds: How long a tool call may run before it is interrupted. It then costs its call
            a clear error.
        grace_seconds: How much longer a call that cannot be interrupted may run before its worker
            is killed and replaced.
        load_seconds: How long a world's code may take to load, or its database to be built.
        memory_mb: Address space of a worker, all its instances included.
        response_mb: The largest answer of a tool call.
        database_mb: How large the database of one instance may grow.
    """

    call_seconds: float = 5.0
    grace_seconds: float = 1.0
    load_seconds: float = 30.0
    memory_mb: int = 3072
    response_mb: int = 8
    database_mb: int = 64

    @property
    def memory_bytes(self) -> int:
        """`memory_mb` in bytes."""
        return self.memory_mb * _MB

    @property
    def response_bytes(self) -> int:
        """`response_mb` in bytes."""
        return self.response_mb * _MB

    @property
    def database_bytes(self) -> int:
        """`database_mb` in bytes."""
        return self.database_mb * _MB

    @property
    def frame_bytes(self) -> int:
        """The largest message that a worker may send: an answer in UTF-8, and a whole delta."""
        return 4 * self.response_bytes + self.database_bytes * 21 // 20 + 4 * _MB
