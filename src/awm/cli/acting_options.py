"""Who is to act, as `awm agent` and `awm eval` are told; None means that nobody said anything."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

import typer

from awm.cli.asking_options import ApiUrl, MaxTokens, Model, Temperature
from awm.cli.options import whole
from awm.errors import UsageError

__all__ = [
    "ApiUrl", "Calls", "Choice", "FormatChoice", "FormatName", "Input", "MaxTokens", "Model",
    "PolicyName", "Seconds", "Seed", "Surface", "SurfaceName", "Temperature", "Thinking", "Tokens",
    "Turns", "Window", "chosen",
]  # fmt: skip

_SCRIPT: Final = "script:"
_KINDS: Final = ("model", "oracle", "random", "human")
_SEED_BITS: Final = 31


class FormatName(StrEnum):
    """How a model writes calls; see `awm.agents.CallFormat`."""

    AWM = "awm"
    NATIVE = "native"
    JSON = "json"


class Surface(StrEnum):
    """What agents are given: the two meta-tools, or a world's own tools."""

    META = "meta"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class Choice:
    """Who acts, and how.

    Attributes:
        policy: `model`, `oracle`, `random`, `human`, or `script:` and a file.
        model: Which model, where one acts; None for the one of the environment.
        api_url: Where it is; None for where the environment says.
        format: How it writes calls.
        temperature: How much its replies may vary; None leaves that to the server.
        reply_tokens: How long one of them may be.
        thinking: Whether it is to think before it acts; None leaves that to the server.
        window: How many of the last exchanges it still sees; None for all.
        characters: How much of a result it is shown; None for the usual.
        surface: What it acts through.
        parallel: Whether all calls of a reply are carried out.
    """

    policy: str
    model: str | None
    api_url: str | None
    format: FormatName
    temperature: float | None
    reply_tokens: int
    thinking: bool | None
    window: int | None
    characters: int | None
    surface: Surface
    parallel: bool = False

    @property
    def is_model(self) -> bool:
        """Whether a language model acts."""
        return self.policy == "model"

    @property
    def script(self) -> Path | None:
        """The file of what is to be done, where a script acts."""
        is_script = self.policy.startswith(_SCRIPT)
        return Path(self.policy.removeprefix(_SCRIPT)) if is_script else None

    @property
    def meta_tools(self) -> bool:
        """Whether agents act through `list_tools` and `call_tool`."""
        return self.surface == Surface.META


def chosen(  # noqa: PLR0913 - one for each option
    policy: str,
    *,
    model: str | None,
    api_url: str | None,
    format_name: FormatName | None,
    temperature: float | None,
    usual_temperature: float,
    max_tokens: int | None,
    thinking: bool | None,
    window: int | None,
    characters: int | None,
    surface: Surface | None,
    parallel: bool = False,
    is_judged: bool = False,
) -> Choice:
    """What the options say together. Where models judge, they have an address whoever acts.

    Raises:
        UsageError: They contradict each other, or there is no such policy.
    """
    if policy not in _KINDS and not (policy.startswith(_SCRIPT) and policy != _SCRIPT):
        raise UsageError(
            f"there is no policy {policy[:40]!r}.", f"There is {', '.join(_KINDS)} and script:FILE."
        )
    of_models: dict[str, Any] = {
        "--model": model, "--api_url": api_url, "--format": format_name, "--window": window,
        "--temperature": temperature, "--max_tokens": max_tokens, "--thinking": thinking,
        "--max_result_chars": characters,
    }  # fmt: skip
    if is_judged:
        del of_models["--api_url"]
    for option, given in of_models.items():
        if given is not None and policy != "model":
            raise UsageError(f"{option} means nothing to the policy {policy}.", "Leave it out.")
    written = format_name or FormatName.AWM
    usual = Surface.META if policy == "model" and written == FormatName.AWM else Surface.DIRECT
    if written == FormatName.JSON and surface == Surface.META:
        raise UsageError(
            "with --format json a model is given a world's own tools.",
            "Leave --tools out, or choose --format awm or native.",
        )
    if policy == "model" and written == FormatName.AWM and surface == Surface.DIRECT:
        raise UsageError(
            "with --format awm a model acts through list_tools and call_tool.",
            "Leave --tools out, or choose --format native or json.",
        )
    return Choice(
        policy=policy,
        model=model,
        api_url=api_url,
        format=written,
        temperature=usual_temperature if temperature is None else temperature,
        reply_tokens=2048 if max_tokens is None else max_tokens,
        thinking=thinking,
        window=window,
        characters=characters,
        surface=surface or usual,
        parallel=parallel,
    )


PolicyName: TypeAlias = Annotated[
    str,
    typer.Option(
        "--policy",
        metavar="model|oracle|random|human|script:FILE",
        help="Who acts: a language model; the reference solution; chance; you; or a file.",
    ),
]
FormatChoice: TypeAlias = Annotated[
    FormatName | None,
    typer.Option(
        "--format",
        help="How it writes calls: awm, in <tool_call> tags through list_tools and call_tool (the"
        " default); native, by function calling; json, objects that are held to a schema.",
        show_default=False,
    ),
]
SurfaceName: TypeAlias = Annotated[
    Surface | None,
    typer.Option(
        "--tools",
        help="meta: list_tools and call_tool, as --format awm always has it. direct: the world's"
        " own tools, the default of all others.",
        show_default=False,
    ),
]
Thinking: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--thinking/--no_thinking",
        help="Whether the model is to think before it acts; the server's choice unless told.",
        show_default=False,
    ),
]
Window: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--window",
        parser=whole(0),
        metavar="INTEGER",
        help="How many of the last exchanges the model still sees; all unless told.",
        show_default=False,
    ),
]
Characters: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--max_result_chars",
        parser=whole(200),
        metavar="INTEGER",
        help="How many characters of a result the model is shown: 8000 unless told, less for small"
        " contexts. The listing of the tools is shown whole.",
        show_default=False,
    ),
]
Seed: TypeAlias = Annotated[
    int,
    typer.Option(
        "--seed",
        parser=whole(0, (1 << _SEED_BITS) - 1),
        metavar="INTEGER",
        help="Of everything that is drawn.",
    ),
]
Turns: TypeAlias = Annotated[
    int,
    typer.Option(
        "--max_iterations",
        "--max_turns",
        parser=whole(1),
        metavar="INTEGER",
        help="How many replies an agent has.",
    ),
]
Parallel: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--parallel",
        help="Carry out all calls of a reply, in order; otherwise only its first, as published.",
    ),
]
Calls: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--max_calls",
        parser=whole(1),
        metavar="INTEGER",
        help="How many calls of the world's tools it may make; any number unless told.",
        show_default=False,
    ),
]
Tokens: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--max_episode_tokens",
        parser=whole(1),
        metavar="INTEGER",
        help="How many tokens all questions and replies of an episode may take.",
        show_default=False,
    ),
]
Seconds: TypeAlias = Annotated[
    float | None,
    typer.Option("--max_seconds", min=0.001, help="How long it may take.", show_default=False),
]
Input: TypeAlias = Annotated[
    str | None,  # not a path: `bundled` is not `./bundled`
    typer.Option(
        "--envs_load_path",
        "--envs_path",
        "--input",
        metavar="PATH",
        help="gen_envs.jsonl, or a folder that has one; without it the bundled worlds.",
        show_default=False,
    ),
]
