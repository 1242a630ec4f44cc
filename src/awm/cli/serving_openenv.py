"""What `awm serve openenv` serves."""

from typing import TYPE_CHECKING

from awm.cli.judging import Judging
from awm.cli.serving import Door, Opened
from awm.rollout.splits import Splits
from awm.serve.counters import Counters
from awm.serve.lodging import Lodging
from awm.serve.openenv.importing import light_openenv

if TYPE_CHECKING:
    from awm.serve.openenv.reception import OpenEnvTerms

__all__ = ["door", "terms"]


def terms(*, idle_seconds: float, sessions: int, turns: int, splits: Splits) -> "OpenEnvTerms":
    """How clients are treated; see `OpenEnvTerms`.

    Raises:
        UsageError: OpenEnv is not installed, or one of the limits leaves no room.
    """
    with light_openenv():
        from awm.serve.openenv.reception import OpenEnvTerms  # noqa: PLC0415 - an extra
    return OpenEnvTerms(sessions=sessions, idle_seconds=idle_seconds, turns=turns, splits=splits)


def door(terms: "OpenEnvTerms", judging: Judging) -> Door:
    """Worlds as an environment of OpenEnv's.

    Args:
        terms: How clients are treated.
        judging: Who judges, where a client asks for that.

    Raises:
        UsageError: OpenEnv is not installed.
    """
    with light_openenv():
        from awm.serve.openenv.application import application  # noqa: PLC0415 - an extra

    def make(lodging: Lodging, counters: Counters) -> Opened:
        return Opened(application(lodging, terms, counters=counters))

    return Door("OpenEnv", "", make, judging=judging)
