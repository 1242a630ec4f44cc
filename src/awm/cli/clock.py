"""Times for people."""

__all__ = ["as_clock"]


def as_clock(seconds: float) -> str:
    """Minutes and seconds: `1:05`; with hours, if there are any: `2:01:05`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
