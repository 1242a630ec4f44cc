"""What a model is told, stage by stage; the texts stand in `prompts/`, one file each.

A file is `<name>.md`: a line `version: N`, what the system message says, a line `---`, and what the
user message says, with `$words` where values go. The number goes up with every change of what it
says: answers to different prompts cannot be compared, and runs remember which one they were given.

The system message begins with a line that names the prompt (`awm prompt db v1`), so that logs, and
servers that stand in for a model, can tell what is asked. What a question is about stands in the
user message between tags: `<scenario>`, `<task number="3">`.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Template
from typing import Final

from awm.llm import Message

__all__ = ["Prompt", "prompt"]

_FILE: Final = re.compile(r"version: (\d+)\n+(.*?)\n---\n+(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt with places for values.

    Attributes:
        name: Of its file.
        version: Of what it says.
        system: The system message, without values.
        user: The user message, with `$words` for values.
    """

    name: str
    version: int
    system: str
    user: str

    def filled(self, **values: str) -> tuple[Message, Message]:
        """The messages with values in their places.

        Raises:
            KeyError: A value is missing.
        """
        head = f"awm prompt {self.name} v{self.version}"
        return (
            Message("system", f"{head}\n\n{self.system}"),
            Message("user", Template(self.user).substitute(values)),
        )


@cache
def prompt(name: str) -> Prompt:
    """The prompt of a name; it has to be there."""
    file = resources.files(__package__ or "") / "prompts" / f"{name}.md"
    found = _FILE.fullmatch(file.read_text(encoding="utf-8").strip())
    if found is None:
        raise ValueError(f"prompts/{name}.md has not the form of a prompt")
    return Prompt(name, int(found[1]), found[2].strip(), found[3].strip())
