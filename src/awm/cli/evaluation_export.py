"""What `awm eval export` does: writes episodes as material for training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.text import Text

from awm.agents import META_TOOLS, Window
from awm.agents.briefs import Brief, brief_for
from awm.agents.model_policy import Manner, format_named
from awm.cli.console import counted, print_json, shorten, stderr, stdout
from awm.cli.context import new_runtime, settings
from awm.cli.evaluation_files import same_worlds
from awm.cli.signals import run as run_to_end
from awm.errors import UsageError
from awm.rollout.evaluation import Evaluation
from awm.rollout.exporting import (
    Exported,
    Filters,
    Kind,
    conversations,
    preferences,
    turn_samples,
)
from awm.rollout.exporting_files import write_exported
from awm.rollout.exporting_recasting import Recording
from awm.rollout.exporting_surface import Surface
from awm.rollout.store import read_evaluation
from awm.settings import Settings
from awm.types import JsonObject, ToolSpec
from awm.worlds import World, open_worlds

__all__ = ["Wanted", "export"]

_ENDINGS: Final = frozenset({".jsonl", ".parquet"})
_BESIDE: Final = "native"
_BESIDE_META: Final = "native-meta"
"""How policies without a model write calls: beside a text that says nothing."""
_MOST_REASONS: Final = 3
_REASON: Final = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be written.

    Attributes:
        folder: Of the evaluation.
        kind: What episodes are made into.
        written: How calls are written, `awm` or `native`; None for as they were recorded.
        output: The file.
        worlds: Where the evaluation's worlds are; None where nobody said.
        window: How far back agents see; None for as far as they did.
        most_turns: Of conversations: of how many turns they are at most; None for any number.
        sound: Of conversations: whether no call may have been invalid, and no allowance made.
        most_pairs: Of preferences: how many pairs of one task at most.
        overwrite: Whether a file that is there may be replaced.
    """

    folder: Path
    kind: Kind
    written: str | None
    output: Path
    worlds: str | None
    window: int | None
    most_turns: int | None
    sound: bool
    most_pairs: int
    overwrite: bool


