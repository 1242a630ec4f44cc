"""What the tests of blueprints begin with: a kayak rental, sketched as a model would."""

from collections.abc import Callable
from typing import Final

from awm.llm import LLM, Question, ScriptedLLM
from awm.synthesis.catalogue import Catalogue
from awm.synthesis.llm_author.blueprint.lines import read_field_line, read_step_line
from awm.synthesis.llm_author.blueprint.sketch import FieldLine, Record, Sketch, Step
from awm.synthesis.llm_author.stage import Draft
from awm.testing.blueprint_answers import answer_of
from awm.worlds import WorldFile


def fields(*lines: str) -> tuple[FieldLine, ...]:
    """Fields from lines that are all right."""
    return tuple(field for field in map(read_field_line, lines) if field)


def steps(*lines: str) -> tuple[Step, ...]:
    """Steps from lines that are all right."""
    return tuple(step for step in map(read_step_line, lines) if step)


PADDLER: Final = Record(
    "paddler",
    "customer",
    fields=fields("level: one of beginner, advanced"),
    steps=steps("ban: welcome -> banned", "pardon: banned -> welcome"),
)
GUIDE: Final = Record("guide", "worker", fields=fields("role: one of junior, senior"))
KAYAK: Final = Record(
    "kayak",
    "thing",
    fields=fields("hourly_price: money 5..40", "seats: number 1..3"),
    steps=steps("withdraw: available -> in_repair", "restore: in_repair -> available"),
    names=("Heron", "Otter", "Teal", "Minnow", "Pike", "Grebe", "Wren", "Tench", "Rudd"),
)
STAGE: Final = Record("landing_stage", "thing", fields=fields("berths: number 3..12"))
RENTAL: Final = Record(
    "rental",
    "case",
    links=("paddler", "kayak"),
    fields=fields("hours: number 1..6", "start: date"),
    steps=steps(
        "hand_out: booked -> out", "return: out -> returned", "cancel: booked -> cancelled"
    ),
)
REPAIR: Final = Record(
    "repair_job",
    "case",
    links=("kayak", "guide"),
    fields=fields("cost: money 10..300", "urgent: yes or no"),
    steps=steps("complete: reported -> completed", "drop: reported -> dropped"),
)
KAYAKS: Final = Sketch(
    "Riverside Kayaks",
    "Rents kayaks by the hour from two landing stages. Guides mend them.",
    "kayak rental",
    records=(PADDLER, GUIDE, KAYAK, STAGE, RENTAL, REPAIR),
)


def playing_along(
    catalogue: Catalogue, spoil: Callable[[Question, str], str] = lambda _, text: text
) -> ScriptedLLM:
    """A model that answers as `awm.testing` does.

    Args:
        catalogue: The domains that its answers are read off.
        spoil: Changes an answer.
    """

    def answer(question: Question) -> str:
        name = question.messages[0].content.split()[2]
        return spoil(question, answer_of(name, question.messages[1].content, catalogue))

    return ScriptedLLM(answer)


class OneModel:
    """A desk at which one model answers everything."""

    def __init__(self, llm: LLM) -> None:
        self._llm = llm

    def model(self, stage: str, world: str) -> LLM:
        """The model."""
        return self._llm


def draft_of(title: str, category: str = "Rental & Sharing") -> Draft:
    """A draft with nothing but its scenario."""
    row = {"name": title, "description": "Lends things.", "categories": [category]}
    return Draft({WorldFile.SCENARIO: (row,)})
