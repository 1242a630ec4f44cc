"""What `awm eval export` does: writes episodes as material for training."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from rich.text import Text

from awm.agents import META_TOOLS, Window
from awm.agents.briefs import Brief, brief_for
from awm.agents.model_policy import Manner, format_named
from awm.cli.console import counted, print_json, shorten, stderr, stdout
from awm.cli.context import new_runtime
from awm.cli.evaluation_files import played_worlds
from awm.cli.signals import run as run_to_end
from awm.errors import UsageError
from awm.rollout.evaluation import Evaluation
from awm.rollout.exporting import (
    Filters,
    Kind,
    LeftOut,
    Row,
    conversations,
    preferences,
    turn_samples,
)
from awm.rollout.exporting_files import write_exported
from awm.rollout.exporting_recasting import Recording
from awm.rollout.exporting_surface import Surface
from awm.rollout.job import Job
from awm.rollout.store import read_evaluation
from awm.settings import Settings, load_settings
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
        brief: Whose prompts are written: those that agents were given, or the present ones in their
            place where the brief has changed since.
        window: Of turns: how far back agents see; None for as far as they did.
        most_turns: Of conversations: of how many turns they are at most; None for any number.
        sound: Of conversations: whether no call may have been invalid, and no allowance made.
        most_pairs: Of preferences: how many pairs of one task at most; None for one.
        overwrite: Whether a file that is there may be replaced.
    """

    folder: Path
    kind: Kind
    written: str | None
    output: Path
    worlds: str | None
    brief: Literal["recorded", "current"]
    window: int | None
    most_turns: int | None
    sound: bool
    most_pairs: int | None
    overwrite: bool


def export(wanted: Wanted, *, as_json: bool, allow_weak_isolation: bool | None) -> None:
    """Write episodes as material for training, and say what was left out.

    Raises:
        UsageError: There is no evaluation, nothing in it is fit to be written, or not so, the file
            is there already, or the agents were told something else than they would be today.
        TrajectoryError: The evaluation cannot be read.
        WorldError: There are no such worlds, or one does not come to life.
    """
    evaluation = read_evaluation(wanted.folder)
    _check(wanted)
    chosen = load_settings(allow_weak_isolation=allow_weak_isolation)
    played = _Recorded.of(evaluation)
    if wanted.brief == "recorded":
        played.check_brief()
    surface = played.surface(wanted, _tools(evaluation, played, wanted, chosen))
    recorded = Recording(played.format, played.meta_tools)
    left_out: list[tuple[Job, str]] = []
    rows = _rows(
        evaluation, wanted, surface, recorded, lambda job, why: left_out.append((job, why))
    )
    count = write_exported(rows, wanted.output, overwrite=wanted.overwrite)
    if not count and left_out:
        raise UsageError("nothing can be written so: {}: {}".format(*left_out[0]))
    if not count:
        raise UsageError("no episode is fit to be exported.", "Ask for less of them.")
    _tell(count, left_out, wanted.output, as_json=as_json)


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

    def check_brief(self) -> None:
        """Refuse to write prompts that the agents were never given.

        Raises:
            UsageError: They were told something else than they would be today.
        """
        if "brief" not in self.policy:
            return  # policies without a model are told nothing
        told, today = self.policy["brief"], brief_for(self.format).version
        if told != today:
            text = "one of their own" if told is None else f"version {told}"
            raise UsageError(
                f"the agents had another brief ({text}, and today's is version {today}): they never"
                " saw the prompts that would be written.",
                "Give --brief current to write today's all the same, or evaluate again.",
            )

    def surface(self, wanted: Wanted, tools: Mapping[str, Sequence[ToolSpec]]) -> Surface:
        """How they are spoken to in what is wanted."""
        style = wanted.written or self._style
        name = _BESIDE_META if style == _BESIDE and self.meta_tools else style
        return Surface(
            format=format_named(name),
            brief=self._brief(name),
            tools=tools,
            manner=self._manner(wanted.window),
            turns=self.turns,
        )

    @property
    def _style(self) -> str:
        """How calls are written unless somebody wants them otherwise."""
        if self.policy.get("format") is None and self.meta_tools:
            return "awm"  # policies without a model write in no format
        return self.format

    def _brief(self, format_name: str) -> Brief:
        """How agents are told what to do: as they were, in the words of a format."""
        told: Mapping[str, str] = self.policy.get("settings") or {}
        return brief_for(
            format_name,
            thinking=self.policy.get("thinking"),
            setting=lambda assignment: told.get(assignment.world, ""),
        )

    def _manner(self, window: int | None) -> Manner:
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
    for option, is_given, kind, what in (
        ("most_turns", wanted.most_turns is not None, "sft", "conversations"),
        ("sound", wanted.sound, "sft", "conversations"),
        ("most_pairs", wanted.most_pairs is not None, "preferences", "pairs"),
        ("window", wanted.window is not None, "turns", "turns"),
    ):
        if is_given and wanted.kind != kind:
            raise UsageError(f"--{option} is about {what}.", f"Add --as {kind}, or leave it out.")


def _tools(
    evaluation: Evaluation, played: _Recorded, wanted: Wanted, chosen: Settings
) -> Mapping[str, Sequence[ToolSpec]]:
    """What agents could call in each world."""
    names = tuple(evaluation.order.get("worlds") or ())
    if played.meta_tools:
        return dict.fromkeys(names, META_TOOLS)
    if wanted.worlds is None:
        raise UsageError(
            "agents were given the worlds' own tools, and these are in the worlds.",
            "Give --input, the folder of the worlds, or `bundled`.",
        )
    worlds = played_worlds(evaluation, open_worlds(wanted.worlds))
    if lacking := (*worlds.missing, *worlds.other):
        raise UsageError(
            f"{wanted.worlds} has not the worlds that were played ({worlds.lacking}):"
            f" {shorten(', '.join(lacking), 80)}.",
            "Give the folder that was evaluated.",
        )
    return run_to_end(_prepared(worlds.same, chosen))


async def _prepared(
    worlds: Mapping[str, World], chosen: Settings
) -> Mapping[str, Sequence[ToolSpec]]:
    async with new_runtime(chosen) as runtime:
        return {name: (await runtime.prepare(world)).tools for name, world in worlds.items()}


def _rows(
    evaluation: Evaluation,
    wanted: Wanted,
    surface: Surface,
    recorded: Recording,
    left_out: LeftOut,
) -> Iterator[Row]:
    episodes = evaluation.episodes
    match wanted.kind:
        case "sft":
            filters = Filters(turns=wanted.most_turns, sound=wanted.sound)
            return conversations(episodes, surface, recorded, filters, left_out)
        case "preferences":
            most = wanted.most_pairs or 1
            return preferences(episodes, surface, recorded, most=most, left_out=left_out)
        case "turns":
            return turn_samples(episodes, surface, recorded, left_out=left_out)


def _tell(count: int, left_out: Sequence[tuple[Job, str]], output: Path, *, as_json: bool) -> None:
    for job, why in left_out[:_MOST_REASONS]:
        stderr().print(Text(shorten(f"{job} left out: {why}", _REASON)), soft_wrap=True)
    if len(left_out) > _MOST_REASONS:
        more = len(left_out) - _MOST_REASONS
        stderr().print(f"and {more:,} more left out", soft_wrap=True)
    if as_json:
        print_json({"output": str(output), "rows": count, "left_out": len(left_out)})
        return
    stdout().print(Text(f"{counted(count, 'row')} in {output}"), soft_wrap=True)
