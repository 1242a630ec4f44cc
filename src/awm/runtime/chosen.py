"""What worlds and verifiers may take, as the settings have it."""

from awm.runtime.limits import Limits
from awm.runtime.verifiers import VerifierLimits, VerifierPool
from awm.settings import Settings

__all__ = ["limits_from_settings", "pool_from_settings"]


def limits_from_settings(chosen: Settings) -> Limits:
    """What a world may take."""
    return Limits(
        call_seconds=chosen.call_seconds,
        grace_seconds=chosen.grace_seconds,
        load_seconds=chosen.load_seconds,
        memory_mb=chosen.memory_mb,
        response_mb=chosen.response_mb,
        database_mb=chosen.database_mb,
    )


def pool_from_settings(chosen: Settings) -> VerifierPool:
    """A verifier pool that has yet to be entered."""
    limits = VerifierLimits(seconds=chosen.verifier_seconds, memory_mb=chosen.verifier_memory_mb)
    return VerifierPool(limits=limits, allow_weak=chosen.allow_weak_isolation)
