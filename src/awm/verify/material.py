"""What a judge is shown of an attempt, and whether what it quotes is there.

The material comes from an agent and from an application, and either may try to talk to the judge.
It is therefore shown as JSON, whose strings hold no line break, between lines that cannot occur in
it.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Any, Final

from awm.types import JsonObject
from awm.verify.excerpt import excerpt_json, plain_json, to_text

__all__ = ["Material"]

_ESCAPED_SPACE: Final = re.compile(r"\\+[nrt]")
_NO_MATTER: Final = re.compile(r"[\s\"'\\]+")
_GAP: Final = re.compile(r"\[\.\.\.[^\]]{0,60}\]|\.\.\.|…")
"""How a quote, or what the judge was shown, leaves something out."""


class Material:
    """An attempt at a task and the evidence for what it did.

    Args:
        task: What was asked of the agent.
        evidence: What a verifier program returned.
        transcript: What the agent did and was answered, turn by turn.
        final_answer: What it said in the end; None if it never came to that.
    """

    def __init__(
        self,
        task: str,
        evidence: JsonObject,
        transcript: Sequence[JsonObject],
        final_answer: str | None,
    ) -> None:
        self._task = task
        self._evidence: Any = plain_json(evidence)
        self._record: Any = [plain_json(turn) for turn in transcript]
        self._final_answer = final_answer
        parts = (self._task, self._evidence, self._record, self._final_answer)
        self._comparable = _comparable("\n".join(map(to_text, parts)))

    def shown(self, characters: int) -> str:
        """The text to show, the same for the same material.

        Args:
            characters: How much may be shown, the lines between not counted; from 4,000.
        """
        # The evidence weighs most and may take half; the record gets whatever is left.
        task = excerpt_json(self._task, characters // 8)
        evidence = excerpt_json(self._evidence, characters // 2)
        answer = excerpt_json(self._final_answer, characters // 8)
        left = characters - len(task) - len(evidence) - len(answer)
        blocks = {
            "task": task,
            "evidence from the database": evidence,
            "record of what the agent did": excerpt_json(self._record, left),
            "final answer": answer,
        }
        mark = _mark("".join(blocks.values()))
        parts = [
            f"===== {mark} begin: {name} =====\n{text}\n===== {mark} end: {name} ====="
            for name, text in blocks.items()
        ]
        first = f"Each piece of the material stands between two lines with the mark {mark}."
        return "\n\n".join([first, *parts])

    def has(self, quote: str) -> bool:
        """Whether the parts of a quote, between its gaps, occur one after another.

        Space, quotes, escapes and case do not matter: nobody quotes JSON in JSON without a slip.
        """
        parts = [part for part in map(_comparable, _GAP.split(quote)) if part]
        place = 0
        for part in parts:
            found = self._comparable.find(part, place)
            if found < 0:
                return False
            place = found + len(part)
        return bool(parts)


def _mark(text: str) -> str:
    """A word that is not in a text."""
    mark = hashlib.sha256(text.encode()).hexdigest()[:16]
    while mark in text:
        mark = hashlib.sha256(mark.encode()).hexdigest()[:16]
    return mark


def _comparable(text: str) -> str:
    return _NO_MATTER.sub("", _ESCAPED_SPACE.sub("", text)).casefold()
