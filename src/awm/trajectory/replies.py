"""What a model's reply consists of: a thought, and what it says."""

from typing import Final

__all__ = ["answer_of", "thought_of"]

_OPEN: Final = "<think>"
_CLOSE: Final = "</think>"


def thought_of(content: str) -> str | None:
    """The text of the reply's first `<think>...</think>`, trimmed; None where there is none.

    Some chat templates write the opening tag into the prompt, so a reply may start inside it. A
    thought that is never closed is none: what was thought and what was said cannot be told apart.
    """
    head, closed, _ = content.partition(_CLOSE)
    if not closed:
        return None
    return head.partition(_OPEN)[2].strip() if _OPEN in head else head.strip()


def answer_of(content: str) -> str:
    """The reply without its thoughts, trimmed; empty where it breaks off inside one."""
    said: list[str] = []
    rest = content
    first_open, first_close = content.find(_OPEN), content.find(_CLOSE)
    if first_close >= 0 and not 0 <= first_open < first_close:  # opened in the prompt
        rest = content[first_close + len(_CLOSE) :]
    while rest:
        outside, _, inside = rest.partition(_OPEN)
        said.append(outside)
        rest = inside.partition(_CLOSE)[2]
    return "".join(said).strip()
