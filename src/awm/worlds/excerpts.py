"""Short quotations of foreign text for messages."""

__all__ = ["excerpt"]


def excerpt(text: str, length: int = 120) -> str:
    """Return one printable line of at most `length` characters that shows how `text` begins.

    White space collapses; what a terminal could act on, or UTF-8 cannot hold, is escaped.
    """
    line = " ".join(text[: length * 4].split())
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)
    if len(shown) > length or len(text) > length * 4:
        return shown[: length - 3].rstrip() + "..."
    return shown
