"""What `awm serve openenv` serves."""

from awm.cli.serving import Door, Opened
from awm.serve.counters import Counters
from awm.serve.lodging import Lodging
from awm.serve.openenv.importing import light_openenv

__all__ = ["door"]


def door(idle_seconds: float, most_sessions: int) -> Door:
    """Worlds as an environment of OpenEnv's.

    Args:
        idle_seconds: After how long without a message a session ends.
        most_sessions: How many may be open at a time.

    Raises:
        UsageError: OpenEnv is not installed.
    """
    with light_openenv():
        from awm.serve.openenv.application import application  # noqa: PLC0415 - an extra
        from awm.serve.openenv.reception import OpenEnvTerms  # noqa: PLC0415
    terms = OpenEnvTerms(idle_seconds=idle_seconds, sessions=most_sessions)

    def make(lodging: Lodging, counters: Counters) -> Opened:
        return Opened(application(lodging, terms, counters=counters))

    return Door("OpenEnv", "", make)
