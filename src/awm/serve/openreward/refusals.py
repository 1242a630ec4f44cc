"""What clients are refused, and what goes wrong, by what they may do about it."""

from awm.errors import InfrastructureError, UsageError

__all__ = [
    "BusyError",
    "FullError",
    "NotThereError",
    "SessionOverError",
    "StartingError",
    "UnreadableBodyError",
]


class UnreadableBodyError(UsageError):
    """The body of a request is no JSON, or not of the shape that is asked for."""


class NotThereError(UsageError):
    """There is no session, world, task or environment of that name."""


class SessionOverError(UsageError):
    """The session was ended."""


class BusyError(UsageError):
    """A session has more calls under way than it may have."""


class FullError(InfrastructureError):
    """There is no room for another session at the moment."""


class StartingError(InfrastructureError):
    """A session is still being set up."""
