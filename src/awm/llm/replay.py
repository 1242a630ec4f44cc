"""A model that repeats what another said: answers recorded in a file, by their questions.

The file is JSON Lines, one answer a line: `key` (see `Question.key`), `question` and `reply`. An
answer counts once its line is ended, so that whoever is killed while recording leaves a sound file.
"""

import json
import os
from pathlib import Path
from typing import Final

from awm.errors import LLMError, UsageError
from awm.llm.model import LLM
from awm.llm.question import Question, Reply

__all__ = ["ReplayLLM"]

_QUOTED: Final = 80


class ReplayLLM:
    """Answers from a record; a question that is not in it goes to another model, if there is one.

    A question that is asked twice at once may be put to the other model twice, and both get the
    answer that came first. One process at a time records to a file.

    Args:
        path: The record; need not be there where there is a recorder.
        recorder: Who answers what is not recorded; closed with this.

    Raises:
        UsageError: The file cannot be read, is no record, or is not there and there is no recorder.
    """

    def __init__(self, path: Path, recorder: LLM | None = None) -> None:
        self._path = path
        self._recorder = recorder
        self._replies, self._sound_bytes = _load(path, may_be_missing=recorder is not None)

    def __len__(self) -> int:
        return len(self._replies)

    async def ask(self, question: Question) -> Reply:
        """Return the recorded answer (see `LLM.ask`).

        Raises:
            LLMError: There is none and nobody to ask, or it cannot be written down.
        """
        key = question.key
        if key not in self._replies:
            if self._recorder is None:
                begin = question.messages[-1].content[:_QUOTED] if question.messages else ""
                raise LLMError(
                    f"{self._path} has no answer to the question that ends {begin!r}.",
                    "Record it with a model: ReplayLLM(path, recorder=...).",
                )
            reply = await self._recorder.ask(question)
            if key not in self._replies:
                self._record(key, question, reply)
        return self._replies[key]

    async def aclose(self) -> None:
        """Close the recorder."""
        if self._recorder is not None:
            await self._recorder.aclose()

    def _record(self, key: str, question: Question, reply: Reply) -> None:
        row = {"key": key, "question": question.to_json(), "reply": reply.to_json()}
        line = json.dumps(row).encode() + b"\n"
        try:
            with self._path.open("ab") as file:
                # Without what an earlier recording, or a full disk, left unfinished.
                file.truncate(self._sound_bytes)
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise LLMError(f"{self._path} cannot be written: {error}.") from error
        self._sound_bytes += len(line)
        self._replies[key] = reply


def _load(path: Path, *, may_be_missing: bool) -> tuple[dict[str, Reply], int]:
    """The recorded answers, and how many bytes of the file hold them."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        if may_be_missing:
            return {}, 0
        raise UsageError(f"{path} is not there.", "Give a file of recorded answers.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error
    sound = content[: content.rfind(b"\n") + 1]
    replies: dict[str, Reply] = {}
    for number, line in enumerate(sound.splitlines(), 1):
        try:
            row = json.loads(line)
            replies[row["key"]] = Reply.from_json(row["reply"])
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"{path}: line {number} is no recorded answer.", "Remove the line."
            ) from error
    return replies, len(sound)