def export(wanted: Wanted, *, as_json: bool, allow_weak_isolation: bool | None) -> None:
    """Write episodes as material for training, and say what was left out.

    Raises:
        UsageError: There is no evaluation, nothing in it is fit to be written, or not so, or the
            file is there already.
        TrajectoryError: The evaluation cannot be read.
        WorldError: There are no such worlds, or one does not come to life.
    """
    evaluation = read_evaluation(wanted.folder)
    _check(wanted)
    chosen = settings(allow_weak_isolation=allow_weak_isolation)
    played = _Recorded.of(evaluation)
    name = wanted.written or played.style
    surface = Surface(
        format=format_named(played.format_like(name)),
        brief=played.brief(played.format_like(name)),
        tools=_tools(evaluation, played, wanted, chosen),
        manner=played.manner(wanted.window),
        turns=played.turns,
    )
    exported = _exported(evaluation, wanted, surface, Recording(played.format, played.meta_tools))
    if not exported.rows and exported.left_out:
        job, why = exported.left_out[0]
        raise UsageError(f"nothing can be written so: {job}: {why}")
    write_exported(exported.rows, wanted.output, overwrite=wanted.overwrite)
    _tell(exported, wanted, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Recorded:
    """How the agents of an evaluation were spoken to, as its order has it.

    Attributes:
        format: The name of the format in which they called tools.
        meta_tools: Whether they acted through `list_tools` and `call_tool`.
        policy: Who acted.
        turns: How often they might speak.
    """

    format: str
    meta_tools: bool
    policy: JsonObject
    turns: int

    @classmethod
    def of(cls, evaluation: Evaluation) -> "_Recorded":
        """Read it from an evaluation.

        Raises:
            UsageError: It does not say.
        """
        try:
            policy, conditions = evaluation.order["policy"], evaluation.order["conditions"]
            meta_tools = bool(conditions["meta_tools"])
            beside = _BESIDE_META if meta_tools else _BESIDE
            name = str(policy.get("format") or beside)
            return cls(name, meta_tools, policy, int(conditions["limits"]["turns"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UsageError(
                f"{evaluation.folder} does not say how its agents were spoken to.",
                "Evaluate again with `awm eval`.",
            ) from error

    @property
    def style(self) -> str:
        """How calls are written unless somebody wants them otherwise."""
        if self.policy.get("format") is None and self.meta_tools:
            return "awm"  # policies without a model write in no format
        return self.format

    def format_like(self, style: str) -> str:
        """The name of the format of a style, with the tools that there were."""
        return _BESIDE_META if style == _BESIDE and self.meta_tools else style

    def brief(self, format_name: str) -> Brief:
        """How agents are told what to do: as they were, in the words of a format."""
        told: Mapping[str, str] = self.policy.get("settings") or {}
        return brief_for(
            format_name,
            thinking=self.policy.get("thinking"),
            setting=lambda assignment: told.get(assignment.world, ""),
        )

    def manner(self, window: int | None) -> Manner:
        """How much they saw; another window if one is given."""
        turns = self.policy.get("window") if window is None else window
        shown = Window(turns, keep_first=self.meta_tools)
        characters = self.policy.get("characters")
        return Manner(window=shown) if characters is None else Manner(None, None, characters, shown)


def _check(wanted: Wanted) -> None:
    """Refuse before the work what would fail after it."""
    if wanted.output.suffix not in _ENDINGS:
        raise UsageError(
            f"{wanted.output} ends neither in .jsonl nor in .parquet.", "Name one that does."
        )
    if wanted.output.exists() and not wanted.overwrite:
        raise UsageError(f"{wanted.output} is there already.", "Give another name, or --overwrite.")
    if wanted.kind != "sft" and (wanted.most_turns is not None or wanted.sound):
        raise UsageError("--most_turns and --sound are about conversations.", "Add --as sft.")


def _tools(
    evaluation: Evaluation, played: _Recorded, wanted: Wanted, chosen: Settings
) -> Mapping[str, Sequence[ToolSpec]]:
    """What agents could call in each world."""
    names = {episode.job.world: None for episode in evaluation.episodes}
    if played.meta_tools:
        return dict.fromkeys(names, META_TOOLS)
    if wanted.worlds is None:
        raise UsageError(
            "agents were given the worlds' own tools, and these are in the worlds.",
            "Give --input, the folder of the worlds, or `bundled`.",
        )
    worlds = same_worlds(evaluation, open_worlds(wanted.worlds))
    if missing := [name for name in names if name not in worlds]:
        listed = shorten(", ".join(missing), 80)
        raise UsageError(
            f"{wanted.worlds} has not the worlds that were played: {listed}.",
            "Give the folder that was evaluated.",
        )
    return run_to_end(_prepared({name: worlds[name] for name in names}, chosen))


async def _prepared(
    worlds: Mapping[str, World], chosen: Settings
) -> Mapping[str, Sequence[ToolSpec]]:
    async with new_runtime(chosen) as runtime:
        return {name: (await runtime.prepare(world)).tools for name, world in worlds.items()}


def _exported(
    evaluation: Evaluation, wanted: Wanted, surface: Surface, recorded: Recording
) -> Exported:
    match wanted.kind:
        case "sft":
            filters = Filters(turns=wanted.most_turns, sound=wanted.sound)
            return conversations(evaluation.episodes, surface, recorded, filters)
        case "preferences":
            most = wanted.most_pairs
            return preferences(evaluation.episodes, surface, recorded, most=most)
        case "turns":
            return turn_samples(evaluation.episodes, surface, recorded)


def _tell(exported: Exported, wanted: Wanted, *, as_json: bool) -> None:
    for job, why in exported.left_out[:_MOST_REASONS]:
        stderr().print(Text(shorten(f"{job} left out: {why}", _REASON)), soft_wrap=True)
    if len(exported.left_out) > _MOST_REASONS:
        more = len(exported.left_out) - _MOST_REASONS
        stderr().print(f"and {more:,} more left out", soft_wrap=True)
    if as_json:
        told: dict[str, Any] = {"rows": len(exported.rows), "left_out": len(exported.left_out)}
        print_json({"output": str(wanted.output), **told})
        return
    text = f"{counted(len(exported.rows), 'row')} in {wanted.output}"
    stdout().print(Text(text), soft_wrap=True)
