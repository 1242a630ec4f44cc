"""Policies that commands were told of, ready to act, and the models behind them."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

from awm.agents import Policy, Window
from awm.agents.briefs import moment_told
from awm.agents.model_policy import Manner, ModelPolicy, model_policy
from awm.agents.random_policy import RandomPolicy
from awm.cli.acting_options import Choice, FormatName
from awm.cli.console import stderr
from awm.cli.human import HumanPolicy
from awm.cli.human_lines import Lines
from awm.cli.room import with_room
from awm.errors import UsageError
from awm.llm import (
    LLM,
    Gate,
    Price,
    Usage,
    from_settings,
    name_from_settings,
    preflight,
    price_from_settings,
)
from awm.rollout.policies import oracle_policy, script_policy
from awm.settings import Settings, load_settings
from awm.worlds import World

__all__ = [
    "Seat",
    "Wrap",
    "format_of",
    "introduced",
    "manner_of",
    "model_settings",
    "seated",
    "setting_of",
    "settings_for",
]

Wrap: TypeAlias = Callable[[LLM, str, Price | None], LLM]
"""Puts something between a policy and its model, given the model's name and what it costs."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A policy that is ready to act.

    Attributes:
        policy: It.
        model: The model behind it; None where there is none.
        price: What that costs; None where nobody knows, or there is none.
    """

    policy: Policy
    model: str | None = None
    price: Price | None = None

    def cost(self, usage: Usage) -> float | None:
        """What so many tokens cost in USD; None where nobody knows, or no model was asked."""
        return None if self.price is None else self.price.cost(usage)


def settings_for(choice: Choice, **more: Any) -> Settings:
    """The settings, with what the options say of the model.

    Raises:
        SettingsError: See `load_settings`.
    """
    return model_settings(choice.api_url, llm_model=choice.model, **more)


def model_settings(api_url: str | None, **more: Any) -> Settings:
    """The settings, with where models are that a command asks.

    Args:
        api_url: Where that is; None for where the environment says.
        more: What else the command line says.

    Raises:
        SettingsError: See `load_settings`.
    """
    # An address on the command line is one of OpenAI's protocol, whatever the environment says.
    provider = None if api_url is None else "openai"
    return with_room(load_settings(openai_base_url=api_url, llm_provider=provider, **more))


async def introduced(
    choice: Choice, chosen: Settings, worlds: Mapping[str, World], names: Iterable[str]
) -> dict[str, Any]:
    """Make sure that the policy that options name can act, as far as that can be known.

    Args:
        choice: What the options say.
        chosen: Where models are.
        worlds: Where worlds are.
        names: In which of them the policy is to act.

    Returns:
        Who acts, as an evaluation's order has it: all that decides what is said, and not where.

    Raises:
        LLMSetupError: The model cannot be asked; says which variable to set.
        SettingsError: A key, an address or a model is missing.
        UsageError: An address or a key is none, or a script cannot be read.
    """
    # What a model is told of each world, also where none is asked: the conversations of a policy
    # that needs no telling are there for models to learn from.
    told = {"settings": {name: setting_of(worlds[name]) for name in names}}
    if choice.script is not None:
        digest = sha256(_content(choice.script)).hexdigest()
        return {"kind": "script", "name": "script", "digest": digest, **told}
    if not choice.is_model:
        return {"kind": choice.policy, "name": choice.policy, **told}
    llm = from_settings(chosen)
    try:
        await preflight(llm)
        return {**_of_model(choice, llm, name_from_settings(chosen), worlds).to_json(), **told}
    finally:
        await llm.aclose()


def _as_it_is(llm: LLM, _name: str, _price: Price | None) -> LLM:
    return llm


@asynccontextmanager
async def seated(
    choice: Choice,
    chosen: Settings,
    worlds: Mapping[str, World],
    *,
    gate: Gate | None = None,
    wrap: Wrap = _as_it_is,
) -> AsyncIterator[Seat]:
    """The policy that options name, until the end of the context; see `introduced`.

    Args:
        choice: What the options say.
        chosen: Where models are.
        worlds: Where the policy is to act.
        gate: How many questions may be under way; as many as the settings say if None.
        wrap: What stands before the model.

    Raises:
        SettingsError: A key, an address or a model is missing.
        UsageError: An address or a key is none, or there is a budget and nobody knows the price.
        WorldFileError: A script cannot be read.
    """
    if not choice.is_model:
        yield Seat(_modelless(choice, worlds))
        return
    name = name_from_settings(chosen)
    llm = from_settings(chosen, gate=gate)
    try:
        price = price_from_settings(chosen, llm, name)
        yield Seat(_of_model(choice, wrap(llm, name, price), name, worlds), name, price)
    finally:
        await llm.aclose()


def setting_of(world: World) -> str:
    """What a model is told of a world at the start: the moment, which it cannot know otherwise."""
    return moment_told(world.clock)


def manner_of(choice: Choice) -> Manner:
    """How a model is asked."""
    manner = Manner(
        temperature=choice.temperature,
        reply_tokens=choice.reply_tokens,
        window=Window(choice.window, keep_first=choice.meta_tools),
        thinking=choice.thinking,
    )
    return manner if choice.characters is None else replace(manner, characters=choice.characters)


def _modelless(choice: Choice, worlds: Mapping[str, World]) -> Policy:
    if choice.policy == "human":
        return HumanPolicy(Lines(), stderr())
    if choice.policy == "oracle":
        return oracle_policy(worlds)
    if choice.script is not None:
        from awm.synthesis.sources import rows_in  # noqa: PLC0415 - an author is a lot to import

        return script_policy(rows_in(choice.script), str(choice.script), "script")
    return RandomPolicy()


def _of_model(choice: Choice, llm: LLM, name: str, worlds: Mapping[str, World]) -> ModelPolicy:
    @cache  # a world is read anew whenever it is asked for
    def setting(world: str) -> str:
        # Of somebody else's server nothing is known.
        return setting_of(worlds[world]) if world in worlds else ""

    return model_policy(
        llm,
        format_of(choice),
        manner=manner_of(choice),
        parallel=choice.parallel,
        name=name,
        setting=lambda assignment: setting(assignment.world),
    )


def format_of(choice: Choice) -> str:
    """The name of the format in which a model calls tools; see `awm.agents.model_policy`."""
    if choice.format == FormatName.NATIVE and choice.meta_tools:
        return "native-meta"
    return choice.format.value


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"the script {path} cannot be read: {error.strerror or error}.",
            "Name a file of rows like those of gen_oracle.jsonl.",
        ) from error
