"""A language model as a policy: any endpoint, any format of calls."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from awm.agents.assignment import Assignment
from awm.agents.awm_format import AwmFormat
from awm.agents.briefs import Brief, DefaultBrief, brief_for
from awm.agents.formats import CallFormat
from awm.agents.history import Window, listing_place
from awm.agents.json_format import JsonFormat
from awm.agents.meta import are_meta_tools
from awm.agents.native_format import NativeFormat
from awm.agents.policy import Actor, Heard, Said
from awm.errors import UsageError
from awm.llm import LLM, Message, Question
from awm.types import ToolSpec

__all__ = ["FORMATS", "Manner", "ModelPolicy", "format_named", "model_policy"]

FORMATS: Final[Mapping[str, Callable[[], CallFormat]]] = {
    "awm": AwmFormat,
    "native": NativeFormat,
    "native-meta": lambda: NativeFormat(meta_tools=True),
    "json": JsonFormat,
}
"""The formats by their names; see `awm.agents.formats`."""

_PARALLEL: Final[Mapping[str, Callable[[], CallFormat]]] = {
    **FORMATS,
    "native": lambda: NativeFormat(parallel=True),
    "native-meta": lambda: NativeFormat(meta_tools=True, parallel=True),
}
"""The same where a reply may hold several calls, for which some servers have to be asked."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a model is asked.

    Attributes:
        temperature: How much its replies may vary; None leaves that to the server.
        reply_tokens: How long one reply may be; None leaves that to the server.
        characters: How much of a result it is shown; the listing of the tools is shown whole.
        window: How far back it sees.
        thinking: Whether a model that can think before it replies is to do so; None leaves that to
            the server.
    """

    temperature: float | None = None
    reply_tokens: int | None = 2048
    characters: int = 8_000
    window: Window = field(default_factory=Window)
    thinking: bool | None = None


_MANNER: Final = Manner()
_SEED_BITS: Final = 31
"""What servers of all kinds take for a seed."""


@dataclass(frozen=True, slots=True)
class ModelPolicy:
    """A model that acts (see `Policy`).

    Attributes:
        llm: The model; closed by whoever made it.
        format: How it calls tools.
        brief: How it is told what to do.
        manner: How it is asked.
        name: What to call it in reports.
    """

    llm: LLM
    format: CallFormat
    brief: Brief
    manner: Manner = _MANNER
    name: str = "model"

    def actor(self, assignment: Assignment, tools: Sequence[ToolSpec], seed: int) -> Actor:
        """An actor for one episode. Each of its questions has a seed of its own, made of this one.

        Under a window the same question can come twice, and with the same seed it would have the
        same answer, over and over.

        Raises:
            UsageError: The format is for other tools.
        """
        acts_through_meta = are_meta_tools(tool.name for tool in tools)
        if acts_through_meta is not self.format.meta_tools:
            wanted = "list_tools and call_tool" if self.format.meta_tools else "a world's own tools"
            raise UsageError(
                f"the format {self.format.name!r} is for {wanted}, and there are others.",
                "Choose another format, or let agents act through what it is for.",
            )
        opening = Question(
            self.brief(assignment, tools),
            temperature=self.manner.temperature,
            max_tokens=self.manner.reply_tokens,
            thinking=self.manner.thinking,
            world=assignment.world,
        )
        return _ModelActor(self, self.format.asked(opening, tools), random.Random(seed))  # noqa: S311 - has to be the same each time

    def to_json(self) -> dict[str, Any]:
        """What its replies depend on as a JSON object, for records of evaluations."""
        manner = self.manner
        known = self.brief if isinstance(self.brief, DefaultBrief) else None
        return {
            "kind": "model",
            "name": self.name,
            "format": self.format.name,
            "brief": None if known is None else known.version,
            "temperature": manner.temperature,
            "reply_tokens": manner.reply_tokens,
            "characters": manner.characters,
            "window": manner.window.turns,
            "thinking": manner.thinking,
        }


def format_named(name: str, *, parallel: bool = False) -> CallFormat:
    """The format of a name.

    Args:
        name: Its name.
        parallel: Whether a reply may hold several calls.

    Raises:
        UsageError: There is none.
    """
    if name not in FORMATS:
        known = ", ".join(FORMATS)
        raise UsageError(f"there is no format {name!r} of calls.", f"There are {known}.")
    return (_PARALLEL if parallel else FORMATS)[name]()


def model_policy(
    llm: LLM,
    format: str = "awm",  # noqa: A002 - what options and reports call it, too
    manner: Manner = _MANNER,
    *,
    thinking: bool | None = None,
    parallel: bool = False,
    name: str = "model",
    setting: Callable[[Assignment], str] = lambda _: "",
) -> ModelPolicy:
    """A model that acts under the default brief of a format.

    Args:
        llm: The model; closed by whoever made it.
        format: The format's name.
        manner: How it is asked. The listing of the tools stays in its window where there is one.
        thinking: Whether it is to think before it replies: the brief asks it to, and its server is
            told; None for what `manner` says.
        parallel: Whether its replies may hold several calls, as where `EpisodeLimits` has all of
            them carried out.
        name: What to call it in reports.
        setting: A line on the world of a task, such as its present moment; empty for none.

    Raises:
        UsageError: There is no such format.
    """
    chosen = format_named(format, parallel=parallel)
    manner = replace(
        manner,
        window=replace(manner.window, keep_first=chosen.meta_tools),
        thinking=manner.thinking if thinking is None else thinking,
    )
    brief = brief_for(format, thinking=manner.thinking, setting=setting)
    return ModelPolicy(llm, chosen, brief, manner, name)


class _ModelActor:
    def __init__(self, policy: ModelPolicy, opening: Question, seeds: random.Random) -> None:
        self._policy = policy
        self._opening = opening
        self._seeds = seeds
        self._exchanges: list[tuple[Message, ...]] = []
        self._all_said: list[Said] = []

    async def speak(self, heard: Heard) -> Said:
        """Ask the model, with as much of what was said before as is in sight."""
        policy, manner = self._policy, self._policy.manner
        listing = listing_place(said.calls for said in self._all_said)
        if self._all_said:
            listed = manner.window.shows_listing(listing, len(self._exchanges))
            heard = replace(heard, listed=listed)
            told = policy.format.told(self._all_said[-1], heard, longest=manner.characters)
            self._exchanges.append(told)
        seen = manner.window.of(self._exchanges, listing)
        messages = [message for exchange in seen for message in exchange]
        opening = replace(self._opening, seed=self._seeds.getrandbits(_SEED_BITS))
        said = policy.format.read(await policy.llm.ask(opening.followed_by(*messages)))
        self._all_said.append(said)
        return said
