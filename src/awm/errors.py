"""The error tree: one type for each way a caller may want to react.

An error says three things: what happened, where, and what to do about it. It reaches the caller in
one of three shapes, and which one is a matter of whose fault it was:

* **The caller's or the machine's** is raised: a folder that is not there, a runtime that is closed,
  a platform that cannot jail. These are `AwmError` subclasses below.
* **A world's, found before it runs** (broken JSON, SQL that fails, code that hangs at import) is a
  `WorldError`. It names the world and carries every `Problem` that was found, so that one attempt
  shows all there is to mend. The same `Problem` values are what `awm worlds validate` prints.
* **A world's, found while it runs** (a handler that crashes, loops or answers with 500 MB) is not
  an exception: it costs that one call and comes back as a `ToolResult` whose `fault` says what
  happened, because a failed call is something the episode has to record and not a crash.

Nothing in the tree is ever turned into a reward. An `InfrastructureError` in particular says that
nobody knows how the episode would have ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "AwmError",
    "BlueprintError",
    "BudgetError",
    "DatabaseFileError",
    "InfrastructureError",
    "InstanceClosedError",
    "IsolationError",
    "LLMAnswerError",
    "LLMError",
    "LLMRefusedError",
    "LLMSetupError",
    "LLMTooLongError",
    "LLMUnavailableError",
    "OracleError",
    "Problem",
    "RuntimeClosedError",
    "SettingsError",
    "SnapshotError",
    "TrajectoryError",
    "UnknownWorldError",
    "UsageError",
    "WorkerLostError",
    "WorldBuildError",
    "WorldError",
    "WorldFileError",
    "WorldIncompleteError",
    "WorldLoadError",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a world, written down rather than raised.

    Attributes:
        world: The world's normalised name; empty when the fault is a folder's or a file's.
        where: File, line, table and statement, as far as they are known.
        what: What happened, in one sentence.
        hint: What to do about it.
        severity: An `error` keeps the world from being used; a `warning` does not.
    """

    world: str
    where: str
    what: str
    hint: str = ""
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        place = ": ".join(part for part in (self.world, self.where) if part)
        text = f"{place}: {self.what}" if place else self.what
        return f"{text} ({self.hint})" if self.hint else text


class AwmError(Exception):
    """Anything this package raises on purpose.

    Args:
        message: What happened, and where.
        hint: What the reader can do about it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class SettingsError(AwmError):
    """A setting, from the environment or a file, does not make sense."""


class UsageError(AwmError):
    """The caller asked for something that contradicts itself or is not there."""


class WorldError(AwmError):
    """A world cannot be used.

    Args:
        world: The world's name as the caller knows it; empty for a whole folder.
        message: What happened.
        hint: What to do about it.
        problems: Everything that was found, most telling first.
    """

    def __init__(
        self, world: str, message: str, hint: str = "", problems: Sequence[Problem] = ()
    ) -> None:
        super().__init__(message, hint)
        self.args = (world, message, hint, tuple(problems))  # what pickle calls the class with
        self.world = world
        self.problems = tuple(problems)

    def __str__(self) -> str:
        head = f"world {self.world!r}: {self.message}" if self.world else self.message
        lines = [f"{head} {self.hint}".strip(), *(f"  - {problem}" for problem in self.problems)]
        return "\n".join(lines)


class UnknownWorldError(WorldError, KeyError):
    """No world of that name is in the folder."""


class WorldFileError(WorldError):
    """A world's files cannot be read: missing, not JSON, or not of the AWM layout."""


class WorldIncompleteError(WorldError):
    """A world lacks a part that the request needs: its code, its schema, its data."""


class WorldBuildError(WorldError):
    """A world's database could not be built from its schema and sample data."""


class WorldLoadError(WorldError):
    """A world's code does not come to life: syntax, import, hang, exit, no application."""


class IsolationError(AwmError):
    """This platform cannot jail code as well as was asked for."""


class RuntimeClosedError(AwmError):
    """The runtime is not running: not yet entered, or already left."""


class InstanceClosedError(AwmError):
    """The instance was closed, by its owner or with its runtime."""


class SnapshotError(AwmError):
    """A snapshot does not belong to this world, or is damaged."""


class InfrastructureError(AwmError):
    """The machinery failed, not the agent and not the world; never a reward of 0."""


class DatabaseFileError(AwmError):
    """A database file cannot be taken as it is: missing, too large, damaged, not complete."""


class TrajectoryError(AwmError):
    """A run folder or a trajectory cannot be read, or says too little to be graded."""


class OracleError(WorldError):
    """An oracle cannot be carried out, or proves nothing."""


class LLMError(AwmError):
    """A language model gave no answer that can be used."""


class LLMAnswerError(LLMError):
    """A language model answered, and not in the form that was asked for."""


class LLMRefusedError(LLMError):
    """A language model, or a filter before it, will not speak of what was asked."""


class LLMTooLongError(LLMError):
    """A question and the answer that it asks for are longer than a language model can hold."""


class LLMSetupError(LLMError):
    """Nothing can be asked until somebody sets something: a key, an address, a model's name."""


class BudgetError(LLMError):
    """What may be spent on language models is spent; what was answered is kept."""


class LLMUnavailableError(LLMError, InfrastructureError):
    """A language model could not be reached, or kept failing."""


class WorkerLostError(InfrastructureError):
    """A worker died and could not be replaced."""


class BlueprintError(AwmError):
    """A domain, a capability or a blueprint composed of them is wrong.

    Args:
        blueprint: Its name, or the file's.
        message: What happened.
        hint: What to do about it.
        problems: Everything that was found.
    """

    def __init__(
        self, blueprint: str, message: str, hint: str = "", problems: Sequence[Problem] = ()
    ) -> None:
        super().__init__(message, hint)
        self.args = (blueprint, message, hint, tuple(problems))  # what pickle calls the class with
        self.blueprint = blueprint
        self.problems = tuple(problems)

    @classmethod
    def of(cls, blueprint: str, problems: Sequence[Problem]) -> "BlueprintError":
        """The error that tells these problems."""
        message = f"it has {len(problems)} problem{'' if len(problems) == 1 else 's'}."
        return cls(blueprint, message, "docs/blueprints.md tells how it is written.", problems)

    def __str__(self) -> str:
        head = f"blueprint {self.blueprint!r}: {self.message} {self.hint}".strip()
        return "\n".join([head, *(f"  - {problem}" for problem in self.problems)])
