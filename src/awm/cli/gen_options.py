"""The options of `awm gen`, each said once; None means that nobody said anything."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from awm.cli.asking_options import Budget, MaxTokens, Model, Temperature
from awm.cli.asking_options import Questions as Concurrency
from awm.cli.options import Worlds as Only
from awm.cli.options import place, seed_option, whole

__all__ = [
    "OFF", "ON", "OUTPUTS", "SCENARIOS", "TASKS",
    "Author", "AuthorName", "Budget", "Categories", "ClassifyOnly", "Concurrency", "Count",
    "DatabaseDir", "Difficulty", "Domains", "Form", "FormName", "Limit", "MaxTokens", "Mode",
    "ModeName", "Model", "MoreDomains", "NumTasks", "Only", "Output", "OutputDir", "Page",
    "PerCategory", "Proof", "Ray", "Resume", "Retries", "SaveTo", "Seed", "Seeds", "Shuffle",
    "Size", "SizeName", "SkipClassification", "StageModels", "State", "Switch",
    "Temperature", "Tries",
]  # fmt: skip

OUTPUTS: Final = Path("outputs")
SCENARIOS: Final = OUTPUTS / "gen_scenario.jsonl"
TASKS: Final = OUTPUTS / "gen_tasks.jsonl"

_LARGEST: Final = (1 << 63) - 1
_WORDS: Final = {
    **dict.fromkeys(("true", "yes", "on", "t", "y", "1"), True),
    **dict.fromkeys(("false", "no", "off", "f", "n", "0"), False),
}


@dataclass(frozen=True, slots=True)
class Switch:
    """A yes or no that is written out after its option, as the published tool wants it."""

    on: bool

    def __bool__(self) -> bool:
        return self.on


ON: Final = Switch(on=True)
OFF: Final = Switch(on=False)


def _switched(value: object) -> Switch:
    """Read one in any of the spellings that the published tool takes."""
    if isinstance(value, Switch):
        return value
    meant = _WORDS.get(str(value).lower())
    if meant is None:
        raise typer.BadParameter(f"{str(value)[:40]!r} is none of {', '.join(_WORDS)}.")
    return ON if meant else OFF


class Author(StrEnum):
    """Who writes."""

    BUILTIN = "builtin"
    LLM = "llm"


class Form(StrEnum):
    """What a model writes."""

    CODE = "code"
    BLUEPRINT = "blueprint"


class Size(StrEnum):
    """How much there is in a world."""

    SMALL = "small"
    LARGE = "large"


class Mode(StrEnum):
    """`awm.verify.VerifierMode`, as typer wants it."""

    CODE = "code"
    SQL = "sql"


AuthorName: TypeAlias = Annotated[
    Author | None,
    typer.Option(
        "--author",
        help="Who writes: builtin needs no model and no network; llm is a language model, and the"
        " default where one is named.",
        show_default=False,
    ),
]
Count: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--target_count",
        parser=whole(1),
        metavar="INTEGER",
        help="How many worlds there are to be: 10 by builtin, 1000 by a model unless told.",
        show_default=False,
    ),
]
Seed: TypeAlias = Annotated[
    int,
    seed_option(
        "The same seed gives the same worlds, whatever their number; with a model, the same"
        " questions."
    ),
]
NumTasks: TypeAlias = Annotated[
    int,
    typer.Option(
        "--num_tasks",
        parser=whole(1, 100),
        metavar="INTEGER",
        help="How many tasks each world has, up to 100.",
    ),
]
Difficulty: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--difficulty",
        help="How hard tasks may be, from 1 to 5: 3, 2-4 or 1,5. All unless told.",
        show_default=False,
    ),
]
Domains: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--domain", metavar="NAME", help="Only this domain; may be repeated."),
]
Categories: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--category", metavar="NAME", help="Only this category; may be repeated."),
]
PerCategory: TypeAlias = Annotated[
    int,
    typer.Option(
        "--max_per_category",
        parser=whole(1),
        metavar="INTEGER",
        help="How many worlds of one category at most.",
    ),
]
State: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--state",
        parser=whole(0, _LARGEST),
        metavar="INTEGER",
        help="Another initial state: the same tools, other rows. 0 unless told.",
        show_default=False,
    ),
]
Seeds: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--input",
        "--input_path",
        parser=place,
        metavar="PATH",
        help="For a model: the seeds, one scenario a line with its `name`; ours unless told.",
        show_default=False,
    ),
]
Output: TypeAlias = Annotated[
    Path, typer.Option("--output", parser=place, metavar="PATH", help="The file to write.")
]
OutputDir: TypeAlias = Annotated[
    Path,
    typer.Option(
        "--output_dir",
        parser=place,
        metavar="PATH",
        help="The folder that the worlds are written to.",
    ),
]
DatabaseDir: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--database_dir",
        parser=place,
        metavar="PATH",
        help="Also build the databases there.",
        show_default=False,
    ),
]
Limit: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--limit",
        parser=whole(1),
        metavar="INTEGER",
        help="Only so many scenarios.",
        show_default=False,
    ),
]
ModeName: TypeAlias = Annotated[
    Mode, typer.Option("--mode", help="Decide (code), or gather evidence (sql).")
]
StageModels: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--stage_models",
        metavar="STAGE=NAME,...",
        help="Other models for some stages: task=small-model,env=large-model.",
        show_default=False,
    ),
]
FormName: TypeAlias = Annotated[
    Form | None,
    typer.Option(
        "--form",
        help="What the model writes: code (SQL and Python, the default), or a blueprint from which"
        " these are made.",
        show_default=False,
    ),
]
SizeName: TypeAlias = Annotated[
    Size | None,
    typer.Option(
        "--size",
        help="How much there is in a world: small or large. The builtin author's are large unless"
        " told; of a model's blueprints, small ones are for models of a few billion weights, and"
        " the default.",
        show_default=False,
    ),
]
SaveTo: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--save_blueprints",
        parser=place,
        metavar="PATH",
        help="Also save the model's blueprints in this folder, as domains for --more_domains.",
        show_default=False,
    ),
]
MoreDomains: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--more_domains",
        parser=place,
        metavar="PATH",
        help="A folder of further domains for the builtin author, each a YAML file.",
        show_default=False,
    ),
]
Proof: TypeAlias = Annotated[
    Switch | None,
    typer.Option(
        "--proof",
        parser=_switched,
        metavar="on|off",
        help="Whether agents try the tasks and verifiers are attacked; on unless told.",
        show_default=False,
    ),
]
Ray: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--ray",
        metavar="ADDRESS",
        help="Make worlds on the nodes of a Ray cluster: its head's address, or `auto` for the one"
        " that this machine belongs to.",
        show_default=False,
    ),
]
Retries: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--max_retry",
        "--max_retries",
        parser=whole(0, 100),
        metavar="INTEGER",
        help="How often the model may mend what it wrote; 4 unless told.",
        show_default=False,
    ),
]
Tries: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--tries",
        parser=whole(1, 100),
        metavar="INTEGER",
        help="How often an agent may try each task; 4 unless told.",
        show_default=False,
    ),
]
Page: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--html",
        parser=place,
        metavar="FILE",
        help="For a model: also write a page about how the run went.",
        show_default=False,
    ),
]
ClassifyOnly: TypeAlias = Annotated[
    Switch,
    typer.Option(
        "--classify_only",
        parser=_switched,
        metavar="true|false",
        help="For a model: only classify the seeds.",
        show_default=False,
    ),
]
SkipClassification: TypeAlias = Annotated[
    Switch,
    typer.Option(
        "--skip_classification",
        parser=_switched,
        metavar="true|false",
        help="For a model: take the seeds as they are.",
        show_default=False,
    ),
]
Shuffle: TypeAlias = Annotated[
    Switch,
    typer.Option(
        "--shuffle",
        parser=_switched,
        metavar="true|false",
        help="Has no effect: rows keep the order of the scenarios.",
        hidden=True,
    ),
]
Resume: TypeAlias = Annotated[
    Switch,
    typer.Option(
        "--resume",
        parser=_switched,
        metavar="true|false",
        help="Has no effect: a run that was stopped always goes on.",
        hidden=True,
    ),
]
