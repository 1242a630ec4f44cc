"""How many questions can be under way: each is a connection, and those are open files."""

from typing import Final

from awm.cli.console import counted, stderr
from awm.descriptors import room_for
from awm.settings import Settings

__all__ = ["with_room"]

_OTHER_FILES: Final = 1_024
"""Descriptors for everything but connections: worlds' processes have a few each."""


def with_room(chosen: Settings) -> Settings:
    """The settings, with no more questions under way than this process can have connections."""
    wanted = chosen.llm_concurrency
    most = room_for(wanted, _OTHER_FILES)
    if most == wanted:
        return chosen
    text = f"{counted(most, 'question')} at a time, not {wanted:,}: this system allows no more open"
    stderr().print(f"{text} files (`ulimit -Hn`).", soft_wrap=True)
    return chosen.model_copy(update={"llm_concurrency": most})
