"""Which worker an instance lives in, and which workers nobody needs any more."""

from dataclasses import dataclass

from awm.runtime.host import Host
from awm.runtime.prepared import PreparedWorld

__all__ = ["Census", "Placement"]


@dataclass(frozen=True, slots=True)
class Census:
    """What lives in a runtime at a moment.

    Attributes:
        worlds: How many worlds are prepared.
        instances: How many instances there are, those included that rest.
        workers: How many processes there are for them.
        losses: How many processes were lost so far that nobody had sent away.
    """

    worlds: int
    instances: int
    workers: int
    losses: int


class Placement:
    """The hosts of all worlds, the least recently needed first.

    Args:
        hosts_per_world: Over how many hosts a world's instances are spread; more, once these are
            full.
        idle: How many hosts without instances are kept.
        exclusive: Each instance gets a host that never had another one.
        awake: How many hosts may have a process at a time; None for any number.
    """

    def __init__(
        self, *, hosts_per_world: int, idle: int, exclusive: bool, awake: int | None = None
    ) -> None:
        self._hosts_per_world = hosts_per_world
        self._idle = idle
        self._awake = awake
        self._exclusive = exclusive
        self._hosts: list[Host] = []
        self._past_losses = 0

    def add(self, host: Host) -> None:
        """Take a host in."""
        self._hosts.append(host)

    def has(self, world: PreparedWorld) -> bool:
        """Whether the world has a host."""
        return any(host.world is world for host in self._hosts)

    def find(self, world: PreparedWorld) -> Host | None:
        """The host for the next instance of a world; None when a new one is to be made."""
        hosts = [host for host in self._hosts if host.world is world]
        if self._exclusive:
            return next((host for host in hosts if not host.used), None)
        roomy = [host for host in hosts if not host.full]
        best = min(roomy, key=lambda host: len(host.members), default=None)
        if best is None or (best.members and len(hosts) < self._hosts_per_world):
            return None
        self._hosts.remove(best)
        self._hosts.append(best)
        return best

    def make_room(self) -> None:
        """Put hosts to rest, those first that were not asked for the longest time.

        After that one more may have a process. Hosts that are being asked stay awake, so there are
        more of them where more are asked at once.
        """
        if self._awake is None:
            return
        awake = [host for host in self._hosts if host.awake]
        surplus = len(awake) + 1 - self._awake
        for host in sorted(awake, key=lambda host: host.last_use):
            if surplus <= 0:
                return
            surplus -= host.rest()

    def census(self) -> Census:
        """What there is at the moment."""
        return Census(
            worlds=len({host.world.fingerprint for host in self._hosts}),
            instances=sum(len(host.members) for host in self._hosts),
            workers=sum(host.awake for host in self._hosts),
            losses=self._past_losses + sum(host.losses for host in self._hosts),
        )

    def take_surplus(self) -> list[Host]:
        """Remove and return the hosts to be closed: those without instances, beyond the limit."""
        idle = [host for host in self._hosts if not host.members]
        spent = [host for host in idle if host.used and self._exclusive]
        kept = [host for host in idle if host not in spent]
        return self._take(spent + kept[: max(0, len(kept) - self._idle)])

    def take_idle(self, world: PreparedWorld) -> list[Host]:
        """Remove and return the hosts of a world that have no instances."""
        return self._take(
            [host for host in self._hosts if host.world is world and not host.members]
        )

    def take_all(self) -> list[Host]:
        """Remove and return every host."""
        hosts, self._hosts = self._hosts, []
        return hosts

    def _take(self, hosts: list[Host]) -> list[Host]:
        self._past_losses += sum(host.losses for host in hosts)
        self._hosts = [host for host in self._hosts if host not in hosts]
        return hosts
