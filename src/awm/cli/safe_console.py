"""A console that text from outside cannot take over."""

import re
from collections.abc import Iterable
from typing import Final

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

__all__ = ["SafeConsole"]

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class SafeConsole(Console):
    """Shows control characters instead of obeying them.

    A world's names, answers and errors are printed here, and an escape sequence in them could move
    the cursor, set the title, or make a failure look like a success. Colours are not affected: they
    are added after this.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render as any console does, with control characters made visible."""
        for segment in super().render(renderable, options):
            if segment.control is None and _CONTROL.search(segment.text):
                yield Segment(
                    _CONTROL.sub("\N{REPLACEMENT CHARACTER}", segment.text), segment.style
                )
            else:
                yield segment
