"""Open files and connections: how many of them this process may have at a time."""

import contextlib
import resource

__all__ = ["room_for"]


def room_for(connections: int, others: int) -> int:
    """Let this process have the descriptors that it needs, as far as the system lets it.

    Systems allow 1,024 unless a process asks for more: a thousand connections would keep it from
    writing files and from starting processes.

    Args:
        connections: How many it would hold at a time.
        others: How many descriptors it needs beside them.

    Returns:
        How many connections it may hold: as many as that, or what is left of a limit that cannot
        be raised so far, but half of the limit at the least.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return connections
    needed = connections + others
    wanted = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if soft < wanted:
        # Some systems have another limit behind the one they tell; then it stays as it is.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    return min(connections, max(soft - others, soft // 2))
